"""Which AWS operation a request asks for, read with botocore's own service models."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

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
    return _SERVICE_OF_VERSION.get(_form(request).get("Version", ""), "s3")


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
    return Call(service, operation, region, _json_body(request), request, model)


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
    try:
        model, uri = get_service_router(service).match(werkzeug_request(request, service, region))
    except (NotFound, MethodNotAllowed):
        raise AwsError(
            "UnknownOperationException",
            f"{request.method} {request.path[:80]} is not an operation of {service}.",
            404,
        ) from None
    parameters = dict(uri)
    if protocol_of(service) == "rest-json" and request.body[:1] == b"{":
        parameters |= _json_body(request)
    return Call(service, model.name, region, parameters, request, model)


def _json_body(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"{}")
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise AwsError("SerializationException", "The request body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "The request body must be a JSON object.")
    return value


def _form(request: Request) -> dict[str, str]:
    """The parameters of the query protocol: form-encoded body, or the URL's query."""
    fields = dict(request.parameters)
    if "form" in request.headers.get("content-type", "") or request.body[:7] in (b"Action=", b"Version"):
        try:
            fields |= parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            raise AwsError("MalformedInput", "The request body is not a form in UTF-8.") from None
    return fields


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


_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def is_region(name: str) -> bool:
    """Whether `name` has a Region's form; `aws-global` is what clients of global services sign for."""
    return bool(_REGION.fullmatch(name)) or name == "aws-global"
