"""The time axis: how long tokens and credentials live, and what is refused when the clock has moved on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from labkit.errors import LabError
from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.interactive.widget import Interactive, page
from labkit.show.timeline import Lifetime, Timeline
from labkit.show.tokens import moment
from labkit.show.values import duration, utc
from labkit.show.view import View

#: What each is good for until its end, and what AWS answers from then on.
USES = MappingProxyType(
    {
        "ID token": (
            "An Identity Pool gives credentials for it.",
            "`GetId` and `GetCredentialsForIdentity` answer `NotAuthorizedException`: Token expired.",
            "https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html",
        ),
        "Access token": (
            "The User Pool lets the user read and change their own data (`GetUser`).",
            "`GetUser` and its like answer `NotAuthorizedException`: Access Token has expired.",
            "https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html",
        ),
        "Refresh token": (
            "The User Pool gives new ID and access tokens for it, without a password.",
            "It buys no new tokens: `NotAuthorizedException`, Refresh Token has expired. Sign in again.",
            "https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html",
        ),
        "Credentials": (
            "They sign requests to S3, DynamoDB and AWS IoT, as far as the role's policies go.",
            "S3 answers `ExpiredToken`, DynamoDB `ExpiredTokenException`, whatever the role allows.",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html",
        ),
    }
)

_TICKS = tuple(
    timedelta(minutes=minutes) for minutes in (0, 15, 60, 360, 1440, 10080, 43200, 525600, 5256000)
)


def time_axis(timeline: Timeline, *, advance: Callable[[timedelta], datetime] | None = None) -> TimeAxis:
    """Tokens and credentials on one axis, under a clock's hand to drag: what is refused then, and by whom?

    `timeline` is what `show.lifetimes(…)` returned. Dragging changes nothing in the account. With
    `advance=account.clock.advance` a button moves the local account's clock to where the hand stands.
    """
    if not isinstance(timeline, Timeline):
        raise LabError(
            f"a time axis shows a timeline: got `{type(timeline).__name__}`; pass `show.lifetimes(…)`"
        )
    return TimeAxis(timeline.lifetimes, timeline.now, advance)


class TimeAxis(Interactive):
    """`time_axis()` makes one."""

    _esm, _css = page("time_axis")

    def __init__(
        self,
        lifetimes: tuple[Lifetime, ...],
        now: datetime,
        advance: Callable[[timedelta], datetime] | None,
    ) -> None:
        self._lifetimes, self._advance, self._now = lifetimes, advance, now
        super().__init__(fallback(lifetimes, now), axis(lifetimes, now, movable=advance is not None))

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        if "advance" in question:
            return self._moved(moved(self._now, question["advance"]))
        return standings(self._lifetimes, moment(question.get("at")))

    def _moved(self, by: timedelta) -> dict[str, Any]:
        if self._advance is None:
            raise LabError("this view moves no clock: pass `advance=account.clock.advance`")
        self._now = self._advance(by)
        self.fallback = fallback(self._lifetimes, self._now)
        self.record = axis(self._lifetimes, self._now, movable=True)
        return {"now": self._now}


def axis(lifetimes: Iterable[Lifetime], now: datetime, *, movable: bool) -> dict[str, Any]:
    """What the page draws: where everything lies on the axis, from 0 to 1, and how it stands now."""
    lives = tuple(lifetimes)
    start = min([each.start for each in lives] + [now])
    last = max([each.until for each in lives if each.until] + [now, start + timedelta(hours=1)])
    length = (last - start) * 1.3

    def place(at: datetime) -> float:
        return round(squeezed(at - start) / squeezed(length), 4)

    return {
        "start": start,
        "end": start + length,
        "now": now,
        "movable": movable,
        "ticks": [
            {"place": place(start + tick), "text": duration(tick) if tick else "0"}
            for tick in _TICKS
            if tick <= length
        ],
        "bars": [
            {
                "name": each.name,
                "from": place(each.start),
                "until": place(each.until) if each.until else 1,
                "ends": each.until,
                "page": _use(each)[2],
            }
            for each in lives
        ],
        **standings(lives, now),
    }


def squeezed(length: timedelta) -> float:
    """log(1 + minutes / 5): an hour beside thirty days, as in the picture of `show.lifetimes`."""
    return math.log1p(length / timedelta(minutes=5))


def standings(lifetimes: Iterable[Lifetime], at: datetime | None) -> dict[str, Any]:
    """How each stands at an instant, and what AWS then says."""
    if at is None:
        raise LabError("the hand stands at no time: expected seconds since 1970 in `at`")
    return {"at": at, "standings": [_standing(each, at) for each in lifetimes]}


def _standing(each: Lifetime, at: datetime) -> dict[str, Any]:
    good, refused, _ = _use(each)
    if at < each.start:
        return {"valid": None, "words": f"begins in {duration(each.start - at)}", "means": ""}
    expired = each.expired(at)
    return {"valid": not expired, "words": each.standing(at), "means": refused if expired else good}


def _use(each: Lifetime) -> tuple[str, str, str]:
    return USES.get(each.name, ("", "", ""))


def moved(now: datetime, to: object) -> timedelta:
    """How far a clock that stands at `now` must go."""
    at = moment(to)
    if at is None or at <= now:
        raise LabError("time only moves forward: drag the hand to a later time first")
    return at - now


def fallback(lifetimes: Iterable[Lifetime], now: datetime) -> View:
    """When each ends, and what is refused from then on."""
    lines = tuple(
        row(
            each.name,
            utc(each.start),
            utc(each.until) if each.until else "never",
            Cell(each.standing(now), mark=Mark.DENY if each.expired(now) else Mark.ALLOW),
            _use(each)[1],
        )
        for each in lifetimes
    )
    head = ("what", "from", "until", "now", "refused after that")
    table = Table("What each is good for, and until when", head, lines)
    return View("Lifetimes", (Note(f"The clock stands at {utc(now)}."), table))


def sample(data: Mapping[str, Any]) -> TimeAxis:
    """The view of the gallery: `data` has the lifetimes; the clock that its button moves is nobody's."""
    now = datetime.fromisoformat(data["now"])
    lives = tuple(
        Lifetime(each["name"], datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["until"]))
        for each in data["lifetimes"]
    )
    return time_axis(Timeline("Lifetimes", lifetimes=lives, now=now))
