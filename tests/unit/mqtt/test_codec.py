"""What the standards demand of bytes on the wire, and what they forbid.

[MQTT-x.y.z-n] are the numbered statements of MQTT 5, "3.1.1 [MQTT-x.y.z-n]" those of MQTT 3.1.1:
https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html
https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""

from __future__ import annotations

import time
from typing import NamedTuple

import pytest

from labkit.local.mqtt.codec import Decoder, encode, publish_around
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Auth,
    Connack,
    Connect,
    Disconnect,
    MqttError,
    Packet,
    Pingreq,
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

MALFORMED, PROTOCOL = Reason.MALFORMED_PACKET, Reason.PROTOCOL_ERROR
UNSUPPORTED = Reason.UNSUPPORTED_PROTOCOL_VERSION
VERSIONS = pytest.mark.parametrize("version", [V311, V5])


def field(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def framed(first: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    assert len(body) < 128
    return bytes((first, len(body))) + body


def connect(
    flags: int = 0x02, *rest: bytes, name: bytes = b"MQTT", level: int = 4, properties: bytes = b"\0"
) -> bytes:
    about = properties if level == 5 else b""
    return framed(0x10, field(name), bytes((level, flags)), b"\0\x3c", about, field(b"me"), *rest)


def publish(*, topic: bytes = b"a/b", first: int = 0x30, rest: bytes = b"") -> bytes:
    return framed(first, field(topic), rest)


def publish5(properties: bytes, *, topic: bytes = b"a/b") -> bytes:
    return publish(topic=topic, rest=bytes((len(properties),)) + properties)


def connack5(properties: bytes) -> bytes:
    return framed(0x20, b"\0\0", bytes((len(properties),)), properties)


def connect5(properties: bytes) -> bytes:
    return connect(level=5, properties=bytes((len(properties),)) + properties)


class Case(NamedTuple):
    statement: str
    version: int
    accepted: bytes
    refused: bytes
    reason: Reason


WILL = (field(b"will"), field(b"gone"))
USER, PASSWORD = field(b"user"), field(b"secret")

CONNECTING = [
    Case("[MQTT-3.1.2-1] protocol name", V311, connect(), connect(name=b"MQTX"), UNSUPPORTED),
    Case("[MQTT-3.1.2-1] MQTT 3.1's name", V311, connect(), connect(name=b"MQIsdp", level=3), UNSUPPORTED),
    Case("[MQTT-3.1.2-2] protocol version 3", V311, connect(), connect(level=3), UNSUPPORTED),
    Case("[MQTT-3.1.2-2] protocol version 6", V5, connect(level=5), connect(level=6), UNSUPPORTED),
    Case("[MQTT-3.1.2-2] a bridge's bit", V311, connect(), connect(level=0x84), UNSUPPORTED),
    Case("[MQTT-3.1.2-3] reserved flag", V311, connect(0x02), connect(0x03), MALFORMED),
    Case("[MQTT-3.1.2-9] will missing", V311, connect(0x06, *WILL), connect(0x06), MALFORMED),
    Case("[MQTT-3.1.2-11] will's QoS", V311, connect(0x0E, *WILL), connect(0x0A), MALFORMED),
    Case("[MQTT-3.1.2-12] will's QoS 3", V311, connect(0x16, *WILL), connect(0x1E, *WILL), MALFORMED),
    Case("[MQTT-3.1.2-13] will's retain", V311, connect(0x26, *WILL), connect(0x22), MALFORMED),
    Case("[MQTT-3.1.2-16] user name absent", V311, connect(0x82, USER), connect(0x02, USER), MALFORMED),
    Case("[MQTT-3.1.2-17] user name there", V311, connect(0x82, USER), connect(0x82), MALFORMED),
    Case("[MQTT-3.1.2-19] password", V5, connect(0x42, PASSWORD, level=5), connect(0x42, level=5), MALFORMED),
    Case(
        "3.1.1 [MQTT-3.1.2-22] a password needs a user name",
        V311,
        connect(0xC2, USER, PASSWORD),
        connect(0x42, PASSWORD),
        MALFORMED,
    ),
    Case("[MQTT-3.1.3-3] client id", V311, connect(), framed(0x10, b"\0\4MQTT\4\2\0\0"), MALFORMED),
    Case(
        "[MQTT-3.1.3-4] client id is UTF-8",
        V311,
        framed(0x10, b"\0\4MQTT\4\2\0\0", field("é".encode())),
        framed(0x10, b"\0\4MQTT\4\2\0\0", field(b"\xe9")),
        MALFORMED,
    ),
    Case(
        "[MQTT-3.1.3-11] will topic is UTF-8",
        V311,
        connect(0x06, *WILL),
        connect(0x06, field(b"\xff"), field(b"gone")),
        MALFORMED,
    ),
    Case("[MQTT-3.1.3-12] user name", V311, connect(0x82, USER), connect(0x82, b"\0\1\xff"), MALFORMED),
    Case(
        "[MQTT-4.7.1-1] will topic without wildcards",
        V311,
        connect(0x06, *WILL),
        connect(0x06, field(b"will/#"), field(b"gone")),
        MALFORMED,
    ),
    Case(
        "[MQTT-4.7.3-1] will topic not empty",
        V5,
        connect(0x06, b"\0", *WILL, level=5),
        connect(0x06, b"\0", b"\0\0", field(b"gone"), level=5),
        MALFORMED,
    ),
]  # fmt: skip

FRAMING = [
    Case("[MQTT-2.1.3-1] type 0", V311, b"\xc0\0", b"\0\0", MALFORMED),
    Case("3.1.1 2.2.1 type 15", V311, b"\xc0\0", b"\xf0\0", MALFORMED),
    Case("[MQTT-3.15.1-1] AUTH's flags", V5, b"\xf0\0", b"\xf1\0", MALFORMED),
    Case("[MQTT-2.1.3-1] PUBACK's flags", V311, b"\x40\2\0\1", b"\x41\2\0\1", MALFORMED),
    Case("[MQTT-2.1.3-1] PUBREC's flags", V311, b"\x50\2\0\1", b"\x52\2\0\1", MALFORMED),
    Case("[MQTT-3.6.1-1] PUBREL's flags", V311, b"\x62\2\0\1", b"\x60\2\0\1", MALFORMED),
    Case("[MQTT-2.1.3-1] PUBCOMP's flags", V311, b"\x70\2\0\1", b"\x72\2\0\1", MALFORMED),
    Case("[MQTT-3.8.1-1] SUBSCRIBE's flags", V311, b"\x82\6\0\1\0\1a\0", b"\x80\6\0\1\0\1a\0", MALFORMED),
    Case("[MQTT-3.10.1-1] UNSUBSCRIBE's flags", V311, b"\xa2\5\0\1\0\1a", b"\xa0\5\0\1\0\1a", MALFORMED),
    Case("[MQTT-2.1.3-1] PINGREQ's flags", V311, b"\xc0\0", b"\xc1\0", MALFORMED),
    Case("[MQTT-3.14.1-1] DISCONNECT's flags", V5, b"\xe0\0", b"\xe1\0", MALFORMED),
    Case("1.5.5 remaining length", V311, publish(), b"\x30\x80\x80\x80\x80\1", MALFORMED),
    Case("3.12 PINGREQ has no body", V311, b"\xc0\0", b"\xc0\1\0", MALFORMED),
    Case("3.13 PINGRESP has no body", V311, b"\xd0\0", b"\xd0\1\0", MALFORMED),
    Case("3.1.1 3.14 DISCONNECT has no body", V311, b"\xe0\0", b"\xe0\1\0", MALFORMED),
    Case("3.1.1 3.4 PUBACK has an identifier alone", V311, b"\x40\2\0\1", b"\x40\3\0\1\0", MALFORMED),
    Case("3.1.1 3.11 UNSUBACK has an identifier alone", V311, b"\xb0\2\0\1", b"\xb0\3\0\1\0", MALFORMED),
    Case("3.4 PUBACK has an identifier", V311, b"\x40\2\0\1", b"\x40\1\1", MALFORMED),
    Case("[MQTT-2.2.1-5] identifier 0", V311, b"\x40\2\0\1", b"\x40\2\0\0", PROTOCOL),
    Case("3.4.2.2.1 bytes behind the properties", V5, b"\x40\4\0\1\0\0", b"\x40\5\0\1\0\0\0", MALFORMED),
]  # fmt: skip

PUBLISHING = [
    Case("[MQTT-3.3.1-2] DUP with QoS 0", V311, publish(), publish(first=0x38), MALFORMED),
    Case("[MQTT-3.3.1-4] QoS 3", V311, publish(first=0x34, rest=b"\0\1"), publish(first=0x36), MALFORMED),
    Case(
        "[MQTT-2.2.1-3] identifier 0",
        V311,
        publish(first=0x32, rest=b"\0\1"),
        publish(first=0x32, rest=b"\0\0"),
        PROTOCOL,
    ),
    Case("3.3.2.2 identifier", V311, publish(first=0x32, rest=b"\0\1"), publish(first=0x32), MALFORMED),
    Case("[MQTT-3.3.2-1] topic name", V311, publish(), b"\x30\1\0", MALFORMED),
    Case("[MQTT-3.3.2-1] whole topic name", V311, publish(), b"\x30\3\0\5a", MALFORMED),
    Case("[MQTT-3.3.2-2] #", V311, publish(), publish(topic=b"a/#"), MALFORMED),
    Case("[MQTT-3.3.2-2] +", V5, publish5(b""), publish5(b"", topic=b"+/b"), MALFORMED),
    Case("[MQTT-4.7.3-1] empty topic name", V311, publish(), publish(topic=b""), PROTOCOL),
    Case(
        "3.3.2.1 empty topic name without alias",
        V5,
        publish5(b"\x23\0\1", topic=b""),
        publish5(b"", topic=b""),
        PROTOCOL,
    ),
    Case(
        "[MQTT-1.5.4-1] surrogate",
        V311,
        publish(topic=b"\xed\x9f\xbf"),
        publish(topic=b"\xed\xa0\x80"),
        MALFORMED,
    ),
    Case("[MQTT-1.5.4-1] overlong", V311, publish(topic=b"/"), publish(topic=b"\xc0\xaf"), MALFORMED),
    Case("[MQTT-1.5.4-1] cut off", V311, publish(topic="é".encode()), publish(topic=b"\xc3"), MALFORMED),
    Case("[MQTT-1.5.4-2] U+0000", V311, publish(topic=b"a\1"), publish(topic=b"a\0"), MALFORMED),
    Case("[MQTT-2.2.2-1] property length", V5, publish5(b""), publish(), MALFORMED),
]  # fmt: skip

SUBSCRIBING = [
    Case("[MQTT-2.2.1-3] identifier 0", V311, b"\x82\6\0\1\0\1a\0", b"\x82\6\0\0\0\1a\0", PROTOCOL),
    Case("[MQTT-3.8.3-1] UTF-8", V311, b"\x82\6\0\1\0\1a\0", b"\x82\6\0\1\0\1\xff\0", MALFORMED),
    Case("[MQTT-3.8.3-2] a filter", V311, b"\x82\6\0\1\0\1a\0", b"\x82\2\0\1", PROTOCOL),
    Case("[MQTT-3.8.3-2] with options", V311, b"\x82\6\0\1\0\1a\0", b"\x82\5\0\1\0\1a", MALFORMED),
    Case("[MQTT-4.7.3-1] empty filter", V311, b"\x82\6\0\1\0\1a\0", b"\x82\5\0\1\0\0\0", MALFORMED),
    Case("3.1.1 [MQTT-3.8.3-4] other bits", V311, b"\x82\6\0\1\0\1a\2", b"\x82\6\0\1\0\1a\4", MALFORMED),
    Case("3.8.3.1 QoS 3", V5, b"\x82\7\0\1\0\0\1a\2", b"\x82\7\0\1\0\0\1a\3", PROTOCOL),
    Case("3.8.3.1 Retain Handling 3", V5, b"\x82\7\0\1\0\0\1a\x20", b"\x82\7\0\1\0\0\1a\x30", PROTOCOL),
    Case("[MQTT-3.8.3-5] bit 6", V5, b"\x82\7\0\1\0\0\1a\x2e", b"\x82\7\0\1\0\0\1a\x40", MALFORMED),
    Case("[MQTT-3.8.3-5] bit 7", V5, b"\x82\7\0\1\0\0\1a\x2e", b"\x82\7\0\1\0\0\1a\x80", MALFORMED),
    Case(
        "[MQTT-3.8.3-4] No Local of a shared subscription",
        V5,
        framed(0x82, b"\0\1\0", field(b"$share/g/a"), b"\0"),
        framed(0x82, b"\0\1\0", field(b"$share/g/a"), b"\4"),
        PROTOCOL,
    ),
    Case("[MQTT-3.10.3-1] UTF-8", V311, b"\xa2\5\0\1\0\1a", b"\xa2\5\0\1\0\1\xff", MALFORMED),
    Case("[MQTT-3.10.3-2] a filter", V311, b"\xa2\5\0\1\0\1a", b"\xa2\2\0\1", PROTOCOL),
    Case("[MQTT-4.7.3-1] empty filter", V5, b"\xa2\6\0\1\0\0\1a", b"\xa2\5\0\1\0\0\0", MALFORMED),
    Case("[MQTT-2.2.1-3] identifier 0", V311, b"\xa2\5\0\1\0\1a", b"\xa2\5\0\0\0\1a", PROTOCOL),
]  # fmt: skip

ANSWERING = [
    Case("[MQTT-3.2.2-1] CONNACK's flags", V311, b"\x20\2\1\0", b"\x20\2\2\0", MALFORMED),
    Case("[MQTT-3.2.2-6] session present", V311, b"\x20\2\0\5", b"\x20\2\1\5", PROTOCOL),
    Case("3.1.1 3.2.2.3 return code 6", V311, b"\x20\2\0\5", b"\x20\2\0\6", PROTOCOL),
    Case("[MQTT-3.2.2-8] CONNACK's reasons", V5, b"\x20\3\0\x87\0", b"\x20\3\0\5\0", PROTOCOL),
    Case("[MQTT-3.4.2-1] PUBACK's reasons", V5, b"\x40\3\0\1\x10", b"\x40\3\0\1\x92", PROTOCOL),
    Case("[MQTT-3.5.2-1] PUBREC's reasons", V5, b"\x50\3\0\1\x91", b"\x50\3\0\1\x92", PROTOCOL),
    Case("[MQTT-3.6.2-1] PUBREL's reasons", V5, b"\x62\3\0\1\x92", b"\x62\3\0\1\x10", PROTOCOL),
    Case("[MQTT-3.7.2-1] PUBCOMP's reasons", V5, b"\x70\3\0\1\x92", b"\x70\3\0\1\x80", PROTOCOL),
    Case("[MQTT-3.9.3-2] SUBACK's reasons", V5, b"\x90\4\0\1\0\2", b"\x90\4\0\1\0\3", PROTOCOL),
    Case("3.1.1 [MQTT-3.9.3-2] SUBACK's codes", V311, b"\x90\3\0\1\x80", b"\x90\3\0\1\x87", PROTOCOL),
    Case("[MQTT-3.8.4-6] a reason each", V311, b"\x90\3\0\1\0", b"\x90\2\0\1", PROTOCOL),
    Case("[MQTT-3.11.3-2] UNSUBACK's reasons", V5, b"\xb0\4\0\1\0\x11", b"\xb0\4\0\1\0\1", PROTOCOL),
    Case("[MQTT-3.14.2-1] DISCONNECT's reasons", V5, b"\xe0\1\4", b"\xe0\1\1", PROTOCOL),
    Case("[MQTT-3.15.2-1] AUTH's reasons", V5, b"\xf0\6\x18\4\x15\0\1x", b"\xf0\6\x80\4\x15\0\1x", PROTOCOL),
    Case("3.15.2.2.2 AUTH's method", V5, b"\xf0\6\x18\4\x15\0\1x", b"\xf0\2\x18\0", PROTOCOL),
]  # fmt: skip

PROPERTIES = [
    Case("2.2.2.2 unknown", V5, publish5(b"\x01\1"), publish5(b"\x04\1"), MALFORMED),
    Case("2.2.2.2 of another packet", V5, connack5(b"\x24\1"), publish5(b"\x24\1"), MALFORMED),
    Case("2.2.2.2 of the will, not CONNECT", V5, connect5(b"\x21\0\1"), connect5(b"\x18\0\0\0\1"), MALFORMED),
    Case("2.2.2.2 beyond their length", V5, publish5(b"\x02\0\0\0\1"), publish5(b"\x02\0\0\0"), MALFORMED),
    Case("2.2.2 beyond the packet", V5, publish5(b"\x01\1"), publish(rest=b"\5\x01\1"), MALFORMED),
    Case("[MQTT-1.5.5-1] minimum", V5, publish5(b"\x0b\1"), publish5(b"\x0b\x81\0"), MALFORMED),
    Case(
        "1.5.5 five bytes",
        V5,
        publish5(b"\x0b\xff\xff\xff\x7f"),
        publish5(b"\x0b\x80\x80\x80\x80\1"),
        MALFORMED,
    ),
    Case("3.3.2.3.2 twice", V5, publish5(b"\x01\1"), publish5(b"\x01\1\x01\1"), PROTOCOL),
    Case("3.3.2.3.2 payload format 2", V5, publish5(b"\x01\1"), publish5(b"\x01\2"), PROTOCOL),
    Case(
        "[MQTT-3.3.2-8] topic alias 0",
        V5,
        publish5(b"\x23\0\1"),
        publish5(b"\x23\0\0"),
        Reason.TOPIC_ALIAS_INVALID,
    ),
    Case("3.3.2.3.4 topic alias twice", V5, publish5(b"\x23\0\1"), publish5(b"\x23\0\1\x23\0\1"), PROTOCOL),
    Case("[MQTT-3.3.2-13] response topic", V5, publish5(b"\x08\0\1a"), publish5(b"\x08\0\1\xff"), MALFORMED),
    Case("[MQTT-3.3.2-14] response topic", V5, publish5(b"\x08\0\1a"), publish5(b"\x08\0\1#"), PROTOCOL),
    Case("[MQTT-3.3.2-19] content type", V5, publish5(b"\x03\0\1a"), publish5(b"\x03\0\1\0"), MALFORMED),
    Case("3.3.2.3.8 subscription id 0", V5, publish5(b"\x0b\1\x0b\1"), publish5(b"\x0b\0"), PROTOCOL),
    Case(
        "[MQTT-1.5.7-1] both strings",
        V5,
        publish5(b"\x26\0\1a\0\1b"),
        publish5(b"\x26\0\1a\0\1\xff"),
        MALFORMED,
    ),
    Case(
        "3.8.2.1.2 subscription id 0",
        V5,
        framed(0x82, b"\0\1\2\x0b\1", field(b"a"), b"\0"),
        framed(0x82, b"\0\1\2\x0b\0", field(b"a"), b"\0"),
        PROTOCOL,
    ),
    Case(
        "3.8.2.1.2 subscription id twice",
        V5,
        framed(0x82, b"\0\1\2\x0b\1", field(b"a"), b"\0"),
        framed(0x82, b"\0\1\4\x0b\1\x0b\2", field(b"a"), b"\0"),
        PROTOCOL,
    ),
    Case("3.1.2.11.3 receive maximum 0", V5, connect5(b"\x21\0\1"), connect5(b"\x21\0\0"), PROTOCOL),
    Case("3.1.2.11.4 packet size 0", V5, connect5(b"\x27\0\0\0\1"), connect5(b"\x27\0\0\0\0"), PROTOCOL),
    Case("3.1.2.11.6 response information", V5, connect5(b"\x19\1"), connect5(b"\x19\2"), PROTOCOL),
    Case("3.1.2.11.7 problem information", V5, connect5(b"\x17\1"), connect5(b"\x17\2"), PROTOCOL),
    Case("3.1.2.11.2 twice", V5, connect5(b"\x11\0\0\0\1"), connect5(b"\x11\0\0\0\1\x11\0\0\0\1"), PROTOCOL),
    Case(
        "3.1.2.11.10 data without a method",
        V5,
        connect5(b"\x15\0\1x\x16\0\1y"),
        connect5(b"\x16\0\1y"),
        PROTOCOL,
    ),
    Case("3.2.2.3.3 receive maximum 0", V5, connack5(b"\x21\0\1"), connack5(b"\x21\0\0"), PROTOCOL),
    Case("3.2.2.3.4 maximum QoS 2", V5, connack5(b"\x24\1"), connack5(b"\x24\2"), PROTOCOL),
    Case("3.2.2.3.5 retain available", V5, connack5(b"\x25\0"), connack5(b"\x25\2"), PROTOCOL),
    Case("3.2.2.3.6 packet size 0", V5, connack5(b"\x27\0\0\0\1"), connack5(b"\x27\0\0\0\0"), PROTOCOL),
    Case("3.2.2.3.11 wildcards", V5, connack5(b"\x28\0"), connack5(b"\x28\2"), PROTOCOL),
    Case("3.2.2.3.12 subscription ids", V5, connack5(b"\x29\0"), connack5(b"\x29\2"), PROTOCOL),
    Case("3.2.2.3.13 shared subscriptions", V5, connack5(b"\x2a\0"), connack5(b"\x2a\2"), PROTOCOL),
]  # fmt: skip

CASES = [*CONNECTING, *FRAMING, *PUBLISHING, *SUBSCRIBING, *ANSWERING, *PROPERTIES]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.version} {case.statement}" for case in CASES])
def test_bytes_that_a_statement_forbids_are_refused_and_their_like_accepted(case: Case) -> None:
    assert len(Decoder(version=case.version).feed(case.accepted)) == 1
    decoder = Decoder(version=case.version)
    with pytest.raises(MqttError) as refusal:
        decoder.feed(case.refused)
    assert refusal.value.reason == case.reason, str(refusal.value)
    assert refusal.value.packets == ()


@pytest.mark.parametrize(
    "data, packet",
    [
        (
            connect(0xEE, *WILL, USER, PASSWORD),
            Connect(4, "me", True, 60, Will("will", b"gone", 1, True), "user", b"secret"),
        ),
        (
            connect(0, level=5, properties=b"\5\x11\0\0\x0e\x10"),
            Connect(5, "me", False, 60, properties={Property.SESSION_EXPIRY_INTERVAL: 3600}),
        ),
        # MQTT 5 lets a password do without a user name (3.1.2.9).
        (connect(0x42, PASSWORD, level=5), Connect(5, "me", True, 60, password=b"secret")),
    ],
)
def test_connect_says_which_version_the_connection_speaks(data: bytes, packet: Connect) -> None:
    decoder = Decoder()
    assert decoder.version is None
    assert decoder.feed(data) == [packet]
    assert decoder.version == packet.version


@pytest.mark.parametrize(
    "data, packet",
    [
        (b"\x40\2\0\7", Puback(7)),
        (b"\x40\3\0\7\x10", Puback(7, Reason.NO_MATCHING_SUBSCRIBERS)),
        (b"\x40\x0a\0\7\x87\6\x1f\0\3why", Puback(7, Reason.NOT_AUTHORIZED, {Property.REASON_STRING: "why"})),
        (b"\xe0\0", Disconnect()),
        (b"\xe0\1\x8e", Disconnect(Reason.SESSION_TAKEN_OVER)),
        (b"\xe0\2\x8e\0", Disconnect(Reason.SESSION_TAKEN_OVER)),
        (b"\xf0\0", Auth()),
        (b"\xf0\2\0\0", Auth()),
    ],
)
def test_a_usual_end_of_a_packet_may_be_left_out(data: bytes, packet: Packet) -> None:
    """3.4.2.1, 3.14.2.1, 3.15.2.1."""
    assert Decoder(version=V5).feed(data) == [packet]


def test_the_version_of_a_refused_connect_is_known_where_there_is_one() -> None:
    for level in (V311, V5):
        decoder = Decoder()
        assert decoder.feed(connect(level=level)[:-1]) == []
        with pytest.raises(MqttError):
            decoder.feed(b"e" + connect(0x03, level=level))
        assert decoder.version == level
        decoder = Decoder()
        with pytest.raises(MqttError, match="reserved connect flag"):
            decoder.feed(connect(0x03, level=level))
        assert decoder.version == level
    decoder = Decoder()
    with pytest.raises(MqttError, match="level 3"):
        decoder.feed(connect(name=b"MQIsdp", level=3))
    assert decoder.version is None


def test_user_properties_keep_their_order_and_subscription_identifiers_add_up() -> None:
    """[MQTT-3.3.2-18], 3.3.2.3.8."""
    (read,) = Decoder(version=V5).feed(publish5(b"\x26\0\1b\0\1x\x0b\7\x26\0\1a\0\0\x26\0\1b\0\1y\x0b\x80\1"))
    assert isinstance(read, Publish)
    assert read.properties == {
        Property.USER_PROPERTY: (("b", "x"), ("a", ""), ("b", "y")),
        Property.SUBSCRIPTION_IDENTIFIER: (7, 128),
    }


def test_a_byte_order_mark_stays_in_its_string() -> None:
    """[MQTT-1.5.4-3]."""
    (read,) = Decoder(version=V311).feed(publish(topic=b"\xef\xbb\xbfa"))
    assert isinstance(read, Publish)
    assert read.topic == "\ufeffa"


def test_the_first_packet_is_connect() -> None:
    """[MQTT-3.1.0-1]; a client's ends with it, so nothing of what follows is waited for."""
    decoder = Decoder()
    assert len(decoder.feed(connect() + b"\xc0\0")) == 2
    with pytest.raises(MqttError, match="first packet") as refusal:
        Decoder().feed(b"\x30")
    assert refusal.value.reason == PROTOCOL


