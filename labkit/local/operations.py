"""Which AWS operation a request asks for, read with botocore's own service models."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from labkit.local import canonical
from labkit.local.aws_host import werkzeug_request
from labkit.local.errors import AwsError, Protocol, not_simulated
from labkit.local.models import operation_model, protocol_of, service_model
from labkit.local.wire import Request
from labkit.sigv4 import Scope

#: X-Amz-Target prefixes of the JSON services that are called without a signature or under another name.
_TARGETS = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "Labkit": "labkit",
}
#: botocore's service name, where the SigV4 signing name is another one (models.signing_name).
_SERVICE_OF_SIGNING_NAME = {"iotdata": "iot-data", "iotdevicegateway": "iot-data"}
#: Escapes of half a character, which must come in pairs to be one.
_HALVES = re.compile(rb"\\u[dD][89a-fA-F]")
#: The `Version` parameter of the query protocol names the API, also where no signature does.
_SERVICE_OF_VERSION = {"2011-06-15": "sts", "2010-05-08": "iam"}


@dataclass
class Call:
    """One API call: what it asks for, not yet whether it may."""

    #: botocore's name, as in `cognito-idp`.
    service: str
    #: AWS's operation name, as in `InitiateAuth`.
    operation: str
    region: str
    parameters: dict[str, Any]
    request: Request
    #: moto's view of botocore's operation model; None for the account's own control operations.
    model: Any = None

    @property
    def protocol(self) -> Protocol:
        return Protocol(protocol_of(self.service))

    @property
    def unsigned(self) -> bool:
        """Whether AWS takes this operation without a signature (botocore's `auth_type`)."""
        return self.model is not None and self.model.auth_type == "none"

    def replace(self, **members: Any) -> None:
        """Change members of a JSON request, for moto too, which reads the body again."""
        self.parameters |= members
        self.request.body = json.dumps(self.parameters).encode()


def service_of(request: Request, scope: Scope | None) -> str:
    """The service that a request is meant for; S3 where nothing says otherwise."""
    target = request.headers.get("x-amz-target", "").partition(".")[0]
    if target in _TARGETS:
        return _TARGETS[target]
    if scope is not None:
        return _SERVICE_OF_SIGNING_NAME.get(scope.service, scope.service)
    if target:
        raise not_simulated(f"the unsigned target `{target[:80]}`")
    if "form" in request.headers.get("content-type", "") or "Action" in request.parameters:
        return _SERVICE_OF_VERSION.get(_form(request).get("Version", ""), "s3")
    return "s3"


def identify(request: Request, service: str, region: str) -> Call:
    """Name the operation and read its parameters. Raises AwsError where there is none."""
    if service == "labkit":
        operation = request.headers.get("x-amz-target", "").partition(".")[2]
        return Call(service, operation, region, _json_body(request), request)
    protocol = protocol_of(service)
    if protocol == "json":
        return _identify_json(request, service, region)
    if protocol == "query":
        return _identify_query(request, service, region)
    return _identify_rest(request, service, region)


def _identify_json(request: Request, service: str, region: str) -> Call:
    operation = request.headers.get("x-amz-target", "").partition(".")[2]
    if operation not in service_model(service).operation_names:
        raise AwsError("UnknownOperationException", f"`{operation[:80]}` is not an operation of {service}.")
    model = operation_model(service, operation)
    parameters = canonical.known_members(_json_body(request), model)
    return Call(service, operation, region, parameters, request, model)


def _identify_query(request: Request, service: str, region: str) -> Call:
    form = _form(request)
    operation = form.get("Action", "")
    if operation not in service_model(service).operation_names:
        raise AwsError("InvalidAction", f"Could not find operation {operation[:80]} for {service}.")
    model = operation_model(service, operation)
    return Call(service, operation, region, _structured(form, model), request, model)


def _identify_rest(request: Request, service: str, region: str) -> Call:
    from moto.core.routing import get_service_router
    from werkzeug.exceptions import MethodNotAllowed, NotFound

    service_model(service)  # raises for a service that nobody knows, as moto's router would not
    if service == "s3":
        canonical.require_single(request, code="InvalidArgument")
        canonical.require_one_subresource(request)
    try:
        model, uri = get_service_router(service).match(werkzeug_request(request, service, region))
    except (NotFound, MethodNotAllowed):
        raise AwsError(
            "UnknownOperationException",
            f"{request.method} {request.path[:80]} is not an operation of {service}.",
            404,
        ) from None
    call = Call(service, model.name, region, dict(uri), request, model)
    if protocol_of(service) == "rest-json":
        canonical.require_single_members(request, model)
        if canonical.has_json_body(request, model):
            call.parameters = canonical.body_members(_json_body(request), model) | call.parameters
    return call


def canonicalize(call: Call) -> None:
    """Leave nothing in the request for moto but what was identified (see canonical.py).

    For after the signature's check, which needs the request as it came.
    """
    if call.model is None:
        return
    if call.protocol.name == "json":
        canonical.json_request(call)
    elif call.protocol.name == "query":
        canonical.query_request(call, _form(call.request))
    elif call.protocol.name == "rest-json":
        canonical.rest_json_request(call)


def _json_body(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body.decode() or "{}")
        if _HALVES.search(request.body):
            json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeError, ValueError, RecursionError):
        raise AwsError("SerializationException", "The request body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "The request body must be a JSON object.")
    return value


def _form(request: Request) -> dict[str, str]:
    """The parameters of the query protocol: form-encoded body and the URL's query, each name once."""
    pairs = list(request.query)
    if not request.headers.get("content-type", "").startswith("multipart/"):
        try:
            pairs += parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")
        except (UnicodeDecodeError, ValueError):
            raise AwsError("MalformedInput", "The request body is not a form in UTF-8.") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise AwsError("MalformedQueryString", "A parameter is given more than once.")
    return dict(pairs)


def _structured(form: dict[str, str], model: Any) -> dict[str, Any]:
    from moto.core.parse import PROTOCOL_PARSERS
    from werkzeug.datastructures import MultiDict

    parser = PROTOCOL_PARSERS["query"](model)
    request: Any = {"values": MultiDict(form), "headers": {}, "body": "", "method": "POST"}
    try:
        parsed = parser.parse(request | {"url_path": "/", "url_params": {}})
    except (ValueError, TypeError) as error:
        raise AwsError("MalformedInput", f"A parameter is malformed: {error}.") from None
    return dict(parsed or {})


def is_region(name: str) -> bool:
    """Whether AWS has this Region; `aws-global` is what clients of global services sign for."""
    return name in _regions()


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    """The Regions of the `aws` partition; China and GovCloud are other partitions, with other accounts."""
    from botocore.loaders import Loader

    partitions = Loader().load_data("partitions")["partitions"]
    return frozenset(next(p["regions"] for p in partitions if p["id"] == "aws"))
