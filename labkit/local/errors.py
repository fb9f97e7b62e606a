"""AWS's errors, and how each wire protocol writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

#: Everything that XML 1.0 has no place for: https://www.w3.org/TR/xml/#charsets
_NOT_XML = "[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"

Response = tuple[int, dict[str, str], bytes]


class AwsError(Exception):
    """An error as AWS answers it: its code, its text, its HTTP status, and what else JSON errors may hold."""

    def __init__(
        self, code: str, message: str, status: int = 400, members: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


def not_simulated(operation: str) -> AwsError:
    """The loud answer to what the local account has no behaviour for.

    501 is AWS's own status for functionality that is not there (S3's `NotImplemented`), and one that
    SDKs do not retry.
    """
    return AwsError(
        "NotSimulated",
        f"The local account does not simulate {operation}. A real account does: open_account('aws').",
        501,
    )


def internal_failure(error: Exception, where: str) -> AwsError:
    """A fault of the local account itself: said as AWS says it, with the cause for a bug report."""
    cause = f"{type(error).__name__}: {error}"
    return AwsError("InternalFailure", f"The local account failed {where}: {cause}.", 500)


@dataclass(frozen=True)
class Protocol:
    """How a service writes errors: `json`, `query`, `rest-json` or `rest-xml`."""

    name: str

    def render(self, error: AwsError, *, request_id: str, resource: str = "") -> Response:
        headers = {"x-amzn-RequestId": request_id}
        if self.name == "query":
            headers["Content-Type"] = "text/xml"
            return error.status, headers, _query(error, request_id)
        if self.name == "rest-xml":
            headers = {"x-amz-request-id": request_id, "Content-Type": "application/xml"}
            return error.status, headers, _s3(error, request_id, resource)
        headers["x-amzn-ErrorType"] = error.code
        headers["Content-Type"] = (
            "application/json" if self.name == "rest-json" else "application/x-amz-json-1.1"
        )
        return (
            error.status,
            headers,
            json.dumps({"__type": error.code, "message": error.message} | error.members).encode(),
        )


def _query(error: AwsError, request_id: str) -> bytes:
    sender = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>{sender}</Type>'
        f"<Code>{_text(error.code)}</Code><Message>{_text(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _s3(error: AwsError, request_id: str, resource: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{_text(error.code)}</Code>'
        f"<Message>{_text(error.message)}</Message><Resource>{_text(_from_wsgi(resource))}</Resource>"
        f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
    ).encode()


def _text(value: str) -> str:
    return escape(re.sub(_NOT_XML, "\ufffd", value))


def _from_wsgi(path: str) -> str:
    """WSGI hands a path's bytes over as if they were Latin-1 (PEP 3333)."""
    try:
        return path.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return path
