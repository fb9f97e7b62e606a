"""MQTT clients of a few lines: over WebSocket or over TLS alone, sending exactly what a test wants."""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.packets import V311, Connack, Connect, Packet

PATIENCE = 10.0


def reached(port: int, context: ssl.SSLContext | None) -> socket.socket:
    """A connection to the gateway, over TLS unless `context` is None."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname="localhost") if context else plain


@dataclass
class Client:
    """MQTT over a socket, and over WebSocket where there is a `protocol`."""

    sock: socket.socket = field(repr=False)
    protocol: ClientProtocol | None = None
    version: int = V311
    response: Response | None = None
    #: Every frame that came, where there are any.
    frames: list[Frame] = field(default_factory=list)
    _packets: deque[Packet] = field(default_factory=deque)
    _decoder: Decoder = field(default_factory=lambda: Decoder(version=V311))

    def connect(self, client_id: str, **more: Any) -> Connack:
        connect = Connect(more.pop("version", V311), client_id, **more)
        self.version = connect.version
        self._decoder = Decoder(version=connect.version)
        self.send(connect)
        answer = self.receive()
        assert isinstance(answer, Connack)
        return answer

    def send(self, *packets: Packet) -> None:
        self.send_bytes(b"".join(encode(packet, self.version) for packet in packets))

    def send_bytes(self, data: bytes, *, opcode: Opcode = Opcode.BINARY, fin: bool = True) -> None:
        if self.protocol is None:
            self.sock.sendall(data)
        else:
            self.protocol.send_frame(Frame(opcode, data, fin))
            self.sock.sendall(b"".join(self.protocol.data_to_send()))

    def receive(self) -> Packet:
        """The next packet. Raises EOFError where the gateway has closed the connection."""
        while not self._packets:
            self._read()
        return self._packets.popleft()

    def until_closed(self) -> list[Packet]:
        """The packets that still came."""
        try:
            while True:
                self._read()
        except (EOFError, ConnectionError, ssl.SSLError):
            return list(self._packets)

    def _read(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        if self.protocol is None:
            self._packets += self._decoder.feed(data)
            return
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                self.response = event
                continue
            assert isinstance(event, Frame)
            self.frames.append(event)
            if event.opcode is Opcode.BINARY:
                self._packets += self._decoder.feed(bytes(event.data))

    def close(self) -> None:
        self.sock.close()


@contextmanager
def over_tls(port: int, context: ssl.SSLContext) -> Iterator[Client]:
    client = Client(reached(port, context))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def over_websocket(
    port: int,
    context: ssl.SSLContext | None,
    path: str,
    *,
    headers: Mapping[str, str | None] = {},
    require: int | None = 101,
) -> Iterator[Client]:
    """A client whose upgrade was answered; a header of None is left out."""
    protocol = ClientProtocol(parse_uri(f"wss://localhost:{port}{path}"), max_size=None)
    request = protocol.connect()
    for name, value in {"Host": "localhost", "Sec-WebSocket-Protocol": "mqtt", **headers}.items():
        if name in request.headers:
            del request.headers[name]
        if value is not None:
            request.headers[name] = value
    protocol.available_subprotocols = ["mqtt"]  # type: ignore[list-item]
    protocol.send_request(request)
    client = Client(reached(port, context), protocol)
    try:
        client.sock.sendall(b"".join(protocol.data_to_send()))
        while client.response is None:
            client._read()
        assert require is None or client.response.status_code == require, client.response
        yield client
    finally:
        client.close()
