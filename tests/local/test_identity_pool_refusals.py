"""What every operation of Identity Pools refuses alike: what is not there, who may not, what is malformed.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_Operations.html
https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from tests.local.accounts import LocalAccount, refused, statement, user
from tests.local.directory import IdentityPool, identity_pool, user_pool
from tests.local.identities import get_id

GONE = "us-east-1:00000000-0000-0000-0000-000000000000"
POOL, IDENTITY = {"IdentityPoolId": GONE}, {"IdentityId": GONE}
DEVELOPER: dict[str, Any] = {"DeveloperProviderName": "login.example.app"}
ARN = {"ResourceArn": f"arn:aws:cognito-identity:us-east-1:111122223333:identitypool/{GONE}"}

#: Operation → parameters that name what is not there; the operations of `UNSIGNED` take no signature.
NAMING: dict[str, dict[str, Any]] = {
    "DeleteIdentityPool": POOL,
    "DescribeIdentity": IDENTITY,
    "DescribeIdentityPool": POOL,
    "GetCredentialsForIdentity": IDENTITY,
    "GetId": POOL,
    "GetIdentityPoolRoles": POOL,
    "GetOpenIdToken": IDENTITY,
    "GetOpenIdTokenForDeveloperIdentity": POOL | {"Logins": {"login.example.app": "anna"}},
    "GetPrincipalTagAttributeMap": POOL | {"IdentityProviderName": "accounts.google.com"},
    "ListIdentities": POOL | {"MaxResults": 10},
    "ListTagsForResource": ARN,
    "LookupDeveloperIdentity": POOL | {"DeveloperUserIdentifier": "anna"},
    "MergeDeveloperIdentities": POOL
    | DEVELOPER
    | {"SourceUserIdentifier": "anna", "DestinationUserIdentifier": "bert"},
    "SetIdentityPoolRoles": POOL | {"Roles": {}},
    "SetPrincipalTagAttributeMap": POOL | {"IdentityProviderName": "accounts.google.com"},
    "TagResource": ARN | {"Tags": {"a": "b"}},
    "UnlinkDeveloperIdentity": POOL | IDENTITY | DEVELOPER | {"DeveloperUserIdentifier": "anna"},
    "UnlinkIdentity": IDENTITY | {"Logins": {"accounts.google.com": "x"}, "LoginsToRemove": ["x"]},
    "UntagResource": ARN | {"TagKeys": ["a"]},
    "UpdateIdentityPool": POOL | {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": False},
}
UNSIGNED = ("GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "UnlinkIdentity")
SIGNED: dict[str, dict[str, Any]] = {
    "CreateIdentityPool": {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": False},
    "DeleteIdentities": {"IdentityIdsToDelete": [GONE]},
    "ListIdentityPools": {"MaxResults": 10},
    **{operation: given for operation, given in NAMING.items() if operation not in UNSIGNED},
}


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> IdentityPool:
    return identity_pool(user_pool(account))


def test_the_tables_name_every_operation(account: LocalAccount) -> None:
    operations = account.client("cognito-identity").meta.service_model.operation_names
    assert set(NAMING) | set(SIGNED) == set(operations)
    assert len(operations) == 23


def good_calls(account: LocalAccount) -> tuple[IdentityPool, dict[str, dict[str, Any]]]:
    """A pool, and for each operation parameters that it accepts there."""
    pool = identity_pool(user_pool(account), AllowClassicFlow=True, **DEVELOPER)
    pool.give_roles(member=[], guest=[])
    logins = pool.logins(pool.users.confirmed())
    developer = {"IdentityPoolId": pool.id}
    for name in ("anna", "bert"):
        made = pool.admin.get_open_id_token_for_developer_identity(
            Logins={DEVELOPER["DeveloperProviderName"]: name}, **developer
        )
    mine = {"IdentityPoolId": pool.id, "IdentityId": get_id(pool, logins)}
    mine["ResourceArn"] = f"arn:aws:cognito-identity:us-east-1:{account.account_id}:identitypool/{pool.id}"
    calls = {
        operation: given | {key: value for key, value in mine.items() if key in given}
        for operation, given in (NAMING | SIGNED).items()
    }
    for operation in ("GetCredentialsForIdentity", "GetOpenIdToken"):
        calls[operation] |= {"Logins": logins}
    calls["UnlinkIdentity"] |= {"Logins": logins, "LoginsToRemove": [pool.users.provider]}
    calls["UnlinkDeveloperIdentity"] |= {"IdentityId": made["IdentityId"], "DeveloperUserIdentifier": "bert"}
    for operation in ("GetPrincipalTagAttributeMap", "SetPrincipalTagAttributeMap"):
        calls[operation] |= {"IdentityProviderName": pool.users.provider}
    return pool, calls


@pytest.mark.operation(
    "cognito-identity:DeleteIdentityPool",
    "cognito-identity:DescribeIdentity",
    "cognito-identity:DescribeIdentityPool",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetId",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:GetOpenIdToken",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "cognito-identity:GetPrincipalTagAttributeMap",
    "cognito-identity:ListIdentities",
    "cognito-identity:ListTagsForResource",
    "cognito-identity:LookupDeveloperIdentity",
    "cognito-identity:MergeDeveloperIdentities",
    "cognito-identity:SetIdentityPoolRoles",
    "cognito-identity:SetPrincipalTagAttributeMap",
    "cognito-identity:TagResource",
    "cognito-identity:UnlinkDeveloperIdentity",
    "cognito-identity:UnlinkIdentity",
    "cognito-identity:UntagResource",
    "cognito-identity:UpdateIdentityPool",
    refuses="ResourceNotFoundException",
)
@pytest.mark.parametrize("operation", NAMING)
def test_what_is_not_there_is_not_found(account: LocalAccount, operation: str) -> None:
    """ResourceNotFoundException, HTTP 400, is documented for each of these operations."""
    pool, calls = good_calls(account)
    api = pool.api if operation in UNSIGNED else pool.admin
    answer = refused(getattr(api, xform_name(operation)), **NAMING[operation])
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    assert answer.message.endswith("not found.")
    assert getattr(api, xform_name(operation))(**calls[operation])


@pytest.mark.operation(
    "cognito-identity:CreateIdentityPool",
    "cognito-identity:DeleteIdentities",
    "cognito-identity:DeleteIdentityPool",
    "cognito-identity:DescribeIdentity",
    "cognito-identity:DescribeIdentityPool",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetId",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:GetOpenIdToken",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "cognito-identity:GetPrincipalTagAttributeMap",
    "cognito-identity:ListIdentities",
    "cognito-identity:ListIdentityPools",
    "cognito-identity:ListTagsForResource",
    "cognito-identity:LookupDeveloperIdentity",
    "cognito-identity:MergeDeveloperIdentities",
    "cognito-identity:SetIdentityPoolRoles",
    "cognito-identity:SetPrincipalTagAttributeMap",
    "cognito-identity:TagResource",
    "cognito-identity:UnlinkDeveloperIdentity",
    "cognito-identity:UnlinkIdentity",
    "cognito-identity:UntagResource",
    "cognito-identity:UpdateIdentityPool",
    refuses="ValidationException",
)
@pytest.mark.parametrize(
    "operation", [*NAMING, "CreateIdentityPool", "DeleteIdentities", "ListIdentityPools"]
)
def test_a_missing_parameter_is_named(account: LocalAccount, operation: str) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/CommonErrors.html (ValidationError)

    The page calls it ValidationError; on the wire it is ValidationException, as in
    https://github.com/getmoto/moto/issues/1979
    """
    _, calls = good_calls(account)
    client = account.client("cognito-identity", parameter_validation=False)
    call, good = getattr(client, xform_name(operation)), calls[operation]
    for name in client.meta.service_model.operation_model(operation).input_shape.required_members:
        answer = refused(call, **{key: value for key, value in good.items() if key != name})
        assert (answer.status, answer.code) == (400, "ValidationException")
        assert f"at '{name[0].lower()}{name[1:]}' failed to satisfy constraint" in answer.message
    assert call(**good)


