"""`labkit test`: everything that CI runs, one step after the other."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labkit import doctor
from labkit.environment import without_account
from labkit.errors import LabError

#: With these, notebooks give the same ids, tokens and times on every machine.
NOTEBOOK_ENVIRONMENT = {"LABKIT_SEED": "notebooks", "LABKIT_CLOCK": "2026-01-01T09:00:00Z"}

#: A zone 12:45 h ahead of UTC finds local time where UTC belongs. Windows knows no IANA names in TZ.
FAR_ZONE = "CHA-12:45" if sys.platform == "win32" else "Pacific/Chatham"

_TOOLS = ("ruff", "mypy", "importlinter", "pytest", "nbval")


@dataclass(frozen=True)
class Step:
    """One check: a command, or the sentence that says what it lacks on this machine."""

    title: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    #: What to install; the step is then left out, and fails under CI.
    missing: str = ""


def run(options: Namespace) -> int:
    """Run every step, also after one failed; 1 if any did. pytest comes last, so its summary does too."""
    root = clone()
    failed: list[str] = []
    *first, last = steps(root, options.rest)
    for step in first:
        _heading(step.title)
        if not _passes(step, root):
            failed.append(step.title)
    if failed:
        _heading(f"failed so far: {', '.join(failed)}")
    _heading(last.title)
    return 0 if _passes(last, root) and not failed else 1


def clone() -> Path:
    """The root of the clone that labkit runs from. Raises `LabError` for another installation."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file() or not (root / "tests").is_dir():
        raise LabError(
            'the tests are in the clone only: go there and run `python -m pip install -e ".[test]"` first'
        )
    absent = [tool for tool in _TOOLS if importlib.util.find_spec(tool) is None]
    if absent:
        raise LabError(f'`{absent[0]}` is not installed: run `python -m pip install -e ".[test]"` first')
    return root


def steps(root: Path, pytest_args: tuple[str, ...] = ()) -> list[Step]:
    """What `labkit test` runs, in this order."""
    python = sys.executable
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return [
        Step("ruff check", (python, "-m", "ruff", "check", ".")),
        Step("ruff format", (python, "-m", "ruff", "format", "--check", ".")),
        Step("mypy", (python, "-m", "mypy")),
        Step("import-linter", (python, "-c", lint_imports, "--no-logo")),
        *(_notebooks(zone) for zone in ("UTC", FAR_ZONE)),
        *_javascript(root),
        _browser(),
        Step("pytest", (python, "-m", "pytest", "-m", "not browser", *pytest_args)),
    ]


def _notebooks(zone: str) -> Step:
    return Step(
        f"notebooks, TZ={zone}",
        (sys.executable, "-m", "pytest", "-q", "--nbval", "notebooks"),
        NOTEBOOK_ENVIRONMENT | {"TZ": zone},
    )


def _browser() -> Step:
    title, missing = "JupyterLab in Chromium", ""
    if doctor.find_browser() is None:
        missing = "Chromium is missing: install it (Debian: `apt-get install chromium`) to run tests/browser"
    elif importlib.util.find_spec("playwright") is None:
        missing = "Playwright is missing: `python -m pip install playwright` to run tests/browser"
    command = (sys.executable, "-m", "pytest", "-q", "-m", "browser", "tests/browser")
    return Step(title, command, missing=missing)


def _javascript(root: Path) -> list[Step]:
    """Install what tests/clients and tests/show run under Node.js; pytest then runs them."""
    npm = shutil.which("npm")  # the whole path, because Windows has `npm.cmd`
    missing = "" if npm else "Node.js is missing: install it (with npm) to run the JavaScript tests"
    command = (npm or "npm", "install", "--no-package-lock", "--no-audit", "--no-fund")
    folders = (root / "tests" / room / "js" for room in ("clients", "show"))
    return [
        Step(f"npm install, tests/{folder.parent.name}/js", command, folder=folder, missing=missing)
        for folder in folders
        if (folder / "package.json").is_file()
    ]


def _passes(step: Step, root: Path) -> bool:
    if step.missing:
        print(step.missing, flush=True)
        return os.environ.get("CI", "").lower() not in ("1", "true", "yes")
    environment = {**without_account(os.environ), **step.environment}
    return subprocess.run(step.command, cwd=step.folder or root, env=environment, check=False).returncode == 0


def _heading(title: str) -> None:
    print(f"\n── {title} {'─' * max(4, 76 - len(title))}", flush=True)
