"""The local account without a socket: botocore's requests go straight into the application."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labkit.local.app import LocalApp

#: Where clients believe they send their requests; nothing listens there.
ENDPOINT = "http://localhost"


def attach(session: Any, app: LocalApp) -> None:
    """Let every client of a botocore session call `app` instead of the network."""

    def send(request: Any, **_: Any) -> Any:
        return respond(app, request.method, request.url, dict(request.headers.items()), request.body)

    session.get_component("event_emitter").register_first("before-send", send)


def respond(app: LocalApp, method: str, url: str, headers: dict[str, Any], body: Any) -> Any:
    """Call the application with a prepared request and return botocore's kind of response."""
    from botocore.awsrequest import AWSResponse

    captured: list[Any] = []

    def start_response(status: str, response_headers: list[tuple[str, str]], exc_info: object = None) -> None:
        captured[:] = [int(status.split(maxsplit=1)[0]), dict(response_headers)]

    content = b"".join(app(environ(method, url, headers, body), start_response))
    status, response_headers = captured
    return AWSResponse(url, status, _lower(response_headers), _Raw(content))


def _lower(headers: dict[str, str]) -> Any:
    from botocore.compat import HTTPHeaders

    message = HTTPHeaders()
    for name, value in headers.items():
        message[name] = value
    return message


def environ(method: str, url: str, headers: dict[str, Any], body: Any) -> dict[str, Any]:
    parts = urlsplit(url)
    content = _bytes(body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "REQUEST_URI": parts.path or "/",
        "QUERY_STRING": parts.query,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ["CONTENT_LENGTH"] = str(len(content))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


class _Raw(io.BytesIO):
    """The response's body as botocore reads it from urllib3."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        while chunk := self.read(65536):
            yield chunk
