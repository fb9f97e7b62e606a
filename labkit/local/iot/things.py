"""Things: names with attributes and perhaps a type, and a version that counts their changes.

https://docs.aws.amazon.com/iot/latest/developerguide/thing-registry.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.iot.registry import arn, invalid, not_found, page, registry, require_thing, thing_named
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: "Things … can have up to three attributes", with a type up to fifty.
#: https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html
_MAX_PLAIN, _MAX_TYPED = 3, 50
#: https://docs.aws.amazon.com/iot/latest/apireference/API_AttributePayload.html
_NAME, _VALUE = re.compile(r"[a-zA-Z0-9_.,@/:#-]{1,128}"), re.compile(r"[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}")


def create_thing(call: Call, state: State) -> dict[str, Any]:
    """A new Thing; the same call again finds it, another configuration does not."""
    from moto.iot import models

    given = members(call)
    if "billingGroupName" in given:
        raise not_simulated("iot:CreateThing with billingGroupName")
    kind = _type_for_new(given.get("thingTypeName"), call, state)
    attributes = _attributes(given, kind)
    thing = thing_named(given["thingName"], call.region, state)
    if thing is None:
        make: Any = models.FakeThing
        thing = make(given["thingName"], kind, attributes, state.account_id, call.region)
        registry(call.region, state).things[thing.arn] = thing
    elif (thing.thing_type, thing.attributes) != (kind, attributes):
        sentence = f"Thing {thing.thing_name} already exists in account with different attributes"
        raise already_exists(sentence, thing.thing_id, thing.arn)
    return {"thingName": thing.thing_name, "thingArn": thing.arn, "thingId": thing.thing_id}


def already_exists(sentence: str, resource_id: str, resource_arn: str) -> AwsError:
    members = {"resourceId": resource_id, "resourceArn": resource_arn}
    return AwsError("ResourceAlreadyExistsException", sentence, 409, members)


def _type_for_new(name: str | None, call: Call, state: State) -> Any:
    kind = _type_named(name, call, state)
    if kind is not None and kind.metadata["deprecated"]:
        # The typo is AWS's.
        raise invalid(f"Can not create new thing with depreated thing type:{name}")
    return kind


def _type_named(name: str | None, call: Call, state: State) -> Any:
    if name is None:
        return None
    kind = registry(call.region, state).thing_types.get(arn(call.region, f"thingtype/{name}", state))
    if kind is None:
        raise not_found(f"Thing type {name} does not exist.")
    return kind


def _attributes(
    given: Mapping[str, Any], kind: Any, before: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The attributes as they will be; one with an empty value is taken away."""
    sent = (given.get("attributePayload") or {}).get("attributes") or {}
    for name, value in sent.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise invalid(f"Attribute {name} has characters that are not allowed, or is too long.")
    found = {name: value for name, value in (dict(before or {}) | sent).items() if value}
    most = _MAX_TYPED if kind is not None else _MAX_PLAIN
    if len(found) > most:
        raise invalid(f"A thing {'with' if kind else 'without'} a type has at most {most} attributes.")
    return found


def describe_thing(call: Call, state: State) -> dict[str, Any]:
    thing = require_thing(members(call)["thingName"], call.region, state)
    found = _shown(thing) | {"defaultClientId": thing.thing_name, "thingId": thing.thing_id}
    return found | ({"billingGroupName": thing.billing_group_name} if thing.billing_group_name else {})


def _shown(thing: Any) -> dict[str, Any]:
    found = {
        "thingName": thing.thing_name,
        "thingArn": thing.arn,
        "attributes": thing.attributes,
        "version": thing.version,
    }
    return found | ({"thingTypeName": thing.thing_type.thing_type_name} if thing.thing_type else {})


def update_thing(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    thing = require_thing(given["thingName"], call.region, state)
    _require_version(thing, given)
    if given.get("removeThingType") and "thingTypeName" in given:
        raise invalid("A thing type is either named or removed.")
    kind = None if given.get("removeThingType") else thing.thing_type
    if "thingTypeName" in given:
        kind = _type_named(given["thingTypeName"], call, state)
        if kind.metadata["deprecated"]:
            raise invalid(f"Can not update a thing to use deprecated thing type: {given['thingTypeName']}")
    payload = given.get("attributePayload") or {}
    kept = thing.attributes if payload.get("merge") or "attributes" not in payload else {}
    thing.attributes, thing.thing_type = _attributes(given, kind, kept), kind
    thing.version += 1
    return {}


def _require_version(thing: Any, given: Mapping[str, Any]) -> None:
    expected = given.get("expectedVersion")
    if expected is not None and expected != thing.version:
        sentence = f"The version for thing {thing.thing_name} does not match the expected version."
        raise AwsError("VersionConflictException", sentence, 409)


def delete_thing(call: Call, state: State) -> dict[str, Any]:
    """ "Returns successfully … if the deletion is successful or you specify a thing that doesn't exist."

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThing.html
    """
    given, kept = members(call), registry(call.region, state)
    thing = thing_named(given["thingName"], call.region, state)
    if thing is None:
        return {}
    _require_version(thing, given)
    name = thing.thing_name
    if any(attached == name for _, attached in kept.principal_things):
        raise invalid(f"Cannot delete. Thing {name} is still attached to one or more principals")
    for group in kept.thing_groups.values():
        group.things.pop(thing.arn, None)
    del kept.things[thing.arn]
    return {}


def list_things(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    things = [each for each in registry(call.region, state).things.values() if _is_sought(each, given)]
    found, token = page(things, given.get("nextToken"), given.get("maxResults"))
    return {"things": [_shown(thing) for thing in found], "nextToken": token}


def _is_sought(thing: Any, given: Mapping[str, Any]) -> bool:
    kind = thing.thing_type.thing_type_name if thing.thing_type else None
    if given.get("thingTypeName", kind) != kind:
        return False
    if "attributeName" not in given:
        return True
    value, sought = thing.attributes.get(given["attributeName"]), given.get("attributeValue", "")
    if value is None:
        return False
    return bool(value.startswith(sought) if given.get("usePrefixAttributeValue") else value == sought)
