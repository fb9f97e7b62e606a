"""A person who signs in through each provider that a user pool may have; the lab stands in for all of them.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, expect

from labkit.local.app import LocalApp
from labkit.local.lab_idp import pages
from labkit.local.server import Server
from tests.browser.apps import SIGN_IN, an_app, signs_out, urls
from tests.browser.person import Person
from tests.local.federation import ANA, CLAIMS, CORP, provider
from tests.local.managed_login import App, claims

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_EMAIL = {"email": "email"}


@dataclass(frozen=True)
class Way:
    """One provider: what its page is called, how it knows Ana, and what of her reaches the ID token."""

    kind: str
    page: str
    subject: str
    mapping: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str | bool] = field(default_factory=dict)
    #: What the app is told when she cancels there:
    #: https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
    cancelled: str = "access_denied"
    #: Whether it answers by a form that the browser posts; without scripts a person presses its button.
    posts: bool = False

    @property
    def name(self) -> str:
        return CORP if self.kind in ("OIDC", "SAML") else self.kind


WAYS = [
    Way("Google", "Google", "104817263554920018374", _EMAIL | {"name": "name"}, {"name": "Ana Reyes"}),
    Way("Facebook", "Facebook", "10158224466880011", _EMAIL | {"given_name": "first_name"},
        {"given_name": "Ana"}),
    Way("LoginWithAmazon", "Amazon", "amzn1.account.AEANAEXAMPLE", _EMAIL | {"zoneinfo": "postal_code"},
        {"zoneinfo": "94107"}),
    Way("SignInWithApple", "Apple", "001234.a1b2c3d4e5f60718293a4b5c6d7e8f90.0911",
        _EMAIL | {"email_verified": "email_verified"}, {"email_verified": True},
        cancelled="user_cancelled_authorize", posts=True),
    Way("OIDC", "Example Corp", "e-1001", _EMAIL | {"phone_number": "phone_number"},
        {"phone_number": "+14155550121"}),
    # AWS documents no error for a SAML provider that authenticated nobody (unconfirmed).
    Way("SAML", "Example Corp", ANA[0],
        {"email": f"{CLAIMS}/emailaddress", "family_name": f"{CLAIMS}/surname"}, {"family_name": "Reyes"},
        cancelled="server_error", posts=True),
]  # fmt: skip
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)


@pytest.fixture
def at(served: tuple[LocalApp, Server], elsewhere: str, way: Way) -> App:
    """An app that takes the pool's own users, and the provider's."""
    begun = an_app(served, elsewhere)
    name = provider(begun, way.kind, mapping=way.mapping)
    return begun.another(SupportedIdentityProviders=["COGNITO", name], **urls(elsewhere))


def departs(at: App, person: Person, way: Way, there: str) -> None:
    """From the sign-in page to the provider's."""
    person.opens(at.begin(f"{there}/callback", scope="openid email profile phone"))
    person.sees(SIGN_IN)
    person.follows(f"Continue with {CORP if way.name == CORP else way.page}")
    person.sees(way.page)


def returns(person: Person, way: Way) -> None:
    if way.posts and not person.scripts:
        person.sees("Signing in …")
        person.presses("Continue")


@each_way
def test_a_person_comes_by_a_provider_and_leaves(at: App, person: Person, way: Way, elsewhere: str) -> None:
    departs(at, person, way, elsewhere)
    person.types("E-mail address", ANA[0])
    person.types("Password", "wrong")
    person.presses("Sign in")
    person.is_told("do not match")
    person.opens_up("Who has an account here?")
    row = person.page.get_by_role("row").filter(has_text=ANA[0])
    expect(row).to_contain_text(ANA[1])
    person.sees(way.page)
    person.types("Password", ANA[1])
    person.presses("Sign in")
    returns(person, way)
    back = person.is_back(elsewhere)
    assert back["state"] == "xyz"
    reply = at.exchange(back["code"], redirect_uri=f"{elsewhere}/callback")
    assert reply.status == 200, reply.text
    identity = claims(reply.json["id_token"])
    (known,) = identity["identities"]
    assert (known["providerName"], known["providerType"]) == (way.name, way.kind)
    assert (known["userId"], known["primary"]) == (way.subject, "true")
    assert identity["cognito:username"] == f"{way.name}_{way.subject}"
    assert identity["email"] == ANA[0]
    assert {name: identity[name] for name in way.claims} == way.claims
    assert claims(reply.json["access_token"])["username"] == f"{way.name}_{way.subject}"
    signs_out(at, person, elsewhere)


@each_way
def test_a_person_who_cancels_at_a_provider_is_back_without_a_code(
    at: App, person: Person, way: Way, elsewhere: str
) -> None:
    departs(at, person, way, elsewhere)
    person.presses("Cancel")
    returns(person, way)
    back = person.is_back(elsewhere)
    assert (back["error"], back["state"], "code" in back) == (way.cancelled, "xyz", False)
    if way.kind == "Facebook":
        assert back["error_description"] == "Permissions error"
    person.opens(at.begin(f"{elsewhere}/callback"))
    person.sees(SIGN_IN)


def test_the_page_that_sends_itself_on_can_be_read_before_it_does(
    browser: Browser, looked_at: set[str]
) -> None:
    """SAML's POST binding, and OAuth's `form_post`."""
    _, _, body = pages.form_post("http://127.0.0.1/saml2/idpresponse", {"SAMLResponse": "x"})
    page = browser.new_page()
    page.set_content(re.sub("<script>.*?</script>", "", body.decode()))
    person = Person(page, looked_at, scripts=True)
    person.sees("Signing in …")
    page.close()
    assert person.faults == []


def test_a_provider_refuses_a_request_in_a_page_of_its_own(
    served: tuple[LocalApp, Server], person: Person
) -> None:
    """An app that it does not know must not be told anything (RFC 6749, section 4.1.2.1)."""
    person.opens(f"{served[1].endpoint}/_idp/google/o/oauth2/v2/auth?client_id=another")
    person.sees("The request was refused")
