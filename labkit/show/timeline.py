"""How long tokens and credentials live, on one time axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.record import Secret
from labkit.resources import Credentials
from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.tokens import decoded, moment
from labkit.show.values import duration, utc
from labkit.show.view import View

if TYPE_CHECKING:
    from labkit.tokens import UnverifiedToken, VerifiedToken

#: What an Identity Pool's credentials live for:
#: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Lifetime:
    """From when to when something is accepted; `until` is None for what never expires."""

    name: str
    start: datetime
    until: datetime | None

    def left(self, now: datetime) -> timedelta | None:
        """The time that is left at `now`, negative once it has expired."""
        return None if self.until is None else self.until - now

    def expired(self, now: datetime) -> bool:
        # A token is accepted before its expiration, not at it (RFC 7519 section 4.1.4).
        return self.until is not None and now >= self.until

    def standing(self, now: datetime) -> str:
        left = self.left(now)
        if left is None:
            return "does not expire"
        return f"expired {duration(left)} ago" if self.expired(now) else f"valid, {duration(left)} left"


@dataclass(frozen=True, kw_only=True, repr=False)
class Timeline(View):
    """A view of lifetimes; its picture is drawn when it is first asked for."""

    lifetimes: tuple[Lifetime, ...]
    now: datetime

    @property
    def alt(self) -> str:
        """The picture in words."""
        said = "; ".join(f"{each.name}: {each.standing(self.now)}" for each in self.lifetimes)
        return f"Timeline at {utc(self.now)}. {said}."

    def to_png(self) -> bytes:
        """The timeline as a PNG picture (matplotlib is imported here and nowhere else)."""
        from labkit.show.timeline_picture import draw

        return draw(self.lifetimes, self.now)

    def _forms(self) -> dict[str, Any]:
        return {**super()._forms(), "image/png": self.to_png()}

    def _ipython_display_(self) -> None:
        """Two outputs: JupyterLab shows only the richest form of one, and both are wanted here."""
        from IPython.display import publish_display_data

        picture = {"image/png": self.to_png(), "text/plain": self.alt}
        publish_display_data(picture, metadata={"image/png": {"alt": self.alt, "width": PICTURE_WIDTH}})
        publish_display_data(super()._forms())


#: Pixels of the page that the picture takes.
PICTURE_WIDTH = 760


def lifetimes(
    *,
    now: datetime,
    id_token: Secret | str | UnverifiedToken | VerifiedToken | None = None,
    access_token: Secret | str | UnverifiedToken | VerifiedToken | None = None,
    refresh_token_validity: timedelta | None = None,
    credentials: Credentials | None = None,
    credentials_validity: timedelta = ONE_HOUR,
) -> Timeline:
    """Tokens and credentials on one axis, with the hand of the clock on `now` (an aware time).

    `refresh_token_validity` is the app client's setting; it counts from the sign-in, which is
    `auth_time` in the ID or access token, or `now` where neither is given. Credentials carry
    their end alone: `credentials_validity` says how long before it they began.
    Raises LabError where nothing is given, or a token has no `iat` and `exp`.
    """
    if now.tzinfo is None:
        raise LabError(f"`now` must be an aware time: got `{now.isoformat()}`; pass `account.clock.now()`")
    tokens = {"ID token": id_token, "Access token": access_token}
    claims = {name: decoded(token).claims for name, token in tokens.items() if token is not None}
    found = [_of_token(name, carried) for name, carried in claims.items()]
    if refresh_token_validity is not None:
        start = _signed_in(claims) or now
        found.append(Lifetime("Refresh token", start, start + refresh_token_validity))
    if credentials is not None:
        found.append(_of_credentials(credentials, credentials_validity, now))
    if not found:
        raise LabError("a timeline needs at least one token or credentials: got none; pass `id_token=…`")
    blocks = (Note(f"The clock stands at {utc(now)}."), _table(found, now))
    return Timeline("Lifetimes", blocks, lifetimes=tuple(found), now=now.astimezone(UTC))


def _of_token(name: str, claims: Any) -> Lifetime:
    start, until = moment(claims.get("iat")), moment(claims.get("exp"))
    if start is None or until is None:
        raise LabError(
            f"the {name} has no lifetime: expected the times `iat` and `exp`; pass a User Pool's token"
        )
    return Lifetime(name, start, until)


def _signed_in(claims: dict[str, Any]) -> datetime | None:
    times = (moment(carried.get("auth_time")) or moment(carried.get("iat")) for carried in claims.values())
    return min((time for time in times if time), default=None)


def _of_credentials(credentials: Credentials, validity: timedelta, now: datetime) -> Lifetime:
    if credentials.expiration is None:
        return Lifetime("Credentials", now, None)
    until = credentials.expiration
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return Lifetime("Credentials", until - validity, until)


def _table(found: list[Lifetime], now: datetime) -> Table:
    lines = (
        row(
            each.name,
            utc(each.start),
            utc(each.until) if each.until else "never",
            duration(each.until - each.start) if each.until else "no end",
            Cell(each.standing(now), mark=Mark.DENY if each.expired(now) else Mark.ALLOW),
        )
        for each in found
    )
    return Table(
        "From when to when each is accepted", ("what", "from", "until", "lives for", "now"), tuple(lines)
    )
