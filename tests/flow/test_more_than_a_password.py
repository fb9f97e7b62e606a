"""The stages of second factors, devices, passkeys, choices and the User Pool's own challenges."""

from __future__ import annotations

import itertools
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from labkit.account import Account
from labkit.course.authenticator import Authenticator
from labkit.flow import devices, mfa, passkeys, sign_in, user_pool
from labkit.record import Secret
from labkit.resources import AppClient, Challenge, Tokens

PASSWORD = "Correct-horse-1"
FLOWS = (*user_pool.AUTH_FLOWS, "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH")
_numbers = itertools.count(1)


@pytest.fixture
def app_client(account: Account) -> AppClient:
    """An app client for every flow, in a pool of its own that takes passkeys and remembers devices."""
    pool = user_pool.create_user_pool(
        account,
        f"factors-{next(_numbers)}",
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
    )
    mfa.set_user_pool_mfa_config(
        account,
        pool,
        "OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        WebAuthnConfiguration={"RelyingPartyId": "example.com"},
    )
    return user_pool.create_user_pool_client(account, pool, "app", explicit_auth_flows=FLOWS)


@pytest.fixture
def alice(account: Account, app_client: AppClient) -> str:
    user_pool.sign_up(account, app_client, "alice", PASSWORD, {"email": "alice@example.com"})
    user_pool.confirm_sign_up(account, app_client, "alice", account.confirmation_code("alice"))
    return "alice"


def signed_in(account: Account, app_client: AppClient, username: str) -> Tokens:
    tokens = sign_in.initiate_auth(account, app_client, username, PASSWORD)
    assert isinstance(tokens, Tokens)
    return tokens


def code(account: Account, secret: Secret, step: int = 0) -> str:
    totp = pyotp.TOTP(secret.reveal())
    return totp.generate_otp(totp.timecode(account.clock.now()) + step)


