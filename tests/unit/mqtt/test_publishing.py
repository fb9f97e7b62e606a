"""PUBLISH from a client to others: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html"""

from __future__ import annotations

import pytest

from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import V5, V311, Packet, Property, Puback, Publish, Reason
from tests.unit.mqtt.stand_ins import Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


@pytest.mark.parametrize("sender", [V311, V5])
@pytest.mark.parametrize("receiver", [V311, V5])
@pytest.mark.parametrize("sent, granted, received", [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_a_message_reaches_the_subscriber_with_the_lower_qos(
    sender: int, receiver: int, sent: int, granted: int, received: int
) -> None:
    """ "AWS IoT Core also supports cross MQTT version (MQTT 3 and MQTT 5) communication"."""
    lab = Lab()
    subscriber = lab.subscriber("a/b", qos=granted, version=receiver)
    publisher = lab.client("publisher", sender)

    publisher.publish("a/b", b"hello", qos=sent)

    assert publisher.read() == ([Puback(7)] if sent else [])
    (message,) = subscriber.messages()
    assert (message.topic, message.payload, message.qos) == ("a/b", b"hello", received)
    assert not message.retain
    assert not message.dup


def test_who_does_not_subscribe_to_the_topic_gets_nothing() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a/b")
    publisher = lab.client("publisher")
    publisher.publish("a/c", b"no")
    publisher.publish("a/b", b"yes")
    assert subscriber.published() == [("a/b", b"yes")]


def test_messages_keep_their_order() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a", qos=1)
    publisher = lab.client("publisher")
    for number in range(20):
        publisher.publish("a", b"%d" % number, qos=1)
    messages = subscriber.messages()
    assert [message.payload for message in messages] == [b"%d" % number for number in range(20)]
    assert len({message.packet_id for message in messages}) == 20


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1])
def test_who_may_not_publish_is_refused(version: int, qos: int) -> None:
    """MQTT 3.1.1 has no way to say so: the connection is closed, without PUBACK."""
    lab = Lab()
    subscriber = lab.subscriber("#")
    publisher = lab.client("publisher", version)
    publisher.publish("mine")
    assert subscriber.published() == [("mine", b"hello")]
    lab.account.denied.add(("Publish", "yours"))

    publisher.publish("yours", qos=qos)

    assert subscriber.published() == []
    if version == V5 and qos:
        return
    assert publisher.closed_with(Reason.NOT_AUTHORIZED)
    assert lab.ended("publisher") == [("AUTH_ERROR", False)]


@pytest.mark.unconfirmed
def test_a_denied_qos_1_publish_is_refused_by_its_puback_in_mqtt_5() -> None:
    """0x87 "The PUBLISH is not authorized" is in AWS's table of PUBACK reason codes as well as in that of
    DISCONNECT; that the connection stays is our reading."""
    lab = Lab()
    publisher = lab.client("publisher", V5)
    lab.account.denied.add(("Publish", "yours"))

    publisher.publish("yours", qos=1)

    answer = publisher.one()
    assert isinstance(answer, Puback)
    assert answer.reason == Reason.NOT_AUTHORIZED
    assert "`yours`" in answer.properties[Property.REASON_STRING]
    assert not publisher.wire.closed


def test_a_client_that_wants_no_problem_information_gets_no_reason_string() -> None:
    """Request Problem Information in AWS's list of MQTT 5 properties."""
    lab = Lab()
    lab.account.denied.add(("Publish", "yours"))
    publisher = lab.client("publisher", V5, properties={Property.REQUEST_PROBLEM_INFORMATION: 0})
    publisher.publish("yours", qos=1)
    assert publisher.one() == Puback(7, Reason.NOT_AUTHORIZED)


@VERSIONS
def test_a_missing_receive_is_silent(version: int) -> None:
    """The subscription succeeds and nothing arrives; it is asked for each message."""
    lab = Lab()
    subscriber = lab.subscriber("a/#", qos=1, version=version)
    publisher = lab.client("publisher")
    lab.account.denied.add(("Receive", "a/secret"))

    publisher.publish("a/secret", qos=1)
    publisher.publish("a/secret")
    publisher.publish("a/open", qos=1)

    assert subscriber.published() == [("a/open", b"hello")]
    assert not publisher.wire.closed
    lab.account.denied.clear()
    publisher.publish("a/secret")
    assert subscriber.published() == [("a/secret", b"hello")]


@VERSIONS
def test_qos_2_ends_the_connection(version: int) -> None:
    """ "When QoS level 2 is requested, the message broker doesn't send a PUBACK or SUBACK"; 0x9B is in the
    table of DISCONNECT reason codes."""
    lab = Lab()
    publisher = lab.client("publisher", version)
    publisher.publish("a", qos=1)
    assert publisher.one() == Puback(7)

    publisher.publish("a", qos=2)

    assert publisher.closed_with(Reason.QOS_NOT_SUPPORTED)


