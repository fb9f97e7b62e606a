"""The layers of policies that speak on a request, each with its own verdict.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.policy.document import Policy
from labkit.policy.request import Question
from labkit.policy.trace import LayerTrace, Verdict

#: Layers in the order in which AWS evaluates them.
LAYERS = ("rcp", "scp", "resource", "identity", "boundary", "session", "iot")

#: Data plane actions for which an authenticated identity needs an IoT policy beside its role's.
#: https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html
IOT_ACTIONS = frozenset(
    f"iot:{name}".lower()
    for name in (
        "Connect",
        "Publish",
        "Subscribe",
        "Receive",
        "GetThingShadow",
        "UpdateThingShadow",
        "DeleteThingShadow",
    )
)


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Every policy that speaks on a request, by layer. None: the layer does not apply."""

    #: Inline and managed policies of the user (and its groups) or role.
    identity: tuple[Policy, ...] = ()
    #: Policy of the bucket, key, topic …; of a role, its trust policy.
    resource: Policy | None = None
    boundary: tuple[Policy, ...] | None = None
    #: A union: it is enough that one of them allows.
    session: tuple[Policy, ...] | None = None
    #: Service control policies by level: organization root, each unit, account.
    scp: tuple[tuple[Policy, ...], ...] = ()
    #: Resource control policies by level.
    rcp: tuple[tuple[Policy, ...], ...] = ()
    #: Policies attached to the Cognito identity in AWS IoT; empty where none is.
    iot: tuple[Policy, ...] | None = None


def layers_of(question: Question, policies: PolicySet) -> Iterator[LayerTrace]:
    """The layers that apply to the caller, in the order of LAYERS."""
    caller = question.caller
    if not caller.is_service_linked:
        for level in policies.rcp:
            yield _layer("rcp", level, question)
    if caller.account is not None and not caller.is_service_linked:
        for level in policies.scp:
            yield _layer("scp", level, question)
    if policies.resource is not None:
        yield _layer("resource", (policies.resource,), question, pads=False, named=True)
    if caller.account is not None:
        yield from _layers_of_principal(question, policies)


def _layers_of_principal(question: Question, policies: PolicySet) -> Iterator[LayerTrace]:
    """No policy is attached to an account's root user: it may do everything that no other layer stops.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    """
    if not question.caller.is_root_user:
        yield _layer("identity", policies.identity, question)
        if policies.boundary:
            yield _layer("boundary", policies.boundary, question)
        if policies.session:
            yield _layer("session", policies.session, question, pads=False)
    if policies.iot is not None and _needs_iot_policy(question):
        yield _layer("iot", policies.iot, question, pads=False)


def _needs_iot_policy(question: Question) -> bool:
    """A guest of an identity pool needs its role's policy only."""
    amr = question.context.get("cognito-identity.amazonaws.com:amr", ())
    guest = "unauthenticated" in ((amr,) if isinstance(amr, str) else amr)
    return question.action in IOT_ACTIONS and not guest


def _layer(
    name: str, policies: tuple[Policy, ...], question: Question, *, pads: bool = True, named: bool = False
) -> LayerTrace:
    """One layer's verdict: a Deny that applies, else an Allow, else nothing.

    Missing fields of an ARN are filled up in identity-based policies; a session policy with such
    an ARN is malformed.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    traces = tuple(
        [
            statement.judge(question, policy=policy, pads=pads, named=named)
            for policy in policies
            for statement in policy.statements
        ]
    )
    effects = {trace.effect for trace in traces if trace.applies}
    if "Deny" in effects:
        return LayerTrace(name, Verdict.EXPLICIT_DENY, traces)
    return LayerTrace(name, Verdict.ALLOWED if "Allow" in effects else Verdict.IMPLICIT_DENY, traces)
