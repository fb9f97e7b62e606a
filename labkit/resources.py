"""The nouns of Amazon Cognito, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from labkit.record import ApiCall, Secret, mask

Calls = tuple[ApiCall, ...]


def _calls() -> Any:
    """The API calls that made a record; not part of its value."""
    return field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class UserPool:
    """A user directory and the authority that issues its tokens."""

    id: str
    name: str
    arn: str
    calls: Calls = _calls()

    @property
    def region(self) -> str:
        return self.id.split("_")[0]

    @property
    def provider_name(self) -> str:
        """The key of this pool in a Logins map and in an identity pool's provider list."""
        return f"cognito-idp.{self.region}.amazonaws.com/{self.id}"

    @property
    def issuer(self) -> str:
        """The `iss` claim of every token from this pool."""
        return f"https://{self.provider_name}"


@dataclass(frozen=True)
class AppClient:
    """An application's entry in a User Pool."""

    id: str
    name: str
    user_pool: UserPool
    secret: Secret | None = None
    calls: Calls = _calls()


@dataclass(frozen=True)
class CodeDelivery:
    """Where a confirmation code went: medium and masked destination."""

    medium: str
    destination: str
    attribute: str
    calls: Calls = _calls()


@dataclass(frozen=True)
class User:
    """A user of a User Pool; `sub` is the id that never changes (and is no Identity ID)."""

    username: str
    sub: str
    #: AWS's UserStatus; `UNKNOWN` where the call does not tell.
    status: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: Where the confirmation code went; None where none was sent.
    delivery: CodeDelivery | None = None
    calls: Calls = _calls()


@dataclass(frozen=True)
class Acknowledgement:
    """AWS did what it was asked, and answered nothing."""

    #: AWS's operation name, as in `ConfirmSignUp`.
    operation: str
    calls: Calls = _calls()


@dataclass(frozen=True)
class Tokens:
    """What a sign-in returns (`AuthenticationResult`)."""

    id_token: Secret
    access_token: Secret
    #: None after a refresh without rotation.
    refresh_token: Secret | None
    #: Lifetime of the ID and access token from the moment they were issued.
    expires_in: timedelta
    calls: Calls = _calls()
    #: The device that was signed in on, where the User Pool tracks devices and does not know it yet.
    new_device: NewDevice | None = field(default=None, repr=False)


@dataclass(frozen=True)
class UserPoolDomain:
    """Where a User Pool's authorization server and its sign-in pages are."""

    name: str
    url: str
    user_pool: UserPool
    calls: Calls = _calls()


@dataclass(frozen=True)
class IdentityProvider:
    """Another identity provider whose word a User Pool takes."""

    name: str
    #: AWS's ProviderType, as in `OIDC` or `SAML`.
    type: str
    user_pool: UserPool = field(repr=False)
    #: User Pool attribute → the provider's claim or attribute.
    attribute_mapping: Mapping[str, str]
    #: Further names, such as the domains of its people's addresses.
    idp_identifiers: tuple[str, ...] = ()
    #: AWS's ProviderDetails, their secrets masked.
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    calls: Calls = _calls()

    def username(self, subject: str) -> str:
        """What the pool calls the provider's `subject`, unless they are linked to a user of another name."""
        return f"{self.name}_{subject}"


@dataclass(frozen=True)
class IamIdentityProvider:
    """IAM's entry for an identity provider outside AWS."""

    arn: str
    calls: Calls = _calls()


@dataclass(frozen=True)
class PkcePair:
    """What binds a code to the app that asked for it (RFC 7636)."""

    verifier: Secret
    challenge: str
    method: str = "S256"


@dataclass(frozen=True)
class OAuthTokens:
    """What the token endpoint returns."""

    access_token: Secret
    #: Only with the scope `openid`.
    id_token: Secret | None
    #: Only for a code, or where refresh tokens rotate.
    refresh_token: Secret | None
    expires_in: timedelta
    calls: Calls = _calls()


@dataclass(frozen=True)
class UserInfo:
    """A user's attributes, as far as the access token's scopes open them."""

    sub: str
    attributes: Mapping[str, str]
    calls: Calls = _calls()


@dataclass(frozen=True)
class NewDevice:
    """What a device is called from now on (`NewDeviceMetadata`)."""

    device_key: str
    device_group_key: str


@dataclass(frozen=True)
class ConfirmedDevice:
    """A device with a password of its own, which it alone keeps."""

    device: NewDevice
    password: Secret
    #: Whether the user is to be asked before the device is remembered (`UserConfirmationNecessary`).
    user_confirmation_necessary: bool
    calls: Calls = _calls()


@dataclass(frozen=True)
class Challenge:
    """A further question that the User Pool asks before it issues tokens."""

    name: str
    parameters: Mapping[str, str] = field(repr=False)
    session: Secret | None
    calls: Calls = _calls()
    #: What there is to choose from, for SELECT_CHALLENGE.
    available: tuple[str, ...] = field(default=(), repr=False)
    #: Who is asked.
    username: str = field(default="", repr=False)


