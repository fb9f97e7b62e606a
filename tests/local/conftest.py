"""Two accounts for the tests of this folder, each over HTTP and without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest import mock

import pytest

from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from tests.local.accounts import FRESH, SHARED, LocalAccount, reached
from tests.local.claims import Claims, overheard

_CLAIMS = Claims()


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem() -> Any:
    made = yield
    _CLAIMS.expect(item for item in made or () if isinstance(item, pytest.Function))
    return made


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Any:
    _CLAIMS.begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    result = yield
    _CLAIMS.settle(item)
    return result


@pytest.fixture(scope="session", autouse=True)
def _overheard() -> Iterator[None]:
    """Every account of these tests answers within earshot."""
    with mock.patch.object(LocalApp, "__call__", overheard(_CLAIMS.hear)):
        yield


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[LocalApp, Server]]:
    """The account that the folder shares, with its server."""
    app = create_app(account_id=SHARED)
    with Server(app) as server:
        yield app, server


@pytest.fixture(scope="session", params=["http", "direct"])
def account(request: pytest.FixtureRequest, served: tuple[LocalApp, Server]) -> LocalAccount:
    """The shared account: for tests that leave its clock alone and count nothing."""
    app, server = served
    return reached(app, request.param, server)


@pytest.fixture(params=["http", "direct"])
def fresh(request: pytest.FixtureRequest) -> Iterator[LocalAccount]:
    """An account of the test's own."""
    app = create_app(account_id=FRESH)
    with ExitStack() as stack:
        server = stack.enter_context(Server(app)) if request.param == "http" else None
        yield reached(app, request.param, server)
