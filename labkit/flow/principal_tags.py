"""Attributes for access control: claims of the ID token that policies read as `aws:PrincipalTag/…`.

The role must let the Identity Pool tag its sessions: `authenticated_trust(pool, tag_sessions=True)`.
https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.account import Account
from labkit.flow.recorded import recorded
from labkit.resources import Calls, IdentityPool, PrincipalTagMap


def set_principal_tag_attribute_map(
    account: Account,
    identity_pool: IdentityPool,
    provider: str,
    principal_tags: Mapping[str, str] | None = None,
    *,
    use_defaults: bool = False,
) -> PrincipalTagMap:
    """Map principal tags to claims of this provider's tokens; an empty map switches them off."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity").set_principal_tag_attribute_map(
            IdentityPoolId=identity_pool.id,
            IdentityProviderName=provider,
            UseDefaults=use_defaults,
            PrincipalTags=dict(principal_tags or {}),
        )
    return _map(answer, tuple(calls))


def get_principal_tag_attribute_map(
    account: Account, identity_pool: IdentityPool, provider: str
) -> PrincipalTagMap:
    """The map that is set for this provider."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity").get_principal_tag_attribute_map(
            IdentityPoolId=identity_pool.id, IdentityProviderName=provider
        )
    return _map(answer, tuple(calls))


def _map(answer: Mapping[str, Any], calls: Calls) -> PrincipalTagMap:
    return PrincipalTagMap(
        answer["IdentityProviderName"], answer["UseDefaults"], dict(answer["PrincipalTags"]), calls=calls
    )
