"""The nouns of AWS IoT Core, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labkit.record import Secret
from labkit.resources import Calls
from labkit.sigv4 import Presigned

#: The path of every MQTT connection over WebSocket, and the name by which it is signed.
#: https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
MQTT_PATH, SIGNING_NAME = "/mqtt", "iotdevicegateway"


@dataclass(frozen=True)
class IotEndpoint:
    """Where an account's devices and apps connect (`iot:Data-ATS`)."""

    host: str
    #: MQTT over WebSocket, signed by SigV4.
    port: int = field(default=443, repr=False)
    #: MQTT with a client certificate.
    tls_port: int = field(default=8883, repr=False)
    #: The certificate authority to believe, in PEM; None where the system knows it already.
    ca: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PresignedUrl:
    """A WebSocket URL that carries its own SigV4 signature: whoever has it can connect."""

    endpoint: IotEndpoint
    steps: Presigned
    signed_at: datetime
    #: Whether the session token is part of what was signed, which AWS IoT does not want.
    token_signed: bool = False

    @property
    def path(self) -> str:
        """What an HTTP request line asks for: path and query, in the open."""
        return f"{MQTT_PATH}?{self.steps.query}"

    def reveal(self) -> str:
        """The whole URL, with its token."""
        port = "" if self.endpoint.port == 443 else f":{self.endpoint.port}"
        return f"wss://{self.endpoint.host}{port}{self.path}"

    def __repr__(self) -> str:
        return f"PresignedUrl(wss://{self.endpoint.host}{MQTT_PATH}?…)"


@dataclass(frozen=True)
class Thing:
    """A device's entry in the registry of AWS IoT."""

    name: str
    arn: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    calls: Calls = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Certificate:
    """An X.509 client certificate with its private key: who a device is."""

    id: str
    arn: str
    pem: str = field(repr=False)
    private_key: Secret = field(repr=False)
    calls: Calls = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class IotPolicy:
    """A policy of AWS IoT (no policy of IAM): attached to certificates and to Identity IDs."""

    name: str
    arn: str
    document: Mapping[str, Any]
    version: str = "1"
    calls: Calls = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class IotMessage:
    """A message that arrived on a topic."""

    topic: str
    payload: bytes
    retained: bool = False

    def json(self) -> Any:
        """The payload, read as JSON."""
        return json.loads(self.payload)


@dataclass(frozen=True)
class IotAttempt:
    """What came of trying something over MQTT: what the client saw of it, and hardly why."""

    #: The policies' name of it, as in `iot:Publish`.
    action: str
    #: ARN of the client, topic or topic filter.
    resource: str
    allowed: bool
    #: As in `PUBACK SUCCESS`, or the client's own name of an error.
    saw: str
    client_id: str
    #: What arrived, where something was to arrive.
    output: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Shadow:
    """A Device Shadow: what is wanted of a Thing, what it says of itself, and the difference."""

    thing: str
    desired: Mapping[str, Any] = field(default_factory=dict)
    reported: Mapping[str, Any] = field(default_factory=dict)
    #: What is desired and not reported yet.
    delta: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    #: Empty for the classic shadow.
    name: str = ""
    calls: Calls = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class LogEntry:
    """What the local account decided about one packet, and why; AWS tells nobody."""

    time: datetime = field(repr=False)
    client_id: str
    #: Who was behind the connection, by ARN.
    principal: str
    #: As in `Connect` or `Publish`.
    event: str
    #: Topic or topic filter; of Connect, the client id.
    topic: str
    verdict: str
    reason: str
    #: For `account.explain`; empty where no policy was asked.
    decision_id: str = field(default="", repr=False)
