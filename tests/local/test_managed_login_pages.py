"""The pages of a user pool's domain, used as a person uses them: by filling in forms.

https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
"""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.local.accounts import LocalAccount, reached
from tests.local.directory import PASSWORD
from tests.local.managed_login import CALLBACK, App, Browser, Screen, app
from tests.local.test_user_pool_mfa import TOTP
from tests.local.test_user_pool_triggers import Recorder, arn

NEW_PASSWORD = "Another-horse-2"
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::111122223333:role/sms", "ExternalId": "x"}}
OWN_EMAIL = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/lab@example.com",
}


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """By one way in: what stands at a domain does not depend on it."""
    return reached(served[0], "direct")


@pytest.fixture(scope="module")
def at(account: LocalAccount) -> App:
    return app(account)


def sign_in(at: App, username: str, password: str = PASSWORD) -> tuple[Browser, Screen]:
    browser = at.browser()
    return browser, browser.submit(browser.open(at.address()), username=username, password=password)


def is_back(screen: Screen) -> bool:
    return screen.location.startswith(f"{CALLBACK}?code=")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.unconfirmed
def test_a_person_signs_up_confirms_and_signs_in(at: App) -> None:
    browser, name = at.browser(), at.account.name("anna")
    screen = browser.open(browser.open(at.address()).links["Sign up"])
    assert screen.title == "Sign up"
    typed = {"username": name, "attribute__email": f"{name}@example.com", "password": PASSWORD}
    screen = browser.submit(screen, **typed)
    assert screen.title == "Confirm your account"
    assert "A code was sent to a***@e***." in screen.reply.text
    code = at.account.last_code(name)
    refused = browser.submit(screen, code=wrong(code))
    assert (refused.status, refused.error) == (
        400, "Invalid verification code provided, please try again.",
    )  # fmt: skip
    screen = browser.submit(refused, code=code)
    assert "You are signed up." in screen.reply.text
    assert is_back(browser.submit(screen, username=name, password=PASSWORD))


def test_a_new_code_can_be_had(at: App) -> None:
    browser, name = at.browser(), at.account.name("anna")
    screen = browser.open(at.address("/signup"))
    typed = {"username": name, "attribute__email": f"{name}@example.com", "password": PASSWORD}
    screen = browser.submit(screen, **typed)
    before = len(at.account.app.state.outbox.messages(name))
    screen = browser.submit(screen, 1)
    assert "A new code is on its way." in screen.reply.text
    assert len(at.account.app.state.outbox.messages(name)) == before + 1
    assert "signed up" in browser.submit(screen, code=at.account.last_code(name)).reply.text


def test_sign_up_asks_for_what_the_pool_requires(account: LocalAccount) -> None:
    """ "… your users … must provide a value for all required attributes".

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
    """
    required = [{"Name": n, "Required": True, "Mutable": True} for n in ("given_name", "birthdate", "email")]
    at = app(account, UsernameAttributes=["email"], Schema=required)
    browser = at.browser()
    screen = browser.open(at.address("/signup"))
    assert re.findall(r'<input id="([^"]+)"[^>]* autocomplete="([^"]+)"', screen.reply.text) == [
        ("username", "username"), ("attribute.given_name", "given-name"), ("attribute.birthdate", "bday"),
        ("password", "new-password"),
    ]  # fmt: skip
    typed = {"username": "anna@example.com", "attribute__birthdate": "1990-01-01", "password": PASSWORD}
    missing = browser.submit(screen, **typed)
    assert "given_name: The attribute is required" in missing.error
    assert 'value="1990-01-01"' in missing.reply.text, "what was typed is still there"
    assert f'value="{PASSWORD}"' not in missing.reply.text
    assert browser.submit(missing, **typed, attribute__given_name="Anna").title == "Confirm your account"


