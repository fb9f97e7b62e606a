"""Who signed a WebSocket's upgrade? SigV4 as AWS IoT's device gateway reads it.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt-ws.html: in the query, because browsers let nobody
add headers; who can add them signs in `Authorization`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from labkit.local.authentication import Caller, Signed, authenticate, claims
from labkit.local.errors import AwsError
from labkit.local.refusals import refusals_of
from labkit.local.wire import Request

if TYPE_CHECKING:
    from websockets.http11 import Request as Head

    from labkit.local.state import State

PATH = "/mqtt"
#: The second is what AWS's first generation of device SDKs signs for, and AWS takes:
#: https://github.com/aws/aws-iot-device-sdk-js/issues/173
SIGNING_NAMES = ("iotdevicegateway", "iotdata")
_TOKEN = "X-Amz-Security-Token"
#: What the endpoint is called, and its certificate made for. Policies believe it as `iot:DomainName`.
NAMES = ("localhost", "127.0.0.1")
#: An error of `rest-json`, the protocol of the endpoint's HTTP operations.
_REFUSE = refusals_of("rest-json")


@dataclass
class Upgrade(Request):
    """An upgrade's request; its query is read by RFC 3986, where `+` is no space."""

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        pairs = [part.partition("=") for part in self.query_string.split("&") if part]
        try:
            query = [(unquote(n, errors="strict"), unquote(v, errors="strict")) for n, _, v in pairs]
        except UnicodeDecodeError:
            raise _REFUSE.query_parameters("The query string is not UTF-8.") from None
        if len(dict(query)) < len(query):
            raise _REFUSE.query_parameters("A parameter is given more than once.")
        return query


def read(head: Head) -> Upgrade:
    """Raises AwsError where a header is given twice."""
    path, _, query = head.path.partition("?")
    headers = {name.lower(): value for name, value in head.headers.raw_items()}
    if "host" not in headers or len(head.headers.get_all("host")) > 1:
        raise _REFUSE.incomplete("A request has one Host.")
    if headers["host"].partition(":")[0].lower() not in NAMES:
        raise AwsError(
            "ForbiddenException", f"This endpoint is `localhost`, not `{headers['host'][:80]}`.", 403
        )
    if len(head.headers.get_all("authorization")) > 1:
        raise _REFUSE.incomplete("A request has one Authorization at most.")
    return Upgrade("GET", path, query, headers, b"", {})


def caller_of(request: Upgrade, state: State, *, port: int) -> Caller:
    """The principal whose key signed. Raises AwsError with what AWS's other endpoints would say."""
    signed = claims(request, "rest-json")
    if signed is None:
        raise _REFUSE.missing()
    signed = _without_token(signed)
    name, region = signed.scope.service, signed.scope.region
    if region != state.region:
        raise _REFUSE.scope(f"Credential should be scoped to a valid Region, not '{region}'.")
    signing_name = name if name in SIGNING_NAMES else SIGNING_NAMES[0]
    refusal: AwsError | None = None
    for host in _hosts(request.headers["host"], port):
        variant = replace(request, headers=request.headers | {"host": host})
        try:
            return authenticate(variant, signed, protocol="rest-json", signing_name=signing_name, state=state)
        except AwsError as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _without_token(signed: Signed) -> Signed:
    """The session token is appended after signing, and no part of what was signed: AWS refuses a URL whose
    signature covers it. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    ("for some services … you add the parameter at the end, after you calculate the signature") and
    https://github.com/aws/aws-sdk-js/issues/1456"""
    return replace(signed, query=[pair for pair in signed.query if pair[0] != _TOKEN])


def _hosts(sent: str, port: int) -> tuple[str, ...]:
    """`Host` as it may have been signed: AWS's port is 443, which nobody writes, so that some clients sign
    the name alone whatever the port, and others with the port."""
    name = sent.removesuffix(f":{port}")
    return (sent, name if sent != name else f"{name}:{port}")
