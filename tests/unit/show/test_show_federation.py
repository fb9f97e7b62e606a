"""A browser's redirects and SAML messages as a learner sees them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.record import Secret, Visit
from labkit.saml import UnverifiedAuthnRequest, UnverifiedSamlResponse
from labkit.show.blocks import Drawing

DOMAIN, IDP, APP = (
    "http://127.0.0.1:1/_domain/lab",
    "http://127.0.0.1:1/_idp/corp",
    "http://127.0.0.1:2/callback",
)
NAMES = {DOMAIN: "Cognito", IDP: "Example Corp", APP: "your app"}
CODE, STATE = "a-code-that-opens-something", "a-state-of-thirty-characters-or-so"
VISITS = (
    Visit(
        "GET", f"{DOMAIN}/oauth2/authorize", {"redirect_uri": APP, "state": STATE}, 302, f"{IDP}/authorize"
    ),
    Visit("GET", f"{IDP}/authorize", {"SAMLRequest": "fVLJ", "RelayState": STATE}, 200),
    Visit("POST", f"{IDP}/authorize", {"email": "ana@example.com", "password": "pass"}, 302, f"{APP}?code=x"),
    Visit("GET", APP, {"code": CODE, "state": "short"}, 200),
)


def test_a_browsers_way_names_who_was_asked_and_what_was_carried() -> None:
    text = show.redirects(VISITS, NAMES, title="The way").to_text()
    assert text.startswith("The way\n")
    assert " 1. --> Cognito  GET /oauth2/authorize" in text
    assert "redirect_uri: ‹your app›" in text
    assert "<-- 302, go to Example Corp" in text
    assert " 3. --> Example Corp  POST /authorize" in text
    assert " 4. --> your app  GET /" in text
    assert "SAMLRequest: an AuthnRequest" in text
    assert "state: short" in text


@pytest.mark.parametrize("form", ["text/plain", "text/html", "image/svg+xml"])
def test_it_shows_no_code_no_password_and_no_address_of_this_machine(form: str) -> None:
    shown = show.redirects(VISITS, NAMES)._repr_mimebundle_()[form]
    for secret in (CODE, STATE, "pass\n", ">pass<", "127.0.0.1"):
        assert secret not in shown
    assert "Example Corp" in shown


def test_what_failed_is_marked_and_an_unknown_place_is_named_by_its_host() -> None:
    visits = [
        Visit("POST", "https://auth.example.com/saml2/idpresponse", {}, 302, f"{APP}?error=server_error"),
        Visit("GET", "https://auth.example.com/error", {}, 400),
    ]
    text = show.redirects(visits, NAMES).to_text()
    assert "auth.example.com  POST /saml2/idpresponse" in text
    assert "<-- ✗ 302, go to your app" in text
    assert "<-- ✗ 400, a page" in text
    assert "nothing" in show.redirects(visits, NAMES).to_html()


def test_of_the_places_the_longest_address_counts() -> None:
    names = {"http://127.0.0.1:1": "this machine", DOMAIN: "Cognito"}
    assert "--> Cognito  GET /oauth2/authorize" in show.redirects(VISITS[:1], names).to_text()
    assert "--> this machine" in show.redirects(VISITS[1:2], names).to_text()


def test_a_browser_that_was_nowhere_says_so_and_other_things_are_refused() -> None:
    assert "It has not been anywhere." in show.redirects([], NAMES).to_text()
    with pytest.raises(LabError, match=r"pass `browser\.visits`"):
        show.redirects(["a page"], NAMES)  # type: ignore[list-item]


def request(**changed: Any) -> UnverifiedAuthnRequest:
    given: dict[str, Any] = {
        "id": "_1", "issuer": "urn:amazon:cognito:sp:us-east-1_Example1", "destination": f"{IDP}/saml/sso",
        "assertion_consumer_service_url": f"{DOMAIN}/saml2/idpresponse",
        "issued": datetime(2026, 1, 1, 9, tzinfo=UTC), "force_authn": False, "signed": False,
        "relay_state": STATE, "xml": "<a/>",
    }  # fmt: skip
    return UnverifiedAuthnRequest(**given | changed)


def response(**changed: Any) -> UnverifiedSamlResponse:
    given: dict[str, Any] = {
        "issuer": f"{IDP}/saml", "status": "Success", "destination": f"{DOMAIN}/saml2/idpresponse",
        "in_response_to": "_1", "assertion_id": "_a", "subject": "ana@example.com", "audience": "urn:x",
        "recipient": f"{DOMAIN}/saml2/idpresponse", "not_before": datetime(2026, 1, 1, 9, tzinfo=UTC),
        "not_on_or_after": None, "attributes": {"groups": ("staff", "research")}, "signed": ("Assertion",),
        "encrypted": False, "xml": Secret("<assertion-that-signs-in/>"),
    }  # fmt: skip
    return UnverifiedSamlResponse(**given | changed)


def test_a_request_says_what_each_part_is_for_and_that_nothing_was_verified() -> None:
    text = show.saml(request(), NAMES).to_text()
    assert text.startswith("A SAML AuthnRequest, unverified")
    assert "It carries no signature. Anyone may have written it" in text
    assert "‹Cognito›/saml2/idpresponse" in text
    assert "2026-01-01 09:00:00 UTC" in text
    assert (
        "A signature covers it; whether it holds was not asked." in show.saml(request(signed=True)).to_text()
    )


def test_a_response_shows_its_parts_and_attributes_and_keeps_its_xml() -> None:
    view = show.saml(response(), NAMES)
    text = view.to_text()
    assert "A signature covers its Assertion; whether it holds was not asked." in text
    for part in ("‹Example Corp›/saml", "urn:x", "_1", "ana@example.com", "staff\n", "research"):
        assert part in text
    assert "assertion-that-signs-in" not in text + view.to_html()
    assert "carries no signature" in show.saml(response(signed=())).to_text()
    both = show.saml(response(signed=("Response", "Assertion"))).to_text()
    assert "its Response and Assertion" in both


def test_an_attribute_that_is_named_by_an_address_breaks_where_there_is_no_room() -> None:
    """A notebook of 700 pixels cut the values off."""
    claim = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
    html = show.saml(response(attributes={claim: ("ana@example.com",), "groups": ("staff",)})).to_html()
    by_name = {name: style for style, name in re.findall(r'<th scope="row" style="([^"]*)">([^<]*)', html)}
    assert "overflow-wrap:anywhere" in by_name[claim]
    assert "overflow-wrap" not in by_name["groups"]


def test_an_encrypted_assertion_is_said_to_be_one() -> None:
    text = show.saml(response(encrypted=True, attributes={}, subject="")).to_text()
    assert "The assertion is encrypted: only the pool has the key." in text
    assert "Attributes" not in text
    assert "none" in text


def test_what_is_no_message_gets_a_sentence() -> None:
    with pytest.raises(LabError, match=r"`labkit\.saml` reads one"):
        show.saml("<Response/>")  # type: ignore[arg-type]


def test_hostile_text_stays_text() -> None:
    page = show.saml(response(subject="<script>alert(1)</script>")).to_html()
    assert "<script>" not in page
    visit = Visit("GET", f"{IDP}/<script>", {"a": "<script>"}, 200)
    bundle = show.redirects([visit], NAMES)._repr_mimebundle_()
    assert all("<script>" not in bundle[form] for form in ("text/html", "image/svg+xml"))


def test_what_is_carried_stands_on_the_arrows_where_it_is_wanted() -> None:
    plain = show.redirects(VISITS, NAMES).blocks[0]
    told = show.redirects(VISITS, NAMES, on_arrows=("state", "RelayState", "password")).blocks[0]
    assert isinstance(plain, Drawing)
    assert isinstance(told, Drawing)
    assert "1. GET /oauth2/authorize – state: a-stat…" in told.svg
    assert "2. GET /authorize – RelayState: a-stat…" in told.svg
    assert "3. POST /authorize – password: …" in told.svg
    assert "state" not in plain.svg
    assert STATE not in told.svg
    assert told.text == plain.text
