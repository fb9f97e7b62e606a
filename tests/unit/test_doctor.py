"""The doctor says ok, or what to do."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import metadata
from threading import Thread

import pytest

from labkit import doctor
from labkit.doctor import Finding

HEALTHY = b'{"labkit": "0.1.0", "account": "123456789012", "region": "us-east-1"}'


@pytest.fixture
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that answers every GET with the parameter's bytes."""
    body: bytes = request.param

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "version, state", [((3, 11, 0), "ok"), ((3, 14, 9), "ok"), ((3, 10, 9), "mend"), ((3, 15), "mend")]
)
def test_python_is_ok_from_3_11_to_3_14(version: tuple[int, ...], state: str) -> None:
    finding = doctor.python(version)
    assert finding.state == state
    assert finding.text.startswith(f"Python {'.'.join(map(str, version))}")


def test_every_dependency_of_this_environment_is_ok_and_extras_are_left_out() -> None:
    findings = list(doctor.dependencies())
    names = [finding.text.split()[0] for finding in findings]
    assert "boto3" in names
    assert "pytest" not in names
    assert [finding for finding in findings if finding.state != "ok"] == []


def test_a_missing_and_an_old_dependency_come_with_the_command_that_mends_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = ["pytest>=1", "pytest>=999", "no-such-package>=2"]
    monkeypatch.setattr(metadata, "requires", lambda _name: wanted)
    fine, old, missing = doctor.dependencies()
    assert fine.state == "ok"
    assert (old.state, "python -m pip install 'pytest>=999'" in old.text) == ("mend", True)
    assert missing == Finding(
        "mend", "no-such-package is missing: run `python -m pip install 'no-such-package>=2'`"
    )


def test_an_uninstalled_labkit_is_told_how_to_install_it() -> None:
    assert next(doctor.dependencies("pytest")).state == "ok"
    (finding,) = doctor.dependencies("no-such-package")
    assert finding.state == "mend"
    assert "python -m pip install -e ." in finding.text


@pytest.mark.enable_socket
def test_a_port_is_free_or_the_account_takes_another() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        number = server.getsockname()[1]
        assert doctor.port(number, "JupyterLab") == Finding("ok", f"port {number} is free for JupyterLab")
        server.listen()
        assert doctor.port(number, "JupyterLab").state == "note"


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "endpoint, jupyter",
    [(b'{"version": "2.17.0"}', True), (HEALTHY, False), (b"<html>", False), (b"[]", False)],
    indirect=["endpoint"],
)
def test_an_old_jupyter_server_on_the_port_comes_with_the_commands_that_stop_it(
    endpoint: str, jupyter: bool
) -> None:
    number = int(endpoint.rsplit(":", 1)[1])
    finding = doctor.port(number, "JupyterLab")
    assert finding.state == "note"
    assert ("`jupyter server list`" in finding.text) is jupyter
    assert (f"`jupyter server stop {number}`" in finding.text) is jupyter


@pytest.mark.parametrize(
    "program, look",
    [
        ("chromium", doctor.browser),
        ("google-chrome", doctor.browser),
        ("node", doctor.node),
        ("xmlsec1", doctor.xmlsec1),
    ],
)
def test_programs_that_only_tests_need_are_found_or_noted(
    program: str, look: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(look)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name in (program, "npm") else None)
    assert look().state == "ok"
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert look().state == "note"
    assert "tests need it" in look().text


def test_an_environment_without_aws_variables_is_ok() -> None:
    assert [finding.state for finding in doctor.aws_variables({"PATH": "/bin"})] == ["ok"]


@pytest.mark.parametrize(
    "name",
    ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_USE_FIPS_ENDPOINT", "AWS_ACCESS_KEY_ID"],
)
def test_a_variable_that_interferes_is_to_be_unset(name: str) -> None:
    (finding,) = doctor.aws_variables({name: "hush-hush"})
    assert finding.state == "mend"
    assert f"`{name}`" in finding.text
    assert "unset it" in finding.text
    assert "hush-hush" not in finding.text


@pytest.mark.enable_socket
@pytest.mark.parametrize("endpoint", [HEALTHY], indirect=True)
def test_the_variables_of_a_running_account_are_ok(endpoint: str) -> None:
    environ = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
    assert [finding.state for finding in doctor.aws_variables(environ)] == ["ok"]


@pytest.mark.enable_socket
@pytest.mark.parametrize("endpoint", [b"<html>another program</html>"], indirect=True)
def test_an_endpoint_where_another_program_answers_needs_mending(endpoint: str) -> None:
    (finding,) = doctor.aws_variables({"AWS_ENDPOINT_URL": endpoint})
    assert (finding.state, f"`{endpoint}`" in finding.text) == ("mend", True)


@pytest.mark.enable_socket
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "127.0.0.1:1", "http://[", "nonsense"])
def test_an_endpoint_where_nothing_answers_needs_mending(endpoint: str) -> None:
    (finding,) = doctor.aws_variables({"AWS_ENDPOINT_URL": endpoint})
    assert (finding.state, "labkit serve" in finding.text) == ("mend", True)


@pytest.mark.parametrize(
    "environ, state",
    [
        ({}, "ok"),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "localhost, 127.0.0.1"}, "ok"),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "*"}, "ok"),
        ({"HTTP_PROXY": "http://proxy"}, "mend"),
        ({"all_proxy": "http://proxy", "no_proxy": "intranet"}, "mend"),
    ],
)
def test_a_proxy_must_leave_loopback_alone(environ: dict[str, str], state: str) -> None:
    assert doctor.proxy(environ).state == state


@pytest.mark.parametrize("states, code", [(["ok", "note"], 0), (["ok", "mend", "ok"], 1)])
def test_the_exit_code_tells_whether_something_needs_mending(
    states: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _environ: (Finding(state, "so") for state in states))
    assert doctor.run(None) == code  # type: ignore[arg-type]  # it takes no options
    assert capsys.readouterr().out.splitlines() == [f"{state:<4}  so" for state in states]
