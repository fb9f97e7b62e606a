"""Thing types, and how they end: deprecated, five minutes later deleted.

https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.iot.registry import arn, invalid, not_found, page, registry
from labkit.local.iot.things import already_exists
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: "You must wait five minutes after you deprecate a thing type before you can delete it."
_WAIT = timedelta(minutes=5)


def create_thing_type(call: Call, state: State) -> dict[str, Any]:
    from moto.iot import models

    given, kept = members(call), registry(call.region, state)
    name, properties = given["thingTypeName"], given.get("thingTypeProperties") or {}
    if len(properties.get("searchableAttributes") or ()) > 3:
        raise invalid("A thing type has at most three searchable attributes.")
    kind = kept.thing_types.get(arn(call.region, f"thingtype/{name}", state))
    if kind is None:
        make: Any = models.FakeThingType
        kind = make(name, properties, state.account_id, call.region)
        kind.metadata["creationDate"] = state.clock.now()
        kept.thing_types[kind.arn] = kind
    elif kind.thing_type_properties != properties:
        sentence = f"Thing type {name} already exists in account with different properties"
        raise already_exists(sentence, kind.thing_type_id, kind.arn)
    return {"thingTypeName": name, "thingTypeArn": kind.arn, "thingTypeId": kind.thing_type_id}


def describe_thing_type(call: Call, state: State) -> dict[str, Any]:
    return dict(_named(call, state).to_dict())


def list_thing_types(call: Call, state: State) -> dict[str, Any]:
    """With a name, that one alone."""
    given = members(call)
    kinds = [
        kind
        for kind in registry(call.region, state).thing_types.values()
        if kind.thing_type_name == given.get("thingTypeName", kind.thing_type_name)
    ]
    found, token = page(kinds, given.get("nextToken"), given.get("maxResults"))
    return {"thingTypes": [kind.to_dict() for kind in found], "nextToken": token}


def deprecate_thing_type(call: Call, state: State) -> dict[str, Any]:
    kind = _named(call, state)
    undo = bool(members(call).get("undoDeprecate"))
    kind.metadata["deprecated"] = not undo
    if undo:
        kind.metadata.pop("deprecationDate", None)
    else:
        kind.metadata.setdefault("deprecationDate", state.clock.now())
    return {}


def delete_thing_type(call: Call, state: State) -> dict[str, Any]:
    kind, kept = _named(call, state), registry(call.region, state)
    name, since = kind.thing_type_name, kind.metadata.get("deprecationDate")
    if since is None:
        raise invalid(f"Thing type {name} must be deprecated before it can be deleted.")
    if any(thing.thing_type is kind for thing in kept.things.values()):
        raise invalid(f"Cannot delete thing type {name}: things are still associated with it.")
    if state.clock.now() - since < _WAIT:
        # https://github.com/hashicorp/terraform-provider-aws (aws_iot_thing_type waits for these words)
        raise invalid(
            f"Cannot delete thing type : {name}. Please wait for 5 minutes after deprecation and then retry"
        )
    del kept.thing_types[kind.arn]
    return {}


def _named(call: Call, state: State) -> Any:
    name = members(call)["thingTypeName"]
    kind = registry(call.region, state).thing_types.get(arn(call.region, f"thingtype/{name}", state))
    if kind is None:
        raise not_found(f"Thing type {name} does not exist.")
    return kind
