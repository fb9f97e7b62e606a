"""Why a request got its verdict: the layers, the nearest misses, where values come from, what would help.

The view reads an `Explanation`; nothing is decided or compared again here.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING

from labkit.policy.explanation.funnel import TITLES, Part
from labkit.policy.explanation.origins import origin
from labkit.show import decisions
from labkit.show.blocks import Block, Cell, Comparison, Mark, Note, Table, row
from labkit.show.values import plain
from labkit.show.view import View

if TYPE_CHECKING:
    from labkit.policy import Explanation
    from labkit.policy.explanation import NearMiss, Stage
    from labkit.policy.trace import StatementTrace, VariableTrace

#: How many misses, and how many neighbours of a change, are shown.
_MISSES, _NEIGHBOURS = 3, 6

_PARTS = MappingProxyType(
    {
        Part.DENIES: Mark.DENY,
        Part.PASSES: Mark.ALLOW,
        Part.STOPS: Mark.NEITHER,
        Part.SPARED: Mark.ALLOW,
        Part.ABSENT: None,
    }
)


def explanation(found: Explanation) -> View:
    """The verdict and what led to it, from the layers down to the character that differs."""
    blocks: tuple[Block, ...] = (
        decisions.verdict(found),
        *_mistakes(found),
        *_doubts(found),
        *_funnel(found),
        *_misses(found),
        *_variables(found),
        *_changes(found),
        *_statements(found),
    )
    return View(f"Why: {found.request.action} on {found.request.resource}", blocks)


def short(found: Explanation) -> View:
    """The verdict, the layers, the nearest misses and the smallest changes, without each statement."""
    blocks = (
        decisions.verdict(found),
        *_mistakes(found),
        *_doubts(found),
        *_funnel(found),
        *_misses(found),
        *_changes(found),
    )
    return View(f"Why: {found.request.action} on {found.request.resource}", blocks)


def reason(*found: Explanation) -> View:
    """In short: each verdict, and the wrong idea behind it or else the nearest miss."""
    return View("", tuple(block for each in found for block in _reason(each)))


def _reason(found: Explanation) -> Iterator[Note]:
    yield decisions.verdict(found)
    notes = tuple(_mistakes(found))
    misses = found.near_misses[: 0 if notes else 1]
    yield from notes or (Note(f"The nearest miss: {miss.sentence}.") for miss in misses)


def changes(found: Explanation) -> View:
    """The smallest changes of request and policy that turn the verdict round, and what else each does."""
    return View("", tuple(_changes(found)) or (Note("No small change turns it round."),))


def _mistakes(found: Explanation) -> Iterator[Note]:
    for mistake in found.mistakes:
        where = f"Statement `{mistake.statement}`: " if mistake.statement else ""
        yield Note(f"{where}{mistake.sentence}.", source=mistake.source)


def _doubts(found: Explanation) -> Iterator[Note]:
    """Of what is doubtful in the policies, what has a better word in its place."""
    if not found.allowed:
        for doubt in found.doubts:
            if doubt.advice.suggestion:
                yield Note(f"{doubt.sentence}.", source=doubt.advice.source)


def _funnel(found: Explanation) -> Iterator[Block]:
    lines = tuple(_stage(stage) for stage in found.funnel if stage.part is not Part.ABSENT)
    absent = [stage.title for stage in found.funnel if stage.part is Part.ABSENT]
    head = ("layer", "this request", "decided it?", "statements that apply")
    yield Table("The layers, in AWS's order", head, lines)
    if absent:
        yield Note(f"Not there: {', '.join(absent)}.")


def _stage(stage: Stage) -> tuple[Cell, ...]:
    decided = "yes" if stage.decided else "no"
    if stage.named_by_aws:
        decided += "; AWS's message names it"
    applying = [
        f"{trace.label}: {trace.effect}"
        for layer in stage.traces
        for trace in layer.statements
        if trace.applies
    ]
    mark = _PARTS[stage.part]
    return row(stage.title, Cell(stage.part.value, mark=mark), decided, "\n".join(applying) or "none")


def _misses(found: Explanation) -> Iterator[Block]:
    misses = found.near_misses[:_MISSES]
    if misses:
        lines = tuple(_miss(miss) for miss in misses)
        head = ("statement", "layer", "fits", "does not fit")
        yield Table("The nearest misses, the nearest first", head, lines)
        yield from _comparisons(misses[0])


def _miss(miss: NearMiss) -> tuple[Cell, ...]:
    lacks = "\n".join(lack.sentence for lack in miss.lacks)
    return row(miss.trace.label, TITLES[miss.layer], "\n".join(miss.matched) or "nothing", lacks)


def _comparisons(miss: NearMiss) -> Iterator[Comparison]:
    for lack in miss.lacks:
        difference = lack.difference
        if difference is not None:
            yield Comparison(
                f"Statement `{miss.trace.label}`, {lack.name}: the pattern as resolved, and the request",
                ("pattern", difference.pattern),
                ("request", difference.value),
                difference.at,
                difference.parts,
            )


def _variables(found: Explanation) -> Iterator[Table]:
    variables: dict[str, VariableTrace] = {}
    for trace in _relevant(found):
        for part in (trace.resource, *trace.conditions):
            for pattern in part.patterns if part else ():
                variables |= {variable.raw: variable for variable in pattern.variables}
    if variables:
        lines = tuple(_variable(variable, found) for variable in variables.values())
        yield Table("Where the variables' values come from", ("variable", "value", "origin"), lines)


def _relevant(found: Explanation) -> tuple[StatementTrace, ...]:
    return found.decisive or tuple(miss.trace for miss in found.near_misses[:_MISSES])


def _variable(variable: VariableTrace, found: Explanation) -> tuple[Cell, ...]:
    if variable.value is None:
        return row(variable.raw, "no value", "the request has no such key, or several values for it")
    value = Cell(plain(variable.value, name=variable.key), code=True)
    steps = ("the pattern's own default",) if variable.defaulted else origin(variable.key, found.request)
    return row(variable.raw, value, " → ".join(steps))


def _changes(found: Explanation) -> Iterator[Table]:
    lines = []
    for number, change in enumerate(found.request_changes, 1):
        lines.append(row(f"another request, {number}", change.sentence, ""))
    for number, policy_change in enumerate(found.policy_changes, 1):
        also = [f"`{request.action}` on `{request.resource}`" for request in policy_change.opens]
        shown = also[:_NEIGHBOURS] + (
            [f"and {len(also) - _NEIGHBOURS} more"] if len(also) > _NEIGHBOURS else []
        )
        lines.append(row(f"another policy, {number}", policy_change.sentence, "\n".join(shown)))
    if lines:
        outcome, verb = ("denied", "closes") if found.allowed else ("allowed", "opens")
        caption = f"The smallest changes after which it would be {outcome}"
        yield Table(caption, ("change", "what", f"what else it {verb}, of what was tried"), tuple(lines))


def _statements(found: Explanation) -> Iterator[Table]:
    for layer in found.layers:
        for trace in layer.statements:
            deciding = any(trace is each for each in found.decisive)
            yield decisions.statement_table(layer, trace, found.request.action, deciding=deciding)
