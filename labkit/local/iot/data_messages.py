"""A message that is published over HTTP, read and checked as AWS takes it.

https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.iot.registry import invalid
from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.limits import LIMITS
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.packets import V5, MqttError, Property, Publish
from labkit.local.mqtt.topics import check_name, fits

if TYPE_CHECKING:
    from labkit.local.mqtt.broker import Broker
    from labkit.local.state import State

_FORMATS = {"UNSPECIFIED_BYTES": 0, "UTF8_DATA": 1}


def message(given: Mapping[str, Any], payload: bytes) -> Message:
    """The message that the members of a Publish request describe."""
    require_topic(given["topic"])
    if len(payload) > LIMITS.payload:
        raise invalid(f"The payload exceeds the maximum size allowed: {LIMITS.payload} bytes")
    qos, retain = given.get("qos", 0), given.get("retain", False)
    described = Message(given["topic"], payload, qos, retain, _properties(given))
    _require_writable(described)
    return described


def require_reserved(message: Message, state: State) -> None:
    """Raise for what no client may send to one of the account's own topics.

    "You can't publish to a reserved topic with the RETAIN flag set."
    https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-retain-using
    """
    if message.retain:
        raise invalid("A message to a reserved topic cannot be retained")
    if not state.iot.reserved.accepts(None, message.topic):
        raise invalid(f"Publishing to the reserved topic {message.topic} is not supported")


def require_room(message: Message, broker: Broker) -> None:
    """Where "an account has stored the maximum number of retained messages, AWS IoT Core returns a
    throttled response": https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-retain-using
    """
    if not broker.retained.accepts(Outgoing(message, broker.now, broker.limits)):
        raise AwsError("ThrottlingException", "The account has its maximum of retained messages", 429)


def packet(message: Message) -> Publish:
    """The message as if a client had sent it."""
    return Publish(message.topic, message.payload, message.qos, properties=message.properties)


def require_topic(topic: str) -> None:
    """Raise for what is no topic name in MQTT, or none that AWS takes."""
    try:
        check_name(topic)
    except MqttError as error:
        raise invalid(f"Invalid topic: {error}") from None
    if not fits(topic, LIMITS):
        raise invalid(f"Invalid topic: {LIMITS.topic} bytes and {LIMITS.slashes} slashes are its maximum")


def _require_writable(message: Message) -> None:
    """Raise for what MQTT has no form for, such as a text of more than 65,535 bytes."""
    try:
        size = len(encode(packet(message)._replace(qos=0), V5))
    except ValueError as error:
        raise invalid(f"The message cannot be sent in MQTT 5: {error}") from None
    if size > LIMITS.packet:
        raise invalid(f"The message is larger than the maximum of {LIMITS.packet} bytes")


def _properties(given: Mapping[str, Any]) -> dict[Property, Any]:
    found = {
        Property.PAYLOAD_FORMAT_INDICATOR: _FORMATS.get(given.get("payloadFormatIndicator", "")),
        Property.MESSAGE_EXPIRY_INTERVAL: _expiry(given.get("messageExpiry")),
        Property.CONTENT_TYPE: given.get("contentType"),
        Property.RESPONSE_TOPIC: _response_topic(given.get("responseTopic")),
        Property.CORRELATION_DATA: _correlation_data(given.get("correlationData")),
        Property.USER_PROPERTY: _user_properties(given.get("userProperties")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _expiry(seconds: int | None) -> int | None:
    """AWS takes 1 second to 7 days, and the nearer of the two for what lies outside.

    https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-message-expiry
    """
    return None if seconds is None else LIMITS.granted_message_expiry(seconds)


def _response_topic(topic: str | None) -> str | None:
    """It "must not contain wildcard characters"."""
    if topic is not None and ("+" in topic or "#" in topic):
        raise invalid("responseTopic must not contain wildcard characters")
    return topic


def _correlation_data(text: str | None) -> bytes | None:
    """Binary data, base64-encoded in a header of the request."""
    try:
        return None if text is None else base64.b64decode(text, validate=True)
    except ValueError:
        raise invalid("correlationData must be base64") from None


def _user_properties(text: str | None) -> tuple[tuple[str, str], ...] | None:
    """`[{"deviceName": "alpha"}, {"deviceCnt": "45"}]` in base64, as AWS's page has it."""
    if text is None:
        return None
    try:
        given = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        raise invalid("userProperties must be JSON in base64") from None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid("userProperties must be an array of JSON objects")
    pairs = tuple(pair for one in given for pair in one.items())
    if not all(isinstance(value, str) for _, value in pairs):
        raise invalid("userProperties must have strings as their values")
    return pairs
