"""What came of trying something over MQTT: what the client saw, and what that can mean."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from labkit.show import decisions
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.view import View
from labkit.things import IotAttempt

if TYPE_CHECKING:
    from labkit.policy import Decision, Explanation

_MQTT = "https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html"
_DIAGNOSE = "https://docs.aws.amazon.com/iot/latest/developerguide/diagnosing-connectivity-issues.html"

#: What a client sees → what it means, and the page that says so.
LESSONS = MappingProxyType(
    {
        "AWS_ERROR_MQTT_UNEXPECTED_HANGUP": (
            "AWS IoT closed the connection without a word: most often a policy does not allow it.",
            _DIAGNOSE,
        ),
        "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE": (
            "The upgrade to WebSocket was refused: a wrong or old signature, or credentials that expired.",
            _DIAGNOSE,
        ),
        "NOT_AUTHORIZED": (
            "No policy allows it, or one forbids it: MQTT 5 has a code for that.",
            _MQTT,
        ),
        "nothing": ("A message that the receiver may not have is left out; nobody is told.", _MQTT),
    }
)


def attempt(attempt: IotAttempt, decision: Decision | Explanation | None = None) -> View:
    """What the client saw, what it means, and, with `decision`, why."""
    said = "It came about" if attempt.allowed else "It did not come about"
    outcome = Note(f"{said}: {attempt.saw}.", Mark.ALLOW if attempt.allowed else Mark.DENY)
    lines = (
        row("client", Cell(attempt.client_id, code=True)),
        row("action", Cell(attempt.action, code=True)),
        row("resource", Cell(attempt.resource, code=True)),
        row("the client saw", Cell(attempt.saw, code=True)),
    )
    blocks: tuple[Block, ...] = (outcome, Table("What the client knows", ("part", "value"), lines))
    lesson = next((said for word, said in LESSONS.items() if word in attempt.saw), None)
    if lesson and not attempt.allowed:
        blocks += (Note(lesson[0], source=lesson[1]),)
    if decision is not None:
        blocks += (decisions.verdict(decision), *decisions.trace(decision))
    return View(f"Attempt: {attempt.action}", blocks)
