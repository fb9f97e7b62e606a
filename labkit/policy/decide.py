"""The decision: which layers must allow, and what a Deny does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit.policy.layers import LAYERS, PolicySet, layers_of
from labkit.policy.request import Anonymous, Federated, Question, Request, Service
from labkit.policy.trace import LayerTrace, Named, StatementTrace, Verdict

__all__ = ["Anonymous", "Decision", "Federated", "PolicySet", "Request", "Service", "Verdict", "decide"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on a request, with the trace of every statement that was judged."""

    request: Request
    verdict: Verdict
    #: Names of the layers that deny, or that would have had to allow and do not.
    blocked_by: tuple[str, ...]
    #: The statements that made the verdict: those that deny, or those that grant.
    decisive: tuple[StatementTrace, ...]
    layers: tuple[LayerTrace, ...]

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    @property
    def statements(self) -> tuple[StatementTrace, ...]:
        """The traces of all layers, in order."""
        return tuple(trace for layer in self.layers for trace in layer.statements)


def decide(request: Request, *, policies: PolicySet) -> Decision:
    """What AWS answers to `request` under `policies`. Raises LabError for a principal it cannot read."""
    question = Question.of(request, bounded=bool(policies.boundary))
    layers = tuple(layers_of(question, policies))
    denials = [layer for layer in layers if layer.verdict is Verdict.EXPLICIT_DENY]
    if question.action == "sts:getcalleridentity":
        # Needs no permission, and no Deny takes it away.
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        return Decision(request, Verdict.ALLOWED, (), (), layers)
    if denials:
        decisive = tuple(trace for layer in denials for trace in layer.applying("Deny"))
        return Decision(request, Verdict.EXPLICIT_DENY, _names(denials), decisive, layers)
    return _without_denials(request, question, policies, layers)


def _without_denials(
    request: Request, question: Question, policies: PolicySet, layers: tuple[LayerTrace, ...]
) -> Decision:
    needed = _needed(request, question, policies, layers)
    allows = _allows(layers)
    silent = tuple(name for name in LAYERS if name in needed and not allows[name])
    if silent:
        return Decision(request, Verdict.IMPLICIT_DENY, silent, (), layers)
    grants = [layer for layer in layers if layer.name in needed & {"resource", "identity", "iot"}]
    decisive = tuple(trace for layer in grants for trace in layer.applying("Allow"))
    return Decision(request, Verdict.ALLOWED, (), decisive, layers)


def _allows(layers: tuple[LayerTrace, ...]) -> dict[str, bool]:
    """Whether every layer of a name allows. Only a policy grants; a limit that is missing limits nothing."""
    present = {layer.name for layer in layers}
    allows = {name: name in present or name not in ("resource", "identity") for name in LAYERS}
    for layer in layers:
        allows[layer.name] &= layer.verdict is Verdict.ALLOWED
    return allows


def _names(layers: list[LayerTrace]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(layer.name for layer in layers))


def _needed(
    request: Request, question: Question, policies: PolicySet, layers: tuple[LayerTrace, ...]
) -> set[str]:
    """The layers that must each allow the request. SCPs, RCPs and IoT policies always count."""
    caller = question.caller
    always, limits = {"rcp", "scp", "iot"}, {"boundary", "session"}
    if caller.account is None:
        return always | {"resource"}
    own = limits if caller.is_root_user else limits | {"identity"}
    if request.account not in (None, caller.account):
        # Both accounts must allow: the resource's by its policy, the caller's by the rest.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
        return always | {"resource"} | own
    named = _granted(layers)
    if named is Named.CALLER:
        return always | {"resource"}
    if named is Named.ROLE:
        return always | {"resource"} | limits
    return always | own | ({"resource"} if _must_delegate(request, policies) else set())


def _granted(layers: tuple[LayerTrace, ...]) -> Named:
    """How directly the resource-based policy grants: the best of its Allow statements."""
    allows = (trace for layer in layers if layer.name == "resource" for trace in layer.applying("Allow"))
    return max((trace.principal.named for trace in allows if trace.principal), default=Named.NOBODY)


def _must_delegate(request: Request, policies: PolicySet) -> bool:
    """Whether identity-based policies only count where the resource's policy lets them.

    A role always has a trust policy. A key without one of its own here is taken to have the
    default key policy, which delegates to the account.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    """
    is_key = request.action.lower().startswith("kms:") and policies.resource is not None
    return request.assumes_role or is_key
