"""Calls into moto: the behaviour underneath, for everything that labkit does not do itself."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any
from xml.parsers.expat import ExpatError

from labkit.local.aws_host import host_of, werkzeug_request
from labkit.local.errors import AwsError, Response, internal_failure, not_simulated
from labkit.local.loading import without_collections
from labkit.local.operations import Call

Handler = Callable[[Any, str, Any], Any]

_MALFORMED_XML = "The XML you provided was not well-formed or did not validate against our published schema"


def call(call: Call, account_id: str) -> Response:
    """Let moto answer `call`. Raises AwsError where moto has no behaviour for it."""
    request = werkzeug_request(call.request, call.service, call.region)
    request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = account_id
    path = request.raw_path
    handler = _handler(call.service, call.region, path)
    _require_method(handler, call)
    try:
        with _no_key_for_new_pools() if call.operation == "CreateUserPool" else nullcontext():
            status, headers, body = _answer(handler, request)
    except (NotImplementedError, ImportError):  # moto's less common services need more packages
        raise not_simulated(f"{call.service}:{call.operation}") from None
    except ExpatError:
        raise AwsError("MalformedXML", _MALFORMED_XML) from None
    except Exception as error:
        if call.service == "dynamodb" and type(error) is ValueError:
            # So moto reports an expression that it cannot read.
            raise AwsError("ValidationException", f"Invalid expression: {error}") from None
        traceback.print_exc()
        raise internal_failure(error, f"inside {call.service}:{call.operation}") from error
    return status, _clean(headers), body if isinstance(body, bytes) else str(body).encode()


@contextmanager
def _no_key_for_new_pools() -> Iterator[None]:
    """Spare moto the reading of one published RSA key, which takes 100 ms for each pool.

    Pools have keys of their own here (user_pools.state); moto's tokens would fail without one.
    """
    from types import SimpleNamespace

    from moto.cognitoidp import models

    given: Any = models
    jwk, given.jwk = given.jwk, SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda _: None))
    try:
        yield
    finally:
        given.jwk = jwk


def _answer(handler: Handler, request: Any) -> tuple[int, dict[str, Any], Any]:
    from werkzeug.exceptions import HTTPException

    try:
        result = handler(request, request.raw_url, request.headers)
    except HTTPException as error:
        return error.code or 400, dict(error.get_headers()), error.get_body()
    if len(result) == 3:
        return result  # type: ignore[no-any-return]
    return 200, {}, result


def _clean(headers: dict[str, Any]) -> dict[str, str]:
    """moto's headers without those that it uses for itself or that the server writes.

    moto spells `content-length` in either case; a response must not carry it twice (RFC 9110, section 8.6).
    """
    kept = {k: str(v) for k, v in headers.items() if k.lower() not in ("status", "date", "server")}
    return {("Content-Length" if k.lower() == "content-length" else k): v for k, v in kept.items()}


def _handler(service: str, region: str, path: str) -> Handler:
    url = f"https://{host_of(service, region)}{path}"
    for pattern, handler in _routes(service):
        if pattern.match(url):
            return handler
    raise not_simulated(f"the service `{service}`")


@lru_cache(maxsize=64)
def _routes(service: str) -> list[tuple[re.Pattern[str], Handler]]:
    from moto import backend_index, backends

    host = f"https://{host_of(service, 'us-east-1')}/"
    name = next((n for n, pattern in backend_index.backend_url_patterns if pattern.match(host)), None)
    if name is None:
        raise not_simulated(f"the service `{service}`")
    try:
        with without_collections():
            regions: Any = backends.get_backend(name)["123456789012"]  # type: ignore[call-overload]
    except ImportError:  # moto's less common services need more packages
        raise not_simulated(f"the service `{service}`") from None
    backend = regions["us-east-1" if "us-east-1" in regions else "aws"]
    return [(re.compile(url), handler) for url, handler in backend.urls.items()]


def require_implemented(call: Call) -> None:
    """Raise AwsError where moto lacks the operation of a service whose every call goes to one address."""
    _require_method(_handler(call.service, call.region, "/"), call)


def _require_method(handler: Handler, call: Call) -> None:
    """Name the operation that moto lacks, before moto fails over it in its own words.

    S3 routes inside its response class, by path and query instead of by operation name.
    """
    response_class: Any = getattr(handler, "__self__", None)
    if call.service == "s3" or not isinstance(response_class, type):
        return
    if call.operation not in _implemented(response_class):
        raise not_simulated(f"{call.service}:{call.operation}")


@lru_cache(maxsize=256)
def _implemented(response_class: Any) -> _Names:
    from moto.core.utils import method_names_from_class

    return _Names(frozenset(method_names_from_class(response_class)))


class _Names:
    """The operations that a moto response class has, asked for by AWS's name."""

    def __init__(self, methods: frozenset[str]) -> None:
        self._methods = methods

    def __contains__(self, operation: object) -> bool:
        from moto.core.utils import camelcase_to_underscores

        return camelcase_to_underscores(str(operation)) in self._methods
