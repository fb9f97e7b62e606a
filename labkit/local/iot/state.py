"""What AWS IoT Core remembers beside moto's Things, policies and certificates."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING

from labkit.local.iot.certificates import Certificates
from labkit.local.iot.endpoint import Endpoint
from labkit.local.iot.registry import registry
from labkit.local.loading import part

if TYPE_CHECKING:
    from labkit.local.iot.authority import IotAuthority
    from labkit.local.iot.log import Log
    from labkit.local.iot.presence import Presence
    from labkit.local.iot.reserved import ReservedTopics
    from labkit.local.iot.shadow_service import ShadowService
    from labkit.local.mqtt.broker import Broker
    from labkit.local.mqtt.contract import Link, Message
    from labkit.local.state import State


def _names(link: Link | None) -> tuple[str, str]:
    """Whose entry it is in the log: nobody's where a message came by the API."""
    return ("", "") if link is None else (link.client_id, link.principal.name)


class Remarks:
    """The log as the reserved topics know it."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def refused(self, link: Link | None, event: str, topic: str, reason: str) -> None:
        self._log.add(*_names(link), event, topic, None, reason)

    def remarked(self, link: Link | None, event: str, topic: str, sentence: str) -> None:
        self._log.remark(*_names(link), event, topic, sentence)


class Iot:
    """AWS IoT Core of one account, in the account's own Region."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.certificates = Certificates(state)
        self.endpoint = Endpoint()
        #: Starts a gateway where none runs yet, and tells `endpoint` its ports.
        self.start_gateway: Callable[[], None] | None = None
        #: Counts the changes of whatever decides about connections: answers of an earlier one are stale.
        self.generation = 0

    @property
    def lock(self) -> RLock:
        """The account's."""
        return self._state.lock

    @part
    def authority(self) -> IotAuthority:
        from labkit.local.iot.authority import IotAuthority

        return IotAuthority(self._state)

    @part
    def log(self) -> Log:
        from labkit.local.iot.log import Log

        return Log(self._state)

    @part
    def shadows(self) -> ShadowService:
        from labkit.local.iot.shadow_service import ShadowService
        from labkit.local.iot.shadows import Shadows

        return ShadowService(Shadows(), self.publish, lambda: int(self.now()))

    @part
    def reserved(self) -> ReservedTopics:
        from labkit.local.iot.reserved import ReservedTopics

        return ReservedTopics(self.shadows, Remarks(self.log), self._has_rule)

    @part
    def presence(self) -> Presence:
        from labkit.local.iot.presence import Presence, principal_identifier

        account_id, chance = self._state.account_id, self._state.source.branch("IoT sessions")
        return Presence(self.publish, self.now, chance, lambda who: principal_identifier(who, account_id))

    @part
    def broker(self) -> Broker:
        """It knows no sockets: the account may publish before there are any."""
        from labkit.local.mqtt.broker import Broker

        chance = self._state.source.branch("IoT broker")
        return Broker(self.authority, self.reserved, self.presence, now=self.now, chance=chance.integer)

    def now(self) -> float:
        """The account's time in seconds."""
        return self._state.clock.now().timestamp()

    def publish(self, message: Message) -> int:
        """Deliver a message of the account's own; how many sessions it goes to."""
        return self.broker.publish(message)

    def _has_rule(self, name: str) -> bool:
        """Whether a topic rule of that name was made; none is ever run."""
        return name in registry(self._state.region, self._state).rules

    def changed(self) -> None:
        """A policy, an attachment, a Thing, an identity or a certificate is another one now."""
        self.generation += 1
        if "broker" in vars(self):
            self.broker.reconsider()
