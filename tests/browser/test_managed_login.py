"""A person at a User Pool's domain, in a real browser: from signing up to signing out."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, expect

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.browser.apps import SIGN_IN, an_app, signs_out
from tests.browser.person import Person
from tests.local.directory import PASSWORD
from tests.local.managed_login import App
from tests.local.test_user_pool_mfa import TOTP

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ANOTHER_PASSWORD = "Another-horse-2"


@pytest.fixture
def at(served: tuple[LocalApp, Server], elsewhere: str) -> App:
    return an_app(served, elsewhere)


def test_a_person_signs_up_confirms_signs_in_and_out(at: App, person: Person, elsewhere: str) -> None:
    name = at.account.name("anna")
    start = at.begin(f"{elsewhere}/callback")
    person.opens(start)
    person.sees(SIGN_IN)
    person.follows("Sign up")
    person.sees("Sign up")
    person.types("Username", name)
    person.types("Email (optional)", "anna@example.com")
    person.types("Password", "short")
    person.presses("Sign up")
    person.is_told("Password not long enough")
    person.sees("Sign up")
    person.types("Password", PASSWORD)
    person.presses("Sign up")
    person.sees("Confirm your account")
    person.types("Code", "nothing")
    person.presses("Confirm")
    person.is_told("Invalid verification code provided")
    person.sees("Confirm your account")
    person.presses("Send a new code")
    person.is_told("A new code is on its way", role="status")
    person.types("Code", at.account.last_code(name))
    person.presses("Confirm")
    person.is_told("You are signed up", role="status")
    person.sees(SIGN_IN)
    person.types("Password", "wrong")
    person.presses("Sign in")
    person.is_told("Incorrect username or password")
    person.types("Password", PASSWORD)
    person.presses("Sign in")
    code = person.is_back(elsewhere)["code"]
    reply = at.exchange(code, redirect_uri=f"{elsewhere}/callback")
    assert reply.status == 200, reply.text
    person.opens(start)
    assert "code" in person.is_back(elsewhere), "the session spares a second sign-in"
    signs_out(at, person, elsewhere)


def test_a_person_who_forgot_the_password_chooses_another(at: App, person: Person, elsewhere: str) -> None:
    name = at.pool.confirmed()
    person.opens(at.begin(f"{elsewhere}/callback"))
    person.follows("Forgot your password?")
    person.sees("Forgot your password?")
    person.types("Username", "nobody")
    person.presses("Send a code")
    person.is_told("Username/client id combination not found")
    person.types("Username", name)
    person.presses("Send a code")
    person.sees("Choose a new password")
    person.types("Code", at.account.last_code(name))
    person.types("New password", "short")
    person.presses("Change the password")
    person.is_told("Password not long enough")
    person.sees("Choose a new password")
    person.types("Code", at.account.last_code(name))
    person.types("New password", ANOTHER_PASSWORD)
    person.presses("Change the password")
    person.is_told("The password was changed", role="status")
    person.types("Password", PASSWORD)
    person.presses("Sign in")
    person.is_told("Incorrect username or password")
    person.types("Password", ANOTHER_PASSWORD)
    person.presses("Sign in")
    assert "code" in person.is_back(elsewhere)


def test_a_person_sets_up_an_authenticator_app_and_signs_in_with_it(
    at: App, person: Person, elsewhere: str
) -> None:
    at.pool.admin.set_user_pool_mfa_config(UserPoolId=at.pool.id, MfaConfiguration="ON", **TOTP)
    name, clock = at.pool.confirmed(), at.account.app.state.clock
    person.opens(at.begin(f"{elsewhere}/callback"))
    person.types("Username", name)
    person.types("Password", PASSWORD)
    person.presses("Sign in")
    person.sees("Set up an authenticator app")
    expect(person.page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    totp = pyotp.TOTP(person.page.locator("main code").inner_text())
    person.types("Code", totp.at(clock.now()))
    person.types("Name of the device (optional)", "phone")
    person.presses("Continue")
    assert "code" in person.is_back(elsewhere)
    signs_out(at, person, elsewhere)
    at.account.advance(seconds=60)  # a code is good once
    person.types("Username", name)
    person.types("Password", PASSWORD)
    person.presses("Sign in")
    person.sees("Enter the code")
    person.types("Code", totp.at(clock.now() + timedelta(hours=1)))
    person.presses("Continue")
    person.is_told("Invalid code received for user")
    person.sees("Enter the code")
    person.types("Code", totp.at(clock.now()))
    person.presses("Continue")
    assert "code" in person.is_back(elsewhere)


def test_a_person_is_shown_what_no_app_can_be_told(at: App, person: Person, elsewhere: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html"""
    person.opens(at.begin(f"{elsewhere}/callback"))
    person.sees(SIGN_IN)
    person.opens(at.begin(f"{elsewhere}/another"))
    person.is_told("redirect_mismatch")
    person.sees("An error was encountered with the requested page.")
    person.opens(f"{at.account.endpoint}{at.base}/nothing")
    person.sees("Not found")
    ids = {"UserPoolId": at.pool.id, "ClientId": at.client_id}
    style = at.pool.admin.describe_managed_login_branding_by_client(**ids)["ManagedLoginBranding"]
    at.pool.admin.delete_managed_login_branding(
        UserPoolId=at.pool.id, ManagedLoginBrandingId=style["ManagedLoginBrandingId"]
    )
    person.opens(at.begin(f"{elsewhere}/callback"))
    person.sees("Login pages unavailable")


def test_a_page_stands_in_a_frame_of_this_machine_and_in_no_strangers(
    at: App, browser: Browser, elsewhere: str
) -> None:
    """`frame-ancestors`: a notebook at 127.0.0.1 may show the page, another name may not."""
    address, page = at.begin(f"{elsewhere}/callback"), browser.new_page()
    for host, shown in (("127.0.0.1", 1), ("localhost", 1), ("stranger.localhost", 0)):
        page.goto(f"{elsewhere.replace('localhost', host)}/frame?{address}")
        button = page.frame_locator("iframe").get_by_role("button", name="Sign in")
        expect(button).to_have_count(shown)
    page.close()
