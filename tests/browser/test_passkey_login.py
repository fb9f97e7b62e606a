"""A person with a passkey at managed login; Chromium's virtual authenticator holds it.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.browser.apps import SIGN_IN, an_app
from tests.browser.person import Person
from tests.local.directory import PASSWORD
from tests.local.managed_login import App, claims

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CHOICE, SET_UP, USE = "Choose how to sign in", "Set up sign-in with a passkey", "Use your passkey"


class Authenticator:
    """A security key of this browser's, whose owner always says yes, unless they are away."""

    def __init__(self, page: Page) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        self._id = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def passkeys(self) -> list[dict[str, Any]]:
        found = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]
        return list(found)

    def forgets(self) -> None:
        self._cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self._id})


@pytest.fixture
def at(served: tuple[LocalApp, Server], elsewhere: str) -> App:
    """An app whose users may choose. Browsers reach it at localhost, which can have passkeys."""
    factors = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
    client = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}
    made = an_app(served, elsewhere, client, Policies=policy)
    made.pool.admin.set_user_pool_mfa_config(
        UserPoolId=made.pool.id,
        MfaConfiguration="OFF",
        WebAuthnConfiguration={"RelyingPartyId": "localhost", "UserVerification": "required"},
    )
    return made


def locally(address: str) -> str:
    return address.replace("127.0.0.1", "localhost")


def named(at: App, person: Person, name: str, there: str, **more: str) -> None:
    """As far as the choice."""
    person.opens(locally(at.begin(f"{there}/callback", **more)))
    person.sees(SIGN_IN)
    person.types("Username", name)
    person.presses("Next")


def adding(at: App, there: str) -> str:
    given = urlencode({"client_id": at.client_id, "redirect_uri": f"{there}/callback"})
    return locally(f"{at.account.endpoint}{at.base}/passkeys/add?{given}")


def test_a_person_adds_a_passkey_and_signs_in_with_it(at: App, scripted: Person, elsewhere: str) -> None:
    name, key = at.pool.confirmed(), Authenticator(scripted.page)
    scripted.opens(adding(at, elsewhere))
    assert scripted.is_back(elsewhere) == {"result": "invalid_session"}
    named(at, scripted, name, elsewhere)
    scripted.sees(CHOICE)
    assert scripted.page.get_by_role("button", name="passkey").count() == 0
    scripted.types("Password", PASSWORD)
    scripted.presses("Sign in")
    assert "code" in scripted.is_back(elsewhere)
    scripted.opens(adding(at, elsewhere))
    scripted.sees(SET_UP)
    scripted.presses("Add a passkey")
    assert scripted.is_back(elsewhere) == {"result": "success"}
    (kept,) = key.passkeys()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    scripted.opens(adding(at, elsewhere))
    scripted.presses("Add a passkey")
    scripted.is_told("has a passkey of yours already")
    scripted.sees(SET_UP)
    named(at, scripted, name, elsewhere, prompt="login")
    scripted.sees(CHOICE)
    scripted.presses("Sign in with a passkey")
    scripted.sees(USE)
    scripted.presses("Use the passkey")
    back = scripted.is_back(elsewhere)
    reply = at.exchange(back["code"], redirect_uri=f"{elsewhere}/callback")
    assert claims(reply.json["id_token"])["cognito:username"] == name
    key.forgets()
    named(at, scripted, name, elsewhere, prompt="login")
    scripted.presses("Sign in with a passkey")
    scripted.presses("Use the passkey")
    scripted.is_told("no such passkey")
    scripted.sees(USE)
    scripted.follows("Sign in another way")
    scripted.sees(SIGN_IN)


@pytest.mark.parametrize("adds", [True, False], ids=["adds", "later"])
def test_who_signs_up_is_reminded_of_a_passkey(at: App, scripted: Person, elsewhere: str, adds: bool) -> None:
    """ "… your user pool with a managed login domain reminds end users to register a passkey after they sign
    up for a new user account."
    """
    name, key = at.account.name("anna"), Authenticator(scripted.page)
    scripted.opens(locally(at.begin(f"{elsewhere}/callback")))
    scripted.follows("Sign up")
    scripted.types("Username", name)
    scripted.types("Email (optional)", "anna@example.com")
    scripted.types("Password", PASSWORD)
    scripted.presses("Sign up")
    scripted.sees("Confirm your account")
    scripted.types("Code", at.account.last_code(name))
    scripted.presses("Confirm")
    scripted.presses("Next")
    scripted.types("Password", PASSWORD)
    scripted.presses("Sign in")
    scripted.sees(SET_UP)
    scripted.presses("Add a passkey" if adds else "Not now")
    assert "code" in scripted.is_back(elsewhere)
    assert len(key.passkeys()) == adds
    named(at, scripted, name, elsewhere, prompt="login")
    expect(scripted.page.get_by_role("button", name="Sign in with a passkey")).to_have_count(int(adds))


def test_a_person_signs_in_with_a_code_of_their_choice(at: App, person: Person, elsewhere: str) -> None:
    name = at.pool.confirmed()
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    at.pool.admin.admin_update_user_attributes(UserPoolId=at.pool.id, Username=name, UserAttributes=phone)
    for way in ("Sign in with a code by e-mail", "Sign in with a code by text message"):
        named(at, person, name, elsewhere, prompt="login")
        person.sees(CHOICE)
        person.presses(way)
        person.sees("Enter the code")
        person.types("Code", at.account.last_code(name))
        person.presses("Continue")
        assert "code" in person.is_back(elsewhere)


def test_without_scripts_a_person_goes_another_way(at: App, scriptless: Person, elsewhere: str) -> None:
    named(at, scriptless, at.pool.confirmed(), elsewhere)
    scriptless.types("Password", PASSWORD)
    scriptless.presses("Sign in")
    assert "code" in scriptless.is_back(elsewhere)
    scriptless.opens(adding(at, elsewhere))
    expect(scriptless.page.get_by_text("A passkey needs JavaScript")).to_be_visible()
    scriptless.follows("Not now")
    expect(scriptless.page).to_have_url(f"{elsewhere}/callback")


def test_a_page_at_an_address_without_a_name_says_where_passkeys_work(
    at: App, scripted: Person, elsewhere: str
) -> None:
    """https://www.w3.org/TR/webauthn-3/#rp-id: an IP address is no relying party."""
    name = at.pool.confirmed()
    scripted.opens(at.begin(f"{elsewhere}/callback"))
    scripted.types("Username", name)
    scripted.presses("Next")
    scripted.types("Password", PASSWORD)
    scripted.presses("Sign in")
    assert "code" in scripted.is_back(elsewhere)
    scripted.opens(adding(at, elsewhere).replace("//localhost", "//127.0.0.1", 1))
    scripted.is_told("open the page at `http://localhost:")
    scripted.sees(SET_UP)
