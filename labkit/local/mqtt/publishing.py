"""PUBLISH from a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.packets import V5, MqttError, Property, Puback, Publish, Reason
from labkit.local.mqtt.topics import check_name

if TYPE_CHECKING:
    from labkit.local.mqtt.connection import Connection


def on_publish(link: Connection, packet: Publish) -> None:
    broker = link.broker
    if packet.properties:
        packet = packet._replace(topic=_resolved(link, packet))
    topic, retain = packet.topic, packet.retain
    if not _acceptable(link, packet):
        return
    if not broker.authority.may_publish(link, topic, retain=retain):
        _refuse(link, packet, Reason.NOT_AUTHORIZED, f"not authorized to publish to `{topic:.80}`")
        return
    message = Outgoing(
        Message(topic, packet.payload, packet.qos, retain, packet.properties, link.client_id),
        broker.now,
        broker.limits,
    )
    if retain and not broker.retained.accepts(message):
        _refuse(link, packet, Reason.QUOTA_EXCEEDED, "the account has its maximum of retained messages")
        return
    if packet.packet_id is not None:
        link.write(Puback(packet.packet_id))
    broker.distribute(message)
    if topic[0] == "$":
        broker.reserved.handle(link, packet)


def _resolved(link: Connection, packet: Publish) -> str:
    if Property.SUBSCRIPTION_IDENTIFIER in packet.properties:  # [MQTT-3.3.4-6]
        raise MqttError(Reason.PROTOCOL_ERROR, "a client's PUBLISH has no subscription identifier")
    if (response := packet.properties.get(Property.RESPONSE_TOPIC)) is not None:
        check_name(response)
    return link.aliases.topic(packet)


def _acceptable(link: Connection, packet: Publish) -> bool:
    """What is wrong with a PUBLISH whoever sends it; raises where the connection ends whatever the QoS."""
    limits, topic = link.broker.limits, packet.topic
    if packet.qos > 1:
        raise MqttError(Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")
    if len(packet.payload) > limits.payload:
        raise MqttError(Reason.PACKET_TOO_LARGE, f"a payload has at most {limits.payload} bytes")
    if not link.broker.names.fit(topic):
        _refuse(link, packet, Reason.TOPIC_NAME_INVALID, f"`{topic:.80}` is too long or has too many slashes")
        return False
    if topic[0] == "$":
        _check_reserved(link, packet)
    if limits.publishes_a_second is not None and not link.may_publish_now():
        if link.version == V5 and packet.packet_id is not None:
            link.write(Puback(packet.packet_id, Reason.QUOTA_EXCEEDED))
        return False
    return True


def _check_reserved(link: Connection, packet: Publish) -> None:
    """ "Unsupported publish or subscribe operations to reserved topics can result in a terminated
    connection" (reserved-topics.html); "You can't publish to a reserved topic with the RETAIN flag set".
    """
    if packet.retain or not link.broker.reserved.accepts(link, packet.topic):
        raise MqttError(Reason.TOPIC_NAME_INVALID, f"`{packet.topic:.80}` is a reserved topic")


def _refuse(link: Connection, packet: Publish, reason: Reason, sentence: str) -> None:
    """By PUBACK where MQTT has one that can say so; otherwise the connection ends, without PUBACK."""
    if link.version == V5 and packet.packet_id is not None:
        link.write(Puback(packet.packet_id, reason, link.problem(sentence)))
    elif reason is Reason.NOT_AUTHORIZED:
        link.deny(sentence)
    else:
        raise MqttError(reason, sentence)
