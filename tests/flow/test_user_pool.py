"""Signing up: the functions of `flow.user_pool`, each against an account that checks."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from labkit.account import Account
from labkit.flow import sign_in, user_pool
from labkit.record import Secret
from labkit.resources import AppClient, Tokens, UserPool
from labkit.tokens import decode_unverified

PASSWORD = Secret("Tea-at-5-oclock")
EMAIL = {"email": "carol@example.com"}


def code_of(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def test_a_user_pool_and_its_app_client_are_made_with_the_calls_of_their_names(account: Account) -> None:
    pool = user_pool.create_user_pool(account, "shop")
    client = user_pool.create_user_pool_client(account, pool, "web")
    assert [call.operation for call in (*pool.calls, *client.calls)] == [
        "CreateUserPool",
        "CreateUserPoolClient",
    ]
    assert pool.calls[0].signed
    assert pool.id.startswith(f"{account.region}_")
    assert client.user_pool == pool
    assert client.secret is None


def test_parameters_go_through_under_awss_names(account: Account) -> None:
    policies = {"PasswordPolicy": {"MinimumLength": 12}}
    pool = user_pool.create_user_pool(account, "strict", Policies=policies)
    described = account.client("cognito-idp").describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert described["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert described["AutoVerifiedAttributes"] == ["email"]


def test_a_user_signs_up_unsigned_and_is_confirmed_by_the_code_that_was_sent(
    account: Account, app_client: AppClient
) -> None:
    user = user_pool.sign_up(account, app_client, "carol", PASSWORD, EMAIL)
    assert user.status == "UNCONFIRMED"
    assert user.delivery
    assert user.delivery.medium == "EMAIL"
    assert not user.calls[0].signed

    with pytest.raises(ClientError) as caught:
        user_pool.confirm_sign_up(account, app_client, "carol", "000000")
    assert code_of(caught.value) == "CodeMismatchException"
    assert "account.confirmation_code(username)" in caught.value.__notes__[0]

    code = account.confirmation_code("carol")
    assert user_pool.confirm_sign_up(account, app_client, "carol", code).operation == "ConfirmSignUp"
    with pytest.raises(ClientError, match="Current status is CONFIRMED") as again:
        user_pool.confirm_sign_up(account, app_client, "carol", code)
    assert again.value.__notes__ == ["This user is confirmed already: sign in."]
    assert isinstance(sign_in.initiate_auth(account, app_client, "carol", PASSWORD), Tokens)


def test_an_unconfirmed_user_cannot_sign_in_and_the_error_tells_what_to_do(
    account: Account, app_client: AppClient
) -> None:
    user_pool.sign_up(account, app_client, "dora", PASSWORD, EMAIL)
    with pytest.raises(ClientError) as caught:
        sign_in.initiate_auth(account, app_client, "dora", PASSWORD)
    assert code_of(caught.value) == "UserNotConfirmedException"
    assert "confirm_sign_up" in caught.value.__notes__[0]

    first = account.confirmation_code("dora")
    delivery = user_pool.resend_confirmation_code(account, app_client, "dora")
    assert delivery
    assert delivery.calls[0].operation == "ResendConfirmationCode"
    assert len(account.outbox("dora")) == 2
    assert [message.code for message in account.outbox("dora")] == [first, account.confirmation_code("dora")]
    user_pool.confirm_sign_up(account, app_client, "dora", account.confirmation_code("dora"))
    assert sign_in.initiate_auth(account, app_client, "dora", PASSWORD).calls


def test_a_forgotten_password_is_replaced_by_whoever_has_the_code(
    account: Account, app_client: AppClient, user_pool_user: str
) -> None:
    new = Secret("Tea-at-6-oclock")
    delivery = user_pool.forgot_password(account, app_client, user_pool_user)
    assert delivery
    with pytest.raises(ClientError) as caught:
        user_pool.confirm_forgot_password(account, app_client, user_pool_user, "000000", new)
    assert code_of(caught.value) == "CodeMismatchException"
    code = account.confirmation_code(user_pool_user)
    user_pool.confirm_forgot_password(account, app_client, user_pool_user, code, new)
    assert isinstance(sign_in.initiate_auth(account, app_client, user_pool_user, new), Tokens)


@pytest.fixture
def user_pool_user(account: Account, app_client: AppClient) -> str:
    user_pool.sign_up(account, app_client, "erin", PASSWORD, EMAIL)
    user_pool.confirm_sign_up(account, app_client, "erin", account.confirmation_code("erin"))
    return "erin"


def test_a_client_with_a_secret_works_because_its_hash_is_sent(account: Account, user_pool: UserPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html"""
    from dataclasses import replace

    from labkit.flow import user_pool as stage

    client = stage.create_user_pool_client(account, user_pool, "server", generate_secret=True)
    assert client.secret
    stage.sign_up(account, client, "frank", PASSWORD, EMAIL)
    stage.confirm_sign_up(account, client, "frank", account.confirmation_code("frank"))
    for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH"):
        tokens = sign_in.initiate_auth(account, client, "frank", PASSWORD, auth_flow=flow)
        assert isinstance(tokens, Tokens)
    with pytest.raises(ClientError) as caught:
        sign_in.initiate_auth(account, replace(client, secret=None), "frank", PASSWORD)
    assert code_of(caught.value) == "NotAuthorizedException"


