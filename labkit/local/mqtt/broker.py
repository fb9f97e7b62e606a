"""The broker: connections, sessions and who gets which message.

It has no socket, no clock and no lock of its own: all calls happen one after the other.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from labkit.local.mqtt.connection import Connection, Transport
from labkit.local.mqtt.contract import Authority, Message, Observer, Reserved
from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.limits import LIMITS, Budget, Limits
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.packets import V5, Connect, Property, Reason
from labkit.local.mqtt.retained import Retained
from labkit.local.mqtt.sessions import Session
from labkit.local.mqtt.shared import Group
from labkit.local.mqtt.subscriptions import Subscriptions
from labkit.local.mqtt.topics import check_name, fits, read_filter
from labkit.local.mqtt.wills import Wills, delay, publish_will

#: Names found good, so that they are not looked at again. A client can publish to ever new ones.
_REMEMBERED_NAMES = 10_000


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
        #: Those that have to be flushed.
        self.unwritten: list[Connection] = []
        self._elapsed = elapsed
        self._chance = chance
        self._links: dict[Connection, None] = {}
        self._connections: dict[str, Connection] = {}
        self._sessions: dict[str, Session] = {}
        self._wills = Wills()
        self._budget = Budget(limits.queued_bytes)
        self._names: set[str] = set()
        self._depth = 0

    @property
    def connections(self) -> Mapping[str, Connection]:
        """Those connected, by client id."""
        return self._connections

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
            self._end_expired()
            for lost in self._wills.take_due(self.now()):
                publish_will(self, lost)
        finally:
            self.leave()
        return 1.0 if self._links or self._sessions or self._wills else None

    def reconsider(self) -> None:
        """A policy, an attachment or a credential changed: whoever may not connect any more is dropped."""
        self.enter()
        try:
            for link in tuple(self._connections.values()):
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
    ) -> bool:
        """End its connection, and its session too if that shall be cleaned; whether it had either.

        As DeleteConnection does: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html (managing
        MQTT connections).
        """
        self.enter()
        try:
            link, session = self._connections.get(client_id), self._sessions.get(client_id)
            if link is not None:
                link.end(aws_reason, code=reason, will=will)
            if session is not None and clean_session:
                self._end_session(session)
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
        if self._depth == 1:
            while self.unwritten:
                unwritten, self.unwritten = self.unwritten, []
                for link in unwritten:
                    link.flush()
        self._depth -= 1

    # What connections call

    def new_client_id(self) -> str:
        """ "$ is reserved for AWS IoT generated client IDs" (quota Restricted client ID prefix)."""
        return f"$GEN/{self._chance(128):032x}"

    def has_room_for(self, client_id: str) -> bool:
        return client_id in self._sessions or len(self._sessions) < self.limits.sessions

    def known_name(self, topic: str) -> bool:
        """Whether clients may publish to a topic of this name: raises for what is no topic name."""
        if topic in self._names:
            return True
        check_name(topic)
        if not fits(topic, self.limits):
            return False
        if len(self._names) >= _REMEMBERED_NAMES:
            self._names.clear()
        self._names.add(topic)
        return True

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

    def begin(self, link: Connection, connect: Connect) -> bool:
        """Give the client its session, an old one or a new one; whether it is an old one.

        "When a client connects to the message broker using a client ID that another client is using, the new
        client connection is accepted and the previously connected client is disconnected."
        """
        older = self._connections.get(link.client_id)
        if older is not None:
            older.end(DisconnectReason.DUPLICATE_CLIENTID, code=Reason.SESSION_TAKEN_OVER)
        self._end_expired(link.client_id)
        session = self._sessions.get(link.client_id)
        # "An MQTT 3 persistent session can't be resumed as an MQTT 5 session, and vice versa."
        present = session is not None and not connect.clean_start and session.version == connect.version
        if session is not None and not present:
            self._end_session(session)
        lost = self._wills.take(link.client_id)
        if lost is not None and not present:  # [MQTT-3.1.3-9]
            publish_will(self, lost)
        if session is None or not present:
            session = Session(link.client_id, connect.version, self.limits, self._budget)
            self._sessions[link.client_id] = session
        session.expiry = self._expiry(connect)
        session.resume(link)
        link.session = session
        self._connections[link.client_id] = link
        return present

    def _expiry(self, connect: Connect) -> int:
        """Seconds. MQTT 3.1.1 has only the account's, for a session that is not clean."""
        longest = self.limits.session_expiry
        if connect.version == V5:
            asked: int = connect.properties.get(Property.SESSION_EXPIRY_INTERVAL, 0)
            return min(asked, longest)
        return 0 if connect.clean_start else longest

    def begun(self, link: Connection) -> None:
        """CONNACK is written: the client gets what was stored for it."""
        self.observer.connected(link)
        if link.session is not None:
            link.session.send_stored()

    def refused(self, link: Connection) -> None:
        self._links.pop(link, None)

    def ended(self, link: Connection, reason: str, *, by_client: bool, will: bool) -> None:
        self._links.pop(link, None)
        session = link.session
        if session is None or self._connections.get(link.client_id) is not link:
            return
        del self._connections[link.client_id]
        session.rest(self.now())
        if not session.expiry:
            self._end_session(session)
        if will and (seconds := delay(link)):
            self._wills.keep(link, self.now() + seconds)
        elif will:
            publish_will(self, link)
        self.observer.disconnected(link, reason, by_client=by_client)

    def _new_group(self) -> Group:
        return Group(self.limits, self._budget, self.now, self._choose)

    def _choose(self, count: int) -> int:
        return self._chance(32) % count

    def _end_expired(self, client_id: str | None = None) -> None:
        now = self.now()
        asked = (
            self._sessions.values() if client_id is None else filter(None, [self._sessions.get(client_id)])
        )
        for session in tuple(asked):
            if session.expires is not None and session.expires <= now:
                self._end_session(session)

    def _end_session(self, session: Session) -> None:
        if self._sessions.get(session.client_id) is not session:
            return
        del self._sessions[session.client_id]
        for text in session.subscriptions:
            self.subscriptions.remove(session, read_filter(text))
        for flight in session.end():
            if flight.group is not None:
                flight.group.deliver(flight.message)
