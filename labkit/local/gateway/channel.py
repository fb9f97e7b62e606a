"""One accepted TCP connection: TLS beneath whatever is spoken over it, and the broker's way out."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from labkit.local.gateway.tls import Tls
from labkit.local.gateway.turns import Turns

if TYPE_CHECKING:
    from labkit.local.mqtt.connection import Connection

#: Seconds for TLS and the upgrade together; and for the peer to end the connection after its end was said.
HANDSHAKE, LINGER = 10.0, 2.0
#: Who takes nothing for so many seconds while more than so many bytes wait is gone, or might as well be.
STALL, STALLED_BYTES = 2.0, 65_536
#: However fast it reads: more than AWS's 100 unacknowledged messages of 128 KB.
MAX_BACKLOG = 16 * 1024 * 1024
#: RFC 8446, 5.1: the content type of ClientHello's record.
_HANDSHAKE_RECORD = 22


class Speaker(Protocol):
    """What is spoken over a channel: MQTT itself, or WebSocket around it."""

    @property
    def connection(self) -> Connection | None:
        """The broker's; None before the client is known."""
        ...

    def received(self, data: bytes) -> None: ...

    def wrap(self, data: bytes) -> bytes:
        """The broker's bytes as this protocol sends them."""
        ...

    def writable(self) -> None:
        """The socket has taken what waited."""
        ...

    def lost(self) -> None: ...


