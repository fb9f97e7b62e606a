"""MQTT clients on the account's broker, without sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from labkit.local.app import LocalApp
from labkit.local.iot.principals import CertificatePrincipal, IotPrincipal
from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.contract import Link
from labkit.local.mqtt.packets import (
    V5,
    Connect,
    Packet,
    Publish,
    Subscribe,
    Subscription,
    Will,
)


class Anybody:
    """An authority that allows everything; implements `mqtt.contract.Authority`."""

    def may_connect(self, link: Link, connect: Connect) -> bool:
        return True

    def may_publish(self, link: Link, topic: str, *, retain: bool) -> bool:
        return True

    def may_subscribe(self, link: Link, topic_filter: str) -> bool:
        return True

    def may_receive(self, link: Link, topic: str) -> bool:
        return True

    def faulted(self, link: Link, event: str, sentence: str) -> None:
        """It keeps no log."""


@dataclass
class Socket:
    """Implements the broker's `Transport`."""

    received: bytearray = field(default_factory=bytearray)
    closed: bool = False
    backlog: int = 0

    def write(self, data: bytes) -> None:
        self.received += data

    def close(self) -> None:
        self.closed = True


class Client:
    """A device that is connected."""

    def __init__(
        self,
        app: LocalApp,
        client_id: str,
        *filters: str,
        principal: IotPrincipal | None = None,
        will: Will | None = None,
        **connect: Any,
    ) -> None:
        """Without a principal, it and everybody else may do everything."""
        self._lock, self.socket = app.state.lock, Socket()
        self._decoder, self._packets = Decoder(version=V5), 0
        broker = app.state.iot.broker
        if principal is None:
            broker.authority = Anybody()
        self.link = broker.open(
            principal or CertificatePrincipal("c" * 64, "arn"),
            source_ip="192.0.2.0",
            domain_name="localhost",
            transport=self.socket,
        )
        self.send(Connect(V5, client_id, will=will, **connect))
        for topic_filter in filters:
            self._packets += 1
            self.send(Subscribe(self._packets, (Subscription(topic_filter, 1),)))
        #: What it got before it was asked, as from a session that it resumed.
        self.messages = self.received()

    def send(self, packet: Packet) -> None:
        with self._lock:
            self.link.feed(encode(packet, V5))

    def publish(self, topic: str, payload: bytes = b"", **more: Any) -> None:
        self.send(Publish(topic, payload, **more))

    def received(self) -> list[Publish]:
        """The messages that came since the last time."""
        with self._lock:
            data = bytes(self.socket.received)
            self.socket.received.clear()
        return [packet for packet in self._decoder.feed(data) if isinstance(packet, Publish)]

    def told(self) -> dict[str, Any]:
        """Their documents by topic; None for an empty one."""
        return {message.topic: json.loads(message.payload or b"null") for message in self.received()}
