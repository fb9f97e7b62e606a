"""The function that runs before tokens are made: what it is told, what it changes, what it may not.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from __future__ import annotations

from typing import Any

import pytest

from labkit.local.user_pools import triggers
from tests.local.accounts import LocalAccount, anybody_here, refused, role
from tests.local.directory import PASSWORD, Pool, claims_of, user_pool
from tests.local.test_user_pool_triggers import Recorder, arn, refuse, watched

ADMIN_SCOPE = "aws.cognito.signin.user.admin"


def first(account: LocalAccount, **details: Any) -> tuple[Pool, Recorder]:
    """A pool whose V1_0 function answers these claimsOverrideDetails."""
    function = Recorder(lambda event: event | {"response": {"claimsOverrideDetails": details}})
    return watched(account, {"PreTokenGeneration": function}), function


def later(account: LocalAccount, version: str = "V2_0", **details: Any) -> tuple[Pool, Recorder]:
    """A pool whose V2_0 or V3_0 function answers these claimsAndScopeOverrideDetails."""
    function = Recorder(lambda event: event | {"response": {"claimsAndScopeOverrideDetails": details}})
    name = arn(account, account.name("tokens"))
    triggers.register(name, function, account.app.state)
    config = {"PreTokenGenerationConfig": {"LambdaVersion": version, "LambdaArn": name}}
    return user_pool(account, LambdaConfig=config), function


def claims(pool: Pool, username: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims of a new ID token and of a new access token."""
    tokens = pool.sign_in(username)
    return claims_of(tokens["IdToken"]), claims_of(tokens["AccessToken"])


def grouped(pool: Pool, username: str, group: str, arn: str | None = None) -> None:
    more = {"RoleArn": arn, "Precedence": 1} if arn else {}
    pool.admin.create_group(UserPoolId=pool.id, GroupName=group, **more)
    pool.admin.admin_add_user_to_group(UserPoolId=pool.id, Username=username, GroupName=group)


@pytest.mark.operation("cognito-idp:GetTokensFromRefreshToken", "cognito-idp:InitiateAuth")
def test_the_function_hears_who_the_user_is_and_how_the_tokens_came_about(account: LocalAccount) -> None:
    pool, function = first(account)
    name = pool.confirmed()
    member = role(account, anybody_here(account))
    grouped(pool, name, "readers", member)
    tokens = pool.sign_in(name)
    pool.refresh(tokens["RefreshToken"])
    pool.idp.get_tokens_from_refresh_token(
        RefreshToken=tokens["RefreshToken"], ClientId=pool.client_id, ClientMetadata={"from": "here"}
    )
    sources = [event["triggerSource"] for event in function.events]
    assert sources == [
        "TokenGeneration_Authentication", "TokenGeneration_RefreshTokens", "TokenGeneration_RefreshTokens",
    ]  # fmt: skip
    request = function.events[0]["request"]
    assert (function.events[0]["version"], function.events[0]["userName"]) == ("1", name)
    assert request["groupConfiguration"] == {
        "groupsToOverride": ["readers"], "iamRolesToOverride": [member], "preferredRole": member,
    }  # fmt: skip
    assert request["userAttributes"]["email"] == f"{name}@example.com"
    assert "scopes" not in request
    assert function.events[2]["request"]["clientMetadata"] == {"from": "here"}


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_after_a_new_password_the_function_hears_so(account: LocalAccount) -> None:
    """TokenGeneration_NewPasswordChallenge: "Called after the user is created by an admin." """
    pool, function = first(account)
    pool.admin.admin_create_user(UserPoolId=pool.id, Username="ben", TemporaryPassword=PASSWORD)
    challenge = pool.start("ben")
    pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName="NEW_PASSWORD_REQUIRED", Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ben", "NEW_PASSWORD": "Another-horse-2"},
        ClientMetadata={"from": "here"},
    )  # fmt: skip
    (event,) = function.events
    assert event["triggerSource"] == "TokenGeneration_NewPasswordChallenge"
    assert event["request"]["clientMetadata"] == {"from": "here"}


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_version_one_changes_the_id_token_alone(account: LocalAccount) -> None:
    """The page's first example, and: "If your function both suppresses and replaces a claim value, then
    Amazon Cognito suppresses the claim." """
    pool, _ = first(
        account,
        claimsToAddOrOverride={"pet": "cat", "email_verified": "maybe", "nickname": "x"},
        claimsToSuppress=["email", "nickname"],
    )
    identity, access = claims(pool, pool.confirmed())
    assert (identity["pet"], identity["email_verified"]) == ("cat", "maybe")
    assert not {"email", "nickname"} & set(identity)
    assert "pet" not in access


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_groups_are_replaced_in_both_tokens(account: LocalAccount) -> None:
    """The page's second example: "Your groupOverrideDetails object replaces the cognito:groups claim in
    access tokens and ID tokens." """
    groups = {"groupsToOverride": ["A", "B"], "iamRolesToOverride": ["arn:a"], "preferredRole": "arn:a"}
    pool, _ = first(account, groupOverrideDetails=groups)
    name = pool.confirmed()
    grouped(pool, name, "readers")
    identity, access = claims(pool, name)
    assert (identity["cognito:groups"], access["cognito:groups"]) == (["A", "B"], ["A", "B"])
    assert (identity["cognito:roles"], identity["cognito:preferred_role"]) == (["arn:a"], "arn:a")
    assert "cognito:roles" not in access


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("given, kept", [({}, True), ({"groupOverrideDetails": None}, False)])
def test_an_empty_object_suppresses_the_groups(
    account: LocalAccount, given: dict[str, Any], kept: bool
) -> None:
    """ "If you provide an empty or null object in the response, then Amazon Cognito suppresses the
    groups." (that no object leaves them is not said)"""
    pool, _ = first(account, **given)
    name = pool.confirmed()
    grouped(pool, name, "readers")
    for token in claims(pool, name):
        assert ("cognito:groups" in token) is kept


