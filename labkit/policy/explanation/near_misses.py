"""Which statements almost allowed a request, and what each of them lacked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.policy.decide import Judgement
from labkit.policy.explanation.differences import Difference, spelled
from labkit.policy.trace import (
    ConditionTrace,
    ElementTrace,
    LayerTrace,
    PatternTrace,
    State,
    StatementTrace,
    Verdict,
)

Part = ElementTrace | ConditionTrace

#: What one part that fails costs, before its likeness counts. Another action is another question.
_COST = {"Action": 3.0, "NotAction": 3.0, "Resource": 2.0, "NotResource": 2.0}
_CONDITION_COST = 1.0


@dataclass(frozen=True)
class Lack:
    """One element or condition of a statement that the request does not fit."""

    part: Part
    #: The pattern that came closest, beside the request's value; None where there is nothing to compare.
    difference: Difference | None

    @property
    def name(self) -> str:
        """`Resource`, or `StringLike s3:prefix`."""
        part = self.part
        return part.element if isinstance(part, ElementTrace) else f"{part.operator} {part.key}"

    @property
    def cost(self) -> float:
        """How much is missing, from 0 (nothing)."""
        likeness = self.difference.similarity if self.difference else 0.0
        part = self.part
        base = _COST.get(part.element, 2.0) if isinstance(part, ElementTrace) else _CONDITION_COST
        return base + 1 - likeness

    @property
    def sentence(self) -> str:
        """As in `the resource differs at character 23`."""
        part = self.part
        if isinstance(part, ConditionTrace):
            return _about_condition(part, self.difference)
        if part.element.startswith("Not"):
            return f"{part.element} excludes `{part.value}`"
        if None in [pattern.resolved for pattern in part.patterns] and self.difference is None:
            return f"the {part.element.lower()} names a variable that has no value"
        if part.element == "Principal" and not part.patterns:
            return "the statement names no principal"
        if self.difference is None:
            return f"the {part.element.lower()} is another one"
        return f"the {part.element.lower()} {_place(self.difference)}"


def _about_condition(part: ConditionTrace, difference: Difference | None) -> str:
    name = f"`{part.key}`"
    if part.state is State.ABSENT:
        return f"the request has no {name}"
    if part.state is State.UNRESOLVED:
        return f"{part.operator} {name} names a variable that has no value"
    where = f", which {_place(difference)}" if difference and difference.value else ""
    return f"{part.operator} {name} is not true of {spelled(*part.values or ())}{where}"


def _place(difference: Difference) -> str:
    if difference.at >= len(difference.value):
        return "ends too early"
    return f"differs at character {difference.at + 1}"


@dataclass(frozen=True)
class NearMiss:
    """A statement that would have allowed the request but for what it lacks."""

    layer: str
    trace: StatementTrace
    #: The elements and conditions that the request fits.
    matched: tuple[str, ...]
    lacks: tuple[Lack, ...]

    @property
    def cost(self) -> float:
        return sum(lack.cost for lack in self.lacks)

    @property
    def sentence(self) -> str:
        """As in `statement `Own` matched the action; the resource differs at character 23`."""
        matched = f"matched the {_listed(self.matched)}; " if self.matched else "matched nothing: "
        return f"statement `{self.trace.label}` {matched}{'; '.join(lack.sentence for lack in self.lacks)}"


def _listed(names: tuple[str, ...]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def near_misses(judgement: Judgement) -> tuple[NearMiss, ...]:
    """The Allow statements of the layers that block an implicit deny, the nearest first.

    A statement about another action and another resource is no miss but another subject.
    """
    if judgement.verdict is not Verdict.IMPLICIT_DENY:
        return ()
    return tuple(sorted(_misses(judgement), key=lambda miss: miss.cost))


def _misses(judgement: Judgement) -> Iterator[NearMiss]:
    for layer in judgement.layers:
        if layer.name in judgement.blocked_by:
            yield from (_miss(layer, trace) for trace in layer.statements if _is_near(trace))


def _is_near(trace: StatementTrace) -> bool:
    same_subject = trace.action_matched or trace.resource_matched
    return trace.effect == "Allow" and not trace.applies and same_subject


def _miss(layer: LayerTrace, trace: StatementTrace) -> NearMiss:
    parts = [part for part in (trace.action, trace.resource, trace.principal, *trace.conditions) if part]
    matched = [_name(part) for part in parts if part.matched]
    lacks = [Lack(part, _difference(part)) for part in parts if not part.matched]
    return NearMiss(layer.name, trace, tuple(matched), tuple(lacks))


def _name(part: Part) -> str:
    return part.element.lower() if isinstance(part, ElementTrace) else f"condition `{part.key}`"


def _difference(part: Part) -> Difference | None:
    """The pattern that is most like the request's value."""
    if isinstance(part, ElementTrace) and part.element.startswith("Not"):
        return None
    values = (part.value,) if isinstance(part, ElementTrace) else part.values or ()
    pairs = [
        Difference(_text(part, each), value)
        for each in part.patterns
        for value in values
        if _text(part, each)
    ]
    return max(pairs, key=lambda pair: pair.similarity, default=None)


def _text(part: Part, pattern: PatternTrace) -> str:
    """Actions are compared in lower case."""
    text = pattern.resolved or ""
    return text.lower() if isinstance(part, ElementTrace) and part.element == "Action" else text
