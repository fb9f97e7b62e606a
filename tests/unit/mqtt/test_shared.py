"""Shared subscriptions:
https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-shared-subscription
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from labkit.local.mqtt.packets import (
    NONE,
    V5,
    V311,
    Disconnect,
    Property,
    Reason,
    Suback,
    Subscribe,
    Subscription,
)
from tests.unit.mqtt.stand_ins import Client, Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


def worker(lab: Lab, name: str, filter_: str = "$share/workers/jobs", qos: int = 1, **fields: Any) -> Client:
    client = lab.client(name, **fields)
    assert client.subscribe(filter_, qos=qos) == Suback(1, (qos,))
    return client


def persistent(version: int) -> dict[str, Any]:
    properties = {Property.SESSION_EXPIRY_INTERVAL: 3600} if version == V5 else NONE
    return {"clean_start": False, "version": version, "properties": properties}


@VERSIONS
def test_one_of_the_group_gets_each_message(version: int) -> None:
    """ "Shared subscriptions for both MQTT 3.1.1 and MQTT 5 … only one client will receive messages
    published to that topic using a random distribution"."""
    lab = Lab()
    workers = [worker(lab, name, version=version) for name in ("one", "two", "three")]
    everyone = lab.subscriber("jobs")
    publisher = lab.client("publisher")
    for number in range(30):
        publisher.publish("jobs", b"%d" % number, qos=1)

    shares = [[payload for _, payload in each.published()] for each in workers]

    assert sorted(chain.from_iterable(shares), key=int) == [b"%d" % number for number in range(30)]
    assert all(shares)
    assert len(everyone.published()) == 30


def test_groups_differ_by_name_and_by_filter() -> None:
    """ "The message broker copies the publishing message and sends it to a random client in each matching
    shared subscription": AWS's example of sports/tennis."""
    lab = Lab()
    filters = (
        "$share/consumer1/sports/tennis",
        "$share/consumer1/sports/#",
        "$share/consumer2/sports/tennis",
    )
    groups = [
        [worker(lab, f"{number}-{filter_[7:16]}-{filter_[-1:]}", filter_) for number in (1, 2)]
        for filter_ in filters
    ]
    lab.client("publisher").publish("sports/tennis")
    for group in groups:
        assert sum(len(client.published()) for client in group) == 1


@pytest.mark.unconfirmed
@VERSIONS
def test_the_policy_is_asked_about_the_filter_with_its_group(version: int) -> None:
    """`topicfilter/$share/*/test/topic` in the policy of AWS's sample, whose members subscribe to this alone:
    https://github.com/aws/aws-iot-device-sdk-python-v2/blob/main/samples/mqtt5_shared_subscription.md"""
    lab = Lab()
    lab.account.denied.add(("Subscribe", "jobs"))
    worker(lab, "one", version=version)
    lab.account.denied.add(("Subscribe", "$share/workers/jobs"))
    other = lab.client("two", version)
    other.send(Subscribe(1, (Subscription("$share/workers/jobs"),)))
    if version == V5:
        assert other.one() == Suback(1, (Reason.NOT_AUTHORIZED,))
    else:
        assert other.wire.closed


def test_its_two_slashes_do_not_count() -> None:
    """ "The two required slashes … are not included in the Maximum number of slashes"; "The maximum size for
    {ShareName} is 128 UTF-8 characters"."""
    lab = Lab()
    client = lab.client("one", V5)
    answer = client.subscribe(
        "$share/g/" + "/" * 7, "$share/g/" + "/" * 8, f"$share/{'g' * 128}/a", f"$share/{'g' * 129}/a"
    )
    assert answer == Suback(1, (0, 0x8F, 0, 0x8F))


def test_a_shared_subscription_gets_no_retained_message() -> None:
    """ "Messages that … have the RETAIN flag set are delivered to shared subscribers like any other"."""
    lab = Lab()
    publisher = lab.client("publisher")
    publisher.publish("jobs", b"kept", retain=True)
    one = worker(lab, "one")
    assert one.published() == []
    publisher.publish("jobs", b"new", retain=True)
    assert one.published() == [("jobs", b"new")]


def test_a_shared_subscription_cannot_have_no_local() -> None:
    """[MQTT-3.8.3-4]"""
    lab = Lab()
    client = lab.client("one", V5)
    assert client.subscribe("a", no_local=True) == Suback(1, (0,))
    client.link.received(Subscribe(1, (Subscription("$share/workers/jobs", no_local=True),)))
    assert client.wire.closed
    goodbye = client.one()
    assert isinstance(goodbye, Disconnect)
    assert goodbye.reason == Reason.PROTOCOL_ERROR


