"""pyproject.toml, environment.yml, the README, .ci/run and the public names hold together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

import labkit
from labkit.environment import for_account, interfering, iot, without_account
from labkit.record import Secret

ROOT = Path(__file__).parents[2]
INSTALL_AND_START = (
    "python -m pip install -e . && labkit start        # local account + JupyterLab, first notebook"
)
INSTALL_AND_TEST = 'python -m pip install -e ".[test]" && labkit test'

PUBLIC = [
    "ANONYMOUS", "Account", "LabError", "Policy", "PolicySet", "Request", "TokenRejected", "__version__",
    "course", "decide", "decode_unverified", "explain", "flow", "open_account", "provision", "record", "show",
    "verify",
]  # fmt: skip


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_environment_yml_asks_for_the_python_of_pyproject_and_for_nothing_else(
    pyproject: dict[str, Any],
) -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == pyproject["project"]["name"]
    assert environment["dependencies"] == [
        f"python{pyproject['project']['requires-python']}", "pip", {"pip": ["-e ."]},
    ]  # fmt: skip


def test_no_dependency_is_pinned_to_one_version(pyproject: dict[str, Any]) -> None:
    extras = pyproject["project"]["optional-dependencies"].values()
    for requirement in [*pyproject["project"]["dependencies"], *(one for extra in extras for one in extra)]:
        assert "==" not in requirement, requirement


def test_every_supported_python_has_its_classifier(pyproject: dict[str, Any]) -> None:
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(pyproject["project"]["classifiers"]))
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", pyproject["project"]["requires-python"]).groups()  # type: ignore[union-attr]
    assert versions == [f"3.{minor}" for minor in range(int(low), int(high))]


def test_the_readme_has_both_commands_as_they_are_promised() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert INSTALL_AND_START in readme
    assert f"{INSTALL_AND_TEST}  # everything CI runs" in readme


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert INSTALL_AND_TEST in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no executable bit")
def test_the_ci_script_can_be_executed() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_public_names_are_these() -> None:
    assert sorted(labkit.__all__) == PUBLIC
    assert dir(labkit) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(labkit, name) is not None


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    assert labkit.LabError is not None
    with pytest.raises(AttributeError, match=r"no attribute `open_acount`; it has .*open_account"):
        _ = labkit.open_acount


def test_importing_labkit_loads_neither_boto3_nor_moto_nor_matplotlib_nor_widgets() -> None:
    widgets = ("anywidget", "ipywidgets", "IPython")
    heavy = ("awscrt", "boto3", "botocore", "moto", "matplotlib", *widgets, "cryptography", "jwt")
    program = f"import sys, labkit; print(*[name for name in {heavy} if name in sys.modules])"
    assert _printed(program) == ""
    assert "matplotlib" in _printed(f"import matplotlib; {program}")


def test_the_command_line_starts_without_boto3_and_moto() -> None:
    program = "import sys, labkit.cli; print(*[name for name in ('boto3', 'moto') if name in sys.modules])"
    assert _printed(program) == ""


def _printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_account_takes_the_place_of_whatever_the_environment_names() -> None:
    mine = {
        "PATH": "/bin",
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "t",
        "AWS_ENDPOINT_URL_S3": "http://x",
    }
    environment = for_account(
        mine,
        endpoint="http://127.0.0.1:1",
        access_key_id="AKIA",
        secret_access_key=Secret("secret"),
        region="us-east-1",
    )
    assert environment == {
        "PATH": "/bin",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LABKIT_MANAGED_LOGIN_URL": "http://127.0.0.1:1/_domain/{domain}",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    assert without_account(environment).keys() == {
        "PATH",
        "AWS_EC2_METADATA_DISABLED",
        "NO_PROXY",
        "no_proxy",
    }


def test_the_iot_endpoint_goes_with_its_account() -> None:
    endpoint = iot(host="localhost", port=1, tls_port=2, ca=Path("ca.pem"))
    environment = for_account(
        {"AWS_IOT_PORT": "443"},
        endpoint="http://127.0.0.1:1",
        access_key_id="AKIA",
        secret_access_key=Secret("secret"),
        region="us-east-1",
        iot=endpoint,
    )
    assert endpoint.items() <= environment.items()
    assert not endpoint.keys() & without_account(environment).keys()


def test_an_address_by_https_is_named_where_there_is_one_and_belongs_to_the_account() -> None:
    account = partial(
        for_account,
        {"LABKIT_HTTPS_URL": "https://localhost:9"},
        endpoint="http://127.0.0.1:1",
        access_key_id="AKIA",
        secret_access_key=Secret("secret"),
        region="us-east-1",
    )
    environment = account(https="https://localhost:2")
    assert environment["LABKIT_HTTPS_URL"] == "https://localhost:2"
    assert "LABKIT_HTTPS_URL" not in account()
    assert "LABKIT_HTTPS_URL" not in without_account(environment)


def test_hosts_that_need_no_proxy_stay_and_loopback_joins_them() -> None:
    environment = for_account(
        {"no_proxy": "intranet,127.0.0.1"},
        endpoint="http://127.0.0.1:1",
        access_key_id="AKIA",
        secret_access_key=Secret("secret"),
        region="us-east-1",
    )
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet,127.0.0.1,localhost"


def test_variables_that_lead_an_sdk_elsewhere_are_named_with_the_reason() -> None:
    assert interfering({"AWS_REGION": "eu-west-1", "AWS_PROFILE": ""}) == {}
    found = interfering({"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "http://x"})
    assert found == {
        "AWS_PROFILE": "a profile takes the place of the keys in the environment",
        "AWS_ENDPOINT_URL_S3": "a service's own endpoint wins over `AWS_ENDPOINT_URL`",
    }
