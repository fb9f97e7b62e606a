"""The contracts of pyproject.toml hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = (
    "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as lint; lint()"
)

UPWARD = [
    ("errors.py", "import labkit.record", "Nothing imports upward BROKEN"),
    ("local/clock.py", "import labkit.cli", "Nothing imports upward BROKEN"),
    (
        "flow/__init__.py",
        "import labkit.local.clock",
        "neither which account it runs on nor how results look BROKEN",
    ),
    ("policy/__init__.py", "import labkit.resources", "no accounts and no wire formats BROKEN"),
    ("show/__init__.py", "import boto3", "A face never makes an AWS call BROKEN"),
    ("record.py", "import socket", "The nouns and the protocols are pure BROKEN"),
    ("saml.py", "import botocore", "The nouns and the protocols are pure BROKEN"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its contracts, to break."""
    shutil.copytree(ROOT / "labkit", tmp_path / "labkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_every_contract_is_kept(copy: Path) -> None:
    code, output = lint(copy)
    assert (code, "0 broken" in output) == (0, True), output


@pytest.mark.parametrize("module, planted, verdict", UPWARD)
def test_an_import_that_leaves_its_room_is_found(copy: Path, module: str, planted: str, verdict: str) -> None:
    with (copy / "labkit" / module).open("a", encoding="utf-8") as source:
        source.write(f"\n{planted}\n")
    code, output = lint(copy)
    assert code == 1, output
    assert verdict in output


def test_a_new_module_without_a_floor_is_found(copy: Path) -> None:
    (copy / "labkit" / "attic.py").write_text("")
    code, output = lint(copy)
    assert code == 1, output
    assert "labkit.attic" in output
