"""The IAM decision, and the trace that is the decision."""

from labkit.policy.advice import Advice, advise
from labkit.policy.conditions import Condition
from labkit.policy.decide import Decision, Judgement, PolicySet, decide, judge
from labkit.policy.denial import denial_text
from labkit.policy.document import Policy, Statement
from labkit.policy.explanation import Explanation, explain
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
