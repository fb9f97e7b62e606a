"""`labkit serve`: the local account on its own, for any SDK, the AWS CLI or an app's tests."""

from __future__ import annotations

import ctypes
import os
import shlex
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit import environment
from labkit.cli import ports
from labkit.cli.signals import stop_requests
from labkit.environment import ACCOUNT, for_account
from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.local.server import Server


@dataclass(frozen=True)
class Served:
    """A local account that accepts connections."""

    endpoint: str
    #: The environment of a process that works on this account; holds its secret key.
    environment: dict[str, str]

    def __repr__(self) -> str:
        return f"Served(endpoint={self.endpoint!r})"


def run(options: Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    env_file = None if options.env_file is None else writable(options.env_file)
    with (
        stop_requests() as stopped,
        served(
            options.port,
            seed=options.seed,
            clock=options.clock,
            https_port=options.https_port,
            iot_ports=(options.iot_port, options.iot_tls_port),
            beside=env_file,
        ) as account,
    ):
        if env_file is not None:
            write_env_file(env_file, account.environment)
            print(f"Its address and keys: {options.env_file}", flush=True)
        print("Ctrl-C stops it.", flush=True)
        while not stopped.wait(0.5):  # Windows delivers Ctrl-C only between two waits
            pass
    print("The local account has stopped.", flush=True)
    return 0


@contextmanager
def served(
    port: int | None,
    *,
    seed: str | None = None,
    clock: str | None = None,
    https_port: int | None = None,
    iot_ports: tuple[int | None, int | None] = (None, None),
    beside: Path | None = None,
) -> Iterator[Served]:
    """A local account over HTTP, with a port for it over HTTPS too, and its IoT endpoint, on 127.0.0.1, until
    the block ends.

    `seed` and `clock` default to LABKIT_SEED and LABKIT_CLOCK. The certificate of the IoT endpoint's CA is
    put beside a file, or where it goes with the block. Raises `LabError` for a port in use and for a bad
    seed or clock.
    """
    from labkit.local.seed import parse_clock, parse_seed

    seed = os.environ.get("LABKIT_SEED") or None if seed is None else seed
    clock = os.environ.get("LABKIT_CLOCK") or None if clock is None else clock
    checked_seed = None if seed is None else parse_seed(seed)
    checked_clock = None if clock is None else parse_clock(clock)
    for wanted in (port, https_port, *iot_ports):
        ports.require_free(wanted or 0)
    print("Starting the local account …", flush=True)
    share_one_heap()

    from labkit.local.app import create_app

    app = create_app(seed=checked_seed, clock=checked_clock)
    with (
        bind(app, port) as server,
        _https(app, https_port) as https,
        _iot(app, iot_ports, beside) as iot,
    ):
        print(f"The local account is at {server.endpoint}{f' and {https}' if https else ''}", flush=True)
        print(f"Its IoT endpoint is {iot['AWS_IOT_ENDPOINT']}:{iot['AWS_IOT_PORT']}", flush=True)
        variables = for_account(
            os.environ,
            endpoint=server.endpoint,
            access_key_id=app.administrator.access_key_id,
            secret_access_key=app.administrator.secret_access_key,
            region=app.region,
            iot=iot,
            https=https,
        )
        yield Served(server.endpoint, variables)


def bind(app: Any, port: int | None) -> Server:
    """A server on `port`; without a wish on the usual port or, where that is taken, on any free one."""
    from labkit.local.server import Server

    try:
        return Server(app, port=ports.ACCOUNT_PORT if port is None else port)
    except OSError as error:
        if port is not None:
            raise LabError(f"cannot listen on port `{port}`: {error}; name another with `--port`") from None
    print(f"Port {ports.ACCOUNT_PORT} is in use, so the local account takes another.", flush=True)
    return Server(app, port=0)


@contextmanager
def _https(app: Any, port: int | None) -> Iterator[str]:
    """Where the account answers over HTTPS; empty without a port for it."""
    if port is None:
        yield ""
        return
    from labkit.local.server import Server

    with Server(app, port, tls=app.state.iot.certificates.server_context()) as server:
        yield server.endpoint


@contextmanager
def _iot(app: Any, wanted: tuple[int | None, int | None], beside: Path | None) -> Iterator[dict[str, str]]:
    """The account's IoT endpoint, as the variables that name it."""
    from labkit.local.gateway import Gateway

    _allow_many_connections()
    port = ports.choose(wanted[0], ports.IOT_PORT)
    tls_port = ports.choose(wanted[1], ports.IOT_TLS_PORT)
    with (
        Gateway(app.state, port=port, tls_port=tls_port) as gateway,
        tempfile.TemporaryDirectory(prefix="labkit-") as folder,
    ):
        ca = Path(folder, "iot-ca.pem") if beside is None else beside.with_name(f"{beside.stem}-iot-ca.pem")
        ca.write_bytes(app.state.iot.certificates.ca_pem)
        host = app.state.iot.endpoint.host
        yield environment.iot(host=host, port=gateway.port, tls_port=gateway.tls_port, ca=ca)


def share_one_heap() -> None:
    """By default glibc has a heap for each few threads, and what one keeps no other can use.

    `M_ARENA_MAX`: https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if set_option is not None:
            set_option(-8, 1)


def _allow_many_connections() -> None:
    """Each connection is an open file, of which many systems allow 1,024 unless asked for more."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        enough = 16_384 if hard == resource.RLIM_INFINITY else min(16_384, hard)
        if soft != resource.RLIM_INFINITY and soft < enough:
            resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def writable(path: Path) -> Path:
    """`path`, its links followed, if an account's variables can be written there and nothing else is lost.
    Raises `LabError` where they cannot.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise LabError(f"cannot write `{path}`: it is not a file; name one with `--env-file`")
    if not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise LabError(
            f"cannot write `{path}`: there is no folder `{target.parent}` that you may write to; "
            "name another file with `--env-file`"
        )
    if (line := _not_ours(target)) is not None:
        raise LabError(
            f"cannot write `{path}`: its line {line} is not an account's and would be lost; "
            "name another file with `--env-file`"
        )
    return target


def _not_ours(target: Path) -> int | None:
    """The number of the first line that no account wrote: many an app keeps its own secrets in `.env`."""
    lines = target.read_text("utf-8", errors="replace").splitlines() if target.exists() else []
    names = [line.partition("=")[0] for line in lines]
    return next((at for at, name in enumerate(names, 1) if name and name not in ACCOUNT), None)


def write_env_file(target: Path, variables: dict[str, str]) -> None:
    """Write the account's addresses and keys as `NAME=value` lines, all at once.

    Only the owner can read the file (mode 600; on Windows, what the folder's access list gives).
    Raises `LabError` where it cannot be written.
    """
    lines = "".join(f"{name}={shlex.quote(variables[name])}\n" for name in ACCOUNT if name in variables)
    temporary = None
    try:
        # mkstemp makes the file with mode 600 from the start.
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(lines)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise LabError(
            f"cannot write `{target}`: {error.strerror or error}; name another file with `--env-file`"
        ) from None
