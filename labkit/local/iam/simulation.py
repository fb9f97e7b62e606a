"""The policy simulator's four operations, answered by the engine that decides about every call.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.iam import sources
from labkit.local.iam.context_keys import context_keys
from labkit.local.iam.question import Question, custom, principal
from labkit.local.iam.results import evaluate
from labkit.local.iam.sources import Source, invalid
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: "If you do not include this parameter, the number of items defaults to 100."
_PAGE = 100


def simulate_custom_policy(call: Call, state: State) -> dict[str, Any]:
    return _page(call, custom(call, state))


def simulate_principal_policy(call: Call, state: State) -> dict[str, Any]:
    return _page(call, principal(call, state))


def _page(call: Call, question: Question) -> dict[str, Any]:
    """One EvaluationResult for each action; the marker is the number of those that came before."""
    marker = call.parameters.get("Marker") or "0"
    if not (marker.isascii() and marker.isdigit()) or int(marker) >= len(question.actions):
        raise invalid(f"Invalid Marker: {marker[:80]}.")
    start, size = int(marker), int(call.parameters.get("MaxItems") or _PAGE)
    results = [evaluate(question, action) for action in question.actions[start : start + size]]
    if start + size < len(question.actions):
        return {"EvaluationResults": results, "IsTruncated": True, "Marker": str(start + size)}
    return {"EvaluationResults": results, "IsTruncated": False}


def get_context_keys_for_custom_policy(call: Call, state: State) -> dict[str, Any]:
    return _keys(_inputs(call))


def get_context_keys_for_principal_policy(call: Call, state: State) -> dict[str, Any]:
    holder = sources.entity(call.parameters["PolicySourceArn"], state)
    own = tuple(map(sources.stored, sources.identity(holder, state)))
    return _keys((*own, *_inputs(call)))


def _inputs(call: Call) -> tuple[Source, ...]:
    return sources.inputs(call.parameters.get("PolicyInputList") or [], "PolicyInputList")


def _keys(given: tuple[Source, ...]) -> dict[str, Any]:
    return {"ContextKeyNames": context_keys(source.policy for source in given)}
