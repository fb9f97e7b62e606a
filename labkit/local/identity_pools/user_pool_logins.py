"""Logins of User Pools: an ID token under `cognito-idp.REGION.amazonaws.com/POOL`.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-integrating-user-pools-with-identity-pools.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local import oidc
from labkit.local.identity_pools.login import Login, invalid, not_a_token
from labkit.local.identity_pools.state import Pool
from labkit.local.user_pools.pools import find_pool, find_user

if TYPE_CHECKING:
    from labkit.local.state import State


def trusted(pool: Pool, provider: str) -> list[dict[str, Any]]:
    """The identity pool's entries for this user pool, one for each app client."""
    entries = pool.settings.get("CognitoIdentityProviders") or []
    return [entry for entry in entries if entry.get("ProviderName") == provider]


def verified(pool: Pool, provider: str, token: str, state: State) -> Login:
    """Raises AwsError for a token of another issuer or client, a changed, an expired or a signed-out one."""
    claims = _claims(provider, token, state)
    entry = next((e for e in trusted(pool, provider) if e.get("ClientId") == claims["aud"]), None)
    if entry is None:
        raise invalid("Incorrect token audience.")
    if entry.get("ServerSideTokenCheck"):
        _check_on_server(provider.rpartition("/")[2], claims, state)
    subject = str(claims["sub"])
    methods = (provider, f"{provider}:CognitoSignIn:{subject}")
    return Login(provider, subject, claims, f"{provider}:{claims['aud']}", methods)


def _claims(provider: str, token: str, state: State) -> Mapping[str, Any]:
    """The claims of an ID token whose issuer, signature and time hold."""
    try:
        if oidc.unverified(token).get("iss") != f"https://{provider}":
            raise invalid("Issuer doesn't match providerName")
        keys = oidc.keys_of(f"https://{provider}", state)
        claims = oidc.signed(token, keys, ("RS256",))
    except oidc.NotAToken:
        raise not_a_token() from None
    except (oidc.NoKey, oidc.BadSignature):
        raise invalid("Couldn't verify signed token.") from None
    missing = [name for name in ("aud", "exp", "sub") if name not in claims]
    if missing:  # an access token has no `aud`
        raise invalid(f"Missing a required claim: {missing[0]}")
    if claims.get("token_use") != "id":
        raise not_a_token()
    now = int(state.clock.now().timestamp())
    if now >= claims["exp"]:
        raise invalid(f"Token expired: {now} >= {claims['exp']}")
    return claims


def _check_on_server(pool_id: str, claims: Mapping[str, Any], state: State) -> None:
    """ServerSideTokenCheck: signed-out, disabled and deleted users are refused.

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CognitoIdentityProvider.html
    """
    pool = find_pool(pool_id, state)
    user = find_user(pool, claims["sub"]) if pool is not None else None
    grant = state.user_pools[pool_id].grants.get(claims.get("origin_jti", ""))
    if user is None or not user.enabled or (grant is not None and grant.revoked):
        raise invalid("Token is no longer valid.")  # unconfirmed text
