"""The views' scripts under Node's own test runner, with a fake model and a small DOM (tests/show/js)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labkit.show.interactive.gallery import VIEWS, gallery
from labkit.show.interactive.widget import Interactive

FOLDER = Path(__file__).parent / "js"
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages of the gallery's views get, a file each."""
    folder = tmp_path_factory.mktemp("samples")
    for name in VIEWS:
        state = gallery(name).views[0].get_state(list(Interactive.OWN))
        (folder / f"{name}.json").write_text(json.dumps(state), encoding="utf-8")
    return folder


def missing() -> str:
    """What this machine lacks, in one sentence; empty if nothing."""
    if NODE is None:
        return "Node.js is missing: install it (with npm), then run `labkit test`"
    if not (FOLDER / "node_modules").is_dir():
        return f"packages are missing: run `npm install --no-package-lock` in `{FOLDER}`, or `labkit test`"
    return ""


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_the_page_does_what_it_should(file: str, samples: Path) -> None:
    if lack := missing():
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(lack)
        pytest.skip(lack)
    done = subprocess.run(
        [NODE or "node", "--test", "--test-reporter=spec", file],
        cwd=FOLDER,
        env={**os.environ, "LABKIT_SAMPLES": str(samples)},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "ℹ pass 0" not in done.stdout
