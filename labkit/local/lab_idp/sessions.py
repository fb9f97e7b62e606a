"""Who is signed in at Example Corp's SAML identity provider, and with whom that session was shared.

https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.4)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.local.lab_idp.people import Person

if TYPE_CHECKING:
    from labkit.local.state import State

#: A working day, longer than a user pool's session.
VALIDITY = timedelta(hours=10)
COOKIE = "example-corp"


@dataclass
class Session:
    """One person in one browser."""

    person: Person
    #: SessionIndex, which only those know who were told of the session.
    index: str
    expires: datetime
    #: Where each service provider that was told takes a LogoutResponse, by its entity ID.
    participants: dict[str, str] = field(default_factory=dict)
    ended: bool = False


class Sessions:
    def __init__(self, state: State) -> None:
        self._state = state
        self._source = state.source.branch("the sessions of the lab's identity provider")
        self._by_cookie: dict[str, Session] = {}
        #: LogoutRequests that were answered, by issuer and ID.
        self._answered: dict[tuple[str, str], datetime] = {}

    def open(self, person: Person) -> tuple[str, Session]:
        """A new session, and what the cookie says of it."""
        now, value = self._state.clock.now(), self._source.text(43)
        self._by_cookie = {k: s for k, s in self._by_cookie.items() if now < s.expires}
        self._by_cookie[value] = Session(person, f"_{self._source.text(32)}", now + VALIDITY)
        return value, self._by_cookie[value]

    def of_cookie(self, value: str) -> Session | None:
        """The session that this browser is in."""
        found = self._by_cookie.get(value)
        return found if found and not found.ended and self._state.clock.now() < found.expires else None

    def of_index(self, index: str) -> Session | None:
        """The session of this SessionIndex, which may have ended already: of that, too, one may be told."""
        now = self._state.clock.now()
        return next((s for s in self._by_cookie.values() if s.index == index and now < s.expires), None)

    def is_new(self, issuer: str, request_id: str, expires: datetime) -> bool:
        """Note that a request is answered. False for one that was before."""
        now, key = self._state.clock.now(), (issuer, request_id)
        self._answered = {k: ends for k, ends in self._answered.items() if now < ends}
        known = key in self._answered
        self._answered[key] = expires
        return not known
