"""Developer-authenticated identities.

https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, credentials_in, refused, statement, user
from tests.local.directory import FEDERATED, IdentityPool, claims_of, identity_pool, tampered, user_pool
from tests.local.identities import (
    assume,
    get_credentials,
    get_id,
    open_id_token,
    own_prefix,
    role_of,
    trusting_role,
)

PROVIDER = "login.example.app"


@pytest.fixture
def pool(account: LocalAccount) -> IdentityPool:
    return identity_pool(user_pool(account), DeveloperProviderName=PROVIDER, AllowClassicFlow=True)


def registered(pool: IdentityPool, name: str, **more: Any) -> dict[str, Any]:
    """GetOpenIdTokenForDeveloperIdentity: the Identity ID and the token of a developer's user."""
    logins = {PROVIDER: name} | more.pop("Logins", {})
    return dict(
        pool.admin.get_open_id_token_for_developer_identity(IdentityPoolId=pool.id, Logins=logins, **more)
    )


def by_token(answer: dict[str, Any]) -> dict[str, str]:
    """The Logins map of an app that its backend gave a token."""
    return {FEDERATED: answer["Token"]}


def lookup(pool: IdentityPool, **given: Any) -> dict[str, Any]:
    return dict(pool.admin.lookup_developer_identity(IdentityPoolId=pool.id, **given))


def merged(pool: IdentityPool, source: str, destination: str, provider: str = PROVIDER) -> str:
    answer = pool.admin.merge_developer_identities(
        IdentityPoolId=pool.id,
        DeveloperProviderName=provider,
        SourceUserIdentifier=source,
        DestinationUserIdentifier=destination,
    )
    return str(answer["IdentityId"])


def unlink(pool: IdentityPool, name: str, identity: str, provider: str = PROVIDER) -> Any:
    return pool.admin.unlink_developer_identity(
        IdentityPoolId=pool.id,
        IdentityId=identity,
        DeveloperProviderName=provider,
        DeveloperUserIdentifier=name,
    )


