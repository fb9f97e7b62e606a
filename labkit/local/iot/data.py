"""AWS IoT Core's data plane over HTTP: shadows, messages, retained messages, connections.

https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.iot import data_messages
from labkit.local.iot.registry import not_found, page
from labkit.local.iot.shadows import Rejected, ShadowName
from labkit.local.iot.shadows.store import written
from labkit.local.members import members
from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.packets import Property, Reason
from labkit.local.mqtt.retained import RetainedMessage
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

Operation = Callable[[Call, "State"], dict[str, Any]]

#: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html (Errors)
_CODES = {
    400: "InvalidRequestException",
    404: "ResourceNotFoundException",
    409: "ConflictException",
    413: "RequestEntityTooLargeException",
    415: "UnsupportedDocumentEncodingException",
}


def _by_the_api(operation: Operation) -> Operation:
    """An operation here, whose refusals by the shadows are the API's errors."""

    @wraps(operation)
    def call(call: Call, state: State) -> dict[str, Any]:
        if call.region != state.region:
            raise not_simulated(f"AWS IoT Core in {call.region} (the account's Region is {state.region})")
        try:
            return operation(call, state)
        except Rejected as rejected:
            raise AwsError(_CODES[rejected.code], rejected.message, rejected.code) from None

    return call


def _shadow(given: Mapping[str, Any]) -> ShadowName:
    return ShadowName(given["thingName"], given.get("shadowName"))


@_by_the_api
def get_thing_shadow(call: Call, state: State) -> dict[str, Any]:
    return {"payload": written(state.iot.shadows.get(_shadow(members(call))))}


@_by_the_api
def update_thing_shadow(call: Call, state: State) -> dict[str, Any]:
    return {"payload": written(state.iot.shadows.update(_shadow(members(call)), call.request.body))}


@_by_the_api
def delete_thing_shadow(call: Call, state: State) -> dict[str, Any]:
    """The answer is the abbreviated document of
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html#deleting-device-shadow
    """
    return {"payload": written(state.iot.shadows.delete(_shadow(members(call))))}


@_by_the_api
def list_named_shadows_for_thing(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#device-shadow-list-json"""
    given = members(call)
    names = state.iot.shadows.named(given["thingName"])
    results, token = page(names, given.get("nextToken"), given.get("pageSize"))
    return {"results": results, "timestamp": int(state.clock.now().timestamp())} | _next(token)


@_by_the_api
def publish(call: Call, state: State) -> dict[str, Any]:
    """A message to MQTT's subscribers; to a reserved topic, what a client's message there would be."""
    message = data_messages.message(members(call), call.request.body)
    if message.topic.startswith("$"):
        data_messages.require_reserved(message, state)
    if message.retain:
        data_messages.require_room(message, state.iot.broker)
    state.iot.publish(message)
    if message.topic.startswith("$"):
        state.iot.reserved.handle(None, data_messages.packet(message))
    return {}


@_by_the_api
def get_retained_message(call: Call, state: State) -> dict[str, Any]:
    topic = members(call)["topic"]
    data_messages.require_topic(topic)
    kept = state.iot.broker.retained.get(topic)
    if kept is None:
        raise not_found(f"No retained message exists for topic: {topic}")
    answer = _summary(kept) | {"payload": base64.b64encode(kept.message.payload).decode()}
    del answer["payloadSize"]
    properties = kept.message.properties.get(Property.USER_PROPERTY)
    if properties:
        text = written([{name: value} for name, value in properties])
        answer["userProperties"] = base64.b64encode(text).decode()
    return answer


@_by_the_api
def list_retained_messages(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    kept = state.iot.broker.retained.list()
    shown, token = page(kept, given.get("nextToken"), given.get("maxResults"))
    return {"retainedTopics": [_summary(one) for one in shown]} | _next(token)


@_by_the_api
def delete_connection(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html"""
    given = members(call)
    found = state.iot.broker.disconnect(
        given["clientId"],
        Reason.ADMINISTRATIVE_ACTION,
        aws_reason=DisconnectReason.API_INITIATED_DISCONNECT,
        clean_session=given.get("cleanSession", False),
        will=not given.get("preventWillMessage", False),
        sentence="DeleteConnection ended it",
    )
    if not found:
        raise not_found(f"No connection exists with client ID: {given['clientId']}")
    return {}


def _summary(kept: RetainedMessage) -> dict[str, Any]:
    return {
        "topic": kept.message.topic,
        "payloadSize": len(kept.message.payload),
        "qos": kept.message.qos,
        "lastModifiedTime": int(kept.modified * 1000),
    }


def _next(token: str | None) -> dict[str, str]:
    return {} if token is None else {"nextToken": token}
