"""URLs for the IoT endpoint, signed step by step, right or wrong in one place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from labkit import sigv4
from labkit.resources import Credentials

REGION = "us-east-1"
_NOTHING = hashlib.sha256(b"").hexdigest()


def signed_path(
    keys: Credentials,
    *,
    host: str = "localhost",
    path: str = "/mqtt",
    service: str = "iotdevicegateway",
    region: str = REGION,
    age: timedelta = timedelta(),
    date: str = "",
    token: str | None = "",
    sign_token: bool = False,
    more: Iterable[tuple[str, str]] = (),
) -> str:
    """`path?query`, signed `age` ago; the token of `keys` is appended unless another is given, or None."""
    amz_date = sigv4.timestamp(datetime.now(UTC) - age)
    scope = sigv4.Scope(date or amz_date[:8], region, service)
    query = [
        ("X-Amz-Algorithm", sigv4.ALGORITHM),
        ("X-Amz-Credential", f"{keys.access_key_id}/{scope}"),
        ("X-Amz-Date", amz_date),
        ("X-Amz-SignedHeaders", "host"),
        *more,
    ]
    if token == "":
        token = keys.session_token.reveal() if keys.session_token else None
    appended = [] if token is None else [("X-Amz-Security-Token", token)]
    if sign_token:
        query, appended = query + appended, []
    text = sigv4.canonical_request(
        "GET", path, sigv4.canonical_query(query), f"host:{host}\n", ["host"], _NOTHING
    )
    key = sigv4.signing_key(keys.secret_access_key.reveal(), scope)
    signature = sigv4.signature(key, sigv4.string_to_sign(text, amz_date=amz_date, scope=scope))
    appended = [("X-Amz-Signature", signature), *appended]
    return f"{path}?{sigv4.canonical_query(query)}&" + "&".join(
        f"{n}={quote(v, safe='~')}" for n, v in appended
    )
