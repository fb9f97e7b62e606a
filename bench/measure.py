"""Medians of interleaved runs: whatever else the machine does then falls on every subject alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial

import psutil

#: Does the work once.
Work = Callable[[], object]


def interleaved(measures: Mapping[str, Callable[[], float]], *, count: int, warm_up: int) -> dict[str, float]:
    """The median of each measure, taken `count` times in turn: A B A B."""
    for measure in list(measures.values()) * warm_up:
        measure()
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(count):
        for name, measure in measures.items():
            found[name].append(measure())
    return {name: statistics.median(taken) for name, taken in found.items()}


def medians(works: Mapping[str, Work], *, count: int, warm_up: int = 1) -> dict[str, float]:
    """Milliseconds of each work."""
    timed = {name: partial(_milliseconds, work) for name, work in works.items()}
    return interleaved(timed, count=count, warm_up=warm_up)


def _milliseconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def computed(process: psutil.Process) -> float:
    """Seconds of CPU time (user and system) that a process took so far, with all its children."""
    each = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in each)
