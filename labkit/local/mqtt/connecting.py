"""CONNECT: who may come in, and on which terms.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.mqtt.aliases import OutboundAliases
from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.packets import V5, Connack, Connect, Property, Reason, Will

if TYPE_CHECKING:
    from labkit.local.mqtt.connection import Connection

#: What is wrong with a CONNECT that no policy was asked about.
_FAULTS = {
    Reason.CLIENT_IDENTIFIER_NOT_VALID: "the client ID is empty, longer than 128 bytes or begins with `$`",
    Reason.BAD_AUTHENTICATION_METHOD: "enhanced authentication is not supported",
    Reason.QUOTA_EXCEEDED: "the account has its maximum of sessions",
    Reason.QOS_NOT_SUPPORTED: "the will has QoS 2, which is not supported",
    Reason.PACKET_TOO_LARGE: "the will's payload is too large",
    Reason.TOPIC_NAME_INVALID: "the will's topic is reserved, too long or has too many slashes",
}

#: What MQTT 3.1.1 has a return code for and AWS does not leave unanswered.
_ANSWERED_311 = (Reason.CLIENT_IDENTIFIER_NOT_VALID,)


def on_connect(link: Connection, connect: Connect) -> None:
    broker = link.broker
    link.connect, link.version = connect, connect.version
    link.client_id = connect.client_id or broker.new_client_id()
    reason = _refusal(link, connect)
    if reason is not None:
        _refuse(link, reason)
        return
    _settle(link, connect)
    present = broker.registry.enter(link, connect)
    link.write(Connack(present, Reason.SUCCESS, _terms(link, connect)))
    if not link.ended:
        broker.begun(link)


def _refusal(link: Connection, connect: Connect) -> Reason | None:
    broker, authority = link.broker, link.broker.authority
    if not _valid_client_id(link, connect):
        return Reason.CLIENT_IDENTIFIER_NOT_VALID
    if Property.AUTHENTICATION_METHOD in connect.properties:
        return Reason.BAD_AUTHENTICATION_METHOD
    if not broker.registry.has_room_for(link.client_id):
        return Reason.QUOTA_EXCEEDED
    will = connect.will
    if will is not None and (reason := _will_refusal(link, will)):
        return reason
    if not authority.may_connect(link, connect):
        return Reason.NOT_AUTHORIZED
    # Connecting also fails "when a last will and testament is configured and the client is not authorized
    # to publish to that last will topic": life-cycle-events.html, connect attempt failure event.
    if will is not None and not authority.may_publish(link, will.topic, retain=will.retain):
        return Reason.NOT_AUTHORIZED
    return None


def _valid_client_id(link: Connection, connect: Connect) -> bool:
    """128 bytes; "$ is reserved for AWS IoT generated client IDs" (quotas).

    An empty one is filled in, but not for an MQTT 3.1.1 client that wants its session back [MQTT-3.1.3-8].
    """
    if not connect.client_id:
        return connect.version == V5 or connect.clean_start
    long = len(connect.client_id.encode()) > link.broker.limits.client_id
    return not long and not connect.client_id.startswith("$")


def _will_refusal(link: Connection, will: Will) -> Reason | None:
    limits, reserved = link.broker.limits, link.broker.reserved
    if will.qos > 1:
        return Reason.QOS_NOT_SUPPORTED
    if len(will.payload) > limits.payload:
        return Reason.PACKET_TOO_LARGE
    if not link.broker.names.fit(will.topic):
        return Reason.TOPIC_NAME_INVALID
    if will.topic.startswith("$") and (will.retain or not reserved.accepts(link, will.topic)):
        return Reason.TOPIC_NAME_INVALID
    return None


def _refuse(link: Connection, reason: Reason) -> None:
    """CONNACK with the reason. An MQTT 3.1.1 client sees its connection close, without CONNACK."""
    if link.version == V5 or reason in _ANSWERED_311:
        link.write(Connack(False, reason))
    if reason in _FAULTS:
        link.broker.authority.faulted(link, "Connect", _FAULTS[reason])
    link.end(DisconnectReason.AUTH_ERROR)


def _settle(link: Connection, connect: Connect) -> None:
    limits, asked = link.broker.limits, connect.properties
    link.keep_alive = limits.granted_keep_alive(connect.keep_alive)
    link.window = min(limits.unacknowledged, asked.get(Property.RECEIVE_MAXIMUM, limits.unacknowledged))
    link.largest_packet = asked.get(Property.MAXIMUM_PACKET_SIZE)
    link.tells_problems = bool(asked.get(Property.REQUEST_PROBLEM_INFORMATION, 1))
    aliases = min(limits.topic_aliases, asked.get(Property.TOPIC_ALIAS_MAXIMUM, 0))
    link.outbound_aliases = OutboundAliases(aliases) if aliases else None


def _terms(link: Connection, connect: Connect) -> dict[Property, Any]:
    """The properties that AWS lists for CONNACK (MQTT 5 properties)."""
    limits, session = link.broker.limits, link.session
    if connect.version != V5 or session is None:
        return {}
    terms: dict[Property, Any] = {
        Property.SESSION_EXPIRY_INTERVAL: session.expiry,
        Property.RECEIVE_MAXIMUM: limits.unacknowledged,
        Property.MAXIMUM_QOS: 1,
        Property.RETAIN_AVAILABLE: 1,
        Property.MAXIMUM_PACKET_SIZE: limits.packet,
        Property.TOPIC_ALIAS_MAXIMUM: limits.topic_aliases,
        Property.WILDCARD_SUBSCRIPTION_AVAILABLE: 1,
        Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE: 0,
        Property.SERVER_KEEP_ALIVE: link.keep_alive,
    }
    if not connect.client_id:
        terms[Property.ASSIGNED_CLIENT_IDENTIFIER] = link.client_id
    return terms
