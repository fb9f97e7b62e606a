"""Every decision about a connection and its packets, with its reason.

A client of MQTT 3.1.1 cannot tell why it was dropped; here it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from labkit.policy import Decision, Verdict

if TYPE_CHECKING:
    from labkit.local.state import State

#: Layer → what it consists of.
_TITLES = {
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "iot": "AWS IoT policy",
}


@dataclass(slots=True)
class Entry:
    """One question about one client, and how often it was asked with the same answer."""

    #: By which `GetDecision` finds it.
    id: str
    time: datetime
    client_id: str
    #: The Identity ID, the certificate's ARN, or the caller's ARN.
    principal: str
    #: As in `Publish`.
    event: str
    #: The topic, the topic filter, or the client ID.
    topic: str
    #: None where no policy was asked.
    decision: Decision | None = field(repr=False)
    #: Why no policy was asked.
    refusal: str = ""
    count: int = 1
    #: What came of something that no policy was asked about, and that was not refused.
    remark: str = ""

    @property
    def allowed(self) -> bool:
        return bool(self.remark) if self.decision is None else self.decision.allowed

    @property
    def verdict(self) -> str:
        if self.decision is not None:
            return self.decision.verdict.name
        return (Verdict.ALLOWED if self.remark else Verdict.IMPLICIT_DENY).name

    @property
    def reason(self) -> str:
        """One line; what it says of policies is looked for only when it is read."""
        return self.refusal or self.remark if self.decision is None else reason(self.decision)


class Log:
    """The latest entries."""

    def __init__(self, state: State, capacity: int = 1000) -> None:
        self._state = state
        self._capacity = capacity
        self._entries: dict[str, Entry] = {}
        self._number = 0

    def add(
        self,
        client_id: str,
        principal: str,
        event: str,
        topic: str,
        decision: Decision | None,
        refusal: str = "",
    ) -> Entry:
        self._number += 1
        now = self._state.clock.now()
        entry = Entry(f"mqtt-{self._number}", now, client_id, principal, event, topic, decision, refusal)
        self._entries[entry.id] = entry
        if len(self._entries) > self._capacity:
            del self._entries[next(iter(self._entries))]
        return entry

    def remark(self, client_id: str, principal: str, event: str, topic: str, sentence: str) -> Entry:
        """Say what came of something that was not refused; again and again counts only."""
        last = next(reversed(self._entries.values()), None)
        said = (client_id, event, topic, sentence)
        if last is not None and said == (last.client_id, last.event, last.topic, last.remark):
            last.count += 1
            return last
        entry = self.add(client_id, principal, event, topic, None)
        entry.remark = sentence
        return entry

    def again(self, entry_id: str) -> None:
        """The same question, and the same answer."""
        entry = self._entries.get(entry_id)
        if entry is not None:
            entry.count += 1

    def __iter__(self) -> Iterator[Entry]:
        """Oldest first."""
        return iter(list(self._entries.values()))

    def decision(self, entry_id: str) -> Decision | None:
        entry = self._entries.get(entry_id)
        return entry.decision if entry is not None else None


def reason(decision: Decision) -> str:
    """Which statement decided, or which layer of policies allows nothing of the kind."""
    if decision.verdict is Verdict.IMPLICIT_DENY:
        layer = decision.blocked_by[0]
        if layer == "iot" and not decision.policies.iot:
            return "no AWS IoT policy is attached"
        return f"no {_TITLES.get(layer, layer)} allows {decision.request.action}"
    named = [f"`{each.label}` of `{each.policy.name}`" for each in decision.decisive]
    return f"{'allowed' if decision.allowed else 'denied'} by {' and '.join(named)}"
