"""Policy documents: what a policy says, read once and prepared for matching.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.policy import grammar, match
from labkit.policy.conditions import Condition
from labkit.policy.grammar import Kind
from labkit.policy.match import Pattern
from labkit.policy.principals import PrincipalElement, PrincipalName
from labkit.policy.request import Question
from labkit.policy.trace import ElementTrace, StatementTrace

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
    _principals: PrincipalElement | None = field(repr=False, compare=False)
    _actions: tuple[Pattern, ...] = field(repr=False, compare=False)
    _resources: tuple[Pattern, ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, raw: grammar.Element, *, index: int, version: str) -> Statement:
        """The statement of a JSON object that `grammar` has checked."""
        actions, not_actions = _strings(raw, "Action"), _strings(raw, "NotAction")
        resources, not_resources = _strings(raw, "Resource"), _strings(raw, "NotResource")
        principal, not_principal = _principals(raw, "Principal"), _principals(raw, "NotPrincipal")
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
            conditions=_conditions(raw, version),
            _principals=_principal_element(principal, not_principal),
            _actions=tuple(match.action(value) for value in actions or not_actions),
            _resources=tuple(match.resource(value, version=version) for value in resources or not_resources),
        )

    @property
    def label(self) -> str:
        """Its Sid, or its index where it has none."""
        return self.sid or str(self.index)

    def judge(self, question: Question, *, policy: Policy, pads: bool, named: bool) -> StatementTrace:
        """Every element of the statement against the question, none skipped.

        `pads`: whether an incomplete ARN stands for the rest too; `named`: whether the statement
        can only apply to a caller that it names.
        """
        action = self._judge_action(question)
        resource = self._judge_resource(question, pads=pads) if self._resources else None
        element = self._principals
        principal = None if element is None else element.judge(question, effect=self.effect)
        conditions = tuple([condition.judge(question.context) for condition in self.conditions])
        applies = (
            action.matched
            and (resource is None or resource.matched)
            and (not named if principal is None else principal.matched)
            and False not in [condition.matched for condition in conditions]
        )
        return StatementTrace(policy, self, action, resource, principal, conditions, applies)

    def _judge_action(self, question: Question) -> ElementTrace:
        traces = tuple([pattern.test(question.action, {}) for pattern in self._actions])
        matched = True in [trace.matched for trace in traces]
        if self.actions:
            return ElementTrace("Action", matched, question.action, traces)
        return ElementTrace("NotAction", not matched, question.action, traces)

    def _judge_resource(self, question: Question, *, pads: bool) -> ElementTrace:
        value, context = question.resource, question.context
        traces = tuple(
            [
                pattern.test(value, context) if pads or not pattern.incomplete else pattern.untested(context)
                for pattern in self._resources
            ]
        )
        matched = True in [trace.matched for trace in traces]
        if self.resources:
            return ElementTrace("Resource", matched, value, traces)
        return ElementTrace("NotResource", not matched, value, traces)


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


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document, and the name and ARN under which an account keeps it."""

    version: str
    statements: tuple[Statement, ...]
    name: str = ""
    #: Only managed policies have one.
    arn: str | None = None

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
        return cls(version, tuple(read), name, arn)
