"""The decision: which layers must allow, and what a Deny does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from labkit.policy.layers import LAYERS, Layer, PolicySet, applies_to
from labkit.policy.request import Anonymous, Caller, Federated, IotPrincipal, Question, Request, Service
from labkit.policy.trace import LayerTrace, Named, StatementTrace, Verdict

__all__ = [
    "Anonymous",
    "Decision",
    "Federated",
    "IotPrincipal",
    "PolicySet",
    "Request",
    "Service",
    "Verdict",
    "decide",
]

_ALWAYS = frozenset({"rcp", "scp", "iot"})
_LIMITS = frozenset({"boundary", "session"})
_ROOT = _ALWAYS | _LIMITS
_OWN = _ROOT | {"identity"}
_RESOURCE = frozenset({"resource"})
_IOT = frozenset({"iot"})
_GRANTORS = frozenset({"resource", "identity"})
_GRANTORS_AND_SESSION = _GRANTORS | {"session"}
#: Needs no permission, and no Deny takes it away.
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = "sts:getcalleridentity"
#: Layers whose Allow grants; the others only limit.
_GRANTING = frozenset({"resource", "identity", "iot"})
#: Nothing stands against the request.
_NOTHING = (Verdict.ALLOWED, "")


class Judged(Protocol):
    """A layer's answer, whether it is found when asked for or was found before."""

    @property
    def name(self) -> str: ...
    @property
    def denies(self) -> bool: ...
    @property
    def allows(self) -> bool: ...
    @property
    def granted(self) -> Named: ...


class Asked:
    """A layer that answers when it is asked, and stops at the first statement that settles it."""

    __slots__ = ("_layer", "_question", "name")

    def __init__(self, layer: Layer, question: Question) -> None:
        self.name, self._layer, self._question = layer.name, layer, question

    @property
    def denies(self) -> bool:
        return next(self._layer.denying(self._question), None) is not None

    @property
    def allows(self) -> bool:
        return next(self._layer.allowing(self._question), None) is not None

    @property
    def granted(self) -> Named:
        layer, question = self._layer, self._question
        return max((layer.named(s, question) for s in layer.allowing(question)), default=Named.NOBODY)


@dataclass(frozen=True)
class Judgement:
    """The verdict on a request with all that speaks on it: nothing was skipped."""

    request: Request
    policies: PolicySet
    verdict: Verdict
    #: Names of the layers that deny, or that would have had to allow and do not.
    blocked_by: tuple[str, ...]
    #: Every layer that speaks to the caller, every element of every statement judged.
    layers: tuple[LayerTrace, ...]

    @cached_property
    def decisive(self) -> tuple[StatementTrace, ...]:
        """The statements that made the verdict: those that deny, or those that grant."""
        if self.verdict is Verdict.EXPLICIT_DENY:
            return tuple(trace for layer in self.layers for trace in layer.applying("Deny"))
        if self.verdict is Verdict.IMPLICIT_DENY or self.request.question.action == _FREE:
            return ()
        grants = (layer for layer in self.layers if layer.name in self.needed & _GRANTING)
        return tuple(trace for layer in grants for trace in layer.applying("Allow"))

    @cached_property
    def needed(self) -> frozenset[str]:
        """The layers that must each allow the request."""
        return needed(self.request, self.policies, self.layers)

    @property
    def statements(self) -> tuple[StatementTrace, ...]:
        """The traces of all layers, in order."""
        return tuple(trace for layer in self.layers for trace in layer.statements)


@dataclass(frozen=True)
class Decision:
    """The verdict on a request; the whole judgement is there when it is looked at."""

    request: Request
    policies: PolicySet
    verdict: Verdict

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    @cached_property
    def judgement(self) -> Judgement:
        return judge(self.request, policies=self.policies)

    @property
    def layers(self) -> tuple[LayerTrace, ...]:
        """Every layer that speaks to the caller, every element of every statement judged."""
        return self.judgement.layers

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Names of the layers that deny, or that would have had to allow and do not."""
        return self.judgement.blocked_by

    @property
    def decisive(self) -> tuple[StatementTrace, ...]:
        """The statements that made the verdict: those that deny, or those that grant."""
        return self.judgement.decisive

    @property
    def statements(self) -> tuple[StatementTrace, ...]:
        """The traces of all layers, in order."""
        return self.judgement.statements


def decide(request: Request, *, policies: PolicySet) -> Decision:
    """What AWS answers to `request` under `policies`. Raises LabError for a principal it cannot read.

    It stops at the first statement that settles the verdict; `judge` skips nothing.
    """
    question = request.question
    asked = [Asked(layer, question) for layer in policies.layers if applies_to(layer, question)]
    verdict, _ = next(blocks(request, policies, asked), _NOTHING)
    return Decision(request, policies, verdict)


def judge(request: Request, *, policies: PolicySet) -> Judgement:
    """The same verdict, with every element of every statement judged on its own."""
    question = request.question
    layers = tuple([layer.judge(question) for layer in policies.layers if applies_to(layer, question)])
    found = list(blocks(request, policies, layers))
    verdict, _ = found[0] if found else _NOTHING
    blocking = {name for _, name in found}
    blocked_by = tuple(name for name in LAYERS if name in blocking)
    return Judgement(request, policies, verdict, blocked_by, layers)


def blocks(request: Request, policies: PolicySet, layers: Sequence[Judged]) -> Iterator[tuple[Verdict, str]]:
    """What stands against the request, first thing first: nothing, where it is allowed.

    A Deny anywhere stands before all; without one, every layer that must allow and does not.
    """
    if request.question.action == _FREE:
        return
    denied = False
    for layer in layers:
        if layer.denies:
            denied = True
            yield Verdict.EXPLICIT_DENY, layer.name
    if denied:
        return
    required = needed(request, policies, layers)
    missing = required & _present(request.question.caller)
    for layer in layers:
        if layer.name in required:
            missing -= {layer.name}
            if not layer.allows:
                yield Verdict.IMPLICIT_DENY, layer.name
    for name in missing:
        yield Verdict.IMPLICIT_DENY, name


def _present(caller: Caller) -> frozenset[str]:
    """The layers that must be there where they are needed.

    Only a policy grants; a limit that is missing limits nothing, but for a federated user: "If you do
    not pass a policy, the resulting federated user session has no permissions".
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    if caller.is_iot:
        return _IOT
    return _GRANTORS_AND_SESSION if caller.kind == "federated-user" else _GRANTORS


def needed(request: Request, policies: PolicySet, layers: Sequence[Judged]) -> frozenset[str]:
    """The layers that must each allow the request. SCPs, RCPs and IoT policies always count."""
    caller = request.question.caller
    if caller.is_iot:
        return _IOT
    if caller.account is None:
        return _ALWAYS | {"resource"}
    own = _ROOT if caller.is_root_user else _OWN
    if request.account not in (None, caller.account):
        # Both accounts must allow: the resource's by its policy, the caller's by the rest.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
        return own | _RESOURCE
    named = next((layer.granted for layer in layers if layer.name == "resource"), Named.NOBODY)
    if named is Named.CALLER:
        return _ALWAYS | {"resource"}
    if named is Named.ROLE:
        return _ALWAYS | {"resource"} | _LIMITS
    return own | _RESOURCE if _must_delegate(request, policies) else own


def _must_delegate(request: Request, policies: PolicySet) -> bool:
    """Whether identity-based policies only count where the resource's policy lets them.

    A role always has a trust policy. A key without one of its own here is taken to have the
    default key policy, which delegates to the account.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    """
    if policies.resource is not None and request.question.action.startswith("kms:"):
        return True
    return request.assumes_role
