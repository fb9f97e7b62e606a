"""DISCONNECT: the client says goodbye."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.packets import Disconnect, MqttError, Property, Reason

if TYPE_CHECKING:
    from labkit.local.mqtt.connection import Connection


def on_disconnect(link: Connection, packet: Disconnect) -> None:
    _update_expiry(link, packet)
    # [MQTT-3.14.4-3]: only a normal disconnection deletes the will.
    link.end(
        DisconnectReason.CLIENT_INITIATED_DISCONNECT,
        by_client=True,
        will=packet.reason != Reason.SUCCESS,
    )


def _update_expiry(link: Connection, packet: Disconnect) -> None:
    """[MQTT-3.1.2-23] and AWS's mqtt.html, "Session Expiry Interval on DISCONNECT packet"."""
    asked = packet.properties.get(Property.SESSION_EXPIRY_INTERVAL)
    session = link.session
    if asked is None or session is None:
        return
    if asked and not session.expiry:
        raise MqttError(Reason.PROTOCOL_ERROR, "DISCONNECT cannot make a session persistent")
    session.expiry = min(asked, link.broker.limits.session_expiry)
