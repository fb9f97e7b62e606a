"""Why: a judgement, and everything that can be read from it.

The judgement is made at once, every element of every statement; what is derived from it is worked
out when it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from labkit.policy.decide import Decision, Judgement, judge
from labkit.policy.explanation import words
from labkit.policy.explanation.differences import Difference
from labkit.policy.explanation.doubts import Doubt, doubts
from labkit.policy.explanation.funnel import Stage, funnel
from labkit.policy.explanation.mistakes import Mistake, mistakes
from labkit.policy.explanation.near_misses import Lack, NearMiss, near_misses
from labkit.policy.explanation.policy_changes import PolicyChange, PolicyEdit, policy_changes
from labkit.policy.explanation.request_changes import Edit, RequestChange, request_changes
from labkit.policy.layers import PolicySet
from labkit.policy.request import Request
from labkit.policy.trace import LayerTrace, StatementTrace, Verdict

__all__ = [
    "Difference",
    "Doubt",
    "Edit",
    "Explanation",
    "Lack",
    "Mistake",
    "NearMiss",
    "PolicyChange",
    "PolicyEdit",
    "RequestChange",
    "Stage",
    "explain",
]


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a request got its verdict. Printed, it says so in plain words."""

    judgement: Judgement

    @property
    def request(self) -> Request:
        return self.judgement.request

    @property
    def policies(self) -> PolicySet:
        return self.judgement.policies

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    @property
    def blocked_by(self) -> tuple[str, ...]:
        return self.judgement.blocked_by

    @property
    def layers(self) -> tuple[LayerTrace, ...]:
        return self.judgement.layers

    @property
    def statements(self) -> tuple[StatementTrace, ...]:
        return self.judgement.statements

    @property
    def decisive(self) -> tuple[StatementTrace, ...]:
        return self.judgement.decisive

    @cached_property
    def funnel(self) -> tuple[Stage, ...]:
        """What each kind of policies did, in AWS's order of evaluation."""
        return funnel(self.judgement)

    @cached_property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """The statements that almost allowed it, the nearest first."""
        return near_misses(self.judgement)

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Wrong mental models that explain what happened."""
        return mistakes(self.judgement)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What AWS stores and what hardly does what is meant, in the policies of this request."""
        return doubts(self.judgement)

    @cached_property
    def request_changes(self) -> tuple[RequestChange, ...]:
        """The smallest changes of the request that turn the verdict round."""
        return request_changes(self.judgement)

    @cached_property
    def policy_changes(self) -> tuple[PolicyChange, ...]:
        """The smallest changes of the policies that do, and what else each would turn round."""
        return policy_changes(self.judgement)

    def __str__(self) -> str:
        return "\n".join(words.lines(self))

    __repr__ = __str__


def explain(what: Decision | Request, *, policies: PolicySet | None = None) -> Explanation:
    """Why `what` is decided as it is: a decision, or a request under `policies`.

    Raises LabError for a request whose principal cannot be read, TypeError for one without policies.
    """
    if isinstance(what, Decision):
        return Explanation(what.judgement)
    if policies is None:
        raise TypeError("a request is explained under `policies`: expected a PolicySet, got none")
    return Explanation(judge(what, policies=policies))
