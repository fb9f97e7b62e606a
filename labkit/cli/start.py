"""`labkit start`: the local account and JupyterLab together, on the learner's own copies."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkit import workspace
from labkit.cli import ports
from labkit.cli.serve import served
from labkit.cli.signals import stop_requests
from labkit.errors import LabError

#: Holds `labconfig/`, JupyterLab's defaults for this lab (no news pop-up, no look-ups for updates).
_JUPYTER_CONFIG = Path(__file__).parent.parent / "jupyter"
#: How long a cold JupyterLab may take on a slow laptop, and how long kernels may take to end. Seconds.
_START, _STOP = 120.0, 15.0

#: Windows' way of keeping Ctrl-C from a child; 0 elsewhere.
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def run(options: Namespace) -> int:
    """Run both until Ctrl-C, SIGTERM, or the end of JupyterLab; its exit code if it ends by itself."""
    _require_local()
    for wanted in (options.port, options.iot_port, options.iot_tls_port):
        ports.require_free(wanted or 0)
    lab_port = ports.choose(options.lab_port, ports.LAB_PORT)
    if lab_port == options.port:
        raise LabError(
            f"`--port` and `--lab-port` are both `{lab_port}`: the account and JupyterLab need one each"
        )
    prepared = workspace.prepare(workspace.locate(options.dir))
    _report(prepared)
    token = secrets.token_hex(24)
    with (
        stop_requests() as stopped,
        served(options.port, iot_ports=(options.iot_port, options.iot_tls_port)) as account,
    ):
        environment = _environment(account.environment, token, prepared.folder)
        command = lab_command(prepared, lab_port, browser=not options.no_browser)
        print("Starting JupyterLab …", flush=True)
        with _subprocess(command, environment) as lab:
            base = f"http://127.0.0.1:{lab_port}"
            if _answers(base, lab, stopped):
                print(f"JupyterLab:      {base}/lab/tree/{prepared.first_notebook}?token={token}")
                print("Ctrl-C stops both.", flush=True)
            while not stopped.wait(0.5) and lab.poll() is None:
                pass
            code = 0 if stopped.is_set() else _exit_code(lab)
    print("JupyterLab and the local account have stopped.", flush=True)
    return code


def _require_local() -> None:
    """Raises `LabError` where the environment chooses another account for the notebooks."""
    kind = os.environ.get("LABKIT_ACCOUNT") or "local"
    if kind != "local":
        raise LabError(
            f"`LABKIT_ACCOUNT` is `{kind}`, but `labkit start` brings the local account; for a real one: "
            f"`LABKIT_ACCOUNT=aws AWS_PROFILE=… jupyter lab {workspace.DEFAULT_FOLDER}`"
        )


def lab_command(prepared: workspace.Prepared, port: int, *, browser: bool) -> list[str]:
    """JupyterLab on 127.0.0.1 only, its root the working folder, opened on the first notebook."""
    command = [
        sys.executable, "-m", "labkit.cli.lab", str(os.getpid()),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={prepared.folder}",
        f"--LabApp.default_url=/lab/tree/{prepared.first_notebook}",
        # Its extension manager would ask the package index; nothing here leaves this machine.
        "--LabApp.extension_manager=readonly",
        "--log-level=ERROR",
        "--LabApp.log_level=ERROR",
    ]  # fmt: skip
    if not browser:
        command.append("--no-browser")
    # JupyterLab refuses to run as root, as containers do; it listens on loopback, behind a token.
    if sys.platform != "win32" and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def _environment(account: dict[str, str], token: str, folder: Path) -> dict[str, str]:
    # A further place to look for configuration, so that the learner's own stays as it is:
    # https://docs.jupyter.org/en/latest/use/jupyter-directories.html
    places = [str(_JUPYTER_CONFIG), account.get("JUPYTER_CONFIG_PATH", "")]
    # The account that runs here is the one to use, also where the learner's shell chose it by name.
    inherited = {name: value for name, value in account.items() if name != "LABKIT_ACCOUNT"}
    return inherited | {
        "JUPYTER_TOKEN": token,  # in the environment, because every user of a machine sees arguments
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, places)),
        # Which tabs are open belongs to this folder, not to the learner's other projects.
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".labkit" / "workspaces"),
    }


@contextmanager
def _subprocess(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block. Ctrl-C in the terminal does not reach it: labkit stops it."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",
        creationflags=_NEW_GROUP,
    )
    try:
        yield process
    finally:
        process.terminate()  # kernels notice the end of their server and end too
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(base: str, lab: subprocess.Popen[bytes], stopped: threading.Event) -> bool:
    """Wait for JupyterLab; False where it ended, or was asked to end, before it answered."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy knows 127.0.0.1
    began, told = time.monotonic(), 0.0
    while not stopped.wait(0.2) and lab.poll() is None:
        try:
            with opener.open(f"{base}/api", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            waited = time.monotonic() - began
        if waited > _START:
            raise LabError(
                f"JupyterLab does not answer at {base} after {_START:.0f} s: try `labkit start` again"
            )
        if waited - told >= 5:
            told = waited
            print(f"  JupyterLab is still starting ({waited:.0f} s) …", flush=True)
    return False


def _exit_code(lab: subprocess.Popen[bytes]) -> int:
    code = lab.wait()
    return 128 - code if code < 0 else code  # a shell's number for death by signal


def _report(prepared: workspace.Prepared) -> None:
    print(f"Your notebooks:  {prepared.folder}")
    if prepared.backups:
        print(f"There is a new edition; your outputs are in {', '.join(prepared.backups)}.")
    if prepared.kept:
        print(
            f"Kept as you left them: {', '.join(prepared.kept)} (`labkit reset 01` brings an original back)."
        )
    sys.stdout.flush()
