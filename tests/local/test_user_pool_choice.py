"""USER_AUTH: what a user may choose from, and signing in with the choice.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from labkit import srp
from tests.local.accounts import LocalAccount, refused
from tests.local.directory import ALL_FLOWS, PASSWORD, Pool, claims_of, user_pool

CODES = ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]
PASSWORDS = {"PASSWORD", "PASSWORD_SRP"}


def choosy(account: LocalAccount, factors: list[str] | None = None, **settings: Any) -> Pool:
    """A pool with these first factors, and a client that lets users choose."""
    policies = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors or CODES}}}
    client = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH", *ALL_FLOWS]}
    return user_pool(account, client, **policies | settings)


def start(pool: Pool, name: str, preferred: str | None = None, **parameters: str) -> Any:
    given = {"USERNAME": name} | ({"PREFERRED_CHALLENGE": preferred} if preferred else {}) | parameters
    return pool.idp.initiate_auth(ClientId=pool.client_id, AuthFlow="USER_AUTH", AuthParameters=given)


def respond(pool: Pool, name: str, answered: dict[str, Any], challenge: str = "", **responses: str) -> Any:
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=challenge or answered["ChallengeName"],
        Session=answered["Session"],
        ChallengeResponses={"USERNAME": name} | responses,
    )


def proof(pool: Pool, client: srp.Client, asked: dict[str, str]) -> dict[str, str]:
    when = srp.timestamp(datetime.now(UTC))
    return {
        "PASSWORD_CLAIM_SECRET_BLOCK": asked["SECRET_BLOCK"],
        "TIMESTAMP": when,
        "PASSWORD_CLAIM_SIGNATURE": client.signature(
            asked["USER_ID_FOR_SRP"], salt=asked["SALT"], srp_b=asked["SRP_B"],
            secret_block=asked["SECRET_BLOCK"], timestamp=when,
        ),
    }  # fmt: skip


def srp_client(pool: Pool, password: str = PASSWORD) -> srp.Client:
    return srp.Client(pool.id.partition("_")[2], password)


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_a_user_is_shown_the_ways_in_that_pool_and_profile_have(account: LocalAccount) -> None:
    pool = choosy(account)
    name = pool.confirmed()
    answer = start(pool, name)
    assert answer["ChallengeName"] == "SELECT_CHALLENGE"
    assert set(answer["AvailableChallenges"]) == PASSWORDS | {"EMAIL_OTP"}
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    pool.admin.admin_update_user_attributes(UserPoolId=pool.id, Username=name, UserAttributes=phone)
    assert set(start(pool, name)["AvailableChallenges"]) == PASSWORDS | {"EMAIL_OTP", "SMS_OTP"}
    plain = choosy(account, ["PASSWORD"])
    assert set(start(plain, plain.confirmed())["AvailableChallenges"]) == PASSWORDS


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_only_a_client_that_allows_it_lets_users_choose(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    pool = choosy(account)
    name = pool.confirmed()
    assert start(pool, name)["Session"]
    answer = refused(start, pool=pool.another_client(), name=name)
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException", "Auth flow not enabled for this client",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="FeatureUnavailableInTierException")
def test_a_lite_pool_has_no_choice(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
    ("To activate this setting, your user pool must be in the Essentials tier or higher.");
    CreateUserPoolClient names FeatureUnavailableInTierException"""
    pool = choosy(account, ["PASSWORD"], UserPoolTier="ESSENTIALS")
    assert start(pool, pool.confirmed())["Session"]
    answer = refused(choosy, account=account, factors=["PASSWORD"], UserPoolTier="LITE")
    assert (answer.status, answer.code) == (400, "FeatureUnavailableInTierException")


