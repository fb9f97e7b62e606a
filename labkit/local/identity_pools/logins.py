"""Verifying the Logins map: who vouches for this user, and does the proof hold?

https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from labkit.local import oidc
from labkit.local.errors import not_simulated
from labkit.local.identity_pools import external_logins, open_id_tokens, saml_logins, user_pool_logins
from labkit.local.identity_pools.login import Login, invalid, not_a_token, unsupported
from labkit.local.identity_pools.state import Pool
from labkit.local.trust import PROVIDER

if TYPE_CHECKING:
    from labkit.local.state import State

#: Their access tokens mean nothing to anybody but themselves.
_OPAQUE = ("graph.facebook.com", "www.amazon.com", "api.twitter.com", "www.digits.com")


def verified(pool: Pool, logins: Mapping[str, str], state: State) -> tuple[Login, ...]:
    """Every login of the map. Raises AwsError for the first one that does not hold."""
    return tuple(_login(pool, provider, token, state) for provider, token in logins.items())


def _login(pool: Pool, provider: str, token: str, state: State) -> Login:
    if provider == PROVIDER:
        return _of_developer(pool, token, state)
    if user_pool_logins.trusted(pool, provider):
        return user_pool_logins.verified(pool, provider, token, state)
    registered = external_logins.registered(pool, provider, state)
    if registered is not None:
        return external_logins.verified(provider, registered, token, state)
    if provider in (pool.settings.get("SamlProviderARNs") or []):
        return saml_logins.verified(provider, token, state)
    app_id = (pool.settings.get("SupportedLoginProviders") or {}).get(provider)
    if app_id is None:
        raise unsupported()
    if provider in _OPAQUE:
        raise not_simulated(f"logins of `{provider}`")
    return external_logins.verified_social(provider, app_id, token, state)


def _of_developer(pool: Pool, token: str, state: State) -> Login:
    """A token of GetOpenIdTokenForDeveloperIdentity, under the key that is the same for all pools.

    https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
    """
    try:
        identity = open_id_tokens.verified(token, state)
        claims = oidc.unverified(token)
    except oidc.NotAToken:
        raise not_a_token() from None
    except oidc.BadSignature:
        raise invalid("Couldn't verify signed token.") from None
    if identity.audience != pool.id:
        raise invalid("Incorrect token audience.")
    now = int(state.clock.now().timestamp())
    if now >= claims["exp"]:
        raise invalid(f"Token expired: {now} >= {claims['exp']}")
    if claims["amr"][0] != "authenticated":
        raise unsupported()
    return Login(PROVIDER, identity.subject, claims)


def amr(logins: Sequence[Login]) -> tuple[str, ...]:
    """How the user was authenticated, as trust policies read it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
    """
    if not logins:
        return ("unauthenticated",)
    values = ["authenticated"]
    for login in logins:
        values += login.claims["amr"][1:] if login.provider == PROVIDER else login.methods
    return tuple(dict.fromkeys(values))


def developer_amr(pool: Pool, user: str) -> tuple[str, ...]:
    """The methods of a user whom the developer's own backend authenticated."""
    provider = pool.developer_provider or ""
    return (provider, f"{provider}:{pool.id}:{user}")