def test_nobody_signs_up_where_only_administrators_make_users(at: App, account: LocalAccount) -> None:
    """AllowAdminCreateUserOnly:

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUserConfigType.html
    """
    closed = app(account, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    assert "Sign up" in at.browser().open(at.address()).links
    assert "Sign up" not in closed.browser().open(closed.address()).links
    assert closed.browser().open(closed.address("/signup")).status == 400


def test_a_wrong_password_is_refused_in_the_words_of_the_api(at: App) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html"""
    anna = at.pool.confirmed()
    _, screen = sign_in(at, anna, "wrong")
    assert (screen.status, screen.error) == (400, "Incorrect username or password.")
    assert f'value="{anna}"' in screen.reply.text
    assert '<p class="error" id="error" role="alert" tabindex="-1" autofocus>' in screen.reply.text
    assert is_back(sign_in(at, anna)[1])


def test_who_exists_is_told_only_where_the_client_says_so(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    hiding = at.another(PreventUserExistenceErrors="ENABLED")
    for client, text in ((at, "User does not exist."), (hiding, "Incorrect username or password.")):
        assert sign_in(client, "nobody")[1].error == text
    browser = hiding.browser()
    screen = browser.submit(browser.open(hiding.address("/forgotPassword")), username="nobody")
    assert "A code was sent to n***@e***." in screen.reply.text


def test_guessing_locks_out_at_the_page_and_at_the_api_alike(fresh: LocalAccount) -> None:
    """ "After five failed sign-in attempts", with each more the user waits longer.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
    """
    at = app(fresh)
    anna = at.pool.confirmed()
    for _ in range(5):
        assert sign_in(at, anna, "wrong")[1].error == "Incorrect username or password."
    assert sign_in(at, anna)[1].error == "Password attempts exceeded"
    fresh.advance(seconds=2)
    assert is_back(sign_in(at, anna)[1])


def test_who_is_not_confirmed_comes_to_the_confirmation(at: App) -> None:
    name = at.pool.sign_up()
    browser, screen = sign_in(at, name)
    assert screen.title == "Confirm your account"
    screen = browser.submit(screen, code=at.account.last_code(name))
    assert is_back(browser.submit(screen, username=name, password=PASSWORD))


def test_a_forgotten_password_is_replaced_with_a_code(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html"""
    anna, browser = at.pool.confirmed(), at.browser()
    screen = browser.open(browser.open(at.address()).links["Forgot your password?"])
    screen = browser.submit(screen, username=anna)
    assert screen.title == "Choose a new password"
    code = at.account.last_code(anna)
    assert (
        "Invalid verification code" in browser.submit(screen, code=wrong(code), password=NEW_PASSWORD).error
    )
    short = browser.submit(screen, code=code, password="x")
    assert short.error == "Password did not conform with policy: Password not long enough"
    screen = browser.submit(short, code=code, password=NEW_PASSWORD)
    assert "The password was changed." in screen.reply.text
    assert browser.submit(screen, username=anna, password=PASSWORD).error == "Incorrect username or password."
    assert is_back(browser.submit(screen, username=anna, password=NEW_PASSWORD))


def test_a_reset_by_an_administrator_is_finished_at_the_page(at: App) -> None:
    anna = at.pool.confirmed()
    at.pool.admin.admin_reset_user_password(UserPoolId=at.pool.id, Username=anna)
    browser, screen = sign_in(at, anna)
    assert screen.title == "Choose a new password"
    screen = browser.submit(screen, code=at.account.last_code(anna), password=NEW_PASSWORD)
    assert is_back(browser.submit(screen, username=anna, password=NEW_PASSWORD))


def test_a_temporary_password_is_replaced_and_missing_attributes_are_filled_in(account: LocalAccount) -> None:
    """NEW_PASSWORD_REQUIRED:

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
    """
    schema = [{"Name": "nickname", "Required": True, "Mutable": True}]
    at = app(account, Schema=schema)
    ids = {"UserPoolId": at.pool.id, "Username": "anna"}
    at.pool.admin.admin_create_user(**ids, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    browser, screen = sign_in(at, "anna")
    assert screen.title == "Choose a new password"
    incomplete = browser.submit(screen, password=NEW_PASSWORD)
    assert (incomplete.status, "nickname is missing" in incomplete.error) == (400, True)
    assert is_back(browser.submit(incomplete, password=NEW_PASSWORD, attribute__nickname="A"))
    assert is_back(sign_in(at, "anna", NEW_PASSWORD)[1])


def mfa(account: LocalAccount, mode: str, *factors: dict[str, Any], **settings: Any) -> App:
    at = app(account, **settings)
    given: dict[str, Any] = {}
    for factor in factors:
        given |= factor
    at.pool.admin.set_user_pool_mfa_config(UserPoolId=at.pool.id, MfaConfiguration=mode, **given)
    return at


def test_an_authenticator_app_is_set_up_and_then_asked_for(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html"""
    at = mfa(fresh, "ON", TOTP)
    anna = at.pool.confirmed()
    browser, screen = sign_in(at, anna)
    assert screen.title == "Set up an authenticator app"
    assert 'src="data:image/svg+xml' in screen.reply.text
    secret = re.findall(r"<code>([A-Z2-7]{52})</code>", screen.reply.text)[0]
    app_of_hers = pyotp.TOTP(secret)

    def code() -> str:
        return app_of_hers.at(fresh.app.state.clock.now())

    refused = browser.submit(screen, code=wrong(code()))
    assert refused.error == "Code mismatch and fail enable Software Token MFA"
    assert secret in refused.reply.text, "the same secret is still to be confirmed"
    assert is_back(browser.submit(refused, code=code(), device="phone"))
    fresh.advance(minutes=2)
    browser, screen = sign_in(at, anna)
    assert (screen.title, "(phone)" in screen.reply.text) == ("Enter the code", True)
    assert browser.submit(screen, code=wrong(code())).error == "Invalid code received for user"
    assert is_back(browser.submit(screen, code=code()))


def test_a_code_by_text_message_is_asked_for(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html"""
    at = mfa(account, "OPTIONAL", {"SmsMfaConfiguration": SMS})
    anna = at.pool.sign_up(
        UserAttributes=[
            {"Name": "phone_number", "Value": "+12065550100"},
            {"Name": "email", "Value": "a@x.org"},
        ]
    )
    ids = {"UserPoolId": at.pool.id, "Username": anna}
    at.pool.admin.admin_confirm_sign_up(**ids)
    at.pool.admin.admin_set_user_mfa_preference(**ids, SMSMfaSettings={"Enabled": True})
    browser, screen = sign_in(at, anna)
    assert "A code was sent to +*******0100." in screen.reply.text
    code = at.account.last_code(anna)
    assert browser.submit(screen, code=wrong(code)).error == "Invalid code or auth state for the user."
    assert is_back(browser.submit(screen, code=code))


def test_of_several_second_factors_the_person_chooses(account: LocalAccount) -> None:
    """SELECT_MFA_TYPE:

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
    """
    email = {"EmailMfaConfiguration": {"Message": "{####}", "Subject": "code"}}
    at = mfa(
        account, "ON", {"SmsMfaConfiguration": SMS}, email, EmailConfiguration=OWN_EMAIL,
    )  # fmt: skip
    anna = at.pool.confirmed()
    ids = {"UserPoolId": at.pool.id, "Username": anna}
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    at.pool.admin.admin_update_user_attributes(**ids, UserAttributes=phone)
    browser, screen = sign_in(at, anna)
    assert screen.title == "Choose a second factor"
    assert re.findall(r'type="radio" name="answer" value="([^"]+)"', screen.reply.text) == [
        "SMS_MFA", "EMAIL_OTP",
    ]  # fmt: skip
    assert browser.submit(screen, answer="SOFTWARE_TOKEN_MFA").error.startswith("Invalid ANSWER")
    screen = browser.submit(screen, answer="EMAIL_OTP")
    assert "A code was sent to l***@e***." in screen.reply.text
    assert is_back(browser.submit(screen, code=at.account.last_code(anna)))


def test_of_several_ways_to_be_set_up_the_person_chooses(account: LocalAccount) -> None:
    """MFA_SETUP with TOTP and with e-mail."""
    email = {"EmailMfaConfiguration": {"Message": "{####}", "Subject": "code"}}
    at = mfa(account, "ON", TOTP, email, EmailConfiguration=OWN_EMAIL)
    for name, answer in (("anna", "EMAIL_OTP"), ("berta", "SOFTWARE_TOKEN_MFA")):
        ids = {"UserPoolId": at.pool.id, "Username": name}
        at.pool.admin.admin_create_user(**ids, MessageAction="SUPPRESS")
        at.pool.admin.admin_set_user_password(**ids, Password=PASSWORD, Permanent=True)
        browser, screen = sign_in(at, name)
        assert screen.title == "Set up a second factor"
        screen = browser.submit(screen, answer=answer)
        if answer == "EMAIL_OTP":
            bad = browser.submit(screen, email="nonsense")
            assert (bad.title, bad.error) == ("Set up codes by e-mail", "Invalid email address format.")
            screen = browser.submit(bad, email="anna@example.com")
            code = at.account.last_code("anna")
        else:
            secret = re.findall(r"<code>([A-Z2-7]{52})</code>", screen.reply.text)[0]
            code = pyotp.TOTP(secret).at(account.app.state.clock.now())
        assert is_back(browser.submit(screen, code=code))


CHOICE = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}


def choosy(account: LocalAccount, *factors: str, **settings: Any) -> App:
    """An app whose users choose how they sign in."""
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *factors]}}
    return app(account, CHOICE, Policies=policy, **settings)


