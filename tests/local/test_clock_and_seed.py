"""What only a local account has: a clock to move, a seed, an outbox, and who may use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.local.app import create_app
from labkit.local.server import Server
from labkit.resources import Credentials
from tests.local.accounts import (
    FRESH,
    LocalAccount,
    Reply,
    credentials_in,
    reached,
    refused,
    reply_to,
    signed,
    statement,
    user,
)
from tests.local.directory import identity_pool, user_pool

START = datetime(2026, 1, 1, tzinfo=UTC)


def control(
    account: LocalAccount, operation: str, body: object = (), credentials: Credentials | None = None
) -> Reply:
    """A signed call of the account's own service."""
    headers = {"X-Amz-Target": f"Labkit.{operation}"}
    text = json.dumps(body or {})
    request = signed(
        account, "POST", "/", service="labkit", headers=headers, body=text, credentials=credentials
    )
    return reply_to(account, request)


# --- the clock --------------------------------------------------------------------------------------------


def test_advancing_the_clock_ages_tokens_and_credentials_but_no_signature(fresh: LocalAccount) -> None:
    pool = user_pool(fresh)
    made = identity_pool(pool)
    made.give_roles(member=[], guest=[])
    tokens = pool.sign_in(pool.confirmed())
    guest = made.api.get_id(IdentityPoolId=made.id)["IdentityId"]
    answer = made.api.get_credentials_for_identity(IdentityId=guest)
    sts = fresh.client("sts", credentials_in(answer))
    assert sts.get_caller_identity()
    assert pool.idp.get_user(AccessToken=tokens["AccessToken"])
    assert control(fresh, "AdvanceClock", {"Seconds": 3600}).status == 200
    assert refused(sts.get_caller_identity).code == "ExpiredToken"
    assert refused(pool.idp.get_user, AccessToken=tokens["AccessToken"]).message == "Access Token has expired"
    assert fresh.client("sts").get_caller_identity()
    assert pool.idp.get_user(AccessToken=pool.sign_in(pool.confirmed())["AccessToken"])


def test_the_clock_tells_how_far_it_was_moved(fresh: LocalAccount) -> None:
    before = control(fresh, "GetClock").json
    assert (before["Offset"], before["Frozen"]) == (0, False)
    after = control(fresh, "AdvanceClock", {"Seconds": 90.5}).json
    assert after["Offset"] == 90.5
    assert 90.5 <= after["Now"] - before["Now"] < 100


@pytest.mark.parametrize("seconds", ["soon", None, True, -1, 1e300, [1]])
def test_the_clock_only_moves_forward_by_a_number(fresh: LocalAccount, seconds: object) -> None:
    assert control(fresh, "AdvanceClock", {"Seconds": 1}).status == 200
    answer = control(fresh, "AdvanceClock", {"Seconds": seconds})
    assert (answer.status, answer.json["__type"]) == (400, "ValidationException")
    assert control(fresh, "GetClock").json["Offset"] == 1


# --- who may use the control service ----------------------------------------------------------------------

OPERATIONS = [("ReadOutbox", {}), ("GetClock", {}), ("AdvanceClock", {"Seconds": 1})]


@pytest.mark.parametrize("operation, body", OPERATIONS)
def test_the_control_service_takes_signed_and_authorised_calls_only(
    fresh: LocalAccount, operation: str, body: dict[str, int]
) -> None:
    assert control(fresh, operation, body).status == 200
    helper = user(fresh, statement(f"labkit:{operation}"))
    assert control(fresh, operation, body, helper).status == 200
    denied = control(fresh, operation, body, user(fresh, statement("s3:*")))
    assert (denied.status, denied.json["__type"]) == (400, "AccessDeniedException")
    assert f"labkit:{operation}" in denied.json["message"]
    headers = {"X-Amz-Target": f"Labkit.{operation}"}
    unsigned = fresh.send("POST", "/", headers=headers, body=json.dumps(body))
    assert unsigned.json["__type"] == "MissingAuthenticationTokenException"


def test_a_cognito_session_does_not_read_the_outbox(fresh: LocalAccount) -> None:
    """Whoever reads the outbox can reset everybody's password."""
    pool = user_pool(fresh)
    made = identity_pool(pool)
    made.give_roles(member=[statement(["s3:*", "cognito-idp:*"])], guest=[statement("*")])
    logins = made.logins(pool.confirmed())
    for login in (logins, {}):
        identity = made.api.get_id(IdentityPoolId=made.id, Logins=login)["IdentityId"]
        answer = made.api.get_credentials_for_identity(IdentityId=identity, Logins=login)
        session = credentials_in(answer)
        assert fresh.client("s3", session).list_buckets()
        denied = control(fresh, "ReadOutbox", {}, session)
        assert denied.json["__type"] == "AccessDeniedException"
        assert "Code" not in denied.text.replace("AccessDenied", "")


