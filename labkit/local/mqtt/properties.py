"""MQTT 5's properties: which packet may carry which, how often, and with what values (2.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labkit.local.mqtt import datatypes
from labkit.local.mqtt.datatypes import LARGEST, Body, has_wildcard, malformed, protocol_error
from labkit.local.mqtt.packets import (
    NONE,
    Auth,
    Connack,
    Connect,
    Disconnect,
    MqttError,
    Properties,
    Property,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Reason,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)


@dataclass(frozen=True, slots=True)
class DataType:
    read: Callable[[Body], Any]
    write: Callable[[Any], bytes]


BYTE = DataType(Body.byte, datatypes.byte)
TWO_BYTES = DataType(Body.two_bytes, datatypes.two_bytes)
FOUR_BYTES = DataType(Body.four_bytes, datatypes.four_bytes)
VARIABLE = DataType(Body.variable, datatypes.variable)
TEXT = DataType(Body.text, datatypes.text)
BINARY = DataType(Body.binary, datatypes.binary)
PAIR = DataType(Body.pair, datatypes.pair)


@dataclass(frozen=True, slots=True)
class Domain:
    """Which values of its data type a property may have."""

    holds: Callable[[Any], bool]
    expected: str
    #: Why the connection ends with any other.
    reason: Reason = Reason.PROTOCOL_ERROR


ANY = Domain(lambda _: True, "anything")
FLAG = Domain(lambda value: value in (0, 1), "0 or 1")
POSITIVE = Domain(lambda value: value > 0, "more than 0")
ALIAS = Domain(lambda value: value > 0, "more than 0 [MQTT-3.3.2-8]", Reason.TOPIC_ALIAS_INVALID)
IDENTIFIER = Domain(lambda value: 0 < value <= LARGEST, "1 to 268,435,455")
TOPIC_NAME = Domain(lambda value: not has_wildcard(value), "a topic name without wildcards [MQTT-3.3.2-14]")


@dataclass(frozen=True, slots=True)
class Rule:
    datatype: DataType
    packets: tuple[type, ...]
    domain: Domain = ANY
    #: The packets that may carry it more than once; its value is a tuple in every packet.
    repeated: tuple[type, ...] = ()


_ANSWERS = (Connack, Puback, Pubrec, Pubrel, Pubcomp, Suback, Unsuback, Disconnect, Auth)
_EVERYWHERE = (*_ANSWERS, Connect, Publish, Will, Subscribe, Unsubscribe)

#: MQTT 5, table 2-4.
RULES: dict[int, Rule] = {
    Property.PAYLOAD_FORMAT_INDICATOR: Rule(BYTE, (Publish, Will), FLAG),
    Property.MESSAGE_EXPIRY_INTERVAL: Rule(FOUR_BYTES, (Publish, Will)),
    Property.CONTENT_TYPE: Rule(TEXT, (Publish, Will)),
    Property.RESPONSE_TOPIC: Rule(TEXT, (Publish, Will), TOPIC_NAME),
    Property.CORRELATION_DATA: Rule(BINARY, (Publish, Will)),
    Property.SUBSCRIPTION_IDENTIFIER: Rule(VARIABLE, (Publish, Subscribe), IDENTIFIER, repeated=(Publish,)),
    Property.SESSION_EXPIRY_INTERVAL: Rule(FOUR_BYTES, (Connect, Connack, Disconnect)),
    Property.ASSIGNED_CLIENT_IDENTIFIER: Rule(TEXT, (Connack,)),
    Property.SERVER_KEEP_ALIVE: Rule(TWO_BYTES, (Connack,)),
    Property.AUTHENTICATION_METHOD: Rule(TEXT, (Connect, Connack, Auth)),
    Property.AUTHENTICATION_DATA: Rule(BINARY, (Connect, Connack, Auth)),
    Property.REQUEST_PROBLEM_INFORMATION: Rule(BYTE, (Connect,), FLAG),
    Property.WILL_DELAY_INTERVAL: Rule(FOUR_BYTES, (Will,)),
    Property.REQUEST_RESPONSE_INFORMATION: Rule(BYTE, (Connect,), FLAG),
    Property.RESPONSE_INFORMATION: Rule(TEXT, (Connack,)),
    Property.SERVER_REFERENCE: Rule(TEXT, (Connack, Disconnect)),
    Property.REASON_STRING: Rule(TEXT, _ANSWERS),
    Property.RECEIVE_MAXIMUM: Rule(TWO_BYTES, (Connect, Connack), POSITIVE),
    Property.TOPIC_ALIAS_MAXIMUM: Rule(TWO_BYTES, (Connect, Connack)),
    Property.TOPIC_ALIAS: Rule(TWO_BYTES, (Publish,), ALIAS),
    Property.MAXIMUM_QOS: Rule(BYTE, (Connack,), FLAG),
    Property.RETAIN_AVAILABLE: Rule(BYTE, (Connack,), FLAG),
    Property.USER_PROPERTY: Rule(PAIR, _EVERYWHERE, repeated=_EVERYWHERE),
    Property.MAXIMUM_PACKET_SIZE: Rule(FOUR_BYTES, (Connect, Connack), POSITIVE),
    Property.WILDCARD_SUBSCRIPTION_AVAILABLE: Rule(BYTE, (Connack,), FLAG),
    Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE: Rule(BYTE, (Connack,), FLAG),
    Property.SHARED_SUBSCRIPTION_AVAILABLE: Rule(BYTE, (Connack,), FLAG),
}


def read(body: Body, packet: type) -> Properties:
    """The properties that stand next in `body`, a `packet`'s."""
    length = body.variable()
    if not length:
        return NONE
    section = body.part(length)
    found: dict[Property, Any] = {}
    while section.at < section.end:
        _read_one(section, packet, found)
    # Lists while they grow: a packet may bring thousands.
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _read_one(section: Body, packet: type, found: dict[Property, Any]) -> None:
    number = section.variable()
    rule = RULES.get(number)
    if rule is None or packet not in rule.packets:
        raise malformed(f"{packet.__name__} has no property 0x{number:02X} (2.2.2.2)")
    name = Property(number)
    value = rule.datatype.read(section)
    if not rule.domain.holds(value):
        raise MqttError(rule.domain.reason, f"{name.name} is {value!r:.80}, not {rule.domain.expected}")
    if name in found and packet not in rule.repeated:
        raise protocol_error(f"{name.name} is there twice in {packet.__name__} (2.2.2.2)")
    if rule.repeated:
        found.setdefault(name, []).append(value)
    else:
        found[name] = value


def write(properties: Properties, packet: type) -> bytes:
    """The properties of a `packet` with their length before them."""
    if not properties:
        return b"\0"
    section = b"".join([_write_one(name, value, packet) for name, value in properties.items()])
    return datatypes.variable(len(section)) + section


def _write_one(name: int, value: Any, packet: type) -> bytes:
    rule = RULES[name]
    if packet not in rule.packets:
        raise ValueError(f"{packet.__name__} has no property {Property(name).name}")
    values = tuple(value) if rule.repeated else (value,)
    if len(values) > 1 and packet not in rule.repeated:
        raise ValueError(f"{packet.__name__} has one {Property(name).name} at most")
    for each in values:
        if not rule.domain.holds(each):
            raise ValueError(f"{Property(name).name} is {each!r:.80}, not {rule.domain.expected}")
    return b"".join([datatypes.variable(name) + rule.datatype.write(each) for each in values])
