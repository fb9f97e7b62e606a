"""What a session of a role is given on its way: session policies, tags, a source identity.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import json
import random
import string
from typing import Any

import pytest

from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    access_key,
    credentials_in,
    document,
    refused,
    role,
    session_of,
    statement,
    trust_in,
    user,
)

LIST_ROLES, LIST_BUCKETS = statement("iam:ListRoles"), statement("s3:ListAllMyBuckets")


def here(account: LocalAccount) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account.account_id}:root"}


def trusting(account: LocalAccount, *actions: str, **more: Any) -> str:
    """A trust policy that leaves these actions, and AssumeRole, to the account's own policies."""
    return trust_in(here(account), ["sts:AssumeRole", *actions], **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def taggable(account: LocalAccount) -> str:
    """A role that may be given tags and a source identity, and do everything."""
    trust = trusting(account, "sts:TagSession", "sts:SetSourceIdentity")
    return role(account, trust, statement("*"), MaxSessionDuration=7200)


def pairs(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def too_many_tags() -> dict[str, str]:
    """Ten tags that no packing makes small."""
    noise = random.Random(1)
    return {f"key{n}": "".join(noise.choices(string.ascii_letters, k=256)) for n in range(10)}


def tag_seen(account: LocalAccount, session: Credentials, key: str, value: str) -> bool:
    """Whether this session has the principal tag, as a role's trust policy sees it."""
    condition = {"StringEquals": {f"aws:PrincipalTag/{key}": value}}
    asked = role(account, trusting(account, Condition=condition))
    sts = account.client("sts", session)
    try:
        return bool(sts.assume_role(RoleArn=asked, RoleSessionName="tester"))
    except sts.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False


# --- session policies -------------------------------------------------------------------------------------


def managed(account: LocalAccount, *statements: dict[str, Any]) -> str:
    made = account.client("iam").create_policy(
        PolicyName=account.name("policy"), PolicyDocument=document(*statements)
    )
    return str(made["Policy"]["Arn"])


@pytest.mark.operation("sts:AssumeRole")
@pytest.mark.parametrize("kind", ["inline", "own", "AWS's"])
def test_a_session_policy_limits_what_the_role_may_do(account: LocalAccount, kind: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"""
    arn = role(account, trusting(account), LIST_ROLES, LIST_BUCKETS)
    free = session_of(account, arn)
    assert account.client("s3", free).list_buckets()
    given: dict[str, dict[str, Any]] = {
        "inline": {"Policy": document(LIST_ROLES)},
        "own": {"PolicyArns": [{"arn": managed(account, LIST_ROLES)}]},
        "AWS's": {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]},
    }
    limited = session_of(account, arn, **given[kind])
    assert account.client("iam", limited).list_roles()
    answer = refused(account.client("s3", limited).list_buckets)
    assert answer.message.endswith("because no session policy allows the s3:ListAllMyBuckets action")


@pytest.mark.operation("sts:AssumeRole")
def test_a_session_policy_grants_nothing_that_the_role_may_not_do(account: LocalAccount) -> None:
    arn = role(account, trusting(account), LIST_ROLES)
    session = session_of(account, arn, Policy=document(LIST_ROLES, LIST_BUCKETS))
    assert account.client("iam", session).list_roles()
    answer = refused(account.client("s3", session).list_buckets)
    assert answer.message.endswith("because no identity-based policy allows the s3:ListAllMyBuckets action")


@pytest.mark.operation("sts:AssumeRole")
def test_several_session_policies_are_a_union(account: LocalAccount) -> None:
    arn = role(account, trusting(account), statement("*"))
    given = {"PolicyArns": [{"arn": managed(account, LIST_ROLES)}], "Policy": document(LIST_BUCKETS)}
    session = session_of(account, arn, **given)
    assert account.client("iam", session).list_roles()
    assert account.client("s3", session).list_buckets()
    assert refused(account.client("iam", session).list_users).code == "AccessDenied"


@pytest.mark.operation("sts:AssumeRole", refuses="MalformedPolicyDocument")
def test_a_malformed_session_policy_is_refused(account: LocalAccount, taggable: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (MalformedPolicyDocument)"""
    assert session_of(account, taggable, Policy=document(LIST_ROLES)).session_token
    for bad in ("{", "{}", trust_in(here(account)), document({"Effect": "Perhaps"})):
        answer = refused(session_of, account=account, role_arn=taggable, Policy=bad)
        assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")


@pytest.mark.operation("sts:AssumeRole", refuses="MalformedPolicyDocument")
@pytest.mark.unconfirmed
def test_a_managed_session_policy_must_exist(account: LocalAccount, taggable: str) -> None:
    """ "The policies must exist in the same account as the role"; AWS does not say what is said otherwise."""
    arn = managed(account, LIST_ROLES)
    assert session_of(account, taggable, PolicyArns=[{"arn": arn}]).session_token
    for gone in (f"{arn}-gone", "arn:aws:iam::aws:policy/NoSuchPolicy"):
        answer = refused(session_of, account=account, role_arn=taggable, PolicyArns=[{"arn": gone}])
        assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")


@pytest.mark.operation("sts:AssumeRole", refuses="ValidationError")
def test_session_policies_have_a_length_and_a_number(account: LocalAccount, taggable: str) -> None:
    """ "… up to 10 managed policy ARNs. However, the plaintext … can't exceed 2,048 characters." """
    fits = document(LIST_ROLES).ljust(2048)
    assert session_of(account, taggable, Policy=fits).session_token
    answer = refused(session_of, account=account, role_arn=taggable, Policy=fits + " ")
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert answer.message.endswith("Member must have length less than or equal to 2048")
    ten = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}] * 10
    assert session_of(account, taggable, PolicyArns=ten).session_token
    answer = refused(session_of, account=account, role_arn=taggable, PolicyArns=[*ten, ten[0]])
    assert (answer.status, answer.code) == (400, "ValidationError")


@pytest.mark.operation("sts:AssumeRole", refuses="PackedPolicyTooLarge")
@pytest.mark.unconfirmed
def test_policies_and_tags_have_a_packed_size(account: LocalAccount, taggable: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (PackedPolicyTooLarge)

    How AWS packs is not documented. The text:
    https://aws.amazon.com/premiumsupport/knowledge-center/iam-role-aws-sts-error/
    """
    sts, given = account.client("sts"), {"RoleArn": taggable, "RoleSessionName": "tester"}
    assert sts.assume_role(**given)["PackedPolicySize"] == 0
    small = sts.assume_role(**given, Policy=document(LIST_ROLES))["PackedPolicySize"]
    more = sts.assume_role(**given, Policy=document(LIST_ROLES), Tags=pairs(team="red"))["PackedPolicySize"]
    assert 0 < small < more < 100
    answer = refused(sts.assume_role, **given, Tags=pairs(**too_many_tags()))
    assert (answer.status, answer.code) == (400, "PackedPolicyTooLarge")
    assert answer.message.startswith("Packed policy consumes ")
    assert answer.message.endswith("% of allotted space, please use smaller policy.")


@pytest.mark.operation("sts:GetFederationToken", refuses="PackedPolicyTooLarge")
def test_a_federated_user_s_tags_have_a_packed_size_too(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    sts = account.client("sts", user(account, statement("sts:*")))
    assert sts.get_federation_token(Name="Bob", Tags=pairs(team="red"))["Credentials"]
    answer = refused(sts.get_federation_token, Name="Bob", Tags=pairs(**too_many_tags()))
    assert (answer.status, answer.code) == (400, "PackedPolicyTooLarge")


@pytest.mark.operation("sts:AssumeRole", refuses="ExpiredToken")
def test_an_expired_session_assumes_no_role(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors"""
    arn = role(fresh, trusting(fresh), statement("sts:*"))
    session = session_of(fresh, arn, DurationSeconds=900)
    again = {"RoleArn": arn, "RoleSessionName": "again"}
    assert fresh.client("sts", session).assume_role(**again)
    fresh.advance(minutes=15)
    answer = refused(fresh.client("sts", session).assume_role, **again)
    assert (answer.status, answer.code) == (403, "ExpiredToken")


# --- session tags -----------------------------------------------------------------------------------------


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_session_tag_is_a_principal_tag(account: LocalAccount, taggable: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html"""
    session = session_of(account, taggable, Tags=pairs(team="red"))
    assert tag_seen(account, session, "team", "red")
    assert not tag_seen(account, session, "team", "blue")
    assert not tag_seen(account, session_of(account, taggable), "team", "red")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_session_tag_takes_the_place_of_the_roles_own(account: LocalAccount) -> None:
    """ "New session tags override existing … tags with the same tag key, regardless of case." """
    arn = role(
        account, trusting(account, "sts:TagSession"), statement("sts:*"), Tags=pairs(Team="red", stage="test")
    )
    plain, tagged = session_of(account, arn), session_of(account, arn, Tags=pairs(team="blue"))
    assert tag_seen(account, plain, "Team", "red")
    assert tag_seen(account, tagged, "team", "blue")
    assert not tag_seen(account, tagged, "Team", "red")
    assert tag_seen(account, tagged, "stage", "test")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_tags_must_be_allowed_by_the_trust_policy_or_the_callers(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required"""
    condition = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {
        "aws:TagKeys": ["team"], "sts:TransitiveTagKeys": ["team"],
    }}  # fmt: skip
    trust = json.loads(trusting(account))
    tagging = {"Effect": "Allow", "Principal": here(account), "Action": "sts:TagSession"}
    trust["Statement"].append(tagging | {"Condition": condition})
    arn = role(account, json.dumps(trust))
    good: dict[str, Any] = {"Tags": pairs(team="red"), "TransitiveTagKeys": ["team"]}
    assert session_of(account, arn, **good).session_token
    for bad in ({"Tags": pairs(team="blue")}, {"Tags": pairs(team="red", more="x")}):
        answer = refused(session_of, account=account, role_arn=arn, **bad)
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert "sts:TagSession" in answer.message
    keys = user(account, statement("sts:AssumeRole"))
    sts, given = account.client("sts", keys), {"RoleArn": arn, "RoleSessionName": "tester"}
    assert sts.assume_role(**given)["Credentials"]
    assert "sts:TagSession" in refused(sts.assume_role, **given, **good).message


@pytest.mark.operation("sts:AssumeRole", refuses="InvalidParameterValue")
def test_tag_keys_are_not_case_sensitive(account: LocalAccount, taggable: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Tags)"""
    assert session_of(account, taggable, Tags=pairs(team="red", stage="test")).session_token
    answer = refused(session_of, account=account, role_arn=taggable, Tags=pairs(team="red", Team="blue"))
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert answer.message == "Duplicate tag keys found. Please note that Tag keys are case insensitive."


@pytest.mark.operation("sts:AssumeRole", refuses="InvalidParameterValue")
@pytest.mark.parametrize("tags", [{"aws:team": "red"}, {"team!": "red"}, {"team": "red!"}])
def test_what_is_no_tag_is_refused(account: LocalAccount, taggable: str, tags: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules"""
    assert session_of(account, taggable, Tags=pairs(**{"team:name": "red @ 1"})).session_token
    answer = refused(session_of, account=account, role_arn=taggable, Tags=pairs(**tags))
    assert answer.status == 400


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_transitive_tags_go_on_and_no_others(account: LocalAccount, taggable: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining"""
    next_role = role(account, trusting(account, "sts:TagSession"), statement("sts:*"), Tags=pairs(star="own"))
    first = session_of(account, taggable, Tags=pairs(star="one", heart="one"), TransitiveTagKeys=["star"])
    answer = account.client("sts", first).assume_role(RoleArn=next_role, RoleSessionName="second")
    second = credentials_in(answer)
    assert tag_seen(account, second, "star", "one")
    assert not tag_seen(account, second, "heart", "one")
    again = account.client("sts", second).assume_role(RoleArn=taggable, RoleSessionName="third")
    assert tag_seen(account, credentials_in(again), "star", "one")


@pytest.mark.operation("sts:AssumeRole", refuses="InvalidParameterValue")
def test_a_transitive_tag_is_not_changed_on_the_way(account: LocalAccount, taggable: str) -> None:
    """ "If you try to pass the Heart = 3 session tag, the operation will fail." """
    first = session_of(account, taggable, Tags=pairs(heart="1"), TransitiveTagKeys=["heart"])
    sts, given = account.client("sts", first), {"RoleArn": taggable, "RoleSessionName": "second"}
    assert sts.assume_role(**given, Tags=pairs(star="1"))["Credentials"]
    answer = refused(sts.assume_role, **given, Tags=pairs(Heart="3"))
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert answer.message == (
        "One of the specified transitive tag keys can't be set because it conflicts with a "
        "transitive tag key from the calling session."
    )


@pytest.mark.operation("sts:AssumeRole", refuses="InvalidParameterValue")
def test_only_a_tag_that_is_passed_can_be_transitive(account: LocalAccount, taggable: str) -> None:
    good: dict[str, Any] = {"Tags": pairs(team="red"), "TransitiveTagKeys": ["Team"]}
    assert session_of(account, taggable, **good).session_token
    answer = refused(
        session_of, account=account, role_arn=taggable, **good | {"TransitiveTagKeys": ["stage"]}
    )
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert answer.message == "The specified transitive tag key must be included in the requested tags."


# --- source identity --------------------------------------------------------------------------------------


def source_seen(account: LocalAccount, session: Credentials, value: str) -> Any:
    trust = trusting(
        account, "sts:SetSourceIdentity", Condition={"StringEquals": {"aws:SourceIdentity": value}}
    )
    asked = role(account, trust)
    return account.client("sts", session).assume_role(RoleArn=asked, RoleSessionName="tester")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_source_identity_stays_with_a_role_chain(account: LocalAccount, taggable: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html"""
    sts = account.client("sts")
    given = {"RoleArn": taggable, "RoleSessionName": "first", "SourceIdentity": "anna"}
    answer = sts.assume_role(**given)
    assert answer["SourceIdentity"] == "anna"
    first = credentials_in(answer)
    assert source_seen(account, first, "anna")["SourceIdentity"] == "anna"
    assert refused(lambda: source_seen(account, first, "bert")).code == "AccessDenied"
    chained = account.client("sts", first)
    again = chained.assume_role(RoleArn=taggable, RoleSessionName="second")
    assert again["SourceIdentity"] == "anna"
    assert source_seen(account, credentials_in(again), "anna")
    changed = refused(chained.assume_role, **given | {"SourceIdentity": "bert"})
    assert (changed.status, changed.code) == (403, "AccessDenied")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_source_identity_must_be_allowed_by_the_trust_policy(account: LocalAccount, taggable: str) -> None:
    """ "The AssumeRole* operation will fail for any role … without this permission." """
    condition = {"StringEquals": {"sts:SourceIdentity": "anna"}}
    picky = role(account, trusting(account, "sts:SetSourceIdentity", Condition=condition))
    plain = role(account, trusting(account))
    assert session_of(account, picky, SourceIdentity="anna").session_token
    assert session_of(account, plain).session_token
    for arn, source in ((picky, "bert"), (plain, "anna")):
        answer = refused(session_of, account=account, role_arn=arn, SourceIdentity=source)
        assert (answer.status, answer.code) == (403, "AccessDenied")
    chained = account.client("sts", session_of(account, taggable, SourceIdentity="anna"))
    assert chained.assume_role(RoleArn=picky, RoleSessionName="second")["SourceIdentity"] == "anna"
    answer = refused(chained.assume_role, RoleArn=plain, RoleSessionName="second")
    assert "sts:SetSourceIdentity" in answer.message


# --- what a role says of itself ---------------------------------------------------------------------------


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_trust_policy_may_look_at_the_roles_own_tags(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    (iam:ResourceTag)"""
    condition = {"StringEquals": {"iam:ResourceTag/team": "red", "aws:ResourceTag/team": "red"}}
    keys = user(account, statement("sts:AssumeRole", Condition=condition))
    sts = account.client("sts", keys)
    red, blue = (role(account, trusting(account), Tags=pairs(team=colour)) for colour in ("red", "blue"))
    assert sts.assume_role(RoleArn=red, RoleSessionName="tester")["Credentials"]
    assert refused(sts.assume_role, RoleArn=blue, RoleSessionName="tester").code == "AccessDenied"


@pytest.mark.operation("sts:GetSessionToken")
def test_a_user_of_the_same_name_is_another_user(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (unique identifiers)"""
    iam, name = account.client("iam"), account.name("user")

    def create() -> Credentials:
        iam.create_user(UserName=name)
        policy = document(statement("s3:ListAllMyBuckets"))
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy)
        return credentials_in(account.client("sts", access_key(account, name)).get_session_token())

    old = create()
    assert account.client("s3", old).list_buckets()
    iam.delete_user_policy(UserName=name, PolicyName="inline")
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
    new = create()
    assert account.client("s3", new).list_buckets()
    assert refused(account.client("s3", old).list_buckets).code == "AccessDenied"
