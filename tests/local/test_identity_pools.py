"""GetId, GetCredentialsForIdentity, GetOpenIdToken and AssumeRoleWithWebIdentity.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html (the guests' ceiling)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from tests.local.accounts import (
    LocalAccount,
    Refusal,
    anybody_here,
    credentials_in,
    document,
    refused,
    role,
    statement,
    trust_in,
)
from tests.local.directory import FEDERATED, IdentityPool, claims_of, identity_pool, tampered, user_pool
from tests.local.identities import assume, caller, get_credentials, get_id, open_id_token


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> IdentityPool:
    """Guests allowed, both flows, both roles."""
    made = identity_pool(user_pool(account), AllowClassicFlow=True)
    made.give_roles(member=[statement(["s3:*", "iam:ListRoles"])], guest=[statement("*")])
    return made


# --- pools and roles --------------------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:DeleteIdentityPool",
    "cognito-identity:ListIdentityPools",
    "cognito-identity:UpdateIdentityPool",
)
@pytest.mark.operation("cognito-identity:DescribeIdentityPool", refuses="ResourceNotFoundException")
def test_an_identity_pool_keeps_what_it_was_given_and_forgets_what_an_update_leaves_out(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UpdateIdentityPool.html"""
    made = identity_pool(user_pool(account), IdentityPoolTags={"lab": "x"}, AllowClassicFlow=True)
    described = made.admin.describe_identity_pool(IdentityPoolId=made.id)
    assert described["AllowUnauthenticatedIdentities"] is True
    assert described["CognitoIdentityProviders"][0]["ProviderName"] == made.users.provider
    assert (described["IdentityPoolTags"], described["AllowClassicFlow"]) == ({"lab": "x"}, True)
    changed = {"IdentityPoolName": "renamed", "AllowUnauthenticatedIdentities": False}
    made.admin.update_identity_pool(IdentityPoolId=made.id, **changed)
    after = made.admin.describe_identity_pool(IdentityPoolId=made.id)
    assert "CognitoIdentityProviders" not in after
    pages = made.admin.get_paginator("list_identity_pools").paginate(PaginationConfig={"PageSize": 60})
    listed = [each for page in pages for each in page["IdentityPools"]]
    assert {"IdentityPoolId": made.id, "IdentityPoolName": "renamed"} in listed
    made.admin.delete_identity_pool(IdentityPoolId=made.id)
    answer = refused(made.admin.describe_identity_pool, IdentityPoolId=made.id)
    assert answer.code == "ResourceNotFoundException"


