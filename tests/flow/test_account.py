"""Opening the local account: joined where one runs, started where none does; and what it offers."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Literal

import pytest
from botocore.exceptions import ClientError

from labkit.account import ANONYMOUS, Account, open_account
from labkit.errors import LabError
from labkit.flow import user_pool as pools
from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from labkit.record import Secret
from labkit.resources import Credentials, UserPool


@pytest.fixture
def started() -> Iterator[Account]:
    with open_account() as account:
        yield account


def pool_names(account: Account) -> list[str]:
    return [
        pool["Name"] for pool in account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    ]


def test_opened_again_in_one_process_it_is_the_same_account_until_it_is_closed(started: Account) -> None:
    pools.create_user_pool(started, "kept")
    for again in (open_account(), open_account(transport="direct")):
        assert pool_names(again) == ["kept"]
    started.close()
    with open_account() as fresh:
        assert pool_names(fresh) == []


@pytest.mark.parametrize("transport", ["http", "direct"])
def test_the_iot_endpoint_of_an_account_in_this_process_starts_at_the_first_wish_and_ends_with_it(
    transport: Literal["http", "direct"],
) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with open_account(transport=transport) as account:
        assert "labkit-iot" not in {thread.name for thread in threading.enumerate()}
        iot = account.client("iot")
        told = [iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] for _ in range(2)]
        assert told[0] == told[1]
        host, port = told[0].split(":")
        assert host == "localhost"
        socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()
    assert {thread.name for thread in threading.enumerate()} <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=5)


def test_another_seed_is_another_account_and_the_same_seed_makes_the_same_ids() -> None:
    made = []
    for _ in range(2):
        with open_account(seed="tea", transport="direct") as account:
            assert open_account(seed="tea", transport="direct").region == account.region
            made.append(pools.create_user_pool(account, "kept").id)
            with open_account(seed="coffee", transport="direct") as other:
                assert pool_names(other) == []
                assert pools.create_user_pool(other, "kept").id != made[0]
    assert made[0] == made[1]


def test_seed_and_clock_come_from_the_environment_where_they_are_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LABKIT_SEED", "tea")
    monkeypatch.setenv("LABKIT_CLOCK", "2026-01-01T00:00:00Z")
    with open_account(transport="direct") as account:
        assert account.clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
        first = pools.create_user_pool(account, "kept").id
    monkeypatch.delenv("LABKIT_SEED")
    with open_account(seed="tea", transport="direct") as account:
        assert pools.create_user_pool(account, "kept").id == first


def test_the_end_of_a_program_ends_its_account() -> None:
    program = "from labkit import open_account; print(open_account().caller_arn)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "arn:aws:iam::123456789012:user/lab-administrator\n"
    assert done.stderr == ""


def test_an_account_that_runs_is_joined_with_the_keys_of_its_file(served: LocalApp) -> None:
    account = open_account()
    pools.create_user_pool(account, "shared")
    assert pool_names(open_account()) == ["shared"]
    assert account.account_id == served.state.account_id
    assert account.endpoint
    account.close()
    assert pool_names(account) == ["shared"]


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_joining_without_keys_is_refused_with_what_to_do(
    served: LocalApp, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert open_account().account_id == served.state.account_id
    monkeypatch.delenv(name)
    with pytest.raises(LabError, match=f"`{name}` is not; load the file"):
        open_account()


def test_an_endpoint_where_nothing_answers_is_refused_with_what_to_do(
    served: LocalApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_account().account_id == served.state.account_id
    with Server(create_app()) as gone:
        endpoint = gone.endpoint
    for address in (endpoint, "http://127.0.0.1:99999", "localhost", "no address", "http://[::1"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(LabError) as caught:
            open_account()
        assert f"nothing answers at AWS_ENDPOINT_URL `{address}`" in str(caught.value)
        assert "start one with `labkit serve`" in str(caught.value)


class AnotherProgram(BaseHTTPRequestHandler):
    """Some web server."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_an_endpoint_that_is_another_program_is_refused_with_what_to_do(
    served: LocalApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_account().account_id == served.state.account_id
    with HTTPServer(("127.0.0.1", 0), AnotherProgram) as program:
        thread = threading.Thread(target=program.handle_request)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{program.server_port}")
        with pytest.raises(LabError, match="is no local account"):
            open_account()
        thread.join()


