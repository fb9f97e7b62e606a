"""The command `labkit`.

Whatever is wrong with the arguments ends in one sentence on stderr and exit code 2, before anything
was done. Heavy modules load inside the commands that need them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from labkit import __version__
from labkit.cli.account import duration
from labkit.cli.ports import ACCOUNT_PORT, IOT_PORT, IOT_TLS_PORT, LAB_PORT, port
from labkit.errors import LabError


class Parser(argparse.ArgumentParser):
    """argparse with one sentence in place of the usage text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may lack `…` and `─`
            stream.reconfigure(errors="replace")
    parser = _parser()
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "test":
        parser.error(f"unexpected argument `{rest[0]}`")
    options.rest = tuple(rest)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Its reader has seen enough, as in `labkit decide … | head`; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except LabError as error:
        print(f"labkit: {error}", file=sys.stderr)
        return int(options.refused)
    except KeyboardInterrupt:
        return 130
    return code


def _command(module: str, function: str = "run") -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"labkit.{module}"), function)(options)
        return code

    return run


def _parser() -> Parser:
    parser = Parser(
        prog="labkit", description="Amazon Cognito on your laptop: a local account and notebooks."
    )
    parser.add_argument("--version", action="version", version=f"labkit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_start(commands)
    _add_serve(commands)
    _add_reset(commands)
    _add_test(commands)
    _add_coverage(commands)
    _add_decide(commands)
    _add_doctor(commands)
    _add_outbox(commands)
    _add_clock(commands)
    _add_destroy(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add(commands: Commands[Parser], name: str, says: str, **more: Any) -> Parser:
    """A command that says the same of itself in both helps."""
    return commands.add_parser(name, help=says, description=f"labkit {name}: {says}.", **more)


def _port(usual: int, what: str) -> dict[str, Any]:
    """An option for a port that has a usual number."""
    return {"type": port, "metavar": "N", "help": f"{what} ({usual} if free); 0 takes any free one"}


def _add_start(commands: Commands[Parser]) -> None:
    start = _add(commands, "start", "the local account and JupyterLab, on the first notebook")
    start.add_argument("--port", **_port(ACCOUNT_PORT, "the account's port"))
    _add_iot_ports(start)
    start.add_argument("--lab-port", **_port(LAB_PORT, "JupyterLab's port"))
    start.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    start.add_argument("--dir", type=Path, metavar="FOLDER", help="the working folder (./labkit-work)")
    start.set_defaults(run=_command("cli.start"), refused=2)


def _add_serve(commands: Commands[Parser]) -> None:
    serve = _add(commands, "serve", "the local account alone, for any SDK or the AWS CLI")
    serve.add_argument("--port", **_port(ACCOUNT_PORT, "its port"))
    serve.add_argument(
        "--https-port", type=port, metavar="N", help="HTTPS as well, on this port; 0 takes a free one"
    )
    _add_iot_ports(serve)
    serve.add_argument(
        "--env-file", type=Path, metavar="FILE", help="where to write its address and keys, as NAME=value"
    )
    serve.add_argument("--seed", help="the same seed gives the same ids, keys and tokens (LABKIT_SEED)")
    serve.add_argument("--clock", metavar="ISO", help="stand still at this time (LABKIT_CLOCK)")
    serve.set_defaults(run=_command("cli.serve"), refused=2)


def _add_iot_ports(command: argparse.ArgumentParser) -> None:
    command.add_argument("--iot-port", **_port(IOT_PORT, "MQTT over WebSocket"))
    command.add_argument("--iot-tls-port", **_port(IOT_TLS_PORT, "MQTT with client certificates"))


def _add_reset(commands: Commands[Parser]) -> None:
    reset = _add(commands, "reset", "bring one notebook back and keep yours as a backup")
    reset.add_argument("number", help="the notebook's number, as in 03")
    reset.add_argument("--dir", type=Path, metavar="FOLDER", help="the working folder (./labkit-work)")
    reset.set_defaults(run=_reset, refused=2)


def _reset(options: argparse.Namespace) -> int:
    from labkit import workspace

    restored = workspace.reset(workspace.locate(options.dir), options.number)
    print(f"Restored {restored.notebook}")
    if restored.backup is not None:
        print(f"Your version: {restored.backup}")
    return 0


def _add_test(commands: Commands[Parser]) -> None:
    test = _add(
        commands,
        "test",
        "everything that CI runs",
        usage="labkit test [pytest arguments …]",
        allow_abbrev=False,
    )
    test.set_defaults(run=_command("cli.checks"), refused=2)


def _add_coverage(commands: Commands[Parser]) -> None:
    coverage = _add(commands, "coverage", "docs/coverage.md: what the account does of each operation")
    coverage.add_argument("--check", action="store_true", help="write nothing; 1 if the page is stale")
    coverage.set_defaults(run=_command("cli.coverage"), refused=2)


def _add_decide(commands: Commands[Parser]) -> None:
    decide = _add(commands, "decide", "what AWS would answer to a request, and why")
    decide.add_argument("file", metavar="FILE", help="a case or a file of cases, as JSON; `-` reads stdin")
    form = decide.add_mutually_exclusive_group()
    form.add_argument("--explain", action="store_true", help="add the whole trace")
    form.add_argument("--text", action="store_true", help="write for people")
    decide.set_defaults(run=_command("cli.decide"), refused=2)


def _add_doctor(commands: Commands[Parser]) -> None:
    doctor = _add(commands, "doctor", "what this machine lacks, and what to do")
    doctor.set_defaults(run=_command("doctor"), refused=1)


def _add_outbox(commands: Commands[Parser]) -> None:
    outbox = _add(commands, "outbox", "the codes that the account would have mailed")
    outbox.add_argument("username", nargs="?", help="only this user's")
    outbox.add_argument("--latest", action="store_true", help="print just the newest code")
    outbox.set_defaults(run=_command("cli.account", "outbox"), refused=1)


def _add_clock(commands: Commands[Parser]) -> None:
    clock = _add(commands, "clock", "the account's time, and moving it forward")
    actions = clock.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("show", help="print it (the default)")
    advance = actions.add_parser("advance", help="move it forward")
    advance.add_argument("advance", type=duration, metavar="STEP", help="as in 15m, 1h or 2d")
    clock.set_defaults(run=_command("cli.account", "clock"), refused=1, advance=None)


def _add_destroy(commands: Commands[Parser]) -> None:
    destroy = _add(commands, "destroy", "remove what the lab created in an account")
    destroy.add_argument(
        "--profile", metavar="NAME", help="a real account's AWS profile (or LABKIT_ACCOUNT=aws AWS_PROFILE=…)"
    )
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    destroy.set_defaults(run=_command("cli.account", "destroy"), refused=1)
