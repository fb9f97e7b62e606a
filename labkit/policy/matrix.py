"""Many decisions at once: who may do what with which resource.

A row is a principal with its policies, or one statement that is asked what it says alone. Every cell
holds the decision itself; its trace is made when somebody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

from labkit.errors import LabError
from labkit.policy.decide import Asked, Decision, decide
from labkit.policy.document import Policy
from labkit.policy.layers import PolicySet
from labkit.policy.request import Principal, Request
from labkit.policy.trace import Verdict

#: Condition keys of a request.
Keys = Mapping[str, str | Sequence[str]]

#: How many names an error lists.
_SHOWN = 5


@dataclass(frozen=True)
class Row:
    """A principal with its policies, or a single statement."""

    name: str
    principal: Principal
    policies: PolicySet
    #: Condition keys that only this row's requests carry: of a session, of a user.
    context: Keys = field(default_factory=dict)
    #: Of a single statement, the layer in which it stands. Its cells say whether it applies, not what
    #: AWS would decide.
    alone: str | None = None

    @classmethod
    def of_statements(
        cls,
        policy: Policy,
        *,
        principal: Principal,
        context: Keys | None = None,
        layer: Literal["identity", "resource"] = "identity",
    ) -> tuple[Row, ...]:
        """A row for each statement of `policy`, which is attached to `principal` or to the resource."""
        return tuple(
            cls(label, principal, _policies(single, layer), context or {}, layer)
            for label, single in _apart(policy)
        )


def _apart(policy: Policy) -> Iterator[tuple[str, Policy]]:
    for place, statement in enumerate(policy.statements):
        raw = policy.raw[place : place + 1]
        yield statement.label, replace(policy, statements=(statement,), raw=raw)


def _policies(policy: Policy, layer: str) -> PolicySet:
    return PolicySet(resource=policy) if layer == "resource" else PolicySet(identity=(policy,))


class Cell(NamedTuple):
    """One decision and its place. A tuple, since a matrix has them by the thousand."""

    row: Row
    action: str
    resource: str
    decision: Decision
    #: The decision's verdict; of a single statement, whether it allows, denies, or does not apply.
    verdict: Verdict

    @property
    def place(self) -> tuple[str, str, str]:
        return self.row.name, self.action, self.resource


class Change(NamedTuple):
    """A cell whose verdict is another than before."""

    before: Cell
    after: Cell


class Axis(NamedTuple):
    """One side of a matrix."""

    #: `principal`, `statement`, `action` or `resource`.
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Slice:
    """Two sides of a matrix, the third one held at one name."""

    held: Axis
    down: Axis
    across: Axis
    #: Line by line.
    cells: tuple[tuple[Cell, ...], ...]

    def __iter__(self) -> Iterator[Cell]:
        return (cell for line in self.cells for cell in line)

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many cells have each verdict."""
        return _counts(self)

    def transposed(self) -> Slice:
        """The same cells, what stood down standing across."""
        turned = tuple(tuple(line[place] for line in self.cells) for place in range(len(self.across.names)))
        return Slice(self.held, self.across, self.down, turned)

    def under(self, rows: Mapping[str, Row]) -> Slice:
        """The same requests, decided anew for the rows that are given by name, with other policies."""
        lines = (tuple(_under(cell, rows.get(cell.row.name)) for cell in line) for line in self.cells)
        return replace(self, cells=tuple(lines))


