"""What a user has to sign in with besides the password."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: The second factors, by the names of their challenges, in the order in which they are listed.
SECOND_FACTORS = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")
#: The first factors that need no password. Who comes in by them has no second factor.
PASSWORDLESS = ("EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")
#: The attribute that a factor's code is sent to.
ADDRESS = {"SMS_MFA": "phone_number", "SMS_OTP": "phone_number", "EMAIL_OTP": "email"}


@dataclass
class SoftwareToken:
    """An authenticator app's secret (RFC 6238)."""

    secret: str = field(repr=False)
    #: FriendlyDeviceName.
    name: str = ""
    #: The newest time step whose code was used; none is good twice (RFC 6238, section 5.2).
    last_step: int = -1


@dataclass
class Device:
    """A device that the user signed in on."""

    #: DeviceKey and DeviceGroupKey, which are the identity and the realm of its SRP secret.
    key: str
    group_key: str
    created: datetime
    modified: datetime | None = None
    #: The latest sign-in.
    authenticated: datetime | None = None
    name: str = ""
    ip: str = ""
    salt: int = field(default=0, repr=False)
    verifier: int = field(default=0, repr=False)
    confirmed: bool = False
    remembered: bool = False


@dataclass(frozen=True)
class Passkey:
    """A WebAuthn credential that the user registered."""

    #: fido2's AttestedCredentialData: the credential's id and public key.
    credential: bytes = field(repr=False)
    relying_party_id: str
    created: datetime
    attachment: str
    transports: tuple[str, ...]


@dataclass(frozen=True)
class Registration:
    """A passkey registration that was started: fido2's state of it, and by which app client."""

    state: dict[str, Any] = field(repr=False)
    client_id: str
    expires: datetime


@dataclass
class Factors:
    """One user's factors, and which of them are to be asked for."""

    software_token: SoftwareToken | None = None
    #: Associated, not yet verified.
    pending_token: SoftwareToken | None = None
    #: Second factors that are switched on, and off, by SetUserMFAPreference.
    switched: dict[str, bool] = field(default_factory=dict)
    preferred: str | None = None
    #: By DeviceKey.
    devices: dict[str, Device] = field(default_factory=dict)
    #: By CredentialId.
    passkeys: dict[str, Passkey] = field(default_factory=dict)
    registration: Registration | None = None

    @property
    def enabled(self) -> tuple[str, ...]:
        return tuple(name for name in SECOND_FACTORS if self.switched.get(name))
