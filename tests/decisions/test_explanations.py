"""Every explanation vector: what each element of each statement says, why conditions fail, what decides."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.policy import State, StatementTrace, Verdict
from tests.decisions.test_vectors import Case, decision, marks_of

EXPLANATIONS = Path(__file__).parent / "explanations"

#: The vectors' words for the states of a condition.
REASONS = {State.MISMATCHED: "mismatch"}


def cases() -> Iterator[Case]:
    for path in sorted(EXPLANATIONS.glob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))["cases"]


def parameters() -> Iterator[Any]:
    for case in cases():
        yield pytest.param(case, id=f"{case['id']} {case['name']}", marks=marks_of(case))


def judged(trace: StatementTrace) -> dict[str, Any]:
    """A statement's trace in the vectors' form."""
    form = {
        "sid": trace.statement.sid,
        "action": trace.action.matched,
        "resource": trace.resource is None or trace.resource.matched,
        "condition": trace.condition,
        "applies": trace.applies,
    }
    return form | failed(trace) | resolved(trace)


def failed(trace: StatementTrace) -> dict[str, Any]:
    conditions = [
        [condition.operator, condition.key, REASONS.get(condition.state, condition.state.value)]
        for condition in trace.conditions
        if not condition.matched
    ]
    return {"failed_conditions": conditions} if conditions else {}


def resolved(trace: StatementTrace) -> dict[str, Any]:
    """The Resource as this request resolves it, where it names a variable."""
    patterns = () if trace.resource is None else trace.resource.patterns
    if all(pattern.raw == pattern.resolved for pattern in patterns):
        return {}
    found = [pattern.resolved for pattern in patterns]
    return {"resolved": found[0] if len(found) == 1 else found}


@pytest.mark.parametrize("case", list(parameters()))
def test_the_explanation_names_every_element_and_every_reason(case: Case) -> None:
    found, expected = decision(case), case["expect"]

    assert found.verdict is Verdict(expected["decision"])
    assert [trace.label for trace in found.decisive] == expected["decisive"]
    assert [judged(trace) for trace in found.statements] == expected["statements"]


def test_the_explanations_hold_each_verdict_and_each_reason() -> None:
    expected = [case["expect"] for case in cases()]
    reasons = {
        reason
        for expect in expected
        for statement in expect["statements"]
        for _, _, reason in statement.get("failed_conditions", [])
    }

    assert {expect["decision"] for expect in expected} == {"allow", "implicit_deny", "explicit_deny"}
    assert reasons == {"absent", "mismatch", "unresolved"}
