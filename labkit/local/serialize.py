"""Answers on the wire."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from labkit.local.errors import Response
from labkit.local.operations import Call


def answer(call: Call, result: dict[str, Any], request_id: str) -> Response:
    """What an operation of labkit's own returns, in its service's protocol."""
    if call.protocol.name == "query":
        return _query(call, result, request_id)
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
    if call.protocol.name == "rest-json":
        headers["Content-Type"] = "application/json"
        if payload := _payload(call):
            return 200, headers, result[payload]
    return 200, headers, json.dumps(result, default=_json_value).encode()


def _payload(call: Call) -> str | None:
    """The member whose bytes are the whole body, where the operation's answer has one."""
    shape = call.model.output_shape if call.model is not None else None
    return None if shape is None else shape.serialization.get("payload")


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"`{type(value).__name__}` has no place in an AWS answer")


def _query(call: Call, result: dict[str, Any], request_id: str) -> Response:
    from moto.core.serialize import XFormedAttributePicker, get_serializer_class

    serializer = get_serializer_class(call.service, "query")(
        operation_model=call.model, value_picker=XFormedAttributePicker()
    )
    serialized = serializer.serialize(result)
    headers = {name: str(value) for name, value in serialized["headers"].items()}
    headers["x-amzn-RequestId"] = request_id
    body = serialized["body"]
    return 200, headers, body.encode() if isinstance(body, str) else body
