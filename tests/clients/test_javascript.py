"""AWS's own JavaScript clients, unmodified, by Node's own test runner (tests/clients/js)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.iot import Person
from tests.clients.riddle import TRIGGERS, arn
from tests.clients.served import Lab, Served, serve

pytestmark = [pytest.mark.clients]

FOLDER = Path(__file__).parent / "js"
NODE = shutil.which("node")


def missing(package: str = "") -> str:
    """What this machine lacks, in one sentence; empty if nothing."""
    if NODE is None:
        return "Node.js is missing: install it (with npm), then run `labkit test`"
    if not (FOLDER / "node_modules" / package).is_dir():
        return (
            f"the packages are missing: run `npm install --no-package-lock` in `{FOLDER}`, or `labkit test`"
        )
    return ""


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_the_javascript_client_works_unmodified(file: str, served: Served, lab: Lab) -> None:
    run(file, served.process_environment | lab.environment)


def test_the_javascript_clients_solve_a_riddle(lab: Lab, tmp_path: Path) -> None:
    """The functions of a pool run in the account's own program, so this account is another one."""
    with serve(tmp_path, ["tests.clients.riddle"]) as account:
        functions = {"LAB_LAMBDA_CONFIG": json.dumps({name: arn(name) for name in TRIGGERS})}
        run("riddle/custom-auth.test.js", account.process_environment | lab.environment | functions)


def test_mqtt_js_works_unmodified(ann: Person, ben: Person, served: Served) -> None:
    people = [_camel(person.keys()) | {"identityId": person.identity_id} for person in (ann, ben)]
    run("iot/mqtt.test.js", served.process_environment | {"IOT_PEOPLE": json.dumps(people)})


def _camel(keys: Mapping[str, str]) -> dict[str, str]:
    """The credentials as JavaScript names them."""
    names = {"access_key_id": "accessKeyId", "secret_access_key": "secretAccessKey"}
    return {names.get(name, "sessionToken"): value for name, value in keys.items()}


def require_packages(package: str = "") -> None:
    """Skip the test, or in CI fail it, where something is missing."""
    if lack := missing(package):
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(lack)
        pytest.skip(lack)


def run(file: str, environment: dict[str, str]) -> None:
    require_packages()
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
