"""The map of the two pools: where each call belongs, and what lights nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest

import labkit
from labkit.account import ANONYMOUS, open_account
from labkit.errors import LabError
from labkit.record import ApiCall
from labkit.resources import UserPool
from labkit.show import pool_map
from labkit.show.interactive.pool_map import PLACES, PoolMap

TOKENS = {"AuthenticationResult": {"IdToken": "eyJr…"}}
KEYS = {"Credentials": {"AccessKeyId": "ASIA…"}}


def call(service: str, operation: str, *, signed: bool = False, **changes: Any) -> ApiCall:
    made: dict[str, Any] = {
        "request": {},
        "response": {},
        "status": 200,
        "error_code": None,
        "request_id": "request-1",
        "started": datetime(2026, 1, 1, 9, tzinfo=UTC),
        "duration": timedelta(milliseconds=12),
    }
    return ApiCall(service=service, operation=operation, signed=signed, **{**made, **changes})


def places(*calls: ApiCall) -> list[str]:
    """The places that are lit, as in `User Pool: Output`."""
    record = pool_map(calls).record
    return [
        f"{pool}: {line['name']}"
        for line in record["lines"]
        for pool, place in zip(record["pools"], line["places"], strict=True)
        if place["calls"]
    ]


@pytest.mark.parametrize(
    "made, lit",
    [
        (call("cognito-idp", "SignUp"), ["User Pool: Manages users?"]),
        (call("cognito-idp", "AdminSetUserPassword", signed=True), ["User Pool: Manages users?"]),
        (call("cognito-idp", "CreateUserPoolClient", signed=True), ["User Pool: Decides by"]),
        (call("cognito-idp", "AddCustomAttributes", signed=True), ["User Pool: Decides by"]),
        (call("cognito-idp", "GlobalSignOut"), ["User Pool: Main purpose"]),
        (call("cognito-identity", "SetIdentityPoolRoles", signed=True), ["Identity Pool: Decides by"]),
        (call("iam", "CreateRole", signed=True), ["Identity Pool: Decides by"]),
        (call("s3", "GetObject", signed=True), ["Identity Pool: Comes next"]),
        (call("s3", "GetObject"), []),
        (call("sts", "AssumeRole", signed=True), []),
        (
            call("sts", "AssumeRoleWithWebIdentity", response=KEYS),
            ["Identity Pool: Output", "Identity Pool: Grants AWS access?"],
        ),
    ],
)
def test_a_call_lights_the_places_where_it_belongs(made: ApiCall, lit: list[str]) -> None:
    assert places(made) == lit


def test_only_a_sign_in_that_returned_tokens_lights_the_output() -> None:
    refused: dict[str, Any] = {"status": 400, "error_code": "NotAuthorizedException"}
    assert places(call("cognito-idp", "InitiateAuth", response=TOKENS)) == [
        "User Pool: Main purpose",
        "User Pool: Output",
    ]
    assert places(call("cognito-idp", "InitiateAuth", **refused)) == ["User Pool: Main purpose"]


def test_only_credentials_that_came_light_the_access() -> None:
    asked = ("cognito-identity", "GetCredentialsForIdentity")
    assert "Identity Pool: Grants AWS access?" in places(call(*asked, response=KEYS))
    assert places(call(*asked, status=400)) == ["Identity Pool: Main purpose"]


@pytest.mark.parametrize(
    "service, pool", [("cognito-idp", "User Pool"), ("cognito-identity", "Identity Pool")]
)
def test_every_operation_of_the_two_services_has_a_place_with_its_own_pool(service: str, pool: str) -> None:
    for operation in botocore.session.get_session().get_service_model(service).operation_names:
        found = places(call(service, operation))
        assert found, operation
        assert all(place.startswith(pool) for place in found), operation


def test_a_user_pool_s_operation_is_a_sign_in_or_about_users_or_a_setting() -> None:
    for operation in botocore.session.get_session().get_service_model("cognito-idp").operation_names:
        assert len(places(call("cognito-idp", operation))) == 1, operation


def test_calls_that_were_really_made_light_the_map_and_more_of_them_light_more() -> None:
    with open_account(transport="direct") as account, labkit.record() as calls:
        idp = account.client("cognito-idp")
        pool = idp.create_user_pool(PoolName="users")["UserPool"]["Id"]
        view = pool_map(calls)
        assert [len(line["places"][0]["calls"]) for line in view.record["lines"]] == [0, 0, 0, 0, 1, 0]
        client = idp.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]
        password = "Correct-Horse-1"
        account.client("cognito-idp", ANONYMOUS).sign_up(ClientId=client, Username="a", Password=password)
    view.light(calls)
    assert [line["places"][0]["calls"] for line in view.record["lines"]] == [[], [], [2], [], [0, 1], []]
    assert re.search(r"3 +SignUp +✓ 200 OK +User Pool: Manages users\?", repr(view))
    assert password not in json.dumps(view.get_state(list(PoolMap.OWN)))


def test_the_map_says_what_show_side_by_side_says_and_cites_aws() -> None:
    yours = UserPool("eu-central-1_AbC", "mine", "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/x")
    view = pool_map(user_pool=yours)
    record = view.record
    assert "eu-central-1_AbC" in repr(view)
    assert [line["name"] for line in record["lines"]] == list(PLACES)
    manages, grants = record["lines"][2], record["lines"][3]
    assert [place["verdict"] for place in manages["places"]] == [True, None]
    assert [place["verdict"] for place in grants["places"]] == [None, True]
    for line in record["lines"]:
        for place in line["places"]:
            assert place["page"].startswith("https://docs.aws.amazon.com/")
            assert place["sentence"].endswith(".")


def test_without_calls_the_map_is_dark_and_anything_else_is_refused() -> None:
    assert places() == []
    assert "No call was recorded yet." in repr(pool_map())
    with pytest.raises(LabError, match="lit by API calls: got `str`"):
        pool_map(["no call"])  # type: ignore[list-item]
