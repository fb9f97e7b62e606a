"""The messages that Cognito would send by e-mail or SMS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Message:
    """One message: to whom, for what, and the code in it."""

    username: str
    user_pool_id: str
    #: What it is for, as the CustomMessage trigger names it: `SignUp`, `ForgotPassword`, `Authentication` …
    kind: str
    #: `EMAIL` or `SMS`.
    medium: str
    destination: str
    code: str = field(repr=False)
    sent: datetime
    #: The text that the pool's CustomMessage function made; empty for AWS's own.
    text: str = field(default="", repr=False)
    #: The subject that it made; empty for AWS's own.
    subject: str = ""


class Outbox:
    """The newest messages, oldest first. The account keeps 1,000."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=1000)

    def send(self, message: Message) -> None:
        self._messages.append(message)

    def messages(self, username: str | None = None) -> list[Message]:
        """Everybody's, or one user's, who may be named by the address, as in pools that sign in by e-mail."""
        return [m for m in self._messages if username in (None, m.username, m.destination)]
