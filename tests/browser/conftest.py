"""One JupyterLab and one Chromium for all tests that need them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from labkit.doctor import find_browser
from tests.browser.views import Views

#: Without the background-networking flags Chromium tries to reach hosts that a closed network refuses.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The learner's working folder."""
    return tmp_path_factory.mktemp("learner")


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[str]:
    """The address that `labkit start` prints, once JupyterLab answers. One serves all tests here."""
    command = [sys.executable, "-m", "labkit", "start", "--no-browser", "--port", "0", "--lab-port", "0"]
    settings = str(folder.with_suffix(".settings"))  # not those of whoever runs the tests
    environment = {**os.environ, "LABKIT_SEED": "browser", "JUPYTERLAB_SETTINGS_DIR": settings}
    environment |= {"PYTHONUNBUFFERED": "1", "JUPYTER_CONFIG_PATH": str(_configured(folder))}
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        started = subprocess.Popen(
            [*command, "--dir", str(folder)], stdout=output, stderr=subprocess.STDOUT, env=environment
        )
    try:
        yield _address(log)
    finally:
        started.terminate()
        started.wait(timeout=60)


def _configured(folder: Path) -> Path:
    """A page's own commands, as `jupyterapp.commands`: tests open and run a notebook with them."""
    place = folder.with_suffix(".config")
    place.mkdir()
    (place / "jupyter_lab_config.json").write_text('{"LabApp": {"expose_app_in_browser": true}}')
    return place


def _address(log: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = re.search(r"JupyterLab:\s+(http://127\.0\.0\.1:\S+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.2)
    raise AssertionError(f"`labkit start` printed no address: {log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def views(lab: str, folder: Path, browser: Browser) -> Iterator[Views]:
    """Opens interactive views in that JupyterLab, all in one page."""
    context = browser.new_context(viewport={"width": 1280, "height": 1900})
    opened = Views(context.new_page(), lab, folder)
    yield opened
    context.close()
    assert opened.left_the_machine == []
