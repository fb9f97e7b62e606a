"""An explanation as JSON: the whole trace, for programs."""

from __future__ import annotations

from typing import Any

from labkit.policy.decide import Decision, Judgement
from labkit.policy.explanation import Explanation
from labkit.policy.explanation.funnel import Stage
from labkit.policy.explanation.near_misses import NearMiss
from labkit.policy.explanation.origins import origin
from labkit.policy.explanation.policy_changes import PolicyChange
from labkit.policy.explanation.request_changes import RequestChange
from labkit.policy.request import Request
from labkit.policy.trace import ConditionTrace, ElementTrace, PatternTrace, State, StatementTrace

#: The state of a condition that is not true, as a reason.
_REASONS = {State.ABSENT: "absent", State.UNRESOLVED: "unresolved"}


def summary(decided: Decision | Judgement) -> dict[str, Any]:
    """The verdict, the layers that stand against it, and the Sids (or indexes) of what decided."""
    return {
        "decision": decided.verdict.value,
        "blocked_by": list(decided.blocked_by),
        "decisive": [_name(trace) for trace in decided.decisive],
    }


def explanation(found: Explanation) -> dict[str, Any]:
    """The summary, and everything behind it."""
    return summary(found.judgement) | {
        "layers": [_stage(stage) for stage in found.funnel],
        "statements": [_statement(trace, found.request) for trace in found.statements],
        "near_misses": [_near_miss(miss) for miss in found.near_misses],
        "mistakes": [
            {"name": m.name, "sentence": m.sentence, "statement": m.statement, "source": m.source}
            for m in found.mistakes
        ],
        "doubts": [
            {"layer": d.layer, "policy": d.policy or None, "pointer": d.advice.pointer}
            | {"message": d.advice.message, "suggestion": d.advice.suggestion, "source": d.advice.source}
            for d in found.doubts
        ],
        "request_changes": [_request_change(change) for change in found.request_changes],
        "policy_changes": [_policy_change(change) for change in found.policy_changes],
    }


def _name(trace: StatementTrace) -> str | int:
    return trace.statement.sid or trace.statement.index


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "layer": stage.name,
        "title": stage.title,
        "part": stage.part.value,
        "decided": stage.decided,
        "named_by_aws": stage.named_by_aws,
    }


def _statement(trace: StatementTrace, request: Request) -> dict[str, Any]:
    conditions = trace.conditions
    found: dict[str, Any] = {
        "layer": trace.layer.name,
        "policy": trace.policy.name or None,
        "sid": trace.statement.sid,
        "index": trace.statement.index,
        "effect": trace.effect,
        "action": trace.action_matched,
        "resource": trace.resource_matched,
        "condition": trace.condition,
        "applies": trace.applies,
        "failed_conditions": [[c.operator, c.key, _reason(c)] for c in conditions if not c.matched],
        "elements": [
            _element(part, request) for part in (trace.action, trace.resource, trace.principal) if part
        ],
        "conditions": [_condition(each, request) for each in conditions],
    }
    if trace.principal is not None:
        found["principal"] = trace.principal.matched
    if trace.resource is not None:
        resolved = [pattern.resolved for pattern in trace.resource.patterns]
        found["resolved"] = resolved[0] if len(resolved) == 1 else resolved
    return found


def _reason(condition: ConditionTrace) -> str:
    return _REASONS.get(condition.state, "mismatch")


def _element(part: ElementTrace, request: Request) -> dict[str, Any]:
    return {
        "element": part.element,
        "matched": part.matched,
        # Actions are compared in lower case; the request's own spelling reads better.
        "value": request.action if part.element.endswith("Action") else part.value,
        "patterns": [_pattern(each, request) for each in part.patterns],
    }


def _condition(part: ConditionTrace, request: Request) -> dict[str, Any]:
    return {
        "operator": part.operator,
        "key": part.key,
        "matched": part.matched,
        "state": part.state.value,
        "only_because_absent": part.only_because_absent,
        "values": None if part.values is None else list(part.values),
        "patterns": [_pattern(each, request) for each in part.patterns],
    }


def _pattern(pattern: PatternTrace, request: Request) -> dict[str, Any]:
    return {
        "raw": pattern.raw,
        "resolved": pattern.resolved,
        "matched": pattern.matched,
        "variables": [
            {
                "raw": variable.raw,
                "value": variable.value,
                "origin": ["the pattern's default"]
                if variable.defaulted
                else list(origin(variable.key, request)),
            }
            for variable in pattern.variables
        ],
    }


def _near_miss(miss: NearMiss) -> dict[str, Any]:
    return {
        "layer": miss.layer,
        "statement": _name(miss.trace),
        "sentence": miss.sentence,
        "matched": list(miss.matched),
        "lacks": [
            {
                "part": lack.name,
                "sentence": lack.sentence,
                "pattern": lack.difference.pattern if lack.difference else None,
                "value": lack.difference.value if lack.difference else None,
                "differs_at": lack.difference.at + 1 if lack.difference else None,
                "diff": [list(part) for part in lack.difference.parts] if lack.difference else None,
            }
            for lack in miss.lacks
        ],
    }


def _request_change(change: RequestChange) -> dict[str, Any]:
    edits = [{"part": edit.part, "before": edit.before, "after": edit.after} for edit in change.edits]
    return {"decision": change.verdict.value, "sentence": change.sentence, "edits": edits}


def _policy_change(change: PolicyChange) -> dict[str, Any]:
    edits = [
        {
            "layer": edit.layer,
            "policy": edit.policy or None,
            "statement": edit.statement or None,
            "before": edit.before,
            "after": edit.after,
        }
        for edit in change.edits
    ]
    opens = [{"action": request.action, "resource": request.resource} for request in change.opens]
    return {"decision": change.verdict.value, "sentence": change.sentence, "edits": edits, "also": opens}
