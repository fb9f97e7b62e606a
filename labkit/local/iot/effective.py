"""The AWS IoT policies that speak on a principal: its own, and those of its Thing's groups.

"The policies attached to a thing group apply to any thing within that group. For the policy to take effect,
the clientId and the thing name must match."
https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import parse
from labkit.local.iot.principals import identity_of
from labkit.local.iot.registry import registry, thing_named
from labkit.policy import Policy

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State


def policies_of(principal: str, thing_name: str | None, region: str, state: State) -> tuple[Policy, ...]:
    """Each policy once, in its default version."""
    kept = registry(region, state)
    targets = {principal, *_groups(principal, thing_name, region, state)}
    found = {
        name: policy for (target, name), (_, policy) in kept.principal_policies.items() if target in targets
    }
    return tuple(parsed(policy) for policy in found.values())


def parsed(policy: Any) -> Policy:
    """moto's policy as the engine reads it."""
    return parse(policy.document, name=policy.name, arn=policy.arn)


def attached_thing(principal: str, thing_name: str | None, region: str, state: State) -> Any:
    """The Thing of that name, if `principal` is attached to it."""
    if thing_name is None or (principal, thing_name) not in registry(region, state).principal_things:
        return None
    return thing_named(thing_name, region, state)


def _groups(principal: str, thing_name: str | None, region: str, state: State) -> Iterator[str]:
    """ARNs of the groups that the principal's Thing is in, and of those above them."""
    thing = attached_thing(principal, thing_name, region, state)
    for group in registry(region, state).thing_groups.values() if thing is not None else ():
        if thing.arn in group.things:
            yield group.arn
            for above in group.metadata.get("rootToParentThingGroups", ()):
                yield above["groupArn"]


def of_caller(caller: Caller, thing_name: str | None, region: str, state: State) -> tuple[Policy, ...] | None:
    """The IoT policies of an authenticated Cognito identity; None for guests and all other callers.

    https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html
    """
    identity, guest = identity_of(caller)
    return None if identity is None or guest else policies_of(identity, thing_name, region, state)
