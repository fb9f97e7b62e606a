"""Who is connected, whose session waits for its client, and which wills wait to be published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.limits import Budget
from labkit.local.mqtt.packets import V5, Connect, Property, Reason
from labkit.local.mqtt.sessions import Session
from labkit.local.mqtt.topics import read_filter
from labkit.local.mqtt.wills import Wills, delay, publish_will

if TYPE_CHECKING:
    from labkit.local.mqtt.broker import Broker
    from labkit.local.mqtt.connection import Connection


class Registry:
    def __init__(self, broker: Broker, budget: Budget) -> None:
        self.connections: dict[str, Connection] = {}
        self._broker = broker
        self._budget = budget
        self._sessions: dict[str, Session] = {}
        self._wills = Wills()

    def __bool__(self) -> bool:
        return bool(self._sessions or self._wills)

    def has_room_for(self, client_id: str) -> bool:
        return client_id in self._sessions or len(self._sessions) < self._broker.limits.sessions

    def session(self, client_id: str) -> Session | None:
        """The one it has, connected or not."""
        session = self._sessions.get(client_id)
        if session is not None and session.expired(self._broker.now()):
            self.end_session(session)
            return None
        return session

    def enter(self, link: Connection, connect: Connect) -> bool:
        """Give the client its session, an old one or a new one; whether it is an old one.

        "When a client connects to the message broker using a client ID that another client is using, the new
        client connection is accepted and the previously connected client is disconnected."
        """
        older = self.connections.get(link.client_id)
        if older is not None:
            sentence = "another connection with the same client ID took its place"
            older.end(DisconnectReason.DUPLICATE_CLIENTID, code=Reason.SESSION_TAKEN_OVER, sentence=sentence)
        found = self._resumable(link, connect)
        session = found or self._new_session(link, connect)
        session.expiry = self._expiry(connect)
        session.resume(link)
        link.session = session
        self.connections[link.client_id] = link
        return found is not None

    def _resumable(self, link: Connection, connect: Connect) -> Session | None:
        """The client's session; what it leaves behind if it may not have it.

        "An MQTT 3 persistent session can't be resumed as an MQTT 5 session, and vice versa."
        """
        session, lost = self.session(link.client_id), self._wills.take(link.client_id)
        if session is not None and not connect.clean_start and session.version == connect.version:
            return session
        if session is not None:
            self.end_session(session)
        if lost is not None:  # [MQTT-3.1.3-9]
            publish_will(self._broker, lost)
        return None

    def _new_session(self, link: Connection, connect: Connect) -> Session:
        session = Session(link.client_id, connect.version, self._broker.limits, self._budget)
        self._sessions[link.client_id] = session
        return session

    def _expiry(self, connect: Connect) -> int:
        """Seconds. MQTT 3.1.1 has only the account's, for a session that is not clean."""
        longest = self._broker.limits.session_expiry
        if connect.version == V5:
            asked: int = connect.properties.get(Property.SESSION_EXPIRY_INTERVAL, 0)
            return min(asked, longest)
        return 0 if connect.clean_start else longest

    def leave(self, link: Connection, *, will: bool) -> bool:
        """Its connection is over; whether it was one that had begun."""
        session, now = link.session, self._broker.now()
        if session is None or self.connections.get(link.client_id) is not link:
            return False
        del self.connections[link.client_id]
        session.rest(now)
        if not session.expiry:
            self.end_session(session)
        if will and (seconds := delay(link)):
            self._wills.keep(link, now + seconds)
        elif will:
            publish_will(self._broker, link)
        return True

    def end_session(self, session: Session) -> None:
        if self._sessions.get(session.client_id) is not session:
            return
        del self._sessions[session.client_id]
        for text in session.subscriptions:
            self._broker.subscriptions.remove(session, read_filter(text))
        for flight in session.end():
            if flight.group is not None:
                flight.group.deliver(flight.message)

    def due(self) -> None:
        now = self._broker.now()
        for session in [session for session in self._sessions.values() if session.expired(now)]:
            self.end_session(session)
        for lost in self._wills.take_due(now):
            publish_will(self._broker, lost)
