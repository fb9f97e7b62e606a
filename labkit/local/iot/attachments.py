"""What AWS IoT policies are attached to: certificates, Cognito identities and thing groups.

https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.iot.policies import policy_named, shown
from labkit.local.iot.registry import not_found, page, registry, require_principal, require_target
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: https://docs.aws.amazon.com/general/latest/gr/iot-core.html (policies of a certificate or a Cognito
#: identity, and of a thing group)
_MAX_OF_PRINCIPAL, _MAX_OF_GROUP = 10, 2


def _attach(policy_name: str, target: str, call: Call, state: State) -> dict[str, Any]:
    require_target(target, call.region, state)
    policy, attached = (
        policy_named(policy_name, call.region, state),
        registry(call.region, state).principal_policies,
    )
    if (target, policy.name) in attached:
        return {}
    most = _MAX_OF_GROUP if ":thinggroup/" in target else _MAX_OF_PRINCIPAL
    if sum(one == target for one, _ in attached) >= most:
        raise AwsError("LimitExceededException", f"{target} already has {most} policies, the maximum.", 410)
    attached[target, policy.name] = (target, policy)
    return {}


def attach_policy(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    return _attach(given["policyName"], given["target"], call, state)


def attach_principal_policy(call: Call, state: State) -> dict[str, Any]:
    """ "This action is deprecated and works as expected for backward compatibility"; it knows no groups."""
    given = members(call)
    require_principal(given["principal"], call.region, state)
    return _attach(given["policyName"], given["principal"], call, state)


def detach_policy(call: Call, state: State) -> dict[str, Any]:
    """A policy that was not attached is not in the way: AWS lists no ResourceNotFoundException here.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPolicy.html
    """
    given = members(call)
    registry(call.region, state).principal_policies.pop((given["target"], given["policyName"]), None)
    return {}


def detach_principal_policy(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    require_principal(given["principal"], call.region, state)
    policy_named(given["policyName"], call.region, state)
    key = (given["principal"], given["policyName"])
    if registry(call.region, state).principal_policies.pop(key, None) is None:
        raise not_found(f"Policy {given['policyName']} is not attached to {given['principal']}.")
    return {}


def list_attached_policies(call: Call, state: State) -> dict[str, Any]:
    """With `recursive`, a thing group's policies with those of the groups above it."""
    given = members(call)
    target = given["target"]
    require_target(target, call.region, state)
    targets = [target]
    if given.get("recursive") and ":thinggroup/" in target:
        group = registry(call.region, state).thing_groups[target]
        targets += [above["groupArn"] for above in group.metadata.get("rootToParentThingGroups", ())]
    return _policies(targets, given, call, state)


def list_principal_policies(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    require_principal(given["principal"], call.region, state)
    return _policies([given["principal"]], given, call, state)


def _policies(targets: list[str], given: dict[str, Any], call: Call, state: State) -> dict[str, Any]:
    attached = registry(call.region, state).principal_policies
    found = {name: policy for (target, name), (_, policy) in attached.items() if target in targets}
    listed, marker = page(list(found.values()), given.get("marker"), given.get("pageSize"))
    return {"policies": [shown(policy) for policy in listed], "nextMarker": marker}


def list_targets_for_policy(call: Call, state: State) -> dict[str, Any]:
    found, marker = _targets(call, state)
    return {"targets": found, "nextMarker": marker}


def list_policy_principals(call: Call, state: State) -> dict[str, Any]:
    found, marker = _targets(call, state)
    return {"principals": found, "nextMarker": marker}


def _targets(call: Call, state: State) -> tuple[list[str], str | None]:
    given = members(call)
    policy = policy_named(given["policyName"], call.region, state)
    attached = registry(call.region, state).principal_policies
    targets = [target for target, name in attached if name == policy.name]
    found, marker = page(targets, given.get("marker"), given.get("pageSize"))
    return list(found), marker
