"""An HTTP request as it arrived, read once from WSGI's environ."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from labkit.local.errors import AwsError

StartResponse = Callable[..., Any]
Environ = dict[str, Any]

#: S3 takes single puts of 5 GB; a lab on a laptop does not.
MAX_BODY = 64 * 1024 * 1024

_BUCKET_HOST = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}?[a-z0-9])\."
    r"(?:(?:s3\.)?localhost|s3(?:\.[a-z0-9-]+)?\.amazonaws\.com)"
)
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\]|([a-z0-9.-]+\.)?localhost)")


@dataclass
class Request:
    """Method, raw path, decoded query, lower-case headers and the whole body."""

    method: str
    #: As it was sent, still percent-encoded.
    raw_path: str
    query_string: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    environ: Environ = field(repr=False)
    #: From a virtual-hosted-style address such as `bucket.localhost`.
    host_bucket: str | None = None

    @cached_property
    def path(self) -> str:
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        try:
            return parse_qsl(self.query_string, keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            raise AwsError("InvalidRequest", "The query string is not UTF-8.") from None

    @cached_property
    def parameters(self) -> dict[str, str]:
        return dict(self.query)


def read(environ: Environ) -> Request:
    """Read a request. Raises AwsError where it cannot be one."""
    headers = _headers(environ)
    host = headers.get("host", "").rsplit("@", 1)[-1]
    name = re.sub(r":\d+$", "", host).lower()
    if not name and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        raise AwsError("InvalidRequest", "Missing required header for this request: Host.")  # RFC 9112, 3.2
    _require_loopback(name)
    bucket = _BUCKET_HOST.fullmatch(name)
    uri = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    raw_path = _path_of(uri) if uri else _quoted(environ.get("PATH_INFO", "/"))
    _require_utf8(raw_path)
    return Request(
        method=environ.get("REQUEST_METHOD", "GET"),
        raw_path=raw_path or "/",
        query_string=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=_body(environ),
        environ=environ,
        host_bucket=bucket["bucket"] if bucket else None,
    )


def _headers(environ: Environ) -> dict[str, str]:
    headers = {
        key[5:].lower().replace("_", "-"): _utf8(value)
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key, name in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(key):
            headers[name] = _utf8(environ[key])
    return headers


def _utf8(value: str) -> str:
    """A header's bytes, which WSGI hands over as Latin-1, read as UTF-8, as AWS's SDKs send them."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _require_loopback(name: str) -> None:
    """Refuse names that are not this machine's: a web page must not reach the account by DNS rebinding."""
    if name and not _LOOPBACK.fullmatch(name) and not name.endswith((".amazonaws.com", ".amazoncognito.com")):
        raise AwsError(
            "InvalidHost", f"Host `{name[:80]}` is not this machine; use 127.0.0.1 or localhost.", 421
        )


def _require_utf8(raw_path: str) -> None:
    try:
        unquote(raw_path, errors="strict")
    except UnicodeDecodeError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI: its path is not UTF-8.") from None


def _path_of(uri: str) -> str:
    if "://" in uri.split("?", 1)[0]:
        uri = "/" + uri.split("://", 1)[1].partition("/")[2]
    return uri.split("?", 1)[0]


def _quoted(path: str) -> str:
    return quote(path.encode("latin-1"), safe="/~:@!$&'()*+,;=-._")


def _body(environ: Environ) -> bytes:
    stream = environ.get("wsgi.input")
    if stream is None:
        return b""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = _received(stream, MAX_BODY + 1)
    else:
        body = _received(stream, _content_length(environ))
        if len(body) < _content_length(environ):
            raise AwsError("IncompleteBody", "The request body ended before Content-Length bytes.")
    if len(body) > MAX_BODY:
        raise _too_large()
    return body


def _received(stream: Any, length: int) -> bytes:
    """The body, as far as it came. Servers have errors of their own for chunks and pauses that break off."""
    try:
        body: bytes = stream.read(length)
    except Exception as error:
        raise AwsError("IncompleteBody", f"The request body cannot be read: {error}.") from None
    return body


def _content_length(environ: Environ) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch(r"\d{1,18}", text):
        raise AwsError("InvalidRequest", f"Content-Length `{text[:40]}` is not a number.")
    length = int(text)
    if length > MAX_BODY:
        raise _too_large()
    return length


def _too_large() -> AwsError:
    return AwsError("EntityTooLarge", f"The local account takes at most {MAX_BODY} bytes a request.", 413)
