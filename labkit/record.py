"""What happened: secrets that do not print themselves, and the API calls that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


class Secret:
    """A string that prints masked: a password, a token, a secret key.

    The value leaves only through an explicit `reveal()`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({mask(self._value)!r})"

    def __str__(self) -> str:
        return mask(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def reveal(value: str | Secret) -> str:
    """The value, whether it came as a secret or in the open."""
    return value.reveal() if isinstance(value, Secret) else value


def mask(value: str) -> str:
    """The first characters of `value`, as far as they help to tell two secrets apart."""
    shown = 4 if len(value) >= 16 else 0
    return f"{value[:shown]}…"


#: Members of AWS requests and responses that never appear in a record, whatever the service.
SECRET_MEMBERS = frozenset(
    {
        "ANSWER", "AccessKeyId", "AccessToken", "Authorization", "ClientSecret", "ConfirmationCode",
        "EMAIL_OTP_CODE", "IdToken", "NEW_PASSWORD", "NewPassword", "PASSWORD",
        "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "Password", "PasswordVerifier",
        "PreviousPassword", "ProposedPassword", "REFRESH_TOKEN", "RefreshToken", "SALT", "SECRET_BLOCK",
        "SECRET_HASH", "SMS_MFA_CODE", "SMS_OTP_CODE", "SOFTWARE_TOKEN_MFA_CODE", "SRP_A", "SRP_B",
        "SecretAccessKey", "SecretCode", "SecretHash", "SecretKey", "Session", "SessionToken",
        "TemporaryPassword", "Token", "UserCode", "WebIdentityToken",
        # ProviderDetails of CreateIdentityProvider
        "client_secret", "private_key",
        # of a SAML provider
        "SAMLAssertion", "SAMLResponse",
    }
)  # fmt: skip


def masked(value: Any, *, name: str = "") -> Any:
    """`value` with every secret member masked, at any depth; `Logins` maps lose their tokens."""
    if isinstance(value, Mapping):
        inner = "Token" if name == "Logins" else ""
        return {key: masked(item, name=inner or str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, name=name) for item in value]
    if isinstance(value, str) and name in SECRET_MEMBERS:
        return mask(value)
    return value


@dataclass(frozen=True)
class ApiCall:
    """One AWS API call as it went over the wire, its secrets masked."""

    #: The service's botocore name, as in `cognito-idp`.
    service: str
    #: AWS's operation name, as in `InitiateAuth`.
    operation: str
    #: Whether the request carried a SigV4 signature.
    signed: bool
    request: Mapping[str, Any] = field(repr=False)
    response: Mapping[str, Any] = field(repr=False)
    #: HTTP status of the response.
    status: int
    #: AWS's error code, or None where the call succeeded.
    error_code: str | None
    request_id: str = field(repr=False)
    started: datetime = field(repr=False)
    duration: timedelta = field(repr=False)
    #: Where it went, if that was a User Pool's domain.
    address: str = field(default="", repr=False)


@dataclass(frozen=True)
class LoggedRequest:
    """One request as the local account remembers it: who asked for what, and what became of it."""

    time: datetime = field(repr=False)
    #: The service's botocore name, as in `cognito-idp`.
    service: str
    #: AWS's operation name, as in `InitiateAuth`.
    operation: str
    #: ARN of who signed; empty where nobody did, or the signature was not believed.
    principal: str
    #: HTTP status of the answer.
    status: int
    #: AWS's error code, or None where the request succeeded.
    error_code: str | None
    #: What the policies said, as in `IMPLICIT_DENY`; empty where none was asked.
    verdict: str
    request_id: str = field(repr=False)


@dataclass(frozen=True)
class Visit:
    """One request of a browser's, and what came back: a page, or another address to go to."""

    method: str
    #: Without its query.
    address: str
    #: The query, or the form that was sent.
    sent: Mapping[str, str] = field(repr=False)
    #: HTTP status of the answer.
    status: int
    #: Where it was sent on to; empty for a page.
    location: str = field(default="", repr=False)
