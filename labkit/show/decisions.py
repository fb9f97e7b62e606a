"""A policy decision, from the verdict down to every pattern that was compared.

The views read the decision's own trace; nothing is decided or matched again here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from labkit.policy.explanation.funnel import TITLES
from labkit.policy.trace import (
    ConditionTrace,
    ElementTrace,
    LayerTrace,
    PatternTrace,
    State,
    StatementTrace,
    Verdict,
)
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.values import plain
from labkit.show.view import View

if TYPE_CHECKING:
    from labkit.policy import Decision, Explanation

_LOGIC = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"

MARKS = MappingProxyType(
    {
        Verdict.ALLOWED: (Mark.ALLOW, "allowed"),
        Verdict.EXPLICIT_DENY: (Mark.DENY, "explicit deny"),
        Verdict.IMPLICIT_DENY: (Mark.NEITHER, "implicit deny"),
    }
)

#: What the policies of each layer do, in one sentence each:
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types
LAYERS = MappingProxyType(
    {
        "rcp": "Resource control policies: the most that the organization lets anyone do with its resources.",
        "scp": "Service control policies: the most that the organization lets this account do.",
        "resource": "The policy on the resource itself; for a role, its trust policy.",
        "identity": "The policies of the user or role that calls.",
        "boundary": "The permissions boundary: the most that the user or role can get.",
        "session": "The session policies: the most that this session can get.",
        "iot": "The AWS IoT policies that are attached to the identity.",
    }
)

_STATES = MappingProxyType(
    {
        State.MATCHED: "matched",
        State.MISMATCHED: "mismatched",
        State.ABSENT: "key absent",
        State.UNRESOLVED: "variable has no value",
    }
)


def decision(decision: Decision) -> View:
    """The verdict, the deciding statement, the layers, and each statement element by element.

    Every pattern stands as it is written and as this request resolved it, beside the request's value.
    """
    request = decision.request
    blocks = (verdict(decision), _request(decision), *trace(decision))
    return View(f"Decision: {request.action}", blocks)


def verdict(decision: Decision | Explanation) -> Note:
    """The verdict in one sentence, with its mark."""
    mark, name = MARKS[decision.verdict]
    return Note(f"{name.capitalize()}. {_because(decision)}", mark, source=_LOGIC)


def trace(decision: Decision | Explanation) -> tuple[Block, ...]:
    """The layers as a table, then a table for each statement; those far from applying are folded."""
    statements = (
        statement_table(
            layer,
            statement,
            decision.request.action,
            deciding=any(each is statement for each in decision.decisive),
        )
        for layer in decision.layers
        for statement in layer.statements
    )
    return (_funnel(decision), *statements)


def _because(decision: Decision | Explanation) -> str:
    deciding = _listed(_named(statement) for statement in decision.decisive)
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return f"{deciding} forbids it; a Deny always wins."
    if decision.verdict is Verdict.ALLOWED:
        return (
            f"{deciding} allows it, and nothing forbids it." if deciding else "Nothing is needed to allow it."
        )
    layers = [TITLES[name] for name in decision.blocked_by] or ["policies"]
    return f"No statement of the {_listed(layers)} allows it."


def _named(statement: StatementTrace) -> str:
    return f"Statement {statement.label} of {_policy(statement)}"


def _policy(statement: StatementTrace) -> str:
    return statement.policy.name or statement.policy.arn or "a policy without a name"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _request(decision: Decision) -> Table:
    request = decision.request
    lines = [
        row("principal", Cell(str(request.principal), code=True)),
        row("action", Cell(request.action, code=True)),
        row("resource", Cell(request.resource, code=True)),
        *(row(key, Cell(plain(value, name=key), code=True)) for key, value in request.context.items()),
    ]
    return Table("The request, with its condition keys", ("part", "value"), tuple(lines))


def _funnel(decision: Decision | Explanation) -> Table:
    lines = (
        row(
            layer.name,
            LAYERS.get(layer.name, ""),
            Cell(MARKS[layer.verdict][1], mark=MARKS[layer.verdict][0]),
            _effects(layer),
            _result(layer, decision),
        )
        for layer in decision.layers
    )
    head = ("layer", "what it is", "verdict", "statements that apply", "result")
    return Table("The layers of policies", head, tuple(lines))


def _result(layer: LayerTrace, decision: Decision | Explanation) -> str:
    if layer.name in decision.blocked_by:
        return "stops the request"
    # Only some layers must allow: a bucket policy that says nothing leaves it to the identity's policies.
    return "lets it pass" if layer.verdict is Verdict.ALLOWED else "grants nothing"


def _effects(layer: LayerTrace) -> str:
    applying = [f"{each.label}: {each.effect}" for each in layer.statements if each.applies]
    return "\n".join(applying) or f"none of {len(layer.statements)}"


def statement_table(layer: LayerTrace, statement: StatementTrace, action: str, *, deciding: bool) -> Table:
    """Each element and condition of a statement, as written, as resolved, beside the request's value."""
    # Actions are compared in lower case; the request's own spelling reads better.
    lines = [_element(statement.action, action)]
    lines += [_element(part, part.value) for part in (statement.resource, statement.principal) if part]
    lines += [_condition(condition) for condition in statement.conditions]
    standing = "applies" if statement.applies else f"does not apply ({_failures(statement)})"
    caption = (
        f"{'Deciding: ' if deciding else ''}{layer.name}, {_policy(statement)}, "
        f"statement {statement.label}: {statement.effect}, {standing}"
    )
    head = ("element", "as written", "for this request", "the request has", "fits?")
    near = statement.applies or (statement.effect == "Allow" and statement.action.matched)
    return Table(caption, head, tuple(lines), folded=not near)


def _failures(statement: StatementTrace) -> str:
    return _listed(
        f"{part.operator} {part.key}" if isinstance(part, ConditionTrace) else part.element
        for part in statement.failures
    )


def _element(part: ElementTrace, value: str) -> tuple[Cell, ...]:
    return row(part.element, *_patterns(part.patterns), Cell(value, code=True), _fits(part.matched))


def _condition(part: ConditionTrace) -> tuple[Cell, ...]:
    given = ("absent",) if part.values is None else part.values or ("no value",)
    values = "\n".join(value or "(empty)" for value in given)
    state = "true only because the key is absent" if part.only_because_absent else _STATES[part.state]
    name = f"{part.operator}\n{part.key}"
    return row(name, *_patterns(part.patterns), Cell(values, code=True), _fits(part.matched, state))


def _fits(matched: bool, why: str = "") -> Cell:
    answer = "yes" if matched else "no"
    return Cell(f"{answer}: {why}" if why else answer, mark=Mark.ALLOW if matched else Mark.NEITHER)


def _patterns(patterns: Sequence[PatternTrace]) -> tuple[Cell, Cell]:
    """The patterns as written and as resolved, one a line; of several, each has its own sign."""
    signs = [f"{(Mark.ALLOW if each.matched else Mark.NEITHER).value} " for each in patterns]
    signs = signs if len(patterns) > 1 else [""] * len(patterns)
    written = "\n".join(sign + each.raw for sign, each in zip(signs, patterns, strict=True))
    if all(each.resolved == each.raw for each in patterns):
        return Cell(written, code=True), Cell("as written")
    return Cell(written, code=True), Cell("\n".join(_resolved(each) for each in patterns), code=True)


def _resolved(pattern: PatternTrace) -> str:
    return "(a variable has no value)" if pattern.resolved is None else pattern.resolved
