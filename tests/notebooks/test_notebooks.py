"""The notebooks as files, and with their exercises solved; nbval compares their outputs elsewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from labkit import course
from labkit.cli.checks import NOTEBOOK_ENVIRONMENT
from labkit.environment import without_account
from labkit.show.interactive.gallery import VIEWS

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
#: `00-…` is an appendix: no stage of the course, and without exercises.
STAGES = [path for path in NOTEBOOKS if not path.name.startswith("00")]
names = pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

_JWT = re.compile(r"eyJ[\w-]{20,}\.[\w-]{20,}\.")
_ACCESS_KEY = re.compile(r"\b(?:ASIA|AKIA)[A-Z0-9]{16}\b")


def _notebook(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _cells(path: Path, kind: str = "code") -> list[Any]:
    return [cell for cell in _notebook(path).cells if cell.cell_type == kind]


def test_there_are_eleven_notebooks_and_a_gallery() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "00-gallery",
        "01-who-are-you",
        "02-tokens",
        "03-what-can-you-do",
        "04-four-steps",
        "05-policy-decisions",
        "06-sign-in-flows",
        "07-groups-roles-and-tags",
        "08-oauth-and-managed-login",
        "09-federation",
        "10-iot-connect",
        "11-iot-things-and-policies",
    ]


@names
def test_the_first_cell_is_the_same_everywhere_but_for_its_checkpoint(path: Path) -> None:
    source = re.sub(r'checkpoint\(account, "[a-z-]+"\)', "checkpoint(account, …)", _cells(path)[0].source)
    assert source == (
        "from labkit import course, open_account, provision, show\n\n"
        "account = open_account()\nlab = provision.checkpoint(account, …)\naccount"
    )


@every_notebook
def test_cells_are_short_and_words_are_few(path: Path) -> None:
    assert max(len(cell.source.splitlines()) for cell in _cells(path)) <= 8
    assert sum(len(cell.source.split()) for cell in _cells(path, "markdown")) <= 600


@names
def test_every_notebook_has_a_designed_failure_and_an_exercise(path: Path) -> None:
    sources = "\n".join(cell.source for cell in _cells(path))
    assert "course.refused(" in sources or "show.attempt(" in sources
    assert re.search(rf'course\.exercise\("{path.stem[:2]}[a-z]?"\)\.check\(', sources)


@every_notebook
def test_no_stored_output_holds_a_token_or_an_access_key(path: Path) -> None:
    stored = [str(cell.outputs) for cell in _cells(path) if cell.outputs]
    assert len(stored) > (10 if path in STAGES else 0), "outputs are stored"
    outputs = "\n".join(stored)
    assert not _JWT.search(outputs)
    assert not _ACCESS_KEY.search(outputs)
    assert "widgets" not in _notebook(path).metadata
    assert "vnd.jupyter.widget-view" not in outputs, "what is stored is the fallback"


def test_the_gallery_shows_every_interactive_view() -> None:
    shown = [
        name
        for cell in _cells(NOTEBOOKS[0])
        for name in re.findall(r'^show\.gallery\("(\w+)"\)$', cell.source, re.MULTILINE)
    ]
    assert tuple(shown) == VIEWS


def _tagged(notebook: Any, tag: str) -> list[Any]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


@names
@pytest.mark.notebooks
def test_it_runs_with_its_exercises_solved(path: Path) -> None:
    notebook = _notebook(path)
    checks = _tagged(notebook, "exercise-check")
    for stub, check in zip(_tagged(notebook, "exercise"), checks, strict=True):
        assert "✗" in check.outputs[0].data["text/plain"], "what is stored is unsolved"
        name = re.search(r'course\.exercise\("(\w+)"\)', check.source)
        assert name
        stub.source = course.exercise(name[1]).solution

    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=60, resources=resources)
    client.execute(env={**without_account(os.environ), **NOTEBOOK_ENVIRONMENT})

    assert checks
    assert all("✓ Solved" in check.outputs[0].data["text/plain"] for check in checks)