def named(at: App, username: str, browser: Browser | None = None) -> Screen:
    """The page that follows the username."""
    browser = browser or at.browser()
    return browser.submit(browser.open(at.address(prompt="login")), username=username)


def test_a_person_says_who_they_are_and_then_how_to_sign_in(account: LocalAccount) -> None:
    """ "Implement the ALLOW_USER_AUTH flow in your app client, and Amazon Cognito prompts users to select a
    sign-in method from the available options."

    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-managedlogin.html
    """
    at = choosy(account, "EMAIL_OTP")
    anna, browser = at.pool.confirmed(), at.browser()
    assert 'type="password"' not in browser.open(at.address()).reply.text
    screen = named(at, anna, browser)
    assert (screen.title, screen.error) == ("Choose how to sign in", "")
    assert 'name="first" value="EMAIL_OTP"' in screen.reply.text
    bad = browser.submit(screen, password="wrong")
    assert (bad.title, bad.error) == ("Choose how to sign in", "Incorrect username or password.")
    assert is_back(browser.submit(bad, password=PASSWORD))
    screen = browser.submit(named(at, anna, browser), first="EMAIL_OTP")
    code = at.account.last_code(anna)
    assert browser.submit(screen, code=wrong(code)).error == "Invalid code or auth state for the user."
    assert is_back(browser.submit(screen, code=code))


