"""Persistent sessions and unacknowledged messages:
https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-persistent-sessions
"""

from __future__ import annotations

from typing import Any

import pytest

from labkit.local.mqtt.packets import (
    NONE,
    V5,
    V311,
    Connack,
    Connect,
    Disconnect,
    Property,
    Puback,
    Publish,
    Reason,
)
from tests.unit.mqtt.stand_ins import Client, Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


def persistent(version: int, seconds: int = 3600) -> dict[str, Any]:
    """The CONNECT of a client that wants its session back."""
    properties = {Property.SESSION_EXPIRY_INTERVAL: seconds} if version == V5 else NONE
    return {"clean_start": False, "properties": properties}


def away(lab: Lab, version: int, *filters: str) -> Client:
    """A publisher, while a client with a persistent session is away."""
    client = lab.client("phone", version, **persistent(version))
    client.subscribe(*filters, qos=1)
    client.link.lost()
    return lab.client("publisher", version)


def back(lab: Lab, version: int) -> tuple[bool, Client]:
    """Whether it found its session, and the client."""
    client = lab.open(version)
    answer = client.connect("phone", **persistent(version))
    assert isinstance(answer, Connack)
    return answer.session_present, client


@VERSIONS
def test_a_session_keeps_subscriptions_and_qos_1_messages(version: int) -> None:
    lab = Lab()
    publisher = away(lab, version, "a", "b")
    publisher.publish("a", b"kept", qos=1)
    publisher.publish("b", b"lost")

    present, phone = back(lab, version)

    assert present
    messages = phone.messages()
    assert [message.payload for message in messages] == [b"kept"]
    phone.acknowledge(*messages)
    publisher.publish("b", b"now")
    assert phone.published() == [("b", b"now")]


@VERSIONS
def test_a_clean_session_is_gone_with_its_connection(version: int) -> None:
    lab = Lab()
    lab.client("phone", version).subscribe("a", qos=1)
    lab.broker.connections["phone"].lost()
    publisher = lab.client("publisher", version)
    publisher.publish("a", qos=1)
    assert publisher.read() == [Puback(7)]
    present, phone = back(lab, version)
    assert not present
    assert phone.read() == []


@VERSIONS
def test_a_clean_start_ends_the_session_before(version: int) -> None:
    lab = Lab()
    away(lab, version, "a").publish("a", qos=1)
    answer = lab.open(version).connect("phone", clean_start=True)
    assert isinstance(answer, Connack)
    assert not answer.session_present
    lab.broker.connections["phone"].lost()
    assert not back(lab, version)[0]


@VERSIONS
def test_a_session_expires_an_hour_after_its_client_left(version: int) -> None:
    """The quota "Persistent session expiry period": 1 hour by default."""
    lab = Lab()
    publisher = away(lab, version, "a")
    publisher.publish("a", b"kept", qos=1)
    lab.seconds += 3599
    present, phone = back(lab, version)
    assert present
    assert phone.published() == [("a", b"kept")]

    phone.link.lost()
    lab.seconds += 3600

    present, phone = back(lab, version)
    assert not present
    assert phone.read() == []


def test_an_expired_session_leaves_nothing_behind() -> None:
    lab = Lab()
    away(lab, V311, "a").link.lost()
    assert not lab.broker.subscriptions.empty
    assert lab.wait(3600) is None
    assert lab.broker.subscriptions.empty


@pytest.mark.parametrize("asked, granted", [(60, 60), (3600, 3600), (604_800, 3600), (0xFFFFFFFF, 3600)])
def test_the_longest_session_is_the_accounts(asked: int, granted: int) -> None:
    """ "AWS IoT Core supports a maximum of 7 days, with a default maximum of one hour. If the value you set
    exceeds the maximum of your account, AWS IoT Core will return the adjusted value in the CONNACK"."""
    lab = Lab()
    answer = lab.open(V5).connect("phone", properties={Property.SESSION_EXPIRY_INTERVAL: asked})
    assert isinstance(answer, Connack)
    assert answer.properties[Property.SESSION_EXPIRY_INTERVAL] == granted
    lab.broker.connections["phone"].lost()
    lab.seconds += granted - 1
    assert back(lab, V5)[0]


