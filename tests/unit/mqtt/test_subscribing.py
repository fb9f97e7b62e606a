"""SUBSCRIBE and UNSUBSCRIBE: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html"""

from __future__ import annotations

import pytest

from labkit.local.mqtt.packets import (
    V5,
    V311,
    Disconnect,
    Property,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
)
from tests.unit.mqtt.stand_ins import Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


@pytest.mark.parametrize(
    "filter_, matched, others",
    [
        ("a/b", ["a/b"], ["a", "a/b/c", "A/b", "/a/b"]),
        ("a/+", ["a/b", "a/"], ["a", "a/b/c"]),
        ("+/b", ["a/b", "/b"], ["b", "a/b/c"]),
        ("+", ["a"], ["/a", "a/b"]),
        ("a/+/c", ["a/b/c", "a//c"], ["a/c"]),
        ("#", ["a", "a/b", "/"], ["$aws/rules/r"]),
        ("+/rules/r", ["a/rules/r"], ["$aws/rules/r"]),
        # The parent is not matched, unlike in MQTT's specification (AWS's page, differences).
        ("sensor/#", ["sensor/", "sensor/temperature", "sensor/temperature/room1"], ["sensor"]),
    ],
)
def test_a_filter_matches(filter_: str, matched: list[str], others: list[str]) -> None:
    """MQTT 5, 4.7, and https://docs.aws.amazon.com/iot/latest/developerguide/topics.html"""
    lab = Lab()
    subscriber = lab.subscriber(filter_)
    publisher = lab.client("publisher")
    for topic in (*matched, *others):
        publisher.publish(topic)
    assert [topic for topic, _ in subscriber.published()] == matched


@VERSIONS
def test_suback_has_a_reason_for_each_filter(version: int) -> None:
    lab = Lab()
    client = lab.client("subscriber", version)
    client.send(Subscribe(9, (Subscription("a", 1), Subscription("b", 0))))
    assert client.one() == Suback(9, (1, 0))
    assert lab.account.events[-1] == ("subscribed", "subscriber", ("a", "b"))


def test_who_may_not_subscribe_sees_the_connection_close_in_mqtt_311() -> None:
    """ "The server will close the connection if client does not have authorized action":
    https://github.com/aws/aws-iot-device-sdk-js/issues/125"""
    lab = Lab()
    client = lab.client("subscriber")
    assert client.subscribe("mine") == Suback(1, (0,))
    lab.account.denied.add(("Subscribe", "yours"))

    client.send(Subscribe(2, (Subscription("mine/too"), Subscription("yours"))))

    assert client.closed_with(Reason.NOT_AUTHORIZED)
    assert lab.ended("subscriber") == [("AUTH_ERROR", False)]


def test_who_may_not_subscribe_is_told_for_each_filter_in_mqtt_5() -> None:
    """0x87 in the table of SUBACK reason codes."""
    lab = Lab()
    lab.account.denied.add(("Subscribe", "yours"))
    client = lab.client("subscriber", V5)
    client.send(Subscribe(2, (Subscription("mine"), Subscription("yours"))))
    assert client.one() == Suback(2, (0, Reason.NOT_AUTHORIZED))
    assert not client.wire.closed
    assert lab.account.events[-1] == ("subscribed", "subscriber", ("mine",))

    publisher = lab.client("publisher")
    publisher.publish("yours")
    publisher.publish("mine")
    assert client.published() == [("mine", b"hello")]


@VERSIONS
def test_qos_2_ends_the_connection(version: int) -> None:
    """ "When QoS level 2 is requested, the message broker doesn't send a PUBACK or SUBACK" (differences)."""
    lab = Lab()
    client = lab.client("subscriber", version)
    assert client.subscribe("a", qos=1) == Suback(1, (1,))
    client.send(Subscribe(2, (Subscription("a", 2),)))
    assert client.closed_with(Reason.QOS_NOT_SUPPORTED)


@VERSIONS
def test_a_subscribe_has_at_most_eight_filters(version: int) -> None:
    """The quota "Maximum subscriptions per subscribe request"."""
    lab = Lab()
    client = lab.client("subscriber", version)
    assert client.subscribe(*"abcdefgh") == Suback(1, (0,) * 8)
    client.send(Subscribe(2, tuple(Subscription(text) for text in "abcdefghi")))
    assert client.closed_with(Reason.QUOTA_EXCEEDED)


@VERSIONS
def test_a_connection_has_at_most_50_subscriptions(version: int) -> None:
    """ "AWS IoT Core might reject subscription requests … in excess of this amount and the connection is
    closed. Clients should validate the SUBACK" (the quota "Subscriptions per connection")."""
    lab = Lab()
    client = lab.client("subscriber", version)
    for number in range(50):
        assert client.subscribe(f"t/{number}") == Suback(1, (0,))
    assert client.subscribe("t/0", qos=1) == Suback(1, (1,))

    client.send(Subscribe(2, (Subscription("t/50"),)))

    suback, *goodbye = client.read()
    assert suback == Suback(2, (0x97 if version == V5 else 0x80,))
    told = [packet.reason for packet in goodbye if isinstance(packet, Disconnect)]
    assert told == ([Reason.QUOTA_EXCEEDED] if version == V5 else [])
    assert client.wire.closed


