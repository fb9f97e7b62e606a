"""Sockets: the local account over HTTP, on this machine only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from labkit.local.wire import MAX_BODY

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

HOST = "127.0.0.1"
#: More than any AWS client sends (session tokens and presigned URLs included).
MAX_HEADERS = 64 * 1024
#: A client that stops talking in the middle of a request holds a thread until the timeout: enough threads
#: (cheroot makes none later on), and a short patience, keep the account answering the others. 64 cost 3 ms
#: and 2 MB at the start.
WORKERS = 64
#: Connections that may wait to be accepted. cheroot's five are fewer than a class opens at once; those beyond
#: are reset, or left to try again for seconds and minutes.
WAITING = 1024


class Server:
    """Serves `app` on 127.0.0.1. `port` 0 takes a free one; with a context for `tls` over HTTPS.

    The port is bound at once (OSError where it is taken); requests are answered from `start()` on.
    """

    def __init__(
        self,
        app: WSGIApplication,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        workers: int = WORKERS,
    ) -> None:
        from cheroot import wsgi

        from labkit.local.kept_open import KeptOpen

        self._server: Any = wsgi.Server(
            (HOST, port), app, numthreads=workers, max=workers, timeout=10, server_name="labkit"
        )
        self._server.ConnectionClass = KeptOpen
        if tls is not None:
            from labkit.local.tls import Secured, Tls

            self._server.ConnectionClass, self._server.ssl_adapter = Secured, Tls(tls)
        self._server.request_queue_size = WAITING
        self._server.max_request_header_size = MAX_HEADERS
        self._server.max_request_body_size = MAX_BODY
        self._server.shutdown_timeout = 1
        # cheroot looks this often (in seconds) whether it shall stop; its own half second is felt in tests.
        self._server.expiration_interval = 0.05
        self._thread: threading.Thread | None = None
        self._prepare()

    def _prepare(self) -> None:
        """Bind the port and start the workers, from a daemon thread: they inherit that from it.

        Other threads would keep a kernel alive that nobody told to stop its account.
        """
        failures: list[BaseException] = []

        def prepare() -> None:
            try:
                self._server.prepare()
            except BaseException as error:  # raised again below, in the caller's thread
                failures.append(error)

        thread = threading.Thread(target=prepare, daemon=True)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    @property
    def port(self) -> int:
        return int(self._server.bind_addr[1])

    @property
    def endpoint(self) -> str:
        """The address for `AWS_ENDPOINT_URL`; over HTTPS by the host's name.

        Cookies know no ports: under the same name, a browser that has one `Secure` takes none by HTTP.
        """
        secure = self._server.ssl_adapter is not None
        return f"https://localhost:{self.port}" if secure else f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Answer requests from a background thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._server.serve, name="labkit-account", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the requests in hand and close the port."""
        self._server.stop()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
