"""A rest-json request's members by their model's names, wherever they travel: path, query, headers, body."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call


def members(call: Call) -> dict[str, Any]:
    """The members that were sent. Raises AwsError for a text that is not of its member's type."""
    shape = call.model.input_shape if call.model is not None else None
    if shape is None:
        return {}
    found = {name: _sent(call, name, each) for name, each in shape.members.items()}
    payload = shape.serialization.get("payload")
    if payload is not None:
        found[payload] = _payload(call.request.body, shape.members[payload])
    return {name: value for name, value in found.items() if value is not None}


def _payload(body: bytes, shape: Any) -> Any:
    """The member that the whole body is: bytes, or JSON."""
    if shape.type_name == "blob":
        return body
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", "The request body is not JSON in UTF-8.") from None


def _sent(call: Call, name: str, shape: Any) -> Any:
    wire, place = shape.serialization.get("name", name), shape.serialization.get("location")
    if place == "header":
        return _typed(call.request.headers.get(wire.lower()), name, shape)
    if place == "querystring" and shape.type_name == "list":
        return [value for key, value in call.request.query if key == wire] or None
    if place == "querystring":
        return _typed(call.request.parameters.get(wire), name, shape)
    return call.parameters.get(wire)


def _typed(text: str | None, name: str, shape: Any) -> Any:
    read = _READ.get(shape.type_name)
    if text is None or read is None:
        return text
    try:
        return read(text)
    except (KeyError, ValueError):
        raise AwsError("InvalidRequestException", f"`{name}` must be of type {shape.type_name}.") from None


_BOOLEANS = {"true": True, "false": False}
_READ: Mapping[str, Callable[[str], Any]] = {
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "integer": int,
    "long": int,
}
