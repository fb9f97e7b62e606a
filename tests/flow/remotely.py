"""A notebook on a real account, played by a local one: a person agrees to changes, and they take time.

What a cell opens as `local` is a local account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest

import labkit
from labkit.account import Account, open_account

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@dataclass
class Run:
    """What came of it."""

    account: Account
    #: The names that the cells made.
    cell: dict[str, Any] = field(default_factory=dict)
    #: What the person was asked, and how long was waited for changes to reach every part of AWS.
    questions: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def run(name: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Every code cell of `notebooks/NAME.ipynb`, one after the other."""
    questions: list[str] = []

    def agrees(question: str) -> bool:
        questions.append(question)
        return True

    found = Run(open_account("aws", profile="workshop", confirm=agrees), questions=questions)
    monkeypatch.setattr("time.sleep", found.waits.append)
    monkeypatch.setattr(labkit, "open_account", lambda *kind: open_account(*kind) if kind else found.account)
    notebook: Any = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    for source in (each.source for each in notebook.cells if each.cell_type == "code"):
        exec(source, found.cell)
    return found
