"""GetSessionToken, GetFederationToken, GetCallerIdentity and GetAccessKeyInfo.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    anybody_here,
    credentials_in,
    document,
    refused,
    role,
    session_of,
    statement,
    user,
)
from tests.local.identities import caller

LIST_BUCKETS = statement("s3:ListAllMyBuckets")
EVERYTHING = statement("*")


def session_token(account: LocalAccount, keys: Credentials, **more: Any) -> Credentials:
    return credentials_in(account.client("sts", keys).get_session_token(**more))


def federation_token(account: LocalAccount, keys: Credentials, name: str = "Bob", **more: Any) -> Credentials:
    return credentials_in(account.client("sts", keys).get_federation_token(Name=name, **more))


def user_name(account: LocalAccount, keys: Credentials) -> str:
    return str(caller(account, keys)["Arn"].rpartition("/")[2])


# --- GetSessionToken --------------------------------------------------------------------------------------


@pytest.mark.operation("sts:GetSessionToken")
def test_a_session_token_is_the_users_own(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html

    "No permissions are required for users to perform this operation." "The temporary credentials have the
    same permissions as the IAM user."
    """
    keys = user(account, LIST_BUCKETS)
    session = session_token(account, keys)
    assert session.access_key_id.startswith("ASIA")
    assert caller(account, session)["Arn"] == caller(account, keys)["Arn"]
    assert caller(account, session)["UserId"] == caller(account, keys)["UserId"]
    assert account.client("s3", session).list_buckets()
    answer = refused(account.client("s3", session).create_bucket, Bucket=account.name("bucket"))
    assert answer.code == "AccessDenied"


