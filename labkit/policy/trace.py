"""What a decision shows: every pattern, condition, statement and layer, with its own verdict.

These are the answers of the matching itself. There is no second code that explains. A statement is
judged whole and at once; the patterns behind a verdict are written out when somebody looks. All are
tuples, since an explanation makes them by the hundred.
"""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from labkit.policy.document import Policy, Statement
    from labkit.policy.layers import Layer
    from labkit.policy.request import Question


class Verdict(Enum):
    """What AWS decides. A request that nothing allows and nothing denies is an implicit deny.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """

    ALLOWED = "allow"
    EXPLICIT_DENY = "explicit_deny"
    IMPLICIT_DENY = "implicit_deny"


class State(StrEnum):
    """How the request's value and a condition met."""

    MATCHED = "matched"
    MISMATCHED = "mismatched"
    #: The request does not carry the condition's key (or an empty set of values for it).
    ABSENT = "absent"
    #: The pattern names a variable that has no value in this request.
    UNRESOLVED = "unresolved"


class Named(IntEnum):
    """How directly a Principal element names the caller; the higher, the less can limit the grant."""

    NOBODY = 0
    #: The caller's account: it only hands the decision on to the account's own policies.
    ACCOUNT = 1
    #: The caller's role: a permissions boundary and a session policy still limit it.
    ROLE = 2
    #: The user, the session, or everyone (`*`): no implicit deny limits it.
    CALLER = 3


class VariableTrace(NamedTuple):
    """One variable of a pattern, and where this request found its value."""

    #: As written, as in `${aws:PrincipalTag/team, 'none'}`.
    raw: str
    #: Lower-case, since key names are not case-sensitive.
    key: str
    #: None where the request has no such key, or several values for it.
    value: str | None
    #: Whether the value is the pattern's own default.
    defaulted: bool = False


class PatternTrace(NamedTuple):
    """One pattern of a policy, as written and as this request resolved it."""

    raw: str
    #: Variables replaced by their values; None where a variable has no value.
    resolved: str | None
    matched: bool
    variables: tuple[VariableTrace, ...] = ()


class ElementTrace(NamedTuple):
    """One of Action, NotAction, Resource, NotResource, Principal, NotPrincipal."""

    element: str
    #: Whether the element lets the statement apply; a Not* element is already turned round.
    matched: bool
    #: The request's value.
    value: str
    patterns: tuple[PatternTrace, ...]
    #: Only for Principal and NotPrincipal.
    named: Named = Named.NOBODY


class ConditionTrace(NamedTuple):
    """One condition key under one operator."""

    operator: str
    key: str
    #: Whether the condition is true.
    matched: bool
    state: State
    #: The request's values; None where the key is absent.
    values: tuple[str, ...] | None
    #: Each of the policy's values; matched if it matched at least one of the request's.
    patterns: tuple[PatternTrace, ...]

    @property
    def only_because_absent(self) -> bool:
        """True although, and only because, the request does not carry the key."""
        return self.matched and self.state is State.ABSENT and self.operator != "Null"


class StatementTrace(NamedTuple):
    """One statement against the request, each element judged on its own."""

    policy: Policy
    statement: Statement
    layer: Layer
    question: Question
    action_matched: bool
    #: True where the statement has no Resource element, as in a trust policy.
    resource_matched: bool
    #: How directly it names the caller; None where it stands in a policy that needs no Principal.
    named: Named | None
    conditions_matched: tuple[bool, ...]
    #: Whether every element matched, so that the statement's effect counts.
    applies: bool

    def __repr__(self) -> str:
        verb = "applies" if self.applies else "does not apply"
        return f"<statement {self.label}: {self.effect}, {verb}>"

    @property
    def effect(self) -> str:
        return self.statement.effect

    @property
    def label(self) -> str:
        """The statement's Sid, or its index in the document."""
        return self.statement.label

    @property
    def action(self) -> ElementTrace:
        return self.policy.index.traces(self.question.action)[self.statement.index]

    @property
    def resource(self) -> ElementTrace | None:
        """None where the statement has no Resource element."""
        return self.statement.resource_trace(self)

    @property
    def principal(self) -> ElementTrace | None:
        """None where the statement has no Principal element."""
        return self.statement.principal_trace(self)

    @property
    def conditions(self) -> tuple[ConditionTrace, ...]:
        context = self.question.context
        return tuple([condition.judge(context) for condition in self.statement.conditions])

    @property
    def condition(self) -> bool:
        """Whether every condition is true."""
        return all(self.conditions_matched)

    @property
    def failures(self) -> tuple[ElementTrace | ConditionTrace, ...]:
        """The elements and conditions that kept the statement from applying."""
        parts = (self.action, self.resource, self.principal, *self.conditions)
        return tuple(part for part in parts if part is not None and not part.matched)


class LayerTrace(NamedTuple):
    """The policies of one kind: `rcp`, `scp`, `resource`, `identity`, `boundary`, `session` or `iot`.

    Each level of SCPs and RCPs is a layer of its own, root first.
    """

    name: str
    statements: tuple[StatementTrace, ...]
    denies: bool
    allows: bool
    #: How directly the Allow statements that apply name the caller: the best of them.
    granted: Named

    def __repr__(self) -> str:
        return f"<layer {self.name}: {self.verdict.value}>"

    @property
    def verdict(self) -> Verdict:
        """A Deny that applies, else an Allow, else nothing."""
        if self.denies:
            return Verdict.EXPLICIT_DENY
        return Verdict.ALLOWED if self.allows else Verdict.IMPLICIT_DENY

    def applying(self, effect: str) -> tuple[StatementTrace, ...]:
        """The statements with this effect that apply to the request."""
        return tuple(trace for trace in self.statements if trace.applies and trace.effect == effect)
