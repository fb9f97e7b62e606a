"""Role mappings: how an Identity Pool chooses a role for a login, by its token or by rules about its claims.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labkit.resources import AppClient, Role

#: For a login that no group and no rule gives a role: the pool's authenticated role, or no access.
Ambiguous = Literal["AuthenticatedRole", "Deny"]
RoleMapping = Mapping[str, Any]
#: Identity provider → its mapping, for `set_identity_pool_roles`.
RoleMappings = Mapping[str, RoleMapping]


@dataclass(frozen=True)
class Rule:
    """A claim of the ID token that gives its bearer a role. Custom attributes are called `custom:…`."""

    claim: str
    match_type: Literal["Equals", "NotEqual", "StartsWith", "Contains"]
    value: str
    role: Role


def provider_of(app_client: AppClient) -> str:
    """The key in RoleMappings of logins through this app client."""
    return f"{app_client.user_pool.provider_name}:{app_client.id}"


def by_token(*, ambiguous: Ambiguous) -> RoleMapping:
    """The role of the user's group with the lowest precedence: `cognito:preferred_role` in the ID token."""
    return {"Type": "Token", "AmbiguousRoleResolution": ambiguous}


def by_rules(*rules: Rule, ambiguous: Ambiguous) -> RoleMapping:
    """The role of the first rule that matches; up to 25."""
    listed = [
        {"Claim": r.claim, "MatchType": r.match_type, "Value": r.value, "RoleARN": r.role.arn} for r in rules
    ]
    return {
        "Type": "Rules",
        "AmbiguousRoleResolution": ambiguous,
        "RulesConfiguration": {"Rules": listed},
    }
