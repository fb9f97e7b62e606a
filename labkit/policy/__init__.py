"""The IAM decision, and the trace that is the decision.

Deciding loads at once; explaining and advising, which are more code than that, when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from labkit.policy.conditions import Condition
from labkit.policy.decide import Decision, Judgement, PolicySet, decide, judge
from labkit.policy.denial import denial_text
from labkit.policy.document import Policy, Statement
from labkit.policy.matrix import Matrix, Row, changes, matrix
from labkit.policy.request import Anonymous, Federated, IotPrincipal, Request, Service
from labkit.policy.trace import (
    ConditionTrace,
    ElementTrace,
    LayerTrace,
    Named,
    PatternTrace,
    State,
    StatementTrace,
    VariableTrace,
    Verdict,
)

if TYPE_CHECKING:
    from labkit.policy.advice import Advice as Advice
    from labkit.policy.advice import advise as advise
    from labkit.policy.explanation import Explanation as Explanation
    from labkit.policy.explanation import explain as explain

#: Public name → the module that holds it.
_LATER = {
    "Advice": "labkit.policy.advice",
    "Explanation": "labkit.policy.explanation",
    "advise": "labkit.policy.advice",
    "explain": "labkit.policy.explanation",
}

__all__ = [
    "Advice",
    "Anonymous",
    "Condition",
    "ConditionTrace",
    "Decision",
    "ElementTrace",
    "Explanation",
    "Federated",
    "IotPrincipal",
    "Judgement",
    "LayerTrace",
    "Matrix",
    "Named",
    "PatternTrace",
    "Policy",
    "PolicySet",
    "Request",
    "Row",
    "Service",
    "State",
    "Statement",
    "StatementTrace",
    "VariableTrace",
    "Verdict",
    "advise",
    "changes",
    "decide",
    "denial_text",
    "explain",
    "judge",
    "matrix",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module `labkit.policy` has no attribute `{name}`; it has {', '.join(__all__)}")
    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
