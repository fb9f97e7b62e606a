"""Statements and sets of policies with something in them changed; the originals stay as they are."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labkit.policy.document import Policy
from labkit.policy.explanation.differences import spelled
from labkit.policy.explanation.near_misses import Lack
from labkit.policy.layers import PolicySet
from labkit.policy.request import Anonymous, Federated, Request, Service
from labkit.policy.trace import ConditionTrace, State, StatementTrace

#: A statement as JSON has it.
Raw = dict[str, Any]

_IDENTITY_ID = "cognito-identity.amazonaws.com:sub"
#: Operators whose list of values can take one more.
_LISTING = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")


def make_good(lack: Lack, statement: Raw, request: Request) -> str | None:
    """Changes `statement` so that it no longer lacks this, and says how; None where that is no widening."""
    part = lack.part
    if isinstance(part, ConditionTrace):
        return _loosened(part, statement)
    if part.element == "Principal":
        if not isinstance(request.principal, str):
            return None
        statement["Principal"] = {"AWS": [*_listed(_aws_principals(statement)), request.principal]}
        return f"names `{request.principal}`, too"
    if part.element.startswith("Not"):
        return None
    value = request.action if part.element == "Action" else with_variable(request)
    statement[part.element] = [*_listed(statement[part.element]), value]
    return f"has `{value}` among its {part.element}s"


def _aws_principals(statement: Raw) -> Any:
    principal = statement.get("Principal")
    return principal.get("AWS", []) if isinstance(principal, dict) else []


def _loosened(part: ConditionTrace, statement: Raw) -> str | None:
    """The condition with the request's value among its own, or without it where the key is absent."""
    operator = next(name for name in statement["Condition"] if name == part.operator)
    keys = dict(statement["Condition"][operator])
    plain = operator.rpartition(":")[2].removesuffix("IfExists")
    if part.state is not State.ABSENT and plain in _LISTING:
        missing = [value for value in part.values or () if value not in _listed(keys[part.key])]
        keys[part.key] = [*_listed(keys[part.key]), *missing]
        sentence = f"takes {spelled(*missing)} for `{part.key}`, too"
    else:
        keys.pop(part.key)
        sentence = f"does without its condition on `{part.key}`"
    conditions = {**statement.pop("Condition"), operator: keys}
    left = {name: found for name, found in conditions.items() if found}
    statement.update({"Condition": left} if left else {})
    return sentence


def extended(policies: PolicySet, layer: str, statement: Raw) -> PolicySet:
    """The policies with a statement more in a layer, or in each of its levels."""
    if layer == "resource":
        raw = [*(policies.resource.raw if policies.resource else ()), statement]
        return replace(policies, resource=document_of(*raw))
    document, present = document_of(statement), getattr(policies, layer) or ()
    if layer in ("scp", "rcp"):
        changed: dict[str, Any] = {layer: tuple((*level, document) for level in present)}
    else:
        changed = {layer: (*present, document)}
    return replace(policies, **changed)


def principal_of(request: Request) -> Raw | str:
    """The Principal element that names the caller."""
    principal = request.principal
    if isinstance(principal, Service):
        return {"Service": principal.name}
    if isinstance(principal, Federated):
        return {"Federated": principal.provider}
    return "*" if isinstance(principal, Anonymous) else {"AWS": principal}


def new_statement(effect: str, request: Request) -> Raw:
    """A statement about this request alone, or about the same of every identity."""
    resource = "*" if request.wildcard_only_action else with_variable(request)
    return {"Effect": effect, "Action": request.action, "Resource": resource}


def with_variable(request: Request) -> str:
    """The resource, with the variable in place of the caller's own Identity ID."""
    identity = request.question.context.get(_IDENTITY_ID)
    fields = request.resource.split(":", 5)
    if not isinstance(identity, str) or not identity or len(fields) < 6:
        return request.resource
    return ":".join((*fields[:5], fields[5].replace(identity, f"${{{_IDENTITY_ID}}}")))


def document_of(*statements: Mapping[str, Any]) -> Policy:
    """A policy of these statements. Raises PolicySyntaxError where they are none."""
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)})


def raw_of(trace: StatementTrace) -> Raw:
    """A copy of the statement as its document has it."""
    found: Raw = json.loads(json.dumps(trace.policy.raw[trace.statement.index]))
    return found


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def replaced(policies: PolicySet, trace: StatementTrace, after: Mapping[str, Any]) -> PolicySet:
    """The policies with one statement changed."""
    old, index = trace.policy, trace.statement.index
    return _swapped(policies, old, [after if i == index else raw for i, raw in enumerate(old.raw)])


def without(policies: PolicySet, traces: Collection[StatementTrace]) -> PolicySet:
    """The policies without some of their statements; one that has no others is gone, too."""
    for old in {id(trace.policy): trace.policy for trace in traces}.values():
        gone = {trace.statement.index for trace in traces if trace.policy is old}
        policies = _swapped(policies, old, [raw for i, raw in enumerate(old.raw) if i not in gone])
    return policies


def _swapped(policies: PolicySet, old: Policy, raw: Sequence[Mapping[str, Any]]) -> PolicySet:
    new = None
    if raw:
        new = Policy.parse({"Version": old.version, "Statement": list(raw)}, name=old.name, arn=old.arn)

    def swap(found: tuple[Policy, ...]) -> tuple[Policy, ...]:
        swapped = (new if each is old else each for each in found)
        return tuple(each for each in swapped if each is not None)

    return PolicySet(
        identity=swap(policies.identity),
        resource=new if policies.resource is old else policies.resource,
        boundary=None if policies.boundary is None else swap(policies.boundary),
        session=None if policies.session is None else swap(policies.session),
        scp=tuple(swap(level) for level in policies.scp),
        rcp=tuple(swap(level) for level in policies.rcp),
        iot=None if policies.iot is None else swap(policies.iot),
    )
