"""A decision in plain words, read from its trace."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.policy.decide import Decision
from labkit.policy.trace import ConditionTrace, ElementTrace, PatternTrace, State, StatementTrace, Verdict

_LAYERS = {
    "rcp": "resource control policies",
    "scp": "service control policies",
    "resource": "resource-based policy",
    "identity": "identity-based policies",
    "boundary": "permissions boundary",
    "session": "session policies",
    "iot": "AWS IoT policies",
}

#: How many statements that came close are shown for each layer.
_CLOSEST = 3


def explain(decision: Decision) -> str:
    """The verdict, what decided it, and for a denial what each near statement lacked."""
    return "\n".join(_lines(decision))


def _lines(decision: Decision) -> Iterator[str]:
    request = decision.request
    yield f"{decision.verdict.name}: {request.principal} → {request.action} on {request.resource}"
    for trace in decision.decisive:
        verb = "denies" if trace.effect == "Deny" else "allows"
        yield f"  {_statement(trace)} {verb} it"
        yield from (f"    {note}" for note in _notes(trace))
    if decision.verdict is Verdict.IMPLICIT_DENY:
        for layer in decision.blocked_by:
            yield from _blocked(decision, layer)
    elif decision.allowed and not decision.decisive:
        yield "  no policy needs to allow it"


def _blocked(decision: Decision, layer: str) -> Iterator[str]:
    name = "trust policy" if layer == "resource" and decision.request.assumes_role else _LAYERS[layer]
    yield f"  no statement of the {name} allows it"
    near = [
        trace
        for each in decision.layers
        if each.name == layer
        for trace in each.statements
        if trace.effect == "Allow" and not trace.applies and trace.action.matched
    ]
    for trace in sorted(near, key=lambda trace: len(trace.failures))[:_CLOSEST]:
        yield f"  {_statement(trace)} came close:"
        yield from (f"    {_failure(part)}" for part in trace.failures)


def _statement(trace: StatementTrace) -> str:
    of = f" of {trace.policy.name}" if trace.policy.name else ""
    return f"statement {trace.label}{of}"


def _notes(trace: StatementTrace) -> Iterator[str]:
    for condition in trace.conditions:
        if condition.only_because_absent:
            yield f"{condition.operator} {condition.key} is true only because the request has no such key"


def _failure(part: ElementTrace | ConditionTrace) -> str:
    if isinstance(part, ElementTrace):
        excluded = part.element.startswith("Not")
        patterns = [each for each in part.patterns if each.matched] if excluded else part.patterns
        verb = "excludes" if excluded else "does not match"
        return f"{part.element} {_patterns(patterns)} {verb} {part.value}"
    if part.state is State.ABSENT:
        return f"{part.operator} {part.key}: the request has no such key"
    given = ", ".join(part.values or ("no value",))
    return f"{part.operator} {part.key} {_patterns(part.patterns)}: the request has {given}"


def _patterns(patterns: tuple[PatternTrace, ...] | list[PatternTrace]) -> str:
    return ", ".join(_pattern(each) for each in patterns) or "(no value)"


def _pattern(trace: PatternTrace) -> str:
    """The pattern as written → as this request resolved it."""
    if trace.resolved is None:
        return f"{trace.raw} (a variable has no value)"
    return trace.raw if trace.raw == trace.resolved else f"{trace.raw} → {trace.resolved}"
