"""Wills of clients that were lost: MQTT 5, 3.1.2.5 and 3.1.3.2.2.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-lwt
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.packets import Properties, Property, Will

if TYPE_CHECKING:
    from labkit.local.mqtt.broker import Broker
    from labkit.local.mqtt.connection import Connection


class _Pending(NamedTuple):
    due: float
    link: Connection


class Wills:
    """Those to publish later, at most one for each client."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def keep(self, link: Connection, due: float) -> None:
        self._pending[link.client_id] = _Pending(due, link)

    def take(self, client_id: str) -> Connection | None:
        pending = self._pending.pop(client_id, None)
        return pending and pending.link

    def take_due(self, now: float) -> list[Connection]:
        due = [client_id for client_id, pending in self._pending.items() if pending.due <= now]
        return [self._pending.pop(client_id).link for client_id in due]


def delay(link: Connection) -> float:
    """The will is due after its delay, and not after the session's end [MQTT-3.1.3-9]."""
    will, session = link.connect and link.connect.will, link.session
    if will is None or session is None:
        return 0
    asked: int = will.properties.get(Property.WILL_DELAY_INTERVAL, 0)
    return min(asked, session.expiry, link.broker.limits.will_delay)


def publish_will(broker: Broker, link: Connection) -> None:
    """To the subscribers, as the client itself would, if it still may.

    "MQTT LWT messages sent to AWS IoT reserved topics that begin with $ are ignored by the AWS IoT Device
    Shadow service": https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-comms-app.html
    """
    will = link.connect and link.connect.will
    if will is None or not broker.authority.may_publish(link, will.topic, retain=will.retain):
        return
    message = _message(will, link.client_id)
    broker.distribute(Outgoing(message, broker.now, broker.limits))


def _message(will: Will, client_id: str) -> Message:
    properties: Properties = {
        name: value for name, value in will.properties.items() if name is not Property.WILL_DELAY_INTERVAL
    }
    return Message(will.topic, will.payload, will.qos, will.retain, properties, client_id)
