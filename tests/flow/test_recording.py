"""`labkit.record()`: the calls of a block, whoever's clients made them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit
from labkit.account import Account, open_account
from labkit.errors import LabError
from labkit.local.app import LocalApp


@pytest.fixture
def account() -> Iterator[Account]:
    with open_account() as opened:
        yield opened


@pytest.fixture
def plain(account: Account) -> Any:
    """A boto3 client as any program makes one; labkit knows nothing of it."""
    made = boto3.client(
        "cognito-idp",
        region_name=account.region,
        endpoint_url=account.endpoint,
        aws_access_key_id="mine",
        aws_secret_access_key="mine",
    )
    yield made
    made.close()


def test_the_calls_of_every_account_are_recorded(account: Account, remote: LocalApp) -> None:
    other = open_account("aws", profile="workshop", confirm=lambda _: True)
    with labkit.record() as calls:
        account.client("sts").get_caller_identity()
        with account.record() as own:
            other.client("iam").list_roles()
            account.client("iam").list_users()
    account.client("iam").list_roles()
    assert [call.operation for call in calls] == ["GetCallerIdentity", "ListRoles", "ListUsers"]
    assert own == calls[2:]


def test_a_client_that_no_account_made_is_recorded_where_it_is_named(account: Account, plain: Any) -> None:
    def ask() -> None:
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            plain.list_user_pools(MaxResults=1)

    with labkit.record() as without:
        ask()
    with labkit.record(plain) as calls:
        ask()
        account.client("iam").list_roles()
    with labkit.record() as after:
        ask()
    assert (without, after) == ([], [])
    assert [(call.operation, call.signed, call.error_code) for call in calls] == [
        ("ListUserPools", True, "UnrecognizedClientException"),
        ("ListRoles", True, None),
    ]


def test_no_call_is_recorded_twice(account: Account, plain: Any) -> None:
    mine = account.client("iam")
    with labkit.record(mine, plain, plain) as outer:
        with labkit.record(mine, plain) as inner:
            mine.list_roles()
            with pytest.raises(ClientError):
                plain.list_user_pools(MaxResults=1)
        mine.list_users()
    assert [call.operation for call in inner] == ["ListRoles", "ListUserPools"]
    assert [call.operation for call in outer] == ["ListRoles", "ListUserPools", "ListUsers"]
    with account.record() as still:
        mine.list_roles()
    assert len(still) == 1


def test_a_block_that_fails_records_no_further(account: Account) -> None:
    def fail() -> None:
        account.client("iam").list_roles()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), labkit.record() as calls:
        fail()
    account.client("iam").list_roles()
    assert len(calls) == 1


def test_only_clients_can_be_named(account: Account) -> None:
    with labkit.record(account.client("iam")) as calls:
        pass
    assert calls == []
    with pytest.raises(LabError, match="only a boto3 client can be recorded: got `str`"), labkit.record("s3"):
        pass


def test_the_function_and_the_module_of_its_name_are_both_there() -> None:
    program = "import labkit; from labkit.record import Secret; print(Secret('').__class__, labkit.record)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("<class 'labkit.record.Secret'> <function record at ")