FIXED = (
    "acr", "amr", "at_hash", "aud", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss",
    "jti", "nbf", "nonce", "origin_jti", "sub", "token_use",
)  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.parametrize("claim", FIXED)
def test_some_claims_are_nobodys_to_change(account: LocalAccount, claim: str) -> None:
    """ "You can't modify the following claims" """
    pool, _ = first(account, claimsToAddOrOverride={claim: "x", "pet": "cat"})
    identity, _ = claims(pool, pool.confirmed())
    assert identity["pet"] == "cat"
    assert identity.get(claim) != "x"
    suppressing, _ = first(account, claimsToSuppress=[claim, "email"])
    after, _ = claims(suppressing, suppressing.confirmed())
    assert "email" not in after
    assert (claim in after) is (claim in identity)


@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth")
@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_later_versions_change_the_access_token_too(account: LocalAccount, version: str) -> None:
    """ "you can generate the version two or V2_0 trigger event with access token customization" """
    pool, function = later(
        account,
        version,
        idTokenGeneration={"claimsToAddOrOverride": {"pets": ["cat", "dog"]}, "claimsToSuppress": ["email"]},
        accessTokenGeneration={
            "claimsToAddOrOverride": {"plan": {"name": "gold"}},
            "scopesToAdd": ["photos/read", "photos/write"],
        },
        groupOverrideDetails={"groupsToOverride": ["A"]},
    )
    tokens = pool.sign_in(pool.confirmed())
    identity, access = claims_of(tokens["IdToken"]), claims_of(tokens["AccessToken"])
    assert (identity["pets"], "email" in identity) == (["cat", "dog"], False)
    assert (access["plan"], "pets" in access) == ({"name": "gold"}, False)
    assert access["scope"] == f"{ADMIN_SCOPE} photos/read photos/write"
    assert (identity["cognito:groups"], access["cognito:groups"]) == (["A"], ["A"])
    (event,) = function.events
    assert (event["version"], event["request"]["scopes"]) == (version[1], [ADMIN_SCOPE])
    assert pool.idp.get_user(AccessToken=tokens["AccessToken"])


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("claim", ["client_id", "event_id", "scope", "username", "sub", "cognito:groups"])
def test_some_claims_of_the_access_token_are_nobodys_to_change(account: LocalAccount, claim: str) -> None:
    """The list of the access token's own claims is our reading."""
    generation = {"claimsToAddOrOverride": {claim: "x", "pet": "cat"}, "claimsToSuppress": [claim]}
    pool, _ = later(account, accessTokenGeneration=generation)
    name = pool.confirmed()
    _, access = claims(pool, name)
    assert access["pet"] == "cat"
    assert access.get(claim) != "x"
    assert (claim in access) is (claim != "cognito:groups")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetUser", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_without_the_sign_in_scope_an_access_token_serves_no_user_operation(account: LocalAccount) -> None:
    """ "It must include the scope aws.cognito.signin.user.admin" (the text is not documented):
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html"""
    whole, _ = later(account)
    assert whole.idp.get_user(AccessToken=whole.sign_in(whole.confirmed())["AccessToken"])
    pool, _ = later(account, accessTokenGeneration={"scopesToSuppress": [ADMIN_SCOPE]})
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    answer = refused(pool.idp.get_user, AccessToken=token)
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Access Token does not have required scopes",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserLambdaValidationException")
def test_a_function_that_fails_gives_no_tokens(account: LocalAccount) -> None:
    good, _ = first(account)
    assert good.sign_in(good.confirmed())["IdToken"]
    pool = watched(account, {"PreTokenGeneration": Recorder(refuse)})
    answer = refused(pool.sign_in, username=pool.confirmed())
    assert (answer.status, answer.code) == (400, "UserLambdaValidationException")
    assert answer.message == "PreTokenGeneration failed with error not today."


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "details",
    [
        {"claimsToAddOrOverride": {"pet": ["cat"]}},
        {"claimsToAddOrOverride": ["pet"]},
        {"claimsToSuppress": "email"},
        {"groupOverrideDetails": "readers"},
    ],
)
def test_an_answer_of_another_shape_is_none(account: LocalAccount, details: dict[str, Any]) -> None:
    """InvalidLambdaResponseException is documented; version one's claims are strings."""
    pool, _ = first(account, **details)
    answer = refused(pool.sign_in, username=pool.confirmed())
    assert (answer.status, answer.code) == (400, "InvalidLambdaResponseException")


@pytest.mark.unconfirmed
def test_a_scope_is_one_word(account: LocalAccount) -> None:
    """ "You can't add scope values that contain one or more blank-space characters." """
    pool, _ = later(account, accessTokenGeneration={"scopesToAdd": ["two words"]})
    answer = refused(pool.sign_in, username=pool.confirmed())
    assert (answer.status, answer.code) == (400, "InvalidLambdaResponseException")