def test_a_member_that_leaves_gets_nothing_more() -> None:
    lab = Lab()
    one, two = worker(lab, "one"), worker(lab, "two")
    one.unsubscribe("$share/workers/jobs")
    publisher = lab.client("publisher")
    for _ in range(5):
        publisher.publish("jobs")
    assert (len(one.published()), len(two.published())) == (0, 5)
    two.link.lost()
    publisher.publish("jobs", qos=1)
    assert lab.broker.subscriptions.empty


def test_who_may_not_receive_it_is_passed_over() -> None:
    lab = Lab()
    lab.account.denied.add(("Receive", "$share/workers/jobs"))
    one = worker(lab, "one")
    publisher = lab.client("publisher")
    publisher.publish("jobs", qos=1)
    assert one.published() == []
    lab.account.denied.clear()
    publisher.publish("jobs", qos=1)
    assert one.published() == [("jobs", b"hello")]


@VERSIONS
def test_messages_are_queued_while_all_members_are_away(version: int) -> None:
    """ "When a shared subscription group contains at least one member with a persistent session, the queuing
    feature is enabled for the group … QoS 1 messages are queued when no members are found online"."""
    lab = Lab()
    worker(lab, "one", **persistent(version)).link.lost()
    publisher = lab.client("publisher")
    publisher.publish("jobs", b"kept", qos=1)
    publisher.publish("jobs", b"lost")

    again = lab.client("one", **persistent(version))

    assert again.published() == [("jobs", b"kept")]
    lab.wait(1)
    assert again.published() == []


def test_online_members_are_preferred() -> None:
    lab = Lab()
    worker(lab, "one", **persistent(V5)).link.lost()
    two = worker(lab, "two")
    publisher = lab.client("publisher")
    for _ in range(5):
        publisher.publish("jobs", qos=1)
    assert len(two.published()) == 5


def test_nothing_is_queued_for_clean_sessions() -> None:
    lab = Lab()
    worker(lab, "one").link.lost()
    publisher = lab.client("publisher")
    publisher.publish("jobs", qos=1)
    one = worker(lab, "one")
    publisher.publish("jobs", b"now", qos=1)
    lab.wait(1)
    assert one.published() == [("jobs", b"now")]


def test_a_new_member_gets_what_was_queued_at_20_a_second() -> None:
    """ "Queued messages are delivered when either existing members resume their persistent sessions, or new
    members join the group … at up to 20 queued messages per second per active group subscriber"."""
    lab = Lab()
    worker(lab, "one", **persistent(V5)).link.lost()
    publisher = lab.client("publisher")
    for number in range(50):
        publisher.publish("jobs", b"%d" % number, qos=1)

    two = worker(lab, "two")

    counts = []
    for _ in range(4):
        lab.wait(1)
        counts.append(len(two.published()))
    assert counts == [20, 20, 10, 0]


def test_queued_messages_expire() -> None:
    """ "Queued message retention follows the Persistent Session expiry period … if a Message Expiry
    Interval is set in the inbound publish message, the MEI takes precedence"."""
    lab = Lab(session_expiry=1000)
    worker(lab, "one", **persistent(V5)).link.lost()
    publisher = lab.client("publisher", V5)
    publisher.publish("jobs", b"short", qos=1, properties={Property.MESSAGE_EXPIRY_INTERVAL: 100})
    publisher.publish("jobs", b"usual", qos=1)
    lab.wait(500)
    assert lab.client("one", **persistent(V5)).published() == [("jobs", b"usual")]


@pytest.mark.unconfirmed
def test_a_queue_holds_only_so_much() -> None:
    """ "Only the messages that were already queued before reaching the limit are retained"; the quota's
    value is not documented where we could read it."""
    lab = Lab(queued_messages=2)
    worker(lab, "one", **persistent(V5)).link.lost()
    publisher = lab.client("publisher")
    for number in range(4):
        publisher.publish("jobs", b"%d" % number, qos=1)
    assert lab.client("one", **persistent(V5)).published() == [("jobs", b"0"), ("jobs", b"1")]


@pytest.mark.unconfirmed
def test_what_a_lost_member_left_unacknowledged_goes_to_another() -> None:
    """AWS says so of groups in which all are disconnected; MQTT 5, 4.8.2 leaves it open."""
    lab = Lab()
    one = worker(lab, "one")
    lab.client("publisher").publish("jobs", qos=1)
    assert len(one.published()) == 1
    two = worker(lab, "two")
    one.link.lost()
    assert two.published() == [("jobs", b"hello")]
