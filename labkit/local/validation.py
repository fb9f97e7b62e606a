"""Parameters against botocore's model: required members, types, lengths, patterns, enumerations.

SDKs check only part of this before they send; AWS checks all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from labkit.local import attribute_values
from labkit.local.errors import AwsError
from labkit.local.members import members
from labkit.local.operations import Call

#: The error code of a failed validation, where it is not ValidationException.
_CODE = {
    "cognito-idp": "InvalidParameterException",
    "iam": "ValidationError",
    "iot": "InvalidRequestException",
    "iot-data": "InvalidRequestException",
    "sts": "ValidationError",
}

#: What an operation cannot do without, though its model does not say so (unconfirmed).
_NEEDED = {"UpdateManagedLoginBranding": ("UserPoolId", "ManagedLoginBrandingId")}


def validate(call: Call) -> None:
    """Raise AWS's validation error with every constraint that the parameters break."""
    if call.model is None or call.model.input_shape is None:
        return
    given = members(call) if call.protocol.name == "rest-json" else call.parameters
    faults = list(_structure(call.model.input_shape, given, ""))
    lacking = (name for name in _NEEDED.get(call.operation, ()) if given.get(name) is None)
    faults += [_fault(None, name, "Member must not be null") for name in lacking]
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
        raise AwsError(_CODE.get(call.service, "ValidationException"), f"{count}: {'; '.join(faults)}")
    if call.service == "dynamodb":
        attribute_values.check(call.model.input_shape, call.parameters)


def _structure(shape: Any, value: Any, path: str, hidden: bool = False) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _fault(value, path, "Member must be an object", hidden)
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _fault(None, _join(path, name), "Member must not be null")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _member(member, value[name], _join(path, name), hidden)


def _member(shape: Any, value: Any, path: str, hidden: bool) -> Iterator[str]:
    """Whatever is inside a sensitive member, is sensitive too."""
    kind, hidden = shape.type_name, hidden or bool(shape.metadata.get("sensitive"))
    if kind == "structure":
        yield from _structure(shape, value, path, hidden)
    elif kind == "list":
        yield from _list(shape, value, path, hidden)
    elif kind == "map":
        yield from _map(shape, value, path, hidden)
    elif kind == "string":
        yield from _string(shape, value, path, hidden)
    elif kind in ("integer", "long"):
        yield from _number(shape, value, path, hidden)
    elif kind == "boolean" and not isinstance(value, bool):
        yield _fault(value, path, "Member must be true or false", hidden)


def _list(shape: Any, value: Any, path: str, hidden: bool) -> Iterator[str]:
    if not isinstance(value, list):
        yield _fault(value, path, "Member must be a list", hidden)
        return
    yield from _length(shape, value, path, hidden)
    for index, item in enumerate(value, 1):
        yield from _member(shape.member, item, f"{path}.{index}.member", hidden)


def _map(shape: Any, value: Any, path: str, hidden: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _fault(value, path, "Member must be a map", hidden)
        return
    yield from _length(shape, value, path, hidden)
    for key, item in value.items():
        yield from _member(shape.value, item, f"{path}.{key}.member", hidden)


def _string(shape: Any, value: Any, path: str, hidden: bool) -> Iterator[str]:
    if not isinstance(value, str):
        yield _fault(value, path, "Member must be a string", hidden)
        return
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _fault(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]", hidden)
    yield from _length(shape, value, path, hidden)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _fault(value, path, f"Member must satisfy regular expression pattern: {pattern}", hidden)


def _length(shape: Any, value: Any, path: str, hidden: bool) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _fault(value, path, f"Member must have length greater than or equal to {low}", hidden)
    if high is not None and len(value) > high:
        yield _fault(value, path, f"Member must have length less than or equal to {high}", hidden)


def _number(shape: Any, value: Any, path: str, hidden: bool) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _fault(value, path, "Member must be an integer", hidden)
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _fault(value, path, f"Member must have value greater than or equal to {low}", hidden)
    if high is not None and value > high:
        yield _fault(value, path, f"Member must have value less than or equal to {high}", hidden)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of AWS's models, which are written for Java."""
    if r"\p{" not in pattern:
        return re.compile(pattern)
    return re.compile(r"[\s\S]*")  # Unicode categories are beyond `re`; the length still counts


def _fault(value: Any, path: str, constraint: str, hidden: bool = False) -> str:
    shown = "null" if value is None else "'***'" if hidden else f"'{str(value)[:120]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{path}.{lower}" if path else lower
