"""TLS beneath cheroot: the handshake is made by the thread that answers.

cheroot's own adapter makes it where connections are accepted, and who says nothing there keeps everybody out.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from cheroot import errors
from cheroot.makefile import StreamReader, StreamWriter
from cheroot.server import HTTPConnection
from cheroot.ssl import Adapter


class Tls(Adapter):
    """For a context that exists already."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        try:
            wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError as gone:
            raise errors.FatalSSLAlert(*gone.args) from None
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """cheroot says itself that the scheme is `https`; nothing else of it is read."""
        return {}

    def makefile(self, sock: ssl.SSLSocket, mode: str = "r", bufsize: int = -1) -> Any:
        return (StreamReader if "r" in mode else StreamWriter)(sock, mode, bufsize)


class Secured(HTTPConnection):
    """A connection that is over where the handshake fails, as it does for a browser without the CA."""

    def communicate(self) -> bool:
        try:
            self.socket.do_handshake()  # done once: later it does nothing
        except OSError:
            return False
        return bool(super().communicate())  # type: ignore[no-untyped-call]
