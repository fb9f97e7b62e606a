"""An IoT policy for devices: what holds of it for each device, and for those of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.account import Account
from labkit.course.repairs import fault_of
from labkit.policy import IotPrincipal, Policy, PolicySet, Request, explain


@dataclass(frozen=True)
class _Packet:
    sentence: str
    action: str
    #: As in `topic/greenhouse/tomato/telemetry`.
    resource: str
    allowed: bool
    #: The client id of the connection; the certificate is that of the Thing `tomato`.
    client_id: str = "tomato"

    def request(self, account: Account) -> Request:
        attached = self.client_id == "tomato"
        keys = {"iot:ClientId": self.client_id, "iot:Connection.Thing.IsAttached": str(attached).lower()}
        thing = {"iot:Connection.Thing.ThingName": "tomato"} if attached else {}
        resource = f"arn:aws:iot:{account.region}:{account.account_id}:{self.resource}"
        return Request(IotPrincipal("tomato"), self.action, resource, context=keys | thing)


_PACKETS = (
    _Packet("The tomato's sensor connects as `tomato`", "iot:Connect", "client/tomato", True),
    _Packet("It connects as `fern`", "iot:Connect", "client/fern", False, "fern"),
    _Packet("It publishes its telemetry", "iot:Publish", "topic/greenhouse/tomato/telemetry", True),
    _Packet("It publishes the fern's telemetry", "iot:Publish", "topic/greenhouse/fern/telemetry", False),
    _Packet("It asks for its commands", "iot:Subscribe", "topicfilter/greenhouse/tomato/commands", True),
    _Packet("It asks for everybody's", "iot:Subscribe", "topicfilter/greenhouse/+/commands", False),
    _Packet("It gets its commands", "iot:Receive", "topic/greenhouse/tomato/commands", True),
    _Packet("It gets the fern's commands", "iot:Receive", "topic/greenhouse/fern/commands", False),
    _Packet("It publishes the news", "iot:Publish", "topic/greenhouse/news", False),
    _Packet("It changes the fern's shadow", "iot:UpdateThingShadow", "thing/fern", False),
)


def fault(policy: Mapping[str, Any] | str, account: Account) -> str | None:
    """The first packet that comes out wrong under `policy`, or None."""
    policies = PolicySet(iot=(Policy.parse(policy, kind="iot"),))
    found = (
        fault_of(packet.sentence, explain(packet.request(account), policies=policies), packet.allowed)
        for packet in _PACKETS
    )
    return next(filter(None, found), None)
