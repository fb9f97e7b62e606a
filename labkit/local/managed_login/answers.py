"""What apps receive: JSON that nobody keeps and any web page may read.

"The token endpoint returns Access-Control-Allow-Origin: * response headers."
https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labkit.local.errors import Response

HEADERS = {
    "Content-Type": "application/json;charset=UTF-8",
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Access-Control-Allow-Origin": "*",
}


def of_json(status: int, document: Mapping[str, Any]) -> Response:
    return status, dict(HEADERS), json.dumps(document).encode()


def error(code: str, description: str = "", status: int = 400) -> Response:
    """RFC 6749, section 5.2, with AWS's status."""
    return of_json(status, {"error": code} | ({"error_description": description} if description else {}))


def preflight(methods: str) -> Response:
    allowed = {"Access-Control-Allow-Methods": methods}
    origin = {"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "3600"}
    # `*` does not stand for Authorization: https://fetch.spec.whatwg.org/#http-access-control-allow-headers
    allowed["Access-Control-Allow-Headers"] = "Authorization, Content-Type, *"
    return 200, origin | allowed, b""
