"""Who is at the other end of an MQTT connection, as the gateway found out.

https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.local.authentication import Caller

_SUB, _AMR = "cognito-identity.amazonaws.com:sub", "cognito-identity.amazonaws.com:amr"


@dataclass(frozen=True)
class SigV4Principal:
    """A caller whose credentials signed the WebSocket's upgrade."""

    caller: Caller
    #: The Cognito identity that the credentials were given to; None for every other caller.
    identity_id: str | None
    #: Whether that identity is not authenticated.
    guest: bool
    #: When the connection ends, whatever the client does.
    until: datetime

    @classmethod
    def of(cls, caller: Caller, *, until: datetime) -> SigV4Principal:
        """The caller, with the Cognito identity that its session carries."""
        return cls(caller, *identity_of(caller), until)

    @property
    def name(self) -> str:
        """What policies and Things are attached to; without a Cognito identity, the caller's ARN."""
        return self.identity_id or self.caller.arn


@dataclass(frozen=True)
class CertificatePrincipal:
    """A device with an X.509 client certificate."""

    #: SHA-256 of the certificate's DER, in hexadecimal digits.
    certificate_id: str
    arn: str

    @property
    def name(self) -> str:
        return self.arn


IotPrincipal = SigV4Principal | CertificatePrincipal


def identity_of(caller: Caller) -> tuple[str | None, bool]:
    """The Identity ID that a caller's session carries, and whether it is a guest's."""
    context = caller.session.limits.context if caller.session else {}
    identity, amr = context.get(_SUB), context.get(_AMR, ())
    guest = "unauthenticated" in ((amr,) if isinstance(amr, str) else amr)
    return identity if isinstance(identity, str) else None, guest
