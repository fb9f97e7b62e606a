"""Trying credentials on S3 and DynamoDB: a denial comes back as an answer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_s3_cognito-bucket.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_dynamodb_items.html
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ParamValidationError

from labkit.account import ANONYMOUS, Account
from labkit.flow import access, identity_pool, sign_in
from labkit.provision import Lab
from labkit.resources import Attempt, Credentials, Identity, Tokens

Someone = tuple[Identity, Credentials]


def someone(account: Account, lab: Lab, username: str) -> Someone:
    assert lab.app_client
    assert lab.user_pool
    assert lab.identity_pool
    tokens = sign_in.initiate_auth(account, lab.app_client, username, lab.users[username].password)
    assert isinstance(tokens, Tokens)
    logins = identity_pool.logins(lab.user_pool, tokens.id_token)
    identity = identity_pool.get_id(account, lab.identity_pool, logins)
    return identity, identity_pool.get_credentials_for_identity(account, identity, logins)


@pytest.fixture(scope="module")
def alice(account: Account, lab: Lab) -> Someone:
    return someone(account, lab, "alice")


@pytest.fixture(scope="module")
def bob(account: Account, lab: Lab) -> Someone:
    return someone(account, lab, "bob")


@pytest.fixture(scope="module")
def bucket(lab: Lab) -> str:
    assert lab.bucket
    return lab.bucket


@pytest.fixture(scope="module")
def table(lab: Lab) -> str:
    assert lab.table
    return lab.table


def refused(attempt: Attempt, code: str) -> bool:
    return (attempt.allowed, attempt.code, attempt.output) == (False, code, None) and bool(attempt.message)


def test_one_stores_fetches_lists_and_deletes_under_ones_own_prefix(
    account: Account, alice: Someone, bucket: str
) -> None:
    identity, credentials = alice
    key = f"{identity.id}/diary.txt"
    assert access.put_object(account, credentials, bucket, key, "dear diary").allowed
    assert access.get_object(account, credentials, bucket, key).output == b"dear diary"
    assert access.list_objects(account, credentials, bucket, f"{identity.id}/").output == [key]
    assert access.delete_object(account, credentials, bucket, key).allowed
    assert access.list_objects(account, credentials, bucket, f"{identity.id}/").output == []


def test_another_users_prefix_is_denied(account: Account, alice: Someone, bob: Someone, bucket: str) -> None:
    (mine, credentials), (theirs, _) = alice, bob
    assert access.put_object(account, credentials, bucket, f"{mine.id}/a", "a").allowed
    for key in (f"{theirs.id}/a", "a", f"{mine.id}x/a"):
        assert refused(access.put_object(account, credentials, bucket, key, "a"), "AccessDenied")
        assert refused(access.get_object(account, credentials, bucket, key), "AccessDenied")
        assert refused(access.delete_object(account, credentials, bucket, key), "AccessDenied")
    assert refused(access.list_objects(account, credentials, bucket, f"{theirs.id}/"), "AccessDenied")


def test_one_stores_fetches_queries_and_deletes_items_of_ones_own(
    account: Account, alice: Someone, table: str
) -> None:
    identity, credentials = alice
    item = {"owner": identity.id, "note": "first", "text": "hello"}
    key = {"owner": identity.id, "note": "first"}
    assert access.put_item(account, credentials, table, item).allowed
    assert access.get_item(account, credentials, table, key).output == item
    assert access.query(account, credentials, table, "owner", identity.id).output == [item]
    assert access.delete_item(account, credentials, table, key).allowed
    gone = access.get_item(account, credentials, table, key)
    assert (gone.allowed, gone.output) == (True, None)


def test_another_users_items_are_denied(account: Account, alice: Someone, bob: Someone, table: str) -> None:
    (mine, credentials), (theirs, _) = alice, bob
    key = {"owner": theirs.id, "note": "first"}
    assert access.put_item(account, credentials, table, {"owner": mine.id, "note": "first"}).allowed
    denied = "AccessDeniedException"
    assert {"owner": mine.id, "note": "first"} in access.scan(account, None, table).output
    assert refused(access.scan(account, credentials, table), denied)
    assert refused(access.put_item(account, credentials, table, key), denied)
    assert refused(access.get_item(account, credentials, table, key), denied)
    assert refused(access.delete_item(account, credentials, table, key), denied)
    assert refused(access.query(account, credentials, table, "owner", theirs.id), denied)


def test_a_guest_and_a_nobody_are_denied_what_the_administrator_may(
    account: Account, lab: Lab, alice: Someone, bucket: str
) -> None:
    assert lab.identity_pool
    guest = identity_pool.get_credentials_for_identity(
        account, identity_pool.get_id(account, lab.identity_pool)
    )
    key = f"{alice[0].id}/shared"
    assert access.put_object(account, None, bucket, key, b"by the administrator").allowed
    assert access.get_object(account, None, bucket, key).allowed
    assert refused(access.get_object(account, guest, bucket, key), "AccessDenied")
    assert refused(access.get_object(account, ANONYMOUS, bucket, key), "AccessDenied")


def test_an_attempt_names_action_and_resource_and_keeps_the_call(
    account: Account, alice: Someone, bucket: str, table: str
) -> None:
    identity, credentials = alice
    attempt = access.put_object(account, credentials, bucket, f"{identity.id}/a", "a")
    assert (attempt.action, attempt.resource) == ("s3:PutObject", f"arn:aws:s3:::{bucket}/{identity.id}/a")
    assert attempt.calls[0].signed
    assert attempt.calls[0].request["Body"] == "<1 bytes>"
    assert attempt.request_id
    query = access.query(account, credentials, table, "owner", identity.id)
    assert query.resource == f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{table}"
    listed = access.list_objects(account, credentials, bucket, f"{identity.id}/")
    assert (listed.action, listed.resource) == ("s3:ListBucket", f"arn:aws:s3:::{bucket}")


def test_what_is_no_answer_of_aws_rises(account: Account, alice: Someone, bucket: str) -> None:
    assert access.get_object(account, None, bucket, "missing").code == "NoSuchKey"
    with pytest.raises(ParamValidationError):
        access.get_object(account, alice[1], bucket, "")


def test_after_an_hour_the_credentials_are_refused(account: Account, lab: Lab, bucket: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/accessing-aws-services.html"""
    identity, credentials = someone(account, lab, "alice")
    assert access.put_object(account, credentials, bucket, f"{identity.id}/a", "a").allowed
    account.clock.advance(hours=1, minutes=1)
    assert refused(access.put_object(account, credentials, bucket, f"{identity.id}/a", "a"), "ExpiredToken")
    identity, fresh = someone(account, lab, "alice")
    assert access.put_object(account, fresh, bucket, f"{identity.id}/a", "a").allowed
