"""What the request would have to be for another verdict: the smallest changes, each tried."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice, product

from labkit.errors import LabError
from labkit.policy.decide import Judgement, judge
from labkit.policy.explanation.differences import Difference, nearest, spelled
from labkit.policy.explanation.near_misses import near_misses
from labkit.policy.explanation.samples import Sample, samples
from labkit.policy.request import Federated, Principal, Request, Service
from labkit.policy.trace import ConditionTrace, ElementTrace, StatementTrace, Verdict

#: What a change of one part costs at least. Another caller or action is hardly the same question.
_COSTS = {"principal": 4.0, "action": 3.0, "resource": 2.0}
_KEY_COST = 1.0
#: How many requests are tried, and how many ways to mend one part.
_TRIED, _WAYS = 120, 3
#: How many edits a change has at most, before it is another request altogether.
_DEEPEST = 4


@dataclass(frozen=True)
class Edit:
    """One part of a request, changed."""

    #: `principal`, `action`, `resource`, or the name of a condition key.
    part: str
    before: Sample
    #: None where the key is left out.
    after: Sample

    @property
    def cost(self) -> float:
        before, after = _text(self.before), _text(self.after)
        return _COSTS.get(self.part, _KEY_COST) + 1 - Difference(before, after).similarity

    @property
    def sentence(self) -> str:
        if self.part in _COSTS:
            return f"{self.part} {spelled(_text(self.after))} in place of {spelled(_text(self.before))}"
        if self.after is None:
            return f"no `{self.part}`"
        was = "" if self.before is None else f" in place of {spelled(_text(self.before))}"
        return f"`{self.part}` = {spelled(_text(self.after))}{was}"


def _text(sample: Sample) -> str:
    return "" if sample is None else sample if isinstance(sample, str) else ", ".join(sample)


@dataclass(frozen=True)
class RequestChange:
    """Edits of the request that turn the verdict round."""

    edits: tuple[Edit, ...]
    request: Request
    verdict: Verdict

    @property
    def cost(self) -> float:
        return sum(edit.cost for edit in self.edits)

    @property
    def sentence(self) -> str:
        outcome = "allowed" if self.verdict is Verdict.ALLOWED else "denied"
        return f"{outcome} with {' and '.join(edit.sentence for edit in self.edits)}"


def request_changes(judgement: Judgement, *, most: int = 3) -> tuple[RequestChange, ...]:
    """The smallest changes of the request that turn the verdict round, the smallest first.

    A search from the request on: each step mends what one statement lacks (or lifts one Deny), until
    the engine itself gives another answer.
    """
    return tuple(islice(_search(judgement), most))


def _search(start: Judgement) -> Iterator[RequestChange]:
    order = count()
    heap: list[tuple[float, int, tuple[Edit, ...], Judgement]] = [(0.0, next(order), (), start)]
    seen, tried = {_identity(start.request)}, 0
    while heap and tried < _TRIED:
        cost, _, edits, judgement = heapq.heappop(heap)
        if (judgement.verdict is Verdict.ALLOWED) is not (start.verdict is Verdict.ALLOWED):
            yield RequestChange(edits, judgement.request, judgement.verdict)
            continue
        edited = {edit.part for edit in edits}
        for more in _steps(judgement) if len(edits) < _DEEPEST else ():
            request = _edited(judgement.request, more)
            if _identity(request) in seen or not edited.isdisjoint(edit.part for edit in more):
                continue
            seen.add(_identity(request))
            tried += 1
            step = cost + sum(edit.cost for edit in more)
            try:
                changed = judge(request, policies=judgement.policies)
            except LabError:
                continue  # a policy may name what calls nobody
            heapq.heappush(heap, (step, next(order), (*edits, *more), changed))


def _identity(request: Request) -> tuple[object, ...]:
    context = tuple(sorted((key, str(value)) for key, value in request.context.items()))
    return request.principal, request.action, request.resource, context


def _edited(request: Request, edits: Sequence[Edit]) -> Request:
    context = dict(request.context)
    for edit in edits:
        if edit.part == "principal":
            request = replace(request, principal=_principal(edit.after))
        elif edit.part == "action":
            request = replace(request, action=str(edit.after))
        elif edit.part == "resource":
            request = replace(request, resource=str(edit.after))
        else:
            name = next((key for key in context if key.lower() == edit.part.lower()), edit.part)
            context.pop(name, None)
            if edit.after is not None:
                context[name] = edit.after
    return replace(request, context=context)


def _principal(sample: Sample) -> Principal:
    kind, _, name = _text(sample).partition(": ")
    if kind == "Service":
        return Service(name)
    return Federated(name) if kind == "Federated" else name or kind


def _steps(judgement: Judgement) -> Iterator[tuple[Edit, ...]]:
    if judgement.verdict is Verdict.IMPLICIT_DENY:
        layer = judgement.blocked_by[0]
        for miss in [miss for miss in near_misses(judgement) if miss.layer == layer][:6]:
            mended = (_mended(lack.part, miss.trace, judgement.request) for lack in miss.lacks)
            ways = [list(islice(edits, _WAYS)) for edits in mended]
            yield from islice(product(*ways), 2 * _WAYS)
    else:
        for trace in judgement.decisive[:6]:
            yield from _avoided(trace)


def _mended(part: ElementTrace | ConditionTrace, trace: StatementTrace, request: Request) -> Iterator[Edit]:
    """Edits after which the statement's part fits."""
    if isinstance(part, ConditionTrace):
        yield from _by_key(part, trace, holds=True)
    elif part.element == "Action":
        yield from (_action(request, raw) for raw in trace.statement.actions)
    elif part.element == "Resource":
        texts = [_named(nearest(p.resolved, part.value)) for p in part.patterns if p.resolved is not None]
        alike = (text for text in texts if _is_object(text) is _is_object(part.value))
        yield from (Edit("resource", part.value, text) for text in alike)
    elif part.element == "Principal":
        named = [each.raw.removeprefix("AWS: ") for each in part.patterns]
        yield from (
            Edit("principal", part.value, name) for name in named if name.partition(": ")[2] or ":" in name
        )