@pytest.mark.operation("cognito-identity:GetIdentityPoolRoles")
@pytest.mark.operation("cognito-identity:SetIdentityPoolRoles", refuses="InvalidParameterException")
def test_the_roles_of_a_pool_are_what_was_set_last(account: LocalAccount, pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html"""
    made, arn = identity_pool(pool.users), role(account, anybody_here(account))
    assert made.admin.get_identity_pool_roles(IdentityPoolId=made.id).get("Roles", {}) == {}
    for roles in ({"authenticated": arn}, {"unauthenticated": arn}):
        made.admin.set_identity_pool_roles(IdentityPoolId=made.id, Roles=roles)
        assert made.admin.get_identity_pool_roles(IdentityPoolId=made.id)["Roles"] == roles
    answer = refused(made.admin.set_identity_pool_roles, IdentityPoolId=made.id, Roles={"guest": arn})
    assert answer.status == 400


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:ListIdentities")
def test_identities_are_listed_a_page_at_a_time(account: LocalAccount, pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_ListIdentities.html"""
    made = identity_pool(pool.users)
    ids = {get_id(made) for _ in range(3)}
    first = made.admin.list_identities(IdentityPoolId=made.id, MaxResults=2)
    rest = made.admin.list_identities(IdentityPoolId=made.id, MaxResults=2, NextToken=first["NextToken"])
    assert {i["IdentityId"] for i in first["Identities"] + rest["Identities"]} == ids
    assert "NextToken" not in rest


# --- GetId ------------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:DescribeIdentity", "cognito-identity:GetId")
def test_the_same_login_gets_the_same_identity(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html"""
    one, other = pool.users.confirmed(), pool.users.confirmed()
    identity = get_id(pool, pool.logins(one))
    assert identity == get_id(pool, pool.logins(one))
    assert identity != get_id(pool, pool.logins(other))
    assert identity.startswith("us-east-1:")
    described = pool.admin.describe_identity(IdentityId=identity)
    assert described["Logins"] == [pool.users.provider]
    elsewhere = identity_pool(pool.users)
    assert identity != get_id(elsewhere, elsewhere.logins(one))


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity")
@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_every_guest_is_new_and_only_welcome_where_guests_are_allowed(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/identity-pools.html"""
    first, second = get_id(pool), get_id(pool)
    assert first != second
    assert get_credentials(pool, first).session_token
    members_only = identity_pool(pool.users, guests=False)
    answer = refused(get_id, pool=members_only)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert answer.message == "Unauthenticated access is not supported for this identity pool."


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:UpdateIdentityPool")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_guests_lose_their_credentials_when_the_pool_no_longer_allows_them(account: LocalAccount) -> None:
    made = identity_pool(user_pool(account), AllowClassicFlow=True)
    made.give_roles(member=[], guest=[])
    guest = get_id(made)
    assert get_credentials(made, guest).session_token
    made.admin.update_identity_pool(
        IdentityPoolId=made.id, IdentityPoolName="closed", AllowUnauthenticatedIdentities=False,
        AllowClassicFlow=True,
    )  # fmt: skip
    for call in (get_credentials, open_id_token):
        assert refused(call, pool=made, identity=guest).code == "NotAuthorizedException"


def login_refusal(pool: IdentityPool, logins: dict[str, str]) -> Refusal:
    """The refusal of a login, the same in each operation that takes one."""
    identity = get_id(pool)
    answers = {
        refused(get_id, pool=pool, logins=logins),
        refused(get_credentials, pool=pool, identity=identity, logins=logins),
        refused(open_id_token, pool=pool, identity=identity, logins=logins),
    }
    assert len(answers) == 1
    (answer,) = answers
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    return answer


@pytest.fixture(scope="session")
def member(pool: IdentityPool) -> str:
    return pool.users.confirmed()


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_tampered_login_is_refused(pool: IdentityPool, member: str) -> None:
    provider, token = pool.users.provider, pool.users.sign_in(member)["IdToken"]
    assert get_id(pool, {provider: token})
    for bad in (tampered(token, sub="someone-else"), tampered(token, exp=9_999_999_999)):
        answer = login_refusal(pool, {provider: bad})
        assert answer.message == "Invalid login token. Couldn't verify signed token."
    forged = jwt.encode(claims_of(token), "x" * 32)
    assert login_refusal(pool, {provider: forged}).code == "NotAuthorizedException"
    unsigned = jwt.encode(claims_of(token), "", algorithm="none")
    assert login_refusal(pool, {provider: unsigned}).code == "NotAuthorizedException"
    garbage = login_refusal(pool, {provider: "not a token"})
    assert garbage.message.startswith("Invalid login token.")


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_an_access_token_is_no_login(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-integrating-user-pools-with-identity-pools.html"""
    tokens = pool.users.sign_in(member)
    assert get_id(pool, {pool.users.provider: tokens["IdToken"]})
    answer = login_refusal(pool, {pool.users.provider: tokens["AccessToken"]})
    assert answer.message == "Invalid login token. Missing a required claim: aud"


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_login_for_another_client_is_refused(pool: IdentityPool, member: str) -> None:
    other = pool.users.another_client().sign_in(member)["IdToken"]
    assert get_id(pool, pool.logins(member))
    answer = login_refusal(pool, {pool.users.provider: other})
    assert answer.message == "Invalid login token. Incorrect token audience."


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_login_of_another_user_pool_is_refused(
    account: LocalAccount, pool: IdentityPool, member: str
) -> None:
    foreign = user_pool(account)
    token = foreign.sign_in(foreign.confirmed())["IdToken"]
    assert get_id(pool, pool.logins(member))
    unsupported = "Token is not from a supported provider of this identity pool."
    assert login_refusal(pool, {foreign.provider: token}).message == unsupported
    issuer = "Invalid login token. Issuer doesn't match providerName"
    assert login_refusal(pool, {pool.users.provider: token}).message == issuer
    for provider in ("accounts.example.com", "cognito-idp.us-east-1.amazonaws.com/us-east-1_None"):
        assert login_refusal(pool, {provider: token}).message == unsupported


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_one_bad_login_spoils_the_good_one(pool: IdentityPool, member: str) -> None:
    logins = pool.logins(member)
    assert get_id(pool, logins)
    assert login_refusal(pool, logins | {"accounts.example.com": "x"}).code == "NotAuthorizedException"


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_an_expired_login_is_refused(fresh: LocalAccount) -> None:
    made = identity_pool(user_pool(fresh), AllowClassicFlow=True)
    logins = made.logins(made.users.confirmed())
    fresh.advance(minutes=59, seconds=30)
    assert get_id(made, logins)
    fresh.advance(seconds=30)
    assert login_refusal(made, logins).message.startswith("Invalid login token. Token expired: ")


@pytest.mark.operation("cognito-idp:GlobalSignOut")
@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_a_signed_out_users_login_is_refused_where_the_pool_checks_on_the_server(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CognitoIdentityProvider.html"""
    users = user_pool(account)
    checks, trusts = identity_pool(users, check=True), identity_pool(users, check=False)
    tokens = users.sign_in(users.confirmed())
    logins = {users.provider: tokens["IdToken"]}
    assert get_id(checks, logins)
    users.idp.global_sign_out(AccessToken=tokens["AccessToken"])
    assert refused(get_id, pool=checks, logins=logins).code == "NotAuthorizedException"
    assert get_id(trusts, logins)


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId", refuses="NotAuthorizedException"
)
@pytest.mark.parametrize("operation", ["admin_disable_user", "admin_delete_user"])
def test_a_disabled_or_deleted_users_login_is_refused_where_the_pool_checks_on_the_server(
    account: LocalAccount, operation: str
) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CognitoIdentityProvider.html"""
    users = user_pool(account)
    checks, trusts = identity_pool(users, check=True), identity_pool(users, check=False)
    checks.give_roles(member=[], guest=[])
    name = users.confirmed()
    logins = {users.provider: users.sign_in(name)["IdToken"]}
    identity = get_id(checks, logins)
    assert get_credentials(checks, identity, logins).session_token
    getattr(users.admin, operation)(UserPoolId=users.id, Username=name)
    for call in (get_id, lambda pool, logins: get_credentials(pool, identity, logins)):
        answer = refused(call, pool=checks, logins=logins)
        assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert get_id(trusts, logins)


# --- the enhanced flow ------------------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetId",
    "cognito-identity:GetIdentityPoolRoles",
)
def test_credentials_are_an_hours_session_of_the_authenticated_role(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html"""
    account, logins = pool.account, pool.logins(member)
    credentials = get_credentials(pool, get_id(pool, logins), logins)
    arn = pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)["Roles"]["authenticated"]
    name = arn.rpartition("/")[2]
    answer = caller(account, credentials)
    assert answer["Arn"] == (
        f"arn:aws:sts::{account.account_id}:assumed-role/{name}/CognitoIdentityCredentials"
    )
    assert answer["UserId"].endswith(":CognitoIdentityCredentials")
    assert answer["Account"] == account.account_id
    assert credentials.access_key_id.startswith("ASIA")
    assert credentials.expiration
    left = credentials.expiration - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    refuses=["NotAuthorizedException", "ResourceNotFoundException"],
)
def test_an_identity_is_only_for_those_whose_login_it_is(pool: IdentityPool, member: str) -> None:
    logins = pool.logins(member)
    identity = get_id(pool, logins)
    assert get_credentials(pool, identity, logins).session_token
    nobody = refused(get_credentials, pool=pool, identity=identity)
    assert (nobody.code, nobody.message) == (
        "NotAuthorizedException", f"Access to Identity '{identity}' is forbidden.",
    )  # fmt: skip
    thief = refused(get_credentials, pool=pool, identity=identity, logins=pool.logins(pool.users.confirmed()))
    assert thief.code == "NotAuthorizedException"
    assert thief.message.startswith("Logins don't match.")
    unknown = refused(get_credentials, pool=pool, identity=f"us-east-1:{'0' * 8}-0000-0000-0000-{'0' * 12}")
    assert unknown.code == "ResourceNotFoundException"


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_a_guest_who_signs_in_keeps_the_identity(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/switching-identities.html"""
    guest, logins = get_id(pool), pool.logins(pool.users.confirmed())
    assert get_credentials(pool, guest).session_token
    assert get_credentials(pool, guest, logins).session_token
    assert get_id(pool, logins) == guest
    assert refused(get_credentials, pool=pool, identity=guest).code == "NotAuthorizedException"


TRUSTS: dict[str, Any] = {
    "another audience": {"StringEquals": {f"{FEDERATED}:aud": "us-east-1:another-pool"}},
    "guests only": {"ForAnyValue:StringLike": {f"{FEDERATED}:amr": "unauthenticated"}},
    "another identity": {"StringEquals": {f"{FEDERATED}:sub": "us-east-1:another-identity"}},
}


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:SetIdentityPoolRoles")
@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", refuses="InvalidIdentityPoolConfigurationException"
)
@pytest.mark.parametrize("fault", [*TRUSTS, "another principal", "another action", "no role"])
def test_the_roles_trust_policy_must_let_the_identity_in(pool: IdentityPool, member: str, fault: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""
    made, account = identity_pool(pool.users), pool.account
    logins = made.logins(member)
    identity = get_id(made, logins)
    web, principal = "sts:AssumeRoleWithWebIdentity", {"Federated": FEDERATED}
    audience = {"StringEquals": {f"{FEDERATED}:aud": made.id}}
    bad = {
        "another principal": trust_in({"Federated": "accounts.google.com"}, web),
        "another action": trust_in(principal, "sts:AssumeRole", Condition=audience),
    } | {name: trust_in(principal, web, Condition=condition) for name, condition in TRUSTS.items()}
    good = role(account, made.trust("authenticated"))
    made.admin.set_identity_pool_roles(IdentityPoolId=made.id, Roles={"authenticated": good})
    assert get_credentials(made, identity, logins).session_token
    roles = {} if fault == "no role" else {"authenticated": role(account, bad[fault])}
    made.admin.set_identity_pool_roles(IdentityPoolId=made.id, Roles=roles)
    answer = refused(get_credentials, pool=made, identity=identity, logins=logins)
    assert (answer.status, answer.code) == (400, "InvalidIdentityPoolConfigurationException")
    assert answer.message == ("Invalid identity pool configuration. Check assigned IAM roles for this pool.")


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId")
def test_guests_have_a_ceiling_whatever_their_role_allows(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies-scope-down-services"""
    guest, account = get_credentials(pool, get_id(pool)), pool.account
    logins = pool.logins(member)
    signed_in = get_credentials(pool, get_id(pool, logins), logins)
    assert account.client("s3", guest).list_buckets()
    assert account.client("iam", signed_in).list_roles()
    answer = refused(account.client("iam", guest).list_roles)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message.endswith("because no session policy allows the iam:ListRoles action")


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId")
def test_the_identity_id_is_a_policy_variable(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html"""
    made, account = identity_pool(pool.users), pool.account
    bucket = account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    own = f"arn:aws:s3:::{bucket}/${{{FEDERATED}:sub}}/*"
    made.give_roles(member=[statement(["s3:PutObject", "s3:GetObject"], own)], guest=[])
    logins = made.logins(member)
    identity = get_id(made, logins)
    s3 = account.client("s3", get_credentials(made, identity, logins))
    assert s3.put_object(Bucket=bucket, Key=f"{identity}/a.txt", Body=b"mine")
    assert s3.get_object(Bucket=bucket, Key=f"{identity}/a.txt")["Body"].read() == b"mine"
    answer = refused(s3.put_object, Bucket=bucket, Key="us-east-1:someone-else/a.txt")
    assert answer.message.endswith("because no identity-based policy allows the s3:PutObject action")


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId")
@pytest.mark.operation("sts:GetCallerIdentity", refuses="ExpiredToken")
def test_credentials_end_after_an_hour(fresh: LocalAccount) -> None:
    made = identity_pool(user_pool(fresh))
    made.give_roles(member=[], guest=[])
    identity = get_id(made)
    credentials = get_credentials(made, identity)
    fresh.advance(minutes=59, seconds=30)
    assert caller(fresh, credentials)["Arn"]
    fresh.advance(seconds=30)
    assert refused(lambda: caller(fresh, credentials)).code == "ExpiredToken"
    assert caller(fresh, get_credentials(made, identity))["Arn"]


# --- the basic flow ---------------------------------------------------------------------------------------


def authenticated_role(pool: IdentityPool) -> str:
    return str(pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)["Roles"]["authenticated"])


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:GetOpenIdToken")
def test_the_open_id_token_is_a_jwt_of_the_identity_pool(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html"""
    logins = pool.logins(member)
    identity = get_id(pool, logins)
    token = open_id_token(pool, identity, logins)
    keys = jwt.PyJWKSet.from_dict(pool.account.send("GET", "/.well-known/jwks_uri").json).keys
    key = next(k for k in keys if k.key_id == jwt.get_unverified_header(token)["kid"])
    claims = jwt.decode(token, key.key, algorithms=["RS512"], audience=pool.id, issuer=f"https://{FEDERATED}")
    assert claims["sub"] == identity
    assert claims["exp"] - claims["iat"] == 600
    assert claims["amr"][:2] == ["authenticated", pool.users.provider]
    guest = claims_of(open_id_token(pool, get_id(pool)))
    assert guest["amr"] == ["unauthenticated"]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tampered(token, sub="x"), key.key, algorithms=["RS512"], audience=pool.id)


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:GetOpenIdToken")
def test_the_key_set_says_how_the_open_id_token_is_signed(pool: IdentityPool) -> None:
    """RFC 7517, section 4.4: `alg` is the algorithm that the key is meant for; PyJWT takes it from there."""
    token = open_id_token(pool, get_id(pool))
    keys = jwt.PyJWKSet.from_dict(pool.account.send("GET", "/.well-known/jwks_uri").json)
    header = jwt.get_unverified_header(token)
    key = keys[header["kid"]]
    assert key.algorithm_name == header["alg"] == "RS512"
    assert jwt.decode(token, key, algorithms=["RS512"], audience=pool.id)["aud"] == pool.id
    with pytest.raises(jwt.InvalidAlgorithmError):
        jwt.decode(token, key, algorithms=["RS256"], audience=pool.id)


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:DescribeIdentity",
    "cognito-identity:DescribeIdentityPool",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:ListIdentities",
    refuses="ResourceNotFoundException",
)
def test_an_identity_pool_is_known_in_its_own_region_only(account: LocalAccount, pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html: each Region has its endpoint"""
    other = account.client("cognito-identity", region="eu-west-1")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_identities", {"IdentityPoolId": pool.id, "MaxResults": 5}),
        ("describe_identity", {"IdentityId": get_id(pool)}),
        ("describe_identity_pool", {"IdentityPoolId": pool.id}),
        ("get_identity_pool_roles", {"IdentityPoolId": pool.id}),
    ]
    for operation, given in calls:
        assert getattr(pool.admin, operation)(**given)
        answer = refused(getattr(other, operation), **given)
        assert (answer.status, answer.code) == (400, "ResourceNotFoundException")


@pytest.mark.operation(
    "cognito-identity:DeleteIdentityPool",
    "cognito-identity:GetId",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:GetOpenIdToken",
    "cognito-identity:UpdateIdentityPool",
)
@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("then", ["switched off", "deleted"])
def test_an_open_id_token_outlives_neither_its_pool_nor_the_basic_flow(
    account: LocalAccount, then: str
) -> None:
    made = identity_pool(user_pool(account), AllowClassicFlow=True)
    made.give_roles(member=[], guest=[])
    arn = made.admin.get_identity_pool_roles(IdentityPoolId=made.id)["Roles"]["unauthenticated"]
    token = open_id_token(made, get_id(made))
    assert assume(account, arn, token)
    if then == "deleted":
        made.admin.delete_identity_pool(IdentityPoolId=made.id)
    else:
        made.admin.update_identity_pool(
            IdentityPoolId=made.id, IdentityPoolName="x", AllowUnauthenticatedIdentities=True
        )
    answer = refused(lambda: assume(account, arn, token))
    assert (answer.status, answer.code) == (400, "InvalidIdentityToken")


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:GetOpenIdToken", refuses="InvalidParameterException")
def test_the_basic_flow_must_be_allowed(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html
    (AllowClassicFlow)"""
    assert open_id_token(pool, get_id(pool))
    enhanced_only = identity_pool(pool.users)
    answer = refused(open_id_token, pool=enhanced_only, identity=get_id(enhanced_only))
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message == "Basic (classic) flow is not enabled, please use enhanced flow."


@pytest.mark.operation(
    "cognito-identity:GetId", "cognito-identity:GetOpenIdToken", "sts:AssumeRoleWithWebIdentity"
)
def test_the_open_id_token_buys_a_session_of_a_role(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    account, logins = pool.account, pool.logins(member)
    identity = get_id(pool, logins)
    answer = assume(account, authenticated_role(pool), open_id_token(pool, identity, logins))
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == (identity, pool.id)
    assert answer["Provider"] == FEDERATED
    assert answer["AssumedRoleUser"]["Arn"].endswith("/web")
    credentials = credentials_in(answer)
    assert caller(account, credentials)["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert account.client("s3", credentials).list_buckets()


@pytest.mark.operation(
    "cognito-identity:GetId",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:GetOpenIdToken",
    "sts:AssumeRoleWithWebIdentity",
)
def test_a_guest_of_the_basic_flow_has_no_ceiling(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html: the enhanced flow adds it"""
    arn = pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)["Roles"]["unauthenticated"]
    answer = assume(pool.account, arn, open_id_token(pool, get_id(pool)))
    assert pool.account.client("iam", credentials_in(answer)).list_roles()


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:GetOpenIdToken")
@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
def test_a_bad_web_identity_token_is_refused(pool: IdentityPool, member: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    (InvalidIdentityToken)"""
    logins, arn = pool.logins(member), authenticated_role(pool)
    token = open_id_token(pool, get_id(pool, logins), logins)
    assert assume(pool.account, arn, token)
    other = identity_pool(pool.users)
    bad = {
        "another identity": tampered(token, sub="us-east-1:someone-else"),
        "another pool": tampered(token, aud=other.id),
        "a longer life": tampered(token, exp=9_999_999_999),
        "a user pool's token": logins[pool.users.provider],
        "no token": "abcd.efgh.ijkl",
        "garbage": "garbage",
        "another algorithm": jwt.encode(claims_of(token), "x" * 64, algorithm="HS512"),
    }
    for forged in bad.values():
        answer = refused(lambda forged=forged: assume(pool.account, arn, forged))
        assert (answer.status, answer.code) == (400, "InvalidIdentityToken")


@pytest.mark.operation(
    "cognito-identity:GetId", "cognito-identity:GetIdentityPoolRoles", "cognito-identity:GetOpenIdToken"
)
@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="ExpiredTokenException")
def test_a_web_identity_token_is_good_for_ten_minutes(fresh: LocalAccount) -> None:
    made = identity_pool(user_pool(fresh), AllowClassicFlow=True)
    made.give_roles(member=[], guest=[])
    arn = made.admin.get_identity_pool_roles(IdentityPoolId=made.id)["Roles"]["unauthenticated"]
    token = open_id_token(made, get_id(made))
    fresh.advance(minutes=9, seconds=30)
    assert assume(fresh, arn, token)
    fresh.advance(seconds=30)
    answer = refused(lambda: assume(fresh, arn, token))
    assert (answer.status, answer.code) == (400, "ExpiredTokenException")


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:GetOpenIdToken")
@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="AccessDenied")
def test_a_role_that_does_not_trust_the_identity_is_refused(pool: IdentityPool, member: str) -> None:
    account, logins = pool.account, pool.logins(member)
    token = open_id_token(pool, get_id(pool, logins), logins)
    good = authenticated_role(pool)
    assert assume(account, good, token)
    web = "sts:AssumeRoleWithWebIdentity"
    others = [
        role(account, anybody_here(account)),
        role(account, trust_in({"Federated": FEDERATED}, web, Condition=TRUSTS["guests only"])),
        role(account, trust_in({"Federated": FEDERATED}, web, Condition=TRUSTS["another audience"])),
        good + "-gone",
    ]
    for arn in others:
        answer = refused(lambda arn=arn: assume(account, arn, token))
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert answer.message == f"Not authorized to perform {web}"


@pytest.mark.operation(
    "cognito-identity:GetId",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:GetOpenIdToken",
    "sts:AssumeRoleWithWebIdentity",
)
@pytest.mark.operation("sts:GetCallerIdentity", refuses="ExpiredToken")
def test_a_web_identity_session_lasts_as_long_as_was_asked(fresh: LocalAccount) -> None:
    made = identity_pool(user_pool(fresh), AllowClassicFlow=True)
    made.give_roles(member=[], guest=[])
    arn = made.admin.get_identity_pool_roles(IdentityPoolId=made.id)["Roles"]["unauthenticated"]
    identity = get_id(made)
    short = credentials_in(assume(fresh, arn, open_id_token(made, identity), DurationSeconds=900))
    usual = credentials_in(assume(fresh, arn, open_id_token(made, identity)))
    fresh.advance(minutes=15)
    assert refused(lambda: caller(fresh, short)).code == "ExpiredToken"
    assert caller(fresh, usual)
    fresh.advance(minutes=45)
    assert refused(lambda: caller(fresh, usual)).code == "ExpiredToken"


@pytest.mark.operation(
    "cognito-identity:GetId", "cognito-identity:GetOpenIdToken", "sts:AssumeRoleWithWebIdentity"
)
def test_a_web_identity_session_may_carry_a_session_policy(pool: IdentityPool, member: str) -> None:
    account, logins = pool.account, pool.logins(member)
    token = open_id_token(pool, get_id(pool, logins), logins)
    policy = document(statement("s3:ListAllMyBuckets"))
    credentials = credentials_in(assume(account, authenticated_role(pool), token, Policy=policy))
    assert account.client("s3", credentials).list_buckets()
    assert refused(account.client("iam", credentials).list_roles).message.endswith(
        "because no session policy allows the iam:ListRoles action"
    )
