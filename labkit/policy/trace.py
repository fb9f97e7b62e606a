"""What a decision shows: every pattern, condition, statement and layer, with its own verdict.

These are the answers of the matching itself. There is no second code that explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.policy.document import Policy, Statement


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


@dataclass(frozen=True, slots=True)
class PatternTrace:
    """One pattern of a policy, as written and as this request resolved it."""

    raw: str
    #: Variables replaced by their values; None where a variable has no value.
    resolved: str | None
    matched: bool


@dataclass(frozen=True, slots=True)
class ElementTrace:
    """One of Action, NotAction, Resource, NotResource, Principal, NotPrincipal."""

    element: str
    #: Whether the element lets the statement apply; a Not* element is already turned round.
    matched: bool
    #: The request's value.
    value: str
    patterns: tuple[PatternTrace, ...]
    #: Only for Principal and NotPrincipal.
    named: Named = Named.NOBODY


@dataclass(frozen=True, slots=True)
class ConditionTrace:
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


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """One statement against the request, each element judged on its own."""

    policy: Policy
    statement: Statement
    action: ElementTrace
    #: None where the statement has no Resource element, as in a trust policy.
    resource: ElementTrace | None
    #: None where the statement has no Principal element, as in an identity-based policy.
    principal: ElementTrace | None
    conditions: tuple[ConditionTrace, ...]
    #: Whether every element matched, so that the statement's effect counts.
    applies: bool

    @property
    def effect(self) -> str:
        return self.statement.effect

    @property
    def label(self) -> str:
        """The statement's Sid, or its index in the document."""
        return self.statement.label

    @property
    def condition(self) -> bool:
        """Whether every condition is true."""
        return all(condition.matched for condition in self.conditions)

    @property
    def failures(self) -> tuple[ElementTrace | ConditionTrace, ...]:
        """The elements and conditions that kept the statement from applying."""
        parts = (self.action, self.resource, self.principal, *self.conditions)
        return tuple(part for part in parts if part is not None and not part.matched)


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """The policies of one kind: `rcp`, `scp`, `resource`, `identity`, `boundary`, `session` or `iot`.

    Each level of SCPs and RCPs is a layer of its own, root first.
    """

    name: str
    verdict: Verdict
    statements: tuple[StatementTrace, ...]

    def applying(self, effect: str) -> tuple[StatementTrace, ...]:
        """The statements with this effect that apply to the request."""
        return tuple(trace for trace in self.statements if trace.applies and trace.effect == effect)
