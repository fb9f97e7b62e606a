"""Wills of clients that were lost, until they are published: MQTT 5, 3.1.2.5 and 3.1.3.2.2."""

from __future__ import annotations

from typing import NamedTuple

from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import Properties, Property, Will


class _Pending(NamedTuple):
    due: float
    message: Message


class Wills:
    """At most one for each client."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    def __bool__(self) -> bool:
        return bool(self._pending)

    def keep(self, client_id: str, message: Message, due: float) -> None:
        self._pending[client_id] = _Pending(due, message)

    def take(self, client_id: str) -> Message | None:
        pending = self._pending.pop(client_id, None)
        return pending and pending.message

    def take_due(self, now: float) -> list[Message]:
        due = [client_id for client_id, pending in self._pending.items() if pending.due <= now]
        return [self._pending.pop(client_id).message for client_id in due]


def message_of(will: Will, client_id: str) -> Message:
    properties: Properties = {
        name: value for name, value in will.properties.items() if name is not Property.WILL_DELAY_INTERVAL
    }
    return Message(will.topic, will.payload, will.qos, will.retain, properties, client_id)
