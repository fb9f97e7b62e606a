"""What the policies would have to say for another verdict: the smallest changes, each tried, and what
else they would open or close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from labkit.errors import PolicySyntaxError
from labkit.policy.decide import Judgement, decide, judge
from labkit.policy.explanation.near_misses import NearMiss, near_misses
from labkit.policy.explanation.policy_edits import (
    document_of,
    extended,
    make_good,
    new_statement,
    principal_of,
    raw_of,
    replaced,
    with_variable,
    without,
)
from labkit.policy.explanation.probes import probes
from labkit.policy.layers import PolicySet
from labkit.policy.request import Request
from labkit.policy.trace import StatementTrace, Verdict

#: How many requests beside this one are named.
_NAMED = 12


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
    policies = without(judgement.policies, judgement.decisive)
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
    statement = new_statement("Deny", request)
    sentence = f"a new statement denies {_asked(request)}"
    edit = PolicyEdit("identity", "", "", sentence, None, statement, 3)
    return edit, replace(policies, identity=(*policies.identity, document_of(statement)))


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
            yield edit, partial(replaced, judgement.policies, miss.trace, edit.after)
    yield _added(layer, judgement)


def _lifted(judgement: Judgement) -> Iterator[Mend]:
    """The first Deny that applies: with an exception for the caller, or taken away."""
    trace = judgement.decisive[0]
    caller = judgement.request.context.get("aws:PrincipalArn")
    if isinstance(caller, str):
        after = raw_of(trace)
        conditions = after.setdefault("Condition", {})
        conditions["ArnNotEquals"] = {**conditions.get("ArnNotEquals", {}), "aws:PrincipalArn": caller}
        sentence = f"statement `{trace.label}` makes an exception for `{caller}`"
        edit = PolicyEdit(
            trace.layer.name, trace.policy.name, trace.label, sentence, raw_of(trace), after, 1.5
        )
        yield edit, partial(replaced, judgement.policies, trace, after)
    yield _without(trace), partial(without, judgement.policies, [trace])


def _without(trace: StatementTrace) -> PolicyEdit:
    verb = "denies" if trace.effect == "Deny" else "allows"
    sentence = f"statement `{trace.label}`, which {verb} it, is taken away"
    return PolicyEdit(trace.layer.name, trace.policy.name, trace.label, sentence, raw_of(trace), None, 2)


def _widened(miss: NearMiss, request: Request) -> PolicyEdit | None:
    """The statement with each lack made good; None where it cannot be by widening."""
    after, sentences = raw_of(miss.trace), []
    for lack in miss.lacks:
        sentence = make_good(lack, after, request)
        if sentence is None:
            return None
        sentences.append(sentence)
    label, policy = miss.trace.label, miss.trace.policy.name
    said = f"statement `{label}` {' and '.join(sentences)}"
    return PolicyEdit(miss.layer, policy, label, said, raw_of(miss.trace), after, float(len(sentences)))


def _added(layer: str, judgement: Judgement) -> Mend:
    """A new statement in the layer, or in each of its levels."""
    request = judgement.request
    statement = new_statement("Allow", request)
    if layer == "resource":
        statement["Principal"] = principal_of(request)
        if request.assumes_role:
            statement.pop("Resource")
    elif layer == "rcp":
        statement["Principal"] = "*"
    edit = PolicyEdit(layer, "", "", f"a new statement allows {_asked(request)}", None, statement, 3)
    return edit, partial(extended, judgement.policies, layer, statement)


def _asked(request: Request) -> str:
    return f"`{request.action}` on `{with_variable(request)}`"
