"""Blocks as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from labkit.show.blocks import Block, Cell, Comparison, Grid, Note, Pieces, Table, clean

#: The columns after a table's first share this, each at least COLUMN wide. A word that is longer
#: makes its column wider: identifiers are never broken.
VALUES, COLUMN = 90, 44
#: Notes are as wide as this; a table that would be wider than WIDEST stands row under row instead.
PAGE = 100
WIDEST = 132


def render(title: str, blocks: Iterable[Block]) -> str:
    """The title, underlined, and the blocks, an empty line between them."""
    heading = clean(title)
    parts = [f"{heading}\n{'=' * len(heading)}"] if heading else []
    return "\n\n".join([*parts, *(_block(block) for block in blocks)])


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Note):
        return _note(block)
    if isinstance(block, Pieces):
        return "\n".join(
            [clean(block.caption), *(f"  {at} {clean(each)}" for at, each in enumerate(block.pieces, 1))]
        )
    return _comparison(block) if isinstance(block, Comparison) else clean(block.text)


def _comparison(block: Comparison) -> str:
    width = max(len(block.first[0]), len(block.second[0]))
    lines = (f"  {name.ljust(width)} {clean(value)}" for name, value in (block.first, block.second))
    pointer = f"  {' ' * width} {' ' * block.at}^ character {block.at + 1}"
    return "\n".join([clean(block.caption), *lines, pointer])


def _note(note: Note) -> str:
    sign = f"{note.mark.value} " if note.mark else ""
    lines = textwrap.fill(sign + clean(note.text), PAGE, break_long_words=False, break_on_hyphens=False)
    return f"{lines}\nSource: {note.source}" if note.source else lines


def _table(table: Table) -> str:
    width = max(COLUMN, VALUES // max(len(table.head) - 1, 1))
    grid = [[_wrapped(cell, width) for cell in cells] for cells in table.rows]
    head = [[clean(name)] for name in table.head]
    widths = [
        max(map(len, (line for cell in column for line in cell))) for column in zip(head, *grid, strict=True)
    ]
    if sum(widths) + 2 * (len(widths) - 1) > WIDEST:
        return "\n".join([clean(table.caption), *(_stacked(table.head, cells) for cells in grid)])
    rule = "  ".join("-" * width for width in widths)
    body = [_row(cells, widths) for cells in grid]
    return "\n".join([clean(table.caption), _row(head, widths), rule, *body])


def _grid(grid: Grid) -> str:
    """Signs in columns; where the names across would not fit above them, the columns are numbered."""
    names, across = [clean(label.text) for label in grid.down], [clean(label.text) for label in grid.across]
    corner = f"{grid.kinds[0]} ↓ {grid.kinds[1]} →"
    side = max(map(len, [corner, *names]))
    numbered = side + sum(2 + len(name) for name in across) > WIDEST
    key = [f"  {number} = {name}" for number, name in enumerate(across, 1)] if numbered else []
    heads = [str(number) for number, _ in enumerate(across, 1)] if numbered else across
    signs = [[f"{sign.mark.value} {sign.text}".rstrip() for sign in line] for line in grid.signs]
    columns = [[head, *cells] for head, *cells in zip(heads, *signs, strict=True)]
    lines = [name.ljust(side) for name in (corner, *names)]
    return "\n".join([clean(grid.caption), *key, *_beside(lines, columns)])


def _beside(names: Sequence[str], columns: Sequence[Sequence[str]]) -> list[str]:
    """The columns to the right of the names; those that do not fit begin anew below."""
    lines, shown = list(names), []
    for column in columns:
        width = max(map(len, column))
        if len(lines[0]) + 2 + width > WIDEST and lines[0] != names[0]:
            shown += [*lines, ""]
            lines = list(names)
        lines = [f"{line}  {cell.ljust(width)}" for line, cell in zip(lines, column, strict=True)]
    return [line.rstrip() for line in (*shown, *lines)]


def _wrapped(cell: Cell, width: int) -> list[str]:
    value = f"{cell.mark.value} {cell.text}" if cell.mark else cell.text
    lines = [
        part
        for line in clean(value).split("\n")
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    return lines or [""]


def _stacked(head: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A row's name, and each of its other cells on a line of its own after the column's name."""
    (name, *values), labels = cells, [f"{clean(label)}:" for label in head[1:]]
    width = max(map(len, labels))
    lines = [
        f"    {(label if place == 0 else '').ljust(width)}  {part}".rstrip()
        for label, value in zip(labels, values, strict=True)
        for place, part in enumerate(value)
        if value != [""]
    ]
    return "\n".join([f"  {' '.join(name)}", *lines])


def _row(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    lines = zip_longest(*cells, fillvalue="")
    return "\n".join(
        "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
