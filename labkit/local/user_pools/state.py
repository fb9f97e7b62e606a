"""What a User Pool remembers beside moto's users, clients and groups."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.user_pools.directory.directory import Directory
from labkit.local.user_pools.factors.factors import Factors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from labkit.local.state import State


#: How long an expired challenge is kept, so that a late answer hears what is wrong with it.
_REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True)
class Authorized:
    """What an authorization request was granted, which every token of its sign-in keeps."""

    #: In the order of the request.
    scopes: tuple[str, ...]
    #: RFC 8707's `resource`: the audience of the access tokens.
    resource: str = ""


@dataclass
class Grant:
    """One sign-in: the refresh token, and every token that came of it by `origin_jti`."""

    origin_jti: str
    username: str
    #: Tells the user from a later one of the same name.
    sub: str
    client_id: str
    refresh_token: str = field(repr=False)
    auth_time: datetime
    #: When the refresh token expires.
    expires: datetime
    revoked: bool = False
    #: Refresh tokens that were rotated out, and when each ends.
    retired: dict[str, datetime] = field(default_factory=dict, repr=False)
    #: The device that was signed in on, in pools that track devices.
    device_key: str = ""
    #: For a sign-in at the pool's domain; the API's own grant one scope and no other.
    authorized: Authorized | None = None

    def has_retired(self, token: str, now: datetime) -> bool:
        """Whether this refresh token was rotated out, and its grace period is over."""
        return token in self.retired and now >= self.retired[token]


@dataclass
class Code:
    """A confirmation code that was sent and not used yet."""

    value: str = field(repr=False)
    expires: datetime
    #: The attribute that its use verifies, as in `email`.
    attribute: str
    #: Where it went to: it proves nothing about an address that comes after.
    address: str


@dataclass
class Guesses:
    """One user's failed sign-ins since the last good one."""

    #: The latest attempt.
    last: datetime
    locked_until: datetime
    failed: int = 0


@dataclass
class ChallengeSession:
    """An unanswered challenge. It belongs to one password of one user, and to one app client."""

    challenge: str
    #: The user's `sub`, which a later user of the same name does not have; empty for nobody's challenge.
    sub: str
    #: passwords.fingerprint of the password that was right when the challenge was made.
    password: str
    client_id: str
    expires: datetime
    #: For PASSWORD_VERIFIER: the session key, which only the right password leads to.
    srp_key: bytes = field(default=b"", repr=False)
    #: For PASSWORD_VERIFIER in a flow that has a Session already: that Session.
    session: str = field(default="", repr=False)
    #: For a challenge by message: the code, and the address that it went to.
    code: str = field(default="", repr=False)
    address: str = ""
    #: For a challenge by message: whether it asks for a second factor.
    second: bool = False
    #: For a choice: what may be chosen.
    offered: tuple[str, ...] = ()
    #: For MFA_SETUP: whether a factor has been set up since.
    set_up: bool = False
    #: The device that the app says it runs on.
    device_key: str = ""
    #: For CUSTOM_AUTH: the challenges so far, as DefineAuthChallenge is told of them.
    rounds: tuple[dict[str, Any], ...] | None = None
    #: For CUSTOM_CHALLENGE: what CreateAuthChallenge keeps for VerifyAuthChallengeResponse.
    private: dict[str, Any] = field(default_factory=dict, repr=False)
    #: For CUSTOM_CHALLENGE: CreateAuthChallenge's own name of the challenge.
    challenge_metadata: str | None = None
    #: For WEB_AUTHN: what the authenticator has to sign.
    webauthn: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class PoolState:
    """One pool's key pair, sign-ins, codes and open challenges."""

    grants: dict[str, Grant] = field(default_factory=dict)
    by_refresh_token: dict[str, Grant] = field(default_factory=dict, repr=False)
    #: By (user's sub, purpose).
    codes: dict[tuple[str, str], Code] = field(default_factory=dict)
    #: By Session string.
    challenges: dict[str, ChallengeSession] = field(default_factory=dict, repr=False)
    #: Fingerprint of the password, SRP salt and verifier by the user's sub, so that a second sign-in
    #: need not compute them.
    verifiers: dict[str, tuple[str, int, int]] = field(default_factory=dict, repr=False)
    #: When an administrator set a temporary password, by the user's sub.
    temporary_since: dict[str, datetime] = field(default_factory=dict)
    #: Wrong passwords by the user's sub.
    guesses: dict[str, Guesses] = field(default_factory=dict)
    directory: Directory = field(default_factory=Directory)
    #: Second factors, devices and passkeys by the user's sub.
    factors: dict[str, Factors] = field(default_factory=dict)
    #: What SetUserPoolMfaConfig was given, but for MfaConfiguration, which is moto's `mfa_config`.
    mfa_settings: dict[str, Any] = field(default_factory=dict)
    #: When a wrong code was given, by (user's sub, purpose).
    wrong_codes: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)

    def open_challenge(self, name: str, session: ChallengeSession, now: datetime) -> None:
        """Keep a challenge, and forget those that have long expired."""
        self.challenges = {k: c for k, c in self.challenges.items() if now < c.expires + _REMEMBERED}
        self.challenges[name] = session

    def forget_set_ups(self, sub: str, *, but: str | None = None) -> None:
        """Drop every MFA_SETUP of a user who has a second factor by now."""
        self.challenges = {
            k: c for k, c in self.challenges.items() if (c.challenge, c.sub) != ("MFA_SETUP", sub) or k == but
        }

    def factors_of(self, sub: str) -> Factors:
        return self.factors.setdefault(sub, Factors())

    def keep_code(self, sub: str, purpose: str, code: Code, now: datetime) -> None:
        """Keep a code in the place of the one before, and forget those that have expired."""
        self.codes = {k: c for k, c in self.codes.items() if now < c.expires}
        self.codes[(sub, purpose)] = code