@pytest.mark.parametrize("operation", SIGNED)
def test_who_has_no_leave_is_denied(account: LocalAccount, operation: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html"""
    call = xform_name(operation)
    allowed = account.client("cognito-identity", user(account, statement(f"cognito-identity:{operation}")))
    stranger = account.client("cognito-identity", user(account))
    if operation in NAMING:
        assert refused(getattr(allowed, call), **SIGNED[operation]).code == "ResourceNotFoundException"
    else:
        assert getattr(allowed, call)(**SIGNED[operation])
    answer = refused(getattr(stranger, call), **SIGNED[operation])
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert f"is not authorized to perform: cognito-identity:{operation}" in answer.message


@pytest.mark.parametrize("operation", SIGNED)
def test_an_unsigned_call_is_refused_where_a_signature_is_needed(
    account: LocalAccount, operation: str
) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/CommonErrors.html
    (MissingAuthenticationToken)"""
    assert account.json_call("cognito-identity", "GetId", POOL).json["__type"] == "ResourceNotFoundException"
    answer = account.json_call("cognito-identity", operation, SIGNED[operation])
    assert (answer.status, answer.json["__type"]) == (400, "MissingAuthenticationTokenException")


@pytest.mark.operation("cognito-identity:GetId", refuses="ResourceNotFoundException")
@pytest.mark.unconfirmed
def test_a_pool_belongs_to_its_account(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html (AccountId)"""
    assert pool.api.get_id(IdentityPoolId=pool.id, AccountId=pool.account.account_id)["IdentityId"]
    answer = refused(pool.api.get_id, IdentityPoolId=pool.id, AccountId="999999999999")
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", refuses="ResourceNotFoundException"
)
def test_an_identity_of_another_pool_is_not_of_this_one(account: LocalAccount) -> None:
    users, name = user_pool(account), "login.example.app"
    mine, other = (identity_pool(users, DeveloperProviderName=name) for _ in range(2))
    logins = {name: "anna"}
    own, foreign = get_id(mine), get_id(other)
    call = mine.admin.get_open_id_token_for_developer_identity
    assert call(IdentityPoolId=mine.id, Logins=logins, IdentityId=own)["IdentityId"] == own
    answer = refused(call, IdentityPoolId=mine.id, Logins=logins, IdentityId=foreign)
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    answer = refused(mine.admin.lookup_developer_identity, IdentityPoolId=mine.id, IdentityId=foreign)
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:DeleteIdentities", "cognito-identity:DescribeIdentity", refuses="AccessDeniedException"
)
def test_a_policy_may_name_the_pool_of_an_identity(account: LocalAccount, pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
    (cognito-identity:IdentityPoolArn)"""
    other = identity_pool(pool.users)
    mine, foreign = get_id(pool), get_id(other)
    arn = f"arn:aws:cognito-identity:us-east-1:{account.account_id}:identitypool/{pool.id}"
    keys = user(
        account,
        statement(
            ["cognito-identity:DescribeIdentity", "cognito-identity:DeleteIdentities"],
            Condition={"StringEquals": {"cognito-identity:IdentityPoolArn": arn}},
        ),
    )
    api = account.client("cognito-identity", keys)
    assert api.describe_identity(IdentityId=mine)["IdentityId"] == mine
    assert refused(api.describe_identity, IdentityId=foreign).code == "AccessDeniedException"
    answer = refused(api.delete_identities, IdentityIdsToDelete=[mine, foreign])
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert api.delete_identities(IdentityIdsToDelete=[mine])["UnprocessedIdentityIds"] == []
