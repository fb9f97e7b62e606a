"""What the domains of an account remember: authorization requests, visits, sessions, codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from labkit.local.user_pools.state import Authorized

if TYPE_CHECKING:
    from labkit.local.managed_login.authorization_request import AuthorizationRequest
    from labkit.local.managed_login.branding import Branding
    from labkit.local.managed_login.domains import Domain
    from labkit.local.state import State

#: "… a one-time-use authorization code that's valid for five minutes."
#: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
CODE_VALIDITY = timedelta(minutes=5)
#: "With this cookie, users can sign in again with the same authentication method for one hour." It is not
#: prolonged by its use.
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
SESSION_VALIDITY = timedelta(hours=1)
#: "Amazon Cognito cancels authentication requests that do not complete within five minutes" (same page).
VISIT_VALIDITY = timedelta(minutes=5)
#: How long a visit that is over is kept, so that a late form leads back to the sign-in page.
_REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True)
class ProviderSession:
    """What a SAML provider calls a user and their session, for the request that ends it."""

    subject: str
    #: The attributes of the NameID.
    name_id: Mapping[str, str]
    #: SessionIndex; empty where there was none.
    index: str


@dataclass(frozen=True)
class SignedIn:
    """Who signed in at a domain, when, and by which provider; None is the pool itself."""

    pool_id: str
    username: str
    #: Tells the user from a later one of the same name.
    sub: str
    auth_time: datetime
    identity_provider: str | None = None
    provider_session: ProviderSession | None = None


@dataclass
class Session:
    """What the session cookie stands for."""

    signed_in: SignedIn
    expires: datetime


@dataclass(frozen=True)
class AuthorizationCode:
    """A code that was not redeemed yet, bound to client, redirect URI and code challenge."""

    client_id: str
    redirect_uri: str
    authorized: Authorized
    nonce: str
    code_challenge: str
    signed_in: SignedIn
    expires: datetime

    #: The only method that there is here, by the name under which Authlib asks for it.
    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.authorized.scopes)


@dataclass
class Visit:
    """One person's way through the pages, known by a secret in each form."""

    #: The cookie of the browser that began it.
    browser: str = field(repr=False)
    request: AuthorizationRequest
    expires: datetime
    #: Whom the pages are about, as it was typed.
    username: str = ""
    #: The challenge that is open, as InitiateAuth and RespondToAuthChallenge answer it.
    challenge: dict[str, Any] = field(default_factory=dict, repr=False)
    #: Where the latest code went to, as CodeDeliveryDetails say it.
    delivery: dict[str, str] = field(default_factory=dict)
    #: An authenticator app's secret that waits for its first code.
    secret: str = field(default="", repr=False)
    #: The sub of whoever has signed up on this way.
    signed_up: str = ""
    #: Who has then signed in, while a page still asks for a passkey.
    newcomer: SignedIn | None = None


def _forget_before(now: datetime, kept: dict[str, Any]) -> None:
    """Drop what ended by then: the first ones, as all of a kind last equally long and time only advances."""
    for key in list(takewhile(lambda key: kept[key].expires <= now, kept)):
        del kept[key]


class ManagedLogin:
    """Domains by name, and what is open at each."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.domains: dict[str, Domain] = {}
        #: The styles of app clients, by client ID.
        self.brandings: dict[str, Branding] = {}
        self._codes: dict[str, AuthorizationCode] = {}
        self._sessions: dict[str, Session] = {}
        self._visits: dict[str, Visit] = {}

    def forget_domain(self, domain: Domain) -> None:
        """Drop a domain, and everybody's session there."""
        del self.domains[domain.name]
        self.forget_sessions(domain)

    def forget_sessions(self, domain: Domain) -> None:
        self._sessions = {k: s for k, s in self._sessions.items() if s.signed_in.pool_id != domain.pool_id}
        self._visits = {k: v for k, v in self._visits.items() if v.request.domain != domain.name}

    def secret(self) -> str:
        """Something that nobody can guess: 43 letters and digits hold 256 bits."""
        return self._state.source.text(43)

    def keep_code(self, code: AuthorizationCode) -> str:
        now, value = self._state.clock.now(), self._state.source.uuid()
        _forget_before(now, self._codes)
        self._codes[value] = code
        return value

    def code(self, value: str) -> AuthorizationCode | None:
        found = self._codes.get(value)
        return found if found and self._state.clock.now() < found.expires else None

    def redeem(self, value: str) -> AuthorizationCode | None:
        """The code, which is good for nothing from now on."""
        found = self.code(value)
        self._codes.pop(value, None)
        return found

    def open_session(self, signed_in: SignedIn) -> str:
        """A new session; returns what the cookie says of it."""
        now, value = self._state.clock.now(), self.secret()
        _forget_before(now, self._sessions)
        self._sessions[value] = Session(signed_in, now + SESSION_VALIDITY)
        return value

    def session(self, value: str, pool_id: str) -> SignedIn | None:
        """Who has this cookie; None for one that is over, unknown, or another pool's."""
        found = self._sessions.get(value)
        if found is None or found.signed_in.pool_id != pool_id or self._state.clock.now() >= found.expires:
            return None
        return found.signed_in

    def close_session(self, value: str) -> None:
        self._sessions.pop(value, None)

    def open_visit(self, browser: str, request: AuthorizationRequest) -> tuple[str, Visit]:
        """A new visit of a browser, and the secret that its forms carry."""
        now, secret = self._state.clock.now(), self.secret()
        _forget_before(now - _REMEMBERED, self._visits)
        self._visits[secret] = Visit(browser, request, now + VISIT_VALIDITY)
        return secret, self._visits[secret]

    def visit(self, secret: str) -> Visit | None:
        """The visit of this secret, which may be over."""
        return self._visits.get(secret)

    def close_visit(self, secret: str) -> None:
        self._visits.pop(secret, None)

    def knows_browser(self, browser: str) -> bool:
        """Whether a visit of this browser's is under way."""
        return any(visit.browser == browser for visit in self._visits.values())
