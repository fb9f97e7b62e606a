"""The local account as one WSGI application: the layers in their order.

read → identify → authenticate → is it simulated? → validate → authorize → answer (labkit's own operations,
else moto's).
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from labkit.local import (
    iam,
    identity_pools,
    iot,
    lab_idp,
    managed_login,
    sts,
    upstream,
    user_pools,
    wellknown,
    wire,
)
from labkit.local.authentication import Caller, authenticate, claims
from labkit.local.authorization import authorize
from labkit.local.errors import AwsError, Protocol, Response, internal_failure, not_simulated
from labkit.local.loading import Handler, handlers, without_collections
from labkit.local.models import protocol_of, signing_name
from labkit.local.operations import Call, canonicalize, identify, service_of
from labkit.local.requests import Asked
from labkit.local.serialize import answer
from labkit.local.shapes import require_shapes
from labkit.local.state import State
from labkit.local.validation import validate

if TYPE_CHECKING:
    from labkit.resources import Credentials

_CONTROL = handlers(
    "labkit.local",
    {
        "AdvanceClock": "control:advance_clock",
        "GetClock": "control:get_clock",
        "GetDecision": "control:get_decision",
        "ReadIotLog": "control:read_iot_log",
        "ReadOutbox": "control:read_outbox",
        "ReadRequests": "control:read_requests",
        "RotateSigningKey": "control:rotate_signing_key",
        "TellIssuerKeys": "control:tell_issuer_keys",
    },
)
_OWN: Mapping[str, Mapping[str, Handler]] = {
    "cognito-idp": user_pools.OPERATIONS,
    "cognito-identity": identity_pools.OPERATIONS,
    "iam": iam.OPERATIONS,
    "iot": iot.OPERATIONS,
    "iot-data": iot.DATA_OPERATIONS,
    "labkit": _CONTROL,
}
#: Before moto answers.
_CHECKS: Mapping[str, Mapping[str, Handler]] = {
    "cognito-idp": user_pools.CHECKS,
    "dynamodb": handlers("labkit.local", {"Query": "policies:plain_key_condition"}),
    "iam": iam.CHECKS,
    "s3": handlers("labkit.local", {"PutBucketPolicy": "policies:check_bucket_policy"}),
}
_S3 = Handler("labkit.local.s3:answer")
_NOT_SIMULATED = {
    "iot": iot.NOT_SIMULATED,
    "sts": sts.NOT_SIMULATED,
}
#: Services whose every operation is answered here or not at all.
_OWN_ONLY = ("cognito-identity", "iot-data", "labkit")
#: How operations begin that change nothing.
_READING = ("Describe", "Get", "List", "Lookup", "Search", "Simulate", "Test")
#: Services of which moto answers these alone.
_KEPT_BY_MOTO = {"iot": iot.KEPT_BY_MOTO}
#: moto validates the other services' parameters, some better than their models say.
_VALIDATED = ("cognito-idp", "cognito-identity", "dynamodb", "iam", "iot", "iot-data", "sts")

#: Where XML answers carry the request ID; clients believe it before the header.
_REQUEST_ID = re.compile(rb"<RequestId>[^<]*</RequestId>")

#: Web pages call Cognito's APIs from anywhere, as they may in AWS.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, HEAD",
    "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,ETag",
    "Access-Control-Max-Age": "172800",
}


class LocalApp:
    """WSGI callable. `state` is the account; nothing else is kept between requests."""

    def __init__(self, state: State) -> None:
        self.state = state

    @property
    def administrator(self) -> Credentials:
        """Keys of the IAM user that may do everything."""
        return self.state.administrator

    @property
    def region(self) -> str:
        return self.state.region

    def __call__(self, environ: wire.Environ, start_response: wire.StartResponse) -> Iterable[bytes]:
        asked = Asked(self.state.request_ids.uuid())
        status, headers, body = self._respond(environ, asked)
        self.state.requests.note(asked, (status, headers, body))
        if not any(name.lower() == "content-length" for name in headers):  # moto's S3 writes it in lower case
            headers["Content-Length"] = str(len(body))
        if environ.get("REQUEST_METHOD") == "HEAD":
            body = b""
        start_response(f"{status} {_reason(status)}", list(headers.items()))
        return (body,)

    def _respond(self, environ: wire.Environ, asked: Asked) -> Response:
        protocol, path = _guessed_protocol(environ), environ.get("PATH_INFO", "/")
        try:
            request = wire.read(environ)
            public = wellknown.answer(request, self.state)
            if public is not None:
                return public
            page = lab_idp.answer(request, self.state) or managed_login.answer(request, self.state)
            if page is not None:
                return page
            if request.method == "OPTIONS":
                wanted = request.headers.get("access-control-request-headers", "*")
                return 200, _CORS | {"Access-Control-Allow-Headers": wanted}, b""
            signed = claims(request, protocol.name)
            service = service_of(request, signed.scope if signed else None)
            protocol = Protocol(protocol_of(service))
            region = _region(signed.scope.region if signed else self.state.region)
            asked.call = call = identify(request, service, region)
            if signed is not None and not call.unsigned:
                asked.caller = authenticate(
                    request,
                    signed,
                    protocol=protocol.name,
                    signing_name=signing_name(service, signed.scope.service),
                    state=self.state,
                )
            canonicalize(call)
            with self.state.lock:
                answered = self._answer(call, asked.caller, asked.request_id)
                if answered[0] < 400 and _changes_connections(call):
                    self.state.iot.changed()
                return _identified(answered, call, asked.request_id)
        except AwsError as error:
            refusal = error
        except Exception as error:
            traceback.print_exc()
            refusal = internal_failure(error, "while it read this request")
        status, headers, body = protocol.render(refusal, request_id=asked.request_id, resource=path)
        return status, headers | _cors(protocol.name), body

    def _answer(self, call: Call, caller: Caller, request_id: str) -> Response:
        _require_simulated(call)
        require_shapes(call)
        if call.service in _VALIDATED:
            validate(call)
        self.state.decisions.begin(request_id)
        refused = authorize(call, caller, self.state)
        own = _OWN.get(call.service, {}).get(call.operation)
        if own is not None:
            return answer(call, own(call, self.state), request_id)
        if call.service == "sts" and call.operation in sts.OPERATIONS:
            return answer(call, sts.OPERATIONS[call.operation](call, caller, self.state), request_id)
        check = _CHECKS.get(call.service, {}).get(call.operation)
        if check is not None:
            check(call, self.state)
        if call.service == "s3":
            of_s3: Response = _S3(call, caller, self.state, refused)
            return of_s3
        response = upstream.call(call, self.state.account_id)
        amend = user_pools.AMENDMENTS.get(call.operation) if call.service == "cognito-idp" else None
        return amend(call, self.state, response) if amend else response


def _changes_connections(call: Call) -> bool:
    """Whether an answered call may have changed what somebody who is connected may do.

    STS opens sessions, and changes none that there is.
    """
    return call.service in ("iam", "iot", "cognito-identity") and not call.operation.startswith(_READING)


def _require_simulated(call: Call) -> None:
    """Before anything else: nobody should mend the parameters of a call that leads nowhere."""
    if call.operation in _NOT_SIMULATED.get(call.service, ()):
        raise not_simulated(f"{call.service}:{call.operation}")
    if call.service == "cognito-idp":
        for member in user_pools.NOT_SIMULATED_MEMBERS.get(call.operation, ()):
            if call.parameters.get(member):
                raise not_simulated(f"{member} of {call.service}:{call.operation}")
    if call.operation in _OWN.get(call.service, ()) or (
        call.service == "sts" and call.operation in sts.OPERATIONS
    ):
        return
    if call.service in _OWN_ONLY or call.operation not in _KEPT_BY_MOTO.get(call.service, (call.operation,)):
        raise not_simulated(f"{call.service}:{call.operation}")
    if call.service in _VALIDATED:
        upstream.require_implemented(call)


def _region(name: str) -> str:
    """Clients of global services sign for `aws-global` or for us-east-1; both mean the latter."""
    return "us-east-1" if name == "aws-global" else name


def _guessed_protocol(environ: wire.Environ) -> Protocol:
    """How to phrase an error before the service is known."""
    if environ.get("HTTP_X_AMZ_TARGET"):
        return Protocol("json")
    if "form-urlencoded" in (environ.get("CONTENT_TYPE") or ""):
        return Protocol("query")
    return Protocol("rest-xml")


def _identified(response: Response, call: Call, request_id: str) -> Response:
    """The response under the account's own request ID, by which its decision can be found."""
    status, headers, body = response
    kept = {k: v for k, v in headers.items() if k.lower() not in ("x-amzn-requestid", "x-amz-request-id")}
    if call.protocol.name == "query" or (call.protocol.name == "rest-xml" and status >= 400):
        body = _REQUEST_ID.sub(f"<RequestId>{request_id}</RequestId>".encode(), body)
        kept = {k: v for k, v in kept.items() if k.lower() != "content-length"}
    kept["x-amz-request-id" if call.service == "s3" else "x-amzn-RequestId"] = request_id
    return status, kept | _cors(call.protocol.name), body


def _cors(protocol: str) -> dict[str, str]:
    return dict(_CORS) if protocol in ("json", "query") else {}


def _reason(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def create_app(
    seed: str | None = None,
    clock: datetime | None = None,
    *,
    account_id: str = "123456789012",
    region: str = "us-east-1",
) -> LocalApp:
    """A new, empty account with one administrator.

    With `seed` the same calls give the same ids, keys and tokens; with `clock` time stands still at
    that instant until it is advanced. An earlier account of this number in this process is emptied.
    """
    from labkit.local.beginning import begin

    with without_collections():
        return LocalApp(begin(seed, clock, account_id=account_id, region=region))
