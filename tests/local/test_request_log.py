"""The log of the latest requests: who asked for what, and what became of it."""

from __future__ import annotations

import json
from typing import Any

from tests.local.accounts import LocalAccount, refused, reply_to, signed, statement, user


def test_the_log_says_who_asked_for_what_and_what_became_of_it(fresh: LocalAccount) -> None:
    someone = user(fresh, statement("s3:ListAllMyBuckets"), statement("dynamodb:*", effect="Deny"))
    fresh.client("s3", someone).list_buckets()
    refused(fresh.client("s3", someone).list_objects_v2, Bucket="nobody-s-bucket")
    refused(fresh.client("dynamodb", someone).list_tables)
    fresh.json_call("cognito-idp", "InitiateAuth", {"AuthFlow": "USER_AUTH", "ClientId": "unknown"})
    told = [
        (entry["Service"], entry["Operation"], entry["Status"], entry["ErrorCode"], entry["Verdict"])
        for entry in read(fresh)[-4:]
    ]
    assert told == [
        ("s3", "ListBuckets", 200, None, "ALLOWED"),
        ("s3", "ListObjectsV2", 403, "AccessDenied", "IMPLICIT_DENY"),
        ("dynamodb", "ListTables", 400, "AccessDeniedException", "EXPLICIT_DENY"),
        ("cognito-idp", "InitiateAuth", 400, "ResourceNotFoundException", ""),
    ]
    assert [entry["Principal"].rpartition("/")[0] for entry in read(fresh)[-2:]] == [
        f"arn:aws:iam::{fresh.account_id}:user",
        "",
    ]


def test_a_request_is_found_by_the_id_that_its_client_got(fresh: LocalAccount) -> None:
    answer = fresh.client("sts").get_caller_identity()
    assert read(fresh)[-1]["RequestId"] == answer["ResponseMetadata"]["RequestId"]
    assert 0 <= fresh.app.state.clock.now().timestamp() - read(fresh)[-1]["Time"] < 60


def test_whoever_signs_wrongly_has_no_name_in_the_log(fresh: LocalAccount) -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    request = signed(fresh, "POST", "/", service="dynamodb", headers=headers, body="{}")
    assert reply_to(fresh, request).status == 200
    assert read(fresh)[-1]["Principal"]
    request.data = b'{"Limit": 1}'
    assert reply_to(fresh, request).status == 400
    last = read(fresh)[-1]
    assert (last["Operation"], last["Principal"], last["Verdict"]) == ("ListTables", "", "")


def test_reading_the_log_leaves_no_entry_and_neither_does_a_health_check(fresh: LocalAccount) -> None:
    fresh.client("sts").get_caller_identity()
    before = read(fresh)
    fresh.send("GET", "/_labkit/health")
    assert read(fresh) == before


def test_the_log_keeps_the_latest_500_and_no_secret(fresh: LocalAccount) -> None:
    for _ in range(505):
        fresh.json_call("cognito-idp", "SignUp", {"ClientId": "unknown", "Password": "Correct-Horse-1"})
    fresh.client("sts").get_caller_identity()
    told = read(fresh)
    assert (len(told), told[0]["Operation"], told[-1]["Operation"]) == (500, "SignUp", "GetCallerIdentity")
    text = json.dumps(told)
    assert "Correct-Horse-1" not in text
    assert fresh.app.administrator.access_key_id not in text


def test_who_may_not_read_the_log_is_refused(fresh: LocalAccount) -> None:
    request = asking(fresh)
    assert reply_to(fresh, request).status == 200
    assert reply_to(fresh, asking(fresh, credentials=user(fresh))).status == 400


def asking(account: LocalAccount, **more: Any) -> Any:
    headers = {"X-Amz-Target": "Labkit.ReadRequests", "Content-Type": "application/x-amz-json-1.1"}
    return signed(account, "POST", "/", service="labkit", headers=headers, body="{}", **more)


def read(account: LocalAccount) -> Any:
    return reply_to(account, asking(account)).json["Requests"]
