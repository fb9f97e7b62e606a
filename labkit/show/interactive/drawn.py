"""A View's blocks as a page draws them: `blocks` in `shared.js`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labkit.show.blocks import Block, Cell, Comparison, Mark, Note, Table


def drawn(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Notes, tables and comparisons as JSON. Grids and drawings have pages of their own."""
    return [_block(block) for block in blocks if isinstance(block, Note | Table | Comparison)]


def _block(block: Note | Table | Comparison) -> dict[str, Any]:
    if isinstance(block, Note):
        return {"note": block.text, "sign": sign(block.mark), "source": block.source}
    if isinstance(block, Table):
        rows = [[_cell(cell) for cell in cells] for cells in block.rows]
        return {"caption": block.caption, "head": block.head, "rows": rows, "folded": block.folded}
    return {
        "caption": block.caption,
        "first": block.first,
        "second": block.second,
        "at": block.at,
        "parts": block.parts,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"text": cell.text, "code": cell.code, "sign": sign(cell.mark)}


def sign(mark: Mark | None) -> str:
    """`✓`, `✗`, `–`, or nothing."""
    return mark.value if mark else ""
