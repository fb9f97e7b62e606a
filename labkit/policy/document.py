"""Policy documents: what a policy says, read once and prepared for matching.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labkit.policy import grammar, match
from labkit.policy.conditions import Condition
from labkit.policy.grammar import Kind
from labkit.policy.index import Index
from labkit.policy.match import Matches, Pattern
from labkit.policy.principals import PrincipalElement, PrincipalName
from labkit.policy.trace import ElementTrace, StatementTrace
from labkit.policy.variables import Context

Principals = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; each element as the document has it, or empty (None for principals)."""

    sid: str | None
    #: Its place in the document, from 0.
    index: int
    #: `Allow` or `Deny`.
    effect: str
    #: Type of principal → values; `{"*": ("*",)}` where the whole element is `"*"`.
    principal: Principals | None
    not_principal: Principals | None
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    #: Principal or NotPrincipal, prepared.
    principals: PrincipalElement | None = field(repr=False, compare=False)
    #: The patterns of Action or NotAction, and those of Resource or NotResource.
    action_patterns: tuple[Pattern, ...] = field(repr=False, compare=False)
    resource_patterns: tuple[Pattern, ...] = field(repr=False, compare=False)
    #: Whether Resource lists a value, or NotResource does not, or there is neither: where an incomplete
    #: ARN stands for the rest too, and where only whole ARNs count.
    covers_padded: Matches = field(repr=False, compare=False)
    covers_whole: Matches = field(repr=False, compare=False)
    #: Of each condition, whether it is true in a request's context.
    holds: tuple[Callable[[Context], bool], ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: grammar.Element, *, index: int, version: str) -> Statement:
        """The statement of a JSON object that `grammar` has checked."""
        actions, not_actions = _strings(raw, "Action"), _strings(raw, "NotAction")
        resources, not_resources = _strings(raw, "Resource"), _strings(raw, "NotResource")
        principal, not_principal = _principals(raw, "Principal"), _principals(raw, "NotPrincipal")
        patterns = tuple(match.resource(value, version=version) for value in resources or not_resources)
        whole = tuple(pattern for pattern in patterns if not pattern.incomplete)
        conditions = _conditions(raw, version)
        return cls(
            sid=raw.get("Sid") or None,
            index=index,
            effect=raw["Effect"],
            principal=principal,
            not_principal=not_principal,
            actions=actions,
            not_actions=not_actions,
            resources=resources,
            not_resources=not_resources,
            conditions=conditions,
            principals=_principal_element(principal, not_principal),
            action_patterns=tuple(match.action(value) for value in actions or not_actions),
            resource_patterns=patterns,
            covers_padded=_covering(patterns, bool(resources)),
            covers_whole=_covering(whole, bool(resources)),
            holds=tuple(each.holds for each in conditions),
        )

    @property
    def label(self) -> str:
        """Its Sid, or its index where it has none."""
        return self.sid or str(self.index)

    def covers_action(self, action: str) -> bool:
        """Whether Action lists `action`, in lower case, or NotAction does not."""
        listed = any(pattern.matches(action, {}) for pattern in self.action_patterns)
        return listed is bool(self.actions)

    def action_trace(self, action: str, covered: bool) -> ElementTrace:
        patterns = tuple([pattern.test(action, {}) for pattern in self.action_patterns])
        return ElementTrace("Action" if self.actions else "NotAction", covered, action, patterns)

    def resource_trace(self, trace: StatementTrace) -> ElementTrace | None:
        if not self.resource_patterns:
            return None
        value, context = trace.question.resource, trace.question.context
        pads = trace.layer.pads
        patterns = [
            pattern.test(value, context) if pads or not pattern.incomplete else pattern.untested(context)
            for pattern in self.resource_patterns
        ]
        element = "Resource" if self.resources else "NotResource"
        return ElementTrace(element, trace.resource_matched, value, tuple(patterns))

    def principal_trace(self, trace: StatementTrace) -> ElementTrace | None:
        if trace.named is None:
            return None
        if self.principals is None:  # where a Principal is needed
            return ElementTrace("Principal", False, str(trace.question.caller.principal), ())
        return self.principals.trace(trace.question.caller, trace.named)


def _covering(patterns: tuple[Pattern, ...], listed: bool) -> Matches:
    if listed and len(patterns) == 1:
        return patterns[0].matches
    tests = [pattern.matches for pattern in patterns]

    def covers(value: str, context: Context) -> bool:
        for matches in tests:
            if matches(value, context):
                return listed
        return not listed

    return covers


def _strings(raw: grammar.Element, name: str) -> tuple[str, ...]:
    return grammar.listed(raw[name]) if name in raw else ()


def _principals(raw: grammar.Element, name: str) -> Principals | None:
    if name not in raw:
        return None
    element = raw[name]
    return {"*": ("*",)} if element == "*" else {kind: grammar.listed(element[kind]) for kind in element}


def _conditions(raw: grammar.Element, version: str) -> tuple[Condition, ...]:
    return tuple(
        Condition.of(
            operator, key, [grammar.text(value) for value in grammar.listed(values)], version=version
        )
        for operator, keys in raw.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _principal_element(
    principal: Principals | None, not_principal: Principals | None
) -> PrincipalElement | None:
    element = principal if principal is not None else not_principal
    if element is None:
        return None
    names = [PrincipalName(kind, value) for kind, values in element.items() for value in values]
    return PrincipalElement(tuple(names), negated=principal is None)


@dataclass(frozen=True)
class Policy:
    """A policy document, and the name and ARN under which an account keeps it."""

    version: str
    statements: tuple[Statement, ...]
    name: str = ""
    #: Only managed policies have one.
    arn: str | None = None
    #: The statements as the document has them.
    raw: tuple[Mapping[str, Any], ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def parse(
        cls,
        document: str | Mapping[str, Any],
        *,
        name: str = "",
        arn: str | None = None,
        kind: Kind | None = None,
    ) -> Policy:
        """Reads a policy document, as JSON text or as the object that it holds.

        `kind` says where the policy is to be stored, and adds that place's rules. Raises
        PolicySyntaxError, with a pointer to the place, for what IAM would refuse to store.
        """
        version, statements = grammar.check(document, kind=kind)
        read = (Statement.of(raw, index=i, version=version) for i, raw in enumerate(statements))
        return cls(version, tuple(read), name, arn, statements)

    @property
    def document(self) -> dict[str, Any]:
        """The document as JSON has it; an old or missing Version reads `2008-10-17`."""
        return {"Version": self.version, "Statement": [dict(raw) for raw in self.raw]}

    @cached_property
    def index(self) -> Index:
        """The statements by the action and the resource that they may speak on."""
        return Index(self.statements)
