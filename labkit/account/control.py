"""The local account's own service, `labkit`: its outbox, its clock, issuers' keys (AWS JSON 1.1, SigV4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from labkit.errors import LabError
from labkit.record import Secret


class Response(Protocol):
    """As much of botocore's AWSResponse as is read here."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


#: Sends a prepared request (`botocore.awsrequest.AWSPreparedRequest`).
Send = Callable[[Any], Response]


class Control:
    """Calls the `labkit` service as the account's administrator."""

    def __init__(
        self, send: Send, endpoint: str, *, region: str, access_key_id: str, secret_access_key: Secret
    ) -> None:
        self._send = send
        self._endpoint = endpoint
        self._region = region
        self._access_key_id = access_key_id
        self._secret_access_key = secret_access_key

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """The operation's answer. Raises LabError with the account's own sentence where it refuses."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        headers = {"X-Amz-Target": f"Labkit.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        body = json.dumps(parameters).encode()
        request = AWSRequest("POST", f"{self._endpoint}/", headers=headers, data=body)
        keys = Credentials(self._access_key_id, self._secret_access_key.reveal())
        SigV4Auth(keys, "labkit", self._region).add_auth(request)
        response = self._send(request.prepare())
        answer = _json(response)
        if response.status_code != 200:
            raise LabError(
                f"the local account refused `{operation}`: {answer.get('message', 'no reason given')}"
            )
        return answer


def _json(response: Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise LabError("the endpoint does not answer as a local account does; is it another program?")
    return answer


def get(send: Send, url: str) -> Response:
    """The answer to an unsigned GET."""
    from botocore.awsrequest import AWSRequest

    return send(AWSRequest("GET", url).prepare())
