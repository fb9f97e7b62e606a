"""A client that is slow, silent or hostile costs the others nothing."""

from __future__ import annotations

from labkit.local.mqtt.packets import V311, Connect, Publish
from labkit.local.mqtt.subscriptions import Subscriptions
from tests.unit.mqtt.stand_ins import Client, Lab


def slow(lab: Lab, qos: int, version: int = V311) -> Client:
    """A subscriber that has not taken what was sent to it."""
    client = lab.client("slow", version)
    client.subscribe("a", qos=qos)
    client.wire.backlog = lab.limits.backlog + 1
    return client


def test_qos_0_is_dropped_for_who_does_not_take_it() -> None:
    lab = Lab()
    client, other = slow(lab, 0), lab.subscriber("a")
    publisher = lab.client("publisher")
    publisher.publish("a", b"1")
    client.wire.backlog = 0
    publisher.publish("a", b"2")
    assert client.published() == [("a", b"2")]
    assert other.published() == [("a", b"1"), ("a", b"2")]


def test_qos_1_waits_for_who_does_not_take_it() -> None:
    lab = Lab()
    client, other = slow(lab, 1), lab.subscriber("a", qos=1)
    publisher = lab.client("publisher")
    for number in range(3):
        publisher.publish("a", b"%d" % number, qos=1)
    assert client.published() == []
    assert len(other.published()) == 3

    client.wire.backlog = 0
    client.link.writable()

    assert [payload for _, payload in client.published()] == [b"0", b"1", b"2"]


def test_what_waits_goes_out_at_the_next_tick_at_the_latest() -> None:
    lab = Lab()
    client = slow(lab, 1)
    lab.client("publisher").publish("a", qos=1)
    client.wire.backlog = 0
    lab.wait(1)
    assert client.published() == [("a", b"hello")]


def test_a_client_that_takes_nothing_for_some_seconds_is_dropped() -> None:
    lab = Lab()
    client, other = slow(lab, 1), lab.subscriber("a")
    lab.wait(1)
    lab.wait(4)
    assert not client.wire.closed
    lab.wait(1)
    assert client.wire.closed
    assert lab.ended("slow") == [("CONNECTION_LOST", False)]
    assert not other.wire.closed


def test_a_client_that_takes_some_of_it_stays() -> None:
    lab = Lab()
    client = slow(lab, 1)
    client.wire.backlog = 10 * lab.limits.backlog
    for _ in range(10):
        lab.wait(3)
        client.wire.backlog -= 100_000
    assert not client.wire.closed


def test_what_one_feed_causes_is_bounded_as_well() -> None:
    lab = Lab(backlog=10_000)
    client = lab.subscriber("a")
    publisher = lab.client("publisher")
    lab.broker.enter()
    for _ in range(100):
        publisher.link.received(Publish("a", b"x" * 1000))
    lab.broker.leave()
    assert len(client.published()) == 10


def test_ever_new_topics_take_up_no_more_memory() -> None:
    lab = Lab()
    publisher = lab.client("publisher")
    for number in range(3 * Subscriptions.REMEMBERED):
        publisher.link.received(Publish(f"t/{number}", b""))
    assert lab.broker.subscriptions.remembered <= Subscriptions.REMEMBERED
    subscriber = lab.subscriber("t/1")
    publisher.publish("t/1")
    assert subscriber.published() == [("t/1", b"hello")]


def test_a_packet_that_is_too_large_is_not_waited_for() -> None:
    lab = Lab()
    client = lab.open()
    client.link.feed(b"\x10\xff\x7f" + b"x" * 100)
    assert not client.wire.closed
    other = lab.open()
    other.link.feed(b"\x10\xff\xff\x7f" + b"x" * 100)
    assert other.wire.closed


def test_an_ended_connection_is_deaf() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a")
    client = lab.client("phone")
    client.publish("a")
    assert subscriber.published() == [("a", b"hello")]
    client.link.lost()
    client.publish("a")
    client.link.received(Connect(V311, "phone"))
    client.link.writable()
    client.link.lost()
    assert subscriber.published() == []
    assert len(lab.ended("phone")) == 1


def test_overlapping_wildcards_bring_each_client_one_message() -> None:
    """As many filters as clients may have that match one topic in different ways."""
    lab = Lab()
    clients = [lab.client(f"c{number}") for number in range(40)]
    for number, client in enumerate(clients):
        levels = ["+" if number >> level & 1 else "a" for level in range(8)]
        for depth in range(1, 8):
            client.subscribe("/".join([*levels[:depth], "#"]))
        client.subscribe("/".join(levels))
    lab.client("publisher").publish("/".join("a" * 8))
    assert all(len(client.published()) == 1 for client in clients)
