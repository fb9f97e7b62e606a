"""MQTT in WebSocket: the HTTP upgrade, and frames around the broker's bytes.

RFC 6455, MQTT 5 chapter 6, and https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from labkit.local.errors import AwsError, not_simulated
from labkit.local.gateway import upgrade
from labkit.local.gateway.frames import Frames

if TYPE_CHECKING:
    from labkit.local.gateway.channel import Channel
    from labkit.local.gateway.opening import Opening
    from labkit.local.mqtt.connection import Connection

#: "The WebSocket Sub Protocol name selected and returned by the Server MUST be “mqtt”" [MQTT-6.0.0-4].
SUBPROTOCOL = Subprotocol("mqtt")
#: Bytes in one message of a client. A packet may span several, and a message hold several packets.
MAX_MESSAGE = 1024 * 1024
#: Bytes in one frame to a client: some take no more than a mebibyte.
MAX_FRAME = 64 * 1024


class WebSocket:
    """Speaks HTTP until the upgrade, then carries the broker's bytes in binary frames."""

    def __init__(self, channel: Channel, opening: Opening) -> None:
        self._channel, self._opening = channel, opening
        self._protocol = ServerProtocol(subprotocols=[SUBPROTOCOL], max_size=MAX_MESSAGE)
        self.connection: Connection | None = None
        #: From the upgrade on, as long as nothing is wrong.
        self._frames: Frames | None = None
        self._closed_by_client = False
        self._begun = False

    def received(self, data: bytes) -> None:
        if not self._begun and not _may_upgrade(data):
            self._refuse_other(data)
            return
        self._begun = True
        payloads: list[bytes] = []
        if self._frames is None:
            self._hear(data, payloads)
        elif not self._frames.feed(data, payloads, partial(self._hear, payloads=payloads)):
            self._frames = None
        if payloads and self.connection is not None:
            self._opening.feed(self.connection, payloads[0] if len(payloads) == 1 else b"".join(payloads))
            if self._protocol.writes:  # a Pong, or the answer to Close: the broker's answers go first
                self._channel.flush()
        if self._protocol.parser_exc is not None:
            self._channel.refuse(f"WebSocket: {self._protocol.parser_exc}")
        self._send()

    def _hear(self, data: bytes, payloads: list[bytes]) -> bool:
        """Let the library read; whether frames are still to come."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._upgrade(event)
                # Who sent more than the request did not wait for the answer: that the library sorts out.
                if self.connection is not None and data.endswith(b"\r\n\r\n"):
                    self._frames = Frames(MAX_MESSAGE)
                continue
            assert isinstance(event, Frame)
            if event.opcode is Opcode.BINARY or event.opcode is Opcode.CONT:
                payloads.append(bytes(event.data))
            elif event.opcode is Opcode.CLOSE:
                self._closed_by_client = True
            elif event.opcode is Opcode.TEXT:
                self._refuse_text()
                payloads.clear()
                return False
        return self._protocol.state is State.OPEN

    def _upgrade(self, request: Request) -> None:
        if self._protocol.eof_sent:  # a Close frame came with it
            return
        response = self._answer(request)
        if response.status_code != 101:
            self._channel.refuse(f"HTTP {response.status_code}: {_text(response)}")
        self._protocol.send_response(response)
        self._send()
        request.headers.clear()  # the library keeps the request as long as the connection lasts

    def _answer(self, request: Request) -> Response:
        if request.path.partition("?")[0] != upgrade.PATH:
            return _no_http()
        response = self._protocol.accept(request)
        if response.status_code != 101:
            return response
        try:
            self.connection = self._opening.signed(request, self._channel)
        except AwsError as error:
            return self._protocol.reject(403, f"{error.code}: {error.message}\n")
        return response

    def _refuse_other(self, data: bytes) -> None:
        """What is said to a client that does not even begin with an upgrade's `GET`."""
        if data[:1].isalpha():
            response = _no_http()
            self._channel.refuse(f"HTTP {response.status_code}: {_text(response)}")
            self._channel.send(response.serialize())
        else:
            self._channel.refuse("MQTT without WebSocket needs ALPN x-amzn-mqtt-ca here, or the other port")
        self._channel.close()

    def _refuse_text(self) -> None:
        """ "If any other type of data frame is received the recipient MUST close the Network Connection"
        [MQTT-6.0.0-1]."""
        self._channel.refuse("a text frame: MQTT travels in binary frames")
        self._channel.close()

    def _send(self) -> None:
        writes = self._protocol.data_to_send()
        self._channel.send(b"".join(writes))
        if SEND_EOF in writes:
            self._channel.close()

    def wrap(self, data: bytes) -> bytes:
        if self._protocol.state is not State.OPEN:
            return b""
        for start in range(0, len(data), MAX_FRAME):
            self._protocol.send_binary(data[start : start + MAX_FRAME])
        return b"".join(self._protocol.data_to_send())

    def writable(self) -> None:
        if self.connection is not None:
            self._opening.writable(self.connection)

    def lost(self) -> None:
        if self.connection is not None:
            self._opening.lost(self.connection, by_client=self._closed_by_client)


def _text(response: Response) -> str:
    return bytes(response.body or b"").decode().strip()


def _may_upgrade(first: bytes) -> bool:
    """Whether a connection's first bytes, of which there may be few, begin as an upgrade does."""
    return b"GET ".startswith(first[:4])


def _no_http() -> Response:
    """On AWS the same endpoint has the HTTP operations of `iot-data`, and a client shows its errors."""
    error = not_simulated("HTTP requests at the IoT endpoint: AWS_ENDPOINT_URL answers iot-data")
    body = json.dumps({"message": error.message}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= {"x-amzn-ErrorType": error.code, "Connection": "close"}
    return Response(error.status, "Not Implemented", Headers(headers), body)
