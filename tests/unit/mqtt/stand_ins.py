"""What stands in for the account, the clock and the sockets around a broker, and a client of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.local.mqtt.broker import Broker
from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.contract import Link
from labkit.local.mqtt.limits import LIMITS, Limits
from labkit.local.mqtt.packets import (
    NONE,
    V5,
    V311,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Properties,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsubscribe,
)


class Wire:
    """A socket that remembers what was written to it; `backlog` is what its client has not taken."""

    def __init__(self) -> None:
        self.backlog = 0
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


class Account:
    """Allows everything but what is in `denied`, as `("Publish", "a/b")`, and remembers what it was told."""

    def __init__(self) -> None:
        self.denied: set[tuple[str, str]] = set()
        self.asked: list[tuple[str, str]] = []
        self.events: list[tuple[Any, ...]] = []
        self.handled: list[Publish] = []
        self.faults: list[tuple[str, str, str]] = []
        self.reserved = {"$aws/things/t/shadow/update", "$aws/things/t/shadow/update/accepted"}
        self.on_handle: Callable[[Publish], None] = self.handled.append

    def _decide(self, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return (action, resource) not in self.denied

    def may_connect(self, link: Link, connect: Connect) -> bool:
        return self._decide("Connect", link.client_id)

    def may_publish(self, link: Link, topic: str, *, retain: bool) -> bool:
        return self._decide("Publish", topic) and (not retain or self._decide("RetainPublish", topic))

    def may_subscribe(self, link: Link, topic_filter: str) -> bool:
        return self._decide("Subscribe", topic_filter)

    def may_receive(self, link: Link, topic: str) -> bool:
        return self._decide("Receive", topic)

    def accepts(self, link: Link, topic: str) -> bool:
        return topic in self.reserved or topic.startswith("$aws/rules/")

    def faulted(self, link: Link, event: str, sentence: str) -> None:
        self.faults.append((link.client_id, event, sentence))

    def handle(self, link: Link, message: Publish) -> None:
        self.on_handle(message)

    def subscribable(self, link: Link, topic_filter: str) -> bool:
        return topic_filter in self.reserved or topic_filter.startswith("$aws/events/")

    def connected(self, link: Link) -> None:
        self.events.append(("connected", link.client_id))

    def disconnected(self, link: Link, reason: str, *, by_client: bool) -> None:
        self.events.append(("disconnected", link.client_id, reason, by_client))

    def subscribed(self, link: Link, topic_filters: tuple[str, ...]) -> None:
        self.events.append(("subscribed", link.client_id, topic_filters))

    def unsubscribed(self, link: Link, topic_filters: tuple[str, ...]) -> None:
        self.events.append(("unsubscribed", link.client_id, topic_filters))


class Client:
    """The other end of one connection."""

    def __init__(self, broker: Broker, version: int) -> None:
        self.version = version
        self.wire = Wire()
        self.link = broker.open(
            "somebody", source_ip="192.0.2.1", domain_name="localhost", transport=self.wire
        )
        self._decoder = Decoder(version=version)
        self._read = 0
        self._unread: list[Packet] = []

    def send(self, packet: Packet) -> None:
        self.link.feed(encode(packet, self.version))

    def read(self) -> list[Packet]:
        """What came since the last time."""
        for data in self.wire.written[self._read :]:
            self._unread += self._decoder.feed(data)
        self._read = len(self.wire.written)
        packets, self._unread = self._unread, []
        return packets

    def next(self) -> Packet:
        """The first of what came; the rest stays."""
        first, *self._unread = self.read()
        return first

    def published(self) -> list[tuple[str, bytes]]:
        """The messages that came since the last time, without anything else."""
        return [(packet.topic, packet.payload) for packet in self.read() if isinstance(packet, Publish)]

    def messages(self) -> list[Publish]:
        return [packet for packet in self.read() if isinstance(packet, Publish)]

    def one(self) -> Packet:
        (packet,) = self.read()
        return packet

    def closed_with(self, reason: Reason) -> bool:
        """Closed, without an acknowledgement; in MQTT 5 after a DISCONNECT with this reason."""
        told = [packet.reason if isinstance(packet, Disconnect) else packet for packet in self.read()]
        return self.wire.closed and told == ([reason] if self.version == V5 else [])

    def connect(self, client_id: str = "", **fields: Any) -> Packet:
        self.send(Connect(self.version, client_id, **fields))
        return self.next()

    def subscribe(self, *filters: str, qos: int = 0, packet_id: int = 1, **options: Any) -> Packet:
        subscriptions = tuple(Subscription(text, qos, **options) for text in filters)
        self.send(Subscribe(packet_id, subscriptions))
        return self.next()

    def unsubscribe(self, *filters: str) -> Packet:
        self.send(Unsubscribe(2, filters))
        return self.next()

    def publish(
        self,
        topic: str,
        payload: bytes = b"hello",
        *,
        qos: int = 0,
        packet_id: int | None = None,
        retain: bool = False,
        properties: Properties = NONE,
    ) -> None:
        packet_id = packet_id or (7 if qos else None)
        self.send(Publish(topic, payload, qos, retain, False, packet_id, properties))

    def acknowledge(self, *messages: Publish) -> None:
        for message in messages:
            assert message.packet_id is not None
            self.send(Puback(message.packet_id))


class Lab:
    """A broker, its account and both of its clocks."""

    def __init__(self, **limits: Any) -> None:
        self.seconds = 1000.0
        self.account = Account()
        self.limits = Limits(**limits) if limits else LIMITS
        self.broker = Broker(
            self.account,
            self.account,
            self.account,
            limits=self.limits,
            now=lambda: self.seconds,
            elapsed=lambda: self.seconds,
            chance=self._chance,
        )
        self._drawn = 0

    def _chance(self, bits: int) -> int:
        self._drawn += 1
        return self._drawn

    def open(self, version: int = V311) -> Client:
        return Client(self.broker, version)

    def client(self, client_id: str, version: int = V311, **fields: Any) -> Client:
        """One that is connected."""
        client = self.open(version)
        answer = client.connect(client_id, **fields)
        assert isinstance(answer, Connack)
        assert answer.reason == 0, answer
        return client

    def subscriber(self, *filters: str, qos: int = 0, version: int = V311, **options: Any) -> Client:
        client = self.client("subscriber", version)
        answer = client.subscribe(*filters, qos=qos, **options)
        assert isinstance(answer, Suback)
        assert all(reason < 0x80 for reason in answer.reasons), answer
        return client

    def wait(self, seconds: float) -> float | None:
        """Time passes, and the broker does what is due."""
        self.seconds += seconds
        return self.broker.tick()

    def ended(self, client_id: str) -> list[tuple[str, bool]]:
        """How its connections ended: AWS's reason, and whether the client did it."""
        return [event[2:] for event in self.account.events if event[:2] == ("disconnected", client_id)]
