"""The layers of policies that speak on a request, each with its own verdict.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from labkit.policy.document import Policy, Statement
from labkit.policy.request import Question
from labkit.policy.trace import LayerTrace, Named, StatementTrace

#: Layers in the order in which AWS evaluates them.
LAYERS = ("rcp", "scp", "resource", "identity", "boundary", "session", "iot")

#: Data plane actions for which an authenticated identity needs an IoT policy beside its role's: those of
#: MQTT, as AWS's table has it, and over HTTP those that callers report:
#: https://github.com/aws/aws-sdk-js/issues/1312
#: https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html
#: https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
IOT_ACTIONS = frozenset(
    f"iot:{name}".lower()
    for name in (
        "Connect",
        "Publish",
        "Subscribe",
        "Receive",
        "RetainPublish",
        "GetThingShadow",
        "UpdateThingShadow",
        "DeleteThingShadow",
    )
)


@dataclass(frozen=True)
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
    #: Policies attached to the Cognito identity, or to the device, in AWS IoT; empty where none is.
    iot: tuple[Policy, ...] | None = None

    def changed(self, change: Callable[[Policy], Policy]) -> PolicySet:
        """The same policies, in the same places, each as `change` returns it."""
        return PolicySet(**{each.name: _changed(getattr(self, each.name), change) for each in fields(self)})

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer that there is, in the order of LAYERS.

        Missing fields of an ARN are filled up in identity-based policies; a session policy with such
        an ARN is malformed.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
        """
        return tuple(self._layers())

    def _layers(self) -> Iterator[Layer]:
        yield from (Layer("rcp", level) for level in self.rcp)
        yield from (Layer("scp", level) for level in self.scp)
        if self.resource is not None:
            bounded = bool(self.boundary)
            yield Layer("resource", (self.resource,), pads=False, must_name=True, bounded=bounded)
        yield Layer("identity", self.identity)
        if self.boundary:
            yield Layer("boundary", self.boundary)
        if self.session:
            yield Layer("session", self.session, pads=False)
        if self.iot is not None:
            yield Layer("iot", self.iot, pads=False)


def _changed(held: Any, change: Callable[[Policy], Policy]) -> Any:
    """A field of a PolicySet: a policy, policies, levels of policies, or None."""
    if isinstance(held, Policy):
        return change(held)
    return tuple(_changed(each, change) for each in held) if held else held


#: A NamedTuple's own constructor takes twice as long.
_new = tuple.__new__


@dataclass(frozen=True, eq=False)
class Layer:
    """The policies of one kind, or of one level of SCPs or RCPs."""

    name: str
    policies: tuple[Policy, ...]
    #: Whether an incomplete ARN stands for the rest too.
    pads: bool = True
    #: Whether a statement can only apply to a caller that it names.
    must_name: bool = False
    #: Whether a permissions boundary is attached to the caller.
    bounded: bool = False

    def denying(self, question: Question) -> Iterator[Statement]:
        """The Deny statements that apply, found as they are asked for."""
        for policy in self.policies:
            for statement in policy.index.candidates(question.action)[0].of(question.resource):
                if self._applies(statement, question):
                    yield statement

    def allowing(self, question: Question) -> Iterator[Statement]:
        """The Allow statements that apply, found as they are asked for."""
        for policy in self.policies:
            for statement in policy.index.candidates(question.action)[1].of(question.resource):
                if self._applies(statement, question):
                    yield statement

    def named(self, statement: Statement, question: Question) -> Named:
        """How directly `statement` names the caller; one without Principal names whom it is attached to."""
        if statement.principals is None:
            return Named.NOBODY if self.must_name else Named.CALLER
        return statement.principals.named(question.caller, effect=statement.effect, bounded=self.bounded)

    def _applies(self, statement: Statement, question: Question) -> bool:
        context = question.context
        covers = statement.covers_padded if self.pads else statement.covers_whole
        if not covers(question.resource, context):
            return False
        if (statement.principals is not None or self.must_name) and not self.named(statement, question):
            return False
        return not statement.holds or all(holds(context) for holds in statement.holds)

    def judge(self, question: Question) -> LayerTrace:
        """Every element of every statement, none skipped."""
        value, context, pads, must_name = question.resource, question.context, self.pads, self.must_name
        traces: list[StatementTrace] = []
        keep, nobody = traces.append, Named.NOBODY
        for policy in self.policies:
            covered = policy.index.covered(question.action)
            for statement, action in zip(policy.statements, covered, strict=True):
                covers = statement.covers_padded if pads else statement.covers_whole
                resource = covers(value, context)
                holds = statement.holds
                held = tuple([each(context) for each in holds]) if holds else ()
                named = self.named(statement, question) if must_name or statement.principals else None
                applies = action and resource and named is not nobody and False not in held
                parts = (policy, statement, self, question, action, resource, named, held, applies)
                keep(_new(StatementTrace, parts))
        return _layer_trace(self.name, tuple(traces))


def _layer_trace(name: str, traces: tuple[StatementTrace, ...]) -> LayerTrace:
    applying = [trace for trace in traces if trace.applies]
    allowing = [trace for trace in applying if trace.statement.effect == "Allow"]
    granted = max([trace.named or Named.NOBODY for trace in allowing], default=Named.NOBODY)
    return LayerTrace(name, traces, len(allowing) < len(applying), bool(allowing), granted)


def applies_to(layer: Layer, question: Question) -> bool:
    """Whether a layer speaks to this caller at all.

    SCPs skip callers without an account, SCPs and RCPs service-linked roles; no policy is attached
    to an account's root user.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    """
    caller, name = question.caller, layer.name
    if caller.is_iot:
        return name == "iot"
    if name == "resource":
        return True
    if name == "rcp":
        return not caller.is_service_linked
    if caller.account is None:
        return False
    if name == "scp":
        return not caller.is_service_linked
    if name == "iot":
        return _needs_iot_policy(question)
    return not caller.is_root_user


def _needs_iot_policy(question: Question) -> bool:
    """A guest of an identity pool needs its role's policy only."""
    amr = question.context.get("cognito-identity.amazonaws.com:amr", ())
    guest = "unauthenticated" in ((amr,) if isinstance(amr, str) else amr)
    return question.action in IOT_ACTIONS and not guest
