"""What federation remembers: sign-ins and sign-outs that are under way, and assertions that were used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from labkit.local.managed_login.authorization_request import AuthorizationRequest
    from labkit.local.managed_login.state import SignedIn
    from labkit.local.saml import Metadata
    from labkit.local.state import State

#: "Amazon Cognito cancels authentication requests that do not complete within 5 minutes".
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
VALIDITY = timedelta(minutes=5)
#: How long one that is over is kept, so that a late answer leads back to the sign-in page.
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True)
class UnderWay:
    """A sign-in at a provider, known by a `state` or RelayState that is good once and in one browser."""

    request: AuthorizationRequest
    provider: str
    #: What the cookie of the browser that began it says.
    browser: str = field(repr=False)
    #: OpenID Connect's, of this request alone.
    nonce: str = field(repr=False)
    #: The ID of the AuthnRequest.
    request_id: str
    expires: datetime


@dataclass(frozen=True)
class SigningOut:
    """A sign-out at a SAML provider, known by a RelayState that is good once and in one browser."""

    pool_id: str
    provider: str
    #: What the cookie of the browser that began it says, and that of the session that is to end.
    browser: str = field(repr=False)
    session: str = field(repr=False)
    #: What the provider calls that session.
    session_index: str
    #: Where the browser goes in the end.
    target: str
    #: The ID of the LogoutRequest, and when it was sent.
    request_id: str
    asked: datetime
    expires: datetime


class Federation:
    def __init__(self, state: State) -> None:
        self._state = state
        self._under_way: dict[str, UnderWay] = {}
        self._signing_out: dict[str, SigningOut] = {}
        #: When each assertion ends that signed somebody in, by pool, issuer and ID.
        self._used: dict[tuple[str, str, str], datetime] = {}
        self._keys: dict[str, RSAPrivateKey] = {}
        #: The metadata of a pool's SAML providers, by pool ID and name.
        self.metadata: dict[tuple[str, str], Metadata] = {}

    def signing_key(self, pool_id: str) -> RSAPrivateKey:
        """The key that a pool's SAML requests are signed with."""
        return self._key(f"{pool_id}/saml")

    def encryption_key(self, pool_id: str, provider: str) -> RSAPrivateKey:
        """The key that a SAML provider's assertions are encrypted for."""
        return self._key(f"{pool_id}/saml/{provider}")

    def _key(self, name: str) -> RSAPrivateKey:
        if name not in self._keys:
            self._keys[name] = self._state.source.rsa_key(name)
        return self._keys[name]

    def issuer(self, pool_id: str, provider: str) -> str | None:
        """A SAML provider's entity ID, which `identities` shows; others have none there.

        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
        """
        known = self.metadata.get((pool_id, provider))
        return known.entity_id if known else None

    def begin(self, request: AuthorizationRequest, provider: str) -> tuple[str, UnderWay]:
        """A new sign-in, and the value by which the provider's answer names it."""
        now, text = self._state.clock.now(), self._state.source.text
        self._under_way = {k: w for k, w in self._under_way.items() if now < w.expires + REMEMBERED}
        name, begun = (
            text(43),
            UnderWay(request, provider, text(43), text(43), f"_{text(32)}", now + VALIDITY),
        )
        self._under_way[name] = begun
        return name, begun

    def take(self, name: str) -> UnderWay | None:
        """The sign-in of that name, which nothing else can end from now on; it may be over."""
        return self._under_way.pop(name, None)

    def begin_sign_out(
        self, pool_id: str, signed_in: SignedIn, session: str, target: str
    ) -> tuple[str, SigningOut]:
        """A new sign-out, and the value by which the provider's answer names it."""
        now, text, known = self._state.clock.now(), self._state.source.text, signed_in.provider_session
        self._signing_out = {k: s for k, s in self._signing_out.items() if now < s.expires}
        name, begun = (
            text(43),
            SigningOut(
                pool_id=pool_id,
                provider=signed_in.identity_provider or "",
                browser=text(43),
                session=session,
                session_index=known.index if known else "",
                target=target,
                request_id=f"_{text(32)}",
                asked=now,
                expires=now + VALIDITY,
            ),
        )
        self._signing_out[name] = begun
        return name, begun

    def take_sign_out(self, name: str) -> SigningOut | None:
        """The sign-out of that name, which nothing else can end from now on."""
        found = self._signing_out.pop(name, None)
        return found if found and self._state.clock.now() < found.expires else None

    def use(self, pool_id: str, issuer: str, assertion: str, expires: datetime) -> bool:
        """Note that an assertion signed somebody in. False for one that has done so before."""
        now, key = self._state.clock.now(), (pool_id, issuer, assertion)
        self._used = {k: ends for k, ends in self._used.items() if now < ends}
        known = key in self._used
        self._used[key] = expires
        return not known
