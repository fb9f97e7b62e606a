"""The roles that a pool hands out, and the mappings that choose among several.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.passed_roles import mapped_roles
from labkit.local.errors import AwsError
from labkit.local.identity_pools.pools import named
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
#: "You can specify up to 25 rules per identity provider."
_MOST_RULES = 25


def set_identity_pool_roles(call: Call, state: State) -> dict[str, Any]:
    """Replace the pool's roles and mappings."""
    pool = named(call, state)
    roles, mappings = call.parameters["Roles"], call.parameters.get("RoleMappings") or {}
    for kind in roles:
        if kind not in ("authenticated", "unauthenticated"):
            raise AwsError("InvalidParameterException", f"Invalid role type: {kind}")
    for provider, mapping in mappings.items():
        _require_complete(provider, mapping)
    for arn in (*roles.values(), *mapped_roles(mappings)):
        if not _ROLE.fullmatch(arn):
            raise AwsError("NotAuthorizedException", f"Access to Role '{arn}' is forbidden.")
    pool.roles, pool.role_mappings = dict(roles), dict(mappings)
    return {}


def _require_complete(provider: str, mapping: Mapping[str, Any]) -> None:
    """ "If you specify Token or Rules as the Type, AmbiguousRoleResolution is required"; "if you specify
    Rules …, RulesConfiguration is required."

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RoleMapping.html
    """
    rules = (mapping.get("RulesConfiguration") or {}).get("Rules")
    if not mapping.get("AmbiguousRoleResolution"):
        raise _bad(f"AmbiguousRoleResolution is required in the role mapping of {provider}.")
    if mapping["Type"] == "Rules" and not rules:
        raise _bad(f"RulesConfiguration is required in the role mapping of {provider}.")
    if mapping["Type"] == "Token" and rules:
        raise _bad(f"RulesConfiguration has no place in a role mapping of type Token, as {provider} has it.")
    if len(rules or []) > _MOST_RULES:
        raise _bad(f"The role mapping of {provider} has more than {_MOST_RULES} rules.")


def _bad(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def get_identity_pool_roles(call: Call, state: State) -> dict[str, Any]:
    pool = named(call, state)
    mappings = {"RoleMappings": pool.role_mappings} if pool.role_mappings else {}
    return {"IdentityPoolId": pool.id, "Roles": pool.roles} | mappings
