"""MQTT clients over WebSocket that cost little, so that the broker is what is measured.

Their packets are made before; what comes is counted by its length, because every message of a flow has the
same. The masking key is 0 (RFC 6455 5.3 has a client choose one, and no broker cares), so that a frame can
be sent again and again.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.packets import (
    V311,
    Connack,
    Connect,
    Packet,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
)

PATIENCE = 20.0
#: Packets made before, under as many packet identifiers.
_PREPARED = 1000
#: What a socket is read in, and how much is handed to it at once.
_CHUNK = 256 * 1024
#: A socket that has nothing, or takes nothing, now.
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True)
class Door:
    """How a client gets into one broker."""

    port: int
    #: Path and query of the upgrade; the query may be a signature.
    path: str = "/mqtt"
    host: str = "localhost"
    username: str | None = None
    password: bytes | None = field(default=None, repr=False)
    #: Trusted for TLS; None: without.
    ca: str | None = None


@lru_cache
def _trusting(ca: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca)


def frame(packet: bytes) -> bytes:
    """A packet in a binary frame of its own, masked with 0."""
    length = len(packet)
    if length < 126:
        return b"\x82%c\0\0\0\0%b" % (0x80 | length, packet)
    if length < 65536:
        return b"\x82\xfe%b\0\0\0\0%b" % (length.to_bytes(2, "big"), packet)
    raise ValueError(f"a packet of `{length}` bytes is more than the benchmark sends")


def unframed(data: bytearray) -> bytes:
    """What the complete frames at the beginning of `data` carry; they are taken out of it."""
    at, available, parts = 0, len(data), []
    while at + 2 <= available:
        length, begin = data[at + 1], at + 2
        if length > 125:
            begin += 2 if length == 126 else 8
            if begin > available:
                break
            length = int.from_bytes(data[at + 2 : begin], "big")
        end = begin + length
        if end > available:
            break
        if data[at] & 0x0F in (0, 2):
            parts.append(data[begin:end])
        at = end
    del data[:at]
    return b"".join(parts)


def acknowledgements(messages: bytes, size: int, at: int) -> bytes:
    """A PUBACK, in a frame of its own, for each of the equally long `messages`; their packet identifiers
    stand at `at`."""
    acks = bytearray(frame(b"\x40\x02\0\0")) * (len(messages) // size)
    acks[8::10] = messages[at::size]
    acks[9::10] = messages[at + 1 :: size]
    return bytes(acks)


class Client:
    """One connection, blocking until `begin`."""

    def __init__(self, door: Door) -> None:
        self.sock: socket.socket = socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if door.ca is not None:
            self.sock = _trusting(door.ca).wrap_socket(self.sock, server_hostname="localhost")
        self._framed, self._rest, self._unsent = bytearray(), b"", b""
        self._decoder = Decoder(version=V311)
        self._packets: list[Packet] = []
        self._upgrade(door)

    def _upgrade(self, door: Door) -> None:
        self.sock.sendall(
            f"GET {door.path} HTTP/1.1\r\nHost: {door.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Protocol: mqtt\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, rest = answer.partition(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise ConnectionError(answer.decode(errors="replace"))
        self._framed += rest

    def _received(self) -> bytes:
        data = self.sock.recv(_CHUNK)
        if not data:
            raise EOFError("the broker closed the connection")
        return data

    def send(self, packet: Packet, version: int = V311) -> None:
        self.sock.sendall(frame(encode(packet, version)))

    def receive(self) -> Packet:
        """The next packet, decoded."""
        while not self._packets:
            self._packets += self._decoder.feed(unframed(self._framed))
            if not self._packets:
                self._framed += self._received()
        return self._packets.pop(0)

    def connect(self, client_id: str, door: Door, version: int = V311) -> Connack:
        self._decoder = Decoder(version=version)
        self.send(
            Connect(version, client_id, keep_alive=1200, username=door.username, password=door.password),
            version,
        )
        answer = self.receive()
        if not isinstance(answer, Connack) or answer.reason:
            raise ConnectionError(f"`{client_id}` may not connect: {answer}")
        return answer

    def subscribe(self, topic_filter: str, qos: int) -> None:
        self.send(Subscribe(1, (Subscription(topic_filter, qos),)))
        answer = self.receive()
        if not isinstance(answer, Suback) or answer.reasons != (qos,):
            raise ConnectionError(f"`{topic_filter}` may not be subscribed to: {answer}")

    def begin(self) -> None:
        """From now on nothing waits."""
        self.sock.setblocking(False)

    def take(self) -> bytes:
        """What came, without its frames."""
        with suppress(*_LATER):
            # TLS may have decrypted more than one read returns, and a selector does not know.
            while True:
                self._framed += self._received()
                if not isinstance(self.sock, ssl.SSLSocket) or not self.sock.pending():
                    break
        return unframed(self._framed)

    def whole(self, size: int) -> bytes:
        """Of what came, the messages that are complete; each is `size` bytes long."""
        data = self._rest + self.take()
        end = len(data) - len(data) % size
        self._rest = data[end:]
        return data[:end]

    def put(self, data: bytes) -> bool:
        """Send as much as goes; whether all went."""
        self._unsent += data
        with suppress(*_LATER):
            while self._unsent:
                self._unsent = self._unsent[self.sock.send(self._unsent) :]
        return not self._unsent

    def close(self) -> None:
        self.sock.close()


@dataclass(frozen=True)
class Shape:
    """Who sends to whom."""

    title: str
    flows: int
    subscribers: int
    qos: int

    @property
    def window(self) -> int:
        """Messages on their way of one publisher: 100 unacknowledged ones are AWS's most."""
        return 100 if self.qos else 200


