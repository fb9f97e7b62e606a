"""A matrix of decisions as a heat map: a table of signs, and a picture where one is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from labkit.policy.matrix import Cell, Matrix, Slice, changes
from labkit.policy.trace import Verdict
from labkit.show import blocks
from labkit.show.blocks import Block, Grid, Label, Mark, Note, Sign, Table, row
from labkit.show.decisions import MARKS
from labkit.show.names import Names, shorten
from labkit.show.picture import Picture
from labkit.show.view import View

_STATEMENT_MARKS = MappingProxyType(
    {
        Verdict.ALLOWED: (Mark.ALLOW, "allows"),
        Verdict.EXPLICIT_DENY: (Mark.DENY, "denies"),
        Verdict.IMPLICIT_DENY: (Mark.NEITHER, "does not apply"),
    }
)

Place = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True, repr=False)
class Heatmap(View):
    """A view of a matrix. Its picture shows the same signs, without the names in full."""

    #: What the signs add up to, in words.
    summary: str
    #: What the names on the sides begin with, in words.
    beginnings: str

    @property
    def grids(self) -> tuple[Grid, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Grid))

    @property
    def picture(self) -> Picture:
        """The heat map as a picture (matplotlib is imported here and nowhere else)."""
        from labkit.show.matrix_picture import draw

        said = " ".join([f"{self.title}.", *(f"{grid.caption}." for grid in self.grids), self.summary])
        heading = f"{self.title}\n{self.beginnings}" if self.beginnings else self.title
        return draw(heading, self.grids, alt=f"Heat map: {said}")


def matrix(found: Matrix | Slice, *, before: Iterable[Cell] | None = None) -> Heatmap:
    """The decisions as a heat map: ✓ allowed, ✗ explicit deny, – implicit deny.

    A matrix of several rows, actions and resources has a table for each row; `matrix.of_resource(…)`
    shows another side of it. Against `before` (a matrix too), cells whose verdict is another are marked.
    """
    grids = slices(found)
    was = {cell.place: cell for cell in before or ()}
    names = {axis.kind: shorten(axis.names) for grid in grids for axis in (grid.down, grid.across)}
    summary, beginnings = _summary(found), _beginnings(names)
    shown: list[Block] = [Note(said) for said in (summary, beginnings) if said]
    if before is not None:
        shown.append(_changed(found, was))
    shown += [_grid(grid, names, was) for grid in grids]
    shown += _in_full(names)
    return Heatmap(_title(found), tuple(shown), summary=summary, beginnings=beginnings)


def _title(found: Matrix | Slice) -> str:
    return "What each statement says" if meanings(found) is _STATEMENT_MARKS else "Who may do what"


def slices(found: Matrix | Slice) -> tuple[Slice, ...]:
    """The slices that show every cell once. The longer side of a matrix's own stands down."""
    if not any(found.counts.values()):
        return ()
    if isinstance(found, Slice):
        return (found,)
    if len(found.rows) > 1 and len(found.resources) == 1:
        slices = [found.of_resource(found.resources[0])]
    elif len(found.rows) > 1 and len(found.actions) == 1:
        slices = [found.of_action(found.actions[0])]
    else:
        slices = [found.of_row(each.name) for each in found.rows]
    return tuple(_tall(each) for each in slices)


def _tall(grid: Slice) -> Slice:
    return grid.transposed() if len(grid.across.names) > len(grid.down.names) else grid


def meanings(cells: Iterable[Cell]) -> Mapping[Verdict, tuple[Mark, str]]:
    """What the signs mean: a statement applies or does not, a request is allowed or denied."""
    found = [cell.row.alone for cell in cells]
    return _STATEMENT_MARKS if found and all(found) else MARKS


def _summary(found: Matrix | Slice) -> str:
    counts = found.counts
    if not any(counts.values()):
        return "There is nothing to decide: a side of the matrix is empty."
    said = [f"{mark.value} {word}: {counts[verdict]}" for verdict, (mark, word) in meanings(found).items()]
    return f"{', '.join(said)}."


def _beginnings(names: Mapping[str, Names]) -> str:
    said = [(kind, each.prefix) for kind, each in names.items() if each.prefix]
    if not said:
        return ""
    (kind, prefix), *others = said
    more = "".join(f", every {other} with `{text}`" for other, text in others)
    quoted = any(short.startswith('"') for each in names.values() for short in each.short)
    but = "; what stands in quotes does not" if quoted else ""
    return f"Every {kind} begins with `{prefix}`{more}{but}."


def _grid(grid: Slice, names: Mapping[str, Names], was: Mapping[Place, Cell]) -> Grid:
    marks = meanings(grid)
    down, across = grid.down.kind, grid.across.kind
    # A statement's name may be a mere number.
    kind = "statement " if grid.held.kind == "statement" else ""
    return Grid(
        f"{kind}{grid.held.names[0]}: {down} by {across}",
        (down, across),
        _labels(names[down]),
        _labels(names[across]),
        tuple(tuple(_sign(cell, marks, was) for cell in line) for line in grid.cells),
    )


def _labels(names: Names) -> tuple[Label, ...]:
    return tuple(Label(short, full) for short, full in zip(names.short, names.full, strict=True))


def _sign(cell: Cell, marks: Mapping[Verdict, tuple[Mark, str]], was: Mapping[Place, Cell]) -> Sign:
    mark, word = marks[cell.verdict]
    before = was.get(cell.place, cell)
    if before.verdict is cell.verdict:
        return Sign(mark, word)
    sign, other = marks[before.verdict]
    return Sign(mark, f"{word}, was: {other}", f"was {sign.value}")


def _changed(found: Matrix | Slice, was: Mapping[Place, Cell]) -> Block:
    marks = meanings(found)
    lines = tuple(
        row(
            f"{after.row.name}: {after.action}",
            blocks.Cell(after.resource, code=True),
            blocks.Cell(marks[before.verdict][1], mark=marks[before.verdict][0]),
            blocks.Cell(marks[after.verdict][1], mark=marks[after.verdict][0]),
        )
        for before, after in changes(was.values(), found)
    )
    if not lines:
        return Note("Nothing changed.")
    # A long list would push the heat map off the screen.
    return Table(
        f"What changed ({len(lines)})", ("who: action", "resource", "was", "is"), lines, len(lines) > 10
    )


def _in_full(names: Mapping[str, Names]) -> Iterator[Table]:
    lines = tuple(
        row(label.text, kind, blocks.Cell(label.full, code=True))
        for kind, each in names.items()
        for label in _labels(each)
        if "…" in label.text
    )
    if lines:
        yield Table("Shortened names in full", ("name", "is", "in full"), lines, folded=True)
