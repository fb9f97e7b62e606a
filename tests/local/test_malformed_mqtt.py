"""Whatever bytes clients send, the broker of an account stands, and whoever behaves is served."""

from __future__ import annotations

import contextlib
import random
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from websockets.datastructures import Headers
from websockets.frames import Opcode
from websockets.http11 import Request

from labkit.local.app import LocalApp, create_app
from labkit.local.gateway import Gateway, upgrade
from labkit.local.iot.principals import SigV4Principal
from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.connection import Connection
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Connack,
    Connect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
)
from tests.local.gateway_clients import Client, over_websocket, reached
from tests.local.signed_urls import signed_path
from tests.unit.mqtt.malformed import byte_strings

#: moto keeps its resources in the process by account number.
ALONE, SERVED = "888899990000", "888899990001"


@dataclass
class Sink:
    """A transport that keeps what is written to it."""

    data: bytearray = field(default_factory=bytearray)
    closed: bool = False
    backlog: int = 0

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        self.closed = True

    def packets(self, version: int) -> list[Packet]:
        """What was written since the last time."""
        taken, self.data = bytes(self.data), bytearray()
        return Decoder(version=version).feed(taken)


@pytest.fixture
def app() -> LocalApp:
    return create_app(account_id=ALONE)


def opened(app: LocalApp, sink: Sink) -> Connection:
    """A connection of the administrator, who may do everything, so that nothing stops at a policy."""
    head = Request(signed_path(app.administrator), Headers({"Host": "localhost"}))
    caller = upgrade.caller_of(upgrade.read(head), app.state, port=443)
    principal = SigV4Principal.of(caller, until=app.state.clock.now() + timedelta(hours=1))
    return app.state.iot.broker.open(
        principal, source_ip="127.0.0.1", domain_name="localhost", transport=sink
    )


def test_100_000_malformed_strings_neither_break_the_broker_nor_cost_a_good_client_anything(
    app: LocalApp,
) -> None:
    chance, broker = random.Random(1), app.state.iot.broker
    good_sink = Sink()
    good = opened(app, good_sink)
    good.feed(encode(Connect(V311, "good"), V311) + encode(Subscribe(1, (Subscription("good"),)), V311))
    assert good_sink.packets(V311) == [Connack(False, 0), Suback(1, (0,))]
    sink, bad, ended = Sink(closed=True), good, 0
    longest = 0.0
    for number, data in enumerate(byte_strings(chance, 100_000)):
        if sink.closed or chance.random() < 0.01:
            if bad is not good:
                bad.lost()
            sink = Sink()
            bad = broker.open(good.principal, source_ip="127.0.0.1", domain_name="x", transport=sink)
            version, name = chance.choice((V311, V5)), f"bad-{chance.randrange(50)}"
            if chance.random() < 0.9:
                bad.feed(encode(Connect(version, name, chance.random() < 0.5), version))
        began = time.perf_counter()
        bad.feed(data)
        longest = max(longest, time.perf_counter() - began)
        ended += sink.closed
        sink.data.clear()
        if number % 5000 == 0:
            broker.tick()
            if "good" not in broker.connections:  # a string may be a valid CONNECT of that very name
                good = opened(app, good_sink)
                good.feed(encode(Connect(V311, "good"), V311))
            good_sink.data.clear()
            good.feed(encode(Publish("good", b"still here"), V311) + encode(Pingreq(), V311))
            assert good_sink.packets(V311)[-2:] == [Publish("good", b"still here"), Pingresp()]
    assert ended > 20_000
    assert longest < 5


# Over the socket


@pytest.fixture(scope="module")
def gateway() -> Iterator[tuple[LocalApp, Gateway, ssl.SSLContext]]:
    app = create_app(account_id=SERVED)
    with Gateway(app.state) as made:
        yield app, made, ssl.create_default_context(cadata=app.state.iot.certificates.ca_pem.decode())


Served = tuple[LocalApp, Gateway, ssl.SSLContext]


@contextlib.contextmanager
def connected(served: Served, client_id: str) -> Iterator[Client]:
    app, made, context = served
    with over_websocket(made.port, context, signed_path(app.administrator)) as client:
        assert client.connect(client_id).reason == 0
        yield client


def serves(served: Served) -> None:
    with connected(served, "good") as good:
        good.send(Subscribe(1, (Subscription("good"),)))
        assert good.receive() == Suback(1, (0,))
        good.send(Publish("good", b"hello", 1, packet_id=2))
        assert Puback(2) in (good.receive(), good.receive())


def gone(sock: socket.socket) -> None:
    """End a connection from this side, whatever the other does."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()


def test_bytes_that_are_no_tls_end_their_own_connection_only(gateway: Served) -> None:
    _, made, _ = gateway
    for port in (made.port, made.tls_port):
        for number in range(200):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as sock, suppress(OSError):
                sock.sendall(secrets.token_bytes(number + 1))
    serves(gateway)


def test_requests_that_are_no_upgrade_end_their_own_connection_only(gateway: Served) -> None:
    app, made, context = gateway
    chance = random.Random(2)
    valid = (
        f"GET {signed_path(app.administrator)} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    ).encode()
    for _ in range(300):
        spoilt = bytearray(valid)
        for _ in range(chance.randint(1, 5)):
            spoilt[chance.randrange(len(spoilt))] = chance.choice(b"\x00\r\n :?%&=\xff/A0")
        sock = reached(made.port, context)
        with suppress(OSError):
            sock.sendall(spoilt + chance.randbytes(chance.randrange(20)))
        gone(sock)
    serves(gateway)


def test_frames_that_are_none_and_packets_that_are_none_end_their_own_connection_only(
    gateway: Served,
) -> None:
    chance = random.Random(3)
    app, made, context = gateway
    for number, data in enumerate(byte_strings(chance, 600)):
        if number % 5 == 0:
            with contextlib.ExitStack() as stack:
                client = stack.enter_context(
                    over_websocket(made.port, context, signed_path(app.administrator))
                )
                with suppress(OSError):
                    if chance.random() < 0.5:
                        client.sock.sendall(chance.randbytes(chance.randrange(1, 200)))
                    client.send_bytes(data[:125], opcode=chance.choice(list(Opcode)))
                    client.send_bytes(data)
                gone(client.sock)
            continue
        with suppress(OSError, EOFError, AssertionError), connected(gateway, f"bad-{number % 7}") as client:
            client.send_bytes(data[: len(data) // 2])
            client.send_bytes(data[len(data) // 2 :])
            gone(client.sock)
    serves(gateway)


def test_a_crowd_that_says_nothing_keeps_nobody_out(gateway: Served) -> None:
    _, made, _ = gateway
    with contextlib.ExitStack() as crowd:
        for number in range(100):
            sock = crowd.enter_context(socket.create_connection(("127.0.0.1", made.port), timeout=10))
            if number % 2:
                sock.sendall(b"\x16\x03\x01\x02\x00")
        began = time.monotonic()
        serves(gateway)
        assert time.monotonic() - began < 5
