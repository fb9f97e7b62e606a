"""The variable resolver: a pattern as written, its values' origins, the pattern as resolved, the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from labkit.errors import LabError
from labkit.policy import Decision, Explanation, Policy, PolicySet, Request, StatementTrace, explain
from labkit.policy.conditions import take_apart
from labkit.policy.explanation.alignments import Piece, PieceKind, align, runs
from labkit.policy.explanation.funnel import title_of
from labkit.policy.explanation.origins import origin
from labkit.policy.trace import ConditionTrace, ElementTrace, PatternTrace, VariableTrace
from labkit.policy.variables import Context, Token, Variable, tokenize
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.interactive.widget import Interactive, page
from labkit.show.values import plain
from labkit.show.view import View

#: How many patterns the page gets, and how long a resource may be that is tried.
_MOST, _LONGEST = 100, 2048

#: Operators that compare letter by letter → whether `*` and `?` are wildcards in them.
_BY_LETTER = {
    "StringEquals": False,
    "StringNotEquals": False,
    "StringLike": True,
    "StringNotLike": True,
    "ArnLike": True,
    "ArnEquals": True,
    "ArnNotLike": True,
    "ArnNotEquals": True,
}


def variable_resolver(
    what: Decision | Request | Explanation, *, policies: PolicySet | None = None
) -> VariableResolver:
    """What each variable of a policy stands for in a request, and where pattern and request part.

    `what` is a decision, an explanation, or a request under `policies`. The page tries other resources.
    """
    return VariableResolver(what if isinstance(what, Explanation) else explain(what, policies=policies))


class VariableResolver(Interactive):
    """`variable_resolver()` makes one."""

    _esm, _css = page("variable_resolver")

    def __init__(self, found: Explanation) -> None:
        self._found = found
        super().__init__(fallback(found), resolved(found))

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        return answer(self._found, question)


def resolved(found: Explanation) -> dict[str, Any]:
    """What the page draws."""
    request = found.request
    return {
        "action": request.action,
        "resource": request.resource,
        "patterns": [_pattern(*each) for each in _patterns(found)][:_MOST],
    }


def answer(found: Explanation, question: Mapping[str, Any]) -> dict[str, Any]:
    """The record for another resource, `question["resource"]`."""
    resource = question.get("resource")
    if not isinstance(resource, str) or not 0 < len(resource) <= _LONGEST:
        raise LabError(f"a resource is an ARN or `*`, of {_LONGEST} characters at most: got something else")
    return resolved(explain(replace(found.request, resource=resource), policies=found.policies))


Part = ElementTrace | ConditionTrace


def _patterns(found: Explanation) -> Iterator[tuple[Explanation, StatementTrace, Part, PatternTrace]]:
    """Every pattern with variables; and those without, of statements that speak on this action."""
    for trace in found.statements:
        for part in (trace.resource, *trace.conditions):
            for pattern in part.patterns if part else ():
                if part and (pattern.variables or trace.action_matched):
                    yield found, trace, part, pattern


def _pattern(found: Explanation, trace: StatementTrace, part: Part, pattern: PatternTrace) -> dict[str, Any]:
    tokens, wildcards = tokenize(pattern.raw, version=trace.policy.version), _wildcards(part)
    pieces = _aligned(tokens, trace, part, pattern)
    return {
        "statement": trace.label,
        "policy": trace.policy.name,
        "layer": title_of(trace.layer.name, found.judgement),
        "effect": trace.effect,
        "part": _name(part),
        "raw": [each for token in tokens for each in _runs(token, wildcards=bool(wildcards))],
        "variables": [_variable(each, found.request) for each in pattern.variables],
        "resolved": pattern.resolved,
        "filled": list(_filled(tokens, trace.question.context, wildcards=bool(wildcards))),
        "value": _value(part),
        "pieces": pieces,
        "matched": pattern.matched,
        "said": _said(part, pattern, pieces) + _turned_round(part),
    }


def _name(part: Part) -> str:
    return part.element if isinstance(part, ElementTrace) else f"{part.operator} {part.key}"


def _value(part: Part) -> str | None:
    """The request's value; None where it has none, or several."""
    if isinstance(part, ElementTrace):
        return part.value
    return part.values[0] if part.values and len(part.values) == 1 else None


def _wildcards(part: Part) -> bool | None:
    """Whether `*` is a wildcard; None where letters are not what is compared."""
    if isinstance(part, ElementTrace):
        return True
    return _BY_LETTER.get(take_apart(part.operator)[1])


def _runs(token: Token, *, wildcards: bool) -> Iterator[dict[str, str]]:
    if isinstance(token, Variable):
        yield {"kind": PieceKind.VARIABLE, "text": token.raw}
    elif isinstance(token, str):
        yield from ({"kind": kind, "text": text} for kind, text in runs(token, wildcards=wildcards))
    else:
        yield {"kind": PieceKind.TEXT, "text": f"${{{token.text}}}"}


