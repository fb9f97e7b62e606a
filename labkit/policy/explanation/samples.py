"""Values that would make a condition true, or false: made from the policy's own values, then tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from labkit.policy import values
from labkit.policy.conditions import FOR_ALL, FOR_ANY, NULL, Condition, take_apart
from labkit.policy.explanation.differences import nearest
from labkit.policy.trace import ConditionTrace
from labkit.policy.variables import Context

#: A context value, or None for a key that is left out.
Sample = str | tuple[str, ...] | None

#: Documentation addresses (RFC 5737, RFC 3849): outside whatever a policy names.
_ELSEWHERE, _ELSEWHERE_V6 = ("198.51.100.1", "203.0.113.1"), ("2001:db8::1",)


def samples(
    condition: Condition, trace: ConditionTrace, context: Context, *, holds: bool
) -> Iterator[Sample]:
    """Values of the condition's key under which it is `holds`, the ones nearest to the request's first."""
    key = condition.key.lower()
    for sample in _pool(condition, trace):
        changed = dict(context)
        changed.pop(key, None)
        if sample is not None:
            changed[key] = sample
        if sample != context.get(key) and condition.holds(changed) is holds:
            yield sample


def _pool(condition: Condition, trace: ConditionTrace) -> Iterator[Sample]:
    quantifier, base, _ = take_apart(condition.operator)
    present = trace.values or ()
    singles = ["any"] if base == NULL else list(_singles(base, trace, present[0] if present else ""))
    yield from _sets(singles, present) if quantifier in (FOR_ALL, FOR_ANY) else singles
    yield None


def _sets(singles: list[str], present: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Sets that keep as many of the request's values as can be."""
    for dropped in range(len(present)):
        kept = present[:dropped] + present[dropped + 1 :]
        if kept:
            yield kept
    for single in singles:
        yield (*present, single)
    for single in singles:
        yield (single,)


def _singles(base: str, trace: ConditionTrace, value: str) -> Iterator[str]:
    for pattern in trace.patterns:
        if pattern.resolved is not None:
            yield from _like(base, pattern.resolved, value)
    if base.startswith(("String", "Arn", "Binary")):
        yield f"{value}-other" if value else "other"
    if "Ip" in base:
        yield from _ELSEWHERE_V6 if ":" in value else _ELSEWHERE


def _like(base: str, wanted: str, value: str) -> Iterator[str]:
    if base.startswith("Numeric") and (number := values.number(wanted)) is not None:
        yield from (str(number + step) for step in (Decimal(0), Decimal(-1), Decimal(1)))
    elif base.startswith("Date") and (date := values.date(wanted)) is not None:
        yield from (_iso(date + timedelta(seconds=step)) for step in (0, -1, 1))
    elif base == "Bool":
        yield from ("true", "false")
    elif "Ip" in base and (network := values.network(wanted)) is not None:
        yield str(network.network_address)
    elif "Like" in base or base.startswith("Arn"):
        yield nearest(wanted, value)
    else:
        yield wanted


def _iso(date: datetime) -> str:
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")
