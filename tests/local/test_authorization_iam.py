"""Users, groups, roles and boundaries: whose policies count, in STS, IAM, Cognito and IoT.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html (the texts)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    access_key,
    anybody_here,
    document,
    refused,
    role,
    session_of,
    statement,
    trust_in,
    user,
)
from tests.local.directory import identity_pool, user_pool

#: One operation of each service: method, parameters, what boto3 calls the refusal.
DENIED: dict[str, tuple[str, dict[str, Any], tuple[int, str], str]] = {
    "cognito-idp": ("list_user_pools", {"MaxResults": 1}, (400, "AccessDeniedException"), "ListUserPools"),
    "cognito-identity": (
        "list_identity_pools", {"MaxResults": 1}, (400, "AccessDeniedException"), "ListIdentityPools",
    ),
    "dynamodb": ("list_tables", {}, (400, "AccessDeniedException"), "ListTables"),
    "iam": ("list_roles", {}, (403, "AccessDenied"), "ListRoles"),
    "iot": ("list_things", {}, (403, "AccessDeniedException"), "ListThings"),
    "s3": ("list_buckets", {}, (403, "AccessDenied"), "ListAllMyBuckets"),
}  # fmt: skip


@pytest.mark.operation(
    "cognito-identity:ListIdentityPools", "cognito-idp:ListUserPools", refuses="AccessDeniedException"
)
@pytest.mark.parametrize("service", DENIED)
def test_a_user_without_policies_may_do_nothing(account: LocalAccount, service: str) -> None:
    operation, parameters, shape, action = DENIED[service]
    may, may_not = user(account, statement(f"{service}:{action}")), user(account)
    assert getattr(account.client(service, may), operation)(**parameters)
    answer = refused(getattr(account.client(service, may_not), operation), **parameters)
    assert (answer.status, answer.code) == shape
    assert f"is not authorized to perform: {service}:{action} " in answer.message
    assert answer.message.endswith(f"because no identity-based policy allows the {service}:{action} action")


def named(account: LocalAccount) -> str:
    """A new IAM user without policies."""
    name = account.name("user")
    account.client("iam").create_user(UserName=name)
    return name


def may_list_roles(account: LocalAccount, keys: Credentials) -> bool:
    try:
        account.client("iam", keys).list_roles()
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


def test_a_user_has_the_inline_and_managed_policies_of_its_groups(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html"""
    iam, name, group = account.client("iam"), named(account), account.name("group")
    keys = access_key(account, name)
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="inline", PolicyDocument=document(statement("iam:ListRoles"))
    )
    assert not may_list_roles(account, keys)
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert may_list_roles(account, keys)
    iam.delete_group_policy(GroupName=group, PolicyName="inline")
    assert not may_list_roles(account, keys)
    iam.attach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    assert may_list_roles(account, keys)
    iam.remove_user_from_group(GroupName=group, UserName=name)
    assert not may_list_roles(account, keys)