@VERSIONS
def test_a_payload_has_at_most_128_kilobytes(version: int) -> None:
    """CLIENT_ERROR in life-cycle-events.html: "attempts to publish with a payload that exceeds the limit"."""
    lab = Lab()
    subscriber = lab.subscriber("a", version=version)
    publisher = lab.client("publisher", version)
    publisher.publish("a", b"x" * 128 * 1024)
    assert len(subscriber.published()) == 1

    publisher.publish("a", b"x" * (128 * 1024 + 1))

    assert subscriber.published() == []
    assert publisher.closed_with(Reason.PACKET_TOO_LARGE)
    assert lab.ended("publisher") == [("CLIENT_ERROR", False)]


@pytest.mark.parametrize("good, bad", [("t" * 256, "t" * 257), ("ü" * 128, "ü" * 129), ("/" * 7, "/" * 8)])
@VERSIONS
def test_a_topic_has_at_most_256_bytes_and_7_slashes(version: int, good: str, bad: str) -> None:
    """The quotas "Topic size" and "Maximum number of slashes in topic and topic filter"; 0x90."""
    lab = Lab()
    publisher = lab.client("publisher", version)
    publisher.publish(good, qos=1)
    assert publisher.one() == Puback(7)

    publisher.publish(bad)

    assert publisher.closed_with(Reason.TOPIC_NAME_INVALID)


def test_puback_says_that_a_topic_is_too_long_in_mqtt_5() -> None:
    """0x90 "not malformed, but is not accepted": table of PUBACK reason codes."""
    lab = Lab()
    publisher = lab.client("publisher", V5)
    publisher.publish("t" * 257, qos=1)
    answer = publisher.one()
    assert isinstance(answer, Puback)
    assert answer.reason == Reason.TOPIC_NAME_INVALID
    assert not publisher.wire.closed


def test_basic_ingest_counts_neither_its_prefix_nor_its_slashes() -> None:
    """The quota "Topic size": "excludes the first three mandatory segments for Basic Ingest topics"."""
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("$aws/rules/a-rule/" + "/" * 7, qos=1)
    publisher.publish("$aws/rules/a-rule/" + "t" * 256, qos=1)
    assert publisher.read() == [Puback(7), Puback(7)]
    assert len(lab.account.handled) == 2

    publisher.publish("$aws/rules/a-rule/" + "/" * 8, qos=1)

    assert publisher.wire.closed


@pytest.mark.parametrize("topic", ["a/+", "#"])
@VERSIONS
def test_a_topic_name_has_no_wildcards(version: int, topic: str) -> None:
    """[MQTT-3.3.2-2]"""
    lab = Lab()
    client = lab.client("publisher", version)
    client.link.received(Publish("a", b""))
    assert not client.wire.closed

    client.link.received(Publish(topic, b""))

    assert client.closed_with(Reason.TOPIC_NAME_INVALID)


# Reserved topics


def test_a_message_to_a_reserved_topic_is_handed_to_the_account() -> None:
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("$aws/things/t/shadow/update", b"{}", qos=1)
    assert publisher.one() == Puback(7)
    (message,) = lab.account.handled
    assert (message.topic, message.payload) == ("$aws/things/t/shadow/update", b"{}")


def test_the_account_may_answer_within_the_same_call() -> None:
    lab = Lab()
    answer = Message("$aws/things/t/shadow/update/accepted", b"{}")

    def handle(message: Publish) -> None:
        lab.broker.publish(answer)

    lab.account.on_handle = handle
    client = lab.client("device")
    client.subscribe("$aws/things/t/shadow/update/accepted")
    client.publish("$aws/things/t/shadow/update", b"{}", qos=1)
    assert client.read() == [Puback(7), Publish("$aws/things/t/shadow/update/accepted", b"{}")]
    assert len(client.wire.written) == 3


@pytest.mark.parametrize("topic", ["$aws/things/t/shadow/other", "$SYS/broker", "$x"])
@VERSIONS
def test_other_reserved_topics_end_the_connection(version: int, topic: str) -> None:
    """ "Unsupported publish or subscribe operations to reserved topics can result in a terminated
    connection":
    https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html"""
    lab = Lab()
    publisher = lab.client("publisher", version)
    publisher.publish("$aws/things/t/shadow/update", qos=1)
    assert publisher.one() == Puback(7)

    publisher.publish(topic, qos=1)

    assert publisher.closed_with(Reason.TOPIC_NAME_INVALID)