def test_a_seed_for_an_account_that_runs_already_is_refused(served: LocalApp) -> None:
    assert open_account().account_id == served.state.account_id
    with pytest.raises(LabError, match="belong to the account that is started"):
        open_account(seed="tea")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "moon"}, "expected `local` or `aws`"),
        ({"profile": "workshop"}, "`profile` has no meaning for the `local` account"),
        ({"kind": "aws", "seed": "tea"}, "`seed` has no meaning for the `aws` account"),
        ({"lab": "Not A Name"}, "bad lab name `Not A Name`"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_with_a_sentence(
    started: Account, arguments: dict[str, str], message: str
) -> None:
    assert started.lab == "lab"
    with pytest.raises(LabError, match=message):
        open_account(**arguments)  # type: ignore[arg-type]


def test_nothing_of_the_users_own_aws_files_reaches_the_local_account(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = folder / "config"
    broken.write_text("[profile other]\nregion = mars-north-1\nendpoint_url = http://127.0.0.1:1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
    for profile in ("other", "missing"):
        monkeypatch.setenv("AWS_PROFILE", profile)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        with open_account() as account:
            assert account.region == "us-east-1"
            assert pool_names(account) == []


def test_a_client_is_made_once_for_a_service_and_its_credentials(account: Account) -> None:
    credentials = Credentials("AKIAEXAMPLE", Secret("key-of-nobody"), None, None)
    assert account.client("sts") is account.client("sts")
    assert len({id(account.client("sts", who)) for who in (None, ANONYMOUS, credentials)}) == 3
    assert account.client("sts", credentials) is account.client("sts", credentials)


def test_an_anonymous_client_signs_nothing_and_is_refused_where_a_signature_is_needed(
    account: Account,
) -> None:
    with account.record() as calls:
        account.client("cognito-idp").list_user_pools(MaxResults=1)
        with pytest.raises(ClientError):
            account.client("cognito-idp", ANONYMOUS).list_user_pools(MaxResults=1)
    assert [(call.signed, call.status) for call in calls] == [(True, 200), (False, 400)]
    assert calls[1].error_code == "MissingAuthenticationTokenException"


def test_a_record_has_each_call_with_its_answer_and_blocks_nest(account: Account) -> None:
    with account.record() as outer:
        account.client("sts").get_caller_identity()
        with account.record() as inner:
            account.client("iam").list_roles()
    account.client("iam").list_roles()
    assert [call.operation for call in outer] == ["GetCallerIdentity", "ListRoles"]
    assert inner == outer[1:]
    call = outer[0]
    assert (call.service, call.status, call.error_code) == ("sts", 200, None)
    assert call.response["Account"] == account.account_id
    assert call.request_id
    assert call.duration > timedelta()


def test_threads_do_not_record_each_others_calls(account: Account) -> None:
    sts = account.client("sts")
    recorded: dict[int, int] = {}
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        with account.record() as calls:
            for _ in range(number):
                sts.get_caller_identity()
        recorded[number] = len(calls)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorded == {1: 1, 2: 2, 3: 3, 4: 4}


def test_time_moves_forward_when_it_is_told_to(account: Account) -> None:
    before = account.clock.now()
    assert before.tzinfo is UTC
    after = account.clock.advance(hours=1, minutes=30)
    assert timedelta(minutes=90) <= after - before < timedelta(minutes=91)
    assert account.clock.advance(timedelta(minutes=5)) - after >= timedelta(minutes=5)
    for step in (timedelta(), timedelta(hours=-1)):
        with pytest.raises(LabError, match="time only moves forward"):
            account.clock.advance(step)


def test_the_account_tells_the_latest_requests_of_every_client(account: Account) -> None:
    account.client("sts").get_caller_identity()
    last = account.request_log()[-1]
    assert (last.service, last.operation, last.status, last.verdict) == ("sts", "GetCallerIdentity", 200, "")
    assert last.principal == account.caller_arn
    assert last.time <= account.clock.now()


def test_the_outbox_tells_who_got_which_code(account: Account) -> None:
    pool = pools.create_user_pool(account, "mail")
    app_client = pools.create_user_pool_client(account, pool, "web")
    for name in ("carol", "dora"):
        pools.sign_up(account, app_client, name, "Tea-at-5-oclock", {"email": f"{name}@example.com"})
    (message,) = account.outbox("carol")
    assert (message.username, message.pool_id, message.medium) == ("carol", pool.id, "EMAIL")
    assert message.code == account.confirmation_code("carol")
    assert message.code not in repr(message)
    assert {"carol", "dora"} <= {sent.username for sent in account.outbox()}
    with pytest.raises(LabError, match="no code was sent to `nobody`"):
        account.confirmation_code("nobody")


def test_the_keys_of_a_user_pool_are_fetched_and_those_of_no_pool_refused(account: Account) -> None:
    pool = pools.create_user_pool(account, "keys")
    assert account.jwks(pool).keys
    with pytest.raises(LabError, match="no keys for User Pool `us-east-1_Missing12`"):
        account.jwks(UserPool("us-east-1_Missing12", "", ""))


def test_an_account_shows_which_it_is_and_no_secret(account: Account) -> None:
    assert repr(account) == "Account(local, 123456789012, us-east-1)"
    assert repr(ANONYMOUS) == "ANONYMOUS"