@pytest.mark.operation(
    "cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException"
)
@pytest.mark.parametrize("way", ["PREFERRED_CHALLENGE", "SELECT_CHALLENGE", "PASSWORD"])
def test_the_password_signs_in_however_it_was_chosen(account: LocalAccount, way: str) -> None:
    pool = choosy(account)
    name = pool.confirmed()

    def sign_in(password: str) -> Any:
        if way == "PREFERRED_CHALLENGE":
            return start(pool, name, "PASSWORD", PASSWORD=password)
        asked = start(pool, name)
        if way == "SELECT_CHALLENGE":
            return respond(pool, name, asked, ANSWER="PASSWORD", PASSWORD=password)
        return respond(pool, name, asked, "PASSWORD", PASSWORD=password)

    token = sign_in(PASSWORD)["AuthenticationResult"]["IdToken"]
    assert claims_of(token)["cognito:username"] == name
    answer = refused(sign_in, password="Wrong-horse-1")
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Incorrect username or password.")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.parametrize("way", ["PREFERRED_CHALLENGE", "SELECT_CHALLENGE", "PASSWORD_SRP"])
def test_the_proof_of_the_password_signs_in_however_it_was_chosen(account: LocalAccount, way: str) -> None:
    pool = choosy(account)
    name = pool.confirmed()

    def ask(client: srp.Client) -> Any:
        if way == "PREFERRED_CHALLENGE":
            return start(pool, name, "PASSWORD_SRP", SRP_A=client.srp_a)
        asked = start(pool, name)
        if way == "SELECT_CHALLENGE":
            return respond(pool, name, asked, ANSWER="PASSWORD_SRP", SRP_A=client.srp_a)
        return respond(pool, name, asked, "PASSWORD_SRP", SRP_A=client.srp_a)

    for password, right in ((PASSWORD, True), ("Wrong-horse-1", False)):
        client = srp_client(pool, password)
        asked = ask(client)
        assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
        given = proof(pool, client, asked["ChallengeParameters"])
        if right:
            assert respond(pool, name, asked, **given)["AuthenticationResult"]
            replayed = refused(respond, pool=pool, name=name, answered=asked, **given)
            assert (replayed.status, replayed.code) == (400, "NotAuthorizedException")
        else:
            assert refused(respond, pool=pool, name=name, answered=asked, **given).code == (
                "NotAuthorizedException"
            )


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_proof_needs_the_session_that_it_was_asked_in(account: LocalAccount) -> None:
    pool = choosy(account)
    name, client = pool.confirmed(), srp_client(pool)
    for session, good in (("x" * 40, False), (None, True)):
        asked = start(pool, name, "PASSWORD_SRP", SRP_A=client.srp_a)
        given = proof(pool, client, asked["ChallengeParameters"])
        answered = asked | ({"Session": session} if session else {})
        if good:
            assert respond(pool, name, answered, **given)["AuthenticationResult"]
        else:
            refusal = refused(respond, pool=pool, name=name, answered=answered, **given)
            assert refusal.code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
