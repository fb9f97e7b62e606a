"""The broker: connections, sessions and who gets which message.

It has no socket, no clock and no lock of its own: all calls happen one after the other.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from labkit.local.mqtt.connection import Connection
from labkit.local.mqtt.contract import Authority, Message, Observer, Reserved
from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.limits import LIMITS, Budget, Limits
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.outlet import Outlet, Transport
from labkit.local.mqtt.packets import Reason
from labkit.local.mqtt.registry import Registry
from labkit.local.mqtt.retained import Retained
from labkit.local.mqtt.shared import Group
from labkit.local.mqtt.subscriptions import Subscriptions
from labkit.local.mqtt.topics import Names

__all__ = ["Broker", "Connection", "Transport"]


class Broker:
    def __init__(
        self,
        authority: Authority,
        reserved: Reserved,
        observer: Observer,
        *,
        limits: Limits = LIMITS,
        now: Callable[[], float],
        elapsed: Callable[[], float] = time.monotonic,
        chance: Callable[[int], int] = secrets.randbits,
    ) -> None:
        """`now` is the account's clock, for sessions and messages that expire; `elapsed` measures how long a
        client is silent; `chance` draws an integer of so many bits."""
        self.authority = authority
        self.reserved = reserved
        self.observer = observer
        self.limits = limits
        self.now = now
        self.moment = elapsed()
        self.retained = Retained(limits, now)
        self.subscriptions = Subscriptions(self._new_group)
        self.names = Names(limits)
        #: Those that have to be flushed.
        self.unwritten: list[Outlet] = []
        self._elapsed = elapsed
        self._chance = chance
        self._links: dict[Connection, None] = {}
        self._budget = Budget(limits.queued_bytes)
        self.registry = Registry(self, self._budget)
        self._depth = 0

    @property
    def connections(self) -> Mapping[str, Connection]:
        """Those connected, by client id."""
        return self.registry.connections

    @property
    def stored_bytes(self) -> int:
        """What is kept for clients that are away or slow."""
        return self._budget.used

    # What others call

    def open(self, principal: Any, *, source_ip: str, domain_name: str, transport: Transport) -> Connection:
        """A socket was accepted. Ask `tick` when it wants to be called next."""
        self.moment = self._elapsed()
        link = Connection(self, principal, source_ip, domain_name, transport)
        self._links[link] = None
        return link

    def publish(self, message: Message) -> int:
        """A message from the account itself; how many sessions it goes to."""
        self.enter()
        try:
            return self.distribute(Outgoing(message, self.now, self.limits))
        finally:
            self.leave()

    def tick(self) -> float | None:
        """Do what is due. Call again after so many seconds; None: not before something else was called."""
        self.enter()
        try:
            for link in tuple(self._links):
                link.due()
            self.registry.due()
        finally:
            self.leave()
        return 1.0 if self._links or self.registry else None

    def reconsider(self) -> None:
        """A policy, an attachment or a credential changed: whoever may not connect any more is dropped."""
        self.enter()
        try:
            for link in tuple(self.connections.values()):
                if link.connect is not None and not self.authority.may_connect(link, link.connect):
                    link.deny("not authorized to be connected any more")
        finally:
            self.leave()

    def disconnect(
        self,
        client_id: str,
        reason: Reason,
        *,
        aws_reason: str,
        clean_session: bool = False,
        will: bool = True,
        sentence: str = "",
    ) -> bool:
        """End its connection, and its session too if that shall be cleaned; whether it had either.

        As DeleteConnection does: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html (managing
        MQTT connections).
        """
        self.enter()
        try:
            link, session = self.connections.get(client_id), self.registry.session(client_id)
            if link is not None:
                link.end(aws_reason, code=reason, will=will, sentence=sentence)
            if session is not None and clean_session:
                self.registry.end_session(session)
        finally:
            self.leave()
        return session is not None

    def stop(self) -> None:
        """The account ends: its clients are told so."""
        self.enter()
        try:
            for link in tuple(self._links):
                link.end(DisconnectReason.SERVER_INITIATED_DISCONNECT, code=Reason.SERVER_SHUTTING_DOWN)
        finally:
            self.leave()

    # What one call causes is written when it is over, in one piece for each client

    def enter(self) -> None:
        if not self._depth:
            self.moment = self._elapsed()
        self._depth += 1

    def leave(self) -> None:
        try:
            while self._depth == 1 and self.unwritten:
                self.unwritten.pop().flush()
        finally:
            self._depth -= 1

    # What connections call

    def new_client_id(self) -> str:
        """ "$ is reserved for AWS IoT generated client IDs" (quota Restricted client ID prefix)."""
        return f"$GEN/{self._chance(128):032x}"

    def distribute(self, message: Outgoing) -> int:
        """Retain it where it asks for that, and hand it to the sessions that want it."""
        if message.retain and self.retained.accepts(message):
            self.retained.put(message)
        route = self.subscriptions.route(message.topic)
        publisher, retain = message.publisher, message.retain
        count = 0
        for session, qos, retain_as_published, no_local in route.targets:
            if no_local and publisher is not None and session.client_id == publisher:
                continue
            count += session.deliver(message, qos, retain and retain_as_published)
        for group in route.groups:
            count += group.deliver(message)
        return count

    def begun(self, link: Connection) -> None:
        """CONNACK is written: the client gets what was stored for it."""
        self.observer.connected(link)
        link.send_stored()

    def ended(self, link: Connection, reason: str, *, by_client: bool, will: bool) -> None:
        self._links.pop(link, None)
        if self.registry.leave(link, will=will):
            self.observer.disconnected(link, reason, by_client=by_client)

    def _new_group(self, share: str) -> Group:
        return Group(share, self.limits, self._budget, self.now, self._choose)

    def _choose(self, count: int) -> int:
        return self._chance(32) % count