def test_a_managed_policy_counts_in_its_default_version(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"""
    iam, name = account.client("iam"), named(account)
    keys = access_key(account, name)
    created = iam.create_policy(
        PolicyName=account.name("policy"), PolicyDocument=document(statement("iam:ListRoles"))
    )
    arn = created["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    assert may_list_roles(account, keys)
    other = document(statement("iam:ListUsers"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=other)
    assert may_list_roles(account, keys)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    assert not may_list_roles(account, keys)


@pytest.mark.operation("sts:AssumeRole")
def test_a_boundary_limits_a_role(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    iam = account.client("iam")
    boundary = iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=document(statement("iam:ListUsers"))
    )["Policy"]["Arn"]
    trust, everything = anybody_here(account), statement("iam:*")
    free = account.client("iam", session_of(account, role(account, trust, everything)))
    limited_role = role(account, trust, everything, PermissionsBoundary=boundary)
    limited = account.client("iam", session_of(account, limited_role))
    assert free.list_roles()
    assert limited.list_users()
    answer = refused(limited.list_roles)
    assert answer.message.endswith("because no permissions boundary allows the iam:ListRoles action")
    iam.delete_role_permissions_boundary(RoleName=limited_role.rpartition("/")[2])
    assert limited.list_roles()


@pytest.mark.operation("sts:AssumeRole")
def test_a_boundary_gives_nothing_by_itself(account: LocalAccount) -> None:
    policy = account.client("iam").create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=document(statement("iam:ListRoles"))
    )
    arn, trust = policy["Policy"]["Arn"], anybody_here(account)
    both = role(account, trust, statement("iam:ListRoles"), PermissionsBoundary=arn)
    assert may_list_roles(account, session_of(account, both))
    assert not may_list_roles(account, session_of(account, role(account, trust, PermissionsBoundary=arn)))


@pytest.mark.operation("sts:AssumeRole")
def test_a_session_policy_limits_the_session(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Policy)"""
    arn = role(account, anybody_here(account), statement("iam:*"))
    assert may_list_roles(account, session_of(account, arn))
    limited = session_of(account, arn, Policy=document(statement("iam:ListUsers")))
    assert account.client("iam", limited).list_users()
    answer = refused(account.client("iam", limited).list_roles)
    assert answer.message.endswith("because no session policy allows the iam:ListRoles action")


def assume(account: LocalAccount, keys: Credentials, arn: str) -> Any:
    return account.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="tester")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_assume_role_needs_the_roles_trust(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html"""
    friend, stranger = user(account, statement("sts:*")), user(account, statement("sts:*"))
    friend_arn = account.client("sts", friend).get_caller_identity()["Arn"]
    arn = role(account, trust_in({"AWS": friend_arn}))
    assert assume(account, friend, arn)["AssumedRoleUser"]["Arn"].endswith("/tester")
    answer = refused(lambda: assume(account, stranger, arn))
    stranger_arn = account.client("sts", stranger).get_caller_identity()["Arn"]
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message.startswith(f"User: {stranger_arn} is not authorized to perform: sts:AssumeRole")
    assert answer.message.endswith("because no role trust policy allows the sts:AssumeRole action")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_trust_in_the_account_leaves_it_to_the_identity_policy(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    arn = role(account, anybody_here(account))
    assert assume(account, user(account, statement("sts:AssumeRole", arn)), arn)
    answer = refused(lambda: assume(account, user(account), arn))
    assert answer.code == "AccessDenied"
    assert answer.message.endswith("because no identity-based policy allows the sts:AssumeRole action")


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(account: LocalAccount) -> None:
    admin = account.app.administrator
    arn = role(account, anybody_here(account))
    assert assume(account, admin, arn)
    answer = refused(lambda: assume(account, admin, arn + "-gone"))
    assert (answer.status, answer.code) == (403, "AccessDenied")


@pytest.mark.operation("sts:AssumeRole", refuses="ValidationError")
@pytest.mark.parametrize(
    "seconds, fits", [(900, True), (3600, True), (899, False), (3601, False), (43201, False)]
)
def test_a_session_lasts_at_most_what_the_role_allows(
    account: LocalAccount, seconds: int, fits: bool
) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)"""
    given = {"RoleArn": role(account, anybody_here(account)), "RoleSessionName": "tester"}
    sts = account.client("sts", parameter_validation=False)
    assert sts.assume_role(**given)["Credentials"]
    if fits:
        assert sts.assume_role(DurationSeconds=seconds, **given)["Credentials"]
    else:
        answer = refused(sts.assume_role, DurationSeconds=seconds, **given)
        assert (answer.status, answer.code) == (400, "ValidationError")


@pytest.mark.operation("sts:AssumeRole", refuses="ValidationError")
def test_role_chaining_ends_after_an_hour(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (role chaining)"""
    arn = role(account, anybody_here(account), statement("sts:AssumeRole"), MaxSessionDuration=7200)
    sts = account.client("sts", session_of(account, arn, DurationSeconds=7200))
    assert sts.assume_role(RoleArn=arn, RoleSessionName="next", DurationSeconds=3600)
    answer = refused(sts.assume_role, RoleArn=arn, RoleSessionName="next", DurationSeconds=3601)
    assert "role chaining" in answer.message


def test_iam_actions_are_limited_to_the_resources_named(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html"""
    mine, other = role(account, anybody_here(account)), role(account, anybody_here(account))
    iam = account.client("iam", user(account, statement("iam:GetRole", mine)))
    assert iam.get_role(RoleName=mine.rpartition("/")[2])["Role"]["Arn"] == mine
    answer = refused(iam.get_role, RoleName=other.rpartition("/")[2])
    assert f"iam:GetRole on resource: {other} because" in answer.message


@pytest.mark.operation("sts:AssumeRole")
def test_a_principal_tag_is_a_policy_variable(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    bucket = account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    resource = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/*"
    may = statement("s3:PutObject", resource)
    red = role(account, anybody_here(account), may, Tags=[{"Key": "team", "Value": "red"}])
    s3 = account.client("s3", session_of(account, red))
    assert s3.put_object(Bucket=bucket, Key="red/a")
    assert refused(s3.put_object, Bucket=bucket, Key="blue/a").code == "AccessDenied"
    untagged = account.client("s3", session_of(account, role(account, anybody_here(account), may)))
    assert refused(untagged.put_object, Bucket=bucket, Key="red/a").code == "AccessDenied"


@pytest.mark.operation(
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminGetUser",
    "cognito-idp:ListUsers",
    refuses="AccessDeniedException",
)
def test_a_user_pools_administrator_may_be_kept_to_one_pool(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html"""
    mine, other = user_pool(account), user_pool(account)
    arn = f"arn:aws:cognito-idp:us-east-1:{account.account_id}:userpool/"
    helper = user(account, statement(["cognito-idp:Admin*", "cognito-idp:ListUsers"], arn + mine.id))
    idp = account.client("cognito-idp", helper)
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("AdminCreateUser", "admin_create_user", {"Username": "anna"}),
        ("AdminGetUser", "admin_get_user", {"Username": "anna"}),
        ("AdminDisableUser", "admin_disable_user", {"Username": "anna"}),
        ("ListUsers", "list_users", {}),
    ]
    for action, operation, parameters in calls:
        assert getattr(idp, operation)(UserPoolId=mine.id, **parameters)
        answer = refused(getattr(idp, operation), UserPoolId=other.id, **parameters)
        assert (answer.status, answer.code) == (400, "AccessDeniedException")
        assert f"cognito-idp:{action} on resource: {arn}{other.id} because" in answer.message


@pytest.mark.operation("cognito-identity:DescribeIdentityPool", refuses="AccessDeniedException")
def test_an_identity_pools_administrator_may_be_kept_to_one_pool(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html"""
    users = user_pool(account)
    mine, other = identity_pool(users), identity_pool(users)
    arn = f"arn:aws:cognito-identity:us-east-1:{account.account_id}:identitypool/"
    helper = user(account, statement("cognito-identity:*", arn + mine.id))
    api = account.client("cognito-identity", helper)
    assert api.describe_identity_pool(IdentityPoolId=mine.id)["IdentityPoolId"] == mine.id
    assert refused(api.describe_identity_pool, IdentityPoolId=other.id).code == "AccessDeniedException"


@pytest.mark.operation("cognito-identity:SetIdentityPoolRoles", refuses="AccessDeniedException")
def test_setting_an_identity_pools_roles_needs_leave_to_pass_them(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    pool = identity_pool(user_pool(account))
    arn, other = (role(account, pool.trust("authenticated")) for _ in range(2))
    set_roles = statement("cognito-identity:SetIdentityPoolRoles")
    service = {"StringEquals": {"iam:PassedToService": "cognito-identity.amazonaws.com"}}
    both = user(account, set_roles, statement("iam:PassRole", arn, Condition=service))
    api = account.client("cognito-identity", both)
    assert api.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})
    for roles in ({"authenticated": other}, {"authenticated": arn, "unauthenticated": other}):
        answer = refused(api.set_identity_pool_roles, IdentityPoolId=pool.id, Roles=roles)
        assert answer.code == "AccessDeniedException"
        assert f"perform: iam:PassRole on resource: {other} because" in answer.message
    without = account.client("cognito-identity", user(account, set_roles))
    assert refused(
        without.set_identity_pool_roles, IdentityPoolId=pool.id, Roles={"authenticated": arn}
    ).message.endswith("because no identity-based policy allows the iam:PassRole action")
    assert pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)["Roles"] == {"authenticated": arn}


def test_iot_actions_are_limited_to_the_things_named(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html"""
    arn, mine = f"arn:aws:iot:us-east-1:{account.account_id}:thing/", account.name("thing")
    iot = account.client(
        "iot", user(account, statement(["iot:CreateThing", "iot:DescribeThing"], arn + mine))
    )
    assert iot.create_thing(thingName=mine)["thingName"] == mine
    assert iot.describe_thing(thingName=mine)["thingName"] == mine
    for call in (iot.create_thing, iot.describe_thing):
        answer = refused(call, thingName="other")
        assert (answer.status, answer.code) == (403, "AccessDeniedException")
        assert f" on resource: {arn}other because" in answer.message


def test_a_deleted_users_key_opens_nothing(account: LocalAccount) -> None:
    iam, name = account.client("iam"), named(account)
    iam.put_user_policy(
        UserName=name, PolicyName="inline", PolicyDocument=document(statement("iam:ListRoles"))
    )
    keys = access_key(account, name)
    assert may_list_roles(account, keys)
    iam.delete_access_key(UserName=name, AccessKeyId=keys.access_key_id)
    iam.delete_user_policy(UserName=name, PolicyName="inline")
    iam.delete_user(UserName=name)
    assert refused(account.client("iam", keys).list_roles).code == "InvalidClientTokenId"


BAD_DOCUMENTS = {
    "no JSON": "{",
    "no statement": json.dumps({"Version": "2012-10-17"}),
    "an unknown version": json.dumps({"Version": "2012-10-18", "Statement": [statement("s3:*")]}),
    "an unknown effect": document(statement("s3:*", effect="Permit")),
    "an action without a service": document(statement("GetObject")),
    "an unknown operator": document(statement("s3:*", Condition={"StringIs": {"aws:username": "x"}})),
    "an unknown element": document(statement("s3:*", Principals="*")),
}


@pytest.mark.parametrize("fault", BAD_DOCUMENTS)
def test_a_malformed_policy_is_not_stored(account: LocalAccount, fault: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html (MalformedPolicyDocument)"""
    iam, name, bad, good = (
        account.client("iam"),
        named(account),
        BAD_DOCUMENTS[fault],
        document(statement("s3:*")),
    )
    group, arn = account.name("group"), role(account, anybody_here(account))
    iam.create_group(GroupName=group)
    role_name, inline = arn.rpartition("/")[2], {"PolicyName": "inline"}
    stores: list[Callable[[str], Any]] = [
        lambda text: iam.put_user_policy(UserName=name, PolicyDocument=text, **inline),
        lambda text: iam.put_group_policy(GroupName=group, PolicyDocument=text, **inline),
        lambda text: iam.put_role_policy(RoleName=role_name, PolicyDocument=text, **inline),
        lambda text: iam.create_policy(PolicyName=account.name("policy"), PolicyDocument=text),
    ]
    for store in stores:
        assert store(good)["ResponseMetadata"]["HTTPStatusCode"] == 200
        answer = refused(store, text=bad)
        assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")
        assert answer.message


def test_a_malformed_trust_policy_is_not_stored(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (MalformedPolicyDocument)"""
    iam, arn = account.client("iam"), role(account, anybody_here(account))
    name = arn.rpartition("/")[2]
    assert iam.update_assume_role_policy(RoleName=name, PolicyDocument=anybody_here(account))
    for bad in (document(statement("sts:AssumeRole")), trust_in({"Human": "x"}), "{"):
        answer = refused(iam.update_assume_role_policy, RoleName=name, PolicyDocument=bad)
        assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")
        answer = refused(iam.create_role, RoleName=account.name("role"), AssumeRolePolicyDocument=bad)
        assert answer.code == "MalformedPolicyDocument"


def test_a_malformed_bucket_policy_is_not_stored(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (MalformedPolicy)"""
    s3, bucket = account.client("s3"), account.name("bucket")
    s3.create_bucket(Bucket=bucket)
    resource = f"arn:aws:s3:::{bucket}/*"
    good = document(statement("s3:GetObject", resource, Principal="*"))
    assert s3.put_bucket_policy(Bucket=bucket, Policy=good)
    for bad in (document(statement("s3:GetObject", resource)), "{", "[]", "not json"):
        answer = refused(s3.put_bucket_policy, Bucket=bucket, Policy=bad)
        assert (answer.status, answer.code) == (400, "MalformedPolicy")


@pytest.mark.operation("sts:AssumeRole", refuses="MalformedPolicyDocument")
def test_a_malformed_session_policy_is_refused(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (MalformedPolicyDocument)"""
    arn = role(account, anybody_here(account))
    assert session_of(account, arn, Policy=document(statement("s3:*"))).session_token
    answer = refused(lambda: session_of(account, arn, Policy=document(statement("s3"))))
    assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")