def test_an_account_may_have_longer_sessions() -> None:
    lab = Lab(session_expiry=604_800)
    answer = lab.open(V5).connect("phone", properties={Property.SESSION_EXPIRY_INTERVAL: 604_800})
    assert isinstance(answer, Connack)
    assert answer.properties[Property.SESSION_EXPIRY_INTERVAL] == 604_800


def test_no_session_expiry_interval_means_no_session() -> None:
    """ "If the Session Expiry Interval is not specified in the CONNECT message, the default is 0"."""
    lab = Lab()
    lab.client("phone", V5, clean_start=False).link.lost()
    assert not back(lab, V5)[0]


@pytest.mark.parametrize("before, after", [(V311, V5), (V5, V311)])
def test_a_session_is_not_resumed_by_another_version(before: int, after: int) -> None:
    """ "An MQTT 3 persistent session can't be resumed as an MQTT 5 session, and vice versa"."""
    lab = Lab()
    away(lab, before, "a").publish("a", qos=1)
    present, phone = back(lab, after)
    assert not present
    assert phone.read() == []


@pytest.mark.parametrize("seconds, kept", [(0, False), (60, True)])
def test_disconnect_may_change_how_long_the_session_lasts(seconds: int, kept: bool) -> None:
    """ "Session Expiry Interval on DISCONNECT packet"."""
    lab = Lab()
    phone = lab.client("phone", V5, **persistent(V5))
    phone.send(Disconnect(Reason.SUCCESS, {Property.SESSION_EXPIRY_INTERVAL: seconds}))
    assert lab.ended("phone") == [("CLIENT_INITIATED_DISCONNECT", True)]
    lab.seconds += 59
    present, phone = back(lab, V5)
    assert present == kept


def test_disconnect_cannot_make_a_session_persistent() -> None:
    """ "If the current session has a Session Expiry Interval of 0, you can't set Session Expiry Interval to
    greater than 0 on the DISCONNECT packet"; MQTT 5, 3.14.2.2.2: a Protocol Error."""
    lab = Lab()
    phone = lab.client("phone", V5)
    phone.send(Disconnect(Reason.SUCCESS, {Property.SESSION_EXPIRY_INTERVAL: 60}))
    assert lab.ended("phone") == [("CLIENT_ERROR", False)]
    assert not back(lab, V5)[0]


@VERSIONS
def test_what_was_not_acknowledged_is_sent_again_to_the_resumed_session(version: int) -> None:
    """ "Unacknowledged subscribed messages received and stored prior to the reconnection are sent to the
    client"; "The MQTT DUP flag is not supported"."""
    lab = Lab()
    phone = lab.client("phone", version, **persistent(version))
    phone.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    for number in range(3):
        publisher.publish("a", b"%d" % number, qos=1)
    first, second, third = phone.messages()
    phone.acknowledge(second)
    phone.link.lost()

    present, phone = back(lab, version)

    assert present
    again = phone.messages()
    assert again == [first, third]
    assert not any(message.dup for message in again)
    phone.acknowledge(*again)
    phone.link.lost()
    assert back(lab, version)[1].read() == []


def test_stored_messages_come_ten_a_second() -> None:
    """ "All stored messages are sent to the client at a maximum rate of 10 messages per second", "along
    with any current message traffic"."""
    lab = Lab()
    publisher = away(lab, V5, "a")
    for number in range(25):
        publisher.publish("a", b"%d" % number, qos=1)

    _, phone = back(lab, V5)

    assert len(phone.messages()) == 10
    publisher.publish("a", b"live", qos=1)
    assert phone.published() == [("a", b"live")]
    for _ in range(3):  # however often somebody looks at the clock
        lab.wait(0.25)
        assert phone.read() == []
    lab.wait(0.25)
    assert [payload for _, payload in phone.published()] == [b"%d" % number for number in range(10, 20)]
    lab.wait(1)
    assert len(phone.messages()) == 5
    lab.wait(1)
    assert phone.read() == []


