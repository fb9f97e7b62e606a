"""Why a call was refused, asked afterwards of the account that refused it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

import labkit
from labkit import flow
from labkit.account import Account, open_account
from labkit.account.control import Control
from labkit.errors import LabError
from labkit.local.app import LocalApp
from labkit.policy import Policy, PolicySet, Request, Verdict, decide
from labkit.record import Secret
from labkit.resources import Credentials

SHELF = "arn:aws:s3:::shelf-to-explain"


@pytest.fixture(scope="module")
def reader(account: Account) -> Credentials:
    """Credentials of a role that may read the bucket, it thinks, and write under `own/`."""
    statements = [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": SHELF},
        {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{SHELF}/own/*"},
    ]
    trust = {"Effect": "Allow", "Principal": {"AWS": account.account_id}, "Action": "sts:AssumeRole"}
    iam = account.client("iam")
    name = f"Reader-{account.endpoint}".replace(":", "").replace("/", "")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="reading", PolicyDocument=document(*statements))
    if not account.client("s3").list_buckets()["Buckets"]:
        account.client("s3").create_bucket(Bucket="shelf-to-explain")
    keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="zoe")["Credentials"]
    secret, token = Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
    return Credentials(keys["AccessKeyId"], secret, token, keys["Expiration"])


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_an_error_is_explained_by_the_account_that_raised_it(account: Account, reader: Credentials) -> None:
    account.client("s3", reader).put_object(Bucket="shelf-to-explain", Key="own/book", Body=b"")

    with pytest.raises(ClientError) as refused:
        account.client("s3", reader).get_object(Bucket="shelf-to-explain", Key="own/book")
    explanation = labkit.explain(refused.value)

    assert explanation.verdict is Verdict.IMPLICIT_DENY
    assert (explanation.request.action, explanation.request.resource) == ("s3:GetObject", f"{SHELF}/own/book")
    assert explanation.near_misses[0].trace.label == "Read"
    assert explanation.near_misses[0].trace.policy.name == "reading"
    assert [mistake.name for mistake in explanation.mistakes] == ["bucket_for_object"]


def test_an_attempt_is_explained_whether_it_was_refused_or_not(account: Account, reader: Credentials) -> None:
    refused = flow.access.put_object(account, reader, "shelf-to-explain", "other", "x")
    allowed = flow.access.put_object(account, reader, "shelf-to-explain", "own/page", "x")

    assert not labkit.explain(refused, account=account).allowed
    assert labkit.explain(refused, account=account).policies.identity[0].name == "reading"
    assert labkit.explain(allowed, account=account).decisive[0].label == "Write"


def test_of_several_decisions_about_one_call_the_denial_is_kept(
    account: Account, reader: Credentials
) -> None:
    """CopyObject asks for the source and for the destination."""
    client = account.client("s3", reader)
    source = {"Bucket": "shelf-to-explain", "Key": "own/page"}

    with pytest.raises(ClientError) as refused:
        client.copy_object(Bucket="shelf-to-explain", Key="own/copy", CopySource=source)
    assert labkit.explain(refused.value).request.action == "s3:GetObject"
    assert not labkit.explain(refused.value).allowed


def test_a_refused_trust_is_explained_too(account: Account) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
    name = f"Foreign-{account.endpoint}".replace(":", "").replace("/", "")
    role = account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]

    with pytest.raises(ClientError) as refused:
        account.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="zoe")
    explanation = labkit.explain(refused.value)

    assert explanation.blocked_by == ("resource",)
    assert [stage.title for stage in explanation.funnel if stage.decided] == ["trust policy"]


def test_what_was_refused_before_any_policy_was_asked_says_so(account: Account, reader: Credentials) -> None:
    wrong = Credentials(reader.access_key_id, Secret("wrong" * 8), reader.session_token, None)

    with pytest.raises(ClientError) as refused:
        account.client("s3", wrong).list_buckets()
    with pytest.raises(LabError, match="fails earlier"):
        labkit.explain(refused.value)


def test_an_error_of_another_client_needs_the_account(served: LocalApp) -> None:
    import boto3

    client = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="AKIAWRONG", aws_secret_access_key="x"
    )
    with pytest.raises(ClientError) as refused:
        client.list_buckets()
    with pytest.raises(LabError, match="pass `account=`"):
        labkit.explain(refused.value)


def test_the_account_of_another_process_is_asked_as_well(served: LocalApp) -> None:
    """The decision travels as a case; it is judged again here."""
    with open_account() as joined:
        answer = joined.client("s3").list_buckets()
        explanation = joined.explain(answer["ResponseMetadata"]["RequestId"])

    assert explanation.allowed
    assert explanation.request.action == "s3:ListAllMyBuckets"


def test_a_decision_and_a_request_need_no_account() -> None:
    policies = PolicySet(
        identity=(Policy.parse(document({"Effect": "Allow", "Action": "*", "Resource": "*"})),)
    )
    request = Request("arn:aws:iam::111122223333:user/zoe", "s3:GetObject", f"{SHELF}/x")

    assert labkit.explain(request, policies=policies).allowed
    assert labkit.explain(decide(request, policies=policies)).allowed


def test_a_real_account_tells_nothing(remote: LocalApp) -> None:
    account = open_account("aws", profile="workshop", confirm=lambda _: True)

    with pytest.raises(LabError, match="does not tell how it decided"):
        account.explain("any")


def test_anything_else_is_named(account: Account) -> None:
    with pytest.raises(LabError, match="`int` cannot be explained: expected a decision"):
        labkit.explain(7, account=account)


def test_only_who_may_ask_the_account_gets_its_decisions(account: Account) -> None:
    """GetDecision is a signed call of the service `labkit`, put to policies like any other."""
    request_id = account.client("s3").list_buckets()["ResponseMetadata"]["RequestId"]
    iam, name = account.client("iam"), f"asks-{account.endpoint}".replace(":", "").replace("/", "")
    iam.create_user(UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    control = Control(
        account._send,
        str(account.endpoint),
        region=account.region,
        access_key_id=keys["AccessKeyId"],
        secret_access_key=Secret(keys["SecretAccessKey"]),
    )

    with pytest.raises(
        LabError, match=r"refused `GetDecision`: .*not authorized to perform: labkit:GetDecision"
    ):
        control.call("GetDecision", RequestId=request_id)
    asking = document({"Effect": "Allow", "Action": "labkit:GetDecision", "Resource": "*"})
    iam.put_user_policy(UserName=name, PolicyName="asking", PolicyDocument=asking)
    assert (
        control.call("GetDecision", RequestId=request_id)["Case"]["request"]["action"]
        == "s3:ListAllMyBuckets"
    )
