"""tests/local/unreachable.json: errors that AWS documents, and why nothing brings them about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabError

_NAME = "unreachable.json"
_MEMBERS = {"operations", "error", "reason", "page"}


@dataclass(frozen=True)
class Unreachable:
    """One error of one operation that has no occasion."""

    #: `service:Operation`.
    operation: str
    error: str
    reason: str
    #: The address of what the reason rests on.
    page: str


def read(folder: Path) -> tuple[Unreachable, ...]:
    """Every entry of the folder's file, once for each of its operations; none where there is no file."""
    file = folder / _NAME
    entries = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    for entry in entries:
        if entry.keys() != _MEMBERS or not all(entry.values()):
            raise LabError(f"`{json.dumps(entry)}` in `{_NAME}`: expected {', '.join(sorted(_MEMBERS))}")
    return tuple(
        Unreachable(operation, entry["error"], entry["reason"], entry["page"])
        for entry in entries
        for operation in entry["operations"]
    )


def require_true(entry: Unreachable, documented: frozenset[str], shown: frozenset[str]) -> None:
    """Raise LabError for an entry of no error of the operation, or of one that a test shows."""
    if entry.error not in documented:
        raise LabError(
            f"`{_NAME}` has `{entry.error}` of `{entry.operation}`: expected an error that counts for it"
        )
    if entry.error in shown:
        raise LabError(
            f"`{_NAME}` has `{entry.error}` of `{entry.operation}`, but a test shows it: take the entry out"
        )
