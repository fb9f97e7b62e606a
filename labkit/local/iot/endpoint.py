"""Where the account's devices and apps connect to.

https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.local.errors import not_simulated
from labkit.local.iot.registry import invalid
from labkit.local.members import members
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: They differ in who signed the server's certificate, which here is the account's own CA for both.
_DATA = ("iot:Data", "iot:Data-ATS")
_OTHERS = ("iot:CredentialProvider", "iot:Jobs")


@dataclass
class Endpoint:
    """The gateway's address; the ports are None as long as none runs."""

    host: str = "localhost"
    #: MQTT over WebSocket with SigV4, and the data plane's name for it.
    port: int | None = None
    #: MQTT with X.509 client certificates.
    tls_port: int | None = None


def describe_endpoint(call: Call, state: State) -> dict[str, Any]:
    """The data endpoint, host and port, the same each time."""
    kind = members(call).get("endpointType", "iot:Data")
    if kind in _OTHERS:
        raise not_simulated(f"the endpoint type `{kind}`")
    if kind not in _DATA:
        raise invalid(f"Endpoint type {kind} not recognized.")
    if call.region != state.region:
        raise not_simulated(f"AWS IoT Core in {call.region} (the account's Region is {state.region})")
    endpoint = state.iot.endpoint
    if endpoint.port is None and state.iot.start_gateway is not None:
        state.iot.start_gateway()
    if endpoint.port is None:
        raise not_simulated("an AWS IoT endpoint in an account without a gateway")
    return {"endpointAddress": f"{endpoint.host}:{endpoint.port}"}
