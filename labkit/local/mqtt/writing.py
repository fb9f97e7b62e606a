"""From a packet to its bytes, refusing with ValueError what a peer would have to refuse.

MQTT 3.1.1 has neither properties nor reasons of success: there they are left out. A reason of failure that it
cannot express is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from labkit.local.mqtt import properties, reasons
from labkit.local.mqtt.datatypes import (
    TOPIC_FIELDS,
    binary,
    byte,
    identifier,
    text,
    two_bytes,
    variable,
)
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Auth,
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
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
    Subscription,
    Unsuback,
    Unsubscribe,
    Will,
)

Writer = Callable[[Any, int], bytes]


def _framed(first: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return first.to_bytes(1, "big") + variable(len(body)) + body


def _described(described: Properties, packet: type, version: int) -> bytes:
    return properties.write(described, packet) if version == V5 else b""


def publish_around(packet: Publish, version: int) -> tuple[bytes, bytes]:
    """What stands before and behind the packet identifier.

    One message to many subscribers is written once: with QoS 0 the two joined are the packet, otherwise each
    subscriber's is `before + packet_id.to_bytes(2, "big") + behind`.
    """
    topic, payload, qos, retain, dup, _, described = packet
    if not 0 <= qos <= 2 or (dup and not qos):
        raise ValueError(f"PUBLISH with QoS {qos} and DUP {dup} is none [MQTT-3.3.1-2] [MQTT-3.3.1-4]")
    if not topic and (version == V311 or Property.TOPIC_ALIAS not in described):
        raise ValueError("PUBLISH has neither a topic name nor a topic alias [MQTT-4.7.3-1]")
    name = TOPIC_FIELDS[topic]
    behind = payload
    if version == V5:
        behind = properties.write(described, Publish) + payload if described else b"\0" + payload
    length = len(name) + len(behind) + (2 if qos else 0)
    first = 0x30 | qos << 1 | (8 if dup else 0) | (1 if retain else 0)
    if length < 0x80:
        return b"%c%c%b" % (first, length, name), behind
    return b"%c%b%b" % (first, variable(length), name), behind


def _publish(packet: Publish, version: int) -> bytes:
    before, behind = publish_around(packet, version)
    if packet.qos:
        return b"%b%b%b" % (before, identifier(packet.packet_id), behind)
    if packet.packet_id is not None:
        raise ValueError("PUBLISH with QoS 0 has no packet identifier [MQTT-2.2.1-2]")
    return before + behind


def _acknowledgement(first: int) -> Writer:
    short = bytes((first, 2))

    def write(packet: Puback | Pubrec | Pubrel | Pubcomp, version: int) -> bytes:
        packet_id, reason, described = packet
        if (not reason and not described) or version == V311:
            _sayable(reason)
            return short + identifier(packet_id)
        return _framed(first, identifier(packet_id), _outcome(reason, described, type(packet)))

    return write


def _sayable(reason: int) -> None:
    if reason >= Reason.UNSPECIFIED_ERROR:
        raise ValueError(
            f"MQTT 3.1.1 cannot say {reason!r}: acknowledge or close (MQTT 3.1.1, [MQTT-3.3.5-2])"
        )


def _outcome(reason: int, described: Properties, packet: type) -> bytes:
    if len(described) == 1 and Property.REASON_STRING in described:
        return _explained(reason, described[Property.REASON_STRING], packet)
    spelt = byte(reasons.code(reason, packet))
    return spelt + properties.write(described, packet) if described else spelt


@lru_cache(maxsize=1024)
def _explained(reason: int, sentence: str, packet: type) -> bytes:
    """Who is refused may try again and again, and costs no more than others."""
    return byte(reasons.code(reason, packet)) + properties.write({Property.REASON_STRING: sentence}, packet)


def _connect(packet: Connect, version: int) -> bytes:
    if packet.version != version or version not in (V311, V5):
        raise ValueError(f"CONNECT is for the version {packet.version}, not {version}")
    described = _authenticated(packet.properties)
    will = _will(packet.will, version) if packet.will else b""
    username = b"" if packet.username is None else text(packet.username)
    password = b"" if packet.password is None else binary(packet.password)
    return _framed(
        0x10,
        text("MQTT"),
        bytes((version, _connect_flags(packet))),
        two_bytes(packet.keep_alive),
        _described(described, Connect, version),
        text(packet.client_id),
        will + username + password,
    )


def _connect_flags(packet: Connect) -> int:
    flags = 0x02 if packet.clean_start else 0
    if packet.will:
        flags |= 0x04 | packet.will.qos << 3 | (0x20 if packet.will.retain else 0)
    if packet.username is not None:
        flags |= 0x80
    elif packet.version == V311 and packet.password is not None:
        raise ValueError("a password needs a user name (MQTT 3.1.1, [MQTT-3.1.2-22])")
    return flags | (0x40 if packet.password is not None else 0)


def _will(will: Will, version: int) -> bytes:
    if not will.topic or not 0 <= will.qos <= 2:
        raise ValueError(
            f"a will with the topic name `{will.topic}` and QoS {will.qos} is none [MQTT-3.1.2-12]"
        )
    return _described(will.properties, Will, version) + TOPIC_FIELDS[will.topic] + binary(will.payload)


def _authenticated(described: Properties) -> Properties:
    if Property.AUTHENTICATION_DATA in described and Property.AUTHENTICATION_METHOD not in described:
        raise ValueError("AUTHENTICATION_DATA needs AUTHENTICATION_METHOD (3.1.2.11.10)")
    return described


def _connack(packet: Connack, version: int) -> bytes:
    present, reason, described = packet
    if present and reason:
        raise ValueError("CONNACK cannot tell of a session and refuse the connection [MQTT-3.2.2-6]")
    code = reasons.code(reason, Connack) if version == V5 else reasons.return_code(reason)
    return _framed(
        0x20, bytes((1 if present else 0, code)), _described(_authenticated(described), Connack, version)
    )


def _subscribe(packet: Subscribe, version: int) -> bytes:
    if not packet.subscriptions:
        raise ValueError("SUBSCRIBE needs a topic filter [MQTT-3.8.3-2]")
    wanted = [_filter(each.filter) + byte(_options(each, version)) for each in packet.subscriptions]
    return _framed(
        0x82, identifier(packet.packet_id), _described(packet.properties, Subscribe, version), *wanted
    )


def _filter(topic_filter: str) -> bytes:
    if not topic_filter:
        raise ValueError("a topic filter has one character at least [MQTT-4.7.3-1]")
    return text(topic_filter)


def _options(subscription: Subscription, version: int) -> int:
    topic_filter, qos, no_local, as_published, handling = subscription
    if not (0 <= qos <= 2 and 0 <= handling <= 2) or (no_local and topic_filter.startswith("$share/")):
        raise ValueError(f"{subscription} cannot be asked for (3.8.3.1)")
    options = qos | (4 if no_local else 0) | (8 if as_published else 0) | handling << 4
    if version == V311 and options != qos:
        raise ValueError(f"MQTT 3.1.1 has a QoS and no other options: {subscription}")
    return options


def _suback(packet: Suback, version: int) -> bytes:
    packet_id, given, described = packet
    if not given:
        raise ValueError("SUBACK answers for one topic filter at least [MQTT-3.8.4-6]")
    codes = [reasons.code(each, Suback) if version == V5 else reasons.suback_code(each) for each in given]
    return _framed(0x90, identifier(packet_id), _described(described, Suback, version), bytes(codes))


def _unsubscribe(packet: Unsubscribe, version: int) -> bytes:
    packet_id, filters, described = packet
    if not filters:
        raise ValueError("UNSUBSCRIBE needs a topic filter [MQTT-3.10.3-2]")
    spelt = [_filter(each) for each in filters]
    return _framed(0xA2, identifier(packet_id), _described(described, Unsubscribe, version), *spelt)


def _unsuback(packet: Unsuback, version: int) -> bytes:
    packet_id, given, described = packet
    if version == V311:
        return _framed(0xB0, identifier(packet_id))
    if not given:
        raise ValueError("UNSUBACK answers for one topic filter at least [MQTT-3.11.3-1]")
    codes = bytes([reasons.code(each, Unsuback) for each in given])
    return _framed(0xB0, identifier(packet_id), properties.write(described, Unsuback), codes)


def _disconnect(packet: Disconnect, version: int) -> bytes:
    reason, described = packet
    if (not reason and not described) or version == V311:
        if reason:
            raise ValueError(f"MQTT 3.1.1 cannot say {reason!r}: close (MQTT 3.1.1, 3.14)")
        return b"\xe0\0"
    return _framed(0xE0, _outcome(reason, described, Disconnect))


def _auth(packet: Auth, version: int) -> bytes:
    reason, described = packet
    if version == V311:
        raise ValueError("MQTT 3.1.1 has no AUTH")
    if (reason or described) and Property.AUTHENTICATION_METHOD not in described:
        raise ValueError("AUTH needs AUTHENTICATION_METHOD (3.15.2.2.2)")
    # It could be empty (3.15.2.1), but there are readers that do not know that: mqtt5 0.8, mqtt-packet 9.
    return _framed(0xF0, byte(reasons.code(reason, Auth)), properties.write(described, Auth))


WRITERS: Mapping[type, Writer] = {
    Publish: _publish,
    Puback: _acknowledgement(0x40),
    Pubrec: _acknowledgement(0x50),
    Pubrel: _acknowledgement(0x62),
    Pubcomp: _acknowledgement(0x70),
    Connect: _connect,
    Connack: _connack,
    Subscribe: _subscribe,
    Suback: _suback,
    Unsubscribe: _unsubscribe,
    Unsuback: _unsuback,
    Pingreq: lambda _, __: b"\xc0\0",
    Pingresp: lambda _, __: b"\xd0\0",
    Disconnect: _disconnect,
    Auth: _auth,
}
