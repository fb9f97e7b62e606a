"""Verifying the Logins map: who vouches for this user, and does the proof hold?

https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-integrating-user-pools-with-identity-pools.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.identity_pools.state import Pool
from labkit.local.user_pools.pools import find_pool, find_user

if TYPE_CHECKING:
    from labkit.local.state import State

_USER_POOL = re.compile(r"cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<pool>[\w-]+_[0-9A-Za-z]+)")


def verified(pool: Pool, logins: Mapping[str, str], state: State) -> dict[str, str]:
    """Provider → subject of every login. Raises AwsError for the first one that does not hold."""
    return {provider: _subject(pool, provider, token, state) for provider, token in logins.items()}


def _subject(pool: Pool, provider: str, token: str, state: State) -> str:
    match = _USER_POOL.fullmatch(provider)
    if match is None:
        if provider in (pool.settings.get("SupportedLoginProviders") or {}) or provider.startswith("arn:"):
            raise not_simulated(f"logins of `{provider}`")
        raise _unsupported()
    trusted = [
        p for p in pool.settings.get("CognitoIdentityProviders") or [] if p.get("ProviderName") == provider
    ]
    if not trusted:
        raise _unsupported()
    claims = _verified_id_token(provider, match["pool"], token, state)
    entry = next((p for p in trusted if p.get("ClientId") == claims["aud"]), None)
    if entry is None:
        raise _invalid("Incorrect token audience.")
    if entry.get("ServerSideTokenCheck"):
        _check_on_server(match["pool"], claims, state)
    return str(claims["sub"])


def _unsupported() -> AwsError:
    return AwsError("NotAuthorizedException", "Token is not from a supported provider of this identity pool.")


def _invalid(reason: str) -> AwsError:
    return AwsError("NotAuthorizedException", f"Invalid login token. {reason}")


def _verified_id_token(provider: str, pool_id: str, token: str, state: State) -> dict[str, Any]:
    """The claims of an ID token whose issuer, signature and time hold."""
    import jwt

    claims = _claims(token)
    if claims.get("iss") != f"https://{provider}":
        raise _invalid("Issuer doesn't match providerName")
    if find_pool(pool_id, state) is None:
        raise _invalid("Couldn't verify signed token.")
    key, _ = state.user_pools.key(pool_id).pair()
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    try:
        jwt.decode(token, key.public_key(), algorithms=["RS256"], options=options)
    except jwt.PyJWTError:
        raise _invalid("Couldn't verify signed token.") from None
    missing = [name for name in ("aud", "exp", "sub") if name not in claims]
    if missing:  # an access token has no `aud`
        raise _invalid(f"Missing a required claim: {missing[0]}")
    if claims.get("token_use") != "id":
        raise _invalid("Not a valid OpenId Connect identity token.")
    now = int(state.clock.now().timestamp())
    if now >= claims["exp"]:
        raise _invalid(f"Token expired: {now} >= {claims['exp']}")
    return claims


def _claims(token: str) -> dict[str, Any]:
    import jwt

    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise _invalid("Not a valid OpenId Connect identity token.") from None


def _check_on_server(pool_id: str, claims: dict[str, Any], state: State) -> None:
    """ServerSideTokenCheck: signed-out, disabled and deleted users are refused.

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CognitoIdentityProvider.html
    """
    user = find_user(find_pool(pool_id, state), claims["sub"])
    grant = state.user_pools[pool_id].grants.get(claims.get("origin_jti", ""))
    if user is None or not user.enabled or (grant is not None and grant.revoked):
        raise _invalid("Token is no longer valid.")  # unconfirmed text


def amr(logins: Mapping[str, str]) -> tuple[str, ...]:
    """How the user was authenticated, as trust policies read it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
    """
    if not logins:
        return ("unauthenticated",)
    values = ["authenticated"]
    for provider, subject in logins.items():
        values += [provider, f"{provider}:CognitoSignIn:{subject}"]
    return tuple(values)
