"""Signing out at a SAML 2.0 provider too.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-sign-out.html
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from labkit.local.saml import NAMES, inflated
from tests.local import directories
from tests.local.accounts import LocalAccount
from tests.local.federation import (
    ANA,
    BEN,
    CLAIMS,
    CORP,
    Traveller,
    federated,
    form_of,
    provider,
    tokens,
    traveller,
)
from tests.local.managed_login import CALLBACK, SIGNED_OUT, App, Screen, claims, query

MAPPING = {"email": f"{CLAIMS}/emailaddress"}
SIGN_OUT = {"IDPSignout": "true"}
_ASKS = '<input id="password"'


@pytest.fixture
def at(account: LocalAccount) -> App:
    return federated(account, "SAML", mapping=MAPPING, more=SIGN_OUT)


def leaves(browser: Traveller, at: App, **more: str) -> Screen:
    """Where the browser is after /logout, and all that follows from it."""
    return browser.go(_logout(at, more))


def sent_to(browser: Traveller, at: App, **more: str) -> str:
    """Where /logout sends the browser."""
    return str(browser.send("GET", _logout(at, more)).headers["Location"])


def _logout(at: App, more: dict[str, str]) -> str:
    given = {"client_id": at.client_id} | (more or {"logout_uri": SIGNED_OUT})
    return f"{at.base}/logout?{urlencode(given)}"


def asks(screen: Screen) -> bool:
    """Whether the provider wants a password."""
    return _ASKS in screen.reply.text


def test_a_sign_out_ends_the_session_at_the_provider_too(at: App) -> None:
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    assert "code" in browser.departs(at).query  # by the session cookie
    stolen = browser.cookies["cognito"]
    screen = leaves(browser, at)
    assert (screen.location, "cognito" in browser.cookies) == (SIGNED_OUT, False)
    assert asks(browser.departs(at))
    browser.cookies["cognito"] = stolen
    assert asks(browser.departs(at))
    assert claims(tokens(at, browser.enter(browser.departs(at), BEN))["id_token"])["cognito:username"]


def test_elsewhere_the_provider_s_session_goes_on(account: LocalAccount) -> None:
    at = federated(account, "SAML", mapping=MAPPING)
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    assert leaves(browser, at).location == SIGNED_OUT
    assert "cognito" not in browser.cookies
    assert "code" in browser.departs(at).query  # nobody was asked for a password
    assert browser.visited[-1].startswith(CALLBACK)


def test_without_single_logout_another_person_must_ask_to_sign_in_anew(account: LocalAccount) -> None:
    """`prompt=login` becomes ForceAuthn (SAML Core, 3.4.1)."""
    at = federated(account, "SAML", mapping=MAPPING)
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    assert asks(browser.departs(at, prompt="login"))
    known = claims(tokens(at, browser.enter(browser.departs(at, prompt="login"), BEN))["id_token"])
    assert known["cognito:username"] == f"{CORP}_{BEN[0]}"


def logout_request(browser: Traveller, at: App) -> tuple[str, dict[str, str], Any]:
    """The latest one: where it went, its parameters, and the message."""
    address = sent_to(browser, at)
    sent = query(address)
    return address, sent, etree.fromstring(inflated(sent["SAMLRequest"]))


def test_the_request_names_the_session_as_the_provider_does(at: App) -> None:
    browser = traveller(at)
    page = browser.departs(at)
    body = urlencode({"email": ANA[0], "password": ANA[1]})
    reply = browser.send(
        "POST", browser.visited[-1], body, {"Content-Type": "application/x-www-form-urlencoded"}
    )
    _, fields = form_of(reply) or ("", {})
    assertion = etree.fromstring(base64.b64decode(fields["SAMLResponse"])).find("saml:Assertion", NAMES)
    assert page.status == 200
    tokens(at, browser.posted(reply))
    address, sent, root = logout_request(browser, at)
    described = at.pool.admin.describe_identity_provider(UserPoolId=at.pool.id, ProviderName=CORP)
    place = described["IdentityProvider"]["ProviderDetails"]["SLORedirectBindingURI"]
    assert address.startswith(f"{place}?SAMLRequest=")
    assert (root.tag, root.get("Destination")) == (f"{{{NAMES['samlp']}}}LogoutRequest", place)
    assert root.findtext("saml:Issuer", None, NAMES) == f"urn:amazon:cognito:sp:{at.pool.id}"
    name, given = root.find("saml:NameID", NAMES), assertion.find("saml:Subject/saml:NameID", NAMES)
    assert (name.text, dict(name.attrib)) == (ANA[0], dict(given.attrib))
    index = assertion.find("saml:AuthnStatement", NAMES).get("SessionIndex")
    assert root.findtext("samlp:SessionIndex", None, NAMES) == index
    assert set(sent) == {"SAMLRequest", "RelayState", "SigAlg", "Signature"}


def test_the_request_is_signed_by_the_pool_s_certificate(at: App) -> None:
    """ "Amazon Cognito signs the sign-out request with your user pool signing certificate", whether or not it
    signs requests to sign in."""
    described = at.pool.admin.describe_identity_provider(UserPoolId=at.pool.id, ProviderName=CORP)
    assert "RequestSigningAlgorithm" not in described["IdentityProvider"]["ProviderDetails"]
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    address, sent, _ = logout_request(browser, at)
    assert sent["SigAlg"] == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    text = at.pool.admin.get_signing_certificate(UserPoolId=at.pool.id)["Certificate"]
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    key: Any = x509.load_pem_x509_certificate(pem.encode()).public_key()
    content = urlsplit(address).query.partition("&Signature=")[0]
    key.verify(base64.b64decode(sent["Signature"]), content.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_the_answer_is_posted_to_the_domain(at: App) -> None:
    """The endpoint "accepts POST binding only".

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
    """
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    page = browser.send("GET", sent_to(browser, at))
    address, fields = form_of(page) or ("", {})
    assert address == f"{at.account.endpoint}{at.base}/saml2/logout"
    root = etree.fromstring(base64.b64decode(fields["SAMLResponse"]))
    # The schemas of SAML want the signature right behind the issuer.
    assert [etree.QName(child).localname for child in root] == ["Issuer", "Signature", "Status"]
    got = at.account.send("GET", f"{address}?{urlencode(fields)}")
    assert (got.status, got.headers["Allow"]) == (405, "POST")
    assert browser.posted(page).location == SIGNED_OUT


def test_a_sign_out_may_lead_to_the_next_sign_in(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html: "one more redirect to
    the redirect_uri or logout_uri from your request"."""
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    more = {"redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "s-2"}
    screen = leaves(browser, at, **more)
    assert browser.visited[-1].startswith(f"{at.base}/login?")
    assert (screen.status, query(browser.visited[-1])["state"]) == (200, "s-2")


def test_the_pool_s_own_users_are_sent_to_no_provider(at: App) -> None:
    both = at.another(SupportedIdentityProviders=["COGNITO", CORP])
    browser = traveller(both)
    tokens(both, both.signed_in(at.pool.confirmed(), browser))
    assert sent_to(browser, both) == SIGNED_OUT
    tokens(both, browser.enter(browser.departs(both), ANA))
    assert "SAMLRequest" in query(sent_to(browser, both))


@pytest.mark.unconfirmed
def test_a_provider_without_a_place_for_it_takes_no_part(account: LocalAccount) -> None:
    """AWS says where it finds the place, and not what it does where there is none."""
    document = directories.metadata("corporate", "https://idp.example.com", "http://127.0.0.1:9/sso")
    more = {"MetadataURL": "", "MetadataFile": document} | SIGN_OUT
    at = federated(account, "SAML", mapping=MAPPING, more=more)
    described = at.pool.admin.describe_identity_provider(UserPoolId=at.pool.id, ProviderName=CORP)
    kept = described["IdentityProvider"]["ProviderDetails"]
    assert (kept["IDPSignout"], "SLORedirectBindingURI" in kept) == ("true", False)


def test_a_person_may_sign_out_at_the_provider(account: LocalAccount) -> None:
    at = federated(account, "SAML", mapping=MAPPING)
    browser = traveller(at)
    for _ in range(2):
        tokens(at, browser.arrives(at))
        assert leaves(browser, at).location == SIGNED_OUT
        assert browser.go("/_idp/example-corp/saml/signout").title == "You are signed out"
        assert asks(browser.departs(at))


def test_one_session_at_the_provider_serves_several_pools(account: LocalAccount, at: App) -> None:
    other = federated(account, "SAML", mapping=MAPPING, more=SIGN_OUT)
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    browser.cookies.pop("cognito")  # which is another one in a browser: each domain has its path
    assert "code" in browser.departs(other).query
    assert leaves(browser, other).location == SIGNED_OUT
    assert asks(browser.departs(at))


def test_who_has_signed_out_elsewhere_may_still_sign_out_here(account: LocalAccount, at: App) -> None:
    other = federated(account, "SAML", mapping=MAPPING, more=SIGN_OUT)
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    mine = browser.cookies.pop("cognito")
    assert "code" in browser.departs(other).query
    assert leaves(browser, other).location == SIGNED_OUT
    browser.cookies["cognito"] = mine
    assert "code" in browser.departs(at).query
    assert leaves(browser, at).location == SIGNED_OUT
    assert asks(browser.departs(at))


@pytest.mark.unconfirmed
def test_a_provider_that_is_no_more_cannot_keep_anybody_signed_in(at: App) -> None:
    provider(at, "SAML", "Another", MAPPING, SIGN_OUT)
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    assert "SAMLRequest" in query(sent_to(browser, at))
    at.pool.admin.delete_identity_provider(UserPoolId=at.pool.id, ProviderName=CORP)
    assert leaves(browser, at).location == SIGNED_OUT


def test_a_bad_request_sends_nobody_to_the_provider(at: App) -> None:
    browser = traveller(at)
    tokens(at, browser.arrives(at))
    assert "SAMLRequest" in query(sent_to(browser, at))
    assert leaves(browser, at, logout_uri="https://evil.example.com").status == 400
    assert "code" in browser.departs(at).query
