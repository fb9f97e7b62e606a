"""From the bytes behind a fixed header to the packet that they are."""

from __future__ import annotations

from collections.abc import Callable

from labkit.local.mqtt import properties, reasons
from labkit.local.mqtt.datatypes import TOPIC_NAMES, Body, malformed, protocol_error
from labkit.local.mqtt.packets import (
    NONE,
    V5,
    V311,
    Auth,
    Connack,
    Connect,
    Disconnect,
    MqttError,
    Packet,
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

#: The first byte of the fixed header, all bytes there are, where the body begins and ends, the version.
Reader = Callable[[int, bytes, int, int, int], Packet]

# A NamedTuple is made in little more than half the time without its own `__new__`.
_make = tuple.__new__


def _publish(first: int, data: bytes, at: int, end: int, version: int) -> Publish:
    """Bytes by their places, not a `Body`: this is the packet that comes 10,000 times a second."""
    begin = at + 2
    if begin > end:
        raise malformed("PUBLISH ends within the length of its topic name")
    stop = begin + (data[at] << 8 | data[at + 1])
    qos = first >> 1 & 3
    if stop + (2 if qos else 0) > end:
        raise malformed("PUBLISH is shorter than its topic name and packet identifier")
    topic = TOPIC_NAMES[data[begin:stop]]
    packet_id = None
    if qos:
        packet_id = data[stop] << 8 | data[stop + 1]
        if not packet_id:
            raise protocol_error("the packet identifier is 0 [MQTT-2.2.1-3]")
        stop += 2
    described = NONE
    if version == V5:
        if stop < end and not data[stop]:
            stop += 1
        else:
            body = Body(data, stop, end)
            described, stop = properties.read(body, Publish), body.at
    if not topic and Property.TOPIC_ALIAS not in described:
        raise protocol_error("PUBLISH has neither a topic name nor a topic alias [MQTT-4.7.3-1]")
    return _make(Publish, (topic, data[stop:end], qos, first & 1 == 1, first & 8 == 8, packet_id, described))


def _acknowledgement(packet: type) -> Reader:
    """PUBACK, PUBREC, PUBREL and PUBCOMP differ in their names only."""

    def read(first: int, data: bytes, at: int, end: int, version: int) -> Packet:
        if end - at == 2 and (packet_id := data[at] << 8 | data[at + 1]):
            return _make(packet, (packet_id, Reason.SUCCESS, NONE))
        body = Body(data, at, end)
        packet_id = body.identifier()
        if version == V311:
            body.finish()
        return packet(packet_id, *_outcome(body, packet))  # type: ignore[no-any-return]

    return read


def _outcome(body: Body, packet: type) -> tuple[Reason, Properties]:
    """A reason and properties: either may be left out where the rest is the usual (3.4.2.1, 3.14.2.1)."""
    reason = reasons.reason(body.byte(), packet) if body.at < body.end else Reason.SUCCESS
    described = properties.read(body, packet) if body.at < body.end else NONE
    body.finish()
    return reason, described


def _connect(first: int, data: bytes, at: int, end: int, version: int) -> Connect:
    body = Body(data, at, end)
    level = protocol_level(body)
    flags = body.byte()
    _check(flags, level)
    keep_alive = body.two_bytes()
    described = _authenticated(_properties(body, Connect, level))
    client_id = body.text()
    will = _will(body, flags, level) if flags & 0x04 else None
    username = body.text() if flags & 0x80 else None
    password = body.binary() if flags & 0x40 else None
    body.finish()
    return Connect(level, client_id, flags & 2 == 2, keep_alive, will, username, password, described)


def protocol_level(body: Body) -> int:
    """The version that a CONNECT names; where it is none of ours, all that follows is another protocol's."""
    name, level = body.binary(), body.byte()
    if name != b"MQTT" or level not in (V311, V5):
        spelt = name.decode(errors="replace")[:20]
        raise MqttError(
            Reason.UNSUPPORTED_PROTOCOL_VERSION,
            f"the protocol is `{spelt}` with level {level}, not `MQTT` with 4 or 5 [MQTT-3.1.2-2]",
        )
    return level


def _check(flags: int, level: int) -> None:
    """The connect flags, 3.1.2.3."""
    will, will_qos = flags & 0x04, flags >> 3 & 3
    if flags & 0x01:
        raise malformed("the reserved connect flag is set [MQTT-3.1.2-3]")
    if will_qos == 3:
        raise malformed("the will's QoS is 3 [MQTT-3.1.2-12]")
    if not will and flags & 0x38:
        raise malformed("a QoS or Retain is set for a will that is not there [MQTT-3.1.2-11] [MQTT-3.1.2-13]")
    if level == V311 and flags & 0xC0 == 0x40:
        raise malformed("a password is there without a user name (MQTT 3.1.1, [MQTT-3.1.2-22])")


def _will(body: Body, flags: int, level: int) -> Will:
    described = _properties(body, Will, level)
    topic = TOPIC_NAMES[body.binary()]
    if not topic:
        raise malformed("the will's topic name is empty [MQTT-4.7.3-1]")
    return Will(topic, body.binary(), flags >> 3 & 3, flags & 0x20 == 0x20, described)


def _properties(body: Body, packet: type, version: int) -> Properties:
    return properties.read(body, packet) if version == V5 else NONE


def _authenticated(described: Properties) -> Properties:
    if Property.AUTHENTICATION_DATA in described and Property.AUTHENTICATION_METHOD not in described:
        raise protocol_error("AUTHENTICATION_DATA is there without AUTHENTICATION_METHOD (3.1.2.11.10)")
    return described


def _connack(first: int, data: bytes, at: int, end: int, version: int) -> Connack:
    body = Body(data, at, end)
    flags, code = body.byte(), body.byte()
    if flags > 1:
        raise malformed("a reserved flag of CONNACK is set [MQTT-3.2.2-1]")
    if version == V5:
        code = reasons.reason(code, Connack)
    elif code > reasons.LARGEST_RETURN_CODE:
        raise protocol_error(f"CONNACK has no return code {code} (MQTT 3.1.1, 3.2.2.3)")
    if flags and code:
        raise protocol_error("CONNACK tells of a session and refuses the connection [MQTT-3.2.2-6]")
    described = _authenticated(_properties(body, Connack, version))
    body.finish()
    return Connack(flags == 1, code, described)


def _subscribe(first: int, data: bytes, at: int, end: int, version: int) -> Subscribe:
    body = Body(data, at, end)
    packet_id, described = body.identifier(), _properties(body, Subscribe, version)
    subscriptions = []
    while body.at < body.end:
        subscriptions.append(_subscription(_filter(body), body.byte(), version))
    if not subscriptions:
        raise protocol_error("SUBSCRIBE has no topic filter [MQTT-3.8.3-2]")
    return Subscribe(packet_id, tuple(subscriptions), described)


def _filter(body: Body) -> str:
    topic_filter = body.text()
    if not topic_filter:
        raise malformed("a topic filter is empty [MQTT-4.7.3-1]")
    return topic_filter


def _subscription(topic_filter: str, options: int, version: int) -> Subscription:
    """The subscription options, 3.8.3.1; MQTT 3.1.1 has the QoS alone."""
    if options & (0xC0 if version == V5 else 0xFC):
        raise malformed("a reserved bit of the subscription options is set [MQTT-3.8.3-5]")
    qos, no_local, retain_handling = options & 3, options & 4 == 4, options >> 4
    if qos == 3:
        raise protocol_error("a subscription asks for QoS 3 (3.8.3.1)")
    if retain_handling == 3:
        raise protocol_error("a subscription's Retain Handling is 3 (3.8.3.1)")
    if no_local and topic_filter.startswith("$share/"):
        raise protocol_error("No Local is set on a shared subscription [MQTT-3.8.3-4]")
    return Subscription(topic_filter, qos, no_local, options & 8 == 8, retain_handling)


def _suback(first: int, data: bytes, at: int, end: int, version: int) -> Suback:
    body = Body(data, at, end)
    packet_id, described = body.identifier(), _properties(body, Suback, version)
    codes = body.rest()
    if version == V311 and (strange := set(codes).difference(reasons.SUBACK_CODES)):
        raise protocol_error(f"SUBACK has no return code 0x{min(strange):02X} (MQTT 3.1.1, [MQTT-3.9.3-2])")
    return Suback(packet_id, _reasons(codes, Suback), described)


def _unsubscribe(first: int, data: bytes, at: int, end: int, version: int) -> Unsubscribe:
    body = Body(data, at, end)
    packet_id, described = body.identifier(), _properties(body, Unsubscribe, version)
    filters = []
    while body.at < body.end:
        filters.append(_filter(body))
    if not filters:
        raise protocol_error("UNSUBSCRIBE has no topic filter [MQTT-3.10.3-2]")
    return Unsubscribe(packet_id, tuple(filters), described)


def _unsuback(first: int, data: bytes, at: int, end: int, version: int) -> Unsuback:
    body = Body(data, at, end)
    packet_id, described = body.identifier(), _properties(body, Unsuback, version)
    if version == V311:
        body.finish()
        return Unsuback(packet_id)
    return Unsuback(packet_id, _reasons(body.rest(), Unsuback), described)


def _reasons(codes: bytes, packet: type) -> tuple[Reason, ...]:
    if not codes:
        raise protocol_error(f"{packet.__name__} answers for no topic filter [MQTT-3.8.4-6]")
    return tuple([reasons.reason(code, packet) for code in codes])


def _ping(packet: Pingreq | Pingresp) -> Reader:
    def read(first: int, data: bytes, at: int, end: int, version: int) -> Packet:
        if at < end:
            raise malformed(f"{type(packet).__name__} has a body (3.12, 3.13)")
        return packet

    return read


def _disconnect(first: int, data: bytes, at: int, end: int, version: int) -> Disconnect:
    body = Body(data, at, end)
    if version == V311:
        body.finish()
    return Disconnect(*_outcome(body, Disconnect))


def _auth(first: int, data: bytes, at: int, end: int, version: int) -> Auth:
    if version == V311:
        raise malformed("the packet type 15 is reserved in MQTT 3.1.1 (2.2.1)")
    reason, described = _outcome(Body(data, at, end), Auth)
    # Only an AUTH that says success and nothing else may do without (3.15.2.1).
    if (reason or described) and Property.AUTHENTICATION_METHOD not in described:
        raise protocol_error("AUTH has no AUTHENTICATION_METHOD (3.15.2.2.2)")
    return Auth(reason, described)


#: By the first byte of the fixed header: the packet type and the flags that go with it (2.1.3).
READERS: dict[int, Reader] = {
    0x10: _connect,
    0x20: _connack,
    # QoS 0 is never a duplicate [MQTT-3.3.1-2], and QoS 3 is none [MQTT-3.3.1-4].
    **dict.fromkeys((0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3A, 0x3B, 0x3C, 0x3D), _publish),
    0x40: _acknowledgement(Puback),
    0x50: _acknowledgement(Pubrec),
    0x62: _acknowledgement(Pubrel),
    0x70: _acknowledgement(Pubcomp),
    0x82: _subscribe,
    0x90: _suback,
    0xA2: _unsubscribe,
    0xB0: _unsuback,
    0xC0: _ping(Pingreq()),
    0xD0: _ping(Pingresp()),
    0xE0: _disconnect,
    0xF0: _auth,
}


def reader(first: int) -> Reader:
    """Who reads the packet that this byte begins."""
    try:
        return READERS[first]
    except KeyError:
        raise malformed(_why_none(first)) from None


def _why_none(first: int) -> str:
    kind, flags = first >> 4, first & 0x0F
    if kind == 0:
        return "the packet type 0 is reserved (2.1.2)"
    if kind != 3:
        return f"the flags 0x{flags:X} do not belong to the packet type {kind} [MQTT-2.1.3-1]"
    if flags & 6 == 6:
        return "PUBLISH has QoS 3 [MQTT-3.3.1-4]"
    return "PUBLISH with QoS 0 is marked as a duplicate [MQTT-3.3.1-2]"
