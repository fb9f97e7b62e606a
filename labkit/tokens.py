"""JSON Web Tokens of a User Pool: reading one, and deciding whether to believe it.

`decode_unverified` only reads: anyone can write a token. `verify` believes a token after every
check that AWS asks an app to make, and lists them:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeGuard

import jwt

from labkit.errors import LabError, TokenRejected
from labkit.record import Secret, reveal

TokenUse = Literal["id", "access"]

#: User Pools sign with this one; taking the token's word for it is how `alg: none` gets in.
ALGORITHM = "RS256"

#: How far the clock of the issuer may be ahead of ours (`nbf`, `iat`); `exp` gets no such grace.
CLOCK_SKEW = timedelta(minutes=5)

_SHAPE = "three base64url parts: header.claims.signature"


@dataclass(frozen=True)
class UnverifiedToken:
    """What a token says. Anyone may have written it."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signature: bytes = field(repr=False)


@dataclass(frozen=True)
class Check:
    """One check of a token: what was asked for, and what the token carries."""

    name: str
    expected: str
    actual: str
    passed: bool = field(default=True, repr=False)


@dataclass(frozen=True)
class VerifiedToken:
    """What the issuer says: these claims passed every one of `checks`."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signature: bytes = field(repr=False)
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Jwks:
    """The public keys of an issuer, by key id (RFC 7517)."""

    keys: Mapping[str, jwt.PyJWK] = field(repr=False)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Jwks:
        """The RSA keys of a `jwks.json`; others are passed over (RFC 7517 section 5)."""
        keys = document.get("keys")
        if not isinstance(keys, list):
            raise LabError("a JWKS must be an object with a list of `keys`; ask for the pool's `jwks.json`")
        rsa = [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA" and "kid" in key]
        try:
            return cls({str(key["kid"]): jwt.PyJWK(key, ALGORITHM) for key in rsa})
        except jwt.PyJWTError as broken:
            raise LabError(f"the JWKS holds an RSA key that does not load: {broken}") from None

    def __repr__(self) -> str:
        return f"Jwks(kids={list(self.keys)})"


def decode_unverified(token: str | Secret) -> UnverifiedToken:
    """The token's three parts, read but not checked: never a reason to trust it.

    Raises TokenRejected (`structure`) where the text is no JSON Web Token.
    """
    compact = reveal(token)
    # PyJWT reads past characters that are not base64url; RFC 7515 section 2 has none.
    if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", compact, re.ASCII):
        raise TokenRejected("structure", expected=_SHAPE, actual=f"{len(compact.split('.'))} part(s)")
    try:
        parts = jwt.PyJWS().decode_complete(compact, options={"verify_signature": False})
        claims = json.loads(parts["payload"])
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise TokenRejected("structure", expected=_SHAPE, actual="parts that do not decode") from None
    if not isinstance(claims, dict):
        raise TokenRejected("structure", expected="claims in a JSON object", actual=type(claims).__name__)
    return UnverifiedToken(parts["header"], claims, parts["signature"])


def verify(
    token: str | Secret,
    *,
    jwks: Jwks,
    issuer: str,
    client_id: str | None,
    token_use: TokenUse | None,
    now: datetime,
) -> VerifiedToken:
    """The token's claims, after every check; raises TokenRejected at the first that fails.

    `client_id` and `token_use` are the app client and the use that this caller accepts; None, said
    aloud, accepts any. `now` is an aware time: the account's clock, `account.clock.now()`.
    """
    unverified = decode_unverified(token)
    passed: list[Check] = []
    for check in _checks(token, unverified, jwks, issuer, client_id, token_use, now):
        if not check.passed:
            raise TokenRejected(check.name, expected=check.expected, actual=check.actual)
        passed.append(check)
    return VerifiedToken(unverified.header, unverified.claims, unverified.signature, tuple(passed))


def checklist(
    token: str | Secret,
    *,
    jwks: Jwks,
    issuer: str,
    client_id: str | None,
    token_use: TokenUse | None,
    now: datetime,
) -> tuple[Check, ...]:
    """Every check of `verify`, passed or not: `verify` rejects the token at the first that is not.

    Raises TokenRejected (`structure`) where the text is no JSON Web Token.
    """
    return tuple(_checks(token, decode_unverified(token), jwks, issuer, client_id, token_use, now))


def _checks(
    token: str | Secret,
    unverified: UnverifiedToken,
    jwks: Jwks,
    issuer: str,
    client_id: str | None,
    token_use: TokenUse | None,
    now: datetime,
) -> Iterator[Check]:
    """The checks, in order; none is made before the one ahead of it is asked for."""
    header, claims = unverified.header, unverified.claims
    yield Check("structure", _SHAPE, "3 parts")
    yield _same("alg", ALGORITHM, header.get("alg"))
    kid = header.get("kid")
    known = isinstance(kid, str) and kid in jwks.keys
    yield Check("kid", " or ".join(jwks.keys), str(kid), known)
    yield _signature(token, jwks.keys[str(kid)]) if known else Check("signature", *_NO_KEY, passed=False)
    yield _same("iss", issuer, claims.get("iss"))
    yield from _audience(claims, client_id, token_use)
    yield from _times(claims, now)


_NO_KEY = ("made with a key of the JWKS", "no such key to check it with")


def _same(name: str, expected: str, actual: object) -> Check:
    return Check(name, expected, str(actual), actual == expected)


def _signature(token: str | Secret, key: jwt.PyJWK) -> Check:
    expected = f"made with key {key.key_id}"
    try:
        jwt.PyJWS().decode_complete(reveal(token), key, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        return Check("signature", expected, "another, or the token was changed", passed=False)
    return Check("signature", expected, expected)


def _audience(
    claims: Mapping[str, Any], client_id: str | None, token_use: TokenUse | None
) -> Iterator[Check]:
    if token_use is not None:
        yield _same("token_use", token_use, claims.get("token_use"))
    if client_id is not None:
        # An access token has no `aud`; its app client stands in `client_id`.
        claim = "client_id" if claims.get("token_use") == "access" else "aud"
        yield _same(claim, client_id, claims.get(claim))


def _times(claims: Mapping[str, Any], now: datetime) -> Iterator[Check]:
    """`exp` must be there and ahead (RFC 7519 section 4.1.4); `nbf` and `iat` not, where they are there."""
    seconds = now.timestamp()
    exp = claims.get("exp")
    yield Check("exp", f"after {_utc(seconds)}", _utc(exp), _is_time(exp) and seconds < exp)
    latest = seconds + CLOCK_SKEW.total_seconds()
    for name in ("nbf", "iat"):
        if name in claims:
            value = claims[name]
            yield Check(name, f"not after {_utc(latest)}", _utc(value), _is_time(value) and value <= latest)


def _is_time(value: object) -> TypeGuard[float]:
    """Whether `value` is a NumericDate (RFC 7519 section 2)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _utc(value: Any) -> str:
    try:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (TypeError, ValueError, OverflowError, OSError):
        return str(value)
