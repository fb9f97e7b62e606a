"""What views are made of: notes, tables, grids and drawings, free of any markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from labkit.record import mask


class Mark(Enum):
    """A sign that carries its meaning without colour."""

    ALLOW = "✓"
    DENY = "✗"
    NEITHER = "–"


@dataclass(frozen=True)
class Cell:
    """One cell of a table: some text, shown as code where `code` is set, after its mark if any."""

    text: str
    code: bool = False
    mark: Mark | None = None


@dataclass(frozen=True)
class Note:
    """A paragraph. `mark` makes it a verdict; `source` is the page that says so."""

    text: str
    mark: Mark | None = None
    source: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption; the first cell of every row names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    #: Folded away in HTML until the reader opens it; in full in the text form.
    folded: bool = False


@dataclass(frozen=True)
class Label:
    """A name on the side of a grid: as it stands there, and in full."""

    text: str
    full: str


@dataclass(frozen=True)
class Sign:
    """One place of a grid: its mark, perhaps with a word beside it, and what that means in words."""

    mark: Mark
    meaning: str
    text: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of signs: what stands down against what stands across."""

    caption: str
    #: What the names on the two sides are: `action`, `resource` …
    kinds: tuple[str, str]
    down: tuple[Label, ...]
    across: tuple[Label, ...]
    signs: tuple[tuple[Sign, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """An SVG picture, and the same content as lines of text and as a table."""

    svg: str
    text: str
    table: Table


@dataclass(frozen=True)
class Comparison:
    """Two texts under each other, and a mark below the character from which on they differ."""

    caption: str
    #: What stands before each text, and the text itself.
    first: tuple[str, str]
    second: tuple[str, str]
    #: Index of the second text's first character that differs.
    at: int
    #: Runs of both texts: (tag, the first's, the second's); the tag `equal` marks what is the same.
    parts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Pieces:
    """One long text in numbered pieces, each with a background of its own; a table says what each is."""

    caption: str
    pieces: tuple[str, ...]


Block = Note | Table | Grid | Drawing | Comparison | Pieces

#: Three or more base64url parts that begin like a JOSE header (`{"` is `eyJ`): a JWS or a JWE.
_JWT = re.compile(r"eyJ[\w-]*(?:\.[\w-]*){2,4}")
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_ACCESS_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b")
#: Would change how the text around it reads (C0 and C1 controls, and the Unicode bidi controls).
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(value: str) -> str:
    """`value` without anything that may not be shown: raw tokens, access key ids, control characters."""
    value = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value)
    for secret in (_JWT, _ACCESS_KEY_ID):
        value = secret.sub(lambda found: mask(found.group()), value)
    return value


def row(name: str, *cells: Cell | str) -> tuple[Cell, ...]:
    """A table row: `name` as its header, then `cells` (plain strings become plain cells)."""
    return (Cell(name), *(Cell(cell) if isinstance(cell, str) else cell for cell in cells))
