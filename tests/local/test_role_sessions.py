"""What a role asks of those who assume it, and what limits its sessions.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

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
    trust_in,
)


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
def test_a_role_may_ask_for_an_external_id_and_for_a_session_name(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    condition = {"StringEquals": {"sts:ExternalId": "12345", "sts:RoleSessionName": "tester"}}
    here = {"AWS": f"arn:aws:iam::{account.account_id}:root"}
    arn, sts = role(account, trust_in(here, Condition=condition)), account.client("sts")
    good = {"RoleArn": arn, "RoleSessionName": "tester", "ExternalId": "12345"}
    assert sts.assume_role(**good)["Credentials"]
    for wrong in ({"ExternalId": "54321"}, {"RoleSessionName": "another"}):
        assert refused(sts.assume_role, **good | wrong).code == "AccessDenied"
    del good["ExternalId"]
    assert refused(sts.assume_role, **good).code == "AccessDenied"


@pytest.mark.operation("sts:AssumeRole", refuses="InvalidContextAssertion")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("provider", ["IdentityCenter", "Another"])
def test_a_context_assertion_is_one_that_sts_has_signed(account: LocalAccount, provider: str) -> None:
    """ "… malformed, has expired, or does not match a trusted context provider." (the text is not documented)

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    sts = account.client("sts")
    plain = {"RoleArn": role(account, anybody_here(account)), "RoleSessionName": "tester"}
    assert sts.assume_role(**plain)["Credentials"]
    arn = f"arn:aws:iam::aws:contextProvider/{provider}"
    contexts = [{"ProviderArn": arn, "ContextAssertion": "eyJraWQiOiJvdGhlciJ9.e30.c2ln"}]
    answer = refused(sts.assume_role, **plain, ProvidedContexts=contexts)
    assert (answer.status, answer.code) == (400, "InvalidContextAssertion")


@pytest.mark.operation("sts:AssumeRole")
def test_a_new_role_of_the_same_name_does_not_revive_the_sessions_of_the_old_one(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (unique identifiers)"""
    iam, name = account.client("iam"), account.name("role")

    def create() -> Credentials:
        trust = anybody_here(account)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        policy = document(statement("iam:ListRoles"))
        iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy)
        return session_of(account, arn)

    old = create()
    assert account.client("iam", old).list_roles()
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)
    assert refused(account.client("iam", old).list_roles).code == "AccessDenied"
    new = create()
    assert account.client("iam", new).list_roles()
    assert refused(account.client("iam", old).list_roles).code == "AccessDenied"


@pytest.mark.operation("sts:AssumeRole")
def test_a_boundary_may_be_a_policy_of_awss_own(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    arn = role(account, anybody_here(account), statement("iam:*"), PermissionsBoundary=boundary)
    limited = account.client("iam", session_of(account, arn))
    assert limited.list_roles()
    answer = refused(limited.create_user, UserName=account.name("user"))
    assert answer.message.endswith("because no permissions boundary allows the iam:CreateUser action")


def test_a_users_boundary_is_said_not_to_be_simulated(account: LocalAccount) -> None:
    iam, name = account.client("iam"), account.name("user")
    boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    assert iam.create_user(UserName=name)["User"]
    for call, user_name in (
        (iam.create_user, account.name("user")),
        (iam.put_user_permissions_boundary, name),
    ):
        answer = refused(call, UserName=user_name, PermissionsBoundary=boundary)
        assert (answer.status, answer.code) == (501, "NotSimulated")
