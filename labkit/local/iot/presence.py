"""Lifecycle events: who connected, disconnected, subscribed and unsubscribed, as AWS publishes it.

https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labkit.local.iot.principals import CertificatePrincipal, IotPrincipal
from labkit.local.iot.shadows.store import written
from labkit.local.mqtt.contract import Link, Message
from labkit.local.seed import Source

#: "If a client is not connected for approximately one hour, the version number is reset to 0."
_FORGOTTEN_AFTER = 3600.0
_ENOUGH = 1000


def principal_identifier(principal: IotPrincipal, account_id: str) -> str:
    """A client certificate's ID; "for other connections, this is IAM credentials", as in
    `000000000000/ABCDEFGHIJKLMNOPQRSTU:some-user/ABCDEFGHIJKLMNOPQRSTU:some-user`.
    """
    if isinstance(principal, CertificatePrincipal):
        return principal.certificate_id
    user_id = principal.caller.user_id
    return f"{account_id}/{user_id}/{user_id}"


@dataclass
class _Session:
    identifier: str
    version: int


@dataclass
class _Client:
    """What is remembered of a client ID between its connections."""

    version: int
    #: When it was last seen; None while it is connected.
    left: float | None = None


class Presence:
    """Implements `mqtt.contract.Observer`.

    `publish` delivers a message of the account's own, `now` tells the account's time in seconds, `source`
    makes session identifiers, `principal_identifier` names whoever is at the other end of a link.
    """

    def __init__(
        self,
        publish: Callable[[Message], object],
        now: Callable[[], float],
        source: Source,
        principal_identifier: Callable[[Any], str],
    ) -> None:
        self._publish, self._now, self._source = publish, now, source
        self._principal_identifier = principal_identifier
        self._sessions: dict[Link, _Session] = {}
        self._clients: dict[str, _Client] = {}
        #: How many client IDs are remembered before those of the past are looked for.
        self._enough = _ENOUGH

    def connected(self, link: Link) -> None:
        session = _Session(self._source.uuid().replace("-", ""), self._next_version(link.client_id))
        self._sessions[link] = session
        more = {"ipAddress": link.source_ip, "versionNumber": session.version}
        self._tell(link, session, "presence", "connected", more)

    def disconnected(self, link: Link, reason: str, *, by_client: bool) -> None:
        session = self._sessions.pop(link, None)
        if session is None:
            return
        client = self._clients[link.client_id]
        if client.version == session.version:  # no other connection has taken its place
            client.left = self._now()
        more = {"clientInitiatedDisconnect": by_client, "disconnectReason": reason}
        more |= {"versionNumber": session.version}
        self._tell(link, session, "presence", "disconnected", more)

    def subscribed(self, link: Link, topic_filters: tuple[str, ...]) -> None:
        self._told_topics(link, "subscribed", topic_filters)

    def unsubscribed(self, link: Link, topic_filters: tuple[str, ...]) -> None:
        self._told_topics(link, "unsubscribed", topic_filters)

    def _told_topics(self, link: Link, event: str, topic_filters: tuple[str, ...]) -> None:
        session = self._sessions.get(link)
        if session is not None:
            self._tell(link, session, "subscriptions", event, {"topics": list(topic_filters)})

    def _next_version(self, client_id: str) -> int:
        """It grows with each connection of a client ID, and starts again after an hour without one."""
        known, now = self._clients.get(client_id), self._now()
        recent = known is not None and (known.left is None or now - known.left < _FORGOTTEN_AFTER)
        version = known.version + 1 if known is not None and recent else 0
        self._clients[client_id] = _Client(version)
        if len(self._clients) > self._enough:
            self._forget(now)
        return version

    def _forget(self, now: float) -> None:
        """A fleet of passing client IDs must not fill the memory."""
        self._clients = {name: known for name, known in self._clients.items() if not _is_past(known, now)}
        self._enough = 2 * len(self._clients) + _ENOUGH

    def _tell(self, link: Link, session: _Session, kind: str, event: str, more: dict[str, Any]) -> None:
        if "#" in link.client_id or "+" in link.client_id:  # they "do not receive lifecycle events"
            return
        document = {
            "clientId": link.client_id,
            "timestamp": int(self._now() * 1000),
            "eventType": event,
            "sessionIdentifier": session.identifier,
            "principalIdentifier": self._principal_identifier(link.principal),
        }
        topic = f"$aws/events/{kind}/{event}/{link.client_id}"
        self._publish(Message(topic, written(document | more), qos=1))


def _is_past(client: _Client, now: float) -> bool:
    return client.left is not None and now - client.left >= _FORGOTTEN_AFTER