class Flow:
    """One publisher and those who subscribed to its topic."""

    def __init__(
        self, door: Door, name: str, shape: Shape, payload: bytes, window: int | None = None
    ) -> None:
        self.window = window or shape.window
        topic = f"bench/{name}"
        self._clients = [Client(door) for _ in range(shape.subscribers + 1)]
        self.publisher, *self.subscribers = self._clients
        for number, client in enumerate(self._clients):
            client.connect(f"{name}-{number}", door)
        for client in self.subscribers:
            client.subscribe(topic, shape.qos)
        self._qos = shape.qos
        self._prepare(topic, payload)
        self._sent, self._acknowledged = 0, 0
        self._counts = dict.fromkeys(self.subscribers, 0)
        self._last = 0.0
        #: Seconds from a message's sending to the last subscriber's reception, where one is on its way.
        self.times: list[float] = []

    def _prepare(self, topic: str, payload: bytes) -> None:
        ids = range(1, _PREPARED + 1)
        packets = [
            encode(Publish(topic, payload, self._qos, packet_id=n if self._qos else None), V311) for n in ids
        ]
        self._size = len(packets[0])
        self._id_at = self._size - len(payload) - 2
        frames = [frame(packet) for packet in packets]
        self._frame_size = len(frames[0])
        # Twice, so that any window of them is one slice.
        self._frames = b"".join(frames * 2)

    @property
    def received(self) -> int:
        return sum(self._counts.values())

    @property
    def clients(self) -> Sequence[Client]:
        return self._clients

    def take(self, client: Client) -> None:
        """`client` has something to read."""
        if client is self.publisher:
            self._acknowledged += len(client.whole(4)) // 4
            return
        messages = client.whole(self._size)
        self._counts[client] += len(messages) // self._size
        if self._qos and messages:
            client.put(acknowledgements(messages, self._size, self._id_at))

    def top_up(self) -> bool:
        """Send what the window has room for; whether the sockets took everything."""
        done = min(self._counts.values())
        if self._qos:
            done = min(done, self._acknowledged)
        room = self.window - (self._sent - done)
        if self.window == 1 and room:
            self._note_time()
        start = self._sent % _PREPARED * self._frame_size
        self._sent += room
        took_all = self.publisher.put(self._frames[start : start + room * self._frame_size])
        return all([took_all, *(client.put(b"") for client in self.subscribers if self._qos)])

    def _note_time(self) -> None:
        now = time.perf_counter()
        if self._last:
            self.times.append(now - self._last)
        self._last = now

    def rest(self) -> None:
        """The next message begins a new measurement."""
        self._last = 0.0
        self.times.clear()

    def close(self) -> None:
        for client in self._clients:
            client.close()


class Load:
    """The flows of one broker, driven by one thread."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self.flows = flows
        self._selector = selectors.DefaultSelector()
        for flow in flows:
            for client in flow.clients:
                client.begin()
                self._selector.register(client.sock, selectors.EVENT_READ, (flow, client))

    @property
    def received(self) -> int:
        return sum(flow.received for flow in self.flows)

    def drive(self, seconds: float) -> float:
        """Keep every window full; the seconds that it took. Raises TimeoutError where nothing comes back."""
        begin = time.perf_counter()
        waiting = {flow for flow in self.flows if not flow.top_up()}
        while (now := time.perf_counter()) < begin + seconds:
            ready = self._selector.select(0.001 if waiting else PATIENCE)
            if not ready and not waiting:
                raise TimeoutError(f"nothing came for {PATIENCE:.0f} s: messages were lost")
            for key, _ in ready:
                flow, client = key.data
                flow.take(client)
                waiting.add(flow)
            waiting = {flow for flow in waiting if not flow.top_up()}
        return now - begin

    def close(self) -> None:
        self._selector.close()
        for flow in self.flows:
            flow.close()


def opened(door: Door, shape: Shape, payload: bytes, window: int | None = None) -> Load:
    """Connected and subscribed."""
    return Load([Flow(door, f"t{n:02}", shape, payload, window) for n in range(shape.flows)])


def refused_or_not(
    client: Client, topics: Sequence[str], version: int, payload: bytes, window: int = 100
) -> int:
    """Publish with QoS 1 to each of the topics; how many of the PUBACKs say that it was refused."""
    frames = [
        frame(encode(Publish(topic, payload, 1, packet_id=number % window + 1), version))
        for number, topic in enumerate(topics)
    ]
    refused = 0
    for start in range(0, len(frames), window):
        some = frames[start : start + window]
        client.sock.sendall(b"".join(some))
        for _ in some:
            answer = client.receive()
            if not isinstance(answer, Puback):
                raise ConnectionError(f"an answer to PUBLISH that is none: {answer}")
            refused += answer.reason >= 0x80
    return refused
