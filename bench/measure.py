"""Medians of interleaved runs: whatever else the machine does then falls on every subject alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

#: Does the work once.
Work = Callable[[], object]


def medians(works: Mapping[str, Work], *, count: int, warm_up: int = 1) -> dict[str, float]:
    """Milliseconds of each work, done `count` times in turn: A B A B."""
    for work in list(works.values()) * warm_up:
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(count):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}