def _action(request: Request, raw: str) -> Edit:
    return Edit("action", request.action, nearest(raw, request.action))


def _is_object(resource: str) -> bool:
    """What is asked of an object in S3 cannot be asked of its bucket."""
    return resource.startswith("arn:aws:s3:::") and "/" in resource


def _named(resource: str) -> str:
    """An object's key is not empty."""
    return f"{resource}example" if resource.endswith("/") else resource


def _avoided(trace: StatementTrace) -> Iterator[tuple[Edit, ...]]:
    """Edits after which the statement no longer applies."""
    for condition in trace.conditions:
        yield from ((edit,) for edit in islice(_by_key(condition, trace, holds=False), _WAYS))
    resource = trace.resource
    if resource is not None and resource.element == "Resource":
        for text in islice(_elsewhere(resource), _WAYS):
            yield (Edit("resource", resource.value, text),)
    elif resource is not None:
        for pattern in resource.patterns:
            if pattern.resolved is not None:
                yield (Edit("resource", resource.value, _named(nearest(pattern.resolved, resource.value))),)


def _elsewhere(resource: ElementTrace) -> Iterator[str]:
    """Resources beside the one that was asked for: another value of a variable, another last name."""
    for pattern in [each for each in resource.patterns if each.matched]:
        for variable in pattern.variables:
            if variable.value and variable.value in resource.value:
                yield resource.value.replace(variable.value, _another(variable.value))
        head = (pattern.resolved or "").split("*")[0].rstrip("/:")
        if head.count(":") >= 5:
            yield f"{_another(head)}{resource.value[len(head) :]}"


def _another(text: str) -> str:
    """A name of the same shape."""
    return f"{text[:-1]}{'0' if text[-1:] != '0' else '1'}"


def _by_key(part: ConditionTrace, trace: StatementTrace, *, holds: bool) -> Iterator[Edit]:
    conditions = trace.statement.conditions
    condition = next(c for c in conditions if (c.operator, c.key) == (part.operator, part.key))
    before = part.values[0] if part.values and len(part.values) == 1 else part.values
    for sample in samples(condition, part, trace.question.context, holds=holds):
        yield Edit(part.key, before, sample)
