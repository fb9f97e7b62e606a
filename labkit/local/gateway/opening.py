"""From a socket's proof of identity to a connection of the broker.

https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.local.gateway import upgrade
from labkit.local.iot.principals import SigV4Principal
from labkit.local.mqtt.packets import Reason

if TYPE_CHECKING:
    from websockets.http11 import Request

    from labkit.local.gateway.channel import Channel
    from labkit.local.mqtt.broker import Broker
    from labkit.local.mqtt.connection import Connection
    from labkit.local.state import State

#: "IoT Core will close websocket-based connections after 24 hours", also where the credentials expired:
#: https://docs.aws.amazon.com/general/latest/gr/iot-core.html#iot-protocol-limits
#: https://github.com/aws/aws-iot-device-sdk-python-v2/issues/283
#: https://github.com/awslabs/aws-crt-nodejs/issues/423
LIFETIME = timedelta(hours=24)


class Opening:
    """Opens, feeds and ends the broker's connections, each step under the account's lock."""

    def __init__(self, state: State, broker: Broker, *, port: int) -> None:
        self._state, self._broker, self._port = state, broker, port
        #: When a connection by SigV4 ends, and the socket it would end.
        self._limits: dict[Connection, tuple[datetime, Channel]] = {}

    def signed(self, request: Request, channel: Channel) -> Connection:
        """For whoever signed the upgrade. Raises AwsError."""
        read = upgrade.read(request)
        with self._state.lock:
            caller = upgrade.caller_of(read, self._state, port=self._port)
            principal = SigV4Principal.of(caller, until=self._state.clock.now() + LIFETIME)
            domain_name = read.headers["host"].removesuffix(f":{self._port}")
            connection = self._open(principal, domain_name, channel)
            self._limits[connection] = principal.until, channel
        return connection

    def certified(self, channel: Channel) -> Connection | None:
        """For the device whose certificate TLS has verified; None unless it is active."""
        with self._state.lock:
            principal = self._state.iot.certificates.principal(channel.peer_certificate or b"")
            if principal is None:
                channel.refuse("the client certificate is not an active one of this account")
                return None
            return self._open(principal, self._state.iot.endpoint.host, channel)

    def _open(self, principal: object, domain_name: str, channel: Channel) -> Connection:
        channel.established()
        return self._broker.open(
            principal, source_ip=channel.source_ip, domain_name=domain_name, transport=channel
        )

    def feed(self, connection: Connection, data: bytes) -> None:
        with self._state.lock:
            connection.feed(data)

    def writable(self, connection: Connection) -> None:
        with self._state.lock:
            connection.writable(connection.transport.backlog)

    def lost(self, connection: Connection, *, by_client: bool = False) -> None:
        with self._state.lock:
            self._limits.pop(connection, None)
            connection.lost(by_client=by_client)

    def tick(self) -> float | None:
        """Do what time asks for; seconds until it asks again."""
        with self._state.lock:
            self._end_the_oldest()
            return self._broker.tick()

    def _end_the_oldest(self) -> None:
        now = self._state.clock.now()
        over = [(c, channel) for c, (until, channel) in self._limits.items() if until <= now]
        for connection, channel in over:
            del self._limits[connection]
            channel.refuse(f"the connection lasted {LIFETIME.total_seconds() / 3600:.0f} hours")
            if self._broker.connections.get(connection.client_id) is connection:
                # https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
                self._broker.disconnect(
                    connection.client_id, Reason.MAXIMUM_CONNECT_TIME, aws_reason="WEBSOCKET_TTL_EXPIRATION"
                )
            channel.close()