class SigningKey:
    """An RSA key pair with its key id, made when it is first needed."""

    def __init__(self, state: State, name: str, algorithm: str = "RS256") -> None:
        self._state = state
        self._name = name
        self._algorithm = algorithm
        self._key: RSAPrivateKey | None = None
        self._kid = ""
        self._lock = threading.Lock()

    def pair(self) -> tuple[RSAPrivateKey, str]:
        """The private key and its `kid`."""
        with self._lock:
            if self._key is None:
                self._key = self._state.source.rsa_key(self._name)
                self._kid = _kid(self._key)
            return self._key, self._kid

    def jwks(self) -> dict[str, Any]:
        """The public half as a JSON Web Key Set (RFC 7517)."""
        from jwt.algorithms import RSAAlgorithm

        key, kid = self.pair()
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        use = {"alg": self._algorithm, "kid": kid, "use": "sig"}
        return {"keys": [use | {k: public[k] for k in ("e", "kty", "n")}]}


def _kid(key: RSAPrivateKey) -> str:
    import base64
    import hashlib

    modulus = key.public_key().public_numbers().n
    return base64.b64encode(hashlib.sha256(modulus.to_bytes(256, "big")).digest()).decode()


class SigningKeys:
    """A pool's key pairs: the latest signs, the ones before still verify what they have signed.

    "Amazon Cognito might rotate signing keys in your user pool":
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    """

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._name = name
        self._keys = [SigningKey(state, name)]

    def pair(self) -> tuple[RSAPrivateKey, str]:
        """The private key that signs now, and its `kid`."""
        return self._keys[-1].pair()

    def rotate(self) -> str:
        """Let a new key sign from now on; returns its `kid`."""
        self._keys.append(SigningKey(self._state, f"{self._name}/{len(self._keys)}"))
        return self.pair()[1]

    def named(self, kid: object) -> RSAPrivateKey | None:
        """The key of that `kid`."""
        return next((key for key, known in (k.pair() for k in self._keys) if known == kid), None)

    def jwks(self) -> dict[str, Any]:
        """Every public half; the one that signs now comes first."""
        return {"keys": [jwk for key in reversed(self._keys) for jwk in key.jwks()["keys"]]}


class UserPools:
    """The state of every pool of one account, by pool id."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._pools: dict[str, PoolState] = {}
        self._keys: dict[str, SigningKeys] = {}

    def __getitem__(self, pool_id: str) -> PoolState:
        return self._pools.setdefault(pool_id, PoolState())

    def forget(self, pool_id: str) -> None:
        """Drop everything of a pool that was deleted."""
        self._pools.pop(pool_id, None)
        self._keys.pop(pool_id, None)

    def key(self, pool_id: str) -> SigningKeys:
        """The pool's own keys; no other pool's tokens verify with them."""
        return self._keys.setdefault(pool_id, SigningKeys(self._state, pool_id))
