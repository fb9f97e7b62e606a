"""Blocks as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from labkit.show.blocks import Block, Cell, Comparison, Note, Table, clean

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
    if isinstance(block, Note):
        return _note(block)
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
