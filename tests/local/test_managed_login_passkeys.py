"""Passkeys at the pages of managed login, with a software authenticator in the browser's place.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
"""

from __future__ import annotations

import base64
import json
import re
from html import unescape
from typing import Any

import pytest

from labkit.course.authenticator import Authenticator
from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.local.accounts import LocalAccount, reached
from tests.local.directory import PASSWORD
from tests.local.federation import ANA, provider, traveller
from tests.local.managed_login import CALLBACK, App, Browser, Screen, app

SET_UP = "Set up sign-in with a passkey"


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """Directly, which is at `http://localhost`: there a browser has passkeys."""
    return reached(served[0], "direct")


def passkey_app(account: LocalAccount, relying_party_id: str | None = "localhost") -> App:
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    made = app(account, {"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}, Policies=policy)
    if relying_party_id:
        made.pool.admin.set_user_pool_mfa_config(
            UserPoolId=made.pool.id,
            MfaConfiguration="OFF",
            WebAuthnConfiguration={"RelyingPartyId": relying_party_id},
        )
    return made


@pytest.fixture
def at(account: LocalAccount) -> App:
    return passkey_app(account)


def device() -> Authenticator:
    return Authenticator(origin="http://localhost")


def named(at: App, name: str, browser: Browser) -> Screen:
    return browser.submit(browser.open(at.address(prompt="login")), username=name)


def signed_in(at: App, name: str) -> Browser:
    browser = at.browser()
    assert "code" in browser.submit(named(at, name, browser), password=PASSWORD).query
    return browser


def adding(at: App, **more: str) -> str:
    return at.address("/passkeys/add", response_type=None, scope=None, state=None, **more)


def options(screen: Screen) -> dict[str, Any]:
    return dict(json.loads(unescape(re.findall(r'data-options="([^"]*)"', screen.reply.text)[0])))


def add(at: App, browser: Browser, key: Authenticator) -> Screen:
    screen = browser.open(adding(at))
    return browser.submit(screen, credential=json.dumps(key.register(options(screen))))


def use(at: App, name: str, browser: Browser, key: Authenticator) -> Screen:
    screen = browser.submit(named(at, name, browser), first="WEB_AUTHN")
    return browser.submit(screen, credential=json.dumps(key.sign(options(screen))))


def is_back(screen: Screen) -> bool:
    return screen.location.startswith(f"{CALLBACK}?code=")


@pytest.mark.unconfirmed
def test_a_passkey_is_added_after_sign_in_and_signs_in(at: App) -> None:
    name, key = at.pool.confirmed(), device()
    browser = signed_in(at, name)
    assert 'value="WEB_AUTHN"' not in named(at, name, browser).reply.text
    assert add(at, browser, key).query == {"result": "success"}
    assert 'value="WEB_AUTHN"' in named(at, name, browser).reply.text
    assert is_back(use(at, name, browser, key))
    screen = use(at, name, browser, device())
    assert screen.error == "Incorrect username or password."
    assert screen.title.startswith("Sign in to"), "a challenge is good for one signature"


@pytest.mark.unconfirmed
def test_only_who_is_signed_in_adds_a_passkey(at: App) -> None:
    """ "Amazon Cognito only permits authenticated users to access this page." The result as an app was told:

    https://github.com/vppillai/chintan/blob/main/frontend/src/features/auth/passkeys.ts
    """
    browser = signed_in(at, at.pool.confirmed())
    assert browser.open(adding(at)).title == SET_UP
    assert at.browser().open(adding(at)).location == f"{CALLBACK}?result=invalid_session"
    screen = browser.open(adding(at))
    del browser.cookies["cognito"]
    late = browser.submit(screen, credential=json.dumps(device().register(options(screen))))
    assert late.query == {"result": "invalid_session"}


def test_only_a_callback_url_of_the_clients_is_returned_to(at: App) -> None:
    browser = signed_in(at, at.pool.confirmed())
    assert browser.open(adding(at)).title == SET_UP
    for wrong in ({"redirect_uri": "https://evil.example.com/"}, {"client_id": "another"}):
        assert browser.open(adding(at, **wrong)).status == 400
    assert browser.open(f"{at.base}/passkeys/add?client_id={at.client_id}").status == 400


def test_a_credential_that_answers_nothing_is_refused_and_can_be_made_again(at: App) -> None:
    name, browser = at.pool.confirmed(), at.browser()
    browser = signed_in(at, name)
    screen = browser.open(adding(at))
    foreign = Authenticator(origin="https://evil.example.org").register(options(screen))
    deep = base64.urlsafe_b64encode(b"[" * 30_000).decode()
    client_data = json.dumps(foreign | {"response": {"clientDataJSON": deep, "attestationObject": "eA"}})
    for credential in (
        "",
        "no JSON",
        "null",
        "5",
        "[1]",
        "{}",
        json.dumps(foreign),
        "[" * 30_000,
        client_data,
    ):
        screen = browser.submit(screen, credential=credential)
        assert (screen.status, screen.title) == (400, SET_UP)
        assert screen.error
    assert browser.submit(
        screen, credential=json.dumps(device().register(options(screen)))
    ).query == {"result": "success"}  # fmt: skip


def test_the_page_belongs_to_managed_login_alone(at: App) -> None:
    """ "Except for /passkeys/add, all paths are shared between the two versions of … branding." """
    browser = signed_in(at, at.pool.confirmed())
    assert browser.open(adding(at)).title == SET_UP
    at.pool.admin.update_user_pool_domain(UserPoolId=at.pool.id, Domain=at.domain, ManagedLoginVersion=1)
    assert browser.open(adding(at)).status == 404


def test_the_relying_party_is_by_default_the_domain(account: LocalAccount) -> None:
    """ "… your user pool defaults to an RP ID of your prefix domain." """
    at = passkey_app(account, None)
    name = at.pool.confirmed()
    host = f"{at.domain}.auth.us-east-1.amazoncognito.com"
    browser = signed_in(at, name)
    here = browser.open(adding(at))
    assert (here.status, f"for `{host}`" in here.error) == (400, True)
    assert "set the pool's RelyingPartyId to `localhost`" in here.error
    there = browser.open(f"https://{host}{adding(at).removeprefix(at.base)}")
    assert options(there)["rp"]["id"] == host


@pytest.mark.unconfirmed
def test_users_of_other_providers_have_no_passkeys_here(at: App) -> None:
    name = provider(at)
    other = at.another(
        SupportedIdentityProviders=["COGNITO", name], ExplicitAuthFlows=["ALLOW_USER_AUTH"]
    )  # fmt: skip
    browser = traveller(other)
    browser.enter(browser.departs(other, name), ANA)
    screen = browser.open(adding(other))
    assert (screen.status, screen.title) == (501, "NotSimulated")
    assert signed_in(other, at.pool.confirmed()).open(adding(other)).title == SET_UP


# --- whoever has just signed up ---------------------------------------------------------------------------


def signs_up(at: App, browser: Browser) -> tuple[str, Screen]:
    """As far as the first sign-in."""
    name = at.account.name("anna")
    screen = browser.open(at.address("/signup"))
    typed = {"username": name, "attribute__email": f"{name}@example.com", "password": PASSWORD}
    screen = browser.submit(browser.submit(screen, **typed), code=at.account.last_code(name))
    return name, browser.submit(browser.submit(screen, username=name), password=PASSWORD)


def test_who_signs_up_is_reminded_once(at: App) -> None:
    """ "… reminds end users to register a passkey after they sign up for a new user account." """
    key, browser = device(), at.browser()
    name, screen = signs_up(at, browser)
    assert (screen.title, "cognito" in browser.cookies) == (SET_UP, False)
    assert is_back(browser.submit(screen, credential=json.dumps(key.register(options(screen)))))
    assert is_back(use(at, name, browser, key))
    browser = at.browser()
    name, screen = signs_up(at, browser)
    assert is_back(browser.submit(screen, 1))
    assert is_back(browser.submit(named(at, name, browser), password=PASSWORD))


def test_nobody_comes_in_by_the_reminder_who_was_disabled_meanwhile(at: App) -> None:
    browser = at.browser()
    assert is_back(browser.submit(signs_up(at, browser)[1], 1))
    browser = at.browser()
    name, screen = signs_up(at, browser)
    at.pool.admin.admin_disable_user(UserPoolId=at.pool.id, Username=name)
    assert browser.submit(screen, 1).status == 403
    stranger = at.browser()
    assert stranger.submit(signs_up(at, browser)[1], 1).status == 403


def test_nobody_is_reminded_of_a_passkey_that_no_browser_would_make(account: LocalAccount) -> None:
    browser, good = Browser(account), passkey_app(account)
    assert signs_up(good, browser)[1].title == SET_UP
    assert is_back(signs_up(passkey_app(account, None), Browser(account))[1])