@dataclass(frozen=True)
class Matrix:
    """Rows × actions × resources: a decision for each."""

    rows: tuple[Row, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    #: Row by row, in each action by action, in each resource by resource.
    cells: tuple[Cell, ...] = field(repr=False)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def at(self, row: str, action: str, resource: str) -> Cell:
        """The cell at these names. Raises LabError where the matrix has no such name."""
        for axis, name in zip(self.axes, (row, action, resource), strict=True):
            _check(axis, name)
        return self._places[row, action, resource]

    @property
    def axes(self) -> tuple[Axis, Axis, Axis]:
        """The rows' names, the actions and the resources."""
        kind = "statement" if self.rows and all(row.alone for row in self.rows) else "principal"
        names = tuple(row.name for row in self.rows)
        return Axis(kind, names), Axis("action", self.actions), Axis("resource", self.resources)

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many cells have each verdict."""
        return _counts(self)

    def of_row(self, row: str) -> Slice:
        """Of one row: actions down, resources across."""
        return self._held(0, row)

    def of_action(self, action: str) -> Slice:
        """Of one action: rows down, resources across."""
        return self._held(1, action)

    def of_resource(self, resource: str) -> Slice:
        """Of one resource: rows down, actions across."""
        return self._held(2, resource)

    def _held(self, side: int, name: str) -> Slice:
        held = self.axes[side]
        _check(held, name)
        down, across = (axis for place, axis in enumerate(self.axes) if place != side)
        lines = (
            tuple(self._places[_place(side, name, one, other)] for other in across.names)
            for one in down.names
        )
        return Slice(Axis(held.kind, (name,)), down, across, tuple(lines))

    @cached_property
    def _places(self) -> dict[tuple[str, str, str], Cell]:
        return {cell.place: cell for cell in self.cells}


def _place(side: int, held: str, one: str, other: str) -> tuple[str, str, str]:
    return [(held, one, other), (one, held, other), (one, other, held)][side]


def _check(axis: Axis, name: str) -> None:
    if name not in axis.names:
        raise LabError(f"the matrix has no {axis.kind} `{name}`: it has {_listed(axis.names)}")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN]) or "none"
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _counts(cells: Iterable[Cell]) -> Mapping[Verdict, int]:
    found = Counter(cell.verdict for cell in cells)
    return {verdict: found[verdict] for verdict in Verdict}


def matrix(
    rows: Iterable[Row],
    actions: Iterable[str],
    resources: Iterable[str],
    *,
    context: Keys | None = None,
    resource_account: str | None = None,
    wildcard_only: Collection[str] = (),
) -> Matrix:
    """What AWS decides for every row, action and resource.

    `context` is what all requests carry; a row's own keys go before it. `wildcard_only` names the
    actions that know no resource types, such as `s3:ListAllMyBuckets`. Raises LabError for two rows of
    one name, for a single text where a list belongs, and for a principal that it cannot read.
    """
    lines, verbs, arns = _rows(rows), _names("actions", actions), _names("resources", resources)
    whole = frozenset(action.lower() for action in wildcard_only)
    shared = dict(context or {})
    cells: list[Cell] = []
    for row in lines:
        keys = {**shared, **row.context}
        for action in verbs:
            alone = action.lower() in whole
            for arn in arns:
                request = Request(row.principal, action, arn, resource_account, keys, alone)
                cells.append(_cell(row, request))
    return Matrix(lines, verbs, arns, tuple(cells))


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    found = tuple(rows)
    twice = [name for name, count in Counter(row.name for row in found).items() if count > 1]
    if twice:
        raise LabError(f"two rows have the name {_listed(twice)}: give each row a name of its own")
    return found


def _names(axis: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise LabError(f"`{axis}` is a list: got the text `{names}`; write `[{names!r}]`")
    return tuple(dict.fromkeys(names))


def _cell(row: Row, request: Request) -> Cell:
    decision = decide(request, policies=row.policies)
    verdict = _said(row, request) if row.alone else decision.verdict
    return Cell(row, request.action, request.resource, decision, verdict)


def _under(cell: Cell, row: Row | None) -> Cell:
    return _cell(row, cell.decision.request) if row else cell


def _said(row: Row, request: Request) -> Verdict:
    """What a statement says alone. Its layer is asked, since others would have to allow as well."""
    layer = next(layer for layer in row.policies.layers if layer.name == row.alone)
    asked = Asked(layer, request.question)
    if asked.denies:
        return Verdict.EXPLICIT_DENY
    return Verdict.ALLOWED if asked.allows else Verdict.IMPLICIT_DENY


def changes(before: Iterable[Cell], after: Iterable[Cell]) -> tuple[Change, ...]:
    """What changed: of the cells that both have, by their names, those whose verdict is another now."""
    was = {cell.place: cell for cell in before}
    pairs = (Change(was[cell.place], cell) for cell in after if cell.place in was)
    return tuple(change for change in pairs if change.before.verdict is not change.after.verdict)
