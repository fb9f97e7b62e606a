"""The server's end of TLS without a socket: bytes in, bytes out.

asyncio's own TLS keeps 256 KiB for each connection and does not tell how much of the output still waits.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

#: A TLS record holds no more (RFC 8446, 5.1).
_RECORD = 16_384


class Tls:
    """One TLS session."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        #: Whether the handshake is done.
        self.established = False
        #: Whether the peer said that it sends no more.
        self.ended = False

    def receive(self, data: bytes) -> bytes:
        """What the peer said, decrypted. Raises `ssl.SSLError`; an alert for the peer is in `output`."""
        self._incoming.write(data)
        if not self.established:
            try:
                self._session.do_handshake()
            except ssl.SSLWantReadError:
                return b""
            self.established = True
        return b"".join(self._records())

    def _records(self) -> list[bytes]:
        records = []
        try:
            while record := self._session.read(_RECORD):
                records.append(record)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        return records

    def send(self, data: bytes) -> bytes:
        """`data`, encrypted, and whatever else is due."""
        self._session.write(data)
        return self._outgoing.read()

    def output(self) -> bytes:
        """What the handshake, or its failure, has for the peer."""
        return self._outgoing.read()

    def close(self) -> bytes:
        """The last word: `close_notify` (RFC 8446, 6.1)."""
        with suppress(ssl.SSLError):  # it waits for the peer's own, which nobody needs
            self._session.unwrap()
        return self._outgoing.read()

    @property
    def peer_certificate(self) -> bytes | None:
        """In DER."""
        return self._session.getpeercert(binary_form=True)

    @property
    def alpn(self) -> str | None:
        """The protocol that both sides agreed on (RFC 7301)."""
        return self._session.selected_alpn_protocol()
