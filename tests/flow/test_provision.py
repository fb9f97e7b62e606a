"""Checkpoints: reached from nothing, from half-way, and after the account forgot everything."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit import provision
from labkit.account import Account, open_account
from labkit.cli import main
from labkit.errors import LabError
from labkit.flow import identity_pool as identity_pools
from labkit.flow import sign_in
from labkit.flow import user_pool as pools
from labkit.ledger import Entry, Ledger
from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from labkit.provision import CHECKPOINTS, Lab, progress
from labkit.provision.parts import own_data_policy
from labkit.resources import Tokens

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
READING = ("Get", "List", "Describe", "Head", "AdminGet")


@pytest.fixture
def account() -> Iterator[Account]:
    with open_account(transport="direct") as opened:
        yield opened


def changes(account: Account, checkpoint: str) -> tuple[list[str], Lab]:
    """The operations that a checkpoint needed and that change something, and its lab."""
    with account.record() as calls:
        lab = provision.checkpoint(account, checkpoint)
    return [call.operation for call in calls if not call.operation.startswith(READING)], lab


def test_each_checkpoint_has_what_it_says_and_no_more(account: Account) -> None:
    start, users, identities = (provision.checkpoint(account, name) for name in CHECKPOINTS)
    assert start == Lab("start")
    assert users.user_pool
    assert users.app_client
    assert users.app_client.secret is None
    assert set(users.users) == {"alice", "bob"}
    assert (users.identity_pool, users.roles, users.bucket, users.table) == (None, {}, None, None)
    assert identities.user_pool == users.user_pool
    assert identities.identity_pool
    assert set(identities.roles) == {"authenticated", "guest"}
    assert identities.bucket == "labkit-lab-123456789012-us-east-1"
    assert identities.table == "labkit-lab-Notes"


def test_the_labs_users_sign_in_with_the_labs_passwords_by_every_flow(account: Account) -> None:
    lab = provision.checkpoint(account, "user-pool")
    assert lab.app_client
    for user in lab.users.values():
        for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH"):
            tokens = sign_in.initiate_auth(
                account,
                lab.app_client,
                user.username,
                user.password,
                auth_flow=flow,
            )
            assert isinstance(tokens, Tokens)
            assert sign_in.get_user(account, tokens.access_token).sub == user.sub
        assert user.password.reveal() not in repr(lab)


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_the_second_run_changes_nothing_and_returns_the_same_lab(account: Account, checkpoint: str) -> None:
    made, first = changes(account, checkpoint)
    assert bool(made) == (checkpoint != "start")
    again, second = changes(account, checkpoint)
    assert again == []
    assert second == first
    assert provision.plan(account, checkpoint).steps == ()


def test_a_later_checkpoint_builds_on_an_earlier_one(account: Account) -> None:
    provision.checkpoint(account, "user-pool")
    made, _ = changes(account, "identity-pool")
    assert "CreateIdentityPool" in made
    assert "CreateUserPool" not in made


def test_the_plan_is_a_table_of_the_calls_to_come(account: Account) -> None:
    plan = provision.plan(account, "user-pool")
    assert [step.operation for step in plan.steps] == [
        "CreateUserPool", "CreateUserPoolClient", "AdminCreateUser", "AdminCreateUser",
    ]  # fmt: skip
    head, first, *_ = str(plan).splitlines()
    assert head.split() == ["operation", "resource", "name", "id"]
    assert first.split("  ")[0] == "CreateUserPool"
    assert account.client("cognito-idp").list_user_pools(MaxResults=1)["UserPools"] == []
    provision.apply(account, plan)
    assert str(provision.plan(account, "user-pool")) == "nothing to do"


def test_an_unknown_checkpoint_is_refused_with_the_known_ones(account: Account) -> None:
    assert provision.checkpoint(account, "start").checkpoint == "start"
    with pytest.raises(LabError, match="expected one of start, user-pool, identity-pool"):
        provision.checkpoint(account, "the-moon")


class Killed(BaseException):
    """What a kernel that is killed would not even see."""


@pytest.mark.parametrize("survived", range(1, 16))
def test_a_run_that_was_killed_after_any_change_is_finished_by_the_next(
    account: Account, survived: int
) -> None:
    seen = []

    def kill(model: object, **_: object) -> None:
        name = str(model.name)  # type: ignore[attr-defined]
        if not name.startswith(READING):
            seen.append(name)
            if len(seen) > survived:
                raise Killed

    services = ("cognito-idp", "cognito-identity", "iam", "s3", "dynamodb")
    for service in services:
        account.client(service).meta.events.register_first("before-call", kill)
    try:
        provision.checkpoint(account, "identity-pool")
    except Killed:
        assert len(seen) == survived + 1
    for service in services:
        account.client(service).meta.events.unregister("before-call", kill)

    lab = provision.checkpoint(account, "identity-pool")
    assert changes(account, "identity-pool") == ([], lab)
    found = account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    assert [pool["Name"] for pool in found] == ["labkit-lab-users"]


def test_what_was_broken_by_hand_is_made_good(account: Account) -> None:
    lab = provision.checkpoint(account, "identity-pool")
    assert lab.identity_pool
    account.client("iam").delete_role_policy(RoleName=lab.roles["authenticated"].name, PolicyName="own-data")
    guest = lab.roles["guest"]
    identity_pools.set_identity_pool_roles(
        account, lab.identity_pool, authenticated=guest, unauthenticated=guest
    )
    made, mended = changes(account, "identity-pool")
    assert made == ["PutRolePolicy", "SetIdentityPoolRoles"]
    assert mended == lab


def test_a_new_identity_pool_gets_roles_that_trust_it(account: Account) -> None:
    lab = provision.checkpoint(account, "identity-pool")
    assert lab.identity_pool
    account.client("cognito-identity").delete_identity_pool(IdentityPoolId=lab.identity_pool.id)
    made, again = changes(account, "identity-pool")
    assert "UpdateAssumeRolePolicy" in made
    assert again.identity_pool
    assert again.identity_pool.id != lab.identity_pool.id
    guest = identity_pools.get_id(account, again.identity_pool)
    assert identity_pools.get_credentials_for_identity(account, guest).session_token


def test_after_a_restart_of_the_account_the_lab_is_made_anew(
    served: LocalApp, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = provision.checkpoint(open_account(), "identity-pool")
    restarted = create_app()
    with Server(restarted) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", restarted.administrator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", restarted.administrator.secret_access_key.reveal())
        account = open_account()
        assert account.ledger.entries == ()
        after = provision.checkpoint(account, "identity-pool")
        assert after.user_pool != before.user_pool
        noted = {entry.id for entry in Ledger(folder, "123456789012", restarted.state.instance).entries}
        assert after.user_pool
        assert before.user_pool
        assert after.user_pool.id in noted
        assert before.user_pool.id not in noted


def test_kernels_that_start_at_once_make_one_lab(served: LocalApp, folder: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from labkit import open_account, provision\n"
        "lab = provision.checkpoint(open_account(), 'identity-pool')\n"
        "print(lab.user_pool.id, lab.identity_pool.id)\n"
    )
    kernels = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    labs = {kernel.communicate(timeout=60)[0].split("\r")[-1].strip() for kernel in kernels}
    lab = provision.checkpoint(open_account(), "identity-pool")
    assert lab.user_pool
    assert lab.identity_pool
    assert labs == {f"{lab.user_pool.id} {lab.identity_pool.id}"}
    found = open_account().client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    assert len(found) == 1


def test_the_ledger_forgets_what_somebody_else_deleted(account: Account) -> None:
    account.ledger.add(Entry("UserPool", "us-east-1_Gone12345", "gone", "us-east-1", "2026-06-01T12:00:00Z"))
    lab = provision.checkpoint(account, "user-pool")
    removed = provision.destroy(account)
    assert lab.user_pool
    assert [step.id for step in removed.steps] == [lab.user_pool.id]
    assert account.ledger.entries == ()


def test_the_ledger_keeps_what_was_made_in_another_region(account: Account) -> None:
    elsewhere = Entry("UserPool", "eu-west-1_Away12345", "away", "eu-west-1", "2026-06-01T12:00:00Z")
    account.ledger.add(elsewhere)
    provision.checkpoint(account, "user-pool")
    assert len(provision.destroy(account).steps) == 1
    assert account.ledger.entries == (elsewhere,)


def test_destroy_removes_what_the_lab_made_and_leaves_the_rest(account: Account) -> None:
    lab = provision.checkpoint(account, "identity-pool")
    assert lab.bucket
    account.client("s3").put_object(Bucket=lab.bucket, Key="full", Body=b"not empty")
    mine = pools.create_user_pool(account, "made-in-a-notebook")
    with open_account(transport="direct", lab="other") as neighbour:
        theirs = provision.checkpoint(neighbour, "user-pool")
        assert theirs.user_pool
        assert theirs.user_pool != lab.user_pool
        removed = provision.destroy(account)
        assert mine.id in {step.id for step in removed.steps}
        assert theirs.user_pool.id not in {step.id for step in removed.steps}
        found = account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
        assert [pool["Id"] for pool in found] == [theirs.user_pool.id]
        assert account.client("s3").list_buckets()["Buckets"] == []
        assert account.client("dynamodb").list_tables()["TableNames"] == []
        assert account.client("iam").list_roles()["Roles"] == []
        assert provision.destroy(account).steps == ()


def test_without_its_ledger_the_lab_is_found_by_its_tags(served: LocalApp, folder: Path) -> None:
    lab = provision.checkpoint(open_account(), "identity-pool")
    (folder / ".labkit" / "lab.json").unlink()
    account = open_account()
    assert changes(account, "identity-pool") == ([], lab)
    assert len(provision.destroy(account).steps) == 6


def make_one_of_each(client: Callable[[str], Any], name: str) -> None:
    client("cognito-idp").create_user_pool(PoolName=name)
    client("cognito-identity").create_identity_pool(
        IdentityPoolName=name, AllowUnauthenticatedIdentities=True
    )
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    client("s3").create_bucket(Bucket=name)
    client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


KINDS = ["DeleteBucket", "DeleteIdentityPool", "DeleteRole", "DeleteTable", "DeleteUserPool"]


def test_what_was_made_in_one_folder_is_destroyed_from_another_and_untagged_things_stay(
    served: LocalApp, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_one_of_each(open_account().client, "my-first")
    plain: Any = boto3.Session(region_name="us-east-1")
    make_one_of_each(plain.client, "somebody-elses")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    account = open_account()
    assert account.ledger.entries == ()
    removed = provision.destroy(account)
    assert sorted(step.operation for step in removed.steps) == KINDS
    assert {step.name for step in removed.steps} == {"my-first"}
    assert provision.destroy(account).steps == ()
    make_one_of_each(account.client, "my-first")  # its names are free again
    found = {bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]}
    assert found == {"my-first", "somebody-elses"}
    assert len(account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]) == 2


def refuse_tags(account: Account, bucket: str, code: str) -> None:
    """From now on GetBucketTagging answers with this error for this bucket."""

    def refuse(params: dict[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, object]] | None:
        refused = bucket in params["url"]
        return (SimpleNamespace(status_code=403), {"Error": {"Code": code}}) if refused else None

    account.client("s3").meta.events.register("before-call.s3.GetBucketTagging", refuse)


def make_buckets(account: Account, *names: str) -> None:
    """Buckets of the lab that the ledger has forgotten."""
    for name in names:
        account.client("s3").create_bucket(Bucket=name)
        account.ledger.remove("Bucket", name)


def test_a_bucket_that_may_not_be_looked_into_is_passed_over_unless_it_has_the_labs_name(
    account: Account,
) -> None:
    """A bucket's owner may deny its tags: the error of another service's bucket must not stop the rest.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html
    """
    make_buckets(account, "audit", "labkit-lab-mine")
    refuse_tags(account, "audit", "AccessDenied")
    assert [step.name for step in provision.destroy(account).steps] == ["labkit-lab-mine"]
    make_buckets(account, "labkit-lab-mine")
    refuse_tags(account, "labkit-lab-mine", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        provision.destroy(account)


def test_what_somebody_deletes_between_list_and_look_is_passed_over(account: Account) -> None:
    make_buckets(account, "labkit-lab-mine", "labkit-lab-gone")
    refuse_tags(account, "labkit-lab-gone", "NoSuchBucket")
    assert [step.name for step in provision.destroy(account).steps] == ["labkit-lab-mine"]


@pytest.mark.parametrize("by", ["--profile", "AWS_PROFILE"])
def test_the_command_destroys_in_the_real_account_that_a_profile_names(
    remote: LocalApp, by: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = open_account("aws", profile="workshop", confirm=lambda _: True)
    with real.approved():
        make_one_of_each(real.client, "my-first")
    # As in a terminal of JupyterLab under `labkit start`.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIALOCALLOCALLOCAL1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    if by == "AWS_PROFILE":
        monkeypatch.setenv("AWS_PROFILE", "workshop")
        assert main(["destroy", "--yes"]) == 1, "a profile alone chooses no account"
        assert "nothing answers at AWS_ENDPOINT_URL" in capsys.readouterr().err
        monkeypatch.setenv("LABKIT_ACCOUNT", "aws")
        assert main(["destroy", "--yes"]) == 0
    else:
        assert main(["destroy", "--yes", "--profile", "workshop"]) == 0
    assert "Removed 5 resources." in capsys.readouterr().out
    assert real.client("s3").list_buckets()["Buckets"] == []


def test_a_local_account_destroys_only_after_a_yes_where_one_is_asked(account: Account) -> None:
    provision.checkpoint(account, "user-pool")
    asked: list[str] = []

    def no(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(LabError, match="nothing was changed"):
        provision.destroy(account, confirm=no)
    assert "DeleteUserPool" in asked[0]
    assert provision.plan(account, "user-pool").steps == ()
    assert provision.destroy(account, confirm=lambda _: True).steps


def test_progress_is_shown_when_it_takes_over_two_seconds_and_not_in_a_seeded_run(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provision.checkpoint(account, "user-pool")
    assert capsys.readouterr().out == ""
    provision.destroy(account)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    provision.checkpoint(account, "user-pool")
    shown = capsys.readouterr().out
    assert "1 of 4: CreateUserPool labkit-lab-users" in shown
    assert shown.splitlines()[-1].strip() == "done"
    provision.destroy(account)
    capsys.readouterr()
    monkeypatch.setenv("LABKIT_SEED", "tea")
    provision.checkpoint(account, "user-pool")
    assert capsys.readouterr().out == ""


def test_the_role_policy_reaches_ones_own_part_only(account: Account) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_s3_cognito-bucket.html"""
    objects, listing, notes = own_data_policy(account, "bucket", "Notes")["Statement"]
    sub = "${cognito-identity.amazonaws.com:sub}"
    assert objects["Resource"] == f"arn:aws:s3:::bucket/{sub}/*"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": f"{sub}/*"}}
    assert notes["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [sub]}}