@pytest.mark.parametrize("way", ["PREFERRED_CHALLENGE", "SELECT_CHALLENGE"])
@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP"])
def test_a_code_signs_in_without_a_password_once(account: LocalAccount, factor: str, way: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passwordless"""
    pool = choosy(account)
    name = pool.confirmed()
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    pool.admin.admin_update_user_attributes(UserPoolId=pool.id, Username=name, UserAttributes=phone)
    if way == "PREFERRED_CHALLENGE":
        asked = start(pool, name, factor)
    else:
        asked = respond(pool, name, start(pool, name), ANSWER=factor)
    assert asked["ChallengeName"] == factor
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == factor.removesuffix("_OTP")
    code = account.last_code(name)
    wrong = {f"{factor}_CODE": str((int(code) + 1) % 1_000_000).zfill(6)}
    assert refused(respond, pool=pool, name=name, answered=asked, **wrong).code == "CodeMismatchException"
    right = {f"{factor}_CODE": code}
    assert respond(pool, name, asked, **right)["AuthenticationResult"]["IdToken"]
    again = refused(respond, pool=pool, name=name, answered=asked, **right)
    assert (again.code, again.message) == ("NotAuthorizedException", "Invalid session for the user.")


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotConfirmedException")
def test_a_code_confirms_a_user_and_the_address(account: LocalAccount) -> None:
    """The same page: "your user pool marks the user's unverified email address or phone number attribute as
    verified. The user status also changed from UNCONFIRMED to CONFIRMED"."""
    pool = choosy(account)
    name = pool.sign_up()
    ids = {"UserPoolId": pool.id, "Username": name}
    assert refused(pool.sign_in, username=name).code == "UserNotConfirmedException"
    asked = start(pool, name, "EMAIL_OTP")
    assert respond(pool, name, asked, EMAIL_OTP_CODE=account.last_code(name))["AuthenticationResult"]
    user = pool.admin.admin_get_user(**ids)
    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_a_preference_that_is_not_open_leads_to_the_list(account: LocalAccount) -> None:
    """ "If the preferred challenge isn't available, Amazon Cognito responds with SELECT_CHALLENGE"."""
    pool = choosy(account, ["PASSWORD", "EMAIL_OTP"])
    name = pool.confirmed()
    for preferred in ("SMS_OTP", "WEB_AUTHN", "SOFTWARE_TOKEN_MFA"):
        answer = start(pool, name, preferred)
        assert answer["ChallengeName"] == "SELECT_CHALLENGE"
        assert preferred not in answer["AvailableChallenges"]
        chosen = refused(respond, pool=pool, name=name, answered=answer, ANSWER=preferred)
        assert (chosen.status, chosen.code) == (400, "InvalidParameterException")
    assert start(pool, name, "EMAIL_OTP")["ChallengeName"] == "EMAIL_OTP"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_choice_is_its_user_s_and_its_client_s_and_made_once(account: LocalAccount) -> None:
    pool = choosy(account)
    name, other = pool.confirmed(), pool.confirmed()
    asked = start(pool, name)
    given = {"ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    stolen = refused(respond, pool=pool, name=other, answered=asked, **given)
    assert (stolen.code, stolen.message) == ("NotAuthorizedException", "Invalid session for the user.")
    elsewhere = pool.another_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    assert refused(respond, pool=elsewhere, name=name, answered=asked, **given).code == (
        "NotAuthorizedException"
    )
    assert respond(pool, name, asked, **given)["AuthenticationResult"]
    assert refused(respond, pool=pool, name=name, answered=asked, **given).code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_who_has_a_second_factor_starts_with_a_password(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites"""
    pool = choosy(account, ["PASSWORD", "EMAIL_OTP"])
    name, other = pool.confirmed(), pool.confirmed()
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::111122223333:role/sms"}},
    )  # fmt: skip
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    ids = {"UserPoolId": pool.id, "Username": name}
    pool.admin.admin_update_user_attributes(**ids, UserAttributes=phone)
    assert "EMAIL_OTP" in start(pool, name)["AvailableChallenges"]
    pool.admin.admin_set_user_mfa_preference(**ids, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert set(start(pool, name)["AvailableChallenges"]) == PASSWORDS
    assert set(start(pool, other)["AvailableChallenges"]) == PASSWORDS | {"EMAIL_OTP"}
    asked = start(pool, name, "PASSWORD", PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == "SMS_MFA"
    assert respond(pool, name, asked, SMS_MFA_CODE=account.last_code(name))["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
@pytest.mark.unconfirmed
def test_a_quiet_client_does_not_tell_who_exists(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    pool = choosy(account, ["PASSWORD", "EMAIL_OTP"])
    loud = refused(start, pool=pool, name="nobody")
    assert (loud.code, loud.message) == ("UserNotFoundException", "User does not exist.")
    quiet = pool.another_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"], PreventUserExistenceErrors="ENABLED")
    name = pool.confirmed()
    assert set(start(quiet, "nobody")["AvailableChallenges"]) == set(
        start(quiet, name)["AvailableChallenges"]
    )
    for somebody in (name, "nobody"):
        asked = respond(quiet, somebody, start(quiet, somebody), ANSWER="EMAIL_OTP")
        assert set(asked["ChallengeParameters"]) == {
            "CODE_DELIVERY_DELIVERY_MEDIUM", "CODE_DELIVERY_DESTINATION", "USER_ID_FOR_SRP",
        }  # fmt: skip
        code = str((int(account.last_code(name)) + 1) % 1_000_000).zfill(6)
        wrong = refused(respond, pool=quiet, name=somebody, answered=asked, EMAIL_OTP_CODE=code)
        assert wrong.code == "CodeMismatchException"
        given = {"ANSWER": "PASSWORD", "PASSWORD": "Wrong-horse-1"}
        wrong = refused(respond, pool=quiet, name=somebody, answered=start(quiet, somebody), **given)
        assert wrong.message == "Incorrect username or password."


@pytest.mark.operation("cognito-idp:AdminInitiateAuth", "cognito-idp:AdminRespondToAuthChallenge")
def test_administrators_let_users_choose_too(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html"""
    pool = choosy(account)
    name = pool.confirmed()
    ids = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    asked = pool.admin.admin_initiate_auth(
        **ids, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    )
    answer = {"USERNAME": name, "EMAIL_OTP_CODE": account.last_code(name)}
    assert pool.admin.admin_respond_to_auth_challenge(
        **ids, ChallengeName="EMAIL_OTP", Session=asked["Session"], ChallengeResponses=answer
    )["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetUserAuthFactors", refuses="NotAuthorizedException")
def test_users_see_how_they_may_sign_in(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAuthFactors.html"""
    pool = choosy(account)
    name = pool.confirmed()
    tokens = pool.sign_in(name)
    answer = pool.idp.get_user_auth_factors(AccessToken=tokens["AccessToken"])
    assert (answer["Username"], set(answer["ConfiguredUserAuthFactors"])) == (name, {"PASSWORD", "EMAIL_OTP"})
    assert refused(pool.idp.get_user_auth_factors, AccessToken=tokens["IdToken"]).code == (
        "NotAuthorizedException"
    )


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "factors, code",
    [
        (["WEB_AUTHN"], "InvalidParameterException"),
        (["PASSWORD", "SOFTWARE_TOKEN"], "InvalidParameterException"),
    ],
)
def test_not_every_list_of_first_factors_will_do(
    account: LocalAccount, factors: list[str], code: str
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignInPolicyType.html"""
    assert choosy(account, ["PASSWORD", "WEB_AUTHN"]).id
    answer = refused(choosy, account=account, factors=factors)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="FeatureUnavailableInTierException")
def test_a_lite_pool_has_no_first_factor_but_the_password(account: LocalAccount) -> None:
    """The same page: "your user pool must be in the Essentials tier or higher"."""
    assert choosy(account, ["PASSWORD", "EMAIL_OTP"], UserPoolTier="ESSENTIALS").id
    answer = refused(choosy, account=account, factors=["PASSWORD", "EMAIL_OTP"], UserPoolTier="LITE")
    assert (answer.status, answer.code) == (400, "FeatureUnavailableInTierException")


@pytest.mark.operation("cognito-idp:InitiateAuth", missing="step-up authentication (TARGET_ACR_VALUES)")
@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_step_up_authentication_is_not_simulated(account: LocalAccount) -> None:
    pool = choosy(account)
    name = pool.confirmed()
    assert start(pool, name)["Session"]
    answer = refused(start, pool=pool, name=name, TARGET_ACR_VALUES="urn:x")
    assert (answer.status, answer.code) == (501, "NotSimulated")


# --- without a password -----------------------------------------------------------------------------------


def by_code(pool: Pool, name: str) -> Any:
    asked = start(pool, name, "EMAIL_OTP")
    return respond(pool, name, asked, EMAIL_OTP_CODE=pool.account.last_code(name))["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation(
    "cognito-idp:InitiateAuth", refuses=["InvalidParameterException", "NotAuthorizedException"]
)
@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidPasswordException")
def test_where_codes_sign_in_users_may_do_without_a_password(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html
    ("Users can sign up without a password when your user pool supports passwordless sign-in")"""
    pool, strict = choosy(account), choosy(account, ["PASSWORD"])
    name = account.name("learner")
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    given = {"Username": name, "UserAttributes": email}
    pool.idp.sign_up(ClientId=pool.client_id, **given)
    assert by_code(pool, name)
    assert start(pool, name)["AvailableChallenges"] == ["EMAIL_OTP"]
    for password in ("", "None", PASSWORD):
        assert refused(pool.sign_in, username=name, password=password).status == 400
    answer = refused(strict.idp.sign_up, ClientId=strict.client_id, **given)
    assert (answer.status, answer.code) == (400, "InvalidPasswordException")


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:ChangePassword", refuses="NotAuthorizedException")
def test_who_has_no_password_may_choose_one(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
    ("If the user has no password … you can omit this parameter.")"""
    pool = choosy(account)
    name = account.name("learner")
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    pool.idp.sign_up(ClientId=pool.client_id, Username=name, UserAttributes=email)
    token = by_code(pool, name)["AccessToken"]
    pool.idp.change_password(AccessToken=token, ProposedPassword=PASSWORD)
    assert pool.sign_in(name)
    again = refused(pool.idp.change_password, AccessToken=token, ProposedPassword="Another-horse-2")
    assert again.code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation("cognito-idp:AdminCreateUser", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_an_administrator_makes_users_for_codes_alone(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
    (TemporaryPassword, UserAttributes)"""
    pool = choosy(account)
    name = account.name("invited")
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    made = pool.admin.admin_create_user(
        UserPoolId=pool.id, Username=name, UserAttributes=email, DesiredDeliveryMediums=["EMAIL"]
    )
    assert made["User"]["UserStatus"] == "CONFIRMED"
    assert account.last_code(name) == ""
    assert by_code(pool, name)
    bare = {"UserPoolId": pool.id, "Username": account.name("bare")}
    answer = refused(pool.admin.admin_create_user, **bare)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert pool.admin.admin_create_user(**bare, TemporaryPassword="Temporary-1")


def signed_up(pool: Pool) -> tuple[str, str]:
    """A user who signed up just now, and the session for ConfirmSignUp."""
    name = pool.account.name("learner")
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    answer = pool.idp.sign_up(ClientId=pool.client_id, Username=name, Password=PASSWORD, UserAttributes=email)
    return name, answer["Session"]


def confirm(pool: Pool, name: str, **session: str) -> Any:
    return pool.idp.confirm_sign_up(
        ClientId=pool.client_id, Username=name, ConfirmationCode=pool.account.last_code(name), **session
    )


def auto(pool: Pool, name: str, session: str) -> Any:
    return pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": name}, Session=session
    )


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_the_code_of_the_sign_up_signs_in_at_once(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
    (Session)"""
    pool = choosy(fresh)
    name, session = signed_up(pool)
    given = confirm(pool, name, Session=session)["Session"]
    other, other_session = signed_up(pool)
    foreign = confirm(pool, other, Session=other_session)["Session"]
    assert refused(auto, pool=pool, name=name, session=foreign).code == "NotAuthorizedException"
    assert auto(pool, name, given)["AuthenticationResult"]
    assert refused(auto, pool=pool, name=name, session=given).code == "NotAuthorizedException"
    fresh.advance(minutes=3)
    late = refused(auto, pool=pool, name=other, session=foreign)
    assert (late.code, late.message) == (
        "NotAuthorizedException", "Invalid session for the user, session is expired.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:SignUp")
def test_only_where_codes_are_a_first_factor_does_a_sign_up_lead_to_a_sign_in(account: LocalAccount) -> None:
    """ "The user is eligible for the OTP authentication method." """
    pool = choosy(account, ["PASSWORD"])
    name, session = signed_up(pool)
    assert "Session" not in confirm(pool, name, Session=session)
    able = choosy(account)
    name, session = signed_up(able)
    assert confirm(able, name, Session=session)["Session"]
    name, session = signed_up(able)
    assert refused(auto, pool=able, name=name, session=session).code == "NotAuthorizedException"


@pytest.mark.unconfirmed
def test_the_session_of_the_sign_up_is_optional_but_not_another_user_s(account: LocalAccount) -> None:
    """AWS Amplify confirms without it, and its `autoSignIn` asks for no second code:
    https://docs.amplify.aws/react/frontend/auth/sign-up/"""
    pool = choosy(account)
    name, _ = signed_up(pool)
    assert auto(pool, name, confirm(pool, name)["Session"])["AuthenticationResult"]
    _, foreign = signed_up(pool)
    name, _ = signed_up(pool)
    assert "Session" not in confirm(pool, name, Session=foreign)
    silent = pool.another_client()
    name = silent.sign_up()
    assert "Session" not in confirm(silent, name)
