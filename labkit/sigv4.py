"""AWS Signature Version 4, step by step, for whoever signs and whoever verifies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
names the four steps: canonical request, string to sign, signing key, signature. Each is one function.
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
#: The hash of a request without a body.
EMPTY_PAYLOAD = hashlib.sha256(b"").hexdigest()

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+)\s*,\s*"
    r"SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)
_TIMESTAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Scope:
    """What a signing key is good for: one day, one Region, one service."""

    #: YYYYMMDD.
    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class Authorization:
    """The parts of an `Authorization` header, or of a presigned URL's query."""

    access_key_id: str
    scope: Scope
    #: Names in lower case, in the order in which they were signed.
    signed_headers: tuple[str, ...]
    #: 64 hexadecimal digits.
    signature: str


def parse_authorization(header: str) -> Authorization:
    """Take an `Authorization` header apart. Raises ValueError with the part that is wrong."""
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        raise ValueError(f"expected `{ALGORITHM} Credential=…, SignedHeaders=…, Signature=…`")
    return authorization(match["credential"], match["headers"], match["signature"])


def authorization(credential: str, signed_headers: str, signature: str) -> Authorization:
    """Read `AKID/20260101/us-east-1/s3/aws4_request` and its companions. Raises ValueError."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request" or not re.fullmatch(r"\d{8}", parts[1]) or "" in parts:
        raise ValueError("Credential must be `access-key/YYYYMMDD/region/service/aws4_request`")
    names = tuple(signed_headers.lower().split(";"))
    return Authorization(parts[0], Scope(parts[1], parts[2], parts[3]), names, signature)


def parse_timestamp(text: str) -> datetime:
    """An `X-Amz-Date`, as in `20260101T120000Z`. Raises ValueError."""
    return datetime.strptime(text, _TIMESTAMP).replace(tzinfo=UTC)


def timestamp(instant: datetime) -> str:
    """`instant` as an `X-Amz-Date`."""
    return instant.astimezone(UTC).strftime(_TIMESTAMP)


def canonical_uri(path: str, *, service: str) -> str:
    """The path as it is signed: S3's as it was sent, every other service's normalised and encoded again."""
    if service == "s3":
        return path or "/"
    normalized = posixpath.normpath(path) if path else "/"
    if path.endswith("/") and not normalized.endswith("/"):
        normalized += "/"
    return quote(re.sub(r"^/+", "/", normalized), safe="/~")


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Decoded name and value pairs, encoded by RFC 3986 and sorted by code point."""
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in parameters)
    return "&".join(f"{name}={value}" for name, value in encoded)


def canonical_headers(headers: Mapping[str, str], names: Iterable[str]) -> str:
    """The signed headers, one a line; `headers` has lower-case names. Raises KeyError for a missing one."""
    return "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(names))


def canonical_request(
    method: str, uri: str, query: str, headers: str, names: Iterable[str], payload_hash: str
) -> str:
    """Step 1: the request in the one form that both sides can rebuild."""
    return "\n".join((method, uri, query, headers, ";".join(sorted(names)), payload_hash))


def string_to_sign(request: str, *, amz_date: str, scope: Scope) -> str:
    """Step 2: algorithm, time, scope and the hash of the canonical request."""
    return "\n".join((ALGORITHM, amz_date, str(scope), hashlib.sha256(request.encode()).hexdigest()))


def signing_key(secret_access_key: str, scope: Scope) -> bytes:
    """Step 3: the secret key, narrowed to one day, Region and service by four HMACs."""
    key = f"AWS4{secret_access_key}".encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, text: str) -> str:
    """Step 4: the HMAC of the string to sign, as hexadecimal digits."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def query_to_sign(access_key_id: str, *, amz_date: str, scope: Scope, **more: str) -> list[tuple[str, str]]:
    """What a presigned URL's query holds before its signature: who signs, when, and for what.

    The host is the one header of the request that is signed. `more`: further parameters, under names
    with underscores, as in `X_Amz_Expires`.
    """
    return [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{access_key_id}/{scope}"),
        ("X-Amz-Date", amz_date),
        ("X-Amz-SignedHeaders", "host"),
        *((name.replace("_", "-"), value) for name, value in more.items()),
    ]


@dataclass(frozen=True)
class Presigned:
    """The query of a presigned URL, with every step on the way to it."""

    scope: Scope
    canonical_request: str = field(repr=False)
    string_to_sign: str = field(repr=False)
    signature: str = field(repr=False)
    #: What comes after the `?`. Whoever has it can make the request.
    query: str = field(repr=False)


def presign(
    host: str,
    path: str,
    query: list[tuple[str, str]],
    *,
    secret_access_key: str,
    amz_date: str,
    scope: Scope,
    payload_hash: str = EMPTY_PAYLOAD,
    unsigned: Iterable[tuple[str, str]] = (),
) -> Presigned:
    """The four steps for `GET path?query`; the signature, and then what is `unsigned`, are appended.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    signed = canonical_query(query)
    headers = canonical_headers({"host": host}, ["host"])
    uri = canonical_uri(path, service=scope.service)
    request = canonical_request("GET", uri, signed, headers, ["host"], payload_hash)
    text = string_to_sign(request, amz_date=amz_date, scope=scope)
    made = signature(signing_key(secret_access_key, scope), text)
    appended = [f"{name}={quote(value, safe='~')}" for name, value in unsigned]
    whole = "&".join([signed, f"X-Amz-Signature={made}", *appended])
    return Presigned(scope, request, text, made, whole)
