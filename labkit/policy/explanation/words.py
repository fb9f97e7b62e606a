"""An explanation in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from labkit.policy.explanation.funnel import title_of
from labkit.policy.explanation.near_misses import NearMiss
from labkit.policy.explanation.origins import origin
from labkit.policy.trace import (
    ConditionTrace,
    ElementTrace,
    PatternTrace,
    State,
    StatementTrace,
    VariableTrace,
    Verdict,
)

if TYPE_CHECKING:
    from labkit.policy.explanation import Explanation
    from labkit.policy.explanation.doubts import Doubt

#: How many statements that came close are shown for each layer, and how many neighbours of a change.
_CLOSEST, _OPENED = 3, 4


def lines(explanation: Explanation) -> Iterator[str]:
    """The verdict, what decided it, and for a denial what each near statement lacked and would help."""
    request = explanation.request
    yield f"{explanation.verdict.name}: {request.principal} → {request.action} on {request.resource}"
    for trace in explanation.decisive:
        verb = "denies" if trace.effect == "Deny" else "allows"
        yield f"  {_statement(trace)} {verb} it"
    if explanation.verdict is Verdict.IMPLICIT_DENY:
        for layer in explanation.blocked_by:
            yield from _blocked(explanation, layer)
    elif explanation.allowed and not explanation.decisive:
        yield "  no policy needs to allow it"
    yield from _origins(explanation)
    yield from (f"  note: {mistake.sentence}" for mistake in explanation.mistakes)
    if not explanation.allowed:
        yield from (f"  note: {doubt.sentence}" for doubt in _misspelt(explanation))
        yield from (f"  it would be {change.sentence}" for change in explanation.request_changes[:1])
        yield from _policy_change(explanation)


def _misspelt(explanation: Explanation) -> Iterator[Doubt]:
    """Of what is doubtful, what has a better word in its place."""
    return (doubt for doubt in explanation.doubts if doubt.advice.suggestion)


def _blocked(explanation: Explanation, layer: str) -> Iterator[str]:
    yield f"  no statement of the {title_of(layer, explanation.judgement)} allows it"
    near = [miss for miss in explanation.near_misses if miss.layer == layer and miss.trace.action_matched]
    for miss in near[:_CLOSEST]:
        yield f"  {_statement(miss.trace)} came close:"
        yield from (f"    {_failure(lack.part)}" for lack in miss.lacks)
        yield from _pointer(miss)


def _pointer(miss: NearMiss) -> Iterator[str]:
    """Where the two strings part, for a miss that lacks nothing else."""
    differences = [lack.difference for lack in miss.lacks]
    if len(differences) == 1 and differences[0] is not None:
        yield from (f"      {line}" for line in differences[0].lines)


def _origins(explanation: Explanation) -> Iterator[str]:
    """Where the values of the variables came from, in the statements that matter."""
    traces = explanation.decisive or tuple(miss.trace for miss in explanation.near_misses[:_CLOSEST])
    found: dict[str, VariableTrace] = {}
    for trace in traces:
        for part in (trace.resource, *trace.conditions):
            for pattern in part.patterns if part else ():
                found |= {variable.raw: variable for variable in pattern.variables}
    for raw, variable in found.items():
        if variable.defaulted:
            yield f"  {raw} is its default, {variable.value!r}: the request has no such key"
        elif variable.value is not None:
            yield f"  {raw} is {variable.value}: {' → '.join(origin(variable.key, explanation.request))}"


def _policy_change(explanation: Explanation) -> Iterator[str]:
    for change in explanation.policy_changes[:1]:
        yield f"  it would be {change.sentence}"
        for request in change.opens[:_OPENED]:
            yield f"    it would open, too: {request.action} on {request.resource}"


def _statement(trace: StatementTrace) -> str:
    of = f" of {trace.policy.name}" if trace.policy.name else ""
    return f"statement {trace.label}{of}"


def _failure(part: ElementTrace | ConditionTrace) -> str:
    if isinstance(part, ElementTrace):
        excluded = part.element.startswith("Not")
        patterns = [each for each in part.patterns if each.matched] if excluded else part.patterns
        verb = "excludes" if excluded else "does not match"
        if part.element == "Principal" and not patterns:
            return f"the statement has no Principal, and so names nobody, {part.value} neither"
        return f"{part.element} {_patterns(patterns)} {verb} {part.value}"
    if part.state is State.ABSENT:
        return f"{part.operator} {part.key}: the request has no such key"
    given = ", ".join(value or "(empty)" for value in part.values or ("no value",))
    return f"{part.operator} {part.key} {_patterns(part.patterns)}: the request has {given}"


def _patterns(patterns: tuple[PatternTrace, ...] | list[PatternTrace]) -> str:
    return ", ".join(_pattern(each) for each in patterns) or "(no value)"


def _pattern(trace: PatternTrace) -> str:
    """The pattern as written → as this request resolved it."""
    if trace.resolved is None:
        return f"{trace.raw} (a variable has no value)"
    return trace.raw if trace.raw == trace.resolved else f"{trace.raw} → {trace.resolved}"
