"""A User Pool's domain, which no AWS SDK calls: it speaks OAuth 2.0, in forms and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from labkit.account.control import Response, Send
from labkit.record import ApiCall, mask

#: What the endpoints are sent and answer that must not be shown.
SECRETS = frozenset(
    ("access_token", "client_secret", "code", "code_verifier", "id_token", "refresh_token", "token")
)


@dataclass(frozen=True)
class DomainAnswer:
    """What an endpoint of the domain answered."""

    status: int
    document: Mapping[str, Any] = field(repr=False)
    call: ApiCall


def ask(
    send: Send, url: str, path: str, *, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> DomainAnswer:
    """POST a form to an endpoint, or GET it where there is none."""
    from botocore.awsrequest import AWSRequest

    body = b"" if form is None else urlencode(form).encode()
    kind = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
    started = datetime.now(UTC)
    method = "GET" if form is None else "POST"
    request = AWSRequest(method, f"{url}{path}", headers=dict(headers) | kind, data=body)
    response = send(request.prepare())
    document = _document(response)
    call = ApiCall(
        service="cognito-domain",
        operation=path,
        signed=False,
        request=_masked(form or {}),
        response=_masked(document),
        status=response.status_code,
        error_code=document.get("error"),
        request_id="",
        started=started,
        duration=datetime.now(UTC) - started,
        address=f"{url}{path}",
    )
    return DomainAnswer(response.status_code, document, call)


def _document(response: Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content or b"{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"error": "no JSON"}


def _masked(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: mask(str(value)) if name in SECRETS else value for name, value in members.items()}
