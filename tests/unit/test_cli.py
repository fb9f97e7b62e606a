"""The command line: what it accepts, and the one sentence for what it does not."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit import __version__, workspace
from labkit.cli import account, checks, main, ports, serve, start
from labkit.cli.checks import Step
from labkit.environment import ACCOUNT
from labkit.errors import LabError

KEYS = {name: f"value-of-{name}" for name in ACCOUNT}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of one notebook, and a current folder to work in."""
    original = tmp_path / "original.ipynb"
    original.write_text("original")
    monkeypatch.setattr(workspace, "originals", lambda: {"03-what-can-you-do.ipynb": original})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a command that is refused."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"labkit {__version__}\n"


def test_each_command_says_in_its_help_what_it_is_and_which_ports_are_usual(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def said(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--help"])
        assert end.value.code == 0
        return capsys.readouterr().out

    commands = re.findall(r"^    ([a-z]+) +(.+)$", said(), re.MULTILINE)
    assert ("doctor", "what this machine lacks, and what to do") in commands
    for name, what in commands:
        assert f"\nlabkit {name}: {what}.\n" in said(name)
    for number in (ports.ACCOUNT_PORT, ports.LAB_PORT, ports.IOT_PORT, ports.IOT_TLS_PORT):
        assert f"({number} if free)" in said("start")


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ([], "labkit: the following arguments are required: COMMAND"),
        (["frob"], "labkit: argument COMMAND: invalid choice: 'frob'"),
        (["serve", "--frob"], "labkit: unexpected argument `--frob`"),
        (["serve", "more"], "labkit: unexpected argument `more`"),
        (["serve", "--port", "x"], "labkit serve: argument --port: `x` is no port"),
        (["serve", "--https-port", "x"], "labkit serve: argument --https-port: `x` is no port"),
        (["serve", "--port", "-1"], "labkit serve: argument --port: `-1` is no port"),
        (["start", "--port", "65536"], "labkit start: argument --port: `65536` is no port"),
        (["start", "--lab-port", "²"], "labkit start: argument --lab-port: `²` is no port"),
        (
            ["start", "--port", "4000", "--lab-port", "4000"],
            "labkit: `--port` and `--lab-port` are both `4000`",
        ),
        (["serve", "--seed", ""], "labkit: bad seed ``"),
        (["serve", "--clock", "tomorrow"], "labkit: bad clock `tomorrow`"),
        (["serve", "--clock", "2026-01-01T00:00:00"], "labkit: bad clock `2026-01-01T00:00:00`"),
        (["serve", "--env-file", "no/such/folder/a.env"], "labkit: cannot write `no"),
        (["serve", "--env-file", "."], "labkit: cannot write `.`: it is not a file"),
        (["reset"], "labkit reset: the following arguments are required: number"),
        (["reset", "99"], "labkit: no notebook `99`: expected one of `03`"),
        (["clock", "advance", "soon"], "labkit clock advance: argument STEP: `soon` is no step of time"),
        (["clock", "rewind"], "labkit clock: argument ACTION: invalid choice: 'rewind'"),
    ],
)
@pytest.mark.enable_socket
def test_bad_arguments_end_in_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, error = refused(capsys, *arguments)
    assert code == 2
    assert error.startswith(sentence)
    assert error.count("\n") == 1
    assert not (course / "labkit-work").exists()


