"""Second factors: TOTP, codes by SMS and e-mail, and who is asked for which.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest

from labkit.local.app import create_app
from tests.local.accounts import FRESH, LocalAccount, reached, refused
from tests.local.directory import PASSWORD, Pool, claims_of, user_pool

SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::111122223333:role/sms", "ExternalId": "lab"}}
EMAIL = {
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/lab@example.com",
    }
}
TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
ALL = TOTP | {"SmsMfaConfiguration": SMS, "EmailMfaConfiguration": {}}


@pytest.fixture
def still() -> LocalAccount:
    """An account whose time stands still until it is advanced."""
    return reached(create_app(account_id=FRESH, clock=datetime(2026, 1, 1, 12, tzinfo=UTC)), "direct")


def mfa_pool(account: LocalAccount, mode: str, *, settings: dict[str, Any] = TOTP, **more: Any) -> Pool:
    needed = (EMAIL if "EmailMfaConfiguration" in settings else {}) | (
        SMS if "SmsMfaConfiguration" in settings else {}
    )
    pool = user_pool(account, **needed | more)
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration=mode, **settings)
    return pool


def with_phone(pool: Pool) -> str:
    """A confirmed user with an e-mail address and a phone number."""
    name = pool.account.name("learner")
    attributes = [
        {"Name": "email", "Value": f"{name}@example.com"},
        {"Name": "phone_number", "Value": "+12065550100"},
    ]
    pool.sign_up(name, UserAttributes=attributes)
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=name)
    return name


def code(account: LocalAccount, secret: str, step: int = 0) -> str:
    """What an authenticator app shows now, or some steps of 30 seconds later."""
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(account.app.state.clock.now()) + step)


def respond(pool: Pool, challenge: dict[str, Any], name: str, **responses: str) -> Any:
    """Answer the challenge that `challenge` asks."""
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": name} | responses,
    )


def enrolled(pool: Pool, name: str, *, access_token: str | None = None) -> str:
    """Register an authenticator app for a user; its secret."""
    token = access_token or pool.sign_in(name)["AccessToken"]
    secret = str(pool.idp.associate_software_token(AccessToken=token)["SecretCode"])
    now = code(pool.account, secret)
    assert pool.idp.verify_software_token(AccessToken=token, UserCode=now)["Status"] == "SUCCESS"
    return secret


def set_up(pool: Pool, name: str, challenge: dict[str, Any]) -> tuple[str, Any]:
    """Answer MFA_SETUP with a new authenticator app; its secret and the outcome."""
    assert challenge["ChallengeName"] == "MFA_SETUP"
    begun = pool.idp.associate_software_token(Session=challenge["Session"])
    verified = pool.idp.verify_software_token(
        Session=begun["Session"], UserCode=code(pool.account, begun["SecretCode"])
    )
    return begun["SecretCode"], respond(pool, challenge | {"Session": verified["Session"]}, name)


def prefer(pool: Pool, name: str, **settings: dict[str, bool]) -> None:
    pool.admin.admin_set_user_mfa_preference(UserPoolId=pool.id, Username=name, **settings)


# --- the pool ---------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:GetUserPoolMfaConfig", "cognito-idp:SetUserPoolMfaConfig")
def test_a_pool_tells_which_second_factors_it_has(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserPoolMfaConfig.html"""
    pool = user_pool(account, **EMAIL)
    get, put = pool.admin.get_user_pool_mfa_config, pool.admin.set_user_pool_mfa_config
    described = pool.admin.describe_user_pool
    answer = get(UserPoolId=pool.id)
    del answer["ResponseMetadata"]
    assert answer == {"MfaConfiguration": "OFF"}
    put(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **ALL)
    answer = get(UserPoolId=pool.id)
    del answer["ResponseMetadata"]
    assert answer == ALL | {"MfaConfiguration": "OPTIONAL"}
    assert described(UserPoolId=pool.id)["UserPool"]["MfaConfiguration"] == "OPTIONAL"
    put(UserPoolId=pool.id, MfaConfiguration="OFF")
    assert described(UserPoolId=pool.id)["UserPool"]["MfaConfiguration"] == "OFF"


