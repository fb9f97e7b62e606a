"""Confirmation codes: read from the local account's outbox, or typed in by a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from labkit.account.control import Control
from labkit.errors import LabError


@dataclass(frozen=True)
class Message:
    """A message that Cognito sent: to whom, for what, and the code in it."""

    username: str
    pool_id: str
    #: What the code is for, as in `SignUp`.
    kind: str
    #: `EMAIL` or `SMS`.
    medium: str
    destination: str
    code: str = field(repr=False)
    sent: datetime


class Outbox(Protocol):
    """Where an account's messages go."""

    def messages(self, username: str | None, /) -> list[Message]: ...

    def confirmation_code(self, username: str) -> str: ...


class LocalOutbox:
    """The local account keeps what it would have sent."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def messages(self, username: str | None) -> list[Message]:
        sent = self._control.call("ReadOutbox", **({"Username": username} if username is not None else {}))
        return [
            Message(
                username=item["Username"],
                pool_id=item["UserPoolId"],
                kind=item["Kind"],
                medium=item["Medium"],
                destination=item["Destination"],
                code=item["Code"],
                sent=datetime.fromtimestamp(item["Sent"], UTC),
            )
            for item in sent["Messages"]
        ]

    def confirmation_code(self, username: str) -> str:
        messages = self.messages(username)
        if not messages:
            raise LabError(f"no code was sent to `{username}`: `sign_up` or `forgot_password` sends one")
        return messages[-1].code


class Mailbox:
    """A real account sends to a person."""

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask

    def messages(self, *_: object) -> list[Message]:
        raise LabError("a real account has no outbox: its messages go out by e-mail or SMS")

    def confirmation_code(self, username: str) -> str:
        return self._ask(f"The code that AWS sent to `{username}`: ").strip()