def test_a_late_puback_counts_for_what_was_not_sent_again_yet() -> None:
    lab = Lab()
    phone = lab.client("phone", V311, **persistent(V311))
    phone.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    for number in range(13):
        publisher.publish("a", b"%d" % number, qos=1)
    messages = phone.messages()
    phone.link.lost()
    _, phone = back(lab, V311)
    assert phone.messages() == messages[:10]

    phone.acknowledge(messages[10], *messages[:9])
    lab.wait(1)

    assert phone.messages() == messages[11:]


def test_what_expired_is_not_sent_again() -> None:
    """ "Situations such as when a device is not pubacking their QoS 1 messages" (message expiry)."""
    lab = Lab()
    phone = lab.client("phone", V311, **persistent(V311))
    phone.subscribe("a", qos=1)
    publisher = lab.client("publisher", V5)
    publisher.publish("a", b"short", qos=1, properties={Property.MESSAGE_EXPIRY_INTERVAL: 10})
    publisher.publish("a", b"long", qos=1, properties={Property.MESSAGE_EXPIRY_INTERVAL: 100})
    assert len(phone.messages()) == 2
    phone.link.lost()
    lab.seconds += 20
    assert back(lab, V311)[1].published() == [("a", b"long")]


def test_receive_is_asked_when_a_stored_message_is_sent() -> None:
    lab = Lab()
    publisher = away(lab, V311, "a", "b")
    publisher.publish("a", qos=1)
    publisher.publish("b", qos=1)
    lab.account.denied.add(("Receive", "a"))
    assert back(lab, V311)[1].published() == [("b", b"hello")]


@pytest.mark.unconfirmed
def test_no_more_is_stored_than_fits() -> None:
    """ "Messages that exceed the limit will be dropped"; how many an account may store is not documented."""
    lab = Lab(queued_messages=3, queued_bytes=100)
    publisher = away(lab, V311, "#")
    for number in range(5):
        publisher.publish("a", b"%d" % number, qos=1)
    _, phone = back(lab, V311)
    assert [payload for _, payload in phone.published()] == [b"0", b"1", b"2"]

    phone.link.lost()
    lab.wait(3600)
    publisher = away(lab, V311, "#")
    for size in (80, 80, 10):
        publisher.publish("a", b"x" * size, qos=1)
    assert [len(payload) for _, payload in back(lab, V311)[1].published()] == [80, 10]


def test_who_leaves_much_unacknowledged_does_not_keep_others_from_their_messages() -> None:
    lab = Lab(queued_bytes=100)
    greedy, modest = lab.subscriber("a", qos=1), lab.client("modest")
    modest.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    for number in range(3):
        publisher.publish("a", b"%d" % number * 60, qos=1)
        modest.acknowledge(*(messages := modest.messages()))
        assert len(messages) == 1
    assert len(greedy.messages()) < 3


# Acknowledgements within one connection


@pytest.mark.parametrize("receive_maximum, window", [(None, 100), (5, 5), (500, 100)])
def test_no_more_than_the_window_is_unacknowledged(receive_maximum: int | None, window: int) -> None:
    """The quota "Maximum outbound unacknowledged QoS 1 publish requests": 100; Receive Maximum of CONNECT."""
    lab = Lab()
    properties = NONE if receive_maximum is None else {Property.RECEIVE_MAXIMUM: receive_maximum}
    phone = lab.client("phone", V5, properties=properties)
    phone.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    for number in range(120):
        publisher.publish("a", b"%d" % number, qos=1)
    messages = phone.messages()
    assert len(messages) == window

    phone.acknowledge(*messages[:3])

    following = phone.messages()
    assert [message.payload for message in following] == [b"%d" % (window + more) for more in range(3)]
    assert not {message.packet_id for message in following} & {message.packet_id for message in messages[3:]}


