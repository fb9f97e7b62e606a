"""Attributes for access control: claims of a login become principal tags of its session.

https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.accounts import LocalAccount, credentials_in, refused, statement
from tests.local.directory import IdentityPool, claims_of, identity_pool, user_pool
from tests.local.identities import (
    assume,
    get_credentials,
    get_id,
    open_id_token,
    own_prefix,
    trusting_role,
)

CUSTOM = {"mail": "email", "nobody": "no_such_claim"}


@pytest.fixture(scope="session")
def bucket(account: LocalAccount) -> str:
    name = account.name("bucket")
    account.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def pool(account: LocalAccount) -> IdentityPool:
    return identity_pool(user_pool(account), AllowClassicFlow=True)


def map_tags(pool: IdentityPool, tags: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    given = {"IdentityPoolId": pool.id, "IdentityProviderName": pool.users.provider} | more
    return dict(pool.admin.set_principal_tag_attribute_map(**given, PrincipalTags=tags or {}))


def give(pool: IdentityPool, arn: str) -> None:
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity")
def test_a_claim_reaches_the_policies_as_a_principal_tag(pool: IdentityPool, bucket: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/using-attributes-for-access-control-policy-example.html"""
    give(pool, trusting_role(pool, own_prefix(bucket, "aws:PrincipalTag/mail"), tags=True))
    name = pool.users.confirmed()
    logins = pool.logins(name)
    identity = get_id(pool, logins)

    def put(key: str) -> Any:
        s3 = pool.account.client("s3", get_credentials(pool, identity, logins))
        return s3.put_object(Bucket=bucket, Key=key, Body=b"x")

    map_tags(pool, CUSTOM)
    assert put(f"{name}@example.com/a")
    assert refused(put, key="another@example.com/a").code == "AccessDenied"
    map_tags(pool, {})
    assert refused(put, key=f"{name}@example.com/a").code == "AccessDenied"


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity")
def test_the_decision_tells_which_claim_a_principal_tag_came_from(pool: IdentityPool, bucket: str) -> None:
    give(pool, trusting_role(pool, own_prefix(bucket, "aws:PrincipalTag/mail"), tags=True))
    map_tags(pool, CUSTOM)
    logins = pool.logins(pool.users.confirmed())
    s3 = pool.account.client("s3", get_credentials(pool, get_id(pool, logins), logins))

    with pytest.raises(ClientError) as answer:
        s3.put_object(Bucket=bucket, Key="another@example.com/a", Body=b"x")
    request_id = answer.value.response["ResponseMetadata"]["RequestId"]
    decision = pool.account.app.state.decisions.get(request_id)

    assert decision is not None
    assert decision.request.origins["aws:PrincipalTag/mail"] == (
        f"claim `email` of the login of `{pool.users.provider}`",
        "the identity pool's map of principal tags: `mail` is `email`",
        "session tag `mail`",
    )


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity")
@pytest.mark.unconfirmed
def test_the_default_map_has_the_client_and_the_user(pool: IdentityPool, bucket: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html tells the claims;
    which tags they become, it does not."""
    both = statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/client}}/*")
    give(pool, trusting_role(pool, both, own_prefix(bucket, "aws:PrincipalTag/username"), tags=True))
    answer = map_tags(pool, UseDefaults=True)
    assert (answer["UseDefaults"], answer["PrincipalTags"]) == (True, {"client": "aud", "username": "sub"})
    logins = pool.logins(pool.users.confirmed())
    claims = claims_of(logins[pool.users.provider])
    s3 = pool.account.client("s3", get_credentials(pool, get_id(pool, logins), logins))
    for prefix in (claims["sub"], claims["aud"]):
        assert s3.put_object(Bucket=bucket, Key=f"{prefix}/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="other/a").code == "AccessDenied"


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", refuses="InvalidIdentityPoolConfigurationException"
)
def test_the_trust_policy_must_allow_the_tags(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/using-afac-with-cognito-identity-pools.html

    "Grant permission to tag users' sessions with the permission-only action sts:TagSession."
    """
    logins = pool.logins(pool.users.confirmed())
    identity = get_id(pool, logins)
    without, taggable = trusting_role(pool), trusting_role(pool, tags=True)
    give(pool, without)
    assert get_credentials(pool, identity, logins).session_token
    map_tags(pool, CUSTOM)
    answer = refused(get_credentials, pool=pool, identity=identity, logins=logins)
    assert (answer.status, answer.code) == (400, "InvalidIdentityPoolConfigurationException")
    give(pool, taggable)
    assert get_credentials(pool, identity, logins).session_token


@pytest.mark.operation("cognito-identity:GetOpenIdToken")
@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="AccessDenied")
def test_the_basic_flow_hands_the_tags_to_sts(pool: IdentityPool, bucket: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp"""
    map_tags(pool, CUSTOM)
    name = pool.users.confirmed()
    logins = pool.logins(name)
    token = open_id_token(pool, get_id(pool, logins), logins)
    assert claims_of(token)["https://aws.amazon.com/tags"]["principal_tags"] == {
        "mail": [f"{name}@example.com"]
    }
    prefix = own_prefix(bucket, "aws:PrincipalTag/mail")
    answer = assume(pool.account, trusting_role(pool, prefix, tags=True), token)
    s3 = pool.account.client("s3", credentials_in(answer))
    assert s3.put_object(Bucket=bucket, Key=f"{name}@example.com/a", Body=b"x")
    without = trusting_role(pool, prefix)
    denied = refused(assume, account=pool.account, arn=without, token=token)
    assert (denied.status, denied.code) == (403, "AccessDenied")
    assert denied.message == "Not authorized to perform sts:TagSession"


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", refuses="InvalidIdentityPoolConfigurationException"
)
@pytest.mark.unconfirmed
def test_a_claim_that_is_no_tag_value_makes_the_pool_badly_configured(pool: IdentityPool) -> None:
    """ "… or STS returned an error response"; a tag's value takes no `!`.

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html
    https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
    """
    give(pool, trusting_role(pool, tags=True))
    map_tags(pool, {"shout": "profile"})
    name = pool.users.confirmed()
    for value, fits in (("hello", True), ("hello!", False)):
        pool.users.admin.admin_update_user_attributes(
            UserPoolId=pool.users.id, Username=name, UserAttributes=[{"Name": "profile", "Value": value}]
        )
        logins = pool.logins(name)
        identity = get_id(pool, logins)
        if fits:
            assert get_credentials(pool, identity, logins).session_token
        else:
            answer = refused(get_credentials, pool=pool, identity=identity, logins=logins)
            assert answer.code == "InvalidIdentityPoolConfigurationException"


@pytest.mark.operation("cognito-identity:GetPrincipalTagAttributeMap")
def test_a_map_is_kept_for_each_provider(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetPrincipalTagAttributeMap.html"""
    made = map_tags(pool, CUSTOM)
    given = {"IdentityPoolId": pool.id, "IdentityProviderName": pool.users.provider}
    answer = pool.admin.get_principal_tag_attribute_map(**given)
    for member in ("IdentityPoolId", "IdentityProviderName", "UseDefaults", "PrincipalTags"):
        assert answer[member] == made[member]
    assert (answer["UseDefaults"], answer["PrincipalTags"]) == (False, CUSTOM)


@pytest.mark.operation(
    "cognito-identity:GetPrincipalTagAttributeMap",
    "cognito-identity:SetPrincipalTagAttributeMap",
    refuses=["InvalidParameterException", "ResourceNotFoundException"],
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("operation", ["get_principal_tag_attribute_map", "set_principal_tag_attribute_map"])
def test_a_map_is_for_providers_of_the_pool(pool: IdentityPool, operation: str) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetPrincipalTagAttributeMap.html

    InvalidParameterException and ResourceNotFoundException are documented, for which faults is not.
    """
    call, good = getattr(pool.admin, operation), {"IdentityPoolId": pool.id}
    assert call(**good, IdentityProviderName=pool.users.provider)["IdentityPoolId"] == pool.id
    answer = refused(call, **good, IdentityProviderName="accounts.google.com")
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    gone = "us-east-1:00000000-0000-0000-0000-000000000000"
    answer = refused(call, IdentityPoolId=gone, IdentityProviderName=pool.users.provider)
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
