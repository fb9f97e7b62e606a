"""The picture of a heat map. This module imports matplotlib: import it where a picture is wanted."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from labkit.errors import LabError
from labkit.show.blocks import Grid, Label, Mark, Sign, clean
from labkit.show.picture import Picture

#: Okabe and Ito's blue and vermilion, which the colour-blind can tell apart, and a grey that is
#: lighter than both; with each the colour of its sign, at least 4.5:1.
COLOURS = {
    Mark.ALLOW: ("#0072B2", "#ffffff"),
    Mark.DENY: ("#D55E00", "#000000"),
    Mark.NEITHER: ("#e8eaed", "#1f2328"),
}
_INK = "#1f2328"

#: Inches: a line, a column, and one that has a word beside its sign; a character of a name; the edges.
_LINE, _COLUMN, _WIDE, _CHARACTER, _EDGE = 0.24, 0.3, 0.62, 0.078, 0.3
_TITLE, _NARROWEST, _PIXELS = 0.9, 5.0, 100
#: Inches that are still a picture, and characters that are still a name.
_LARGEST, _NAME = 100.0, 64
#: Names across stand upright where they would make the picture wider than this.
_FLAT = 6.0


def draw(title: str, grids: Sequence[Grid], *, alt: str) -> Picture:
    """The grids one under the other, as PNG on white: it reads on a light page and on a dark one."""
    # The picture is the same whatever style the learner has chosen for their own.
    with style.context("default"), warnings.catch_warnings():
        # A script that the font does not have is drawn as boxes; the table has it in full.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        drawn = figure(title, grids)
        png = io.BytesIO()
        drawn.savefig(png, format="png", metadata={"Software": None})
    return Picture(png.getvalue(), clean(alt), round(drawn.get_figwidth() * _PIXELS))


def figure(title: str, grids: Sequence[Grid]) -> Figure:
    """A Figure of our own, not pyplot's: nothing is left behind in the learner's session.

    Raises LabError where it would be too large.
    """
    heights = [_height(grid) for grid in grids] or [_LINE]
    size = max([_width(grid) for grid in grids] + [_NARROWEST]), sum(heights) + _TITLE
    if max(size) > _LARGEST:
        raise LabError(
            f"a picture of {sum(len(grid.down) for grid in grids)} lines "
            f"and {max(len(grid.across) for grid in grids)} columns is too large: "
            "draw a slice of a smaller matrix, such as `matrix.of_row(…)`"
        )
    layout = ConstrainedLayoutEngine(hspace=0.04)
    made = Figure(figsize=size, dpi=2 * _PIXELS, layout=layout, facecolor="white")
    FigureCanvasAgg(made)
    _plain(made.suptitle(clean(title).replace("`", ""), fontsize=9, color=_INK, x=0.01, ha="left"))
    panels = made.add_gridspec(len(heights), 1, height_ratios=heights)
    for place, grid in enumerate(grids):
        _panel(made.add_subplot(panels[place]), grid)
    _legend(made, [sign for grid in grids for line in grid.signs for sign in line])
    return made


def _column(grid: Grid) -> float:
    least = _WIDE if any(sign.text for line in grid.signs for sign in line) else _COLUMN
    return least if _upright(grid) else max(least, _flat(grid))


def _flat(grid: Grid) -> float:
    """The width of a column whose name lies flat."""
    return (_longest(grid.across) + 2) * _CHARACTER


def _upright(grid: Grid) -> bool:
    return len(grid.across) * _flat(grid) > _FLAT


def _longest(labels: Sequence[Label]) -> int:
    return max(map(len, _texts(labels)), default=0)


def _width(grid: Grid) -> float:
    return _longest(grid.down) * _CHARACTER + len(grid.across) * _column(grid) + _EDGE


def _height(grid: Grid) -> float:
    """The lines, the names above them and the caption."""
    names = _longest(grid.across) * _CHARACTER if _upright(grid) else _LINE
    return len(grid.down) * _LINE + names + 2 * _EDGE


def _panel(axes: Axes, grid: Grid) -> None:
    marks = list(COLOURS)
    colours = ListedColormap([COLOURS[mark][0] for mark in marks])
    places = [[marks.index(sign.mark) for sign in line] for line in grid.signs]
    axes.pcolormesh(places, cmap=colours, vmin=-0.5, vmax=len(marks) - 0.5, edgecolors="white", linewidth=1)
    axes.set_ylim(len(grid.down), 0)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelcolor=_INK)
    turned = 90 if _upright(grid) else 0
    axes.set_xticks([at + 0.5 for at in range(len(grid.across))], _texts(grid.across), rotation=turned)
    axes.set_yticks([at + 0.5 for at in range(len(grid.down))], _texts(grid.down))
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontsize(8)
        _plain(label)
    axes.spines[:].set_visible(False)
    _plain(axes.set_title(clean(grid.caption), loc="left", fontsize=9, fontweight="bold", color=_INK))
    _signs(axes, grid)


def _texts(labels: Sequence[Label]) -> list[str]:
    texts = [clean(label.text) for label in labels]
    return [text if len(text) <= _NAME else f"{text[: _NAME - 1]}…" for text in texts]


def _plain(text: Text) -> None:
    """A dollar sign is a dollar sign: `${aws:username}` is no formula."""
    text.set_parse_math(False)


def _signs(axes: Axes, grid: Grid) -> None:
    """A sign in every place; what changed is framed and says what it was."""
    for y, line in enumerate(grid.signs):
        for x, sign in enumerate(line):
            said = f"{sign.mark.value} {sign.text}".rstrip()
            colour = COLOURS[sign.mark][1]
            axes.text(x + 0.5, y + 0.5, said, ha="center", va="center", fontsize=8, color=colour)
            if sign.text:
                axes.add_patch(Rectangle((x + 0.05, y + 0.07), 0.9, 0.86, fill=False, lw=1.6, ec="black"))


def _legend(made: Figure, signs: Sequence[Sign]) -> None:
    """The sign and the word of every colour that there is."""
    words = {sign.mark: sign.meaning.partition(",")[0] for sign in signs}
    patches = [
        Patch(facecolor=COLOURS[mark][0], edgecolor="#8c959f", label=f"{mark.value} {words[mark]}")
        for mark in COLOURS
        if mark in words
    ]
    if patches:
        made.legend(handles=patches, loc="outside lower left", ncols=3, fontsize=8, frameon=False)
