"""The request as AWS would have received it: at the service's own host name, by path."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from labkit.local.models import service_model
from labkit.local.wire import Request


def werkzeug_request(request: Request, service: str, region: str) -> Any:
    """The request as moto would see it had it been sent to AWS's own host name."""
    from moto.core.request import Request as MotoRequest

    path = request.raw_path
    if request.host_bucket:
        path = f"/{request.host_bucket}{path}"
    environ = dict(request.environ)
    environ.update(
        {
            "HTTP_HOST": host_of(service, region),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": str(len(request.body)),
            "PATH_INFO": _wsgi_path(path),
            "RAW_URI": path,
            "SCRIPT_NAME": "",
        }
    )
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return MotoRequest(environ)


def _wsgi_path(raw_path: str) -> str:
    return unquote_to_bytes(raw_path).decode("latin-1")


@lru_cache(maxsize=256)
def host_of(service: str, region: str) -> str:
    """AWS's host name of a service, which moto's URL patterns and Region detection expect."""
    if service == "iam":
        return "iam.amazonaws.com"
    prefix = service_model(service).metadata["endpointPrefix"]
    return f"{prefix}.{region}.amazonaws.com"
