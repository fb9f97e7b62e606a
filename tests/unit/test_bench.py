"""The benchmark runs. Nothing here asserts a time."""

from __future__ import annotations

import re

import pytest

from bench import run, servers
from bench.measure import medians


def test_works_take_turns_and_the_median_is_in_milliseconds() -> None:
    order: list[str] = []
    found = medians({"A": lambda: order.append("A"), "B": lambda: order.append("B")}, count=3, warm_up=1)
    assert order == ["A", "B"] * 4
    assert found.keys() == {"A", "B"}
    assert all(0 <= taken < 1000 for taken in found.values())


def test_a_row_says_how_long_labkit_takes_for_each_1_of_the_other() -> None:
    row = str(run.Row("one call", {"labkit": 3.0, "moto": 4.0}))
    assert row.split() == ["one", "call", "labkit", "3.0", "moto", "4.0", "0.75×"]


@pytest.mark.enable_socket
def test_the_calls_and_the_starts_are_timed_on_a_running_account() -> None:
    account = [servers.labkit()]
    rows = [str(row) for row in (*run.calls(account, 1), *run.starts(account, 1))]
    assert len(rows) == 6
    assert all(re.search(r"labkit +\d+\.\d$", row) for row in rows)