# --- GetOpenIdTokenForDeveloperIdentity -------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:DescribeIdentity")
def test_the_same_user_gets_the_same_identity(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdTokenForDeveloperIdentity.html"""
    anna = registered(pool, "anna")
    assert registered(pool, "anna")["IdentityId"] == anna["IdentityId"]
    assert registered(pool, "bert")["IdentityId"] != anna["IdentityId"]
    described = pool.admin.describe_identity(IdentityId=anna["IdentityId"])
    assert described["Logins"] == [PROVIDER]


@pytest.mark.operation("cognito-identity:GetOpenIdTokenForDeveloperIdentity", refuses="ValidationException")
@pytest.mark.parametrize("asked, seconds", [(None, 900), (60, 60), (86400, 86400)])
def test_the_token_lives_as_long_as_was_asked(pool: IdentityPool, asked: int | None, seconds: int) -> None:
    """ "If you don't provide an expiration time, the token is valid for 15 minutes." """
    answer = registered(pool, "anna", **({"TokenDuration": asked} if asked else {}))
    claims = claims_of(answer["Token"])
    assert claims["exp"] - claims["iat"] == seconds
    assert (claims["sub"], claims["aud"]) == (answer["IdentityId"], pool.id)
    assert claims["amr"][:2] == ["authenticated", PROVIDER]
    refusal = refused(registered, pool=pool, name="anna", TokenDuration=86401)
    assert refusal.code == "ValidationException"


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    refuses=["DeveloperUserAlreadyRegisteredException", "ResourceNotFoundException"],
)
def test_a_known_identity_may_be_asked_for_and_no_other_users(pool: IdentityPool) -> None:
    """DeveloperUserAlreadyRegisteredException: "… already registered … under a different identity ID." """
    guest = get_id(pool)
    assert registered(pool, "anna", IdentityId=guest)["IdentityId"] == guest
    assert registered(pool, "anna", IdentityId=guest)["IdentityId"] == guest
    other = registered(pool, "bert")["IdentityId"]
    answer = refused(registered, pool=pool, name="anna", IdentityId=other)
    assert (answer.status, answer.code) == (400, "DeveloperUserAlreadyRegisteredException")
    gone = "us-east-1:00000000-0000-0000-0000-000000000000"
    assert refused(registered, pool=pool, name="anna", IdentityId=gone).code == "ResourceNotFoundException"


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", refuses="ResourceConflictException"
)
def test_a_developers_user_has_one_login_of_a_public_provider(pool: IdentityPool) -> None:
    """ "Attempts to link more than one login with a public provider will result in a
    ResourceConflictException."
    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html (Linking logins)
    """
    first, second = (pool.logins(pool.users.confirmed()) for _ in range(2))
    anna = registered(pool, "anna", Logins=first)
    for _ in ("of nobody", "of an identity"):
        answer = refused(registered, pool=pool, name="anna", Logins=second)
        assert (answer.status, answer.code) == (400, "ResourceConflictException")
        assert get_id(pool, second) != anna["IdentityId"]


@pytest.mark.operation("cognito-identity:DescribeIdentity")
@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", refuses="NotAuthorizedException"
)
def test_a_public_login_may_be_linked_and_must_hold(pool: IdentityPool) -> None:
    """ "Supplying multiple logins will create an implicit linked account." """
    logins = pool.logins(pool.users.confirmed())
    anna = registered(pool, "anna", Logins=logins)
    assert get_id(pool, logins) == anna["IdentityId"]
    assert set(pool.admin.describe_identity(IdentityId=anna["IdentityId"])["Logins"]) == {
        PROVIDER, pool.users.provider,
    }  # fmt: skip
    bad = {pool.users.provider: tampered(logins[pool.users.provider], sub="x")}
    answer = refused(registered, pool=pool, name="anna", Logins=bad)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", refuses="InvalidParameterException"
)
@pytest.mark.unconfirmed
def test_the_developers_provider_must_be_among_the_logins(pool: IdentityPool, account: LocalAccount) -> None:
    assert registered(pool, "anna")
    call = pool.admin.get_open_id_token_for_developer_identity
    for logins in ({"another.provider": "anna"}, pool.logins(pool.users.confirmed())):
        answer = refused(call, IdentityPoolId=pool.id, Logins=logins)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
    plain = identity_pool(pool.users)
    answer = refused(registered, pool=plain, name="anna")
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    refuses=["AccessDeniedException", "MissingAuthenticationTokenException"],
)
def test_only_the_developer_may_ask(pool: IdentityPool) -> None:
    """ "You must use AWS Developer credentials to call this API." """
    account, action = pool.account, "cognito-identity:GetOpenIdTokenForDeveloperIdentity"
    arn = f"arn:aws:cognito-identity:us-east-1:{account.account_id}:identitypool/{pool.id}"
    given = {"IdentityPoolId": pool.id, "Logins": {PROVIDER: "anna"}}
    backend = account.client("cognito-identity", user(account, statement(action, arn)))
    assert backend.get_open_id_token_for_developer_identity(**given)["Token"]
    stranger = account.client("cognito-identity", user(account))
    answer = refused(stranger.get_open_id_token_for_developer_identity, **given)
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    unsigned = account.anonymous("cognito-identity")
    answer = refused(unsigned.get_open_id_token_for_developer_identity, **given)
    assert answer.code == "MissingAuthenticationTokenException"


@pytest.mark.operation("cognito-identity:UpdateIdentityPool", refuses="InvalidParameterException")
def test_a_developer_provider_name_cannot_be_changed(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html

    "Once you have set a developer provider name, you cannot change it."
    """
    given = {"IdentityPoolId": pool.id, "IdentityPoolName": "x", "AllowUnauthenticatedIdentities": True}
    kept = pool.admin.update_identity_pool(**given, DeveloperProviderName=PROVIDER)
    assert kept["DeveloperProviderName"] == PROVIDER
    answer = refused(pool.admin.update_identity_pool, **given, DeveloperProviderName="another.provider")
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert pool.admin.update_identity_pool(**given)["DeveloperProviderName"] == PROVIDER


# --- what the token is good for ---------------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_the_enhanced_flow_takes_the_token_as_a_login(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
    (Developer authenticated identities authflow)"""
    arn = trusting_role(pool)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})
    anna, bert = registered(pool, "anna"), registered(pool, "bert")
    credentials = get_credentials(pool, anna["IdentityId"], by_token(anna))
    assert role_of(pool, credentials) == arn.rpartition("/")[2]
    thief = refused(get_credentials, pool=pool, identity=bert["IdentityId"], logins=by_token(anna))
    assert (thief.status, thief.code) == (400, "NotAuthorizedException")
    assert thief.message.startswith("Logins don't match.")
    nobody = refused(get_credentials, pool=pool, identity=anna["IdentityId"])
    assert nobody.message == f"Access to Identity '{anna['IdentityId']}' is forbidden."


@pytest.mark.operation("cognito-identity:GetOpenIdToken")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_a_bad_developer_token_is_no_login(pool: IdentityPool) -> None:
    arn = trusting_role(pool)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})
    other = identity_pool(pool.users, DeveloperProviderName=PROVIDER, AllowClassicFlow=True)
    anna = registered(pool, "anna")
    identity = anna["IdentityId"]
    assert get_credentials(pool, identity, by_token(anna)).session_token
    bad = {
        "tampered": tampered(anna["Token"], sub="us-east-1:someone-else"),
        "of another pool": registered(other, "anna")["Token"],
        "a guest's": open_id_token(pool, get_id(pool)),
        "of a user pool": pool.logins(pool.users.confirmed())[pool.users.provider],
        "garbage": "garbage",
    }
    for name, token in bad.items():
        answer = refused(get_credentials, pool=pool, identity=identity, logins={FEDERATED: token})
        assert (answer.status, answer.code) == (400, "NotAuthorizedException"), name


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_a_developer_token_expires(fresh: LocalAccount) -> None:
    made = identity_pool(user_pool(fresh), DeveloperProviderName=PROVIDER)
    made.give_roles(member=[], guest=[])
    anna = registered(made, "anna", TokenDuration=60)
    fresh.advance(seconds=58)
    assert get_credentials(made, anna["IdentityId"], by_token(anna)).session_token
    fresh.advance(seconds=2)
    answer = refused(get_credentials, pool=made, identity=anna["IdentityId"], logins=by_token(anna))
    assert answer.code == "NotAuthorizedException"
    assert answer.message.startswith("Invalid login token. Token expired: ")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
def test_the_basic_flow_takes_the_token_to_sts(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html"""
    anna = registered(pool, "anna")
    answer = assume(pool.account, trusting_role(pool), anna["Token"])
    assert answer["SubjectFromWebIdentityToken"] == anna["IdentityId"]
    denied = refused(
        assume, account=pool.account, arn=trusting_role(pool), token=tampered(anna["Token"], sub="x")
    )
    assert (denied.status, denied.code) == (400, "InvalidIdentityToken")


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_get_id_and_get_open_id_token_know_no_developers(pool: IdentityPool) -> None:
    """ "they cannot use your developer provider name in the logins map when calling GetId or GetOpenIdToken"

    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
    """
    anna = registered(pool, "anna")
    assert get_id(pool, pool.logins(pool.users.confirmed()))
    for logins in ({PROVIDER: "anna"}, by_token(anna)):
        for call in (
            lambda given=logins: get_id(pool, given),
            lambda given=logins: open_id_token(pool, anna["IdentityId"], given),
        ):
            answer = refused(call)
            assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", "sts:AssumeRoleWithWebIdentity")
def test_the_backend_names_the_principal_tags_itself(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdTokenForDeveloperIdentity.html
    (PrincipalTags)"""
    account = pool.account
    bucket = account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    arn = trusting_role(pool, own_prefix(bucket, "aws:PrincipalTag/team"), tags=True)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})
    anna = registered(pool, "anna", PrincipalTags={"team": "red"})
    enhanced = get_credentials(pool, anna["IdentityId"], by_token(anna))
    basic = credentials_in(assume(account, arn, anna["Token"]))
    for credentials in (enhanced, basic):
        s3 = account.client("s3", credentials)
        assert s3.put_object(Bucket=bucket, Key="red/a", Body=b"x")
        assert refused(s3.put_object, Bucket=bucket, Key="blue/a", Body=b"x").code == "AccessDenied"


# --- LookupDeveloperIdentity ------------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", "cognito-identity:LookupDeveloperIdentity"
)
def test_a_user_leads_to_the_identity_and_the_identity_to_its_users(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_LookupDeveloperIdentity.html"""
    identity = registered(pool, "anna")["IdentityId"]
    registered(pool, "ann", IdentityId=identity)
    assert lookup(pool, DeveloperUserIdentifier="anna")["IdentityId"] == identity
    assert lookup(pool, IdentityId=identity)["DeveloperUserIdentifierList"] == ["ann", "anna"]
    both = lookup(pool, IdentityId=identity, DeveloperUserIdentifier="ann")
    assert (both["IdentityId"], both["DeveloperUserIdentifierList"]) == (identity, ["ann"])


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", "cognito-identity:LookupDeveloperIdentity"
)
def test_the_users_of_an_identity_are_listed_a_page_at_a_time(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_LookupDeveloperIdentity.html
    (NextToken)"""
    identity = registered(pool, "a")["IdentityId"]
    for name in "bc":
        registered(pool, name, IdentityId=identity)
    first = lookup(pool, IdentityId=identity, MaxResults=2)
    assert first["DeveloperUserIdentifierList"] == ["a", "b"]
    rest = lookup(pool, IdentityId=identity, MaxResults=2, NextToken=first["NextToken"])
    assert rest["DeveloperUserIdentifierList"] == ["c"]
    assert "NextToken" not in rest


@pytest.mark.operation(
    "cognito-identity:LookupDeveloperIdentity",
    refuses=["InvalidParameterException", "ResourceConflictException", "ResourceNotFoundException"],
)
def test_a_lookup_that_does_not_hold_is_refused(pool: IdentityPool) -> None:
    """ "If the values are verified against the database, the response returns both values … Otherwise, a
    ResourceConflictException is thrown." """
    anna, bert = registered(pool, "anna")["IdentityId"], registered(pool, "bert")["IdentityId"]
    assert lookup(pool, IdentityId=anna, DeveloperUserIdentifier="anna")
    answer = refused(lookup, pool=pool, IdentityId=bert, DeveloperUserIdentifier="anna")
    assert (answer.status, answer.code) == (400, "ResourceConflictException")
    assert refused(lookup, pool=pool, DeveloperUserIdentifier="carl").code == "ResourceNotFoundException"
    gone = "us-east-1:00000000-0000-0000-0000-000000000000"
    assert refused(lookup, pool=pool, IdentityId=gone).code == "ResourceNotFoundException"
    assert refused(lookup, pool=pool).code == "InvalidParameterException"


# --- MergeDeveloperIdentities -----------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", "cognito-identity:MergeDeveloperIdentities"
)
def test_two_users_become_one_identity(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_MergeDeveloperIdentities.html

    "The next time you request an OpenId Connect token for either user identifier, the same identity id will
    be returned."
    """
    anna, ann = registered(pool, "anna"), registered(pool, "ann")
    assert merged(pool, "ann", "anna") == anna["IdentityId"]
    for name in ("anna", "ann"):
        assert registered(pool, name)["IdentityId"] == anna["IdentityId"]
    hidden = pool.admin.list_identities(IdentityPoolId=pool.id, MaxResults=60, HideDisabled=True)
    assert [i["IdentityId"] for i in hidden["Identities"]] == [anna["IdentityId"]]
    shown = pool.admin.list_identities(IdentityPoolId=pool.id, MaxResults=60)
    assert {i["IdentityId"] for i in shown["Identities"]} == {anna["IdentityId"], ann["IdentityId"]}
    answer = refused(get_credentials, pool=pool, identity=ann["IdentityId"], logins=by_token(ann))
    assert answer.message == f"Access to Identity '{ann['IdentityId']}' is forbidden."


@pytest.mark.operation(
    "cognito-identity:MergeDeveloperIdentities",
    refuses=["ResourceConflictException", "ResourceNotFoundException"],
)
def test_what_cannot_be_one_identity_is_not_merged(pool: IdentityPool) -> None:
    """ "If the users to be merged are associated with the same public provider, but as two different users,
    an exception will be thrown." """
    for name in ("anna", "bert"):
        registered(pool, name, Logins=pool.logins(pool.users.confirmed()))
    answer = refused(merged, pool=pool, source="bert", destination="anna")
    assert (answer.status, answer.code) == (400, "ResourceConflictException")
    answer = refused(merged, pool=pool, source="nobody", destination="anna")
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    registered(pool, "carl")
    answer = refused(merged, pool=pool, source="carl", destination="anna", provider="another.provider")
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    assert merged(pool, "carl", "anna")


@pytest.mark.operation("cognito-identity:MergeDeveloperIdentities", refuses="ResourceConflictException")
def test_an_identity_has_twenty_logins_at_most(pool: IdentityPool) -> None:
    """ "The number of linked logins is limited to 20." """
    many = registered(pool, "a0")["IdentityId"]
    for number in range(1, 19):
        registered(pool, f"a{number}", IdentityId=many)
    registered(pool, "b")
    assert merged(pool, "b", "a0") == many
    registered(pool, "c")
    answer = refused(merged, pool=pool, source="c", destination="a0")
    assert answer.status == 400


# --- UnlinkDeveloperIdentity ------------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity", refuses="NotAuthorizedException"
)
def test_an_unlinked_user_is_a_new_one_next_time(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkDeveloperIdentity.html

    "If … you remove all federated identities as well as the developer user identifier, the Cognito identity
    becomes inaccessible."
    """
    identity = registered(pool, "anna")["IdentityId"]
    registered(pool, "ann", IdentityId=identity)
    assert unlink(pool, "ann", identity)
    assert registered(pool, "anna")["IdentityId"] == identity
    assert registered(pool, "ann")["IdentityId"] != identity
    assert unlink(pool, "anna", identity)
    assert registered(pool, "anna")["IdentityId"] != identity
    answer = refused(registered, pool=pool, name="new", IdentityId=identity)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation(
    "cognito-identity:UnlinkDeveloperIdentity",
    refuses=["ResourceConflictException", "ResourceNotFoundException"],
)
def test_only_what_is_linked_can_be_unlinked(pool: IdentityPool) -> None:
    anna, bert = registered(pool, "anna")["IdentityId"], registered(pool, "bert")["IdentityId"]
    answer = refused(unlink, pool=pool, name="bert", identity=anna)
    assert (answer.status, answer.code) == (400, "ResourceConflictException")
    for given in (
        {"name": "carl", "identity": anna},
        {"name": "anna", "identity": "us-east-1:00000000-0000-0000-0000-000000000000"},
        {"name": "anna", "identity": anna, "provider": "another.provider"},
    ):
        answer = refused(unlink, pool=pool, **given)
        assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    assert unlink(pool, "bert", bert)
