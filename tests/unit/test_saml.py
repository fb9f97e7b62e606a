"""Reading SAML messages, which is not believing them."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from labkit.errors import LabError
from labkit.record import Secret
from labkit.saml import decode_unverified_request, decode_unverified_response

_NAMES = (
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
)
REQUEST = (
    f'<samlp:AuthnRequest {_NAMES} ID="_1" Destination="https://idp.example.com/sso" ForceAuthn="true" '
    'IssueInstant="2026-01-01T09:00:00Z" AssertionConsumerServiceURL="https://sp.example.com/acs">'
    "<saml:Issuer>urn:amazon:cognito:sp:us-east-1_Example1</saml:Issuer></samlp:AuthnRequest>"
)
ASSERTION = (
    '<saml:Assertion ID="_a"><saml:Issuer>https://idp.example.com</saml:Issuer><ds:Signature/><saml:Subject>'
    "<saml:NameID>ana@example.com</saml:NameID><saml:SubjectConfirmation><saml:SubjectConfirmationData "
    'Recipient="https://sp.example.com/acs" InResponseTo="_1"/></saml:SubjectConfirmation></saml:Subject>'
    '<saml:Conditions NotBefore="2026-01-01T09:00:00Z" NotOnOrAfter="2026-01-01T10:05:00+01:00">'
    "<saml:AudienceRestriction><saml:Audience>urn:amazon:cognito:sp:us-east-1_Example1</saml:Audience>"
    "</saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement>"
    '<saml:Attribute Name="groups"><saml:AttributeValue>staff</saml:AttributeValue>'
    "<saml:AttributeValue>research</saml:AttributeValue></saml:Attribute>"
    "</saml:AttributeStatement></saml:Assertion>"
)
STATUS = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'


def deflated(document: str) -> str:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packing.compress(document.encode()) + packing.flush()).decode()


def address(document: str = REQUEST, **more: str) -> str:
    return f"https://idp.example.com/sso?{urlencode({'SAMLRequest': deflated(document)} | more)}"


def response(inside: str = STATUS + ASSERTION) -> str:
    document = (
        f'<samlp:Response {_NAMES} Destination="https://sp.example.com/acs" InResponseTo="_1">'
        f"{inside}</samlp:Response>"
    )
    return base64.b64encode(document.encode()).decode()


def test_a_request_is_read_from_the_address_that_carries_it() -> None:
    found = decode_unverified_request(address(RelayState="relay"))
    assert (found.id, found.relay_state) == ("_1", "relay")
    assert found.issuer == "urn:amazon:cognito:sp:us-east-1_Example1"
    assert found.destination == "https://idp.example.com/sso"
    assert found.assertion_consumer_service_url == "https://sp.example.com/acs"
    assert found.issued == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert (found.force_authn, found.signed) == (True, False)
    assert decode_unverified_request(address(Signature="x", SigAlg="y")).signed


def test_a_response_is_read_from_its_form() -> None:
    found = decode_unverified_response(response())
    assert (found.status, found.issuer) == ("Success", "https://idp.example.com")
    assert (found.subject, found.assertion_id) == ("ana@example.com", "_a")
    assert found.audience == "urn:amazon:cognito:sp:us-east-1_Example1"
    assert found.recipient == found.destination == "https://sp.example.com/acs"
    assert found.in_response_to == "_1"
    assert found.not_before == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert found.not_on_or_after == datetime(2026, 1, 1, 9, 5, tzinfo=UTC)
    assert found.attributes == {"groups": ("staff", "research")}
    assert (found.signed, found.encrypted) == (("Assertion",), False)
    assert decode_unverified_response(Secret(response())) == found


def test_a_response_that_says_little_is_read_as_far_as_it_goes() -> None:
    failed = STATUS.replace("Success", "Responder")
    found = decode_unverified_response(response(failed + "<saml:EncryptedAssertion/>"))
    assert (found.status, found.subject, found.encrypted) == ("Responder", "", True)
    assert (found.not_before, found.signed, found.attributes) == (None, (), {})
    assert decode_unverified_response(response("<ds:Signature/>")).signed == ("Response",)


def test_a_response_keeps_itself_to_itself() -> None:
    found = decode_unverified_response(response())
    assert "saml:Assertion" in found.xml.reveal()
    assert "saml:Assertion" not in f"{found!r} {found.xml}"


@pytest.mark.parametrize(
    "text", ["", "no base64", base64.b64encode(b"no XML").decode(), base64.b64encode(b"<a/>").decode()]
)
def test_what_is_no_response_gets_a_sentence(text: str) -> None:
    assert decode_unverified_response(response()).subject
    with pytest.raises(LabError, match="pass a form's `SAMLResponse`, in base64"):
        decode_unverified_response(text)


@pytest.mark.parametrize(
    "place", ["https://idp.example.com/", "https://idp.example.com/?SAMLRequest=AAAA", address("<a/>")]
)
def test_what_is_no_request_gets_a_sentence(place: str) -> None:
    assert decode_unverified_request(address()).id
    with pytest.raises(LabError, match="pass the address of a redirect"):
        decode_unverified_request(place)


def test_a_message_with_a_document_type_is_not_read() -> None:
    text = base64.b64decode(response()).decode()
    with_type = f'<!DOCTYPE r [<!ENTITY e "x">]>{text}'
    assert decode_unverified_response(base64.b64encode(text.encode()).decode()).subject
    with pytest.raises(LabError):
        decode_unverified_response(base64.b64encode(with_type.encode()).decode())


def test_a_request_that_swells_is_not_read_to_its_end() -> None:
    padded = REQUEST.replace("</saml:Issuer>", f"</saml:Issuer><!--{' ' * 10_000_000}-->")
    commented = REQUEST.replace("</saml:Issuer>", "</saml:Issuer><!-- -->")
    assert decode_unverified_request(address(commented)).id
    with pytest.raises(LabError):
        decode_unverified_request(address(padded))
