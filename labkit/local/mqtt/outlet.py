"""What is to be written to one client's socket, and whether the client takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from labkit.local.mqtt.broker import Broker


class Transport(Protocol):
    """The socket, as the connection needs it."""

    @property
    def backlog(self) -> int:
        """Bytes accepted by `write` but not yet taken by the client."""
        ...

    def write(self, data: bytes) -> None:
        """Must not block."""
        ...

    def close(self) -> None:
        """FIN, after what was written."""
        ...


class Outlet:
    def __init__(self, broker: Broker, transport: Transport) -> None:
        self.broker = broker
        self.transport = transport
        self._out: list[bytes] = []
        self._size = 0
        self._closing = self._closed = False
        #: A backlog above the bound as it was when it last shrank, and when that was.
        self._stalled: tuple[int, float] | None = None

    def write_bytes(self, data: bytes) -> None:
        if not self._out:
            self.broker.unwritten.append(self)
        self._out.append(data)
        self._size += len(data)

    def discard(self) -> None:
        self._out.clear()
        self._size = 0

    def close(self) -> None:
        """After what was written before."""
        self._closing = True
        self.broker.unwritten.append(self)

    def flush(self) -> None:
        """Hand everything to the socket in one piece."""
        if self._out and not self._closed:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self.discard()
            self.transport.write(data)
        if self._closing:
            self.discard()
            if not self._closed:
                self._closed = True
                self.transport.close()

    @property
    def congested(self) -> bool:
        """Whether the client has not yet taken so much that nothing new is sent to it."""
        return self.transport.backlog + self._size > self.broker.limits.backlog

    def stalled(self) -> bool:
        """Whether the client has taken nothing of a long backlog for some seconds."""
        backlog, moment, limits = self.transport.backlog, self.broker.moment, self.broker.limits
        if backlog <= limits.backlog:
            self._stalled = None
        elif self._stalled is None or backlog < self._stalled[0]:
            self._stalled = (backlog, moment)
        return self._stalled is not None and moment - self._stalled[1] >= limits.stalled_seconds
