"""Retained messages: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-retain"""

from __future__ import annotations

import pytest

from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import V5, V311, Property, Puback, Reason, Subscribe, Subscription
from tests.unit.mqtt.stand_ins import Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1])
def test_a_new_subscriber_gets_the_last_message_of_the_topic(version: int, qos: int) -> None:
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("a", b"first", qos=1, retain=True)
    publisher.publish("a", b"last", qos=1, retain=True)
    publisher.publish("a", b"passing", qos=1)
    publisher.publish("b", b"other", qos=1, retain=True)

    (message,) = lab.subscriber("a", qos=qos, version=version).messages()

    assert (message.payload, message.qos, message.retain) == (b"last", qos, True)


def test_suback_comes_first() -> None:
    lab = Lab()
    lab.client("publisher").publish("a", retain=True)
    client = lab.client("subscriber")
    client.send(Subscribe(1, (Subscription("a"),)))
    suback, message = client.read()
    assert type(suback).__name__ == "Suback"
    assert type(message).__name__ == "Publish"


def test_a_subscriber_sees_the_flag_only_on_what_was_there_before() -> None:
    """ "Retained messages that are received by a subscribing client after subscription, don't" have it."""
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("a", b"before", retain=True)
    subscriber = lab.subscriber("a")
    publisher.publish("a", b"after", retain=True)
    flags = [(message.payload, message.retain) for message in subscriber.messages()]
    assert flags == [(b"before", True), (b"after", False)]


def test_retain_as_published_keeps_the_flag() -> None:
    """[MQTT-3.3.1-13]"""
    lab = Lab()
    subscriber = lab.subscriber("a", version=V5, retain_as_published=True)
    publisher = lab.client("publisher")
    publisher.publish("a", b"1", retain=True)
    publisher.publish("a", b"2")
    flags = [(message.payload, message.retain) for message in subscriber.messages()]
    assert flags == [(b"1", True), (b"2", False)]


@pytest.mark.parametrize("filter_", ["a/+", "#", "+/b"])
def test_wildcards_bring_no_retained_message(filter_: str) -> None:
    """ "To receive a retained message, the subscribe request must contain a topic filter that matches the
    retained message topic exactly" (differences)."""
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("a/b", b"kept", retain=True)
    subscriber = lab.subscriber(filter_)
    assert subscriber.published() == []
    publisher.publish("a/b", b"new", retain=True)
    assert subscriber.published() == [("a/b", b"new")]
    subscriber.subscribe("a/b")
    assert subscriber.published() == [("a/b", b"new")]


def test_an_empty_message_deletes_the_retained_one() -> None:
    """ "Such messages delete the retained message from AWS IoT Core, are sent to clients with a
    subscription to the topic, but they are not retained"."""
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("a", b"kept", retain=True)
    subscriber = lab.subscriber("a")
    assert subscriber.published() == [("a", b"kept")]

    publisher.publish("a", b"", retain=True)

    assert subscriber.published() == [("a", b"")]
    assert lab.broker.retained.get("a") is None
    late = lab.client("late")
    late.subscribe("a")
    assert late.read() == []


@pytest.mark.parametrize("handling, first, second", [(0, 1, 1), (1, 1, 0), (2, 0, 0)])
def test_retain_handling_says_when_retained_messages_are_sent(handling: int, first: int, second: int) -> None:
    """[MQTT-3.3.1-9] to [MQTT-3.3.1-11]"""
    lab = Lab()
    lab.client("publisher").publish("a", retain=True)
    subscriber = lab.client("subscriber", V5)
    for count in (first, second):
        subscriber.subscribe("a", retain_handling=handling)
        assert len(subscriber.messages()) == count