class Channel(asyncio.Protocol):
    """Implements the broker's `Transport`: `write` and `close` never block, and may come from any thread
    that holds the account's lock. Everything else happens on the loop."""

    def __init__(
        self,
        turns: Turns,
        *,
        context: Callable[[bytes], ssl.SSLContext | None],
        speaker: Callable[[Channel], Speaker | None],
        refused: Callable[[Channel, str], None],
        ended: Callable[[Channel], None],
    ) -> None:
        self._turns = turns
        self._context, self._make_speaker = context, speaker
        self._refused, self._ended = refused, ended
        self._loop = asyncio.get_running_loop()
        self._tls: Tls | None = None
        self._speaker: Speaker | None = None
        #: What came before it is known what is spoken; None from then on.
        self._first: bytes | None = b""
        # Each of these counters has one writer: the thread that holds the lock, or the loop.
        self._pending: deque[bytes] = deque()
        self._accepted = self._taken = self._unsent = 0
        self._put_in = 0
        self._wanting = self._paused = self._ending = self._over = False

    # The broker's side.

    @property
    def backlog(self) -> int:
        """Bytes that the broker wrote and the socket has not taken yet."""
        return self._accepted - self._taken + self._unsent

    def write(self, data: bytes) -> None:
        self._pending.append(data)
        self._accepted += len(data)
        self._want()

    def close(self) -> None:
        """End the connection after what was written: a FIN, and no word of WebSocket's."""
        self._ending = True
        self._want()

    def _want(self) -> None:
        if not self._wanting:
            self._wanting = True
            self._turns.want(self)

    # The loop's side.

    @property
    def source_ip(self) -> str:
        return str(self._transport.get_extra_info("peername", ("",))[0])

    @property
    def connection(self) -> Connection | None:
        """The broker's, once the client is known."""
        return self._speaker.connection if self._speaker else None

    @property
    def peer_certificate(self) -> bytes | None:
        """In DER."""
        return self._tls.peer_certificate if self._tls else None

    @property
    def alpn(self) -> str | None:
        """The protocol that TLS agreed on, where the client named one."""
        return self._tls.alpn if self._tls else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=0)  # tell at once when the socket takes no more
        # asyncio does this only for sockets that were made with IPPROTO_TCP by name. Without it the second
        # of two small answers waits 40 ms for the client's delayed acknowledgement.
        with suppress(OSError):  # the peer was faster
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._patience = self._loop.call_later(HANDSHAKE, self._give_up, "no MQTT connection in time")

    def established(self) -> None:
        """The speaker has its MQTT connection; the broker's own time-outs count from here on."""
        self._patience.cancel()

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        if self._first is not None:
            data = self._first + data
            if not _hello_is_whole(data):
                self._first = data
                return
            self._begin(data)
        plain = self._decrypted(data) if self._tls else data
        if plain and not self._ending and self._spoken():
            self._speaker.received(plain)  # type: ignore[union-attr]  # `_spoken` says so
        if self._tls and self._tls.ended:
            self.close()

    def _begin(self, first: bytes) -> None:
        self._first = None
        context = self._context(first)
        self._tls = Tls(context) if context else None

    def _decrypted(self, data: bytes) -> bytes:
        assert self._tls is not None
        try:
            plain = self._tls.receive(data)
        except ssl.SSLError as error:
            self._raw(self._tls.output())
            self.refuse(f"TLS: {error.reason or error}")
            self._ending = True
            self._shut(b"")
            return b""
        self._raw(self._tls.output())
        if self._tls.established:
            self._spoken()
        return plain

    def _spoken(self) -> bool:
        if self._speaker is None and not self._ending:
            self._speaker = self._make_speaker(self)
        return self._speaker is not None

    def refuse(self, reason: str) -> None:
        """Keep the reason why this connection is none; what the peer is told is the caller's choice."""
        self._refused(self, reason)

    def send(self, data: bytes) -> None:
        """Send at once what is the speaker's own."""
        self._raw(self._tls.send(data) if self._tls and data else data)

    def flush(self) -> None:
        self._wanting = False
        if self._over:
            return
        ending = self._ending  # another thread may write and close meanwhile: that is the next turn's
        if not self._paused and self._pending:
            data = b"".join(self._take())
            self.send(self._speaker.wrap(data) if self._speaker else data)
        if ending:
            self._end()
        elif self.backlog > MAX_BACKLOG:
            self._give_up(f"{self.backlog} bytes wait for a client that reads too slowly")

    def _take(self) -> list[bytes]:
        taken = []
        while self._pending:
            taken.append(self._pending.popleft())
        self._taken += sum(map(len, taken))
        return taken

    def _end(self) -> None:
        if not self._paused:
            self._shut(self._tls.close() if self._tls else b"")
        elif self._patience.cancelled():
            self._linger()

    def _shut(self, last: bytes) -> None:
        """Say the end, but go on reading: closing a socket with unread input would reset the connection,
        and the peer might lose what was sent last."""
        self._over = True
        self._raw(last)
        try:
            if not self._transport.is_closing():
                self._transport.write_eof()
        except OSError:  # the peer was faster
            self._transport.abort()
        self._linger()

    def _linger(self) -> None:
        self._patience.cancel()
        self._patience = self._loop.call_later(LINGER, self._transport.abort)

    def _raw(self, data: bytes) -> None:
        if not data or self._transport.is_closing():
            return
        self._put_in += len(data)
        self._transport.write(data)
        self._unsent = self._transport.get_write_buffer_size()
        if self._unsent > MAX_BACKLOG:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._paused = True
        self._watch(self._sent_so_far())

    def resume_writing(self) -> None:
        self._paused, self._unsent = False, 0
        self.flush()
        if self._speaker is not None and not self._over:
            self._speaker.writable()

    def _sent_so_far(self) -> int:
        self._unsent = self._transport.get_write_buffer_size()
        return self._put_in - self._unsent

    def _watch(self, sent: int) -> None:
        self._stall = self._loop.call_later(STALL, self._look_again, sent)

    def _look_again(self, before: int) -> None:
        if not self._paused or self._transport.is_closing():
            return
        now = self._sent_so_far()
        if now == before and self.backlog > STALLED_BYTES:
            self._give_up(f"the client took nothing for {STALL:.0f} s while {self.backlog} bytes waited")
        else:
            self._watch(now)

    def _give_up(self, reason: str) -> None:
        self.refuse(reason)
        self.abort()

    def abort(self) -> None:
        self._over = True
        self._transport.abort()

    def eof_received(self) -> bool:
        return False  # the transport closes itself once its output is sent

    def connection_lost(self, error: Exception | None) -> None:
        self._over = self._ending = True
        self._patience.cancel()
        self._ended(self)
        if self._speaker is not None:
            self._speaker.lost()


def _hello_is_whole(first: bytes) -> bool:
    """Whether a TLS connection's first record is there (RFC 8446, 5.1): ClientHello, which TCP may have cut.
    Whatever else was sent counts as whole."""
    return first[0] != _HANDSHAKE_RECORD or len(first) >= 5 + int.from_bytes(
        first[3:5].ljust(2, b"\xff"), "big"
    )
