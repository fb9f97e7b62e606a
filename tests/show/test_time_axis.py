"""The time axis: where its bars lie, what is refused where the hand stands, and what moves the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.account import open_account
from labkit.errors import LabError
from labkit.record import Secret
from labkit.resources import Credentials
from labkit.show import lifetimes, time_axis
from labkit.show.interactive.time_axis import USES, TimeAxis, moved, squeezed, standings
from labkit.show.timeline import Lifetime, Timeline

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIVES = (
    Lifetime("ID token", NINE, NINE + HOUR),
    Lifetime("Refresh token", NINE, NINE + timedelta(days=30)),
    Lifetime("Credentials", NINE + timedelta(minutes=5), NINE + timedelta(minutes=65)),
)


def axis_of(*lives: Lifetime, now: datetime = NINE, **more: Any) -> TimeAxis:
    return time_axis(Timeline("Lifetimes", lifetimes=lives, now=now), **more)


@dataclass
class Steps:
    """A clock that notes how it was moved."""

    made: list[timedelta] = field(default_factory=list)

    def advance(self, by: timedelta) -> datetime:
        self.made.append(by)
        return NINE + sum(self.made, timedelta())


def ask(view: TimeAxis, **question: Any) -> Any:
    view.question = {**question, "n": (view.question.get("n") or 0) + 1}
    return view.get_state("answer")["answer"]


def valid(answer: Any) -> list[bool | None]:
    return [each["valid"] for each in answer["standings"]]


@pytest.mark.parametrize(
    "minutes, expected",
    [
        (-1, [None, None, None]),
        (0, [True, True, None]),
        (59, [True, True, True]),
        (60, [False, True, True]),
        (65, [False, True, False]),
        (30 * 24 * 60, [False, False, False]),
    ],
)
def test_an_instant_decides_what_is_refused(minutes: int, expected: list[bool | None]) -> None:
    at = NINE + timedelta(minutes=minutes)
    assert valid(ask(axis_of(*LIVES), at=at.timestamp())) == expected
    assert [each["valid"] for each in standings(LIVES, at)["standings"]] == expected


def test_it_says_what_each_is_good_for_and_then_what_aws_answers() -> None:
    view = axis_of(*LIVES)
    before, after = (
        ask(view, at=(NINE + timedelta(minutes=m)).timestamp())["standings"][2] for m in (10, 70)
    )
    assert (before["words"], after["words"]) == ("valid, 55 min left", "expired 5 min ago")
    assert "sign requests" in before["means"]
    assert "`ExpiredToken`" in after["means"]


def test_dragging_moves_no_clock_and_changes_no_record() -> None:
    clock = Steps()
    view = axis_of(*LIVES, advance=clock.advance)
    before = dict(view.record)
    ask(view, at=(NINE + HOUR).timestamp())
    assert (clock.made, view.record) == ([], before)


def test_only_the_button_moves_the_clock_and_then_the_hand_is_there() -> None:
    clock = Steps()
    view = axis_of(*LIVES, advance=clock.advance)
    assert ask(view, advance=(NINE + HOUR).timestamp())["now"] == (NINE + HOUR).timestamp()
    assert clock.made == [HOUR]
    assert view.record["now"] == NINE + HOUR
    assert valid(view.record) == [False, True, True]
    assert "expired 0 s ago" in repr(view)
    ask(view, advance=(NINE + 2 * HOUR).timestamp())
    assert clock.made == [HOUR, HOUR], "from where the clock stands now"


def test_a_clock_moves_only_forward_and_only_where_there_is_one() -> None:
    assert moved(NINE, (NINE + HOUR).timestamp()) == HOUR
    for to in (NINE.timestamp(), "tomorrow", None):
        with pytest.raises(LabError, match="time only moves forward"):
            moved(NINE, to)
    view = axis_of(*LIVES)
    assert view.record["movable"] is False
    assert "pass `advance=account.clock.advance`" in ask(view, advance=(NINE + HOUR).timestamp())["error"]
    assert "stands at no time" in ask(view, at="never")["error"]


def test_a_clock_that_cannot_be_moved_says_so() -> None:
    def real(_: timedelta) -> datetime:
        raise LabError("real time cannot be advanced: wait, or use the local account")

    view = axis_of(*LIVES, advance=real)
    assert "real time cannot be advanced" in ask(view, advance=(NINE + HOUR).timestamp())["error"]
    assert view.record["now"] == NINE


def test_the_local_account_s_clock_really_moves() -> None:
    with open_account(transport="direct") as account:
        now = account.clock.now()
        keys = Credentials("ASIAEXAMPLE", Secret("secret"), Secret("token"), now + HOUR)
        view = time_axis(lifetimes(now=now, credentials=keys), advance=account.clock.advance)
        assert valid(view.record) == [True]
        ask(view, advance=(now + 2 * HOUR).timestamp())
        assert account.clock.now() >= now + 2 * HOUR
        assert valid(view.record) == [False]


def test_the_bars_lie_between_nothing_and_the_end_in_the_order_of_time() -> None:
    record = axis_of(*LIVES).record
    places = [(bar["from"], bar["until"]) for bar in record["bars"]]
    assert all(0 <= start < end < 1 for start, end in places)
    assert places[0][1] < places[2][1] < places[1][1]
    assert [tick["text"] for tick in record["ticks"]] == ["0", "15 min", "1 h", "6 h", "1 d", "7 d", "30 d"]
    whole = squeezed(record["end"] - record["start"])
    assert places[0][1] == pytest.approx(squeezed(HOUR) / whole, abs=1e-4)


def test_what_never_ends_has_a_bar_to_the_end() -> None:
    view = axis_of(Lifetime("Credentials", NINE, None))
    assert (view.record["bars"][0]["until"], view.record["bars"][0]["ends"]) == (1, None)
    assert valid(ask(view, at=(NINE + timedelta(days=9000)).timestamp())) == [True]
    assert "never" in repr(view)


def test_every_use_names_aws_s_page_and_its_answer() -> None:
    for good, refused, page in USES.values():
        assert good.endswith(".")
        assert "Expired" in refused or "NotAuthorizedException" in refused
        assert page.startswith("https://docs.aws.amazon.com/")


def test_anything_but_a_timeline_is_refused() -> None:
    with pytest.raises(LabError, match="shows a timeline: got `list`"):
        time_axis([])  # type: ignore[arg-type]
