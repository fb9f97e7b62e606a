"""What every test starts from: no AWS settings of the machine, and no sockets in the unit tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labkit.environment import without_account

_UNIT = Path(__file__).parent / "unit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pure rooms need no sockets; a test that does need 127.0.0.1 says so with `enable_socket`."""
    for item in items:
        if _UNIT in item.path.parents and item.get_closest_marker("enable_socket") is None:
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture(autouse=True)
def _no_account_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hide the developer's own AWS settings, so that no test can reach a real account by mistake."""
    for name in set(os.environ) - set(without_account(os.environ)):
        monkeypatch.delenv(name)
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-settings"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("LABKIT_SEED", "LABKIT_CLOCK"):
        monkeypatch.delenv(name, raising=False)
