"""The servers that are compared, each in a process of its own on 127.0.0.1."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60


@dataclass(frozen=True)
class Subject:
    """One server under test: how to start it, and the keys that it takes at first."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Written by the server on its first line, or the same for everyone.
    keys: tuple[str, str] | None = ("test", "test")
    #: Text by the name of a file that the server reads: in a `{folder}` of its own, with its `{port}`.
    files: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Running:
    """A subject that accepts connections."""

    endpoint: str
    keys: tuple[str, str] = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)

    def client(self, service: str) -> Any:
        """A plain boto3 client."""
        return client(service, self.endpoint, self.keys)


def client(service: str, endpoint: str, keys: tuple[str, str]) -> Any:
    """A plain boto3 client. One attempt a call: a retry would hide an error in the time."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        config=Config(retries={"total_max_attempts": 1}),
    )


def labkit(server: str = "cheroot") -> Subject:
    """The local account under `cheroot`, `werkzeug` or `werkzeug-1.1` (with keep-alive)."""
    name = "labkit" if server == "cheroot" else f"labkit/{server}"
    return Subject(name, (sys.executable, "-m", "bench.serve", server, "{port}"), keys=None)


def moto() -> Subject:
    """Bare moto over its own server."""
    return Subject("moto", (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "{port}"))


def ministack(python: str = sys.executable) -> Subject:
    """MiniStack with its checks on; its MQTT and SFTP listeners off, which nothing here uses."""
    environment = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "{port}", "AUTH": "true"}
    environment |= {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    return Subject("MiniStack", (python, "-m", "ministack"), environment)


def has_moto() -> bool:
    """Whether moto's own server can run: it needs Flask, which the account does without."""
    return all(importlib.util.find_spec(name) for name in ("flask", "flask_cors"))


def ministack_of(python: str) -> Iterator[Subject]:
    """MiniStack, if that interpreter has it; a line says where not."""
    if has_module(python, "ministack"):
        yield ministack(python)
    else:
        print("MiniStack is left out: name an interpreter that has it with `--ministack`")


def has_module(python: str, name: str) -> bool:
    """Whether there is that interpreter, and it has a module."""
    command = [python, "-c", f"import {name}"]
    return (
        shutil.which(python) is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


@contextmanager
def running(subject: Subject) -> Iterator[Running]:
    """`subject` in a fresh process, from its first accepted connection to the end of the block."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = _started(subject, port, Path(folder))
        try:
            _wait(process, port)
            yield Running(f"http://127.0.0.1:{port}", subject.keys or _keys(process), process)
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def _started(subject: Subject, port: int, folder: Path) -> subprocess.Popen[str]:
    def filled(text: str) -> str:
        return text.replace("{port}", str(port)).replace("{folder}", str(folder))

    for name, text in subject.files.items():
        (folder / name).write_text(filled(text), encoding="utf-8")
        (folder / name).chmod(0o600)
    environment = {name: filled(value) for name, value in subject.environment.items()}
    return subprocess.Popen(
        [filled(part) for part in subject.command],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.DEVNULL if subject.keys else subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.005)
    raise RuntimeError(f"`{process.args!r}` does not answer on port {port}")


def _keys(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The administrator's keys, which only the parent process reads."""
    assert process.stdout is not None
    key_id, secret = json.loads(process.stdout.readline())
    return key_id, secret
