"""What the policies would have to say for another verdict: the smallest changes, each tried, and what
else they would open or close.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from labkit.errors import PolicySyntaxError
from labkit.policy.decide import Judgement, decide, judge
from labkit.policy.document import Policy
from labkit.policy.explanation.near_misses import Lack, NearMiss, near_misses
from labkit.policy.explanation.probes import probes
from labkit.policy.layers import PolicySet
from labkit.policy.request import Anonymous, Federated, Request, Service
from labkit.policy.trace import ConditionTrace, State, StatementTrace, Verdict

#: How many requests beside this one are named.
_NAMED = 12
_IDENTITY_ID = "cognito-identity.amazonaws.com:sub"
Raw = dict[str, Any]


@dataclass(frozen=True)
class PolicyEdit:
    """One statement, changed, taken away or added."""

    layer: str
    #: The policy's name; empty for one without a name.
    policy: str
    #: The statement's Sid or index; empty for a new one.
    statement: str
    sentence: str
    #: The statement before and after, as JSON has it; None where there is none.
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    cost: float


@dataclass(frozen=True)
class PolicyChange:
    """Edits of the policies that turn the verdict round."""

    edits: tuple[PolicyEdit, ...]
    policies: PolicySet = field(repr=False)
    verdict: Verdict
    #: Other requests whose verdict this change turns round, too.
    opens: tuple[Request, ...] = field(repr=False)

    @property
    def cost(self) -> float:
        return sum(edit.cost for edit in self.edits)

    @property
    def sentence(self) -> str:
        outcome = "allowed" if self.verdict is Verdict.ALLOWED else "denied"
        return f"{outcome} if {' and '.join(edit.sentence for edit in self.edits)}"


def policy_changes(judgement: Judgement, *, most: int = 3) -> tuple[PolicyChange, ...]:
    """The smallest changes of the policies that turn the verdict round, the smallest first."""
    if judgement.verdict is Verdict.ALLOWED:
        found = _closing(judgement)
    else:
        found = _opening(judgement, (), depth=4)
    changes = sorted(islice(found, 24), key=lambda change: change.cost)
    return tuple(_with_neighbours(change, judgement) for change in changes[:most])


def _with_neighbours(change: PolicyChange, judgement: Judgement) -> PolicyChange:
    """The change, with what else it turns round among the requests next to this one."""
    before, after = judgement.policies, change.policies
    turned = (
        request
        for request in probes(judgement.request, (before, after))
        if decide(request, policies=before).allowed is not decide(request, policies=after).allowed
    )
    return replace(change, opens=tuple(islice(turned, _NAMED)))


def _opening(judgement: Judgement, edits: tuple[PolicyEdit, ...], *, depth: int) -> Iterator[PolicyChange]:
    """Mends the first layer that blocks, then the next one, until nothing does."""
    for edit, build in _mends(judgement):
        try:
            policies = build()
        except PolicySyntaxError:
            continue  # a request may ask for what no policy can name
        changed = judge(judgement.request, policies=policies)
        if changed.verdict is Verdict.ALLOWED:
            yield PolicyChange((*edits, edit), policies, changed.verdict, ())
        elif depth > 1 and changed.blocked_by != judgement.blocked_by:
            yield from islice(_opening(changed, (*edits, edit), depth=depth - 1), 2)


def _closing(judgement: Judgement) -> Iterator[PolicyChange]:
    """Without the statements that allow it, or with a Deny."""
    edits = tuple(_without(trace) for trace in judgement.decisive)
    policies = judgement.policies
    for trace in judgement.decisive:
        policies = _replaced(policies, trace, None)
    if edits and decide(judgement.request, policies=policies).verdict is not Verdict.ALLOWED:
        yield PolicyChange(edits, policies, Verdict.IMPLICIT_DENY, ())
    try:
        edit, denied = _denying(judgement)
    except PolicySyntaxError:
        return
    if decide(judgement.request, policies=denied).verdict is Verdict.EXPLICIT_DENY:
        yield PolicyChange((edit,), denied, Verdict.EXPLICIT_DENY, ())


def _denying(judgement: Judgement) -> tuple[PolicyEdit, PolicySet]:
    request, policies = judgement.request, judgement.policies
    statement = _new_statement("Deny", request)
    sentence = f"a new statement denies {_asked(request)}"
    edit = PolicyEdit("identity", "", "", sentence, None, statement, 3)
    return edit, replace(policies, identity=(*policies.identity, _document(statement)))


#: An edit, and what makes the policies that it leads to.
Mend = tuple[PolicyEdit, Callable[[], PolicySet]]


def _mends(judgement: Judgement) -> Iterator[Mend]:
    if judgement.verdict is Verdict.EXPLICIT_DENY:
        yield from _lifted(judgement)
        return
    layer = judgement.blocked_by[0]
    for miss in [miss for miss in near_misses(judgement) if miss.layer == layer][:6]:
        edit = _widened(miss, judgement.request)
        if edit is not None and edit.after is not None:
            yield edit, partial(_replaced, judgement.policies, miss.trace, edit.after)
    yield _added(layer, judgement)


def _lifted(judgement: Judgement) -> Iterator[Mend]:
    """The first Deny that applies: with an exception for the caller, or taken away."""
    trace = judgement.decisive[0]
    caller = judgement.request.context.get("aws:PrincipalArn")
    if isinstance(caller, str):
        after = _raw(trace)
        conditions = after.setdefault("Condition", {})
        conditions["ArnNotEquals"] = {**conditions.get("ArnNotEquals", {}), "aws:PrincipalArn": caller}
        sentence = f"statement `{trace.label}` makes an exception for `{caller}`"
        edit = PolicyEdit(trace.layer.name, trace.policy.name, trace.label, sentence, _raw(trace), after, 1.5)
        yield edit, partial(_replaced, judgement.policies, trace, after)
    yield _without(trace), partial(_replaced, judgement.policies, trace, None)


def _without(trace: StatementTrace) -> PolicyEdit:
    verb = "denies" if trace.effect == "Deny" else "allows"
    sentence = f"statement `{trace.label}`, which {verb} it, is taken away"
    return PolicyEdit(trace.layer.name, trace.policy.name, trace.label, sentence, _raw(trace), None, 2)


def _widened(miss: NearMiss, request: Request) -> PolicyEdit | None:
    """The statement with each lack made good; None where it cannot be by widening."""
    after, sentences = _raw(miss.trace), []
    for lack in miss.lacks:
        sentence = _make_good(lack, after, request)
        if sentence is None:
            return None
        sentences.append(sentence)
    label, policy = miss.trace.label, miss.trace.policy.name
    said = f"statement `{label}` {' and '.join(sentences)}"
    return PolicyEdit(miss.layer, policy, label, said, _raw(miss.trace), after, float(len(sentences)))


def _make_good(lack: Lack, statement: Raw, request: Request) -> str | None:
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
    value = request.action if part.element == "Action" else _with_variable(request)
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
    if part.state is not State.ABSENT and plain in ("StringEquals", "StringLike", "ArnEquals", "ArnLike"):
        missing = [value for value in part.values or () if value not in _listed(keys[part.key])]
        keys[part.key] = [*_listed(keys[part.key]), *missing]
        sentence = f"takes `{', '.join(missing)}` for `{part.key}`, too"
    else:
        keys.pop(part.key)
        sentence = f"does without its condition on `{part.key}`"
    conditions = {**statement.pop("Condition"), operator: keys}
    left = {name: found for name, found in conditions.items() if found}
    statement.update({"Condition": left} if left else {})
    return sentence


def _added(layer: str, judgement: Judgement) -> Mend:
    """A new statement in the layer, or in each of its levels."""
    request = judgement.request
    statement = _new_statement("Allow", request)
    if layer == "resource":
        statement["Principal"] = _principal_of(request)
        if request.assumes_role:
            statement.pop("Resource")
    elif layer == "rcp":
        statement["Principal"] = "*"
    edit = PolicyEdit(layer, "", "", f"a new statement allows {_asked(request)}", None, statement, 3)
    return edit, partial(_extended, judgement.policies, layer, statement)


def _extended(policies: PolicySet, layer: str, statement: Raw) -> PolicySet:
    if layer == "resource":
        raw = [*(policies.resource.raw if policies.resource else ()), statement]
        return replace(policies, resource=_document(*raw))
    document, present = _document(statement), getattr(policies, layer) or ()
    if layer in ("scp", "rcp"):
        changed: dict[str, Any] = {layer: tuple((*level, document) for level in present)}
    else:
        changed = {layer: (*present, document)}
    return replace(policies, **changed)


def _principal_of(request: Request) -> Raw | str:
    principal = request.principal
    if isinstance(principal, Service):
        return {"Service": principal.name}
    if isinstance(principal, Federated):
        return {"Federated": principal.provider}
    return "*" if isinstance(principal, Anonymous) else {"AWS": principal}


def _new_statement(effect: str, request: Request) -> Raw:
    resource = "*" if request.wildcard_only_action else _with_variable(request)
    return {"Effect": effect, "Action": request.action, "Resource": resource}


def _with_variable(request: Request) -> str:
    """The resource, with the variable in place of the caller's own Identity ID."""
    identity = request.question.context.get(_IDENTITY_ID)
    fields = request.resource.split(":", 5)
    if not isinstance(identity, str) or not identity or len(fields) < 6:
        return request.resource
    return ":".join((*fields[:5], fields[5].replace(identity, f"${{{_IDENTITY_ID}}}")))


def _asked(request: Request) -> str:
    return f"`{request.action}` on `{_with_variable(request)}`"


def _document(*statements: Mapping[str, Any]) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)})


def _raw(trace: StatementTrace) -> Raw:
    """A copy of the statement as its document has it."""
    found: Raw = json.loads(json.dumps(trace.policy.raw[trace.statement.index]))
    return found


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _replaced(policies: PolicySet, trace: StatementTrace, after: Mapping[str, Any] | None) -> PolicySet:
    """The policies with one statement changed, or without it."""
    old, index = trace.policy, trace.statement.index
    raw = [each if i != index else after for i, each in enumerate(old.raw)]
    kept = [each for each in raw if each is not None]
    new = None
    if kept:
        new = Policy.parse({"Version": old.version, "Statement": kept}, name=old.name, arn=old.arn)
    return _swapped(policies, old, new)


def _swapped(policies: PolicySet, old: Policy, new: Policy | None) -> PolicySet:
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
