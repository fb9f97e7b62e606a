"""The picture of a timeline. This module imports matplotlib: import it where a picture is wanted."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from labkit.show.timeline import Lifetime
from labkit.show.values import duration, utc

#: Okabe and Ito's colours, which the colour-blind can tell apart; every bar is labelled as well.
_VALID, _EXPIRED, _HAND = "#0072B2", "#D55E00", "#000000"
_TICKS = (
    timedelta(0),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
    timedelta(days=365),
    timedelta(days=3650),
)


def draw(lifetimes: Sequence[Lifetime], now: datetime) -> bytes:
    """The lifetimes as bars on an axis that shows an hour beside thirty days, as PNG."""
    # The picture is the same whatever style the learner has chosen for their own.
    with style.context("default"):
        return _drawn(lifetimes, now)


def _drawn(lifetimes: Sequence[Lifetime], now: datetime) -> bytes:
    start = min([each.start for each in lifetimes] + [now])
    last = max([each.until for each in lifetimes if each.until] + [now, start + timedelta(hours=1)])
    # A Figure of our own, not pyplot's: nothing is left behind in the learner's session.
    figure = Figure(
        figsize=(7.6, 1.5 + 0.55 * len(lifetimes)), dpi=200, layout="constrained", facecolor="white"
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for place, each in enumerate(lifetimes):
        ends = (each.start, min(max(now, each.start), each.until or last), each.until or last)
        _bar(axes, place, [_minutes(end - start) for end in ends], expired=each.expired(now))
        _words(axes, place, _minutes(each.start - start), each, now)
    _hand(axes, _minutes(now - start), now, len(lifetimes))
    _axis(axes, start, last, [each.name for each in lifetimes])
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _minutes(length: timedelta) -> float:
    return length / timedelta(minutes=1)


def _bar(axes: Axes, place: int, ends: Sequence[float], *, expired: bool) -> None:
    """What has gone is hatched, what is left is solid."""
    start, gone, until = ends
    colour = _EXPIRED if expired else _VALID
    axes.barh(place, gone - start, left=start, height=0.36, color="white", edgecolor=colour, hatch="////")
    axes.barh(place, until - gone, left=gone, height=0.36, color=colour, edgecolor=colour)


def _words(axes: Axes, place: int, at: float, each: Lifetime, now: datetime) -> None:
    """On white, in front of the hand: they stay readable where it crosses them."""
    paper = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    words = f"{'✗' if each.expired(now) else '✓'} {each.standing(now)}"
    axes.text(at, place - 0.26, words, va="bottom", fontsize=8, color="#1f2328", bbox=paper, zorder=5)


def _hand(axes: Axes, at: float, now: datetime, count: int) -> None:
    axes.axvline(at, color=_HAND, linewidth=1.6)
    axes.annotate(
        f"now {utc(now)}",
        xy=(at, count - 0.45),
        ha="left" if at < 60 else "center",
        va="top",
        fontsize=8,
        fontweight="bold",
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": _HAND},
    )


def _axis(axes: Axes, start: datetime, last: datetime, names: Sequence[str]) -> None:
    end = _minutes(last - start)
    ticks = [tick for tick in _TICKS if _minutes(tick) <= end * 1.001]
    axes.set_xscale("function", functions=(_squeeze, _stretch))
    axes.set_xlim(0, end * 1.3)
    axes.set_xticks(
        [_minutes(tick) for tick in ticks], [duration(tick) if tick else "0" for tick in ticks], fontsize=8
    )
    axes.set_xticks([], minor=True)
    axes.set_ylim(len(names) - 0.1, -0.7)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_xlabel(f"time since {utc(start)} (logarithmic)", fontsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _squeeze(minutes: np.ndarray) -> np.ndarray:
    """log(1 + minutes / 5): zero has its place, and the first minutes do not take the whole axis."""
    return np.log1p(np.maximum(minutes, -4.9) / 5)


def _stretch(place: np.ndarray) -> np.ndarray:
    return np.expm1(place) * 5