def test_no_message_is_retained_on_a_reserved_topic() -> None:
    """ "You can't publish to a reserved topic with the RETAIN flag set"."""
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("$aws/things/t/shadow/update", qos=1)
    assert publisher.one() == Puback(7)

    publisher.publish("$aws/things/t/shadow/update", qos=1, retain=True)

    assert publisher.wire.closed
    assert len(lab.account.handled) == 1


def test_who_may_not_publish_to_a_reserved_topic_is_not_heard() -> None:
    lab = Lab()
    lab.account.denied.add(("Publish", "$aws/things/t/shadow/update"))
    publisher = lab.client("publisher")
    publisher.publish("$aws/things/t/shadow/update", qos=1)
    assert publisher.wire.closed
    assert lab.account.handled == []


# The account's own messages


def test_the_account_publishes_and_learns_how_many_get_it() -> None:
    lab = Lab()
    first = lab.subscriber("a/#")
    second = lab.client("second")
    second.subscribe("a/b", "a/+")
    assert lab.broker.publish(Message("a/b", b"hello")) == 2
    assert lab.broker.publish(Message("b", b"hello")) == 0
    assert first.published() == [("a/b", b"hello")]
    assert second.published() == [("a/b", b"hello")]
    assert ("Publish", "a/b") not in lab.account.asked


# MQTT 5's properties

FORWARDED = {
    Property.PAYLOAD_FORMAT_INDICATOR: 1,
    Property.CONTENT_TYPE: "text/plain",
    Property.RESPONSE_TOPIC: "answers",
    Property.CORRELATION_DATA: b"\x01\x02",
    Property.USER_PROPERTY: (("b", "1"), ("a", "2"), ("b", "3")),
}


@pytest.mark.parametrize("qos", [0, 1])
def test_properties_are_forwarded(qos: int) -> None:
    """Payload format, content type, request/response and user properties "in the same order"."""
    lab = Lab()
    subscriber = lab.subscriber("a", qos=qos, version=V5)
    lab.client("publisher", V5).publish("a", qos=qos, properties=FORWARDED)
    (message,) = subscriber.messages()
    assert message.properties == FORWARDED


def test_an_mqtt_311_subscriber_gets_the_message_without_properties() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a")
    lab.client("publisher", V5).publish("a", properties=FORWARDED)
    assert subscriber.published() == [("a", b"hello")]


def test_a_response_topic_has_no_wildcards() -> None:
    """ "The topic must not have wildcard characters" (MQTT 5 properties)."""
    lab = Lab()
    publisher = lab.client("publisher", V5)
    publisher.link.received(Publish("a", b"", properties={Property.RESPONSE_TOPIC: "answers"}))
    assert not publisher.wire.closed
    publisher.link.received(Publish("a", b"", properties={Property.RESPONSE_TOPIC: "answers/#"}))
    assert publisher.wire.closed


def test_a_client_gives_no_subscription_identifier() -> None:
    """[MQTT-3.3.4-6]"""
    lab = Lab()
    publisher = lab.client("publisher", V5)
    publisher.publish("a", qos=1, properties={Property.CONTENT_TYPE: "text/plain"})
    assert publisher.one() == Puback(7)
    publisher.publish("a", properties={Property.SUBSCRIPTION_IDENTIFIER: (1,)})
    assert publisher.closed_with(Reason.PROTOCOL_ERROR)


def test_a_topic_alias_stands_for_the_topic_it_was_given() -> None:
    lab = Lab()
    subscriber = lab.subscriber("#", version=V5)
    publisher = lab.client("publisher", V5)
    publisher.publish("a/b", b"1", properties={Property.TOPIC_ALIAS: 8})
    publisher.publish("", b"2", properties={Property.TOPIC_ALIAS: 8})
    publisher.publish("c", b"3", properties={Property.TOPIC_ALIAS: 8})
    publisher.publish("", b"4", properties={Property.TOPIC_ALIAS: 8})

    messages = subscriber.messages()

    assert [message.topic for message in messages] == ["a/b", "a/b", "c", "c"]
    assert not any(message.properties for message in messages)


@pytest.mark.parametrize(
    "alias, topic, reason", [(9, "a", Reason.TOPIC_ALIAS_INVALID), (2, "", Reason.PROTOCOL_ERROR)]
)
def test_a_topic_alias_that_cannot_be_ends_the_connection(alias: int, topic: str, reason: Reason) -> None:
    """ "AWS IoT Core has a default limit of 8 topic aliases"; 0x94 in the table of DISCONNECT codes."""
    lab = Lab()
    publisher = lab.client("publisher", V5)
    publisher.publish("a", qos=1, properties={Property.TOPIC_ALIAS: 1})
    assert publisher.one() == Puback(7)

    publisher.publish(topic, properties={Property.TOPIC_ALIAS: alias})

    assert publisher.closed_with(reason)


