"""The end of a thing group; whatever else groups do, moto does.

https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingGroup.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.iot.registry import arn, invalid, registry
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State


def delete_thing_group(call: Call, state: State) -> dict[str, Any]:
    """Nothing of its attachments stays for a later group of the same name."""
    given, kept = members(call), registry(call.region, state)
    name = given["thingGroupName"]
    group = kept.thing_groups.get(arn(call.region, f"thinggroup/{name}", state))
    if group is None:
        return {}
    if given.get("expectedVersion", group.version) != group.version:
        sentence = f"The version for thing group {name} does not match the expected version."
        raise AwsError("VersionConflictException", sentence, 409)
    if any(each.parent_group_name == name for each in kept.thing_groups.values()):
        raise invalid(f"Cannot delete thing group : {name} when there are still child groups attached to it")
    for key in [key for key in kept.principal_policies if key[0] == group.arn]:
        del kept.principal_policies[key]
    del kept.thing_groups[group.arn]
    return {}
