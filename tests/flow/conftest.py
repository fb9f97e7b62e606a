"""Accounts for the flow's tests: one in this process, and one served that a test may join or rent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.account import Account, open_account
from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from labkit.provision import Lab, checkpoint
from labkit.resources import AppClient, IdentityPool, UserPool

REMOTE_ACCOUNT = "210987654321"


@pytest.fixture(scope="module", params=["http", "direct"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account in this process, over HTTP and without a socket."""
    with open_account(transport=request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def lab(account: Account) -> Lab:
    """Everything that the lab has."""
    return checkpoint(account, "identity-pool")


@pytest.fixture(scope="module")
def user_pool(lab: Lab) -> UserPool:
    assert lab.user_pool
    return lab.user_pool


@pytest.fixture(scope="module")
def app_client(lab: Lab) -> AppClient:
    assert lab.app_client
    return lab.app_client


@pytest.fixture(scope="module")
def identity_pool(lab: Lab) -> IdentityPool:
    assert lab.identity_pool
    return lab.identity_pool


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder: the ledger goes there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApp]:
    """A local account that runs on its own, as after `labkit serve`, with its file loaded."""
    app = create_app()
    with Server(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", app.administrator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", app.administrator.secret_access_key.reveal())
        yield app


@pytest.fixture
def remote(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApp]:
    """A local account that plays the real one: the profile `workshop` leads to it."""
    app = create_app(account_id=REMOTE_ACCOUNT)
    with Server(app) as server:
        config, credentials = folder / "config", folder / "credentials"
        config.write_text(f"[profile workshop]\nregion = us-east-1\nendpoint_url = {server.endpoint}\n")
        credentials.write_text(
            f"[workshop]\naws_access_key_id = {app.administrator.access_key_id}\n"
            f"aws_secret_access_key = {app.administrator.secret_access_key.reveal()}\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        yield app