@pytest.mark.unconfirmed
@pytest.mark.parametrize("qos", [0, 1])
def test_a_client_that_takes_topic_aliases_gets_them(qos: int) -> None:
    """Topic Alias Maximum of CONNECT is in AWS's list; whether AWS then uses aliases is not documented."""
    lab = Lab()
    subscriber = lab.client("subscriber", V5, properties={Property.TOPIC_ALIAS_MAXIMUM: 2})
    subscriber.subscribe("#", qos=qos)
    publisher = lab.client("publisher")
    for topic in ("a", "a", "b", "c", "b"):
        publisher.publish(topic, qos=qos)

    messages = subscriber.messages()

    aliases = [(message.topic, message.properties.get(Property.TOPIC_ALIAS)) for message in messages]
    assert aliases == [("a", 1), ("", 1), ("b", 2), ("c", None), ("", 2)]


def test_a_message_expires() -> None:
    """ "If an inbound publish message has a message expire of 30 seconds, and it's routed to the subscriber
    after 20 seconds, the message expiry field will be updated to 10": mqtt.html#mqtt5-message-expiry."""
    lab = Lab()
    away = {"clean_start": False, "properties": {Property.SESSION_EXPIRY_INTERVAL: 3600}}
    subscriber = lab.client("subscriber", V5, **away)
    subscriber.subscribe("a", qos=1)
    subscriber.link.lost()
    publisher = lab.client("publisher", V5)
    publisher.publish("a", b"long", qos=1, properties={Property.MESSAGE_EXPIRY_INTERVAL: 30})
    publisher.publish("a", b"short", qos=1, properties={Property.MESSAGE_EXPIRY_INTERVAL: 20})
    lab.wait(20)

    again = lab.client("subscriber", V5, **away)

    (message,) = again.messages()
    assert message.payload == b"long"
    assert message.properties == {Property.MESSAGE_EXPIRY_INTERVAL: 10}


@pytest.mark.parametrize("asked, granted", [(0, 1), (30, 30), (604_800, 604_800), (700_000, 604_800)])
def test_a_message_lives_between_a_second_and_seven_days(asked: int, granted: int) -> None:
    """ "The minimum MEI is 1 … The maximum message expiry interval is 604800"."""
    lab = Lab()
    subscriber = lab.subscriber("a", version=V5)
    lab.client("publisher", V5).publish("a", properties={Property.MESSAGE_EXPIRY_INTERVAL: asked})
    (message,) = subscriber.messages()
    assert message.properties[Property.MESSAGE_EXPIRY_INTERVAL] == granted


def test_nothing_larger_than_it_takes_is_sent_to_a_client() -> None:
    """Maximum Packet Size, [MQTT-3.1.2-24]; "Client and Server can independently specify the maximum packet
    size that they support"."""
    lab = Lab()
    subscriber = lab.client("subscriber", V5, properties={Property.MAXIMUM_PACKET_SIZE: 60})
    subscriber.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    for size in (40, 70, 41):
        publisher.publish("a", b"x" * size, qos=1)
        publisher.publish("a", b"x" * size)
    messages = subscriber.messages()
    assert [len(message.payload) for message in messages] == [40, 40, 41, 41]


def test_one_feed_is_answered_in_one_piece_for_each_client() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a", qos=1)
    publisher = lab.client("publisher")
    before = len(subscriber.wire.written), len(publisher.wire.written)
    packets: list[Packet] = [Publish("a", b"x", 1, packet_id=number) for number in range(1, 51)]
    publisher.link.feed(b"".join(encode(packet, V311) for packet in packets))

    assert len(subscriber.messages()) == 50
    assert publisher.read() == [Puback(number) for number in range(1, 51)]
    assert (len(subscriber.wire.written), len(publisher.wire.written)) == (before[0] + 1, before[1] + 1)


def test_publishes_above_the_quota_are_discarded_where_it_is_set() -> None:
    """The quota "Publish requests per second per connection": those that exceed it are discarded."""
    lab = Lab(publishes_a_second=2)
    subscriber = lab.subscriber("a")
    publisher = lab.client("publisher")
    for number in range(3):
        publisher.publish("a", b"%d" % number, qos=1)
    assert publisher.read() == [Puback(7), Puback(7)]
    assert [payload for _, payload in subscriber.published()] == [b"0", b"1"]
    lab.seconds += 1
    publisher.publish("a", b"3", qos=1)
    assert publisher.read() == [Puback(7)]
    newer = lab.client("newer", V5)
    for _ in range(3):
        newer.publish("a", qos=1)
    assert newer.read() == [Puback(7), Puback(7), Puback(7, Reason.QUOTA_EXCEEDED)]
