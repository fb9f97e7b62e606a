"""Blocks as HTML that reads in JupyterLab, light and dark, and on GitHub, which drops all styles.

Meaning is in the elements and the signs; the inline styles only make it pleasant. Text takes the
page's own colour; what has a colour of its own brings its background with it, so that it can be
read on any page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from labkit.show.blocks import Block, Cell, Comparison, Grid, Label, Mark, Note, Pieces, Sign, Table, clean

#: JupyterLab sets cells to the right; identifiers may break anywhere, names may not.
_NAME = "text-align:left;vertical-align:top;padding:.3em .8em .3em 0"
_CELL = f"{_NAME};overflow-wrap:anywhere;min-width:10ch"
#: JupyterLab paints code grey, which breaks up where a value has several lines.
_CODE = "background:none;padding:0"
_HEAD = f"{_NAME};border-bottom:1px solid var(--jp-border-color0,#8c959f)"
_CAPTION = "caption-side:top;text-align:left;font-weight:bold;padding:.3em 0;color:inherit"
_SIDE = "text-align:left;vertical-align:bottom;padding:.2em .5em .2em 0;font-weight:normal"
_SIGN = "text-align:center;border:1px solid var(--jp-layout-color0,#fff)"
_TABLE = "border-collapse:collapse;margin:.2em 0 1em;font-size:.95em"

#: Characters of a grid's head that stand beside one another.
_LINE = 90

#: Background and text of a mark: at least 7:1, told apart by colour-blind readers, never without its sign.
BADGES = {
    Mark.ALLOW: ("#d4edda", "#0b3d1d"),
    Mark.DENY: ("#fde2d4", "#6b1d00"),
    Mark.NEITHER: ("#e3e6ea", "#24292f"),
}

#: Light backgrounds of pieces that follow one another: dark text on each has 10:1 and more.
_PIECES = ("#e3e6ea", "#d4edda", "#fff3c4", "#d6e8fa", "#fde2d4", "#e8dcf5")


def quoted(value: str) -> str:
    """`value` as HTML or XML text, its secrets masked."""
    return escape(clean(value), quote=True)


def prose(value: str) -> str:
    """`value` as HTML, its lines apart, what stands in backticks as code."""
    return re.sub("`([^`<]+)`", r"<code>\1</code>", _lines(value))


def _lines(value: str) -> str:
    return "<br/>".join(quoted(line) for line in value.split("\n"))


def render(title: str, blocks: Iterable[Block]) -> str:
    """One `<div>` with the title and the blocks."""
    heading = f'<p style="font-size:1.1em"><strong>{quoted(title)}</strong></p>' if title else ""
    return f"<div>{heading}{''.join(_block(block) for block in blocks)}</div>"


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _folded(block) if block.folded else _table(block)
    if isinstance(block, Comparison):
        return _comparison(block)
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Pieces):
        return _pieces(block)
    return _note(block) if isinstance(block, Note) else block.svg + _folded(block.table)


def _note(note: Note) -> str:
    source = f' <a href="{escape(note.source)}">Source</a>' if note.source else ""
    return f"<p>{_badge(note.text, note.mark) if note.mark else prose(note.text)}{source}</p>"


def _comparison(block: Comparison) -> str:
    """The runs that differ are bold; the caret points at the first, for whoever sees no bold."""
    width = max(len(block.first[0]), len(block.second[0]))
    rows = [
        f"{quoted(name.ljust(width))} {''.join(_run(part[0], part[side]) for part in block.parts)}"
        for side, (name, _) in ((1, block.first), (2, block.second))
    ]
    pointer = f"{' ' * width} {' ' * block.at}^ character {block.at + 1}"
    lines = "\n".join([*rows, pointer])
    return f'<p>{prose(block.caption)}</p><pre style="overflow-x:auto">{lines}</pre>'


def _pieces(block: Pieces) -> str:
    """The numbers tell the pieces apart for whoever sees no colours."""
    runs = (
        f'<mark style="background:{_PIECES[at % len(_PIECES)]};color:#1f2328;padding:.1em .15em">'
        f"<sup>{at + 1}</sup>{quoted(piece)}</mark>"
        for at, piece in enumerate(block.pieces)
    )
    style = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9"
    return f'<p>{prose(block.caption)}</p><pre style="{style}">{"".join(runs)}</pre>'


def _run(tag: str, value: str) -> str:
    return quoted(value) if tag == "equal" or not value else f"<b>{quoted(value)}</b>"


def _folded(table: Table) -> str:
    summary = f'<summary style="cursor:pointer">{quoted(table.caption)}</summary>'
    return f"<details>{summary}{_table(table)}</details>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col" style="{_HEAD}">{quoted(name)}</th>' for name in table.head)
    body = "".join(f"<tr>{_row(cells)}</tr>" for cells in table.rows)
    return (
        f'<table style="{_TABLE}"><caption style="{_CAPTION}">{quoted(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _grid(grid: Grid) -> str:
    """The names across stand upright where they would make the columns too wide."""
    down, across = grid.kinds
    upright = sum(len(label.text) for label in grid.across) > _LINE
    head = "".join(_side(label, "col", _upright(label.text) if upright else "") for label in grid.across)
    body = "".join(
        f"<tr>{_side(label, 'row')}{''.join(map(_sign, signs))}</tr>"
        for label, signs in zip(grid.down, grid.signs, strict=True)
    )
    corner = f'<th scope="col" style="{_SIDE};white-space:nowrap">{quoted(f"{down} ↓ {across} →")}</th>'
    # The caption may be wider than a table of few columns.
    caption = f'<caption style="{_CAPTION};white-space:nowrap">{quoted(grid.caption)}</caption>'
    return (
        f'<table style="{_TABLE}">{caption}'
        f"<thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _side(label: Label, scope: str, content: str = "") -> str:
    text = content or quoted(label.text)
    return f'<th scope="{scope}" title="{quoted(label.full)}" style="{_SIDE}">{text}</th>'


def _upright(text: str) -> str:
    return f'<div style="writing-mode:vertical-rl;transform:rotate(180deg)">{quoted(text)}</div>'


def _sign(sign: Sign) -> str:
    background, colour = BADGES[sign.mark]
    style = f"background:{background};color:{colour};{_SIGN}"
    said = f"{sign.mark.value} {sign.text}".rstrip()
    return (
        f'<td style="{style}"><span role="img" aria-label="{quoted(sign.meaning)}">{quoted(said)}</span></td>'
    )


def _row(cells: tuple[Cell, ...]) -> str:
    first, *rest = cells
    style = _CELL if "://" in first.text else _NAME  # SAML names attributes by addresses
    name = f'<th scope="row" style="{style}">{_content(first)}</th>'
    others = (f'<td style="{_NAME if cell.mark else _CELL}">{_content(cell)}</td>' for cell in rest)
    return name + "".join(others)


def _content(cell: Cell) -> str:
    if cell.mark:
        return _badge(cell.text, cell.mark)
    if not (cell.code and cell.text):
        return prose(cell.text)
    return f'<code style="{_CODE}">{_lines(cell.text)}</code>'


def _badge(value: str, mark: Mark) -> str:
    background, colour = BADGES[mark]
    style = (
        f"background:{background};color:{colour};padding:.1em .4em;border-radius:.3em;display:inline-block"
    )
    return f'<span style="{style}">{mark.value}&#160;{_lines(value)}</span>'
