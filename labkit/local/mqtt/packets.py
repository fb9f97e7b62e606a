"""MQTT's control packets as values, the same ones for MQTT 3.1.1 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

#: The protocol versions as CONNECT names them.
V311, V5 = 4, 5


class Property(IntEnum):
    """MQTT 5, 2.2.2.2."""

    PAYLOAD_FORMAT_INDICATOR = 0x01
    MESSAGE_EXPIRY_INTERVAL = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_IDENTIFIER = 0x0B
    SESSION_EXPIRY_INTERVAL = 0x11
    ASSIGNED_CLIENT_IDENTIFIER = 0x12
    SERVER_KEEP_ALIVE = 0x13
    AUTHENTICATION_METHOD = 0x15
    AUTHENTICATION_DATA = 0x16
    REQUEST_PROBLEM_INFORMATION = 0x17
    WILL_DELAY_INTERVAL = 0x18
    REQUEST_RESPONSE_INFORMATION = 0x19
    RESPONSE_INFORMATION = 0x1A
    SERVER_REFERENCE = 0x1C
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    TOPIC_ALIAS_MAXIMUM = 0x22
    TOPIC_ALIAS = 0x23
    MAXIMUM_QOS = 0x24
    RETAIN_AVAILABLE = 0x25
    USER_PROPERTY = 0x26
    MAXIMUM_PACKET_SIZE = 0x27
    WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28
    SUBSCRIPTION_IDENTIFIER_AVAILABLE = 0x29
    SHARED_SUBSCRIPTION_AVAILABLE = 0x2A


class Reason(IntEnum):
    """MQTT 5, 2.4. What MQTT 3.1.1 calls return codes is translated where packets are written."""

    SUCCESS = 0x00
    GRANTED_QOS_1 = 0x01
    GRANTED_QOS_2 = 0x02
    DISCONNECT_WITH_WILL = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    CONTINUE_AUTHENTICATION = 0x18
    REAUTHENTICATE = 0x19
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_SPECIFIC_ERROR = 0x83
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_IDENTIFIER_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    PACKET_IDENTIFIER_IN_USE = 0x91
    PACKET_IDENTIFIER_NOT_FOUND = 0x92
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAXIMUM_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


#: int, str or bytes by property; USER_PROPERTY has a tuple of name and value pairs in their order,
#: SUBSCRIPTION_IDENTIFIER a tuple of integers. MQTT 3.1.1 has none.
Properties = Mapping[Property, Any]
NONE: Properties = MappingProxyType({})


class Will(NamedTuple):
    """What the server publishes when the client is lost."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NONE


class Connect(NamedTuple):
    version: int
    client_id: str
    #: Clean Session in MQTT 3.1.1, Clean Start in MQTT 5.
    clean_start: bool = True
    #: Seconds; 0 switches it off.
    keep_alive: int = 0
    will: Will | None = None
    username: str | None = None
    password: bytes | None = None
    properties: Properties = NONE


class Connack(NamedTuple):
    session_present: bool
    #: In MQTT 3.1.1 its return code (0 to 5), in MQTT 5 a `Reason`.
    reason: int
    properties: Properties = NONE


class Publish(NamedTuple):
    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    #: None with QoS 0.
    packet_id: int | None = None
    properties: Properties = NONE


class Puback(NamedTuple):
    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = NONE


class Pubrec(NamedTuple):
    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = NONE


class Pubrel(NamedTuple):
    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = NONE


class Pubcomp(NamedTuple):
    packet_id: int
    reason: int = Reason.SUCCESS
    properties: Properties = NONE


class Subscription(NamedTuple):
    """One topic filter of a SUBSCRIBE with its options."""

    filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    #: 0: send retained messages; 1: only where the subscription is new; 2: never.
    retain_handling: int = 0


class Subscribe(NamedTuple):
    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = NONE


class Suback(NamedTuple):
    packet_id: int
    #: One for each topic filter: the granted QoS, or 0x80 and above.
    reasons: tuple[int, ...]
    properties: Properties = NONE


class Unsubscribe(NamedTuple):
    packet_id: int
    filters: tuple[str, ...]
    properties: Properties = NONE


class Unsuback(NamedTuple):
    packet_id: int
    #: One for each topic filter; MQTT 3.1.1 sends none.
    reasons: tuple[int, ...] = ()
    properties: Properties = NONE


class Pingreq(NamedTuple):
    pass


class Pingresp(NamedTuple):
    pass


class Disconnect(NamedTuple):
    reason: int = Reason.SUCCESS
    properties: Properties = NONE


class Auth(NamedTuple):
    reason: int = Reason.SUCCESS
    properties: Properties = NONE


Packet = (
    Connect | Connack | Publish | Puback | Pubrec | Pubrel | Pubcomp | Subscribe | Suback
    | Unsubscribe | Unsuback | Pingreq | Pingresp | Disconnect | Auth
)  # fmt: skip


class MqttError(Exception):
    """A packet that a peer must not send; the connection ends with `reason`."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        #: What the same bytes completed before it.
        self.packets: tuple[Packet, ...] = ()
