"""Whoever hands a role to an identity pool must be allowed to pass it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.operations import Call


def asks(call: Call) -> list[Ask]:
    """`iam:PassRole` on every role that the request names."""
    if call.operation != "SetIdentityPoolRoles":
        return []
    context: dict[str, ContextValue] = {"iam:PassedToService": "cognito-identity.amazonaws.com"}
    roles = (call.parameters.get("Roles") or {}).values()
    mapped = mapped_roles(call.parameters.get("RoleMappings") or {})
    return [Ask("iam:PassRole", str(arn), context) for arn in dict.fromkeys([*roles, *mapped])]


def mapped_roles(mappings: Mapping[str, Any]) -> Iterator[str]:
    """The roles of every rule in an identity pool's role mappings."""
    for mapping in mappings.values():
        for rule in (mapping.get("RulesConfiguration") or {}).get("Rules") or []:
            yield str(rule["RoleARN"])
