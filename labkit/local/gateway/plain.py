"""MQTT on TLS without anything between them: how devices with a certificate connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.local.gateway.opening import Opening
    from labkit.local.mqtt.connection import Connection


class Plain:
    """Hands the broker's bytes on as they are."""

    def __init__(self, connection: Connection, opening: Opening) -> None:
        self.connection, self._opening = connection, opening

    def received(self, data: bytes) -> None:
        self._opening.feed(self.connection, data)

    def wrap(self, data: bytes) -> bytes:
        return data

    def writable(self) -> None:
        self._opening.writable(self.connection)

    def lost(self) -> None:
        self._opening.lost(self.connection)
