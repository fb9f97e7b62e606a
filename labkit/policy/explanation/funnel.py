"""The funnel of layers: which were asked, what each said, and which one decided.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labkit.policy.decide import Judgement
from labkit.policy.denial import is_bare
from labkit.policy.layers import LAYERS
from labkit.policy.trace import LayerTrace, Verdict


class Part(StrEnum):
    """What a layer did to a request."""

    DENIES = "denies"
    #: It must allow, and does.
    PASSES = "allows"
    #: It must allow, and does not.
    STOPS = "does not allow"
    #: It need not allow: another layer granted already, or nothing there limits this caller.
    SPARED = "need not allow"
    #: No policy of this kind speaks to the caller.
    ABSENT = "not there"


@dataclass(frozen=True)
class Stage:
    """One kind of policies in the funnel."""

    name: str
    #: What it is called here: a role's resource-based policy is its trust policy.
    title: str
    part: Part
    traces: tuple[LayerTrace, ...]
    #: Whether it made the verdict.
    decided: bool
    #: Whether AWS's message would name it. AWS names one layer, and does not document which.
    named_by_aws: bool


TITLES = {
    "rcp": "resource control policies",
    "scp": "service control policies",
    "resource": "resource-based policy",
    "identity": "identity-based policies",
    "boundary": "permissions boundary",
    "session": "session policies",
    "iot": "AWS IoT policies",
}
_AMR = "cognito-identity.amazonaws.com:amr"


def title_of(name: str, judgement: Judgement) -> str:
    """A layer's name, in the words of this request."""
    if name == "resource" and judgement.request.assumes_role:
        return "trust policy"
    if name == "session" and is_guest(judgement):
        return "session policies (the guest ceiling)"
    return TITLES[name]


def is_guest(judgement: Judgement) -> bool:
    """Whether an identity pool's guest asks."""
    amr = judgement.request.question.context.get(_AMR, ())
    return "unauthenticated" in ((amr,) if isinstance(amr, str) else amr)


def funnel(judgement: Judgement) -> tuple[Stage, ...]:
    """The stages in AWS's order of evaluation."""
    return tuple(_stage(name, judgement) for name in LAYERS)


def _stage(name: str, judgement: Judgement) -> Stage:
    traces = tuple(layer for layer in judgement.layers if layer.name == name)
    part = _part(name, traces, judgement)
    blocked = judgement.blocked_by
    granting = {trace.layer.name for trace in judgement.decisive}
    decided = name in blocked if blocked else name in granting
    named = blocked[:1] == (name,) and not is_bare(judgement.request)
    return Stage(name, title_of(name, judgement), part, traces, decided, named)


def _part(name: str, traces: tuple[LayerTrace, ...], judgement: Judgement) -> Part:
    if any(trace.denies for trace in traces):
        return Part.DENIES
    if judgement.verdict is not Verdict.EXPLICIT_DENY and name in judgement.blocked_by:
        return Part.STOPS
    if not traces:
        return Part.ABSENT
    if name not in judgement.needed:
        return Part.SPARED
    return Part.PASSES if all(trace.allows for trace in traces) else Part.STOPS
