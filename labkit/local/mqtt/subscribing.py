"""SUBSCRIBE and UNSUBSCRIBE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.packets import (
    V5,
    MqttError,
    Property,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
)
from labkit.local.mqtt.sessions import Session
from labkit.local.mqtt.topics import TopicFilter, fits, read_filter

if TYPE_CHECKING:
    from labkit.local.mqtt.connection import Connection

_Asked = tuple[TopicFilter, Subscription]


def on_subscribe(link: Connection, packet: Subscribe) -> None:
    session = link.session
    assert session is not None
    asked = [(read_filter(subscription.filter), subscription) for subscription in packet.subscriptions]
    _check(link, packet, asked)
    verdicts = [_verdict(link, filter_, subscription) for filter_, subscription in asked]
    if link.version != V5 and (denied := next((v for v in verdicts if v in _CLOSES_311), None)):
        _close_311(link, denied)
        return
    _subscribe(link, session, packet, asked, verdicts)


#: "The server will close the connection if client does not have authorized action":
#: https://github.com/aws/aws-iot-device-sdk-js/issues/125 on an MQTT 3.1.1 SUBSCRIBE.
_CLOSES_311 = (Reason.NOT_AUTHORIZED, Reason.TOPIC_FILTER_INVALID)


def _close_311(link: Connection, denied: int) -> None:
    if denied == Reason.NOT_AUTHORIZED:
        link.deny("not authorized to subscribe")
    else:
        raise MqttError(Reason.TOPIC_FILTER_INVALID, "a topic filter is too long or has too many slashes")


def _check(link: Connection, packet: Subscribe, asked: list[_Asked]) -> None:
    """What ends the connection: AWS's quotas, and "when QoS level 2 is requested, the message broker doesn't
    send a PUBACK or SUBACK" (differences in its mqtt.html)."""
    limits = link.broker.limits
    if len(asked) > limits.filters_a_subscribe:
        raise MqttError(
            Reason.QUOTA_EXCEEDED, f"a SUBSCRIBE has at most {limits.filters_a_subscribe} filters"
        )
    if Property.SUBSCRIPTION_IDENTIFIER in packet.properties:
        raise MqttError(
            Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "subscription identifiers are not supported"
        )
    for filter_, subscription in asked:
        if subscription.qos > 1:
            raise MqttError(Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")
        if filter_.share is not None and subscription.no_local:  # [MQTT-3.8.3-4]
            raise MqttError(Reason.PROTOCOL_ERROR, "a shared subscription cannot have No Local")
        if filter_.filter.startswith("$") and not link.broker.reserved.subscribable(link, filter_.filter):
            raise MqttError(Reason.TOPIC_FILTER_INVALID, f"`{filter_.filter:.80}` is a reserved topic")


def _verdict(link: Connection, filter_: TopicFilter, subscription: Subscription) -> int:
    limits = link.broker.limits
    if not fits(filter_.filter, limits) or len(filter_.share or "") > limits.share_name:
        return Reason.TOPIC_FILTER_INVALID
    if not link.broker.authority.may_subscribe(link, subscription.filter):
        return Reason.NOT_AUTHORIZED
    return subscription.qos


def _subscribe(
    link: Connection, session: Session, packet: Subscribe, asked: list[_Asked], verdicts: list[int]
) -> None:
    accepted = _take_up(link, session, asked, verdicts)
    link.write(Suback(packet.packet_id, tuple(verdicts)))
    for filter_, subscription, new in accepted:
        _send_retained(link, session, filter_, subscription, new)
    if accepted:
        link.broker.observer.subscribed(link, tuple(subscription.filter for _, subscription, _ in accepted))
    if Reason.QUOTA_EXCEEDED in verdicts:
        # "AWS IoT Core might reject subscription requests on the same connection in excess of this amount
        # and the connection is closed. Clients should validate the SUBACK" (the quota
        # "Subscriptions per connection").
        sentence = f"a connection has at most {link.broker.limits.subscriptions} subscriptions"
        link.end(DisconnectReason.CLIENT_ERROR, code=Reason.QUOTA_EXCEEDED, sentence=sentence)


def _take_up(
    link: Connection, session: Session, asked: list[_Asked], verdicts: list[int]
) -> list[tuple[TopicFilter, Subscription, bool]]:
    """Those that were accepted, and whether they are new. Those in excess get another verdict."""
    accepted = []
    for index, (filter_, subscription) in enumerate(asked):
        if verdicts[index] >= Reason.UNSPECIFIED_ERROR:
            continue
        new = subscription.filter not in session.subscriptions
        if new and len(session.subscriptions) >= link.broker.limits.subscriptions:
            verdicts[index] = Reason.QUOTA_EXCEEDED
            continue
        session.subscriptions[subscription.filter] = subscription
        link.broker.subscriptions.add(session, filter_, subscription)
        accepted.append((filter_, subscription, new))
    return accepted


def _send_retained(
    link: Connection, session: Session, filter_: TopicFilter, subscription: Subscription, new: bool
) -> None:
    """ "To receive a retained message, the subscribe request must contain a topic filter that matches the
    retained message topic exactly"; shared subscriptions receive none (AWS's mqtt.html)."""
    if filter_.share is not None or filter_.wildcard:
        return
    if subscription.retain_handling == 2 or (subscription.retain_handling == 1 and not new):
        return
    kept = link.broker.retained.get(filter_.filter)
    if kept is not None:
        session.deliver(kept.message, subscription.qos, True)


def on_unsubscribe(link: Connection, packet: Unsubscribe) -> None:
    session, broker = link.session, link.broker
    assert session is not None
    reasons: list[int] = []
    for text in packet.filters:
        filter_ = read_filter(text)
        if session.subscriptions.pop(text, None) is None:
            reasons.append(Reason.NO_SUBSCRIPTION_EXISTED)
            continue
        broker.subscriptions.remove(session, filter_)
        reasons.append(Reason.SUCCESS)
    link.write(Unsuback(packet.packet_id, tuple(reasons)))
    broker.observer.unsubscribed(link, packet.filters)