@pytest.mark.parametrize("stray", [b"GET /mqtt HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"\x80", b"\0"])
def test_another_protocol_is_refused_by_its_first_byte(stray: bytes) -> None:
    assert Decoder().feed(connect()[:1]) == []
    with pytest.raises(MqttError) as refusal:
        Decoder().feed(stray)
    assert refusal.value.reason == MALFORMED


@pytest.mark.parametrize("length", [b"\5", b"\x85\0", b"\x85\x80\0", b"\x85\x80\x80\0"])
def test_a_remaining_length_may_take_more_bytes_than_it_needs(length: bytes) -> None:
    """Devices that reserve its four bytes before they know it are common, and nothing else can be meant."""
    data = b"\x30" + length + b"\0\3a/b"
    assert Decoder(version=V311).feed(data) == [Publish("a/b", b"")]
    decoder = Decoder(version=V311)
    assert [packet for byte in data for packet in decoder.feed(bytes((byte,)))] == [Publish("a/b", b"")]


@VERSIONS
def test_a_packet_that_is_too_large_is_refused_by_its_header(version: int) -> None:
    """[MQTT-3.2.2-15]: what follows is never buffered."""
    allowed = encode(Publish("a/b", b"x" * 100), version)
    assert len(Decoder(max_size=len(allowed), version=version).feed(allowed)) == 1
    decoder = Decoder(max_size=len(allowed) - 1, version=version)
    with pytest.raises(MqttError) as refusal:
        decoder.feed(allowed[:2])
    assert refusal.value.reason == Reason.PACKET_TOO_LARGE


def test_the_largest_size_can_change_between_packets() -> None:
    data = encode(Publish("a/b", b"x" * 100), V311)
    decoder = Decoder(version=V311)
    assert len(decoder.feed(data)) == 1
    decoder.max_size = 50
    with pytest.raises(MqttError, match="more than 50"):
        decoder.feed(data)


def test_an_error_brings_the_packets_before_it_and_stays() -> None:
    decoder = Decoder(version=V311)
    assert decoder.feed(b"\xc0\0") == [Pingreq()]
    with pytest.raises(MqttError) as refusal:
        decoder.feed(b"\xc0\0\x40\2\0\1\xc1\0\xc0\0")
    assert refusal.value.packets == (Pingreq(), Puback(1))
    with pytest.raises(MqttError, match=r"\[MQTT-2.1.3-1\]") as again:
        decoder.feed(b"\xc0\0")
    assert again.value.packets == ()


def test_a_packet_that_comes_byte_by_byte_takes_linear_time() -> None:
    """Half a megabyte takes well under a second; copying it for each byte would move 125 gigabytes."""
    packet = Publish("a/b", b"x" * 500_000)
    decoder, arrived, begun = Decoder(version=V311), list[Packet](), time.perf_counter()
    for byte in encode(packet, V311):
        arrived += decoder.feed(bytes((byte,)))
    assert arrived == [packet]
    assert time.perf_counter() - begun < 8


@pytest.mark.parametrize(
    "reason, code",
    [
        (Reason.SUCCESS, 0),
        (3, 3),
        (Reason.UNSUPPORTED_PROTOCOL_VERSION, 1),
        (Reason.CLIENT_IDENTIFIER_NOT_VALID, 2),
        (Reason.SERVER_UNAVAILABLE, 3),
        (Reason.SERVER_BUSY, 3),
        (Reason.BAD_USER_NAME_OR_PASSWORD, 4),
        (Reason.NOT_AUTHORIZED, 5),
    ],
)
def test_connack_translates_reasons_for_mqtt_3_1_1(reason: int, code: int) -> None:
    """MQTT 3.1.1, table 3.1."""
    assert encode(Connack(False, reason), V311) == bytes((0x20, 2, 0, code))


def test_mqtt_3_1_1_goes_without_properties_and_without_reasons_of_success() -> None:
    about = {Property.REASON_STRING: "why", Property.USER_PROPERTY: (("a", "b"),)}
    assert encode(Puback(7, Reason.NO_MATCHING_SUBSCRIBERS, about), V311) == b"\x40\2\0\7"
    assert encode(Suback(7, (1, Reason.NOT_AUTHORIZED), about), V311) == b"\x90\4\0\7\1\x80"
    assert encode(Unsuback(7, (Reason.NO_SUBSCRIPTION_EXISTED,), about), V311) == b"\xb0\2\0\7"
    assert encode(Publish("a", b"x", properties={Property.CONTENT_TYPE: "t"}), V311) == b"\x30\4\0\1ax"


U0000, TOO_LONG, SURROGATE = "a\0", "x" * 65_536, "\ud800"


@pytest.mark.parametrize(
    "written, version, unwritable",
    [
        (Publish("a", b""), V311, Publish("a/#", b"")),
        (Publish("a", b""), V311, Publish("", b"")),
        (Publish("", b"", properties={Property.TOPIC_ALIAS: 1}), V5, Publish("", b"")),
        (Publish("a", b""), V5, Publish(U0000, b"")),
        (Publish("a", b""), V5, Publish(TOO_LONG, b"")),
        (Publish("a", b""), V5, Publish(SURROGATE, b"")),
        (Publish("a", b"", 1, packet_id=1), V5, Publish("a", b"", 1)),
        (Publish("a", b"", 1, packet_id=65_535), V5, Publish("a", b"", 1, packet_id=65_536)),
        (Publish("a", b"", 1, packet_id=1), V5, Publish("a", b"", 0, packet_id=1)),
        (Publish("a", b"", 2, packet_id=1), V5, Publish("a", b"", 3, packet_id=1)),
        (Publish("a", b"", 1, dup=True, packet_id=1), V5, Publish("a", b"", 0, dup=True)),
        (
            Publish("a", b"", properties={Property.TOPIC_ALIAS: 1}),
            V5,
            Publish("a", b"", properties={Property.TOPIC_ALIAS: 0}),
        ),
        (
            Publish("a", b"", properties={Property.TOPIC_ALIAS: 65_535}),
            V5,
            Publish("a", b"", properties={Property.TOPIC_ALIAS: 65_536}),
        ),
        (
            Publish("a", b"", properties={Property.CONTENT_TYPE: "t"}),
            V5,
            Publish("a", b"", properties={Property.REASON_STRING: "t"}),
        ),
        (
            Publish("a", b"", properties={Property.RESPONSE_TOPIC: "t"}),
            V5,
            Publish("a", b"", properties={Property.RESPONSE_TOPIC: "t/+"}),
        ),
        (
            Publish("a", b"", properties={Property.CORRELATION_DATA: b"x" * 65_535}),
            V5,
            Publish("a", b"", properties={Property.CORRELATION_DATA: b"x" * 65_536}),
        ),
        (
            Subscribe(1, (Subscription("a"),), {Property.SUBSCRIPTION_IDENTIFIER: (1,)}),
            V5,
            Subscribe(1, (Subscription("a"),), {Property.SUBSCRIPTION_IDENTIFIER: (1, 2)}),
        ),
        (Puback(1), V311, Puback(0)),
        (Puback(1), V311, Puback(1, Reason.NOT_AUTHORIZED)),
        (Pubrec(1, Reason.NOT_AUTHORIZED), V5, Pubrec(1, Reason.PACKET_IDENTIFIER_NOT_FOUND)),
        (Pubrel(1, Reason.PACKET_IDENTIFIER_NOT_FOUND), V5, Pubrel(1, Reason.NOT_AUTHORIZED)),
        (Pubcomp(1), V311, Pubcomp(1, Reason.PACKET_IDENTIFIER_NOT_FOUND)),
        (Connect(4, "me"), V311, Connect(5, "me")),
        (Connect(4, "me", username="u", password=b""), V311, Connect(4, "me", password=b"")),
        (Connect(4, "me", will=Will("w", b"")), V311, Connect(4, "me", will=Will("", b""))),
        (Connect(4, "me", will=Will("w", b"", 2)), V311, Connect(4, "me", will=Will("w", b"", 3))),
        (Connect(4, "me", keep_alive=65_535), V311, Connect(4, "me", keep_alive=65_536)),
        (
            Connect(5, "me", properties={Property.AUTHENTICATION_METHOD: "m"}),
            V5,
            Connect(5, "me", properties={Property.AUTHENTICATION_DATA: b"d"}),
        ),
        (Connack(True, 0), V311, Connack(True, 5)),
        (Connack(False, 5), V311, Connack(False, Reason.QUOTA_EXCEEDED)),
        (Connack(False, Reason.QUOTA_EXCEEDED), V5, Connack(False, 5)),
        (Subscribe(1, (Subscription("a"),)), V311, Subscribe(1, ())),
        (Subscribe(1, (Subscription("a"),)), V311, Subscribe(1, (Subscription(""),))),
        (Subscribe(1, (Subscription("a", 2),)), V311, Subscribe(1, (Subscription("a", 3),))),
        (Subscribe(1, (Subscription("a"),)), V311, Subscribe(1, (Subscription("a", no_local=True),))),
        (
            Subscribe(1, (Subscription("a", no_local=True),)),
            V5,
            Subscribe(1, (Subscription("$share/g/a", no_local=True),)),
        ),
        (
            Subscribe(1, (Subscription("a", retain_handling=2),)),
            V5,
            Subscribe(1, (Subscription("a", retain_handling=3),)),
        ),
        (Suback(1, (0,)), V311, Suback(1, ())),
        (Suback(1, (2,)), V311, Suback(1, (3,))),
        (Unsubscribe(1, ("a",)), V311, Unsubscribe(1, ())),
        (Unsubscribe(1, ("a",)), V311, Unsubscribe(1, ("",))),
        (Unsuback(1, (0,)), V5, Unsuback(1, ())),
        (Disconnect(), V311, Disconnect(Reason.SESSION_TAKEN_OVER)),
        (Disconnect(Reason.DISCONNECT_WITH_WILL), V5, Disconnect(Reason.GRANTED_QOS_1)),
        (Auth(), V5, Auth(Reason.REAUTHENTICATE)),
    ],
)
def test_what_a_peer_would_refuse_is_not_written(written: Packet, version: int, unwritable: Packet) -> None:
    assert Decoder(version=version).feed(encode(written, version)) == [written]
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        encode(unwritable, version)


def test_mqtt_3_1_1_has_no_auth() -> None:
    assert encode(Auth(), V5)
    with pytest.raises(ValueError, match="no AUTH"):
        encode(Auth(), V311)


def test_a_packet_is_no_larger_than_four_bytes_of_length_can_say() -> None:
    """[MQTT-1.5.5-1], table 1-1."""
    room = 268_435_455 - 3
    # Zeros that nothing touches take no memory.
    before, _ = publish_around(Publish("a", bytes(room)), V311)
    assert before == b"\x30\xff\xff\xff\x7f\0\1a"
    with pytest.raises(ValueError, match="268435456"):
        publish_around(Publish("a", bytes(room + 1)), V311)


@VERSIONS
def test_topic_names_are_told_apart_however_many_and_long_they_are(version: int) -> None:
    """More than are remembered, and longer than any that is."""
    names = [f"things/{number}/state" for number in range(5_000)]
    names += ["x" * 300 + str(number) for number in range(10)] + ["x" * 65_535]
    written = [Publish(name, b"") for name in names * 2]
    data = b"".join([encode(packet, version) for packet in written])
    assert Decoder(version=version).feed(data) == written
    for name in (names[0], names[-1]):
        spoilt = encode(Publish(name, b""), version).replace(name[-1:].encode(), b"#")
        with pytest.raises(MqttError, match="wildcard"):
            Decoder(version=version).feed(spoilt)