def test_a_person_is_offered_what_they_have(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice"""
    at = choosy(account, "EMAIL_OTP")
    ids = {"UserPoolId": at.pool.id, "Username": "berta"}
    at.pool.admin.admin_create_user(**ids, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    at.pool.admin.admin_set_user_password(**ids, Password=PASSWORD, Permanent=True)
    browser = at.browser()
    screen = named(at, "berta", browser)
    assert (screen.title, 'name="first"' in screen.reply.text) == ("Enter your password", False)
    refused = browser.submit(screen, first="EMAIL_OTP")
    assert (refused.status, "not available" in refused.error) == (400, True), "she has no address"
    assert is_back(browser.submit(screen, password=PASSWORD))
    assert 'value="EMAIL_OTP"' in named(at, at.pool.confirmed()).reply.text


def test_who_is_not_confirmed_is_helped_where_they_choose_too(account: LocalAccount) -> None:
    at = choosy(account, "EMAIL_OTP")
    name, browser = at.pool.sign_up(), at.browser()
    screen = browser.submit(named(at, name, browser), password=PASSWORD)
    assert screen.title == "Confirm your account"
    assert "signed up" in browser.submit(screen, code=at.account.last_code(name)).reply.text


@pytest.mark.unconfirmed
def test_other_clients_and_the_classic_pages_ask_for_a_password(account: LocalAccount) -> None:
    """ "For example, passkey sign-in isn't available in the classic hosted UI."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    at = choosy(account, "EMAIL_OTP")
    anna = at.pool.confirmed()
    assert named(at, anna).title == "Choose how to sign in"
    assert is_back(sign_in(at.another(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"]), anna)[1])
    at.pool.admin.update_user_pool_domain(UserPoolId=at.pool.id, Domain=at.domain, ManagedLoginVersion=1)
    assert is_back(sign_in(at, anna)[1])


def test_a_challenge_that_is_too_old_leads_back_to_the_beginning(fresh: LocalAccount) -> None:
    """AuthSessionValidity: "3 to 15 minutes", by default 3."""
    at = mfa(fresh, "ON", TOTP)
    browser, screen = sign_in(at, at.pool.confirmed())
    secret = re.findall(r"<code>([A-Z2-7]{52})</code>", screen.reply.text)[0]
    fresh.advance(minutes=4)
    late = browser.submit(screen, code=pyotp.TOTP(secret).at(fresh.app.state.clock.now()))
    assert late.title.startswith("Sign in")
    assert late.error == "Invalid session for the user, session is expired."


def test_who_takes_more_than_five_minutes_begins_again(fresh: LocalAccount) -> None:
    """ "Amazon Cognito cancels authentication requests that do not complete within five minutes, and
    redirects the user to managed login. The page displays a Something went wrong error message."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    at = app(fresh)
    anna, browser = at.pool.confirmed(), at.browser()
    screen = browser.open(at.address())
    fresh.advance(minutes=5)
    late = browser.submit(screen, username=anna, password=PASSWORD)
    assert (late.status, late.error) == (400, "Something went wrong")
    assert is_back(browser.submit(late, username=anna, password=PASSWORD))


def test_the_pools_functions_hear_of_a_sign_in_at_the_page(account: LocalAccount) -> None:
    """The pages "go through" the same triggers as the API:

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
    """
    names = ("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "CustomMessage")
    recorder = Recorder()
    at = app(account, LambdaConfig={name: arn(account, "all") for name in names})
    account.app.state.functions[arn(account, "all")] = recorder
    browser, name = at.browser(), account.name("anna")
    typed = {"username": name, "attribute__email": f"{name}@example.com", "password": PASSWORD}
    screen = browser.submit(browser.open(at.address("/signup")), **typed)
    screen = browser.submit(screen, code=account.last_code(name))
    assert is_back(browser.submit(screen, username=name, password=PASSWORD))
    assert [event["triggerSource"] for event in recorder.events] == [
        "PreSignUp_SignUp", "CustomMessage_SignUp", "PostConfirmation_ConfirmSignUp",
        "PreAuthentication_Authentication", "PostAuthentication_Authentication",
    ]  # fmt: skip
    assert {event["callerContext"]["clientId"] for event in recorder.events} == {at.client_id}


def test_a_function_may_refuse_a_sign_in(account: LocalAccount) -> None:
    at = app(account, LambdaConfig={"PreAuthentication": arn(account, "bouncer")})
    moods: list[Exception] = []

    def bouncer(event: dict[str, Any], _: Any) -> dict[str, Any]:
        for mood in moods:
            raise mood
        return event

    account.app.state.functions[arn(account, "bouncer")] = bouncer
    anna = at.pool.confirmed()
    assert is_back(sign_in(at, anna)[1])
    moods.append(ValueError("not tonight"))
    assert sign_in(at, anna)[1].error == "PreAuthentication failed with error not tonight."


def test_a_client_with_a_secret_signs_people_in(at: App) -> None:
    """The pages know the secret, which SECRET_HASH proves in the API."""
    client = at.another(GenerateSecret=True)
    browser, name = client.browser(), at.account.name("anna")
    screen = browser.open(client.address("/signup"))
    typed = {"username": name, "attribute__email": f"{name}@example.com", "password": PASSWORD}
    screen = browser.submit(browser.submit(screen, **typed), code="000000")
    assert screen.error == "Invalid verification code provided, please try again."
    screen = browser.submit(screen, code=at.account.last_code(name))
    assert is_back(browser.submit(screen, username=name, password=PASSWORD))


def test_a_page_needs_no_flow_of_the_api(at: App) -> None:
    """ExplicitAuthFlows are "the authentication flows that you want your user pool client to support".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    without = at.another(ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])
    assert is_back(sign_in(without, at.pool.confirmed())[1])


def test_every_field_has_a_label_and_says_what_it_is_for(at: App) -> None:
    """WCAG 2.2, 1.3.5 and 3.3.2."""
    for path in ("/login", "/signup", "/forgotPassword", "/confirmUser"):
        text = at.browser().open(at.address(path)).reply.text
        inputs = re.findall(r'<input id="([^"]+)"[^>]* autocomplete="([^"]+)"', text)
        assert inputs, path
        assert all(f'<label for="{name}">' in text for name, _ in inputs)
        assert '<html lang="en">' in text
        assert "<script" not in text


def test_a_page_says_that_it_is_the_local_lab(at: App) -> None:
    text = at.browser().open(at.address()).reply.text
    assert "<strong>Local lab</strong>" in text
    assert "not of AWS" in text
    style = at.account.send("GET", f"{at.base}/style.css")
    assert (style.status, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "prefers-color-scheme: dark" in style.text
