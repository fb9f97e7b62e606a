"""What moto is given: nothing but what was identified, and so decided about.

moto reads requests by rules of its own (the URL's query before the body, the first of two values, any
member it knows by name). A request that both sides read differently would be decided as one thing and
done as another; after this module there is only one reading.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from labkit.local.errors import AwsError
from labkit.local.models import service_model

if TYPE_CHECKING:
    from labkit.local.operations import Call
    from labkit.local.wire import Request


def require_single(request: Request, *, code: str) -> None:
    """Refuse a query parameter that is given twice: which one counts is nobody's to guess."""
    names = [name for name, _ in request.query]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AwsError(code, f"The query parameter `{twice[0][:80]}` is given more than once.")


def require_one_subresource(request: Request) -> None:
    """S3 takes one sub-resource a request, as in `?acl`."""
    given = sorted(name for name in request.parameters if name in _subresources())
    if len(given) > 1:
        raise AwsError("InvalidArgument", f"Conflicting query string parameters: {', '.join(given)}")


@lru_cache(maxsize=1)
def _subresources() -> frozenset[str]:
    """Query parameters that choose the operation, by S3's own model."""
    model = service_model("s3")
    chosen = {"uploadId"}
    for name in model.operation_names:
        chosen.update(model.operation_model(name).http_trait.query_args)
    return frozenset(chosen - {"x-id", "select-type"})


def known_members(parameters: dict[str, Any], model: Any) -> dict[str, Any]:
    """The members that the operation has; AWS passes over the others."""
    members = model.input_shape.members if model.input_shape is not None else {}
    return {name: value for name, value in parameters.items() if name in members}


def json_request(call: Call) -> None:
    """One JSON body and nothing beside it."""
    body = json.dumps(call.parameters).encode() if call.parameters else b"{}"
    _rewrite(call.request, body, "", "application/x-amz-json-1.1")


def query_request(call: Call, form: dict[str, str]) -> None:
    """One form in the body."""
    _rewrite(call.request, urlencode(form).encode(), "", "application/x-www-form-urlencoded; charset=utf-8")
    call.request.environ["REQUEST_METHOD"] = "POST"


def rest_json_request(call: Call) -> None:
    """Path, query and body each with the members that the model puts there; the path wins."""
    located = _locations(call.model)
    query = [(n, v) for n, v in call.request.query if located.get(n) == "querystring"]
    body = call.request.body
    if has_json_body(call.request, call.model):
        body = json.dumps(body_members(json.loads(body), call.model)).encode()
    content_type = call.request.headers.get("content-type", "application/json")
    _rewrite(call.request, body, urlencode(query), content_type)
    call.request.environ.pop("HTTP_X_AMZ_TARGET", None)


def has_json_body(request: Request, model: Any) -> bool:
    """Whether the body holds the operation's members; a payload, such as a message, is bytes and stays so."""
    shape = model.input_shape
    return shape is not None and not shape.serialization.get("payload") and request.body[:1] == b"{"


def require_single_members(request: Request, model: Any) -> None:
    """A rest-json query may repeat a list's member, as in `tagKeys`, and no other."""
    members = model.input_shape.members.items() if model.input_shape is not None else ()
    lists = {m.serialization.get("name", n) for n, m in members if m.type_name == "list"}
    names = [name for name, _ in request.query if name not in lists]
    if len(set(names)) < len(names):
        raise AwsError("ValidationException", "A query parameter is given more than once.")


def _locations(model: Any) -> dict[str, str]:
    """Name on the wire → where the model has it: `uri`, `querystring`, `header` or `body`."""
    if model.input_shape is None:
        return {}
    return {
        member.serialization.get("name", name): member.serialization.get("location", "body")
        for name, member in model.input_shape.members.items()
    }


def body_members(sent: dict[str, Any], model: Any) -> dict[str, Any]:
    """Members of a rest-json body that belong there."""
    located = _locations(model)
    return {name: value for name, value in sent.items() if located.get(name) == "body"}


def _rewrite(request: Request, body: bytes, query: str, content_type: str) -> None:
    request.body = body
    request.environ["QUERY_STRING"] = query
    request.environ["CONTENT_TYPE"] = content_type
