"""One JupyterLab, one account with an app beside it, and one Chromium for all tests that need them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from labkit.doctor import find_browser
from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from tests.browser.person import Person
from tests.browser.views import Views

# A busy machine is no fault of a page's. Milliseconds.
expect.set_options(timeout=30_000)

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


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[LocalApp, Server]]:
    account = create_app(account_id="777788889999")
    with Server(account) as server:
        yield account, server


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """Where an app stands: below /frame it shows another page, by its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            framed = self.path.partition("/frame?")[2]
            body = f'<iframe src="{escape(framed)}" width="600" height="600"></iframe>' if framed else "back"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>app</title>{body}".encode())

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def looked_at() -> set[str]:
    return set()


@pytest.fixture(params=["scripted", "scriptless"])
def person(request: pytest.FixtureRequest) -> Person:
    """Somebody in either browser."""
    return cast(Person, request.getfixturevalue(request.param))


@pytest.fixture
def scripted(browser: Browser, looked_at: set[str]) -> Iterator[Person]:
    """Somebody in a browser of their own, whose pages are found good at the end."""
    yield from _somebody(browser, looked_at, scripts=True)


@pytest.fixture
def scriptless(browser: Browser, looked_at: set[str]) -> Iterator[Person]:
    """Somebody whose browser runs no script of a page's."""
    yield from _somebody(browser, looked_at, scripts=False)


def _somebody(browser: Browser, looked_at: set[str], *, scripts: bool) -> Iterator[Person]:
    context = browser.new_context(java_script_enabled=scripts)
    someone = Person(context.new_page(), looked_at, scripts=scripts)
    yield someone
    context.close()
    assert someone.faults == []
