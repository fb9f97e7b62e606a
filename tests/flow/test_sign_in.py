"""Signing in: passwords, SRP, tokens and their end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from botocore.exceptions import ClientError

from labkit import srp
from labkit.account import Account
from labkit.errors import TokenRejected
from labkit.flow import sign_in, user_pool
from labkit.provision import Lab
from labkit.record import Secret
from labkit.resources import AppClient, Challenge, Tokens, UserPool
from labkit.tokens import verify

Flow = Literal["USER_PASSWORD_AUTH", "USER_SRP_AUTH"]


def signed_in(account: Account, lab: Lab, username: str = "alice") -> Tokens:
    assert lab.app_client
    tokens = sign_in.initiate_auth(account, lab.app_client, username, lab.users[username].password)
    assert isinstance(tokens, Tokens)
    return tokens


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH"])
def test_the_right_password_gives_tokens_and_a_wrong_one_does_not(
    account: Account, lab: Lab, app_client: AppClient, flow: Flow
) -> None:
    alice = lab.users["alice"]
    tokens = sign_in.initiate_auth(account, app_client, "alice", alice.password, auth_flow=flow)
    assert isinstance(tokens, Tokens)
    assert tokens.expires_in == timedelta(hours=1)
    with pytest.raises(ClientError) as caught:
        sign_in.initiate_auth(account, app_client, "alice", "Wrong-password-1", auth_flow=flow)
    assert caught.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_srp_takes_two_calls_and_the_password_in_neither(
    account: Account, lab: Lab, app_client: AppClient
) -> None:
    alice = lab.users["alice"]
    with account.record() as calls:
        tokens = sign_in.initiate_auth(
            account, app_client, "alice", alice.password, auth_flow="USER_SRP_AUTH"
        )
    assert [call.operation for call in tokens.calls] == ["InitiateAuth", "RespondToAuthChallenge"]
    assert list(tokens.calls) == calls
    assert not any(call.signed for call in calls)
    assert "PASSWORD" not in calls[0].request["AuthParameters"]
    assert "PASSWORD" not in calls[1].request["ChallengeResponses"]


def test_the_two_halves_of_srp_do_what_the_whole_does_and_a_wrong_proof_fails_at_the_second(
    account: Account, lab: Lab, app_client: AppClient
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html"""
    pool_name = app_client.user_pool.id.split("_")[1]
    right = srp.Client(pool_name, lab.users["alice"].password.reveal())
    wrong = replace(right, password="Wrong-password-1")
    challenge = sign_in.initiate_srp_auth(account, app_client, "alice", right.srp_a)
    assert isinstance(challenge, Challenge)
    assert challenge.name == "PASSWORD_VERIFIER"
    claim = sign_in.password_claim(right, challenge)
    assert str(claim["PASSWORD_CLAIM_SIGNATURE"]).endswith("…")
    assert isinstance(sign_in.respond_to_auth_challenge(account, app_client, challenge, claim), Tokens)
    challenge = sign_in.initiate_srp_auth(account, app_client, "alice", wrong.srp_a)
    assert isinstance(challenge, Challenge)
    claim = sign_in.password_claim(wrong, challenge)
    with pytest.raises(ClientError) as caught:
        sign_in.respond_to_auth_challenge(account, app_client, challenge, claim)
    assert caught.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_a_wrong_password_carries_a_hint(account: Account, app_client: AppClient) -> None:
    with pytest.raises(ClientError) as caught:
        sign_in.initiate_auth(account, app_client, "alice", "Wrong-password-1")
    assert caught.value.__notes__ == ["AWS does not tell a wrong name from a wrong password or signature."]


def test_the_id_token_of_a_sign_in_verifies_for_its_app_client_only(
    account: Account, lab: Lab, user_pool: UserPool, app_client: AppClient
) -> None:
    tokens, now, jwks = signed_in(account, lab), account.clock.now(), account.jwks(user_pool)
    verified = verify(
        tokens.id_token, jwks=jwks, issuer=user_pool.issuer, client_id=app_client.id, token_use="id", now=now
    )
    assert verified.claims["cognito:username"] == "alice"
    assert verified.claims["sub"] == lab.users["alice"].sub
    with pytest.raises(TokenRejected) as caught:
        verify(
            tokens.id_token, jwks=jwks, issuer=user_pool.issuer, client_id="other", token_use="id", now=now
        )
    assert caught.value.check == "aud"