def test_an_authenticator_app_is_registered_and_asked_for(
    account: Account, app_client: AppClient, alice: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html"""
    token = signed_in(account, app_client, alice).access_token
    app = mfa.associate_software_token(account, token)
    assert app.secret_code.reveal() not in repr(app) + repr([call.response for call in app.calls])
    uri = mfa.otpauth_uri(app, alice, "labkit")
    assert uri.reveal().startswith("otpauth://totp/labkit:alice?secret=")
    mfa.verify_software_token(account, token, code(account, app.secret_code), friendly_device_name="phone")
    mfa.set_user_mfa_preference(account, token, {"SOFTWARE_TOKEN_MFA"}, preferred="SOFTWARE_TOKEN_MFA")
    challenge = sign_in.initiate_auth(account, app_client, alice, PASSWORD)
    assert isinstance(challenge, Challenge)
    assert challenge.name == "SOFTWARE_TOKEN_MFA"
    with pytest.raises(ClientError) as caught:
        sign_in.respond_to_auth_challenge(
            account, app_client, challenge, {"SOFTWARE_TOKEN_MFA_CODE": code(account, app.secret_code)}
        )
    assert caught.value.response["Error"]["Code"] == "ExpiredCodeException"
    with pytest.raises(ClientError) as caught:
        sign_in.respond_to_auth_challenge(
            account, app_client, challenge, {"SOFTWARE_TOKEN_MFA_CODE": "no code"}
        )
    assert "every 30 seconds" in caught.value.__notes__[0]
    answer = {"SOFTWARE_TOKEN_MFA_CODE": code(account, app.secret_code, 1)}
    tokens = sign_in.respond_to_auth_challenge(account, app_client, challenge, answer)
    assert isinstance(tokens, Tokens)
    assert answer["SOFTWARE_TOKEN_MFA_CODE"] not in repr([call.request for call in tokens.calls])


def test_who_must_have_a_second_factor_sets_one_up_within_the_sign_in(
    account: Account, app_client: AppClient, alice: str
) -> None:
    account.client("cognito-idp").update_user_pool(
        UserPoolId=app_client.user_pool.id, AutoVerifiedAttributes=["email"]
    )
    mfa.set_user_pool_mfa_config(account, app_client.user_pool, "ON")
    challenge = sign_in.initiate_auth(account, app_client, alice, PASSWORD)
    assert isinstance(challenge, Challenge)
    app = mfa.associate_software_token(account, challenge)
    assert app.challenge
    verified = mfa.verify_software_token(account, app.challenge, code(account, app.secret_code))
    assert isinstance(verified, Challenge)
    assert isinstance(sign_in.respond_to_auth_challenge(account, app_client, verified, {}), Tokens)


def test_a_device_is_confirmed_and_proves_its_own_password(
    account: Account, app_client: AppClient, alice: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html"""
    tokens = signed_in(account, app_client, alice)
    assert tokens.new_device
    device = devices.confirm_device(account, tokens.access_token, tokens.new_device, "laptop")
    assert device.password.reveal() not in repr(device)
    challenge = sign_in.initiate_user_auth(
        account, app_client, alice, "PASSWORD",
        PASSWORD=Secret(PASSWORD), DEVICE_KEY=device.device.device_key,
    )  # fmt: skip
    assert isinstance(challenge, Challenge)
    assert challenge.name == "DEVICE_SRP_AUTH"
    outcome = devices.answer_device_challenge(account, app_client, challenge, device)
    assert isinstance(outcome, Tokens)
    assert [call.operation for call in outcome.calls] == ["RespondToAuthChallenge"] * 2
    assert outcome.new_device is None


def test_a_user_chooses_a_code_by_mail(account: Account, app_client: AppClient, alice: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice"""
    choice = sign_in.initiate_user_auth(account, app_client, alice)
    assert isinstance(choice, Challenge)
    assert set(choice.available) == {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"}
    asked = sign_in.respond_to_auth_challenge(account, app_client, choice, {"ANSWER": "EMAIL_OTP"})
    assert isinstance(asked, Challenge)
    answer = {"EMAIL_OTP_CODE": account.confirmation_code(alice)}
    assert isinstance(sign_in.respond_to_auth_challenge(account, app_client, asked, answer), Tokens)


def test_a_passkey_is_registered_and_signs_in(account: Account, app_client: AppClient, alice: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey"""
    token, authenticator = signed_in(account, app_client, alice).access_token, Authenticator()
    started = passkeys.start_web_authn_registration(account, token)
    made = authenticator.register(dict(started.options))
    passkeys.complete_web_authn_registration(account, token, made)
    challenge = sign_in.initiate_user_auth(account, app_client, alice, "WEB_AUTHN")
    assert isinstance(challenge, Challenge)
    proof = authenticator.sign(passkeys.credential_request_options(challenge))
    assert isinstance(passkeys.answer_web_authn(account, app_client, challenge, proof), Tokens)
    with pytest.raises(ClientError):
        passkeys.answer_web_authn(account, app_client, challenge, proof)


def test_a_learner_s_own_functions_ask_a_riddle(account: Account, app_client: AppClient, alice: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html"""

    def define(event: dict[str, Any], context: object) -> dict[str, Any]:
        rounds = event["request"]["session"]
        done = bool(rounds) and rounds[-1]["challengeResult"]
        event["response"] = {
            "issueTokens": done, "failAuthentication": False, "challengeName": "CUSTOM_CHALLENGE",
        }  # fmt: skip
        return event

    def create(event: dict[str, Any], context: object) -> dict[str, Any]:
        event["response"]["publicChallengeParameters"] = {"question": "6 × 7"}
        event["response"]["privateChallengeParameters"] = {"answer": "42"}
        return event

    def verify(event: dict[str, Any], context: object) -> dict[str, Any]:
        right = event["request"]["privateChallengeParameters"]["answer"]
        event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == right
        return event

    functions = {
        "DefineAuthChallenge": define, "CreateAuthChallenge": create, "VerifyAuthChallengeResponse": verify,
    }  # fmt: skip
    arns = {name: f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in functions}
    for name, function in functions.items():
        account.register_trigger(arns[name], function)
    account.client("cognito-idp").update_user_pool(UserPoolId=app_client.user_pool.id, LambdaConfig=arns)
    riddle = sign_in.initiate_custom_auth(account, app_client, alice)
    assert isinstance(riddle, Challenge)
    assert riddle.parameters["question"] == "6 × 7"
    again = sign_in.respond_to_auth_challenge(account, app_client, riddle, {"ANSWER": Secret("41")})
    assert isinstance(again, Challenge)
    tokens = sign_in.respond_to_auth_challenge(account, app_client, again, {"ANSWER": Secret("42")})
    assert isinstance(tokens, Tokens)
    with pytest.raises(ClientError) as caught:
        sign_in.respond_to_auth_challenge(account, app_client, again, {"ANSWER": Secret("42")})
    assert "good for one answer" in caught.value.__notes__[0]
