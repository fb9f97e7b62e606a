"""CUSTOM_AUTH and user migration: sign-in as the pool's own functions will have it.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import ALL_FLOWS, PASSWORD, Pool, claims_of, user_pool
from tests.local.test_user_pool_choice import proof, srp_client
from tests.local.test_user_pool_mfa import SMS
from tests.local.test_user_pool_triggers import Recorder, watched

CUSTOM: dict[str, Any] = {"ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", *ALL_FLOWS]}
Event = dict[str, Any]


def define(event: Event) -> Event:
    """A riddle after the password, if there was one; two wrong answers are one too many."""
    rounds, response = event["request"]["session"], event["response"]
    wrong = [r for r in rounds if not r["challengeResult"]]
    response["failAuthentication"] = len(wrong) > 1
    last = rounds[-1] if rounds else {}
    response["issueTokens"] = last.get("challengeName") == "CUSTOM_CHALLENGE" and last["challengeResult"]
    first = last.get("challengeName") == "SRP_A"
    response["challengeName"] = "PASSWORD_VERIFIER" if first else "CUSTOM_CHALLENGE"
    return event


def create(event: Event) -> Event:
    event["response"] = {
        "publicChallengeParameters": {"question": "6 × 7"},
        "privateChallengeParameters": {"answer": "42"},
        "challengeMetadata": "RIDDLE",
    }
    return event


def verify(event: Event) -> Event:
    request = event["request"]
    right = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
    event["response"]["answerCorrect"] = right
    return event


class Functions:
    """The three functions of a pool, each keeping what it was told."""

    def __init__(self, **other: Any) -> None:
        self.define = Recorder(other.get("define", define))
        self.create = Recorder(other.get("create", create))
        self.verify = Recorder(other.get("verify", verify))

    def pool(self, account: LocalAccount, **more: Any) -> Pool:
        functions = {
            "DefineAuthChallenge": self.define,
            "CreateAuthChallenge": self.create,
            "VerifyAuthChallengeResponse": self.verify,
        }
        return watched(account, functions | more, **CUSTOM)


def start(pool: Pool, name: str, **parameters: str) -> Any:
    return pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": name} | parameters,
        ClientMetadata={"from": "here"},
    )  # fmt: skip


def respond(pool: Pool, name: str, asked: dict[str, Any], **responses: str) -> Any:
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName=asked["ChallengeName"], Session=asked["Session"],
        ChallengeResponses={"USERNAME": name} | responses, ClientMetadata={"at": "home"},
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_the_right_answer_signs_in_without_a_password(account: LocalAccount) -> None:
    functions = Functions()
    pool = functions.pool(account)
    name = pool.confirmed()
    asked = start(pool, name)
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert asked["ChallengeParameters"] == {"USERNAME": name, "question": "6 × 7"}
    tokens = respond(pool, name, asked, ANSWER="42")["AuthenticationResult"]
    assert claims_of(tokens["IdToken"])["cognito:username"] == name
    again = refused(respond, pool=pool, name=name, asked=asked, ANSWER="42")
    assert (again.code, again.message) == ("NotAuthorizedException", "Invalid session for the user.")


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_each_function_is_told_what_it_is_documented_to_be_told(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-define-auth-challenge.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-create-auth-challenge.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-verify-auth-challenge-response.html"""
    functions = Functions()
    pool = functions.pool(account)
    name = pool.confirmed()
    respond(pool, name, start(pool, name), ANSWER="42")
    first, second = functions.define.events
    assert first["triggerSource"] == "DefineAuthChallenge_Authentication"
    assert first["request"]["session"] == []
    assert first["request"]["userAttributes"]["email"] == f"{name}@example.com"
    assert "clientMetadata" not in first["request"]
    assert first["response"] == {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    riddle = {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True, "challengeMetadata": "RIDDLE"}
    assert second["request"]["session"] == [riddle]
    assert second["request"]["clientMetadata"] == {"at": "home"}
    (made,) = functions.create.events
    assert made["triggerSource"] == "CreateAuthChallenge_Authentication"
    assert (made["request"]["challengeName"], made["request"]["session"]) == ("CUSTOM_CHALLENGE", [])
    (checked,) = functions.verify.events
    assert checked["triggerSource"] == "VerifyAuthChallengeResponse_Authentication"
    assert checked["request"]["privateChallengeParameters"] == {"answer": "42"}
    assert checked["request"]["challengeAnswer"] == "42"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_wrong_answer_is_the_define_function_s_to_judge(account: LocalAccount) -> None:
    pool = Functions().pool(account)
    name = pool.confirmed()
    asked = respond(pool, name, start(pool, name), ANSWER="41")
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert respond(pool, name, asked, ANSWER="42")["AuthenticationResult"]
    asked = respond(pool, name, start(pool, name), ANSWER="41")
    answer = refused(respond, pool=pool, name=name, asked=asked, ANSWER="40")
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Incorrect username or password.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_riddle_is_its_user_s_and_its_client_s(account: LocalAccount) -> None:
    pool = Functions().pool(account)
    name, other = pool.confirmed(), pool.confirmed()
    asked = start(pool, name)
    stolen = refused(respond, pool=pool, name=other, asked=asked, ANSWER="42")
    assert (stolen.code, stolen.message) == ("NotAuthorizedException", "Invalid session for the user.")
    elsewhere = pool.another_client(**CUSTOM)
    assert refused(respond, pool=elsewhere, name=name, asked=asked, ANSWER="42").code == (
        "NotAuthorizedException"
    )
    assert respond(pool, name, asked, ANSWER="42")["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_password_may_come_before_the_riddle(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#Using-SRP-password-verification-in-custom-authentication-flow"""
    functions = Functions()
    pool = functions.pool(account)
    name = pool.confirmed()
    for password, right in (("Wrong-horse-1", False), (PASSWORD, True)):
        client = srp_client(pool, password)
        asked = start(pool, name, CHALLENGE_NAME="SRP_A", SRP_A=client.srp_a)
        assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
        given = proof(pool, client, asked["ChallengeParameters"])
        if not right:
            answer = refused(respond, pool=pool, name=name, asked=asked, **given)
            assert answer.message == "Incorrect username or password."
            continue
        asked = respond(pool, name, asked, **given)
        assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
        assert respond(pool, name, asked, ANSWER="42")["AuthenticationResult"]
    rounds = functions.define.events[-1]["request"]["session"]
    assert [r["challengeName"] for r in rounds] == ["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE"]
    assert all(r["challengeResult"] for r in rounds)


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_the_second_factor_follows_the_password_within_the_flow(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-define-auth-challenge.html
    ("Amazon Cognito follows it up with an SMS_MFA, EMAIL_OTP, or SOFTWARE_TOKEN_MFA challenge.")"""
    functions = Functions()
    pool = functions.pool(account)
    name = pool.confirmed()
    ids = {"UserPoolId": pool.id, "Username": name}
    config = {"SmsMfaConfiguration": SMS}
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **config)
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    pool.admin.admin_update_user_attributes(**ids, UserAttributes=phone)
    pool.admin.admin_set_user_mfa_preference(**ids, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    client = srp_client(pool)
    asked = start(pool, name, CHALLENGE_NAME="SRP_A", SRP_A=client.srp_a)
    asked = respond(pool, name, asked, **proof(pool, client, asked["ChallengeParameters"]))
    assert asked["ChallengeName"] == "SMS_MFA"
    asked = respond(pool, name, asked, SMS_MFA_CODE=account.last_code(name))
    assert asked["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert respond(pool, name, asked, ANSWER="42")["AuthenticationResult"]
    rounds = [r["challengeName"] for r in functions.define.events[-1]["request"]["session"]]
    assert rounds == ["SRP_A", "PASSWORD_VERIFIER", "SMS_MFA", "CUSTOM_CHALLENGE"]


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_pool_without_the_functions_has_no_such_flow(account: LocalAccount) -> None:
    able, unable = Functions().pool(account), user_pool(account, CUSTOM)
    assert start(able, able.confirmed())["Session"]
    answer = refused(start, pool=unable, name=unable.confirmed())
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException",
        "Custom auth lambda trigger is not configured for the user pool.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidParameterException")
def test_a_client_must_allow_custom_authentication(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    pool = Functions().pool(account)
    name = pool.confirmed()
    assert start(pool, name)["Session"]
    answer = refused(start, pool=pool.another_client(), name=name)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidLambdaResponseException")
@pytest.mark.unconfirmed
def test_a_decision_that_is_none_is_unrecognizable(account: LocalAccount) -> None:
    calm = Functions().pool(account)
    assert start(calm, calm.confirmed())["Session"]
    pool = Functions(define=lambda event: event).pool(account)
    answer = refused(start, pool=pool, name=pool.confirmed())
    assert (answer.status, answer.code) == (400, "InvalidLambdaResponseException")


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserLambdaValidationException")
def test_a_function_that_fails_says_so(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
    ("[trigger] failed with error [error text from response]")"""

    def fail(event: Event) -> Event:
        raise ValueError("no riddle today")

    calm = Functions().pool(account)
    assert start(calm, calm.confirmed())["Session"]
    pool = Functions(create=fail).pool(account)
    answer = refused(start, pool=pool, name=pool.confirmed())
    assert (answer.status, answer.code, answer.message) == (
        400, "UserLambdaValidationException", "CreateAuthChallenge failed with error no riddle today.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["NotAuthorizedException", "UserNotConfirmedException"]
)
def test_unconfirmed_and_disabled_users_are_not_signed_in(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html"""
    pool = Functions().pool(account)
    name, new = pool.confirmed(), pool.sign_up()
    answer = refused(respond, pool=pool, name=new, asked=start(pool, new), ANSWER="42")
    assert answer.code == "UserNotConfirmedException"
    assert respond(pool, name, start(pool, name), ANSWER="42")["AuthenticationResult"]
    asked = start(pool, name)
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username=name)
    for attempt in (lambda: respond(pool, name, asked, ANSWER="42"), lambda: start(pool, name)):
        assert refused(attempt).message == "User is disabled."


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_quiet_client_riddles_even_nobody(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-define-auth-challenge.html
    (userNotFound)"""
    functions = Functions()
    pool = functions.pool(account)
    assert refused(start, pool=pool, name="nobody").code == "UserNotFoundException"
    quiet = pool.another_client(**CUSTOM, PreventUserExistenceErrors="ENABLED")
    asked = start(quiet, "nobody")
    assert functions.define.events[-1]["request"]["userNotFound"] is True
    answer = refused(respond, pool=quiet, name="nobody", asked=asked, ANSWER="42")
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Incorrect username or password.")
    name = pool.confirmed()
    assert respond(quiet, name, start(quiet, name), ANSWER="42")["AuthenticationResult"]
    assert functions.define.events[-1]["request"]["userNotFound"] is False


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_no_answer_lies_about_in_the_clear(account: LocalAccount) -> None:
    pool = Functions().pool(account)
    start(pool, pool.confirmed())
    kept = account.app.state.user_pools[pool.id]
    assert any(challenge.private for challenge in kept.challenges.values())
    assert "'42'" not in repr(kept)


# --- user migration ---------------------------------------------------------------------------------------

OLD = {"belladonna": "Test123"}


def migrate(event: Event) -> Event:
    """AWS's own example: a directory that knows one user."""
    name, password = event["userName"], event["request"].get("password")
    if password is not None and OLD.get(name) != password:
        raise ValueError("Bad password")
    if name in OLD:
        event["response"] = {
            "userAttributes": {"email": f"{name}@example.com", "email_verified": "true"},
            "finalUserStatus": "CONFIRMED",
            "messageAction": "SUPPRESS",
        }
    return event


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_a_stranger_with_the_password_of_another_directory_becomes_a_user(account: LocalAccount) -> None:
    """ "Amazon Cognito doesn't enforce the password strength policy … during migration"."""
    function = Recorder(migrate)
    pool = watched(account, {"UserMigration": function})
    tokens = pool.sign_in("belladonna", "Test123")
    assert claims_of(tokens["IdToken"])["email"] == "belladonna@example.com"
    (event,) = function.events
    assert event["triggerSource"] == "UserMigration_Authentication"
    assert event["request"]["password"] == "Test123"
    assert pool.sign_in("belladonna", "Test123")
    assert len(function.events) == 1
    wrong = refused(pool.sign_in, username="belladonna", password="Wrong-horse-1")
    assert wrong.message == "Incorrect username or password."


@pytest.mark.operation(
    "cognito-idp:InitiateAuth", refuses=["UserLambdaValidationException", "UserNotFoundException"]
)
def test_whom_the_function_does_not_know_nobody_knows(account: LocalAccount) -> None:
    pool = watched(account, {"UserMigration": Recorder(migrate)})
    bad = refused(pool.sign_in, username="belladonna", password="Wrong-horse-1")
    assert (bad.code, bad.message) == (
        "UserLambdaValidationException", "UserMigration failed with error Bad password.",
    )  # fmt: skip
    silent = watched(account, {"UserMigration": Recorder()})
    unknown = refused(silent.sign_in, username="somebody")
    assert (unknown.code, unknown.message) == ("UserNotFoundException", "User does not exist.")
    assert pool.sign_in("belladonna", "Test123")


@pytest.mark.operation("cognito-idp:ConfirmForgotPassword", "cognito-idp:ForgotPassword")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="PasswordResetRequiredException")
def test_a_migrated_user_is_to_reset_the_password_unless_confirmed(account: LocalAccount) -> None:
    """The same page: "If you don't set this attribute to CONFIRMED, it's set to RESET_REQUIRED"."""

    def unconfirmed(event: Event) -> Event:
        event = migrate(event)
        del event["response"]["finalUserStatus"]
        return event

    pool = watched(account, {"UserMigration": Recorder(unconfirmed)})
    answer = refused(pool.sign_in, username="belladonna", password="Test123")
    assert (answer.status, answer.code) == (400, "PasswordResetRequiredException")
    pool.idp.forgot_password(ClientId=pool.client_id, Username="belladonna")
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username="belladonna", Password=PASSWORD,
        ConfirmationCode=account.last_code("belladonna"),
    )  # fmt: skip
    assert pool.sign_in("belladonna")


@pytest.mark.operation("cognito-idp:ConfirmForgotPassword", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:ForgotPassword", refuses="UserNotFoundException")
def test_a_forgotten_password_brings_a_stranger_too(account: LocalAccount) -> None:
    function = Recorder(migrate)
    pool = watched(account, {"UserMigration": function})
    pool.idp.forgot_password(ClientId=pool.client_id, Username="belladonna", ClientMetadata={"at": "home"})
    (event,) = function.events
    assert event["triggerSource"] == "UserMigration_ForgotPassword"
    assert "password" not in event["request"]
    assert event["request"]["clientMetadata"] == {"at": "home"}
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username="belladonna", Password=PASSWORD,
        ConfirmationCode=account.last_code("belladonna"),
    )  # fmt: skip
    assert pool.sign_in("belladonna")
    missing = refused(pool.idp.forgot_password, ClientId=pool.client_id, Username="somebody")
    assert missing.code == "UserNotFoundException"


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
def test_srp_migrates_nobody(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-import-using-lambda.html
    (the function needs the password itself)"""
    function = Recorder(migrate)
    pool = watched(account, {"UserMigration": function})
    answer = refused(
        pool.idp.initiate_auth, ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "belladonna", "SRP_A": srp_client(pool).srp_a},
    )  # fmt: skip
    assert answer.code == "UserNotFoundException"
    assert function.events == []
    assert pool.sign_in("belladonna", "Test123")


@pytest.mark.operation("cognito-idp:InitiateAuth", missing="welcome messages to migrated users")
def test_a_welcome_message_is_not_simulated(account: LocalAccount) -> None:
    def welcome(event: Event) -> Event:
        event = migrate(event)
        del event["response"]["messageAction"]
        return event

    pool = watched(account, {"UserMigration": Recorder(welcome)})
    answer = refused(pool.sign_in, username="belladonna", password="Test123")
    assert (answer.status, answer.code) == (501, "NotSimulated")
