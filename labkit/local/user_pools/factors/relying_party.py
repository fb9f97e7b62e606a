"""For whom passkeys are made: the relying party of a pool's WebAuthnConfiguration.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnConfigurationType.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.user_pools.pools import Pool

if TYPE_CHECKING:
    from labkit.local.state import State

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
#: A passkey with user verification counts as two factors.
MULTI_FACTOR = "MULTI_FACTOR_WITH_USER_VERIFICATION"


@dataclass(frozen=True)
class RelyingParty:
    """A domain, and whether its authenticators must make sure of their user."""

    id: str
    #: `required` or `preferred`.
    verification: Any

    @property
    def id_hash(self) -> bytes:
        return sha256(self.id.encode()).digest()

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin may use the relying party (WebAuthn, section 5.1.3)."""
        from fido2.rpid import verify_rp_id

        return verify_rp_id(self.id, origin)

    def server(self, algorithms: Sequence[int]) -> Any:
        """fido2's end, which keeps nothing itself."""
        from fido2.server import Fido2Server
        from fido2.webauthn import (
            PublicKeyCredentialParameters,
            PublicKeyCredentialRpEntity,
            PublicKeyCredentialType,
        )

        server = Fido2Server(PublicKeyCredentialRpEntity(id=self.id, name=self.id))
        kind = PublicKeyCredentialType.PUBLIC_KEY
        server.allowed_algorithms = [PublicKeyCredentialParameters(type=kind, alg=a) for a in algorithms]
        return server


def configuration(pool: Pool, state: State) -> dict[str, Any]:
    return state.user_pools[pool.id].mfa_settings.get("WebAuthnConfiguration") or {}


def relying_party(pool: Pool, state: State) -> RelyingParty | None:
    """The pool's relying party: the one that it names, or its domain; None where there is neither."""
    from fido2.webauthn import UserVerificationRequirement

    from labkit.local.managed_login.domains import relying_party_id

    settings = configuration(pool, state)
    name = settings.get("RelyingPartyId") or relying_party_id(pool, state)
    if not name:
        return None
    wanted = "required" if is_multi_factor(pool, state) else settings.get("UserVerification") or "preferred"
    return RelyingParty(name, UserVerificationRequirement(wanted))


def is_multi_factor(pool: Pool, state: State) -> bool:
    return configuration(pool, state).get("FactorConfiguration") == MULTI_FACTOR


def require_own_domain(relying_party_id: str) -> None:
    """ "Amazon Cognito returns an error when you attempt to set your RP URL to a domain on the PSL."

    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-things-to-know
    """
    party = RelyingParty(relying_party_id, None)
    if not _DOMAIN.fullmatch(relying_party_id) or not party.allows(f"https://any.{relying_party_id}"):
        raise AwsError("InvalidParameterException", f"Invalid relying party ID: {relying_party_id}.")
