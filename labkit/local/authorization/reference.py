"""What IAM knows of an operation by its name, and what the operation's own model says of its members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.local.operations import Call
from labkit.policy.reference import is_action, optional, required

__all__ = ["is_action", "members", "optional", "required"]


def members(call: Call) -> Mapping[str, Any]:
    """The operation's own members, by the names that `call.parameters` has them under."""
    shape = call.model.input_shape if call.model is not None else None
    found = shape.members if shape is not None else {}
    if call.protocol.name != "rest-json":
        return dict(found)
    return {member.serialization.get("name", name): member for name, member in found.items()}
