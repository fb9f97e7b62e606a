"""Who is at the other end of an MQTT connection, as the gateway found out.

https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
        context = caller.session.limits.context if caller.session else {}
        identity, amr = context.get(_SUB), context.get(_AMR, ())
        guest = "unauthenticated" in ((amr,) if isinstance(amr, str) else amr)
        return cls(caller, identity if isinstance(identity, str) else None, guest, until)


@dataclass(frozen=True)
class CertificatePrincipal:
    """A device with an X.509 client certificate."""

    #: SHA-256 of the certificate's DER, in hexadecimal digits.
    certificate_id: str
    arn: str


IotPrincipal = SigV4Principal | CertificatePrincipal