@pytest.mark.parametrize("good, bad", [("t" * 256, "t" * 257), ("/" * 7, "/" * 8)])
def test_a_filter_has_at_most_256_bytes_and_7_slashes(good: str, bad: str) -> None:
    """The quotas "Topic size" and "Maximum number of slashes in topic and topic filter"; 0x8F is in the table
    of SUBACK reason codes."""
    lab = Lab()
    client = lab.client("subscriber", V5)
    assert client.subscribe(good, bad) == Suback(1, (0, Reason.TOPIC_FILTER_INVALID))
    older = lab.client("older", V311)
    assert older.subscribe(good) == Suback(1, (0,))
    older.send(Subscribe(2, (Subscription(bad),)))
    assert older.closed_with(Reason.TOPIC_FILTER_INVALID)


@pytest.mark.parametrize("text", ["a#", "a/#/b", "+a", "a/b+", "##", "$share/g", "$share//a", "$share/g+/a"])
def test_what_is_no_filter_ends_the_connection(text: str) -> None:
    """MQTT 5, 4.7.1 and 4.8.2."""
    lab = Lab()
    client = lab.client("subscriber", V5)
    client.link.received(Subscribe(1, (Subscription("a/+/#"),)))
    assert not client.wire.closed

    client.read()
    client.link.received(Subscribe(1, (Subscription(text),)))

    assert client.closed_with(Reason.TOPIC_FILTER_INVALID)


@VERSIONS
def test_other_reserved_topics_end_the_connection(version: int) -> None:
    """ "Unsupported publish or subscribe operations to reserved topics can result in a terminated
    connection":
    https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html"""
    lab = Lab()
    client = lab.client("subscriber", version)
    assert client.subscribe("$aws/things/t/shadow/update/accepted") == Suback(1, (0,))
    client.send(Subscribe(2, (Subscription("$SYS/#"),)))
    assert client.closed_with(Reason.TOPIC_FILTER_INVALID)


def test_subscription_identifiers_are_not_supported() -> None:
    """Subscription Identifier Available is 0; 0xA1 is in the table of DISCONNECT reason codes."""
    lab = Lab()
    client = lab.client("subscriber", V5)
    assert client.subscribe("a") == Suback(1, (0,))
    client.send(Subscribe(2, (Subscription("a"),), {Property.SUBSCRIPTION_IDENTIFIER: (5,)}))
    assert client.closed_with(Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED)


def test_a_client_that_wants_no_local_does_not_hear_itself() -> None:
    """[MQTT-3.8.3-3]"""
    lab = Lab()
    client = lab.client("one", V5)
    client.subscribe("a", no_local=True)
    other = lab.client("two")
    client.publish("a", b"mine")
    other.publish("a", b"another's")
    assert client.published() == [("a", b"another's")]


@pytest.mark.unconfirmed
def test_overlapping_filters_bring_one_message_with_the_highest_qos() -> None:
    """MQTT 5, 3.3.4 leaves it open; AWS's page is silent."""
    lab = Lab()
    subscriber = lab.client("subscriber")
    subscriber.subscribe("a/#")
    subscriber.subscribe("a/b", qos=1)
    lab.client("publisher").publish("a/b", qos=1)
    (message,) = subscriber.messages()
    assert message.qos == 1


def test_subscribing_again_replaces_the_options() -> None:
    """[MQTT-3.8.4-3]"""
    lab = Lab()
    subscriber = lab.subscriber("a", qos=1)
    publisher = lab.client("publisher")
    publisher.publish("a", qos=1)
    subscriber.subscribe("a", qos=0)
    publisher.publish("a", qos=1)
    assert [message.qos for message in subscriber.messages()] == [0]


@VERSIONS
def test_who_unsubscribes_gets_nothing_more(version: int) -> None:
    lab = Lab()
    subscriber = lab.subscriber("a", "b/#", version=version)
    publisher = lab.client("publisher")
    publisher.publish("a")
    assert subscriber.published() == [("a", b"hello")]

    answer = subscriber.unsubscribe("a", "never")

    reasons = (Reason.SUCCESS, Reason.NO_SUBSCRIPTION_EXISTED) if version == V5 else ()
    assert answer == Unsuback(2, reasons)
    assert lab.account.events[-1][0] == "unsubscribed"
    publisher.publish("a")
    publisher.publish("b/c")
    assert subscriber.published() == [("b/c", b"hello")]


def test_nothing_is_left_of_a_client_that_is_gone() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a", "b/+/c/#", "$share/group/d/e")
    publisher = lab.client("publisher")
    publisher.publish("a")
    assert subscriber.published() == [("a", b"hello")]
    subscriber.link.lost()
    publisher.publish("a")
    assert lab.broker.subscriptions.empty


def test_a_subscriber_that_joins_is_found_for_a_topic_that_was_published_before() -> None:
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("a")
    subscriber = lab.subscriber("a")
    publisher.publish("a", b"now")
    assert subscriber.published() == [("a", b"now")]
