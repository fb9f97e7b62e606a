"""AWS IoT: where an account's endpoint is, and what it tells of its decisions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Protocol

from labkit.account.control import Control, Send, get
from labkit.errors import LabError
from labkit.things import IotEndpoint, LogEntry

#: The endpoint whose certificate comes from Amazon Trust Services, which systems know.
#: https://docs.aws.amazon.com/iot/latest/developerguide/iot-connect-devices.html
ENDPOINT_TYPE = "iot:Data-ATS"


class Iot(Protocol):
    """AWS IoT as one kind of account has it."""

    def endpoint(self, client: Any, /) -> IotEndpoint: ...

    def log(self) -> list[LogEntry]: ...


class LocalIot:
    """The local account has a port of its own, and a certificate authority that only it knows."""

    def __init__(self, control: Control, send: Send, endpoint: str) -> None:
        self._control = control
        self._send = send
        self._endpoint = endpoint

    def endpoint(self, client: Any) -> IotEndpoint:
        client.describe_endpoint(endpointType=ENDPOINT_TYPE)  # the first who asks starts the gateway
        iot = json.loads(get(self._send, f"{self._endpoint}/_labkit/health").content)["iot"]
        ca = get(self._send, f"{self._endpoint}/_labkit/iot/ca.pem").content
        return IotEndpoint(iot["host"], iot["port"], iot["tls_port"], bytes(ca))

    def log(self) -> list[LogEntry]:
        return [_entry(event) for event in self._control.call("ReadIotLog")["Events"]]


class AwsIot:
    """A real account answers on the ports that AWS documents."""

    def endpoint(self, client: Any) -> IotEndpoint:
        return IotEndpoint(client.describe_endpoint(endpointType=ENDPOINT_TYPE)["endpointAddress"])

    def log(self) -> list[LogEntry]:
        """https://docs.aws.amazon.com/iot/latest/developerguide/cloud-watch-logs.html"""
        raise LabError(
            "a real account tells a client nothing: switch logging on (`iot.set_v2_logging_options`), then "
            "CloudWatch has the reasons in the log group `AWSIotLogsV2`"
        )


def _entry(event: dict[str, Any]) -> LogEntry:
    return LogEntry(
        time=datetime.fromtimestamp(event["Time"], UTC),
        client_id=event["ClientId"],
        principal=event["Principal"],
        event=event["Event"],
        topic=event.get("Topic") or "",
        verdict=event["Verdict"],
        reason=event["Reason"],
        decision_id=event.get("DecisionId") or "",
    )