def test_a_refresh_token_gives_new_tokens_and_keeps_working(
    account: Account, lab: Lab, app_client: AppClient
) -> None:
    tokens = signed_in(account, lab)
    assert tokens.refresh_token
    fresh = sign_in.refresh(account, app_client, tokens.refresh_token)
    assert fresh.refresh_token is None
    assert fresh.access_token != tokens.access_token
    assert sign_in.get_user(account, fresh.access_token).username == "alice"
    with pytest.raises(ClientError):
        sign_in.refresh(account, app_client, Secret("no refresh token"))


def test_get_user_reads_the_attributes_of_the_tokens_user(account: Account, lab: Lab) -> None:
    user = sign_in.get_user(account, signed_in(account, lab, "bob").access_token)
    assert user.sub == lab.users["bob"].sub
    assert user.attributes["email"] == "bob@example.com"


def test_after_a_global_sign_out_the_access_token_is_refused(account: Account, lab: Lab) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html"""
    tokens = signed_in(account, lab)
    assert sign_in.get_user(account, tokens.access_token).username == "alice"
    assert sign_in.global_sign_out(account, tokens.access_token).operation == "GlobalSignOut"
    with pytest.raises(ClientError) as caught:
        sign_in.get_user(account, tokens.access_token)
    assert caught.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_a_revoked_refresh_token_and_its_access_tokens_are_refused(
    account: Account, lab: Lab, app_client: AppClient
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html"""
    tokens = signed_in(account, lab)
    assert tokens.refresh_token
    assert sign_in.refresh(account, app_client, tokens.refresh_token).calls
    sign_in.revoke_token(account, app_client, tokens.refresh_token)
    with pytest.raises(ClientError):
        sign_in.refresh(account, app_client, tokens.refresh_token)
    with pytest.raises(ClientError):
        sign_in.get_user(account, tokens.access_token)


def test_a_challenge_is_a_value_that_the_next_call_answers(
    account: Account, user_pool: UserPool, app_client: AppClient
) -> None:
    """A user made by an administrator chooses a password first.

    https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-create-user-accounts.html
    """
    account.client("cognito-idp").admin_create_user(
        UserPoolId=user_pool.id, Username="greta", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    challenge = sign_in.initiate_auth(account, app_client, "greta", "Temporary-1")
    assert isinstance(challenge, Challenge)
    assert challenge.name == "NEW_PASSWORD_REQUIRED"
    assert challenge.session
    assert challenge.session.reveal() not in repr(challenge)
    answer: dict[str, str | Secret] = {"USERNAME": "greta", "NEW_PASSWORD": Secret("Permanent-1")}
    assert isinstance(sign_in.respond_to_auth_challenge(account, app_client, challenge, answer), Tokens)


def test_no_secret_stands_in_a_record_or_its_calls(account: Account, lab: Lab) -> None:
    tokens = signed_in(account, lab)
    shown = repr(tokens) + repr([(call, call.request, call.response) for call in tokens.calls])
    assert "PASSWORD" in shown
    assert lab.users["alice"].password.reveal() not in shown
    assert tokens.id_token.reveal() not in shown
    assert tokens.access_token.reveal() not in shown


def test_a_rotating_client_gets_a_new_refresh_token_each_time(account: Account, lab: Lab) -> None:
    assert lab.user_pool
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = user_pool.create_user_pool_client(
        account, lab.user_pool, "rotating", RefreshTokenRotation=rotation
    )
    tokens = sign_in.initiate_auth(account, client, "alice", lab.users["alice"].password)
    assert isinstance(tokens, Tokens)
    assert tokens.refresh_token
    again = sign_in.get_tokens_from_refresh_token(account, client, tokens.refresh_token)
    assert again.calls[0].operation == "GetTokensFromRefreshToken"
    assert again.refresh_token
    assert again.refresh_token.reveal() != tokens.refresh_token.reveal()
    with pytest.raises(ClientError) as caught:
        sign_in.get_tokens_from_refresh_token(account, client, tokens.refresh_token)
    assert caught.value.response["Error"]["Code"] == "RefreshTokenReuseException"
