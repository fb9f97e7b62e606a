"""Bodies that are signed chunk by chunk (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`).

Each chunk's signature covers the one before it; the first follows on the request's own.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator

from labkit import sigv4

PLAIN = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

_EMPTY = hashlib.sha256(b"").hexdigest()
_HEAD = re.compile(rb"([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})")
_TRAILER_SIGNATURE = re.compile(rb"x-amz-trailer-signature:([0-9a-f]{64})\s*$", re.IGNORECASE)


def are_signed(body: bytes, *, seed: str, key: bytes, amz_date: str, scope: sigv4.Scope) -> bool:
    """Whether every chunk of `body`, and its trailer if it has one, carries the right signature."""
    previous = seed
    try:
        for data, signature in _chunks(body):
            text = "\n".join(
                ("AWS4-HMAC-SHA256-PAYLOAD", amz_date, str(scope), previous, _EMPTY, _sha256(data))
            )
            if not hmac.compare_digest(sigv4.signature(key, text), signature):
                return False
            previous = signature
    except ValueError:
        return False
    return _trailer_is_signed(body, previous, key, f"{amz_date}\n{scope}")


def _chunks(body: bytes) -> Iterator[tuple[bytes, str]]:
    """Data and signature of each chunk, the last and empty one included. Raises ValueError."""
    position, size = 0, 1
    while size:
        end = body.index(b"\r\n", position)
        head = _HEAD.fullmatch(body[position:end])
        if head is None:
            raise ValueError("no chunk header")
        size = int(head[1], 16)
        yield body[end + 2 : end + 2 + size], head[2].decode()
        position = end + 2 + size + (2 if size else 0)


def _trailer_is_signed(body: bytes, previous: str, key: bytes, when: str) -> bool:
    found = _TRAILER_SIGNATURE.search(body)
    if found is None:
        return b"x-amz-trailer-signature" not in body[-200:].lower()
    headers = body[: found.start()].rpartition(b";chunk-signature=")[2].split(b"\r\n", 1)[1]
    signed = headers.replace(b"\r\n", b"\n")
    text = f"AWS4-HMAC-SHA256-TRAILER\n{when}\n{previous}\n{_sha256(signed)}"
    return hmac.compare_digest(sigv4.signature(key, text), found[1].decode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
