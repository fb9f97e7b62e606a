"""AWS's own JavaScript clients, unmodified, by Node's own test runner (tests/clients/js)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.served import Lab, Served

pytestmark = [pytest.mark.clients]

FOLDER = Path(__file__).parent / "js"
NODE = shutil.which("node")


def missing() -> str:
    """What this machine lacks, in one sentence; empty if nothing."""
    if NODE is None:
        return "Node.js is missing: install it (with npm), then run `labkit test`"
    if not (FOLDER / "node_modules").is_dir():
        return (
            f"the packages are missing: run `npm install --no-package-lock` in `{FOLDER}`, or `labkit test`"
        )
    return ""


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_the_javascript_client_works_unmodified(file: str, served: Served, lab: Lab) -> None:
    if lack := missing():
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(lack)
        pytest.skip(lack)
    environment = served.process_environment | lab.environment
    done = subprocess.run(
        [NODE or "node", "--test", "--test-force-exit", "--test-reporter=spec", file],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