@dataclass(frozen=True)
class SoftwareToken:
    """What an authenticator app needs to know: the secret that its codes come from."""

    secret_code: Secret
    #: The MFA_SETUP challenge with its next session; None where an access token asked.
    challenge: Challenge | None = None
    calls: Calls = _calls()


@dataclass(frozen=True)
class PasskeyOptions:
    """What an authenticator has to know to make a passkey (PublicKeyCredentialCreationOptionsJSON)."""

    options: Mapping[str, Any]
    calls: Calls = _calls()


@dataclass(frozen=True)
class IdentityPool:
    """Exchanges logins for Identity IDs, and Identity IDs for temporary credentials."""

    id: str
    name: str
    allow_guests: bool
    calls: Calls = _calls()

    @property
    def region(self) -> str:
        return self.id.split(":")[0]


@dataclass(frozen=True)
class Role:
    """An IAM role."""

    name: str
    arn: str
    calls: Calls = _calls()


@dataclass(frozen=True)
class IdentityPoolRoles:
    """The roles that an Identity Pool hands out, by ARN; None where there is none."""

    authenticated: str | None
    unauthenticated: str | None
    #: Identity provider → AWS's RoleMapping, which may choose another role for a login.
    role_mappings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    calls: Calls = _calls()


@dataclass(frozen=True)
class Identity:
    """An Identity ID (never a user's `sub`), and the providers that vouched for it."""

    id: str
    pool: IdentityPool
    #: Keys of the Logins map that was sent; empty for a guest.
    providers: tuple[str, ...] = ()
    calls: Calls = _calls()

    @property
    def guest(self) -> bool:
        return not self.providers


@dataclass(frozen=True)
class PrincipalTagMap:
    """Which claims of an identity provider's tokens become principal tags of a session."""

    #: The identity provider, as in a Logins map.
    provider: str
    use_defaults: bool
    #: Principal tag → claim.
    principal_tags: Mapping[str, str]
    calls: Calls = _calls()


@dataclass(frozen=True)
class OpenIdToken:
    """The Identity Pool's own token for an identity, good for AssumeRoleWithWebIdentity."""

    identity: Identity
    token: Secret
    calls: Calls = _calls()


@dataclass(frozen=True)
class Credentials:
    """Temporary security credentials, or an IAM user's key pair where there is no session token."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None
    #: When they stop working; None for long-term keys.
    expiration: datetime | None
    calls: Calls = _calls()

    def __repr__(self) -> str:
        until = f", expiration={self.expiration:%Y-%m-%dT%H:%M:%SZ}" if self.expiration else ""
        return f"Credentials(access_key_id='{mask(self.access_key_id)}'{until})"


@dataclass(frozen=True)
class Attempt:
    """What came of trying an AWS call: an answer, or AWS's refusal."""

    #: IAM's name of the call, as in `s3:GetObject`.
    action: str
    #: ARN of the resource that was asked for.
    resource: str
    allowed: bool
    #: HTTP status, AWS's error code and message; code and message are None where it was allowed.
    status: int
    code: str | None
    message: str | None
    request_id: str = field(repr=False)
    #: The answer, None where it was refused.
    output: Any = field(default=None, repr=False)
    calls: Calls = _calls()


@dataclass(frozen=True)
class MatchedStatement:
    """A statement that AWS's policy simulator points to."""

    #: `PolicyInputList.1`, `ResourcePolicy`, or the policy's own name.
    source: str
    #: Line and column in the policy's text, from 1.
    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True)
class LeftOut:
    """What AWS's policy simulator was not asked, although it may decide, and why."""

    #: A layer of the decision (`session`, `resource` …), `trust` for a role's trust policy, or `caller`.
    part: str
    reason: str


@dataclass(frozen=True)
class Simulation:
    """What AWS's policy simulator says of a request."""

    #: IAM's name of the call, as in `s3:GetObject`.
    action: str
    #: ARN of the resource, or `*`.
    resource: str
    #: ARN of the simulated caller; None where AWS was told of none.
    caller: str | None
    #: `allowed`, `explicitDeny` or `implicitDeny`.
    decision: str
    matched: tuple[MatchedStatement, ...] = ()
    #: Condition keys that the policies ask for and the request does not have.
    missing_context_keys: tuple[str, ...] = ()
    #: Whether the permissions boundary lets it pass; None where there was none.
    boundary_allows: bool | None = None
    #: Whether the service control policies let it pass; None where there were none.
    organization_allows: bool | None = None
    #: How each type of policy decided, where two accounts did.
    details: Mapping[str, str] = field(default_factory=dict)
    #: What the question did not contain; empty where AWS was asked for everything.
    left_out: tuple[LeftOut, ...] = ()
    calls: Calls = _calls()

    @property
    def allowed(self) -> bool:
        return self.decision == "allowed"
