"""Logins of OpenID Connect providers that are registered in IAM, of Google and of Apple.

https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html
https://docs.aws.amazon.com/cognito/latest/developerguide/google.html
https://docs.aws.amazon.com/cognito/latest/developerguide/apple.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local import oidc
from labkit.local.identity_pools.login import Login, invalid, not_a_token
from labkit.local.identity_pools.state import Pool

if TYPE_CHECKING:
    from labkit.local.state import State

#: "Amazon Cognito allows for a grace period of 5 minutes to handle any clock skew between systems."
_GRACE = 300


def registered(pool: Pool, provider: str, state: State) -> Any:
    """moto's OpenID Connect provider of that name that the pool lists, or None."""
    found = oidc.provider_named(provider, state)
    listed = pool.settings.get("OpenIdConnectProviderARNs") or []
    return found if found is not None and found.arn in listed else None


def verified(provider: str, registered: Any, token: str, state: State) -> Login:
    """`azp`, or `aud` where there is none, must be a client ID of the provider in IAM."""
    claims = _claims(provider, token, state)
    if oidc.audience(claims) not in registered.client_id_list:
        raise invalid("Incorrect token audience.")
    return Login(provider, str(claims["sub"]), claims, registered.arn, (provider,))


def verified_social(provider: str, app_id: str, token: str, state: State) -> Login:
    """The token must be for the app that the pool names; one provider may have several, parted by `;`."""
    claims = _claims(provider, token, state)
    if oidc.audience(claims) not in app_id.split(";"):
        raise invalid("Incorrect token audience.")
    return Login(provider, str(claims["sub"]), claims, methods=(provider,))


def _claims(provider: str, token: str, state: State) -> Mapping[str, Any]:
    """The claims of an ID token whose issuer, signature and time hold."""
    issuer = f"https://{provider}"
    try:
        if oidc.unverified(token).get("iss") != issuer:
            raise invalid("Issuer doesn't match providerName")
        claims = oidc.verified(token, issuer, state, algorithms=oidc.RSA)
    except oidc.NotAToken:
        raise not_a_token() from None
    except (oidc.NoKey, oidc.BadSignature):
        raise invalid("Couldn't verify signed token.") from None
    now = int(state.clock.now().timestamp())
    if now >= claims["exp"] + _GRACE:
        raise invalid(f"Token expired: {now} >= {claims['exp'] + _GRACE}")
    return claims