def test_a_secret_hash_is_the_hmac_that_aws_documents(user_pool: UserPool) -> None:
    """Base64 of HMAC-SHA-256 with the client secret over user name and client id.

    https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
    """
    from pycognito import aws_srp

    from labkit.flow.user_pool import secret_hash

    client = AppClient("client-id", "web", user_pool, Secret("client-secret"))
    expected = aws_srp.AWSSRP.get_secret_hash("alice", "client-id", "client-secret")  # type: ignore[no-untyped-call]
    assert secret_hash(client, "alice").reveal() == expected


def test_a_new_address_counts_when_its_code_comes_back(account: Account, app_client: AppClient) -> None:
    user_pool.sign_up(account, app_client, "edda", PASSWORD, EMAIL)
    user_pool.confirm_sign_up(account, app_client, "edda", account.confirmation_code("edda"))
    tokens = sign_in.initiate_auth(account, app_client, "edda", PASSWORD)
    assert isinstance(tokens, Tokens)
    assert user_pool.update_user_attributes(account, tokens.access_token, {"nickname": "ed"}) == ()
    (sent,) = user_pool.update_user_attributes(account, tokens.access_token, {"email": "edda@example.org"})
    assert (sent.medium, sent.attribute, sent.calls[0].operation) == (
        "EMAIL",
        "email",
        "UpdateUserAttributes",
    )
    assert not sent.calls[0].signed
    assert sign_in.get_user(account, tokens.access_token).attributes["email_verified"] == "false"
    done = user_pool.verify_user_attribute(
        account, tokens.access_token, "email", account.confirmation_code("edda")
    )
    assert done.operation == "VerifyUserAttribute"
    attributes = sign_in.get_user(account, tokens.access_token).attributes
    assert (attributes["email"], attributes["email_verified"]) == ("edda@example.org", "true")


def test_a_group_shows_in_the_next_tokens(account: Account, app_client: AppClient) -> None:
    user_pool.sign_up(account, app_client, "finn", PASSWORD, EMAIL)
    user_pool.confirm_sign_up(account, app_client, "finn", account.confirmation_code("finn"))
    pool = app_client.user_pool
    made = user_pool.create_group(account, pool, "readers", Precedence=1)
    added = user_pool.admin_add_user_to_group(account, pool, "finn", "readers")
    assert [done.calls[0].operation for done in (made, added)] == ["CreateGroup", "AdminAddUserToGroup"]
    assert made.calls[0].signed
    tokens = sign_in.initiate_auth(account, app_client, "finn", PASSWORD)
    assert isinstance(tokens, Tokens)
    assert decode_unverified(tokens.id_token).claims["cognito:groups"] == ["readers"]


def test_an_administrator_makes_a_user_and_changes_what_no_app_may_write(account: Account) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    team = {"Name": "team", "AttributeDataType": "String", "Mutable": True}
    pool = user_pool.create_user_pool(account, "teams", Schema=[team])
    app = user_pool.create_user_pool_client(account, pool, "web", ReadAttributes=["custom:team"])
    made = user_pool.admin_create_user(account, pool, "zoe", {"custom:team": "red"}, MessageAction="SUPPRESS")
    assert (made.status, made.attributes) == ("FORCE_CHANGE_PASSWORD", {"custom:team": "red"})
    user_pool.admin_set_user_password(account, pool, "zoe", PASSWORD)
    tokens = sign_in.initiate_auth(account, app, "zoe", PASSWORD)
    assert isinstance(tokens, Tokens)
    claims = decode_unverified(tokens.id_token).claims
    assert (claims["sub"], claims["custom:team"]) == (made.sub, "red")

    with pytest.raises(ClientError) as caught:
        user_pool.update_user_attributes(account, tokens.access_token, {"custom:team": "blue"})
    assert code_of(caught.value) == "NotAuthorizedException"
    user_pool.admin_update_user_attributes(account, pool, "zoe", {"custom:team": "blue"})
    later = sign_in.initiate_auth(account, app, "zoe", PASSWORD)
    assert isinstance(later, Tokens)
    assert decode_unverified(later.id_token).claims["custom:team"] == "blue"
