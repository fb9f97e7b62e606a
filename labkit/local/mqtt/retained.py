"""The retained messages: the last one of each topic.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-retain
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from labkit.local.mqtt.limits import Limits
from labkit.local.mqtt.messages import Outgoing


class RetainedMessage(NamedTuple):
    message: Outgoing
    #: Seconds since the epoch, by the account's clock.
    modified: float


class Retained:
    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._messages: dict[str, RetainedMessage] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[str]:
        """The topics in their order, as ListRetainedMessages has them."""
        return iter(sorted(topic for topic in tuple(self._messages) if self.get(topic)))

    def get(self, topic: str) -> RetainedMessage | None:
        kept = self._messages.get(topic)
        if kept is not None and kept.message.expired(self._now()):
            self._remove(topic)
            return None
        return kept

    def list(self) -> list[RetainedMessage]:
        return [self._messages[topic] for topic in self]

    def accepts(self, message: Outgoing) -> bool:
        """Whether there is room; AWS throttles retained messages when an account has its maximum of them."""
        if not message.payload:
            return True
        kept = self._messages.get(message.topic)
        count = len(self._messages) + (kept is None)
        total = self._size + message.size - (kept.message.size if kept else 0)
        return count <= self._limits.retained_messages and total <= self._limits.retained_bytes

    def put(self, message: Outgoing) -> None:
        """Replace the topic's message, or delete it by an empty payload."""
        self._remove(message.topic)
        if message.payload:
            self._messages[message.topic] = RetainedMessage(message, self._now())
            self._size += message.size

    def _remove(self, topic: str) -> None:
        kept = self._messages.pop(topic, None)
        if kept is not None:
            self._size -= kept.message.size
