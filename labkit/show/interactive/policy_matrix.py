"""The policy matrix: who may do what, why in each cell, and what changes as a policy is edited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from labkit.errors import LabError, PolicySyntaxError
from labkit.policy import Advice, Policy, PolicySet, advise, explain
from labkit.policy import matrix as decide_all
from labkit.policy.explanation.funnel import TITLES
from labkit.policy.matrix import Cell, Matrix, Row, Slice
from labkit.policy.places import Kind
from labkit.show.blocks import Grid
from labkit.show.explanations import short
from labkit.show.interactive.drawn import drawn
from labkit.show.interactive.widget import Interactive, page
from labkit.show.matrix import Heatmap, matrix, meanings, slices

#: How much advice stands below the editor.
_ADVICE = 3


@dataclass(frozen=True)
class Held:
    """A policy of the matrix, and where it stands: several rows may have the same one."""

    policy: Policy
    layer: str
    rows: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """Where it would be stored; the policy on a resource is a trust policy where that is a role."""
        if self.layer != "resource":
            return cast("Kind", self.layer)
        actions = [action for each in self.policy.statements for action in each.actions]
        return "trust" if any(action.lower().startswith("sts:assume") for action in actions) else "resource"

    @property
    def name(self) -> str:
        return f"{self.policy.name or 'a policy without a name'} ({TITLES[self.layer]})"


def policy_matrix(found: Matrix | Slice) -> PolicyMatrix:
    """The decisions of `policy.matrix(…)` as a table that answers: choose a cell, and see why.

    Each policy behind it can be edited beside it. It is checked as AWS would when it is stored, and the
    cells that another verdict takes are marked. The policies that `found` was made from stay as they are.
    """
    return PolicyMatrix(slices(found), matrix(found))


class PolicyMatrix(Interactive):
    """`policy_matrix()` makes one."""

    _esm, _css = page("policy_matrix")

    def __init__(self, shown: tuple[Slice, ...], fallback: Heatmap) -> None:
        self._shown, self._held = shown, held(shown)
        super().__init__(fallback, tabulated(shown, self._held, fallback))

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        return answer(self._shown, self._held, question)


def held(shown: Iterable[Slice]) -> tuple[Held, ...]:
    """Every policy of the rows. Equal ones are one: who edits it edits it everywhere."""
    found: list[Held] = []
    for row in _rows(shown).values():
        for layer in row.policies.layers:
            for policy in layer.policies:
                _hold(found, Held(policy, layer.name, (row.name,)))
    return tuple(found)


def _hold(found: list[Held], new: Held) -> None:
    at = next((place for place, each in enumerate(found) if each.policy == new.policy), None)
    if at is None:
        found.append(new)
    else:
        found[at] = replace(found[at], rows=tuple(dict.fromkeys(found[at].rows + new.rows)))


def _rows(shown: Iterable[Slice]) -> dict[str, Row]:
    return {cell.row.name: cell.row for grid in shown for cell in grid}


def tabulated(shown: Sequence[Slice], found: Iterable[Held], fallback: Heatmap) -> dict[str, Any]:
    """What the page draws: names once, one character for each cell, and the policies as text."""
    return {
        "summary": fallback.summary,
        "beginnings": fallback.beginnings,
        "words": {mark.value: word for each in shown[:1] for mark, word in meanings(each).values()},
        "grids": [_grid(grid, each) for grid, each in zip(fallback.grids, shown, strict=True)],
        "policies": [{"name": each.name, "rows": each.rows, "text": _text(each.policy)} for each in found],
    }


def _grid(grid: Grid, cells: Slice) -> dict[str, Any]:
    return {
        "caption": grid.caption,
        "kinds": grid.kinds,
        "down": [(label.text, label.full) for label in grid.down],
        "across": [(label.text, label.full) for label in grid.across],
        "signs": signs(cells),
    }


def signs(grid: Slice) -> list[str]:
    """`✓✓–✗`, a text for each line."""
    marks = {verdict: mark.value for verdict, (mark, _) in meanings(grid).items()}
    return ["".join(marks[cell.verdict] for cell in line) for line in grid.cells]


def _text(policy: Policy) -> str:
    return json.dumps(policy.document, indent=2, ensure_ascii=False)


def answer(shown: Sequence[Slice], found: Sequence[Held], question: Mapping[str, Any]) -> dict[str, Any]:
    """All signs after `question["edits"]`; with `at` (table, line, column) why that cell has its sign.

    `edits` maps a policy's number to its text. What AWS would not store is said in one sentence, as `wrong`.
    """
    edits = question.get("edits")
    if not isinstance(edits, Mapping):
        raise LabError("an edit is a policy's number and its new text: got neither")
    changed: list[tuple[Held, Policy]] = []
    for number, text in edits.items():
        place = _chosen(found, number)
        try:
            changed.append((place, Policy.parse(str(text), name=place.policy.name, kind=place.kind)))
        except PolicySyntaxError as wrong:
            return {"wrong": str(wrong), "policy": number}
    rows = edited(_rows(shown), changed)
    if (at := question.get("at")) is not None:
        return {"why": why(_at(shown, at), rows)}
    doubts = [advice for place, policy in changed for advice in advise(policy, place.kind)]
    return {"signs": [signs(each.under(rows)) for each in shown], "advice": _advice(doubts)}


def _chosen(found: Sequence[Held], number: object) -> Held:
    if str(number) not in map(str, range(len(found))):
        raise LabError(f"the matrix has no policy number `{number}`: it has {len(found)}")
    return found[int(str(number))]


def _at(shown: Sequence[Slice], at: Any) -> Cell:
    try:
        table, line, column = at
        return shown[table].cells[line][column]
    except (IndexError, TypeError, ValueError):
        raise LabError(f"a cell is a table, a line and a column: got `{at}`") from None


def edited(rows: Mapping[str, Row], changed: Sequence[tuple[Held, Policy]]) -> dict[str, Row]:
    """The rows that have one of the changed policies, with the new one in its place."""

    def new(policy: Policy) -> Policy:
        return next((after for before, after in changed if before.policy == policy), policy)

    names = {name for place, _ in changed for name in place.rows}
    return {name: replace(rows[name], policies=rows[name].policies.changed(new)) for name in names}


def why(cell: Cell, rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    """The layers, the nearest misses and the smallest changes, as blocks for the page."""
    row, request = rows.get(cell.row.name, cell.row), cell.decision.request
    return drawn(short(explain(request, policies=row.policies)).blocks)


def _advice(doubts: Sequence[Advice]) -> list[dict[str, str]]:
    shown = [{"text": f"{each}.", "source": each.source} for each in doubts[:_ADVICE]]
    more = len(doubts) - _ADVICE
    return [*shown, {"text": f"And {more} more.", "source": ""}] if more > 0 else shown


def sample(data: Mapping[str, Any]) -> PolicyMatrix:
    """The view of the gallery: `data` has the rows with their policies, the actions and the resources."""
    rows = (
        Row(each["name"], each["principal"], _policies(each["policies"]), each["context"])
        for each in data["rows"]
    )
    return policy_matrix(decide_all(rows, data["actions"], data["resources"]))


def _policies(data: Mapping[str, Any]) -> PolicySet:
    return PolicySet(
        identity=tuple(Policy.parse(each["document"], name=each["name"]) for each in data["identity"])
    )
