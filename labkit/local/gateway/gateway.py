"""Two listeners on this machine, served by one event loop in one thread."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from labkit.local.gateway.channel import Channel, Speaker
from labkit.local.gateway.opening import Opening
from labkit.local.gateway.plain import Plain
from labkit.local.gateway.turns import Turns
from labkit.local.gateway.websocket import WebSocket

if TYPE_CHECKING:
    from labkit.local.state import State

HOST = "127.0.0.1"
#: A laptop's worth; AWS's own bound is 500,000.
MAX_CONNECTIONS = 10_000
#: Seconds between two looks at the clock, which may have been advanced since.
TICK = 0.25
#: How a client with a certificate says that it means MQTT, where the port does not say so, as an entry of
#: ALPN's list in ClientHello. https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
_ALPN = "x-amzn-mqtt-ca"
_ALPN_ENTRY = bytes([len(_ALPN)]) + _ALPN.encode()


class Gateway:
    """Serves the account's IoT endpoint on 127.0.0.1. A port of 0 takes a free one.

    The ports are bound at once (OSError where one is taken); connections are answered from `start()` on.
    With `tls=False` the WebSocket port speaks plain HTTP.
    """

    def __init__(self, state: State, *, port: int = 0, tls_port: int = 0, tls: bool = True) -> None:
        self._state, self._secure = state, tls
        self._websocket = _listen(port)
        try:
            self._mutual = _listen(tls_port)
        except OSError:
            self._websocket.close()
            raise
        self.port: int = self._websocket.getsockname()[1]
        self.tls_port: int = self._mutual.getsockname()[1]
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._channels: set[Channel] = set()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def start(self) -> None:
        """Answer connections from a background thread."""
        if self._thread is not None:
            return
        self._loop = asyncio.new_event_loop()
        self._turns = Turns(self._loop)
        self._opening = Opening(self._state, self._state.iot.broker, port=self.port)
        self._thread = threading.Thread(target=self._run, name="labkit-iot", daemon=True)
        self._thread.start()
        self._listening.wait()
        endpoint = self._state.iot.endpoint
        endpoint.port, endpoint.tls_port = self.port, self.tls_port

    def stop(self) -> None:
        """Drop every connection and close the ports."""
        endpoint = self._state.iot.endpoint
        if endpoint.port == self.port:
            endpoint.port = endpoint.tls_port = None
        thread, self._thread = self._thread, None
        if thread is None:
            self._websocket.close()
            self._mutual.close()
            return
        broker = self._state.iot.broker
        with self._state.lock:  # MQTT 5 has a word for it
            broker.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(timeout=5)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _run(self) -> None:
        self._turns.begin()
        servers = [
            self._loop.run_until_complete(self._serve(self._websocket, self._any_context, self._speaker)),
            self._loop.run_until_complete(self._serve(self._mutual, self._device_context, self._device)),
        ]
        self._loop.call_soon(self._tick)  # later: whoever waits for `start` may hold the account's lock
        self._listening.set()
        try:
            self._loop.run_forever()
        finally:
            self._close(servers)

    async def _serve(
        self,
        listener: socket.socket,
        context: Callable[[bytes], ssl.SSLContext | None],
        speaker: Callable[[Channel], Speaker | None],
    ) -> asyncio.Server:
        def channel() -> asyncio.Protocol:
            if len(self._channels) >= MAX_CONNECTIONS:
                return _Full()
            made = Channel(
                self._turns, context=context, speaker=speaker, refused=self._refused, ended=self._ended
            )
            self._channels.add(made)
            return made

        return await self._loop.create_server(channel, sock=listener, backlog=1024)

    def _close(self, servers: list[asyncio.Server]) -> None:
        # asyncio forgets a connection that it accepted just before its server closes, and its socket.
        while accepted := asyncio.all_tasks(self._loop):
            self._loop.run_until_complete(asyncio.wait(accepted))
        for server in servers:
            server.close()
        for channel in list(self._channels):
            channel.abort()
        self._loop.run_until_complete(asyncio.sleep(0))  # `connection_lost` of each
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _tick(self) -> None:
        due: float | None = None
        try:
            due = self._opening.tick()
        finally:  # a fault in the broker is printed by the loop; time goes on
            self._loop.call_later(TICK if due is None else min(max(due, 0.005), TICK), self._tick)

    def _refused(self, channel: Channel, reason: str) -> None:
        """Nobody can tell a client of MQTT 3.1.1 why; the log can."""
        with self._state.lock:
            log, connection = self._state.iot.log, channel.connection
            if connection is None:
                log.add("", channel.source_ip, "Socket", "", None, reason)
            else:
                log.add(connection.client_id, connection.principal.name, "Disconnect", "", None, reason)

    def _ended(self, channel: Channel) -> None:
        self._channels.discard(channel)

    # What is spoken on each port.

    def _speaker(self, channel: Channel) -> Speaker | None:
        if channel.alpn == _ALPN:
            return self._device(channel)
        return WebSocket(channel, self._opening)

    def _device(self, channel: Channel) -> Speaker | None:
        connection = self._opening.certified(channel)
        if connection is None:
            channel.close()
            return None
        return Plain(connection, self._opening)

    def _any_context(self, first: bytes) -> ssl.SSLContext | None:
        """Only a client that says so in its very first bytes is asked for a certificate on this port."""
        if not self._secure:
            return None
        if _ALPN_ENTRY in first:
            return self._device_context(first)
        with self._state.lock:  # requests over HTTP ask for the same CA
            if "server" not in self._contexts:
                self._contexts["server"] = self._state.iot.certificates.server_context()
        return self._contexts["server"]

    def _device_context(self, _: bytes) -> ssl.SSLContext:
        with self._state.lock:
            if "device" not in self._contexts:
                self._contexts["device"] = self._state.iot.certificates.client_context()
                self._contexts["device"].set_alpn_protocols([_ALPN])
        return self._contexts["device"]


class _Full(asyncio.Protocol):
    """One connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


def _listen(port: int) -> socket.socket:
    return socket.create_server((HOST, port), backlog=1024)
