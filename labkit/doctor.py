"""`labkit doctor`: what this machine has, and what to do about what it lacks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from importlib import metadata

from packaging.requirements import Requirement

from labkit.environment import interfering

#: The ports that `labkit start` takes first.
PORTS = {4577: "the local account", 8888: "JupyterLab"}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: `ok`, `note` (works without, or only tests need it) or `mend`."""

    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:<4}  {self.text}"


def run(_options: Namespace) -> int:
    """Print every finding; 1 if something needs mending."""
    found = []
    for finding in examine(os.environ):
        print(finding, flush=True)
        found.append(finding)
    return 1 if any(finding.state == "mend" for finding in found) else 0


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at Python, the dependencies, the ports, what only tests need, AWS's variables and the proxy."""
    yield python(sys.version_info[:3])
    yield from dependencies()
    yield from (port(number, use) for number, use in PORTS.items())
    yield browser()
    yield node()
    yield xmlsec1()
    yield from aws_variables(environ)
    yield proxy(environ)


def python(version: tuple[int, ...]) -> Finding:
    text = f"Python {'.'.join(map(str, version))}"
    if (3, 11) <= version[:2] <= (3, 14):
        return Finding("ok", text)
    return Finding("mend", f"{text}: labkit needs 3.11 to 3.14; make a new environment with one of them")


def dependencies(distribution: str = "labkit") -> Iterator[Finding]:
    """One finding for each dependency, from the metadata of the installed `distribution`."""
    try:
        requirements = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        yield Finding(
            "mend", f"{distribution} is not installed: run `python -m pip install -e .` in the clone"
        )
        return
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _dependency(requirement)


def _dependency(requirement: Requirement) -> Finding:
    name, expected = requirement.name, str(requirement.specifier) or "any version"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(
            "mend", f"{name} is missing: run `python -m pip install '{name}{requirement.specifier}'`"
        )
    if requirement.specifier.contains(version, prereleases=True):
        return Finding("ok", f"{name} {version}")
    fix = f"run `python -m pip install '{name}{requirement.specifier}'`"
    return Finding("mend", f"{name} {version}: labkit needs {expected}; {fix}")


def port(number: int, use: str) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex(("127.0.0.1", number)) == 0
    if not taken:
        return Finding("ok", f"port {number} is free for {use}")
    text = f"port {number} is in use: `labkit start` takes another one for {use}"
    if use == "JupyterLab" and is_jupyter(number):
        text += (
            "; a Jupyter server still runs there: `jupyter server list` shows it, "
            f"`jupyter server stop {number}` stops it"
        )
    return Finding("note", text)


def is_jupyter(number: int) -> bool:
    """Whether a Jupyter server answers on 127.0.0.1:`number`; its `/api` tells its version to everybody.

    https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{number}/api", timeout=2) as response:
            found = json.loads(response.read(10_000))
    except (OSError, ValueError, HTTPException):
        return False
    return isinstance(found, dict) and found.keys() == {"version"}


def find_browser() -> str | None:
    """Path of Chromium or Chrome, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


def browser() -> Finding:
    path = find_browser()
    if path:
        return Finding("ok", f"browser {path}")
    return Finding(
        "note", "no Chromium on the path: any browser shows the notebooks, but the browser tests need it"
    )


def node() -> Finding:
    path = shutil.which("node")
    if path and shutil.which("npm"):
        return Finding("ok", f"Node.js {path}")
    return Finding("note", "no Node.js with npm: the notebooks do without, but the JavaScript tests need it")


def xmlsec1() -> Finding:
    path = shutil.which("xmlsec1")
    if path:
        return Finding("ok", f"xmlsec1 {path}")
    return Finding("note", "no xmlsec1 on the path: the notebooks do without, but the pysaml2 tests need it")


def aws_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What an SDK in this shell would do. `labkit start` clears these for its own notebooks."""
    found = [
        Finding("mend", f"`{name}` is set ({why}): unset it") for name, why in interfering(environ).items()
    ]
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if endpoint and not answers(endpoint):
        found.append(
            Finding(
                "mend",
                f"`AWS_ENDPOINT_URL` is `{endpoint}`, where no labkit account answers: "
                "start one with `labkit serve`, or unset it",
            )
        )
    if environ.get("AWS_ACCESS_KEY_ID") and not endpoint:
        found.append(
            Finding(
                "mend",
                "`AWS_ACCESS_KEY_ID` is set without `AWS_ENDPOINT_URL`, so SDKs in this shell call real AWS: "
                "unset it, or set both from `labkit serve --env-file FILE`",
            )
        )
    yield from found or [Finding("ok", "no AWS_* variable interferes")]


def answers(endpoint: str) -> bool:
    """Whether a labkit account answers at `endpoint`."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint.rstrip('/')}/_labkit/health", timeout=3) as response:
            return response.status == 200 and b'"labkit"' in response.read(10_000)
    except (OSError, ValueError, urllib.error.URLError):
        return False


def proxy(environ: Mapping[str, str]) -> Finding:
    """Whether requests to 127.0.0.1 would be sent to a proxy, which cannot reach it."""
    names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    name = next((name for name in names if environ.get(name)), None)
    exempt = (environ.get("NO_PROXY") or environ.get("no_proxy") or "").replace(" ", "").split(",")
    if name is None or "*" in exempt or "127.0.0.1" in exempt:
        return Finding("ok", "no proxy stands before 127.0.0.1")
    return Finding("mend", f"`{name}` is set: add `127.0.0.1,localhost` to `NO_PROXY`")
