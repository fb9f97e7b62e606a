"""A served account for each module, so that none moves another's clock; each test signs up its own users."""

from __future__ import annotations

import os
from collections.abc import Iterator

import boto3
import pytest

from tests.clients import iot
from tests.clients.iot import Person
from tests.clients.served import Lab, Served, create_lab, serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("account")) as account:
        yield account


@pytest.fixture(scope="module")
def lab(served: Served) -> Lab:
    with pytest.MonkeyPatch.context() as environment:
        _set(served, environment)
        return create_lab(boto3.Session())


@pytest.fixture(scope="module")
def people(served: Served, lab: Lab) -> tuple[Person, Person]:
    """Two who may use the IoT endpoint."""
    with pytest.MonkeyPatch.context() as environment:
        _set(served, environment)
        iot.let_roles_use_iot()
        return iot.signed_in(lab), iot.signed_in(lab)


@pytest.fixture(autouse=True)
def _aws_is_the_served_account(
    _no_account_of_this_machine: None, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any SDK finds the account by the lines of its env file, and by nothing else."""
    _set(served, monkeypatch)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep the keys of the account before


@pytest.fixture
def ann(people: tuple[Person, Person], _aws_is_the_served_account: None) -> Person:
    """Signed in anew: other tests advance the account's clock."""
    people[0].sign_in()
    return people[0]


@pytest.fixture
def ben(people: tuple[Person, Person], _aws_is_the_served_account: None) -> Person:
    people[1].sign_in()
    return people[1]


def _set(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, ",".join(filter(None, [os.environ.get(name), "127.0.0.1"])))
