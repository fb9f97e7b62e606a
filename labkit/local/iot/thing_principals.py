"""Which certificates and Cognito identities a Thing is attached to.

https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import not_simulated
from labkit.local.iot.registry import not_found, page, registry, require_principal, require_thing
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: What an attachment is without a word: the Thing may have other principals, the principal other Things.
_PLAIN = "NON_EXCLUSIVE_THING"


def attach(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    if given.get("thingPrincipalType", _PLAIN) != _PLAIN:
        raise not_simulated("iot:AttachThingPrincipal with EXCLUSIVE_THING")
    require_principal(given["principal"], call.region, state)
    thing = require_thing(given["thingName"], call.region, state)
    key = (given["principal"], thing.thing_name)
    registry(call.region, state).principal_things[key] = (given["principal"], thing)
    return {}


def detach(call: Call, state: State) -> dict[str, Any]:
    given, kept = members(call), registry(call.region, state)
    require_principal(given["principal"], call.region, state)
    require_thing(given["thingName"], call.region, state)
    if kept.principal_things.pop((given["principal"], given["thingName"]), None) is None:
        raise not_found(f"{given['principal']} is not attached to thing {given['thingName']}.")
    return {}


def list_thing_principals(call: Call, state: State) -> dict[str, Any]:
    found, token = _principals(call, state)
    return {"principals": found, "nextToken": token}


def list_thing_principals_v2(call: Call, state: State) -> dict[str, Any]:
    found, token = _principals(call, state)
    shown = [{"principal": each, "thingPrincipalType": _PLAIN} for each in found]
    return {"thingPrincipalObjects": shown, "nextToken": token}


def _principals(call: Call, state: State) -> tuple[list[str], str | None]:
    given = members(call)
    name = require_thing(given["thingName"], call.region, state).thing_name
    attached = registry(call.region, state).principal_things
    found = [principal for principal, thing in attached if thing == name]
    return _paged(found, given)


def list_principal_things(call: Call, state: State) -> dict[str, Any]:
    found, token = _things(call, state)
    return {"things": found, "nextToken": token}


def list_principal_things_v2(call: Call, state: State) -> dict[str, Any]:
    found, token = _things(call, state)
    shown = [{"thingName": each, "thingPrincipalType": _PLAIN} for each in found]
    return {"principalThingObjects": shown, "nextToken": token}


def _things(call: Call, state: State) -> tuple[list[str], str | None]:
    given = members(call)
    require_principal(given["principal"], call.region, state)
    attached = registry(call.region, state).principal_things
    return _paged([thing for principal, thing in attached if principal == given["principal"]], given)


def _paged(names: list[str], given: dict[str, Any]) -> tuple[list[str], str | None]:
    if given.get("thingPrincipalType", _PLAIN) != _PLAIN:
        return [], None
    found, token = page(names, given.get("nextToken"), given.get("maxResults"))
    return list(found), token
