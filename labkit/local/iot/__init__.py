"""AWS IoT Core: Things, certificates and policies, and who may do what over MQTT.

moto keeps Things, policies and certificates; every check that AWS makes and moto does not is made here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.iot import (
    attachments,
    auth_results,
    device_certificates,
    endpoint,
    policies,
    thing_groups,
    thing_principals,
    thing_types,
    things,
)
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: What moto would store, and nothing would come of.
NOT_SIMULATED = device_certificates.NOT_SIMULATED
#: What moto keeps as AWS does; nothing would come of the rest (jobs, domains, billing groups …). Rules are
#: only kept: the log says of what is published to one that it does not run.
KEPT_BY_MOTO = frozenset(
    {
        "AddThingToThingGroup", "CreateThingGroup", "DescribeThingGroup", "ListTagsForResource",
        "ListThingGroups", "ListThingGroupsForThing", "ListThingsInThingGroup", "RemoveThingFromThingGroup",
        "TagResource", "UntagResource", "UpdateThingGroup", "UpdateThingGroupsForThing",
        "CreateTopicRule", "DeleteTopicRule", "DisableTopicRule", "EnableTopicRule", "GetTopicRule",
        "ListTopicRules", "ReplaceTopicRule",
    }
)  # fmt: skip
OPERATIONS: dict[str, Callable[[Call, State], dict[str, Any]]] = {
    **attachments.OPERATIONS,
    **auth_results.OPERATIONS,
    **device_certificates.OPERATIONS,
    **endpoint.OPERATIONS,
    **policies.OPERATIONS,
    **thing_groups.OPERATIONS,
    **thing_principals.OPERATIONS,
    **thing_types.OPERATIONS,
    **things.OPERATIONS,
}
