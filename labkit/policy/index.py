"""Which statements of a policy can speak on a request at all: found by action, then by resource.

Only what cannot apply is left out, so that nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from labkit.policy.document import Statement
    from labkit.policy.trace import ElementTrace

T = TypeVar("T")

#: Below this many statements, looking up a resource costs more than asking each.
_FEW = 6
#: How many actions a policy's index remembers.
_ACTIONS = 512


class Index:
    """The statements of one policy, by action."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._covered: dict[str, tuple[bool, ...]] = {}
        self._traces: dict[str, tuple[ElementTrace, ...]] = {}
        self._candidates: dict[str, tuple[Candidates, Candidates]] = {}

    def covered(self, action: str) -> tuple[bool, ...]:
        """For each statement, whether it covers `action` (in lower case)."""
        found = self._covered.get(action)
        if found is None:
            found = tuple([statement.covers_action(action) for statement in self._statements])
            _keep(self._covered, action, found)
        return found

    def traces(self, action: str) -> tuple[ElementTrace, ...]:
        """For each statement, how its Action or NotAction meets `action` (in lower case)."""
        found = self._traces.get(action)
        if found is None:
            covers = zip(self._statements, self.covered(action), strict=True)
            found = tuple([statement.action_trace(action, covered) for statement, covered in covers])
            _keep(self._traces, action, found)
        return found

    def candidates(self, action: str) -> tuple[Candidates, Candidates]:
        """The Deny statements that cover `action`, and the Allow statements."""
        found = self._candidates.get(action)
        if found is None:
            covers = zip(self._statements, self.covered(action), strict=True)
            hits = [statement for statement, covered in covers if covered]
            found = (
                Candidates([statement for statement in hits if statement.effect == "Deny"]),
                Candidates([statement for statement in hits if statement.effect == "Allow"]),
            )
            _keep(self._candidates, action, found)
        return found


def _keep(memory: dict[str, T], action: str, found: T) -> None:
    if len(memory) >= _ACTIONS:
        memory.clear()
    memory[action] = found


class Candidates:
    """Statements of one effect and action, by the text with which their resources begin.

    One that begins with a wildcard or a variable, or names what it excludes, may speak on any resource.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._any: tuple[Statement, ...] = tuple(statements)
        self._by_head: dict[str, tuple[Statement, ...]] = {}
        self._lengths: tuple[int, ...] = ()
        if len(statements) >= _FEW:
            self._build(statements)

    def _build(self, statements: Sequence[Statement]) -> None:
        by_head: dict[str, list[Statement]] = {}
        for statement in statements:
            heads = {pattern.head for pattern in statement.resource_patterns} if statement.resources else {""}
            for head in {""} if "" in heads else heads:
                by_head.setdefault(head, []).append(statement)
        self._any = tuple(by_head.pop("", ()))
        self._by_head = {head: tuple(found) for head, found in by_head.items()}
        self._lengths = tuple(sorted({len(head) for head in by_head}))

    def of(self, resource: str) -> Iterable[Statement]:
        """The statements that may cover `resource`."""
        if not self._by_head:
            return self._any
        found = list(self._any)
        for length in self._lengths:
            found += self._by_head.get(resource[:length], ())
        return found
