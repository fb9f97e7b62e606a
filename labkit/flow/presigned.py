"""The presigned URL: how an app proves who it is before the first word of MQTT.

https://docs.aws.amazon.com/iot/latest/developerguide/iam-users-groups-roles.html
"""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import ssl
from datetime import UTC, datetime
from http import HTTPStatus

from labkit import sigv4
from labkit.account import Account
from labkit.errors import LabError
from labkit.resources import Attempt, Credentials
from labkit.things import MQTT_PATH, SIGNING_NAME, PresignedUrl

_TIMEOUT = 10.0


def presigned_url(
    account: Account, credentials: Credentials, *, at: datetime | None = None, sign_token: bool = False
) -> PresignedUrl:
    """The URL that opens an MQTT connection over WebSocket, and every step of signing it.

    `at` is now by this machine's clock, as with every client: the account's own may stand still. The
    session token comes after the signature; `sign_token` puts it before, where AWS IoT does not want it.
    """
    signed_at = (at or datetime.now(UTC)).astimezone(UTC)
    amz_date = sigv4.timestamp(signed_at)
    scope = sigv4.Scope(amz_date[:8], account.region, SIGNING_NAME)
    query = sigv4.query_to_sign(credentials.access_key_id, amz_date=amz_date, scope=scope)
    token = credentials.session_token
    parameter = [("X-Amz-Security-Token", token.reveal())] if token else []
    steps = sigv4.presign(
        account.iot.host,
        MQTT_PATH,
        [*query, *parameter] if sign_token else query,
        secret_access_key=credentials.secret_access_key.reveal(),
        amz_date=amz_date,
        scope=scope,
        unsigned=() if sign_token else parameter,
    )
    return PresignedUrl(account.iot, steps, signed_at, token_signed=sign_token)


def open_websocket(url: PresignedUrl) -> Attempt:
    """Ask for the upgrade to WebSocket, as a browser does, and hang up again: 101, or why not.

    https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    """
    endpoint = url.endpoint
    trust = ssl.create_default_context(cadata=endpoint.ca.decode() if endpoint.ca else None)
    line = http.client.HTTPSConnection(endpoint.host, endpoint.port, timeout=_TIMEOUT, context=trust)
    headers = {
        "Host": endpoint.host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Protocol": "mqtt",
    }
    try:
        line.request("GET", url.path, headers=headers)
        return _attempt(url, line.getresponse())
    except OSError as error:
        raise LabError(f"nothing answers at `{endpoint.host}`: {error}") from None
    finally:
        line.close()


def _attempt(url: PresignedUrl, answer: http.client.HTTPResponse) -> Attempt:
    allowed = answer.status == HTTPStatus.SWITCHING_PROTOCOLS
    return Attempt(
        "GET /mqtt",
        f"wss://{url.endpoint.host}{MQTT_PATH}",
        allowed,
        answer.status,
        None if allowed else answer.headers.get("x-amzn-ErrorType", answer.reason).split(":")[0],
        None if allowed else _message(answer.read()),
        answer.headers.get("x-amzn-RequestId", ""),
    )


def _message(body: bytes) -> str:
    """AWS's answers are JSON with a `message`; whatever stands between may answer in its own words."""
    text = body.decode(errors="replace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()