@VERSIONS
def test_who_may_publish_but_not_retain_is_refused(version: int) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/retained-message-policy-examples.html"""
    lab = Lab()
    publisher = lab.client("publisher", version)
    lab.account.denied.add(("RetainPublish", "a"))
    publisher.publish("a", qos=1)
    assert publisher.one() == Puback(7)

    publisher.publish("a", retain=True)

    assert publisher.wire.closed
    assert lab.broker.retained.get("a") is None


def test_a_retained_message_is_received_only_by_who_may() -> None:
    lab = Lab()
    lab.client("publisher").publish("a", retain=True)
    lab.account.denied.add(("Receive", "a"))
    subscriber = lab.subscriber("a")
    assert subscriber.read() == []
    lab.account.denied.clear()
    subscriber.subscribe("a")
    assert subscriber.published() == [("a", b"hello")]


def test_an_expired_retained_message_is_gone() -> None:
    """ "If a retained message expires and a new client subscribes to the topic, the client won't receive the
    message upon subscription" (message expiry)."""
    lab = Lab()
    publisher = lab.client("publisher", V5)
    publisher.publish("a", retain=True, properties={Property.MESSAGE_EXPIRY_INTERVAL: 30})
    lab.seconds += 20
    subscriber = lab.subscriber("a", version=V5)
    (message,) = subscriber.messages()
    assert message.properties == {Property.MESSAGE_EXPIRY_INTERVAL: 10}
    lab.seconds += 10
    subscriber.subscribe("a")
    assert subscriber.read() == []
    assert list(lab.broker.retained) == []


def test_the_account_lists_and_gets_retained_messages() -> None:
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("b", b"two", qos=1, retain=True)
    lab.seconds += 5
    lab.broker.publish(Message("a", b"one", retain=True))

    assert list(lab.broker.retained) == ["a", "b"]
    one, two = lab.broker.retained.list()
    assert (one.message.payload, one.message.qos, one.modified) == (b"one", 0, 1005)
    assert (two.message.payload, two.message.qos, two.modified) == (b"two", 1, 1000)
    assert lab.broker.retained.get("b") == two
    lab.broker.publish(Message("b", b"", retain=True))
    assert lab.broker.retained.get("b") is None


@pytest.mark.unconfirmed
def test_an_account_retains_only_so_many_messages() -> None:
    """ "AWS IoT Core returns a throttled response to messages published with RETAIN set and payloads
    greater than 0 bytes until some retained messages are deleted": which response is not documented."""
    lab = Lab(retained_messages=1)
    publisher = lab.client("publisher", V5)
    publisher.publish("a", retain=True, qos=1)
    publisher.publish("a", b"replaced", retain=True, qos=1)
    assert publisher.read() == [Puback(7), Puback(7)]

    publisher.publish("b", retain=True, qos=1)

    answer = publisher.one()
    assert isinstance(answer, Puback)
    assert answer.reason == Reason.QUOTA_EXCEEDED
    publisher.publish("a", b"", retain=True, qos=1)
    publisher.publish("b", retain=True, qos=1)
    assert publisher.read() == [Puback(7), Puback(7)]
    assert list(lab.broker.retained) == ["b"]


def test_who_takes_no_packet_as_large_as_suback_leaves_nothing_behind() -> None:
    lab = Lab()
    lab.client("publisher").publish("a", qos=1, retain=True)
    ended = lab.subscriber("a", qos=1, version=V5)
    ended.link.largest_packet = 2
    ended.send(Subscribe(1, (Subscription("a", 1),)))
    assert ended.wire.closed
    assert len(ended.messages()) == 1
    assert lab.broker.stored_bytes == 0


def test_retained_messages_take_up_only_so_much() -> None:
    lab = Lab(retained_bytes=100)
    publisher = lab.client("publisher", V5)
    publisher.publish("a", b"x" * 90, retain=True, qos=1)
    publisher.publish("b", b"x" * 90, retain=True, qos=1)
    publisher.publish("a", b"x" * 80, retain=True, qos=1)
    publisher.publish("b", b"x" * 10, retain=True, qos=1)
    reasons = [packet.reason for packet in publisher.read() if isinstance(packet, Puback)]
    assert reasons == [0, Reason.QUOTA_EXCEEDED, 0, 0]
