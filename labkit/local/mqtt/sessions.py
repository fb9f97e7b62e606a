"""A client's session: its subscriptions, and the QoS 1 messages that it has not acknowledged.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-persistent-sessions
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from labkit.local.mqtt.limits import Budget, Limits
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.packets import V311, Subscription

if TYPE_CHECKING:
    from labkit.local.mqtt.connection import Connection
    from labkit.local.mqtt.shared import Group

_LAST_ID = 65_535


class Flight:
    """A QoS 1 message to one client, from its first sending (or storing) to its PUBACK."""

    __slots__ = ("group", "message", "retain", "sent", "since")

    def __init__(self, message: Outgoing, retain: bool, group: Group | None) -> None:
        self.message = message
        self.retain = retain
        #: The shared subscription through which it came.
        self.group = group
        self.since = 0.0
        self.sent = 0.0


class Session:
    def __init__(self, client_id: str, version: int, limits: Limits, budget: Budget) -> None:
        self.client_id = client_id
        self.version = version
        #: By the filter as the client wrote it.
        self.subscriptions: dict[str, Subscription] = {}
        self.groups: dict[Group, None] = {}
        self.link: Connection | None = None
        #: Seconds that it outlives its connection.
        self.expiry = 0
        #: When it ends, while its client is away.
        self.expires: float | None = None
        self._limits = limits
        self._budget = budget
        self._in_flight: dict[int, Flight] = {}
        #: Those in flight that this connection has not sent again.
        self._unsent: dict[int, None] = {}
        #: What came while the client was away, and what waits for its acknowledgements.
        self._stored: deque[Flight] = deque()
        self._waiting: deque[Flight] = deque()
        self.last_id = 0

    def expired(self, now: float) -> bool:
        return self.expires is not None and self.expires <= now

    def deliver(self, message: Outgoing, qos: int, retain: bool, group: Group | None = None) -> bool:
        """Send it with the lower QoS of the two, or keep it where it is 1 and the client cannot take it."""
        link = self.link
        if not qos or not message.qos:
            return link is not None and link.send_unnumbered(message, retain, _permitted_as(message, group))
        if not self._wants(_permitted_as(message, group)):
            return False
        # Who owes no acknowledgement gets its next message, however much others leave unacknowledged.
        if not self._budget.take(message.size, always=link is not None and not self._in_flight):
            return False
        flight = Flight(message, retain, group)
        if link is None:
            return self._keep(self._stored, flight)
        if self._waiting or not self._may_send(link):
            return self._keep(self._waiting, flight)
        return self._send(link, flight)

    def _wants(self, topic: str) -> bool:
        """Whether the client may receive it; of one that is away, whether it may come back for it."""
        return self.expiry > 0 if self.link is None else self.link.may_receive(topic)

    def _may_send(self, link: Connection) -> bool:
        return len(self._in_flight) < link.window and not link.congested

    def _keep(self, queue: deque[Flight], flight: Flight) -> bool:
        """ "Messages that exceed the limit will be dropped." """
        if len(self._stored) + len(self._waiting) >= self._limits.queued_messages:
            return self._drop(flight)
        queue.append(flight)
        return True

    def _drop(self, flight: Flight) -> bool:
        """It is acknowledged, or nobody will get it any more."""
        self._budget.give(flight.message.size)
        return False

    def _send(self, link: Connection, flight: Flight) -> bool:
        packet_id = self._next_id()
        if not link.send_numbered(flight.message, flight.retain, packet_id):
            return self._drop(flight)
        flight.since = flight.sent = link.moment
        self._in_flight[packet_id] = flight
        return True

    def _next_id(self) -> int:
        packet_id = self.last_id % _LAST_ID + 1
        while packet_id in self._in_flight:
            packet_id = packet_id % _LAST_ID + 1
        self.last_id = packet_id
        return packet_id

    def acknowledged(self, packet_id: int) -> None:
        """A PUBACK. One for nothing that is in flight is ignored: the message may have been given up."""
        flight = self._in_flight.pop(packet_id, None)
        if flight is not None:
            self._drop(flight)
            if self._waiting:
                self.send_waiting()

    def send_waiting(self) -> None:
        link = self.link
        while link is not None and self._waiting and self._may_send(link):
            self._send_kept(link, self._waiting.popleft())

    def _send_kept(self, link: Connection, flight: Flight) -> bool:
        message = flight.message
        if message.expired(link.now()) or not link.may_receive(_permitted_as(message, flight.group)):
            return self._drop(flight)
        return self._send(link, flight)

    def resume(self, link: Connection) -> None:
        """The client is back. What it has not acknowledged is sent again, under its old packet identifier."""
        self.link = link
        self.expires = None
        self._unsent = dict.fromkeys(self._in_flight)

    def send_stored(self) -> None:
        """The next of the stored messages: "a maximum rate of 10 messages per second"."""
        link, allowed = self.link, self._limits.stored_a_second
        while link is not None and allowed and (self._unsent or self._stored) and self._may_resend(link):
            allowed -= 1
            if self._unsent:
                packet_id = next(iter(self._unsent))
                del self._unsent[packet_id]
                self._send_again(link, packet_id)
            else:
                self._send_kept(link, self._stored.popleft())
        for group in tuple(self.groups):
            group.send_queued(self)

    def _may_resend(self, link: Connection) -> bool:
        """Those in flight that were not sent again yet do not count for the client."""
        return len(self._in_flight) - len(self._unsent) < link.window and not link.congested

    def _send_again(self, link: Connection, packet_id: int) -> None:
        flight = self._in_flight.get(packet_id)
        if flight is None:
            return
        message = flight.message
        flight.sent = link.moment
        if (
            message.expired(link.now())
            or not link.may_receive(_permitted_as(message, flight.group))
            or not link.send_numbered(message, flight.retain, packet_id)
        ):
            self._drop(self._in_flight.pop(packet_id))

    def retry(self, moment: float) -> None:
        """Send again what an MQTT 3.1.1 client leaves unacknowledged, for an hour, then give it up.

        MQTT 5 forbids to send again within one connection [MQTT-4.4.0-1].
        """
        for packet_id, flight in tuple(self._in_flight.items()):
            if packet_id in self._unsent:
                continue
            if moment - flight.since >= self._limits.retry_for_seconds:
                self._drop(self._in_flight.pop(packet_id))
            elif self.version == V311 and moment - flight.sent >= self._limits.retry_seconds:
                self._retry(packet_id)
        if self._waiting:
            self.send_waiting()

    def _retry(self, packet_id: int) -> None:
        if self.link is not None and not self.link.congested:
            self._send_again(self.link, packet_id)

    def rest(self, now: float) -> None:
        """The client is away, and its session waits for it."""
        self.link = None
        self.expires = now + self.expiry
        self._stored.extend(self._waiting)
        self._waiting.clear()

    def end(self) -> list[Flight]:
        """Forget everything; what came through a shared subscription goes back to its group."""
        self.link = None
        self.expiry = 0
        flights = [*self._in_flight.values(), *self._stored, *self._waiting]
        for queue in (self._in_flight, self._stored, self._waiting):
            queue.clear()
        for flight in flights:
            self._drop(flight)
        return [flight for flight in flights if flight.group is not None]


def _permitted_as(message: Outgoing, group: Group | None) -> str:
    """The topic that the client must be allowed to receive from."""
    return message.topic if group is None else group.permitted_as(message.topic)
