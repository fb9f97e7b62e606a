"""What AWS IoT Core remembers beside moto's Things, policies and certificates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.iot.authority import IotAuthority
from labkit.local.iot.certificates import Certificates
from labkit.local.iot.endpoint import Endpoint
from labkit.local.iot.log import Log

if TYPE_CHECKING:
    from labkit.local.state import State


class Iot:
    """AWS IoT Core of one account, in the account's own Region."""

    def __init__(self, state: State) -> None:
        self.certificates = Certificates(state)
        self.endpoint = Endpoint()
        self.authority = IotAuthority(state)
        self.log = Log(state)
        #: Starts a gateway where none runs yet, and tells `endpoint` its ports.
        self.start_gateway: Callable[[], None] | None = None
        #: The gateway's `mqtt.broker.Broker`, once there is one.
        self.broker: Any = None
        #: Counts the changes of whatever decides about connections: answers of an earlier one are stale.
        self.generation = 0

    def changed(self) -> None:
        """A policy, an attachment, a session or a certificate is another one now."""
        self.generation += 1
        if self.broker is not None:
            self.broker.reconsider()
