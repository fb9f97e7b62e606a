"""ID tokens of OpenID Connect issuers: who issued them, and do signature and claims hold?

In AWS an issuer's keys are fetched from its `jwks_uri`. The local account fetches nothing: it knows the
keys of its own user pools, and those that it is told of (`TellIssuerKeys`). Without a key there is no
verification, and so no trust.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit.local.user_pools.pools import all_pools, issuer

if TYPE_CHECKING:
    from labkit.local.state import State

#: "Tokens must be signed using either RSA keys (RS256, RS384, or RS512) or ECDSA keys …"
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
RSA = ("RS256", "RS384", "RS512")
ALGORITHMS = (*RSA, "ES256", "ES384", "ES512")


#: Issuers that this account stands in for, whether or not it has such a pool.
_COGNITO = re.compile(r"https://cognito-(idp\.[a-z0-9-]+|identity)\.amazonaws\.com(/.*)?", re.IGNORECASE)


def is_cognito(name: str) -> bool:
    """Whether these are tokens that nobody outside the account may sign."""
    return _COGNITO.fullmatch(name) is not None


class NotAToken(Exception):
    """No JWT, or one without the claims of an ID token."""


class NoKey(Exception):
    """The account does not know the key that a token names."""


class BadSignature(Exception):
    """The token was changed, or somebody else signed it."""


class Issuers:
    """Key sets of issuers outside the account, by `iss`."""

    def __init__(self) -> None:
        self._key_sets: dict[str, Mapping[str, Any]] = {}

    def tell(self, name: str, jwks: Mapping[str, Any]) -> None:
        """Take a JSON Web Key Set in the place of an earlier one. Raises NoKey where no key will do."""
        if not public_keys(jwks):
            raise NoKey
        self._key_sets[name] = jwks

    def key_set(self, name: str) -> Mapping[str, Any] | None:
        return self._key_sets.get(name)


def public_keys(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The RSA and ECDSA keys of a set by `kid`. Whoever shares a secret (`oct`) could be the issuer."""
    import jwt

    keys = jwks.get("keys")
    found = {}
    for key in keys if isinstance(keys, list) else []:
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and "kid" in key and "d" not in key:
            try:
                found[str(key["kid"])] = _key(tuple((k, v) for k, v in key.items() if isinstance(v, str)))
            except (jwt.PyJWTError, NotImplementedError):  # the latter for `none`, which has no keys
                continue
    return found


@lru_cache(maxsize=256)
def _key(members: tuple[tuple[str, str], ...]) -> Any:
    """A JSON Web Key, read once."""
    import jwt

    return jwt.PyJWK(dict(members))


def unverified(token: str) -> dict[str, Any]:
    """The claims as they stand; for finding out who is to be asked."""
    import jwt

    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise NotAToken from None


def verified(
    token: str, name: str, state: State, *, algorithms: tuple[str, ...] = ALGORITHMS
) -> dict[str, Any]:
    """The claims of a token that this issuer signed; its time and audience are the caller's to judge."""
    claims = signed(token, keys_of(name, state), algorithms)
    if claims.get("iss") != name or any(claim not in claims for claim in ("aud", "exp", "sub")):
        raise NotAToken
    if not (isinstance(claims["sub"], str) and isinstance(claims["exp"], int) and audience(claims)):
        raise NotAToken
    return claims


def signed(token: str, keys: Mapping[str, Any], algorithms: tuple[str, ...]) -> dict[str, Any]:
    """The claims of a token that one of these keys signed, with the algorithm that the key is for."""
    import jwt

    key = keys.get(_kid(token))
    if key is None:
        raise NoKey
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    allowed = [name for name in algorithms if name[:2] == _FAMILY[key.key_type]]
    try:
        return jwt.decode(token, key.key, algorithms=allowed, options=options)
    except jwt.PyJWTError:
        raise BadSignature from None


def _kid(token: str) -> str:
    """The name of the key in the token's header; the rest of the token is PyJWT's to read."""
    from jwt.utils import base64url_decode

    try:
        header = json.loads(base64url_decode(token.partition(".")[0]))
    except ValueError:
        raise NotAToken from None
    return str(header.get("kid")) if isinstance(header, dict) else ""


_FAMILY = {"RSA": "RS", "EC": "ES"}


def keys_of(name: str, state: State) -> dict[str, Any]:
    pool = next((pool for pool in all_pools(state) if issuer(pool) == name), None)
    jwks = state.user_pools.key(pool.id).jwks() if pool is not None else state.issuers.key_set(name)
    if jwks is None:
        raise NoKey
    return public_keys(jwks)


def audience(claims: Mapping[str, Any]) -> str:
    """`azp`, or `aud` where there is none: whom the issuer gave the token to; empty where it says neither.

    https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html
    """
    given = claims.get("azp") or claims["aud"]
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, str) else ""


def provider_named(host: str, state: State) -> Any:
    """moto's OpenID Connect provider of that URL without `https://`, or None."""
    from moto.iam.models import iam_backends

    providers = iam_backends[state.account_id]["aws"].open_id_providers.values()
    return next((provider for provider in providers if provider.url == host), None)