@pytest.mark.parametrize("variable, value", [("LABKIT_SEED", "a\tb"), ("LABKIT_CLOCK", "noon")])
@pytest.mark.enable_socket
def test_a_bad_seed_or_clock_of_the_environment_is_refused(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    code, error = refused(capsys, "serve", "--port", "0")
    assert (code, f"`{value}`" in error) == (2, True)


@pytest.mark.parametrize("arguments", [["outbox"], ["outbox", "ann", "--latest"], ["clock"], ["destroy"]])
def test_without_a_running_account_there_is_nothing_to_ask(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, error = refused(capsys, *arguments)
    assert code == 1
    assert re.fullmatch(r"labkit: no running account: .*labkit serve --env-file FILE.*\n", error)


def test_reset_restores_a_notebook_and_says_where_the_own_version_went(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.prepare(workspace.locate())
    notebook = course / "labkit-work" / "03-what-can-you-do.ipynb"
    notebook.write_text("mine")
    assert main(["reset", "03"]) == 0
    (backup,) = notebook.parent.glob("*.bak.ipynb")
    assert (notebook.read_text(), backup.read_text()) == ("original", "mine")
    assert str(backup) in capsys.readouterr().out


def test_reset_without_a_working_folder_is_refused_and_makes_none(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, error = refused(capsys, "reset", "03")
    assert (code, "labkit-work` is no working folder" in error) == (2, True)
    assert not (course / "labkit-work").exists()
    workspace.prepare(workspace.locate())
    assert main(["reset", "03"]) == 0


@pytest.mark.parametrize(
    "text, step",
    [
        ("1h", timedelta(hours=1)),
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("30D", timedelta(days=30)),
    ],
)
def test_a_step_of_time_is_written_as_people_write_it(text: str, step: timedelta) -> None:
    assert account.duration(text) == step


@pytest.mark.parametrize("text", ["", "0h", "1", "h", "-1h", "30m1h", "1.5h", "99999999999d"])
def test_other_steps_of_time_are_refused(text: str) -> None:
    assert account.duration("1h")
    with pytest.raises(Exception, match=re.escape(f"`{text}` is no step of time")):
        account.duration(text)


class FakeAccount:
    """The part of an account that the commands ask."""

    def __init__(self) -> None:
        self.clock = self
        self.time = datetime(2026, 1, 1, 9, tzinfo=UTC)
        self.sent = [
            SimpleNamespace(
                username=name,
                pool_id=f"us-east-1_{name}",
                kind="SignUp",
                destination=f"{name[0]}***@e***",
                code=code,
                sent=self.time,
            )
            for name, code in [("ann", "111111"), ("bob", "222222"), ("ann", "333333")]
        ]

    def outbox(self, username: str | None = None) -> list[SimpleNamespace]:
        return [message for message in self.sent if username in (None, message.username)]

    def now(self) -> datetime:
        return self.time

    def advance(self, step: timedelta) -> None:
        self.time += step


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> FakeAccount:
    """A running account that the commands find."""
    fake = FakeAccount()
    monkeypatch.setattr(account, "_running", lambda: fake)
    return fake


def test_the_outbox_is_a_table_of_all_messages_or_of_one_users(
    running: FakeAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "USERNAME  POOL           FOR     TO         CODE    SENT",
        "ann       us-east-1_ann  SignUp  a***@e***  111111  2026-01-01T09:00:00Z",
        "bob       us-east-1_bob  SignUp  b***@e***  222222  2026-01-01T09:00:00Z",
        "ann       us-east-1_ann  SignUp  a***@e***  333333  2026-01-01T09:00:00Z",
    ]
    main(["outbox", "bob"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["USERNAME", "bob"]


def test_an_outbox_without_a_users_message_says_for_whom_there_are_some(
    running: FakeAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["outbox", "nobody"])
    assert capsys.readouterr().out == "The outbox has no message for `nobody`, only for `ann`, `bob`.\n"
    running.sent *= 0
    main(["outbox", "nobody"])
    assert capsys.readouterr().out == "The outbox is empty.\n"


def test_of_many_users_the_latest_are_named(running: FakeAccount, capsys: pytest.CaptureFixture[str]) -> None:
    running.sent = [SimpleNamespace(username=f"u{number}") for number in range(7)]
    main(["outbox", "nobody"])
    assert "only for `u6`, `u5`, `u4`, `u3`, `u2` and others." in capsys.readouterr().out


def test_latest_prints_the_newest_code_and_nothing_else(
    running: FakeAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outbox", "ann", "--latest"]) == 0
    assert capsys.readouterr().out == "333333\n"
    code, error = refused(capsys, "outbox", "carol", "--latest")
    sentence = (
        "labkit: no code in the outbox for `carol`, only for `ann`, `bob`: sign up or ask for a new code"
    )
    assert (code, error) == (1, f"{sentence} first\n")


def test_the_clock_is_shown_and_advanced(running: FakeAccount, capsys: pytest.CaptureFixture[str]) -> None:
    assert [main(["clock"]), main(["clock", "show"]), main(["clock", "advance", "1h30m"])] == [0, 0, 0]
    assert capsys.readouterr().out.split() == ["2026-01-01T09:00:00Z"] * 2 + ["2026-01-01T10:30:00Z"]


def test_the_env_file_has_the_accounts_lines_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "account.env"
    path.write_text("AWS_ENDPOINT_URL=http://127.0.0.1:1\n\nAWS_REGION=of-an-earlier-account\n")
    path.chmod(0o644)
    serve.write_env_file(serve.writable(path), KEYS | {"OTHER": "x"})
    assert path.read_text() == "".join(f"{name}={KEYS[name]}\n" for name in ACCOUNT)
    assert [file.name for file in tmp_path.iterdir()] == ["account.env"]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_env_file_of_the_app_itself_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("AWS_REGION=us-east-1\n")
    assert serve.writable(path) == path.resolve()
    path.write_text("AWS_REGION=us-east-1\nDATABASE_URL=postgres://me:secret@db\n")
    with pytest.raises(LabError, match="its line 2 is not an account's and would be lost") as refusal:
        serve.writable(path)
    assert "secret" not in str(refusal.value)


def test_a_value_that_a_shell_would_split_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "account.env"
    serve.write_env_file(path, KEYS | {"AWS_IOT_CA": "/my lab/ca.pem"})
    assert "AWS_IOT_CA='/my lab/ca.pem'\n" in path.read_text()
    assert "AWS_IOT_PORT=value-of-AWS_IOT_PORT\n" in path.read_text()


def test_a_write_that_fails_leaves_no_keys_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "account.env"
    serve.write_env_file(target, KEYS)
    target.unlink()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(LabError, match="No space left on device"):
        serve.write_env_file(target, KEYS)
    assert list(tmp_path.iterdir()) == []


def test_what_serves_hides_its_secret_key() -> None:
    shown = repr(serve.Served("http://127.0.0.1:1", KEYS))
    assert shown == "Served(endpoint='http://127.0.0.1:1')"


@pytest.mark.enable_socket
def test_a_port_in_use_is_refused_if_asked_for_and_passed_over_if_not() -> None:
    free = ports.any_free()
    assert ports.choose(free, default=1) == free
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        with pytest.raises(LabError, match=f"port `{taken}` is in use"):
            ports.choose(taken, default=free)
        assert ports.choose(None, default=taken) != taken
        assert ports.choose(None, default=free) == free


def test_jupyterlab_listens_on_loopback_with_the_working_folder_as_its_root() -> None:
    prepared = workspace.Prepared(Path("/work"), (), (), "01-who-are-you.ipynb")
    command = start.lab_command(prepared, 8888, browser=True)
    assert command[:4] == [sys.executable, "-m", "labkit.cli.lab", str(os.getpid())]
    assert {
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=8888",
        f"--ServerApp.root_dir={Path('/work')}",
        "--LabApp.default_url=/lab/tree/01-who-are-you.ipynb",
    } <= {*command}
    assert "--no-browser" not in command
    assert "--no-browser" in start.lab_command(prepared, 8888, browser=False)


def test_start_refuses_another_account_than_the_local_one(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def reached(*_: object) -> int:
        raise LabError("reached")

    monkeypatch.setattr(ports, "require_free", reached)
    for allowed in ("", "local"):
        monkeypatch.setenv("LABKIT_ACCOUNT", allowed)
        assert refused(capsys, "start") == (2, "labkit: reached\n")
    monkeypatch.setenv("LABKIT_ACCOUNT", "aws")
    code, error = refused(capsys, "start")
    assert code == 2
    assert error == (
        "labkit: `LABKIT_ACCOUNT` is `aws`, but `labkit start` brings the local account; for a real one: "
        "`LABKIT_ACCOUNT=aws AWS_PROFILE=… jupyter lab labkit-work`\n"
    )
    assert not (course / "labkit-work").exists()


def test_the_notebooks_of_start_get_its_account_and_no_other_choice() -> None:
    given = KEYS | {"LABKIT_ACCOUNT": "local", "LABKIT_LAB": "mine"}
    environment = start._environment(given, "token", Path("/work"))
    assert environment.items() >= (KEYS | {"LABKIT_LAB": "mine"}).items()
    assert "LABKIT_ACCOUNT" not in environment


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands of `labkit test`, recorded; those with a word of `fail` in them fail."""
    commands: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], **_: Any) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=int("fail" in command))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("CI", raising=False)
    return commands


def test_every_step_runs_and_any_failure_fails_the_whole(
    ran: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for first, code in [("pass", 0), ("fail", 1)]:
        ran.clear()
        planned = [Step("one", (first,)), Step("two", ("pass",)), Step("pytest", ("pass", "last"))]
        monkeypatch.setattr(checks, "steps", lambda *_, planned=planned: planned)
        assert main(["test"]) == code
        assert ran == [(first,), ("pass",), ("pass", "last")]
    assert "failed so far: one" in capsys.readouterr().out


def test_a_tool_that_is_missing_is_named_and_fails_only_under_ci(
    ran: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = [Step("browser", ("never",), missing="Chromium is missing"), Step("pytest", ("pass",))]
    monkeypatch.setattr(checks, "steps", lambda *_: planned)
    assert main(["test"]) == 0
    monkeypatch.setenv("CI", "true")
    assert main(["test"]) == 1
    assert ran == [("pass",), ("pass",)]
    assert capsys.readouterr().out.count("Chromium is missing\n") == 2


@pytest.mark.parametrize("arguments", [["-x"], ["-k", "tokens and not srp"], ["tests/unit", "--durations=3"]])
def test_arguments_go_to_the_last_run_which_is_pytest(
    arguments: list[str], ran: list[tuple[str, ...]]
) -> None:
    assert main(["test", *arguments]) == 0
    assert ran[-1] == (sys.executable, "-m", "pytest", "-m", "not browser", *arguments)


def test_notebooks_run_seeded_under_two_time_zones() -> None:
    notebooks = [step for step in checks.steps(checks.clone()) if "--nbval" in step.command]
    assert [step.environment["TZ"] for step in notebooks] == ["UTC", checks.FAR_ZONE]
    assert all(step.environment.items() >= checks.NOTEBOOK_ENVIRONMENT.items() for step in notebooks)


def test_an_installation_without_a_clone_has_no_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (checks.clone() / "tests").is_dir()
    monkeypatch.setattr(checks, "__file__", str(tmp_path / "labkit" / "cli" / "checks.py"))
    with pytest.raises(LabError, match="the tests are in the clone only"):
        checks.clone()