def test_the_outbox_holds_what_was_sent_to_a_user(fresh: LocalAccount) -> None:
    pool = user_pool(fresh)
    one, other = pool.sign_up(), pool.sign_up()
    messages = control(fresh, "ReadOutbox", {"Username": one}).json["Messages"]
    assert [m["Username"] for m in messages] == [one]
    assert (messages[0]["Kind"], messages[0]["Medium"]) == ("SignUp", "EMAIL")
    assert messages[0]["Destination"] == f"{one}@example.com"
    assert messages[0]["UserPoolId"] == pool.id
    pool.idp.confirm_sign_up(ClientId=pool.client_id, Username=one, ConfirmationCode=messages[0]["Code"])
    everybody = control(fresh, "ReadOutbox").json["Messages"]
    assert [m["Username"] for m in everybody] == [one, other]
    assert control(fresh, "ReadOutbox", {"Username": "nobody"}).json["Messages"] == []


def test_the_control_service_has_no_other_operations(fresh: LocalAccount) -> None:
    assert control(fresh, "GetClock").status == 200
    answer = control(fresh, "StopTime")
    assert (answer.status, answer.json["__type"]) == (501, "NotSimulated")


def test_health_tells_which_account_this_is(fresh: LocalAccount) -> None:
    answer = fresh.send("GET", "/_labkit/health")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json["account"] == FRESH
    assert answer.json["region"] == "us-east-1"
    assert answer.json["instance"] == fresh.send("GET", "/_labkit/health").json["instance"]
    assert set(answer.json) == {"labkit", "account", "region", "instance", "iot"}


# --- the seed ---------------------------------------------------------------------------------------------


@contextmanager
def seeded(seed: str | None, transport: Any, clock: datetime | None = START) -> Iterator[LocalAccount]:
    app = create_app(seed, clock, account_id=FRESH)
    if transport == "direct":
        yield reached(app, "direct")
    else:
        with Server(app) as server:
            yield reached(app, "http", server)


def story(account: LocalAccount) -> dict[str, Any]:
    """Everything that a run of the lab draws by chance."""
    pool = user_pool(account, client={"GenerateSecret": True}, PoolName="pool")
    app = pool.another_client(ClientName="app")
    name = app.sign_up("alice")
    code = account.last_code(name)
    app.idp.confirm_sign_up(ClientId=app.client_id, Username=name, ConfirmationCode=code)
    tokens = app.sign_in(name)
    made = identity_pool(app, AllowClassicFlow=True, IdentityPoolName="identities")
    made.give_roles(member=[], guest=[])
    logins = {app.provider: tokens["IdToken"]}
    identity = made.api.get_id(IdentityPoolId=made.id, Logins=logins)["IdentityId"]
    answer = made.api.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    challenge = app.idp.initiate_auth(
        ClientId=app.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": name, "SRP_A": "2"}
    )
    invited = app.admin.admin_create_user(
        UserPoolId=app.id, Username="bob", UserAttributes=[{"Name": "email", "Value": "b@example.com"}],
        DesiredDeliveryMediums=["EMAIL"],
    )  # fmt: skip
    key = user(account)
    return {
        "administrator": (
            account.app.administrator.access_key_id, account.app.administrator.secret_access_key.reveal(),
        ),
        "pool": (pool.id, pool.client_id, pool.client_secret, app.client_id),
        "code": code,
        "tokens": (tokens["IdToken"], tokens["AccessToken"], tokens["RefreshToken"]),
        "keys": account.send("GET", f"/{pool.id}/.well-known/jwks.json").json,
        "identity": (made.id, identity),
        "credentials": answer["Credentials"],
        "open id token": made.api.get_open_id_token(IdentityId=identity, Logins=logins)["Token"],
        "challenge": challenge["ChallengeParameters"],
        "invitation": (invited["User"]["Attributes"], account.last_code("bob")),
        "access key": (key.access_key_id, key.secret_access_key.reveal()),
        "request id": account.client("sts").get_caller_identity()["ResponseMetadata"]["RequestId"],
        "instance": account.send("GET", "/_labkit/health").json["instance"],
    }  # fmt: skip


@pytest.mark.parametrize("transport", ["http", "direct"])
def test_the_same_seed_and_clock_give_the_same_run(transport: str) -> None:
    runs = []
    for _ in range(2):
        with seeded("workshop", transport) as account:
            runs.append(story(account))
    for part, value in runs[0].items():
        assert value == runs[1][part], part
    with seeded("another", transport) as account:
        other = story(account)
    for part, value in runs[0].items():
        assert value != other[part], part


def test_a_question_more_changes_nothing_that_a_seed_gives() -> None:
    """Programs that wait for an account ask for its health until it answers, however often that is."""
    with seeded("workshop", "direct") as account:
        expected = user_pool(account).id
    with seeded("workshop", "direct") as account:
        for _ in range(3):
            assert account.send("GET", "/_labkit/health").status == 200
            assert control(account, "GetClock").status == 200
        assert user_pool(account).id == expected


def test_without_a_seed_nothing_repeats() -> None:
    with seeded(None, "direct") as account:
        first = story(account)
    with seeded(None, "direct") as account:
        second = story(account)
    assert not [part for part in first if first[part] == second[part]]


@pytest.mark.parametrize("transport", ["http", "direct"])
def test_a_fixed_clock_stands_still_until_it_is_advanced(transport: str) -> None:
    with seeded("workshop", transport) as account:
        first, second = (control(account, "GetClock").json for _ in range(2))
        assert first == second
        assert (first["Frozen"], first["Now"]) == (True, START.timestamp())
        account.app.state.clock.advance(timedelta(hours=1))
        assert control(account, "GetClock").json["Now"] == START.timestamp() + 3600
