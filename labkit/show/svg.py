"""Drawing in SVG: what all drawings share, and the sequence diagram with its lifelines and arrows.

Colours are JupyterLab's where they exist and a light page's otherwise; the drawing brings its own
background, so that it reads in either.
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit.show.html import quoted

FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif)"
INK = "var(--jp-ui-font-color0,#1f2328)"
PAPER = "var(--jp-layout-color0,#ffffff)"
BOX = "var(--jp-layout-color2,#eaeef2)"
LINE = "var(--jp-border-color0,#8c959f)"
#: Only strengthens what the ✗ and the dashes say; 4.5:1 on white and on JupyterLab's dark page.
REFUSED = "#c9510c"

#: Widths are estimates, a little generous: no font is measured, so that the output is always the same.
CHARACTER, SIZE = 6.7, 12
_MARGIN, _HEAD, _STEP, _NARROWEST = 16, 34, 40, 110


@dataclass(frozen=True)
class Arrow:
    """An arrow between the lifelines `start` and `column`; `back` points to `start`."""

    column: int
    text: str
    back: bool
    failed: bool
    start: int = 0


def draw(title: str, description: str, names: tuple[str, ...], arrows: tuple[Arrow, ...]) -> str:
    """An SVG document: `names` side by side, each with its lifeline, the arrows from top to bottom."""
    columns = _columns(names, arrows)
    width = columns[-1] + _box_width(names[-1]) / 2 + _MARGIN
    height = _MARGIN * 2 + _HEAD + _STEP * len(arrows) + 8
    body = [
        *(_lifeline(name, x, height) for name, x in zip(names, columns, strict=True)),
        *(
            _arrow(arrow, columns, _MARGIN + _HEAD + _STEP * (index + 0.75))
            for index, arrow in enumerate(arrows)
        ),
    ]
    return document(title, description, width, height, "".join(body))


def document(title: str, description: str, width: float, height: float, body: str) -> str:
    """`body` on its own background, with its title and its description for those who do not see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:100%;height:auto;{FONT};'
        f'font-size:{SIZE}px">'
        f"<title>{quoted(title)}</title><desc>{quoted(description)}</desc>"
        f'<rect width="100%" height="100%" rx="4" style="fill:{PAPER}"/>{body}</svg>'
    )


def _columns(names: tuple[str, ...], arrows: tuple[Arrow, ...]) -> list[float]:
    """Where the lifelines stand: each box beside the last, each label fitting on its own arrow."""
    places = [_MARGIN + _box_width(names[0]) / 2]
    for column in range(1, len(names)):
        gap = max(_NARROWEST, (_box_width(names[column - 1]) + _box_width(names[column])) / 2 + 12)
        ends = (
            places[min(arrow.column, arrow.start)] + _width(arrow.text) + 32
            for arrow in arrows
            if max(arrow.column, arrow.start) == column
        )
        places.append(max(places[-1] + gap, max(ends, default=0)))
    return places


def _width(text: str) -> float:
    return len(text) * CHARACTER


def _box_width(name: str) -> float:
    # Names are bold.
    return max(_width(name) * 1.12 + 24, 70)


def _lifeline(name: str, x: float, height: float) -> str:
    width = _box_width(name)
    return (
        f'<line x1="{x:.1f}" y1="{_MARGIN + _HEAD}" x2="{x:.1f}" y2="{height - _MARGIN:.1f}" '
        f'style="stroke:{LINE};stroke-width:1"/>'
        f'<rect x="{x - width / 2:.1f}" y="{_MARGIN}" width="{width:.1f}" height="{_HEAD}" rx="4" '
        f'style="fill:{BOX};stroke:{LINE}"/>'
        f'<text x="{x:.1f}" y="{_MARGIN + 22}" text-anchor="middle" '
        f'style="fill:{INK};font-weight:600">{quoted(name)}</text>'
    )


def _arrow(arrow: Arrow, columns: list[float], y: float) -> str:
    one, other = columns[arrow.start], columns[arrow.column]
    start, end = (other, one) if arrow.back else (one, other)
    tip = 7 if end < start else -7
    colour = REFUSED if arrow.failed else INK
    dashes = ";stroke-dasharray:5 4" if arrow.back else ""
    return (
        f'<line x1="{start:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{y:.1f}" '
        f'style="stroke:{colour};stroke-width:1.5{dashes}"/>'
        f'<path d="M{end:.1f} {y:.1f}l{tip} -4v8z" style="fill:{colour}"/>'
        f"{_label(arrow, (one + other) / 2, y)}"
    )


def _label(arrow: Arrow, x: float, y: float) -> str:
    """The label above its arrow, on a patch of paper that hides the lifelines behind it."""
    width = _width(arrow.text)
    return (
        f'<rect x="{x - width / 2 - 4:.1f}" y="{y - 20:.1f}" width="{width + 8:.1f}" height="17" '
        f'style="fill:{PAPER}"/>'
        f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle" '
        f'style="fill:{INK}">{quoted(arrow.text)}</text>'
    )
