"""Stand-ins for what the broker and the account give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import Connect


@dataclass(eq=False)
class Client:
    """A link as `mqtt.contract` describes it."""

    client_id: str
    principal: Any = "somebody"
    source_ip: str = "192.0.2.0"
    domain_name: str = "localhost"
    connect: Connect | None = None


@dataclass
class Published:
    """What the account published, in its order."""

    messages: list[Message] = field(default_factory=list)

    def __call__(self, message: Message) -> int:
        self.messages.append(message)
        return 0

    def take(self) -> list[tuple[str, Any]]:
        """Topics and documents since the last time."""
        taken = [(message.topic, json.loads(message.payload)) for message in self.messages]
        self.messages.clear()
        return taken


@dataclass
class Notes:
    """The log: event, topic, reason."""

    entries: list[tuple[str, str, str]] = field(default_factory=list)

    def refused(self, link: Any, event: str, topic: str, reason: str) -> None:
        self.entries.append((event, topic, reason))

    def remarked(self, link: Any, event: str, topic: str, sentence: str) -> None:
        self.entries.append((event, topic, sentence))
