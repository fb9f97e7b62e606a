"""The picture of a fleet. This module imports matplotlib: import it where a picture is wanted."""

from __future__ import annotations

import io
from collections.abc import Mapping

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

#: Okabe and Ito's colours, which the colour-blind can tell apart; every line has its own marker as well.
_LINES = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#56B4E9", "v"),
    ("#E69F00", "P"),
    ("#000000", "X"),
)


def draw(measure: str, series: Mapping[str, tuple[float, ...]]) -> bytes:
    """A line for each Thing, its name at the end of it, as PNG."""
    # The picture is the same whatever style the learner has chosen for their own.
    with style.context("default"):
        # A Figure of our own, not pyplot's: nothing is left behind in the learner's session.
        figure = Figure(figsize=(7.6, 3.4), dpi=200, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for (name, values), (colour, marker) in zip(series.items(), _LINES * len(series), strict=False):
            axes.plot(
                range(1, len(values) + 1), values, color=colour, marker=marker, markersize=4, label=name
            )
        _axis(axes, measure)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
        return picture.getvalue()


def _axis(axes: Axes, measure: str) -> None:
    axes.set_xlabel("reading", fontsize=8)
    axes.set_ylabel(measure, fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