@pytest.mark.operation("cognito-idp:GetUserPoolMfaConfig")
@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "given, text",
    [
        (
            {"MfaConfiguration": "OFF"} | TOTP,
            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
        ),
        (
            {"MfaConfiguration": "OFF", "EmailMfaConfiguration": {}},
            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
        ),
        (
            {"MfaConfiguration": "ON"},
            "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.",
        ),
        (
            {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}},
            "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.",
        ),
        (
            {"MfaConfiguration": "ON", "SmsMfaConfiguration": {}},
            "SMS configuration is required to enable SMS MFA.",
        ),
        (
            {"MfaConfiguration": "ON", "EmailMfaConfiguration": {}},
            "Email MFA requires an EmailConfiguration with EmailSendingAccount DEVELOPER.",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    account: LocalAccount, given: dict[str, Any], text: str
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html"""
    pool = user_pool(account)
    put = pool.admin.set_user_pool_mfa_config
    assert put(UserPoolId=pool.id, MfaConfiguration="ON", **TOTP)["MfaConfiguration"] == "ON"
    answer = refused(put, UserPoolId=pool.id, **given)
    assert (answer.status, answer.code, answer.message) == (400, "InvalidParameterException", text)
    assert pool.admin.get_user_pool_mfa_config(UserPoolId=pool.id)["MfaConfiguration"] == "ON"


@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig", refuses="InvalidParameterException")
def test_password_resets_and_second_factors_take_different_ways(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-preferences
    ("You can't enable email MFA and set the recovery option to Email only in the same user pool.")"""

    def recovering(*names: str) -> Pool:
        ranked = [{"Name": name, "Priority": rank} for rank, name in enumerate(names, 1)]
        return user_pool(account, AccountRecoverySetting={"RecoveryMechanisms": ranked}, **EMAIL)

    given = {"MfaConfiguration": "ON", "EmailMfaConfiguration": {}}
    both = recovering("verified_email", "verified_phone_number")
    assert both.admin.set_user_pool_mfa_config(UserPoolId=both.id, **given)
    only = recovering("verified_email")
    answer = refused(only.admin.set_user_pool_mfa_config, UserPoolId=only.id, **given)
    assert answer.code == "InvalidParameterException"
    assert "cannot use verified_email as a recovery mechanism when Email MFA is configured" in answer.message


@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig", refuses="InvalidParameterException")
def test_mfa_is_not_required_where_a_code_may_come_first(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites"""
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = user_pool(account, Policies=policies)
    put = pool.admin.set_user_pool_mfa_config
    assert put(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **TOTP)
    answer = refused(put, UserPoolId=pool.id, MfaConfiguration="ON", **TOTP)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:GetUserPoolMfaConfig")
@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
def test_a_new_pool_with_mfa_needs_an_sms_configuration(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
    ("If you omit SmsConfiguration, the operation returns an InvalidParameterException.")"""
    pool = user_pool(account, MfaConfiguration="ON", **SMS)
    found = pool.admin.get_user_pool_mfa_config(UserPoolId=pool.id)
    assert (found["MfaConfiguration"], found["SmsMfaConfiguration"]) == ("ON", SMS)
    answer = refused(user_pool, account=account, MfaConfiguration="ON")
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message.startswith("SMS configuration and Auto verification for phone_number are required")


@pytest.mark.operation("cognito-idp:GetUserPoolMfaConfig", "cognito-idp:UpdateUserPool")
def test_an_update_without_mfa_switches_it_off(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
    ("If you don't provide a value for an attribute, Amazon Cognito sets it to its default value.")"""
    pool = mfa_pool(account, "ON")
    pool.admin.update_user_pool(UserPoolId=pool.id, MfaConfiguration="ON")
    assert pool.admin.get_user_pool_mfa_config(UserPoolId=pool.id)["MfaConfiguration"] == "ON"
    pool.admin.update_user_pool(UserPoolId=pool.id)
    assert pool.admin.get_user_pool_mfa_config(UserPoolId=pool.id)["MfaConfiguration"] == "OFF"


@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig", refuses="FeatureUnavailableInTierException")
@pytest.mark.unconfirmed
def test_email_mfa_needs_the_essentials_plan(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html"""
    given = {"MfaConfiguration": "ON", "EmailMfaConfiguration": {}}
    for tier, accepted in (("ESSENTIALS", True), ("LITE", False)):
        pool = user_pool(account, UserPoolTier=tier, **EMAIL)
        if accepted:
            assert pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, **given)
        else:
            answer = refused(pool.admin.set_user_pool_mfa_config, UserPoolId=pool.id, **given)
            assert (answer.status, answer.code) == (400, "FeatureUnavailableInTierException")


# --- the authenticator app --------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_pool_that_requires_mfa_lets_nobody_in_without(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
    (MFA_SETUP)"""
    pool = mfa_pool(account, "ON")
    name = pool.confirmed()
    challenge = pool.start(name)
    assert "AuthenticationResult" not in challenge
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA"]
    bare = refused(respond, pool=pool, challenge=challenge, name=name)
    assert (bare.code, bare.message) == ("NotAuthorizedException", "Invalid session for the user.")
    secret, outcome = set_up(pool, name, challenge)
    assert claims_of(outcome["AuthenticationResult"]["IdToken"])["cognito:username"] == name
    challenge = pool.start(name)
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert challenge["ChallengeParameters"]["USER_ID_FOR_SRP"] == name
    outcome = respond(pool, challenge, name, SOFTWARE_TOKEN_MFA_CODE=code(account, secret, 1))
    assert outcome["AuthenticationResult"]["AccessToken"]


@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken",
    "cognito-idp:InitiateAuth",
    "cognito-idp:SetUserPoolMfaConfig",
    "cognito-idp:VerifySoftwareToken",
)
def test_each_user_has_a_secret_of_their_own(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL")
    secrets = {enrolled(pool, pool.confirmed()) for _ in range(3)}
    assert len(secrets) == 3
    assert {len(secret) for secret in secrets} == {52}


@pytest.mark.operation("cognito-idp:AssociateSoftwareToken", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:VerifySoftwareToken", refuses="EnableSoftwareTokenMFAException")
def test_a_wrong_code_enables_no_software_token(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
    (EnableSoftwareTokenMFAException)"""
    pool = mfa_pool(account, "OPTIONAL")
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    secret = pool.idp.associate_software_token(AccessToken=token)["SecretCode"]
    wrong = str((int(code(account, secret)) + 1) % 1_000_000).zfill(6)
    answer = refused(pool.idp.verify_software_token, AccessToken=token, UserCode=wrong)
    assert (answer.status, answer.code, answer.message) == (
        400, "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA",
    )  # fmt: skip
    now = code(account, secret)
    assert pool.idp.verify_software_token(AccessToken=token, UserCode=now)["Status"] == "SUCCESS"


@pytest.mark.operation("cognito-idp:VerifySoftwareToken", refuses="SoftwareTokenMFANotFoundException")
def test_a_pool_that_gave_up_software_tokens_verifies_none(account: LocalAccount) -> None:
    """ "… when the software token time-based one-time password (TOTP) multi-factor authentication (MFA) isn't
    activated for the user pool."
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
    """
    pool = mfa_pool(account, "OPTIONAL")
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    secret = pool.idp.associate_software_token(AccessToken=token)["SecretCode"]
    given = {"AccessToken": token, "UserCode": code(account, secret)}
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF")
    answer = refused(pool.idp.verify_software_token, **given)
    assert (answer.status, answer.code) == (400, "SoftwareTokenMFANotFoundException")
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **TOTP)
    assert pool.idp.verify_software_token(**given)["Status"] == "SUCCESS"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:AssociateSoftwareToken", refuses="SoftwareTokenMFANotFoundException")
def test_a_pool_without_software_tokens_has_none_to_associate(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html"""
    able, unable = mfa_pool(account, "OPTIONAL"), user_pool(account)
    for pool in (able, unable):
        token = pool.sign_in(pool.confirmed())["AccessToken"]
        if pool is able:
            assert pool.idp.associate_software_token(AccessToken=token)["SecretCode"]
        else:
            answer = refused(pool.idp.associate_software_token, AccessToken=token)
            assert (answer.status, answer.code, answer.message) == (
                400, "SoftwareTokenMFANotFoundException",
                "Software Token MFA has not been enabled by the userPool",
            )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken", refuses=["InvalidParameterException", "NotAuthorizedException"]
)
@pytest.mark.unconfirmed
def test_a_software_token_is_somebody_s_by_one_proof_alone(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html
    ("You can provide either an access token or a session ID in the request.")"""
    pool = mfa_pool(account, "OPTIONAL")
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    associate = pool.idp.associate_software_token
    assert associate(AccessToken=token)
    assert refused(associate).code == "InvalidParameterException"
    assert refused(associate, AccessToken=token, Session="x" * 20).code == "InvalidParameterException"
    assert refused(associate, Session="x" * 20).code == "NotAuthorizedException"
    assert refused(associate, AccessToken=token[:-4] + "AAAA").code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:AssociateSoftwareToken", "cognito-idp:InitiateAuth")
@pytest.mark.unconfirmed
def test_nothing_is_verified_that_was_not_associated(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL")
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    answer = refused(pool.idp.verify_software_token, AccessToken=token, UserCode="123456")
    assert (answer.code, answer.message) == (
        "SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.",
    )  # fmt: skip
    assert pool.idp.associate_software_token(AccessToken=token)["SecretCode"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="CodeMismatchException")
def test_a_code_of_the_step_before_or_after_will_do_and_no_other(still: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
    ("Amazon Cognito accepts TOTP tokens that are within 30 seconds before or after the attempt")"""
    pool = mfa_pool(still, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    for step in (-1, 0, 1):
        still.advance(minutes=5)
        given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, secret, step)}
        assert respond(pool, pool.start(name), name, **given)["AuthenticationResult"]
    for step in (-2, 2):
        still.advance(minutes=5)
        given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, secret, step)}
        answer = refused(respond, pool=pool, challenge=pool.start(name), name=name, **given)
        assert (answer.status, answer.code, answer.message) == (
            400, "CodeMismatchException", "Invalid code received for user",
        )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="ExpiredCodeException")
def test_a_code_is_good_once(still: LocalAccount) -> None:
    """RFC 6238, section 5.2; the text is AWS's (ExpiredCodeException of RespondToAuthChallenge)."""
    pool = mfa_pool(still, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    text = "Your software token has already been used once."
    for step in (0, 1):
        given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, secret, step)}
        challenge = pool.start(name)
        if step:
            assert respond(pool, challenge, name, **given)["AuthenticationResult"]
        answer = refused(respond, pool=pool, challenge=pool.start(name), name=name, **given)
        assert (answer.code, answer.message) == ("ExpiredCodeException", text)


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
def test_a_wrong_code_may_be_followed_by_the_right_one(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    challenge, right = pool.start(name), code(account, secret, 1)
    wrong = str((int(right) + 1) % 1_000_000).zfill(6)
    answer = refused(respond, pool=pool, challenge=challenge, name=name, SOFTWARE_TOKEN_MFA_CODE=wrong)
    assert answer.code == "CodeMismatchException"
    assert respond(pool, challenge, name, SOFTWARE_TOKEN_MFA_CODE=right)["AuthenticationResult"]
    again = refused(respond, pool=pool, challenge=challenge, name=name, SOFTWARE_TOKEN_MFA_CODE=right)
    assert (again.code, again.message) == ("NotAuthorizedException", "Invalid session for the user.")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
def test_the_code_of_another_user_s_app_is_wrong(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL")
    name, other = pool.confirmed(), pool.confirmed()
    own, foreign = enrolled(pool, name), enrolled(pool, other)
    challenge = pool.start(name)
    answer = refused(
        respond, pool=pool, challenge=challenge, name=name, SOFTWARE_TOKEN_MFA_CODE=code(account, foreign, 1)
    )
    assert answer.code == "CodeMismatchException"
    stolen = refused(
        respond, pool=pool, challenge=challenge, name=other, SOFTWARE_TOKEN_MFA_CODE=code(account, foreign, 1)
    )
    assert (stolen.code, stolen.message) == ("NotAuthorizedException", "Invalid session for the user.")
    assert respond(pool, challenge, name, SOFTWARE_TOKEN_MFA_CODE=code(account, own, 1))


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["InvalidParameterException", "NotAuthorizedException"]
)
@pytest.mark.unconfirmed
def test_a_second_factor_s_session_is_one_client_s_and_one_challenge_s(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    challenge, given = pool.start(name), {"SOFTWARE_TOKEN_MFA_CODE": code(account, secret, 1)}
    other = pool.another_client()
    assert (
        refused(respond, pool=other, challenge=challenge, name=name, **given).code == "NotAuthorizedException"
    )
    as_setup = challenge | {"ChallengeName": "MFA_SETUP"}
    assert refused(respond, pool=pool, challenge=as_setup, name=name).code == "NotAuthorizedException"
    as_sms = challenge | {"ChallengeName": "SMS_MFA"}
    assert refused(respond, pool=pool, challenge=as_sms, name=name, SMS_MFA_CODE="").code == (
        "NotAuthorizedException"
    )
    missing = refused(
        pool.idp.respond_to_auth_challenge, ClientId=pool.client_id, ChallengeName="SOFTWARE_TOKEN_MFA",
        ChallengeResponses={"USERNAME": name} | given,
    )  # fmt: skip
    assert (missing.code, missing.message) == (
        "InvalidParameterException", "Missing required parameter Session",
    )  # fmt: skip
    assert respond(pool, challenge, name, **given)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_session_for_a_second_factor_expires(still: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
    ("The MFA code is valid for the Authentication flow session duration that you set")"""
    pool = mfa_pool(still, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    patient = pool.another_client(AuthSessionValidity=15)
    late, in_time = pool.start(name), patient.start(name)
    still.advance(minutes=3)
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, secret)}
    answer = refused(respond, pool=pool, challenge=late, name=name, **given)
    assert (answer.code, answer.message) == (
        "NotAuthorizedException", "Invalid session for the user, session is expired.",
    )  # fmt: skip
    assert respond(patient, in_time, name, **given)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
def test_five_wrong_codes_bring_the_pause_of_wrong_passwords(still: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites
    ("After five unsuccessful attempts to present an MFA code, Amazon Cognito begins the exponential-timeout
    lockout process")"""
    pool = mfa_pool(still, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)

    def wrong() -> str:
        guess = {"SOFTWARE_TOKEN_MFA_CODE": str((int(code(still, secret)) + 1) % 1_000_000).zfill(6)}
        return refused(respond, pool=pool, challenge=pool.start(name), name=name, **guess).message

    challenge = pool.start(name)
    assert [wrong() for _ in range(5)] == ["Invalid code received for user"] * 5
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, secret, 1)}
    answer = refused(respond, pool=pool, challenge=challenge, name=name, **given)
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Password attempts exceeded")
    still.advance(seconds=1)
    assert respond(pool, challenge, name, **given)["AuthenticationResult"]


@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken", "cognito-idp:InitiateAuth", "cognito-idp:VerifySoftwareToken"
)
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="CodeMismatchException")
def test_a_new_authenticator_app_replaces_the_old_one_once_it_is_verified(still: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
    ("To replace your user's software token, associate and verify a new software token.")"""
    pool = mfa_pool(still, "OPTIONAL")
    name = pool.confirmed()
    token = pool.sign_in(name)["AccessToken"]
    old = enrolled(pool, name, access_token=token)
    new = pool.idp.associate_software_token(AccessToken=token)["SecretCode"]
    still.advance(minutes=1)
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, old)}
    assert respond(pool, pool.start(name), name, **given)["AuthenticationResult"]
    assert pool.idp.verify_software_token(AccessToken=token, UserCode=code(still, new))
    still.advance(minutes=1)
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, old)}
    assert refused(respond, pool=pool, challenge=pool.start(name), name=name, **given).code == (
        "CodeMismatchException"
    )
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(still, new)}
    assert respond(pool, pool.start(name), name, **given)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:VerifySoftwareToken")
@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken",
    "cognito-idp:RespondToAuthChallenge",
    refuses="NotAuthorizedException",
)
@pytest.mark.unconfirmed
def test_each_call_of_a_set_up_uses_its_session_up(account: LocalAccount) -> None:
    pool = mfa_pool(account, "ON")
    name = pool.confirmed()
    challenge = pool.start(name)
    begun = pool.idp.associate_software_token(Session=challenge["Session"])
    for used in (challenge["Session"], "x" * 40):
        assert refused(pool.idp.associate_software_token, Session=used).code == "NotAuthorizedException"
    now = code(account, begun["SecretCode"])
    verified = pool.idp.verify_software_token(Session=begun["Session"], UserCode=now)
    spent = challenge | {"Session": begun["Session"]}
    assert refused(respond, pool=pool, challenge=spent, name=name).code == "NotAuthorizedException"
    assert respond(pool, challenge | {"Session": verified["Session"]}, name)["AuthenticationResult"]


@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken",
    "cognito-idp:InitiateAuth",
    "cognito-idp:SetUserPoolMfaConfig",
    "cognito-idp:VerifySoftwareToken",
)
def test_no_secret_lies_about_in_the_clear(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL")
    secret = enrolled(pool, pool.confirmed())
    kept = account.app.state.user_pools[pool.id]
    assert any(factors.software_token for factors in kept.factors.values())
    assert secret not in repr(kept)


# --- codes by message -------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
@pytest.mark.parametrize(
    "factor, setting, medium, destination",
    [("SMS_MFA", "SMSMfaSettings", "SMS", "+*******0100"), ("EMAIL_OTP", "EmailMfaSettings", "EMAIL", None)],
)
def test_a_code_by_message_signs_in_once(
    account: LocalAccount, factor: str, setting: str, medium: str, destination: str | None
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html"""
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    prefer(pool, name, **{setting: {"Enabled": True, "PreferredMfa": True}})
    challenge = pool.start(name)
    assert challenge["ChallengeName"] == factor
    assert challenge["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == medium
    shown = challenge["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"]
    assert shown == (destination or f"{name[0]}***@e***")
    sent = account.app.state.outbox.messages(name)[-1]
    assert (sent.medium, sent.kind, len(sent.code)) == (medium, "Authentication", 6)
    wrong = {f"{factor}_CODE": str((int(sent.code) + 1) % 1_000_000).zfill(6)}
    answer = refused(respond, pool=pool, challenge=challenge, name=name, **wrong)
    assert (answer.status, answer.code, answer.message) == (
        400, "CodeMismatchException", "Invalid code or auth state for the user.",
    )  # fmt: skip
    right = {f"{factor}_CODE": sent.code}
    assert respond(pool, challenge, name, **right)["AuthenticationResult"]
    assert (
        refused(respond, pool=pool, challenge=challenge, name=name, **right).code == "NotAuthorizedException"
    )
    another = pool.start(name)
    assert refused(respond, pool=pool, challenge=another, name=name, **right).code == "CodeMismatchException"


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_the_code_that_came_back_verifies_the_address(account: LocalAccount) -> None:
    """The same page: "Amazon Cognito marks the corresponding attribute as verified." """
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    prefer(pool, name, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})

    def verified() -> bool:
        found = pool.admin.admin_get_user(UserPoolId=pool.id, Username=name)["UserAttributes"]
        return {"Name": "phone_number_verified", "Value": "true"} in found

    challenge = pool.start(name)
    assert not verified()
    respond(pool, challenge, name, SMS_MFA_CODE=account.last_code(name))
    assert verified()


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="InvalidParameterException")
def test_several_factors_without_a_preference_are_the_user_s_to_choose(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
    ("If multiple options are activated and no preference is set, a challenge to choose an MFA option will be
    returned during sign-in.")"""
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    secret = enrolled(pool, name)
    on = {"Enabled": True}
    prefer(pool, name, SMSMfaSettings=on, SoftwareTokenMfaSettings=on)
    challenge = pool.start(name)
    assert challenge["ChallengeName"] == "SELECT_MFA_TYPE"
    offered = json.loads(challenge["ChallengeParameters"]["MFAS_CAN_CHOOSE"])
    assert offered == ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]
    for foreign in ("EMAIL_OTP", "PASSWORD", "x"):
        answer = refused(respond, pool=pool, challenge=challenge, name=name, ANSWER=foreign)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
    chosen = respond(pool, challenge, name, ANSWER="SOFTWARE_TOKEN_MFA")
    assert chosen["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(account, secret, 1)}
    assert respond(pool, chosen, name, **given)["AuthenticationResult"]
    chosen = respond(pool, pool.start(name), name, ANSWER="SMS_MFA")
    assert respond(pool, chosen, name, SMS_MFA_CODE=account.last_code(name))["AuthenticationResult"]


# --- who is asked for what --------------------------------------------------------------------------------


def recovery(*names: str) -> dict[str, Any]:
    ranked = [{"Name": name, "Priority": rank} for rank, name in enumerate(names, 1)]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": ranked}}


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:SetUserPoolMfaConfig")
@pytest.mark.parametrize(
    "settings, has_phone, recovering, expected",
    [
        (TOTP, False, (), "MFA_SETUP"),
        (TOTP | {"SmsMfaConfiguration": SMS}, False, ("verified_email",), "MFA_SETUP"),
        ({"SmsMfaConfiguration": SMS}, True, ("verified_email",), "SMS_MFA"),
        (ALL, True, ("verified_email", "verified_phone_number"), "SMS_MFA"),
        (ALL, True, ("verified_phone_number", "verified_email"), "EMAIL_OTP"),
        (ALL, True, ("admin_only",), "SELECT_MFA_TYPE"),
        (ALL, False, ("verified_phone_number", "verified_email"), "EMAIL_OTP"),
    ],
)
def test_a_user_who_set_nothing_up_is_asked_for_what_the_pool_can_do(
    account: LocalAccount,
    settings: dict[str, Any],
    has_phone: bool,
    recovering: tuple[str, ...],
    expected: str,
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-user-outcomes
    (steps 4 to 8)"""
    more = recovery(*recovering) if recovering else {}
    pool = user_pool(account, **EMAIL, **more)
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", **settings)
    name = with_phone(pool) if has_phone else pool.confirmed()
    assert pool.start(name)["ChallengeName"] == expected


@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="MFAMethodNotFoundException")
@pytest.mark.unconfirmed
def test_where_the_only_address_is_for_password_resets_there_is_no_way_in(account: LocalAccount) -> None:
    """The same page, step 6: "they can't complete sign-in with MFA required"."""
    more = recovery("verified_email", "verified_phone_number")
    pool = user_pool(account, **EMAIL, **more)
    email_only: dict[str, Any] = {"EmailMfaConfiguration": {}}
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", **email_only)
    answer = refused(pool.start, username=pool.confirmed())
    assert (answer.status, answer.code) == (400, "MFAMethodNotFoundException")
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", **email_only | TOTP)
    assert pool.start(pool.confirmed())["ChallengeName"] == "MFA_SETUP"


@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig")
@pytest.mark.operation("cognito-idp:ForgotPassword", refuses="InvalidParameterException")
def test_a_password_reset_takes_another_way_than_the_second_factor(account: LocalAccount) -> None:
    """The same page: "Users whose preferred MFA is by email message can't receive a password-reset code by
    email." and "InvalidParameterException … from users who don't have a valid recovery method"."""
    pool = user_pool(account, **EMAIL, **recovery("verified_email", "verified_phone_number"))
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **ALL)
    name, bare = with_phone(pool), pool.confirmed()
    verified = [{"Name": n, "Value": "true"} for n in ("email_verified", "phone_number_verified")]
    pool.admin.admin_update_user_attributes(UserPoolId=pool.id, Username=name, UserAttributes=verified)

    def medium(username: str) -> str:
        answer = pool.idp.forgot_password(ClientId=pool.client_id, Username=username)
        return str(answer["CodeDeliveryDetails"]["DeliveryMedium"])

    assert (medium(name), medium(bare)) == ("EMAIL", "EMAIL")
    for username in (name, bare):
        prefer(pool, username, EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert medium(name) == "SMS"
    answer = refused(medium, username=bare)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="InvalidParameterException")
def test_a_user_without_an_address_may_give_one_for_codes(account: LocalAccount) -> None:
    """The same page, step 8: "For email MFA, respond with … "email": "[user's email address]""."""
    pool = mfa_pool(account, "ON", settings=TOTP | {"EmailMfaConfiguration": {}})
    name = account.name("bare")
    ids = {"UserPoolId": pool.id, "Username": name}
    pool.admin.admin_create_user(**ids, MessageAction="SUPPRESS", TemporaryPassword="Temporary-1")
    pool.admin.admin_set_user_password(**ids, Password=PASSWORD, Permanent=True)
    challenge = pool.start(name)
    can = json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"])
    assert (challenge["ChallengeName"], set(can)) == ("MFA_SETUP", {"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"})
    bad = refused(respond, pool=pool, challenge=challenge, name=name, email="nonsense")
    assert bad.code == "InvalidParameterException"
    sent = respond(pool, challenge, name, email="bare@example.com")
    assert sent["ChallengeName"] == "EMAIL_OTP"
    assert respond(pool, sent, name, EMAIL_OTP_CODE=account.last_code(name))["AuthenticationResult"]
    assert {"Name": "email_verified", "Value": "true"} in pool.admin.admin_get_user(**ids)["UserAttributes"]


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:SetUserPoolMfaConfig")
@pytest.mark.unconfirmed
def test_where_mfa_is_optional_only_who_has_it_is_asked(account: LocalAccount) -> None:
    """The same page, step 2."""
    pool = mfa_pool(account, "OPTIONAL")
    name = pool.confirmed()
    assert pool.sign_in(name)
    enrolled(pool, name)
    assert pool.start(name)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    prefer(pool, name, SoftwareTokenMfaSettings={"Enabled": False})
    assert pool.sign_in(name)
    prefer(pool, name, SoftwareTokenMfaSettings={"Enabled": True})
    assert pool.start(name)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF")
    assert pool.sign_in(name)


@pytest.mark.operation(
    "cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge", "cognito-idp:SetUserPoolMfaConfig"
)
def test_a_token_that_was_set_up_works_where_the_pool_offers_no_new_ones(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
    ("users who previously associated and verified a TOTP token can continue to use it for MFA")"""
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = pool.confirmed()
    secret = enrolled(pool, name)
    prefer(pool, name, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    sms = {"SmsMfaConfiguration": SMS}
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **sms)
    given = {"SOFTWARE_TOKEN_MFA_CODE": code(account, secret, 1)}
    assert respond(pool, pool.start(name), name, **given)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_a_new_password_comes_before_the_second_factor(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
    ("After your user succeeds in the challenge to set their initial password … Amazon Cognito immediately
    challenges the user to set up MFA.")"""
    pool = mfa_pool(account, "ON")
    name = account.name("invited")
    pool.admin.admin_create_user(UserPoolId=pool.id, Username=name, TemporaryPassword="Temporary-1")
    challenge = pool.start(name, "Temporary-1")
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    challenge = respond(pool, challenge, name, NEW_PASSWORD=PASSWORD)
    _, outcome = set_up(pool, name, challenge)
    assert outcome["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:AdminInitiateAuth")
@pytest.mark.operation("cognito-idp:AdminRespondToAuthChallenge", refuses="ResourceNotFoundException")
def test_administrators_answer_the_same_challenges(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html"""
    pool = mfa_pool(account, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    ids = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    challenge = pool.admin.admin_initiate_auth(
        **ids, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD}
    )
    answer = {
        "ChallengeName": challenge["ChallengeName"], "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code(account, secret, 1)},
    }  # fmt: skip
    foreign = refused(
        pool.admin.admin_respond_to_auth_challenge,
        **answer, UserPoolId=user_pool(account).id, ClientId=pool.client_id,
    )  # fmt: skip
    assert foreign.code == "ResourceNotFoundException"
    assert pool.admin.admin_respond_to_auth_challenge(**ids, **answer)["AuthenticationResult"]


# --- preferences ------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:SetUserMFAPreference")
def test_users_see_which_factors_they_have_and_prefer(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html"""
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    token = pool.sign_in(name)["AccessToken"]
    enrolled(pool, name, access_token=token)
    answers: list[Callable[[], Any]] = [
        lambda: pool.idp.get_user(AccessToken=token),
        lambda: pool.admin.admin_get_user(UserPoolId=pool.id, Username=name),
    ]
    for ask in answers:
        assert "UserMFASettingList" not in ask()
    on = {"Enabled": True, "PreferredMfa": False}
    pool.idp.set_user_mfa_preference(
        AccessToken=token, SMSMfaSettings=on, EmailMfaSettings=on,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )  # fmt: skip
    for ask in answers:
        assert set(ask()["UserMFASettingList"]) == {"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}
        assert ask()["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    off = {"Enabled": False, "PreferredMfa": False}
    pool.idp.set_user_mfa_preference(
        AccessToken=token, SMSMfaSettings=off, SoftwareTokenMfaSettings=off, EmailMfaSettings=off
    )
    for ask in answers:
        assert "UserMFASettingList" not in ask()
        assert "PreferredMfaSetting" not in ask()
    assert pool.sign_in(name)


@pytest.mark.operation("cognito-idp:AdminSetUserMFAPreference", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "setting, factor",
    [
        ("SMSMfaSettings", "SMS_MFA"),
        ("SoftwareTokenMfaSettings", "SOFTWARE_TOKEN_MFA"),
        ("EmailMfaSettings", "EMAIL_OTP"),
    ],
)
@pytest.mark.unconfirmed
def test_a_factor_that_the_user_has_not_cannot_be_switched_on(
    account: LocalAccount, setting: str, factor: str
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
    ("Users must register a TOTP authenticator before they set this as their preferred MFA method.")"""
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    able, bare = with_phone(pool), account.name("bare")
    enrolled(pool, able)
    prefer(pool, able, **{setting: {"Enabled": True, "PreferredMfa": True}})
    pool.admin.admin_create_user(UserPoolId=pool.id, Username=bare, MessageAction="SUPPRESS")
    answer = refused(prefer, pool=pool, name=bare, **{setting: {"Enabled": True}})
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException", f"User does not have delivery config set to turn on {factor}",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:AdminSetUserMFAPreference", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_one_factor_at_most_is_preferred_and_it_must_be_on(account: LocalAccount) -> None:
    """The same page: "Only one factor can be set as preferred." """
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    first = {"Enabled": True, "PreferredMfa": True}
    prefer(pool, name, SMSMfaSettings=first)
    both = refused(prefer, pool=pool, name=name, SMSMfaSettings=first, EmailMfaSettings=first)
    assert (both.status, both.code) == (400, "InvalidParameterException")
    off = {"Enabled": False, "PreferredMfa": True}
    assert refused(prefer, pool=pool, name=name, EmailMfaSettings=off).code == "InvalidParameterException"
    found = pool.admin.admin_get_user(UserPoolId=pool.id, Username=name)
    assert (found["UserMFASettingList"], found["PreferredMfaSetting"]) == (["SMS_MFA"], "SMS_MFA")


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation("cognito-idp:AdminSetUserMFAPreference", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_where_mfa_is_required_no_factor_is_switched_off(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SoftwareTokenMfaSettingsType.html
    ("You can't turn off TOTP MFA for any of your users when MFA is required in your user pool")"""
    pool = mfa_pool(account, "ON")
    name = pool.confirmed()
    set_up(pool, name, pool.start(name))
    prefer(pool, name, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    answer = refused(prefer, pool=pool, name=name, SoftwareTokenMfaSettings={"Enabled": False})
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert pool.start(name)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


@pytest.mark.operation("cognito-idp:AdminSetUserSettings", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:SetUserSettings", refuses="InvalidParameterException")
def test_the_older_settings_know_sms_alone(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserSettings.html"""
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    token = pool.sign_in(name)["AccessToken"]
    sms = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    pool.idp.set_user_settings(AccessToken=token, MFAOptions=sms)
    assert pool.start(name)["ChallengeName"] == "SMS_MFA"
    assert pool.idp.get_user(AccessToken=token)["MFAOptions"] == sms
    by_email = [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}]
    answer = refused(pool.idp.set_user_settings, AccessToken=token, MFAOptions=by_email)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    pool.admin.admin_set_user_settings(UserPoolId=pool.id, Username=name, MFAOptions=[])
    assert pool.sign_in(name)


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:SetUserMFAPreference", refuses="NotAuthorizedException")
def test_preferences_need_a_user_s_own_access_token(account: LocalAccount) -> None:
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    tokens = pool.sign_in(with_phone(pool))
    on = {"Enabled": True}
    assert pool.idp.set_user_mfa_preference(AccessToken=tokens["AccessToken"], SMSMfaSettings=on)
    answer = refused(pool.idp.set_user_mfa_preference, AccessToken=tokens["IdToken"], SMSMfaSettings=on)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


# --- the pool's own words ---------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:UpdateUserPool")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidLambdaResponseException")
def test_a_function_may_word_the_message(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html"""
    from labkit.local.user_pools import triggers

    def word(event: dict[str, Any], context: Any) -> dict[str, Any]:
        events.append(event)
        event["response"]["smsMessage"] = (
            f"Your code: {event['request']['codeParameter']}" if good else "Hello"
        )
        return event

    events: list[dict[str, Any]] = []
    function = f"arn:aws:lambda:us-east-1:{account.account_id}:function:{account.name('word')}"
    triggers.register(function, word, account.app.state)
    pool = mfa_pool(account, "OPTIONAL", settings=ALL)
    name = with_phone(pool)
    prefer(pool, name, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    pool.admin.update_user_pool(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", LambdaConfig={"CustomMessage": function}, **SMS
    )
    good = True
    assert pool.start(name)["ChallengeName"] == "SMS_MFA"
    sent = account.app.state.outbox.messages(name)[-1]
    assert sent.text == f"Your code: {sent.code}"
    assert events[0]["triggerSource"] == "CustomMessage_Authentication"
    good = False
    answer = refused(pool.start, username=name)
    assert (answer.status, answer.code) == (400, "InvalidLambdaResponseException")
