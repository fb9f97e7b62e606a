"""JSON of the right shape: what a JSON service cannot even read, it refuses before anything else.

`SerializationException` is how AWS's JSON services answer a member of the wrong type:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

from typing import Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call

_NUMBER = (int, float)
#: botocore's name of a shape's type → what JSON has to hold, and how to say so.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "blob": ((str,), "a string"),
    "boolean": ((bool,), "true or false"),
    "double": (_NUMBER, "a number"),
    "float": (_NUMBER, "a number"),
    "integer": ((int,), "an integer"),
    "list": ((list,), "a list"),
    "long": ((int,), "an integer"),
    "map": ((dict,), "an object"),
    "string": ((str,), "a string"),
    "structure": ((dict,), "an object"),
    "timestamp": ((*_NUMBER, str), "a time"),
}


def require_shapes(call: Call) -> None:
    """Raise SerializationException for the first member of a JSON body whose type is wrong."""
    if call.model is None or call.model.input_shape is None:
        return
    if call.protocol.name in ("json", "rest-json"):
        _structure(call.model.input_shape, call.parameters, "")


def _structure(shape: Any, value: dict[str, Any], path: str) -> None:
    for name, member in shape.members.items():
        in_body = "location" not in member.serialization
        if in_body and value.get(name) is not None:
            _check(member, value[name], f"{path}.{name}" if path else name)


def _check(shape: Any, value: Any, path: str) -> None:
    types, wanted = _KINDS[shape.type_name]
    if not _is_a(types, value):
        raise AwsError("SerializationException", f"`{path}` must be {wanted}, got `{_shown(value)}`.")
    if shape.type_name == "structure":
        _structure(shape, value, path)
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            _check(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            _check(shape.value, item, f"{path}.{key}")


def _is_a(types: tuple[type, ...], value: object) -> bool:
    """Whether JSON's value is of these types; Python counts `true` as a number, JSON does not."""
    return bool in types if isinstance(value, bool) else isinstance(value, types)


def _shown(value: Any) -> str:
    """The JSON type of a value; never the value, which may be a password."""
    names = {bool: "boolean", dict: "object", list: "list", str: "string", type(None): "null"}
    return names.get(type(value), "number")
