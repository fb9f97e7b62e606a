"""Attributes for access control: claims of a login that become principal tags of its session.

https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools.login import Login
from labkit.local.identity_pools.pools import named
from labkit.local.identity_pools.role_choice import as_text
from labkit.local.identity_pools.state import Pool, TagMap
from labkit.local.operations import Call
from labkit.local.session_tags import SessionTags
from labkit.local.trust import PROVIDER

if TYPE_CHECKING:
    from labkit.local.state import State

#: "default (username and clientID) attribute mappings": "aud (client ID) and sub (user ID)".
_DEFAULTS = {"client": "aud", "username": "sub"}
#: What stands in the place of these two in the page's table for SAML.
_SAML_DEFAULTS = {
    "client": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "username": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
}
_NO_MAP = TagMap(use_defaults=False, claims={})


def set_principal_tag_attribute_map(call: Call, state: State) -> dict[str, Any]:
    """Replace a provider's map; one without tags switches attributes for access control off.

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetPrincipalTagAttributeMap.html
    """
    pool, provider = _asked(call, state)
    defaults = bool(call.parameters.get("UseDefaults"))
    claims = _defaults(pool, provider) if defaults else call.parameters.get("PrincipalTags") or {}
    pool.tag_maps[provider] = TagMap(defaults, dict(claims))
    return _described(pool, provider)


def _defaults(pool: Pool, provider: str) -> Mapping[str, str]:
    return _SAML_DEFAULTS if provider in (pool.settings.get("SamlProviderARNs") or []) else _DEFAULTS


def get_principal_tag_attribute_map(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetPrincipalTagAttributeMap.html"""
    return _described(*_asked(call, state))


def _asked(call: Call, state: State) -> tuple[Pool, str]:
    pool, provider = named(call, state), call.parameters["IdentityProviderName"]
    if provider not in _providers(pool):
        raise AwsError("InvalidParameterException", f"{provider} is no identity provider of {pool.id}.")
    return pool, provider


def _providers(pool: Pool) -> set[str]:
    """Every name under which the pool's settings have a provider."""
    settings = pool.settings
    user_pools = {p.get("ProviderName") for p in settings.get("CognitoIdentityProviders") or []}
    oidc = settings.get("OpenIdConnectProviderARNs") or []
    hosts = {arn.partition(":oidc-provider/")[2] for arn in oidc}
    saml = settings.get("SamlProviderARNs") or []
    social = settings.get("SupportedLoginProviders") or {}
    return {*user_pools, *oidc, *hosts, *saml, *social} - {None}


def _described(pool: Pool, provider: str) -> dict[str, Any]:
    tag_map = pool.tag_maps.get(provider, _NO_MAP)
    return {
        "IdentityPoolId": pool.id,
        "IdentityProviderName": provider,
        "UseDefaults": tag_map.use_defaults,
        "PrincipalTags": dict(tag_map.claims),
    }


def tags_of(pool: Pool, logins: Sequence[Login]) -> SessionTags:
    """The session tags of these logins. Raises AwsError where STS would not take them.

    The backend of a developer's own users names its tags itself; they travel in its token.
    """
    tags: dict[str, str] = {}
    origins: dict[str, tuple[str, ...]] = {}
    for login in logins:
        if login.provider == PROVIDER:
            tags |= SessionTags.in_token(login.claims).tags
        else:
            claims = _mapped(pool, login)
            tags |= {tag: as_text(login.claims[claim]) for tag, claim in claims.items()}
            origins |= {tag: _steps(tag, claim, login) for tag, claim in claims.items()}
    return replace(SessionTags.passed(tags.items()), origins=origins)


def _mapped(pool: Pool, login: Login) -> Mapping[str, str]:
    """Tag → claim, for the claims that the login's token has."""
    tag_map = next((pool.tag_maps[name] for name in login.names if name in pool.tag_maps), _NO_MAP)
    return {tag: claim for tag, claim in tag_map.claims.items() if claim in login.claims}


def _steps(tag: str, claim: str, login: Login) -> tuple[str, ...]:
    return (
        f"claim `{claim}` of the login of `{login.provider}`",
        f"the identity pool's map of principal tags: `{tag}` is `{claim}`",
    )
