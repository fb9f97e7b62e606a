"""GetTokensFromRefreshToken, the rotation of refresh tokens, and that of signing keys.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import jwt
import pytest

from tests.local.accounts import LocalAccount, Reply, refused, reply_to, signed
from tests.local.directory import Pool, claims_of, identity_pool, user_pool


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def rotating(pool: Pool, grace: int | None = None, **more: Any) -> Pool:
    """The pool through a client that rotates refresh tokens."""
    settings: dict[str, Any] = {"Feature": "ENABLED"}
    settings |= {} if grace is None else {"RetryGracePeriodSeconds": grace}
    return pool.another_client(RefreshTokenRotation=settings, **more)


def renewed(client: Pool, token: str, **more: str) -> dict[str, Any]:
    call = client.idp.get_tokens_from_refresh_token
    return dict(call(RefreshToken=token, ClientId=client.client_id, **more)["AuthenticationResult"])


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_a_client_that_does_not_rotate_keeps_the_refresh_token(pool: Pool) -> None:
    """ "If refresh token rotation is disabled, issues new ID and access tokens only." """
    tokens = pool.sign_in(pool.confirmed())
    for _ in range(2):
        again = renewed(pool, tokens["RefreshToken"])
        assert set(again) == {"AccessToken", "IdToken", "ExpiresIn", "TokenType"}
        assert claims_of(again["IdToken"])["origin_jti"] == claims_of(tokens["IdToken"])["origin_jti"]
    assert pool.refresh(tokens["RefreshToken"])["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetTokensFromRefreshToken", refuses="RefreshTokenReuseException")
@pytest.mark.parametrize("grace", [None, 0])
def test_a_rotated_token_serves_once(pool: Pool, grace: int | None) -> None:
    """ "When RetryGracePeriodSeconds is 0, the grace period is disabled and a successful request immediately
    invalidates the submitted refresh token." """
    client = rotating(pool, grace)
    tokens = client.sign_in(pool.confirmed())
    first, second = tokens["RefreshToken"], renewed(client, tokens["RefreshToken"])["RefreshToken"]
    assert first != second
    answer = refused(renewed, client=client, token=first)
    assert (answer.status, answer.code) == (400, "RefreshTokenReuseException")
    third = renewed(client, second)
    assert client.idp.get_user(AccessToken=third["AccessToken"])
    assert claims_of(third["IdToken"])["origin_jti"] == claims_of(tokens["IdToken"])["origin_jti"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetTokensFromRefreshToken", refuses="RefreshTokenReuseException")
def test_a_rotated_token_may_be_tried_again_within_the_grace_period(fresh: LocalAccount) -> None:
    """ "the original refresh token that you're rotating out can remain valid for a period of time of up to 60
    seconds. This allows for client-side retries." """
    pool = user_pool(fresh)
    client = rotating(pool, 60)
    first = client.sign_in(pool.confirmed())["RefreshToken"]
    second = renewed(client, first)["RefreshToken"]
    fresh.advance(seconds=50)
    assert renewed(client, first)["RefreshToken"] not in (first, second)
    fresh.advance(seconds=10)
    assert refused(renewed, client=client, token=first).code == "RefreshTokenReuseException"
    assert renewed(client, second)["AccessToken"]


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.parametrize("grace", [0, 60])
def test_the_grace_period_is_a_minute_at_most(pool: Pool, grace: int) -> None:
    """RetryGracePeriodSeconds: "Valid Range: Minimum value of 0. Maximum value of 60." """
    assert rotating(pool, grace).client_id
    answer = refused(rotating, pool=pool, grace=61)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetTokensFromRefreshToken", refuses="NotAuthorizedException")
def test_a_new_refresh_token_lives_no_longer_than_the_first(fresh: LocalAccount) -> None:
    """ "The new refresh token is valid for the remaining duration of the original refresh token." """
    pool = user_pool(fresh)
    client = rotating(pool, RefreshTokenValidity=2, TokenValidityUnits={"RefreshToken": "hours"})
    token = client.sign_in(pool.confirmed())["RefreshToken"]
    fresh.advance(hours=1, minutes=59)
    token = renewed(client, token)["RefreshToken"]
    fresh.advance(minutes=1)
    answer = refused(renewed, client=client, token=token)
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Refresh Token has expired")


def refreshed_by_administrator(client: Pool, refresh_token: str) -> Any:
    return client.admin.admin_initiate_auth(
        UserPoolId=client.id,
        ClientId=client.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": refresh_token},
    )


@pytest.mark.operation(
    "cognito-idp:AdminInitiateAuth", "cognito-idp:InitiateAuth", refuses="UnsupportedOperationException"
)
@pytest.mark.unconfirmed
def test_a_client_that_rotates_has_no_refresh_token_flow(pool: Pool) -> None:
    """ "You can't authenticate with REFRESH_TOKEN_AUTH in app clients with refresh token rotation enabled."

    UnsupportedOperationException ("an operation that isn't enabled for the user pool client") came into
    the errors of these two operations with the rotation itself:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors
    """
    name, client = pool.confirmed(), rotating(pool)
    for refresh in (Pool.refresh, refreshed_by_administrator):
        assert refresh(pool, pool.sign_in(name)["RefreshToken"])
        token = client.sign_in(name)["RefreshToken"]
        answer = refused(partial(refresh, client), refresh_token=token)
        assert (answer.status, answer.code) == (400, "UnsupportedOperationException")
        assert renewed(client, token)["RefreshToken"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_rotation_adds_origin_jti_where_revocation_is_off(pool: Pool) -> None:
    """ "With refresh token rotation enabled, new claims are added in JSON web tokens from your user pool. The
    origin_jti and jti claims are added to access and ID tokens." """
    name = pool.confirmed()
    plain = pool.another_client(EnableTokenRevocation=False)
    assert "origin_jti" not in claims_of(plain.sign_in(name)["IdToken"])
    client = rotating(pool, EnableTokenRevocation=False)
    assert "origin_jti" in claims_of(client.sign_in(name)["IdToken"])


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetTokensFromRefreshToken", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_refresh_token_renews_for_its_client_and_an_enabled_user(account: LocalAccount, pool: Pool) -> None:
    """The text of a foreign token as AWS gave it: https://github.com/aws/aws-sdk-js-v3/issues/7162"""
    name = pool.confirmed()
    tokens = pool.sign_in(name)
    token = tokens["RefreshToken"]
    foreign = (pool.another_client(), user_pool(account))
    bad = [(client, token) for client in foreign] + [(pool, t) for t in (token[:-3], tokens["AccessToken"])]
    for client, given in bad:
        answer = refused(renewed, client=client, token=given)
        assert (answer.status, answer.code, answer.message) == (
            400, "NotAuthorizedException", "Invalid Refresh Token.",
        )  # fmt: skip
    assert renewed(pool, token)["IdToken"]
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username=name)
    assert refused(renewed, client=pool, token=token).message == "User is disabled."
    pool.admin.admin_enable_user(UserPoolId=pool.id, Username=name)
    assert refused(renewed, client=pool, token=token).message == "Refresh Token has been revoked"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetTokensFromRefreshToken", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_client_with_a_secret_shows_it(pool: Pool) -> None:
    """ "ClientSecret: The client secret of the requested app client, if the client has a secret." """
    name, client = pool.confirmed(), pool.another_client(GenerateSecret=True)
    token = client.start(name, SECRET_HASH=client.secret_hash(name))["AuthenticationResult"]["RefreshToken"]
    assert client.client_secret
    assert renewed(client, token, ClientSecret=client.client_secret)["IdToken"]
    for more in ({}, {"ClientSecret": "w" * 32}):
        answer = refused(renewed, client=client, token=token, **more)
        assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RevokeToken")
@pytest.mark.operation(
    "cognito-idp:GetTokensFromRefreshToken", "cognito-idp:GetUser", refuses="NotAuthorizedException"
)
def test_revoking_a_rotated_token_ends_the_whole_sign_in(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html"""
    client = rotating(pool)
    first = client.sign_in(pool.confirmed())["RefreshToken"]
    later = renewed(client, first)
    assert client.idp.get_user(AccessToken=later["AccessToken"])
    client.idp.revoke_token(Token=later["RefreshToken"], ClientId=client.client_id)
    assert refused(client.idp.get_user, AccessToken=later["AccessToken"]).message == (
        "Access Token has been revoked"
    )
    answer = refused(renewed, client=client, token=later["RefreshToken"])
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Refresh Token has been revoked")


# --- signing keys -----------------------------------------------------------------------------------------


def rotate_key(pool: Pool, pool_id: str) -> Reply:
    headers = {"X-Amz-Target": "Labkit.RotateSigningKey", "Content-Type": "application/x-amz-json-1.1"}
    body = json.dumps({"UserPoolId": pool_id})
    return reply_to(
        pool.account, signed(pool.account, "POST", "/", service="labkit", headers=headers, body=body)
    )


@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth")
def test_a_new_signing_key_leaves_older_tokens_good(account: LocalAccount) -> None:
    """ "Amazon Cognito might rotate signing keys in your user pool. As a best practice, cache public keys
    in your app, using the kid as a cache key":
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html"""
    pool = user_pool(account)
    name = pool.confirmed()
    old, before = (pool.sign_in(name)[kind] for kind in ("AccessToken", "IdToken"))
    kid = rotate_key(pool, pool.id).json["Kid"]
    new = pool.sign_in(name)["AccessToken"]
    published = jwt.PyJWKSet.from_dict(account.send("GET", f"/{pool.id}/.well-known/jwks.json").json)
    assert len(published.keys) == 2
    for token in (old, new):
        key = published[jwt.get_unverified_header(token)["kid"]]
        assert jwt.decode(token, key, algorithms=["RS256"])["username"] == name
        assert pool.idp.get_user(AccessToken=token)["Username"] == name
    assert jwt.get_unverified_header(new)["kid"] == kid != jwt.get_unverified_header(old)["kid"]
    identities = identity_pool(pool)
    for token in (before, pool.sign_in(name)["IdToken"]):
        logins = {pool.provider: token}
        assert identities.api.get_id(IdentityPoolId=identities.id, Logins=logins)["IdentityId"]
    refusal = rotate_key(pool, "us-east-1_NoSuchPool")
    assert (refusal.status, refusal.json["__type"]) == (400, "ValidationException")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetUser", refuses="NotAuthorizedException")
def test_a_token_that_names_an_unknown_key_is_refused(pool: Pool) -> None:
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    assert pool.idp.get_user(AccessToken=token)
    key, _ = pool.account.app.state.user_pools.key(pool.id).pair()
    for headers in ({"kid": "unknown"}, {}):
        forged = jwt.encode(claims_of(token), key, algorithm="RS256", headers=headers)
        answer = refused(pool.idp.get_user, AccessToken=forged)
        assert (answer.status, answer.code, answer.message) == (
            400, "NotAuthorizedException", "Invalid Access Token",
        )  # fmt: skip
