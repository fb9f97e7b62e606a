"""The app's end of a redirect: a listener on this machine that a browser comes back to.

RFC 8252, section 7.3; User Pools take `http://127.0.0.1` with a port as a callback URL:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from labkit.errors import LabError, OAuthError
from labkit.flow.recorded import note, oauth_hint
from labkit.record import Secret

HOST, PATH, SIGNED_OUT = "127.0.0.1", "/callback", "/signed-out"
#: Seconds of waiting after which it says so.
_QUIET = 2.0
_PAGES = {
    PATH: b"<!doctype html><title>Done</title><p>You may close this window and go back to the notebook.",
    SIGNED_OUT: b"<!doctype html><title>Signed out</title><p>You are signed out.",
}


class RedirectCatcher:
    """Listens from `start()` or `with` on; `wait()` gives what the browser brought, sign-in after sign-in.

    `port` must be the one of the app client's callback URL; 0 takes a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._came = threading.Event()
        #: `state` → what came with it: two windows do not disturb each other.
        self._queries: dict[str, dict[str, str]] = {}
        try:
            self._server = HTTPServer((HOST, port), self._handler())
        except OSError as error:
            raise LabError(f"cannot listen on port `{port}`: {error}; name another port") from None

    @property
    def redirect_uri(self) -> str:
        """The address to register in CallbackURLs and to send as `redirect_uri`."""
        return f"http://{HOST}:{self._server.server_port}{PATH}"

    @property
    def logout_uri(self) -> str:
        """The address to register in LogoutURLs and to send as `logout_uri`."""
        return f"http://{HOST}:{self._server.server_port}{SIGNED_OUT}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, state: str, timeout: float = 120) -> Secret:
        """The code. Raises LabError where nobody comes in time, or with another `state` than was sent, and
        OAuthError where the browser brings an error (RFC 6749, section 4.1.2.1). Says so where it takes long.
        """
        quiet = min(timeout, _QUIET)
        if not self._came.wait(quiet) and quiet < timeout:
            print(f"Waiting up to {timeout:g} seconds for a browser that has signed in …")  # noqa: T201
        if not self._came.wait(timeout - quiet):
            raise LabError(
                f"no browser came back to `{self.redirect_uri}` within {timeout:g} seconds: open the "
                "authorization URL again and sign in"
            )
        if state not in self._queries:
            raise LabError("the browser came back with another `state` than was sent: do not use its code")
        came = self._queries[state]
        self._queries.clear()
        self._came.clear()
        if "code" not in came:
            error = came.get("error", "no code")
            refused = OAuthError("/oauth2/authorize", error, came.get("error_description", "").strip())
            note(refused, oauth_hint(refused))
            raise refused
        return Secret(came["code"])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        catcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                page = _PAGES.get(parts.path)
                if parts.path == PATH:
                    query = dict(parse_qsl(parts.query, keep_blank_values=True))
                    catcher._queries[query.get("state", "")] = query
                    catcher._came.set()
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_: Any) -> None:
                """The address holds the code."""

        return Handler