@pytest.mark.operation("sts:GetSessionToken")
def test_the_users_name_is_known_in_a_session_of_his_own(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable"""
    bucket = account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    keys = user(account, statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*"))
    name, s3 = user_name(account, keys), account.client("s3", session_token(account, keys))
    assert s3.put_object(Bucket=bucket, Key=f"{name}/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="another/a", Body=b"x").code == "AccessDenied"


@pytest.mark.operation("sts:AssumeRole")
@pytest.mark.operation("sts:GetSessionToken", refuses="AccessDenied")
def test_a_session_token_is_no_good_for_iam_and_little_of_sts(account: LocalAccount) -> None:
    """ "You cannot call any IAM API operations unless MFA authentication information is included in the
    request. You cannot call any STS API except AssumeRole, GetCallerIdentity …" """
    keys = user(account, EVERYTHING)
    session = session_token(account, keys)
    assert account.client("iam", keys).list_roles()
    answer = refused(account.client("iam", session).list_roles)
    assert (answer.status, answer.code) == (403, "InvalidClientTokenId")
    sts = account.client("sts", session)
    assert sts.assume_role(RoleArn=role(account, anybody_here(account)), RoleSessionName="tester")
    for call, given in ((sts.get_session_token, {}), (sts.get_federation_token, {"Name": "Bob"})):
        answer = refused(call, **given)
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert answer.message.endswith("with session credentials")


@pytest.mark.operation("sts:AssumeRole", "sts:GetCallerIdentity")
def test_a_role_gets_no_session_token(account: LocalAccount) -> None:
    """ "You cannot call the … GetFederationToken or GetSessionToken API operations." """
    arn = role(account, anybody_here(account), EVERYTHING)
    sts = account.client("sts", session_of(account, arn))
    assert sts.get_caller_identity()
    answer = refused(sts.get_session_token)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message == "Cannot call GetSessionToken with session credentials"
    answer = refused(sts.get_federation_token, Name="Bob")
    assert answer.message == "Cannot call GetFederationToken with session credentials"


@pytest.mark.operation("sts:GetFederationToken", "sts:GetSessionToken")
@pytest.mark.parametrize("call", [session_token, federation_token])
@pytest.mark.parametrize("asked, seconds", [(None, 43200), (900, 900), (129600, 129600)])
def test_a_users_session_lasts_twelve_hours_or_as_was_asked(
    account: LocalAccount, call: Any, asked: int | None, seconds: int
) -> None:
    """ "… from 900 seconds (15 minutes) up to a maximum of 129,600 seconds (36 hours), with a default of
    43,200 seconds (12 hours)." """
    keys = user(account, EVERYTHING)
    session = call(account, keys, **({"DurationSeconds": asked} if asked else {}))
    left = session.expiration - datetime.now(UTC)
    assert timedelta(seconds=seconds - 60) < left <= timedelta(seconds=seconds)


@pytest.mark.operation("sts:GetFederationToken", "sts:GetSessionToken", refuses="ValidationError")
@pytest.mark.parametrize("seconds", [899, 129601])
@pytest.mark.parametrize(
    "call, given", [("get_session_token", {}), ("get_federation_token", {"Name": "Bob"})]
)
def test_a_users_session_lasts_no_longer_and_no_shorter(
    account: LocalAccount, call: str, given: dict[str, str], seconds: int
) -> None:
    sts = account.client("sts", user(account, EVERYTHING), parameter_validation=False)
    assert getattr(sts, call)(**given, DurationSeconds=3600)["Credentials"]
    answer = refused(getattr(sts, call), **given, DurationSeconds=seconds)
    assert (answer.status, answer.code) == (400, "ValidationError")


@pytest.mark.operation("sts:GetSessionToken")
def test_a_session_token_expires(fresh: LocalAccount) -> None:
    session = session_token(fresh, user(fresh, LIST_BUCKETS), DurationSeconds=900)
    fresh.advance(minutes=14, seconds=30)
    assert fresh.client("s3", session).list_buckets()
    fresh.advance(seconds=30)
    assert refused(fresh.client("s3", session).list_buckets).code == "ExpiredToken"


# --- GetFederationToken -----------------------------------------------------------------------------------


@pytest.mark.operation("sts:GetFederationToken")
def test_a_federated_user_has_a_name_of_its_own(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    keys = user(account, EVERYTHING)
    answer = account.client("sts", keys).get_federation_token(Name="Bob", Policy=document(LIST_BUCKETS))
    arn = f"arn:aws:sts::{account.account_id}:federated-user/Bob"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{account.account_id}:Bob", "Arn": arn}
    who = caller(account, credentials_in(answer))
    assert (who["Arn"], who["UserId"]) == (arn, f"{account.account_id}:Bob")


@pytest.mark.operation("sts:GetFederationToken")
def test_a_federated_user_may_do_what_both_policies_allow(account: LocalAccount) -> None:
    """ "The session permissions are the intersection of the IAM user policies and the session policies." """
    keys, policy = user(account, LIST_BUCKETS, statement("sts:GetFederationToken")), document(EVERYTHING)
    s3 = account.client("s3", federation_token(account, keys, Policy=policy))
    assert s3.list_buckets()
    answer = refused(s3.create_bucket, Bucket=account.name("bucket"))
    assert "because no identity-based policy allows" in answer.message
    broad = user(account, EVERYTHING)
    s3 = account.client("s3", federation_token(account, broad, Policy=document(LIST_BUCKETS)))
    assert s3.list_buckets()
    answer = refused(s3.create_bucket, Bucket=account.name("bucket"))
    assert "because no session policy allows" in answer.message


@pytest.mark.operation("sts:GetFederationToken")
def test_a_federated_user_without_a_policy_may_do_nothing(account: LocalAccount) -> None:
    """ "If you do not pass any session policies, then the resulting federated user session has no
    permissions." """
    keys = user(account, EVERYTHING)
    with_policy = federation_token(account, keys, Policy=document(LIST_BUCKETS))
    assert account.client("s3", with_policy).list_buckets()
    answer = refused(account.client("s3", federation_token(account, keys)).list_buckets)
    assert answer.code == "AccessDenied"
    assert "because no session policy allows" in answer.message


@pytest.mark.operation("sts:GetFederationToken")
def test_a_bucket_may_name_a_federated_user(account: LocalAccount) -> None:
    """ "If that policy specifically references the federated user session in the Principal element …, the
    session has the permissions allowed by the policy." """
    bucket, keys = account.name("bucket"), user(account, EVERYTHING)
    s3 = account.client("s3")
    s3.create_bucket(Bucket=bucket)
    arn = f"arn:aws:sts::{account.account_id}:federated-user/Bob"
    grant = statement("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": arn})
    s3.put_bucket_policy(Bucket=bucket, Policy=document(grant))
    for name, allowed in (("Bob", True), ("Eve", False)):
        put = account.client("s3", federation_token(account, keys, name)).put_object
        if allowed:
            assert put(Bucket=bucket, Key="a", Body=b"x")
        else:
            assert refused(put, Bucket=bucket, Key="a", Body=b"x").code == "AccessDenied"


@pytest.mark.operation("sts:GetCallerIdentity")
@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_federated_user_calls_neither_iam_nor_sts(account: LocalAccount) -> None:
    """ "You cannot call any IAM operations … any STS operations except GetCallerIdentity …" """
    keys = user(account, EVERYTHING)
    session = federation_token(account, keys, Policy=document(EVERYTHING))
    sts = account.client("sts", session)
    assert sts.get_caller_identity()["Arn"].endswith("federated-user/Bob")
    answer = refused(account.client("iam", session).list_roles)
    assert (answer.status, answer.code) == (403, "InvalidClientTokenId")
    asked = {"RoleArn": role(account, anybody_here(account)), "RoleSessionName": "tester"}
    assert account.client("sts", keys).assume_role(**asked)
    answer = refused(sts.assume_role, **asked)
    assert (answer.status, answer.code) == (403, "AccessDenied")


@pytest.mark.operation("sts:GetFederationToken", refuses="AccessDenied")
def test_federation_must_be_allowed(account: LocalAccount) -> None:
    arn = f"arn:aws:sts::{account.account_id}:federated-user/Bob"
    keys = user(account, statement("sts:GetFederationToken", arn))
    assert federation_token(account, keys, "Bob").session_token
    answer = refused(federation_token, account=account, keys=keys, name="Eve")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "sts:GetFederationToken on resource: " in answer.message


@pytest.mark.operation("sts:GetFederationToken", refuses="AccessDenied")
def test_a_federated_user_has_the_users_tags_and_those_that_are_passed(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-getfederationtoken

    "The session's principal tags include the user's tags and the passed session tags."
    """
    bucket = account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    pattern = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/stage}}/${{aws:PrincipalTag/team}}/*"
    keys = user(account, statement("s3:PutObject", pattern), statement(["sts:*"]))
    name = user_name(account, keys)
    account.client("iam").tag_user(UserName=name, Tags=[{"Key": "stage", "Value": "test"}])
    tags = [{"Key": "team", "Value": "red"}]
    session = federation_token(account, keys, Policy=document(EVERYTHING), Tags=tags)
    s3 = account.client("s3", session)
    assert s3.put_object(Bucket=bucket, Key="test/red/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="test/blue/a", Body=b"x").code == "AccessDenied"
    fewer = user(account, statement("sts:GetFederationToken"))
    assert federation_token(account, fewer).session_token
    assert "sts:TagSession" in refused(federation_token, account=account, keys=fewer, Tags=tags).message


@pytest.mark.operation("sts:GetFederationToken", refuses=["MalformedPolicyDocument", "ValidationError"])
def test_a_malformed_policy_federates_nobody(account: LocalAccount) -> None:
    keys = user(account, EVERYTHING)
    assert federation_token(account, keys, Policy=document(LIST_BUCKETS)).session_token
    answer = refused(federation_token, account=account, keys=keys, Policy="{}")
    assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")
    answer = refused(federation_token, account=account, keys=keys, Policy=document().ljust(2049))
    assert (answer.status, answer.code) == (400, "ValidationError")


# --- who am I ---------------------------------------------------------------------------------------------


@pytest.mark.operation("sts:AssumeRole", "sts:GetCallerIdentity")
def test_everybody_may_ask_who_he_is(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    "If an administrator attaches a policy to your identity that explicitly denies access …, you can still
    perform this operation."
    """
    denied = user(account, EVERYTHING, statement("sts:GetCallerIdentity", effect="Deny"))
    arn = role(account, anybody_here(account))
    expected = {
        "user": (denied, f"arn:aws:iam::{account.account_id}:user/"),
        "session": (session_token(account, denied), f"arn:aws:iam::{account.account_id}:user/"),
        "federated user": (federation_token(account, denied), ":federated-user/Bob"),
        "role": (session_of(account, arn), f":assumed-role/{arn.rpartition('/')[2]}/tester"),
    }
    for kind, (keys, part) in expected.items():
        who = caller(account, keys)
        assert part in who["Arn"], kind
        assert who["Account"] == account.account_id


@pytest.mark.operation("sts:GetAccessKeyInfo", missing="keys of other accounts")
@pytest.mark.operation("sts:GetAccessKeyInfo")
def test_a_key_belongs_to_an_account(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    sts, keys = account.client("sts"), user(account)
    for known in (keys.access_key_id, session_token(account, keys).access_key_id):
        assert sts.get_access_key_info(AccessKeyId=known)["Account"] == account.account_id
    answer = refused(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    assert (answer.status, answer.code) == (501, "NotSimulated")