def _filled(tokens: tuple[Token, ...], context: Context, *, wildcards: bool) -> Iterator[dict[str, str]]:
    """The runs of the resolved pattern. A variable without a value stands as it is written."""
    for token in tokens:
        if isinstance(token, Variable):
            value = token.value(context)
            yield {"kind": PieceKind.VARIABLE, "text": token.raw if value is None else value}
        elif isinstance(token, str):
            yield from _runs(token, wildcards=wildcards)
        else:
            yield {"kind": PieceKind.TEXT, "text": token.text}


def _variable(variable: VariableTrace, request: Request) -> dict[str, Any]:
    if variable.value is None:
        return {"raw": variable.raw, "value": None, "origin": [_absent(variable.key, request)]}
    steps = ("the pattern's own default",) if variable.defaulted else origin(variable.key, request)
    return {"raw": variable.raw, "value": plain(variable.value, name=variable.key), "origin": list(steps)}


def _absent(key: str, request: Request) -> str:
    if key in request.question.context:
        return "the request has several values for this key, and a variable needs one"
    return "the request has no such key"


def _aligned(
    tokens: tuple[Token, ...], trace: StatementTrace, part: Part, pattern: PatternTrace
) -> list[dict[str, str]]:
    value, wildcards = _value(part), _wildcards(part)
    if value is None or wildcards is None or pattern.resolved is None:
        return []
    return [_piece(each) for each in align(tokens, trace.question.context, value, wildcards=wildcards)]


def _piece(piece: Piece) -> dict[str, str]:
    return {"kind": piece.kind, "pattern": piece.pattern, "value": piece.value}


def _said(part: Part, pattern: PatternTrace, pieces: list[dict[str, str]]) -> str:
    """How the two met, in one sentence."""
    if pattern.resolved is None:
        return "A variable has no value in this request, so the pattern matches nothing."
    if _value(part) is None:
        return "The request has no value to compare, or several: IAM compares each of them."
    if _wildcards(part) is None:
        return f"`{_name(part)}` does not compare letter by letter."
    parted = next((piece for piece in pieces if piece["kind"] == PieceKind.DIFFERS), None)
    if parted is None:
        return "They match." if pattern.matched else "The letters fit, but the rules of ARNs keep them apart."
    if pattern.matched:
        return "The letters differ, and it matches: what an incomplete ARN leaves out stands for anything."
    at = sum(len(piece["value"]) for piece in pieces[:-1]) + 1
    ways = f"{_way('the pattern', parted['pattern'])}, {_way('the request', parted['value'])}"
    return f"They part at the request's character {at}: {ways}."


def _way(who: str, rest: str) -> str:
    return f"{who} goes on with `{rest[0]}`" if rest else f"{who} ends"


def _turned_round(part: Part) -> str:
    """NotResource and the negated operators ask for the contrary."""
    name = part.element if isinstance(part, ElementTrace) else part.operator
    return f" {name} asks for what does not match." if "Not" in name else ""


def fallback(found: Explanation) -> View:
    """A table for each pattern: its variables with their origins, and both texts cut into pieces."""
    record = resolved(found)
    head: tuple[Block, ...] = (Note(f"Request: `{record['action']}` on `{record['resource']}`"),)
    if not record["patterns"]:
        head += (Note("No statement has a variable, and none speaks on this action."),)
    tables = (block for pattern in record["patterns"] for block in _blocks(pattern))
    return View("What the variables stand for", (*head, *tables))


def _blocks(pattern: Mapping[str, Any]) -> Iterator[Block]:
    raw = "".join(each["text"] for each in pattern["raw"])
    lines = [row("as written", Cell(raw, code=True), "")]
    lines += [_origin(each) for each in pattern["variables"]]
    lines.append(row("as resolved", Cell(pattern["resolved"] or "(a variable has no value)", code=True), ""))
    lines.append(row("the request", Cell(pattern["value"] or "none", code=True), ""))
    caption = f"Statement {pattern['statement']} ({pattern['effect']}), {pattern['part']}"
    yield Table(caption, ("", "text", "where it comes from"), tuple(lines))
    yield Note(pattern["said"], mark=Mark.ALLOW if pattern["matched"] else Mark.NEITHER)
    spans = [each for each in pattern["pieces"] if each["kind"] != PieceKind.TEXT]
    if spans:
        names = {PieceKind.WILDCARD: "wildcard", PieceKind.VARIABLE: "variable", PieceKind.DIFFERS: "differs"}
        cells = (
            row(names[each["kind"]], Cell(each["pattern"], code=True), Cell(each["value"], code=True))
            for each in spans
        )
        yield Table("What stands for what", ("piece", "pattern", "request"), tuple(cells))


def _origin(variable: Mapping[str, Any]) -> tuple[Cell, ...]:
    value = Cell(variable["value"], code=True) if variable["value"] is not None else "no value"
    return row(variable["raw"], value, " → ".join(variable["origin"]))


def sample(data: Mapping[str, Any]) -> VariableResolver:
    """The view of the gallery: `data` has a request and a policy."""
    policy = Policy.parse(data["policy"]["document"], name=data["policy"]["name"])
    return variable_resolver(Request(**data["request"]), policies=PolicySet(identity=(policy,)))
