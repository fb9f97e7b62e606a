"""What may this caller do in S3? Each call as IAM sees it.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html (the texts)
"""

from __future__ import annotations

from typing import Any

import pytest

from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    anybody_here,
    document,
    refused,
    role,
    session_of,
    statement,
    user,
)


@pytest.fixture(scope="session")
def bucket(account: LocalAccount) -> str:
    """A bucket with one object of mine and one of yours."""
    name = account.name("bucket")
    account.client("s3").create_bucket(Bucket=name)
    for key in ("mine/a.txt", "yours/a.txt"):
        account.client("s3").put_object(Bucket=name, Key=key, Body=b"text", Tagging="team=red")
    return name


def objects(bucket: str, prefix: str = "mine") -> str:
    return f"arn:aws:s3:::{bucket}/{prefix}/*"


#: What is called, what it takes to be allowed, and the same on what is not mine.
#: Case → (operation, actions, parameters, parameters that are refused, action that is denied)
CASES: dict[str, tuple[str, list[str], dict[str, Any], dict[str, Any], str]] = {
    "PutObject": ("put_object", ["s3:PutObject"], {"Key": "mine/b"}, {"Key": "yours/b"}, "s3:PutObject"),
    "GetObject": (
        "get_object", ["s3:GetObject"], {"Key": "mine/a.txt"}, {"Key": "yours/a.txt"}, "s3:GetObject",
    ),
    "DeleteObject": (
        "delete_object", ["s3:DeleteObject"], {"Key": "mine/x"}, {"Key": "yours/x"}, "s3:DeleteObject",
    ),
    "GetObjectTagging": (
        "get_object_tagging", ["s3:GetObjectTagging"], {"Key": "mine/a.txt"}, {"Key": "yours/a.txt"},
        "s3:GetObjectTagging",
    ),
    "PutObjectTagging": (
        "put_object_tagging", ["s3:PutObjectTagging"],
        {"Key": "mine/a.txt", "Tagging": {"TagSet": [{"Key": "team", "Value": "red"}]}},
        {"Key": "yours/a.txt", "Tagging": {"TagSet": []}}, "s3:PutObjectTagging",
    ),
    "CreateMultipartUpload": (
        "create_multipart_upload", ["s3:PutObject"], {"Key": "mine/big"}, {"Key": "yours/big"},
        "s3:PutObject",
    ),
    "PutObject with an ACL": (
        "put_object", ["s3:PutObject", "s3:PutObjectAcl"], {"Key": "mine/b", "ACL": "private"},
        {"Key": "yours/b", "ACL": "private"}, "s3:PutObject",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_object_call_needs_its_action_on_its_key(account: LocalAccount, bucket: str, case: str) -> None:
    operation, actions, allowed, denied, action = CASES[case]
    credentials = user(account, statement(actions, objects(bucket)))
    call = getattr(account.client("s3", credentials), operation)
    assert call(Bucket=bucket, **allowed)["ResponseMetadata"]["HTTPStatusCode"] in (200, 204)
    answer = refused(call, Bucket=bucket, **denied)
    arn = account.client("sts", credentials).get_caller_identity()["Arn"]
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message == (
        f'User: {arn} is not authorized to perform: {action} on resource: "arn:aws:s3:::{bucket}/'
        f'{denied["Key"]}" because no identity-based policy allows the {action} action'
    )


@pytest.mark.parametrize(
    "more, missing", [({"ACL": "private"}, "s3:PutObjectAcl"), ({"Tagging": "a=b"}, "s3:PutObjectTagging")]
)
def test_a_put_with_an_acl_or_tags_needs_their_actions_too(
    account: LocalAccount, bucket: str, more: dict[str, str], missing: str
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (Permissions)"""
    full = user(account, statement(["s3:PutObject", missing], objects(bucket)))
    assert account.client("s3", full).put_object(Bucket=bucket, Key="mine/c", **more)
    only_put = account.client("s3", user(account, statement("s3:PutObject", objects(bucket))))
    assert only_put.put_object(Bucket=bucket, Key="mine/c")
    assert f"perform: {missing} " in refused(only_put.put_object, Bucket=bucket, Key="mine/c", **more).message


def test_a_head_request_is_refused_without_a_text(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
    s3 = account.client("s3", user(account, statement("s3:GetObject", objects(bucket))))
    assert s3.head_object(Bucket=bucket, Key="mine/a.txt")["ContentLength"] == 4
    answer = refused(s3.head_object, Bucket=bucket, Key="yours/a.txt")
    assert (answer.status, answer.code, answer.message) == (403, "403", "Forbidden")


def test_listing_needs_the_prefix_that_the_condition_names(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html"""
    condition = {"StringLike": {"s3:prefix": "mine/*"}}
    may_list = statement("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition)
    s3 = account.client("s3", user(account, may_list))
    for list_objects in (s3.list_objects_v2, s3.list_objects):
        listed = list_objects(Bucket=bucket, Prefix="mine/")["Contents"]
        assert all(found["Key"].startswith("mine/") for found in listed)
        for prefix in ({}, {"Prefix": ""}, {"Prefix": "yours/"}, {"Prefix": "m"}):
            assert refused(list_objects, Bucket=bucket, **prefix).code == "AccessDenied"


def test_listing_all_buckets_names_no_resource(account: LocalAccount, bucket: str) -> None:
    may = account.client("s3", user(account, statement("s3:ListAllMyBuckets")))
    assert bucket in [b["Name"] for b in may.list_buckets()["Buckets"]]
    answer = refused(account.client("s3", user(account)).list_buckets)
    assert answer.message.endswith(
        "perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    )


def test_a_copy_reads_its_source_and_writes_its_destination(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (Permissions)"""
    write = statement(["s3:PutObject", "s3:PutObjectTagging"], objects(bucket))
    read = statement(["s3:GetObject", "s3:GetObjectTagging"], objects(bucket))
    both = account.client("s3", user(account, read, write))
    source = {"Bucket": bucket, "Key": "mine/a.txt"}
    assert both.copy_object(Bucket=bucket, Key="mine/copy", CopySource=source)["CopyObjectResult"]
    foreign = refused(
        both.copy_object, Bucket=bucket, Key="mine/c", CopySource={"Bucket": bucket, "Key": "yours/a.txt"}
    )
    assert f's3:GetObject on resource: "arn:aws:s3:::{bucket}/yours/a.txt"' in foreign.message
    outside = refused(both.copy_object, Bucket=bucket, Key="yours/c", CopySource=source)
    assert f's3:PutObject on resource: "arn:aws:s3:::{bucket}/yours/c"' in outside.message
    write_only = account.client("s3", user(account, write))
    assert refused(write_only.copy_object, Bucket=bucket, Key="mine/c", CopySource=source).status == 403


@pytest.mark.parametrize("source", ["%2e%2e/x", "just-a-bucket", ""])
def test_a_copy_from_nowhere_is_refused(account: LocalAccount, bucket: str, source: str) -> None:
    s3 = account.client("s3")
    assert s3.copy_object(Bucket=bucket, Key="mine/copy", CopySource=f"{bucket}/mine/a.txt")
    answer = refused(s3.copy_object, Bucket=bucket, Key="mine/copy", CopySource=source)
    assert 400 <= answer.status < 500


def test_delete_objects_decides_about_each_key(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
    admin = account.client("s3")
    for key in ("mine/1", "mine/<&>2", "yours/1", "yours/<&>2"):
        admin.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3 = account.client("s3", user(account, statement("s3:DeleteObject", objects(bucket))))
    keys = [{"Key": key} for key in ("yours/1", "mine/1", "yours/<&>2", "mine/<&>2")]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert sorted(found["Key"] for found in answer["Deleted"]) == ["mine/1", "mine/<&>2"]
    assert [found["Key"] for found in answer["Errors"]] == ["yours/1", "yours/<&>2"]
    assert {(found["Code"], found["Message"]) for found in answer["Errors"]} == {
        ("AccessDenied", "Access Denied")
    }
    assert admin.get_object(Bucket=bucket, Key="yours/1")["Body"].read() == b"x"
    assert refused(admin.get_object, Bucket=bucket, Key="mine/1").code == "NoSuchKey"
    nothing = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "yours/1"}]})
    assert "Deleted" not in nothing
    assert len(nothing["Errors"]) == 1


def test_a_missing_key_is_404_only_to_those_who_may_list(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)"""
    read = statement("s3:GetObject", objects(bucket))
    lister = user(account, read, statement("s3:ListBucket", f"arn:aws:s3:::{bucket}"))
    knows, guesses = account.client("s3", lister), account.client("s3", user(account, read))
    assert guesses.get_object(Bucket=bucket, Key="mine/a.txt")
    assert refused(knows.get_object, Bucket=bucket, Key="mine/none").code == "NoSuchKey"
    assert refused(knows.head_object, Bucket=bucket, Key="mine/none").status == 404
    hidden = refused(guesses.get_object, Bucket=bucket, Key="mine/none")
    assert (hidden.status, hidden.code) == (403, "AccessDenied")
    assert refused(guesses.head_object, Bucket=bucket, Key="mine/none").status == 403


def policy_on(account: LocalAccount, bucket: str, *statements: dict[str, Any]) -> None:
    account.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))


@pytest.fixture
def shop(account: LocalAccount) -> str:
    """A bucket that a test may give a policy."""
    name = account.name("shop")
    account.client("s3").create_bucket(Bucket=name)
    account.client("s3").put_object(Bucket=name, Key="public/a", Body=b"for all")
    account.client("s3").put_object(Bucket=name, Key="private/a", Body=b"for few")
    return name


def arn_of(account: LocalAccount, credentials: Credentials) -> str:
    return str(account.client("sts", credentials).get_caller_identity()["Arn"])


def test_a_bucket_policy_alone_can_allow_a_user(account: LocalAccount, shop: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""
    named, other = user(account), user(account)
    assert refused(account.client("s3", named).get_object, Bucket=shop, Key="private/a").status == 403
    allow = statement("s3:GetObject", f"arn:aws:s3:::{shop}/*", Principal={"AWS": arn_of(account, named)})
    policy_on(account, shop, allow)
    assert account.client("s3", named).get_object(Bucket=shop, Key="private/a")["Body"].read() == b"for few"
    assert refused(account.client("s3", other).get_object, Bucket=shop, Key="private/a").status == 403


def test_a_bucket_policy_can_deny_even_an_administrator(account: LocalAccount, shop: str) -> None:
    admin = account.client("s3")
    assert admin.get_object(Bucket=shop, Key="private/a")
    policy_on(
        account, shop, statement("s3:GetObject", f"arn:aws:s3:::{shop}/private/*", "Deny", Principal="*")
    )
    assert admin.get_object(Bucket=shop, Key="public/a")
    answer = refused(admin.get_object, Bucket=shop, Key="private/a")
    assert answer.message.endswith(
        f'on resource: "arn:aws:s3:::{shop}/private/a" with an explicit deny in a resource-based policy'
    )


def test_an_anonymous_caller_has_what_the_bucket_policy_gives_to_all(
    account: LocalAccount, shop: str
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"""
    nobody = account.anonymous("s3")
    assert refused(nobody.get_object, Bucket=shop, Key="public/a").message == "Access Denied"
    policy_on(account, shop, statement("s3:GetObject", f"arn:aws:s3:::{shop}/public/*", Principal="*"))
    assert nobody.get_object(Bucket=shop, Key="public/a")["Body"].read() == b"for all"
    for call, key in ((nobody.get_object, "private/a"), (nobody.delete_object, "public/a")):
        answer = refused(call, Bucket=shop, Key=key)
        assert (answer.status, answer.code, answer.message) == (403, "AccessDenied", "Access Denied")


def test_a_missing_key_is_hidden_from_anonymous_callers(account: LocalAccount, shop: str) -> None:
    policy_on(account, shop, statement("s3:GetObject", f"arn:aws:s3:::{shop}/*", Principal="*"))
    nobody = account.anonymous("s3")
    assert nobody.get_object(Bucket=shop, Key="public/a")
    assert refused(nobody.get_object, Bucket=shop, Key="public/none").code == "AccessDenied"


def test_policy_variables_keep_users_to_their_own_prefix(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    credentials = user(account, statement("s3:PutObject", f"arn:aws:s3:::{bucket}/home/${{aws:username}}/*"))
    name = arn_of(account, credentials).rpartition("/")[2]
    s3 = account.client("s3", credentials)
    assert s3.put_object(Bucket=bucket, Key=f"home/{name}/a")
    assert refused(s3.put_object, Bucket=bucket, Key="home/another/a").status == 403
    assert refused(s3.put_object, Bucket=bucket, Key="home/${aws:username}/a").status == 403


@pytest.mark.parametrize(
    "condition, holds",
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"StringEquals": {"s3:x-amz-acl": "private"}}, False),
        ({"StringEqualsIfExists": {"s3:x-amz-acl": "private"}}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "false"}}, False),
        ({"StringEquals": {"s3:authType": "REST-HEADER"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    ],
)
def test_a_condition_must_hold(
    account: LocalAccount, bucket: str, condition: dict[str, Any], holds: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    plain = user(account, statement("s3:PutObject", objects(bucket)))
    assert account.client("s3", plain).put_object(Bucket=bucket, Key="mine/c")
    s3 = account.client("s3", user(account, statement("s3:PutObject", objects(bucket), Condition=condition)))
    if holds:
        assert s3.put_object(Bucket=bucket, Key="mine/c")
    else:
        assert refused(s3.put_object, Bucket=bucket, Key="mine/c").code == "AccessDenied"


def test_the_objects_tags_decide(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html"""
    for colour in ("red", "blue"):
        account.client("s3").put_object(Bucket=bucket, Key=f"tagged/{colour}", Tagging=f"team={colour}")
    condition = {"StringEquals": {"s3:ExistingObjectTag/team": "red"}}
    reader = user(account, statement("s3:GetObject", objects(bucket, "tagged"), Condition=condition))
    s3 = account.client("s3", reader)
    assert s3.get_object(Bucket=bucket, Key="tagged/red")
    assert refused(s3.get_object, Bucket=bucket, Key="tagged/blue").code == "AccessDenied"


def test_an_explicit_deny_of_a_managed_policy_is_named(account: LocalAccount, bucket: str) -> None:
    """https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns"""
    arn = role(account, anybody_here(account), statement("s3:*"))
    s3 = account.client("s3", session_of(account, arn))
    assert s3.get_object(Bucket=bucket, Key="mine/a.txt")
    iam, name = account.client("iam"), account.name("deny")
    policy = iam.create_policy(
        PolicyName=name, PolicyDocument=document(statement("s3:GetObject", effect="Deny"))
    )
    iam.attach_role_policy(RoleName=arn.rpartition("/")[2], PolicyArn=policy["Policy"]["Arn"])
    answer = refused(s3.get_object, Bucket=bucket, Key="mine/a.txt")
    assert answer.message.startswith(f"User: arn:aws:sts::{account.account_id}:assumed-role/role-")
    assert answer.message.endswith(
        f"with an explicit deny in an identity-based policy: arn:aws:iam::{account.account_id}:policy/{name}"
    )


def test_a_bucket_policy_s_deny_counts_only_where_its_condition_holds(account: LocalAccount) -> None:
    """moto's own reading of bucket policies knows no conditions; it must not have the last word."""
    s3, name = account.client("s3"), account.name("bucket")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a", Body=b"text")
    everyone: dict[str, Any] = {"Principal": "*"}

    def deny(username: str) -> None:
        condition = {"Condition": {"StringEquals": {"aws:username": username}}}
        denied = statement("s3:GetObject", f"arn:aws:s3:::{name}/*", effect="Deny", **everyone, **condition)
        s3.put_bucket_policy(Bucket=name, Policy=document(denied))

    deny("somebody-else")
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"text"
    deny("lab-administrator")
    answer = refused(s3.get_object, Bucket=name, Key="a")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "with an explicit deny in a resource-based policy" in answer.message
