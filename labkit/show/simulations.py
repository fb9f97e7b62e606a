"""Two answers to one question, side by side: labkit's decision and AWS's policy simulator."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING

from labkit.policy.trace import Verdict
from labkit.resources import MatchedStatement, Simulation
from labkit.show import decisions
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.view import View

if TYPE_CHECKING:
    from labkit.policy import Decision

_SIMULATOR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html"
_INPUT = "PolicyInputList."

#: AWS's word → the verdict that it stands for.
VERDICTS = MappingProxyType(
    {
        "allowed": Verdict.ALLOWED,
        "explicitDeny": Verdict.EXPLICIT_DENY,
        "implicitDeny": Verdict.IMPLICIT_DENY,
    }
)


def simulation(simulation: Simulation, decision: Decision) -> View:
    """What both say, whether they agree, and what AWS was not asked."""
    blocks = (_outcome(simulation, decision), _comparison(simulation, decision))
    more = (*_matched(simulation, decision), *_missing(simulation), *_left_out(simulation))
    return View(f"Simulation: {simulation.action}", (*blocks, *more, *decisions.trace(decision)))


def _outcome(simulation: Simulation, decision: Decision) -> Note:
    if VERDICTS[simulation.decision] is decision.verdict:
        return Note("Both answers agree.", Mark.ALLOW, source=_SIMULATOR)
    mark = Mark.NEITHER if simulation.left_out else Mark.DENY
    return Note("The answers differ.", mark, source=_SIMULATOR)


def _comparison(simulation: Simulation, decision: Decision) -> Table:
    mark, name = decisions.MARKS[decision.verdict]
    aws_mark, aws_name = decisions.MARKS[VERDICTS[simulation.decision]]
    lines = (
        row("labkit", Cell(name, mark=mark), decisions.verdict(decision).text),
        row("AWS's simulator", Cell(aws_name, mark=aws_mark), _because(simulation)),
        row("Together", *_agreement(simulation, decision)),
    )
    return Table("Both answers", ("who", "says", "why"), lines)


def _because(simulation: Simulation) -> str:
    said = [f"`{simulation.decision}`"]
    said += [f"{kind}: `{word}`" for kind, word in simulation.details.items()]
    if simulation.boundary_allows is False and not simulation.details:
        said.append("the permissions boundary does not allow it")
    if simulation.organization_allows is False:
        said.append("the service control policies do not allow it")
    return "\n".join(said)


def _agreement(simulation: Simulation, decision: Decision) -> tuple[Cell, Cell]:
    if VERDICTS[simulation.decision] is decision.verdict:
        return Cell("agree", mark=Mark.ALLOW), Cell("AWS decides as labkit does.")
    if simulation.left_out:
        parts = ", ".join(each.part for each in simulation.left_out)
        return Cell("differ", mark=Mark.NEITHER), Cell(f"AWS was not asked about everything: {parts}.")
    return Cell("differ", mark=Mark.DENY), Cell("AWS was asked the same and decides otherwise.")


def _matched(simulation: Simulation, decision: Decision) -> Iterator[Block]:
    if simulation.matched:
        lines = (
            row(
                _source(each, decision),
                Cell(_place(each.start), code=True),
                Cell(_place(each.end), code=True),
            )
            for each in simulation.matched
        )
        yield Table("Statements that AWS's simulator names", ("policy", "begins", "ends"), tuple(lines))


def _source(statement: MatchedStatement, decision: Decision) -> str:
    """AWS's name of the policy, and its own where AWS only counts."""
    number = statement.source.removeprefix(_INPUT)
    identity = decision.policies.identity
    if number == statement.source or not number.isdigit() or not 0 < int(number) <= len(identity):
        return statement.source
    name = identity[int(number) - 1].name
    return f"{statement.source}: {name}" if name else statement.source


def _place(position: tuple[int, int]) -> str:
    return f"line {position[0]}, column {position[1]}"


def _missing(simulation: Simulation) -> Iterator[Block]:
    if simulation.missing_context_keys:
        keys = ", ".join(f"`{key}`" for key in simulation.missing_context_keys)
        yield Note(f"Keys that the policies ask for and the request does not have: {keys}.")


def _left_out(simulation: Simulation) -> Iterator[Block]:
    if simulation.left_out:
        lines = tuple(row(each.part, each.reason) for each in simulation.left_out)
        yield Table("What AWS was not asked", ("part", "why"), lines)
