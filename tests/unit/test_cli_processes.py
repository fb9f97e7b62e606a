"""`labkit serve` and `labkit start` as a person runs them: real processes, signals, files."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from labkit import workspace
from labkit.cli.ports import any_free

pytestmark = [pytest.mark.enable_socket]

#: What ends a process on purpose. Windows has no SIGTERM to receive; Ctrl-Break is its way.
STOPS = [
    getattr(signal, name) for name in (["CTRL_BREAK_EVENT"] if os.name == "nt" else ["SIGTERM", "SIGINT"])
]


@contextmanager
def labkit(
    *arguments: str, folder: Path, environment: Mapping[str, str] = {}
) -> Iterator[subprocess.Popen[str]]:
    """A running `labkit` whose output goes to `folder/out`; killed with the block if it still runs."""
    with (folder / "out").open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONUTF8": "1", **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def printed(process: subprocess.Popen[str], folder: Path, pattern: str, within: float = 30) -> re.Match[str]:
    """Wait for a line of output."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        text = (folder / "out").read_text(encoding="utf-8")
        if found := re.search(pattern, text):
            return found
        assert process.poll() is None, text
        time.sleep(0.05)
    raise AssertionError(f"no `{pattern}` in {text}")


def variables(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("stop", STOPS)
def test_serve_writes_the_env_file_serves_any_sdk_and_stops_on_a_signal(tmp_path: Path, stop: int) -> None:
    with labkit("serve", "--port", "0", "--env-file", "a.env", folder=tmp_path) as process:
        printed(process, tmp_path, "Ctrl-C stops it")
        found = variables(tmp_path / "a.env")
        assert {
            "AWS_ENDPOINT_URL",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_REGION",
        } <= found.keys()
        assert pools(found) == "[]\n"
        process.send_signal(stop)
        assert process.wait(15) == 0
    output = (tmp_path / "out").read_text(encoding="utf-8")
    assert found["AWS_ENDPOINT_URL"] in output
    assert found["AWS_SECRET_ACCESS_KEY"] not in output
    assert not listens(found["AWS_ENDPOINT_URL"])


def test_serve_answers_over_https_too_if_a_port_is_named(tmp_path: Path) -> None:
    with labkit(
        "serve", "--port", "0", "--https-port", "0", "--env-file", "a.env", folder=tmp_path
    ) as process:
        printed(process, tmp_path, "Ctrl-C stops it")
        found = variables(tmp_path / "a.env")
        address = found["LABKIT_HTTPS_URL"]
        assert address.startswith("https://localhost:")
        context = ssl.create_default_context(cafile=tmp_path / "a-iot-ca.pem")
        with urllib.request.urlopen(f"{address}/_labkit/health", timeout=10, context=context) as answer:
            over_https = json.loads(answer.read())
        assert over_https == json.loads(read(f"{found['AWS_ENDPOINT_URL']}/_labkit/health"))
        process.send_signal(STOPS[0])
        assert process.wait(15) == 0
    assert f"{found['AWS_ENDPOINT_URL']} and {address}" in (tmp_path / "out").read_text(encoding="utf-8")
    assert not listens(address)


def test_serve_tells_its_iot_endpoint_and_takes_it_away_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "my lab"
    folder.mkdir()
    with labkit("serve", "--port", "0", "--env-file", "a.env", folder=folder) as process:
        printed(process, folder, "Ctrl-C stops it")
        found = variables(folder / "a.env")
        authority = folder / "a-iot-ca.pem"
        assert found["AWS_IOT_CA"] == shlex.quote(str(authority))
        health = json.loads(read(f"{found['AWS_ENDPOINT_URL']}/_labkit/health"))["iot"]
        named: dict[str, Any] = {
            "host": found["AWS_IOT_ENDPOINT"],
            "port": int(found["AWS_IOT_PORT"]),
            "tls_port": int(found["AWS_IOT_TLS_PORT"]),
        }
        assert named == health
        assert authority.read_text() == read(f"{found['AWS_ENDPOINT_URL']}/_labkit/iot/ca.pem")
        context = ssl.create_default_context(cafile=authority)
        with (
            socket.create_connection(("127.0.0.1", named["port"]), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=named["host"]) as secure,
        ):
            secure.sendall(b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert secure.recv(1024).startswith(b"HTTP/1.1 426 ")
        process.send_signal(STOPS[0])
        assert process.wait(15) == 0
    for port in ("AWS_IOT_PORT", "AWS_IOT_TLS_PORT"):
        assert not listens(f"http://127.0.0.1:{found[port]}")
    assert "PRIVATE" not in authority.read_text()


def test_an_account_that_is_killed_leaves_its_iot_ports_to_the_next(tmp_path: Path) -> None:
    ports = ["--port", "0", "--iot-port", str(any_free()), "--iot-tls-port", str(any_free())]
    for _ in range(2):
        with labkit("serve", *ports, "--env-file", "a.env", folder=tmp_path) as process:
            printed(process, tmp_path, "Ctrl-C stops it")
            found = variables(tmp_path / "a.env")
            assert [found["AWS_IOT_PORT"], found["AWS_IOT_TLS_PORT"]] == ports[3::2]
            process.kill()
            process.wait()


def pools(variables: Mapping[str, str]) -> str:
    """What plain boto3 finds in the account, with nothing else set."""
    program = "import boto3; print(boto3.client('cognito-idp').list_user_pools(MaxResults=1)['UserPools'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_seed_makes_the_same_keys_again_and_another_seed_others(tmp_path: Path) -> None:
    keys = []
    for number, (arguments, environment) in enumerate(
        [(["--seed", "one"], {}), ([], {"LABKIT_SEED": "one"}), (["--seed", "two"], {"LABKIT_SEED": "one"})]
    ):
        name = f"{number}.env"
        with labkit(
            "serve", "--port", "0", "--env-file", name, *arguments, folder=tmp_path, environment=environment
        ) as process:
            printed(process, tmp_path, "Ctrl-C stops it")
            keys.append(variables(tmp_path / name)["AWS_ACCESS_KEY_ID"])
    assert keys[0] == keys[1] != keys[2]


def test_the_clock_stands_still_where_it_was_set_and_advances_from_another_terminal(tmp_path: Path) -> None:
    fixed = ["--clock", "2026-01-01T09:00:00Z"]
    with labkit("serve", "--port", "0", "--env-file", "a.env", *fixed, folder=tmp_path) as process:
        printed(process, tmp_path, "Ctrl-C stops it")
        environment = {**os.environ, **variables(tmp_path / "a.env")}

        def ask(*arguments: str) -> str:
            command = [sys.executable, "-m", "labkit", *arguments]
            return subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
            ).stdout

        assert ask("clock") == "2026-01-01T09:00:00Z\n"
        assert ask("clock", "advance", "1h") == "2026-01-01T10:00:00Z\n"
        assert ask("clock", "show") == "2026-01-01T10:00:00Z\n"
        assert ask("outbox") == "The outbox is empty.\n"


@pytest.mark.parametrize("option", ["--port", "--iot-port", "--iot-tls-port"])
def test_serve_refuses_a_port_in_use_and_writes_no_env_file(tmp_path: Path, option: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "labkit", "serve", option, number, "--env-file", "a.env"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert re.fullmatch(rf"labkit: port `{number}` is in use.*\n", done.stderr)
    assert not (tmp_path / "a.env").exists()


@pytest.mark.timeout(180)
def test_start_opens_jupyterlab_on_the_first_notebook_and_stops_both(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        url = printed(process, tmp_path, r"http://127\.0\.0\.1:\d+/lab/tree/(\S+)\?token=(\w+)", within=120)
        endpoint = printed(process, tmp_path, r"account is at (\S+)")[1]
        base = url[0].split("/lab/")[0]
        settings = read(f"{base}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={url[2]}")
        assert url[1] == workspace.prepare(tmp_path / "labkit-work").first_notebook
        assert url[1] in read(f"{base}/api/contents?token={url[2]}")
        assert json.loads(settings)["schema"]["properties"]["fetchNews"]["default"] == "false"
        assert listens(endpoint)
        process.send_signal(STOPS[0])
        assert process.wait(30) == 0
    assert not listens(endpoint)
    assert not listens(base)


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform == "win32", reason="reads the process table of POSIX")
def test_the_end_of_jupyterlab_ends_the_account_and_gives_its_exit_code(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        printed(process, tmp_path, "Ctrl-C stops both", within=120)
        endpoint = printed(process, tmp_path, r"account is at (\S+)")[1]
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
        )
        (lab,) = map(int, children.stdout.split())
        os.kill(lab, signal.SIGKILL)
        assert process.wait(15) == 128 + signal.SIGKILL
    assert not listens(endpoint)


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_start_that_is_killed_leaves_neither_jupyterlab_nor_its_kernels(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        url = printed(process, tmp_path, r"(http://\S+)/lab/tree/\S+\?token=(\w+)", within=120)
        printed(process, tmp_path, "Ctrl-C stops both")
        request = urllib.request.Request(f"{url[1]}/api/kernels?token={url[2]}", data=b"{}", method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 201
        (lab,) = psutil.Process(process.pid).children()
        lasting = [lab, *kernels(lab)]
        assert len(lasting) == 2
        _, alive = psutil.wait_procs(lasting, timeout=3)
        assert {*alive} == {*lasting}, "they stay while labkit is there"
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(lasting, timeout=30)
    for child in alive:
        child.kill()
    assert alive == []
    assert not listens(url[1])


def kernels(lab: psutil.Process) -> list[psutil.Process]:
    """JupyterLab's kernels; it also has children that come and go, such as its search for Node.js."""
    return [
        found
        for found in psutil.process_iter(["ppid", "cmdline"])
        if found.info["ppid"] == lab.pid and "ipykernel_launcher" in (found.info["cmdline"] or ())
    ]


@contextmanager
def start(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with labkit("start", "--no-browser", "--port", "0", "--lab-port", "0", folder=folder) as process:
        yield process


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        text: str = response.read().decode()
    return text


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) == 0