def test_qos_0_does_not_wait_for_acknowledgements() -> None:
    lab = Lab()
    phone = lab.client("phone", V5, properties={Property.RECEIVE_MAXIMUM: 1})
    phone.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    publisher.publish("a", b"1", qos=1)
    publisher.publish("a", b"2", qos=1)
    publisher.publish("a", b"3")
    assert [payload for _, payload in phone.published()] == [b"1", b"3"]


def test_a_puback_for_nothing_is_ignored() -> None:
    lab = Lab()
    phone = lab.subscriber("a", qos=1)
    phone.send(Puback(500))
    lab.client("publisher").publish("a", qos=1)
    assert phone.published() == [("a", b"hello")]
    assert not phone.wire.closed


def test_packet_identifiers_start_over_and_skip_those_in_use() -> None:
    lab = Lab()
    phone = lab.subscriber("a", qos=1)
    publisher = lab.client("publisher")
    publisher.publish("a", b"slow", qos=1)
    (slow,) = phone.messages()
    for _ in range(65_535):
        publisher.link.received(Publish("a", b"", 1, packet_id=1))
        assert phone.link.session is not None
        phone.link.session.acknowledged(phone.link.session.last_id)
    publisher.publish("a", b"next", qos=1)
    following = phone.messages()[-1]
    assert following.payload == b"next"
    assert following.packet_id != slow.packet_id


@pytest.mark.unconfirmed
def test_an_mqtt_311_client_is_sent_again_what_it_leaves_unacknowledged() -> None:
    """ "AWS IoT Core retries delivery of unacknowledged quality of service 1 (QoS 1) publish requests to
    a client for up to one hour", then "it drops the publish requests". How often is not documented."""
    lab = Lab()
    phone = lab.client("phone", V311, keep_alive=1200, **persistent(V311))
    phone.subscribe("a", qos=1)
    lab.client("publisher").publish("a", qos=1)
    (message,) = phone.messages()
    lab.wait(29)
    assert phone.read() == []
    lab.wait(1)
    assert phone.messages() == [message]

    for _ in range(4):
        phone.send(Puback(999))
        lab.wait(1000)
    phone.read()
    phone.link.lost()

    assert back(lab, V311)[1].read() == []


def test_an_mqtt_5_client_is_sent_nothing_again_within_one_connection() -> None:
    """[MQTT-4.4.0-1]"""
    lab = Lab()
    phone = lab.subscriber("a", qos=1, version=V5)
    lab.client("publisher").publish("a", qos=1)
    assert len(phone.messages()) == 1
    lab.wait(60)
    assert phone.read() == []


def test_a_taken_over_session_goes_on() -> None:
    lab = Lab()
    phone = lab.client("phone", V5, **persistent(V5))
    phone.subscribe("a", qos=1)
    publisher = lab.client("publisher")
    publisher.publish("a", b"1", qos=1)
    (message,) = phone.messages()

    present, again = back(lab, V5)

    assert present
    assert phone.wire.closed
    assert again.messages() == [message]
    publisher.publish("a", b"2", qos=1)
    assert again.published() == [("a", b"2")]


@pytest.mark.unconfirmed
def test_there_is_room_for_only_so_many_sessions() -> None:
    lab = Lab(sessions=1)
    lab.client("phone", V5)
    lab.client("phone", V5)
    assert lab.open(V5).connect("tablet") == Connack(False, Reason.QUOTA_EXCEEDED)
    older = lab.open(V311)
    older.send(Connect(V311, "tablet"))
    assert older.wire.closed
