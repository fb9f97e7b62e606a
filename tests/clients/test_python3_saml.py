"""python3-saml, unmodified, as a service provider of the lab's provider, and as whoever a user pool asks.

It holds each message to SAML's schemas (`strict`): https://github.com/SAML-Toolkits/python3-saml
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from tests.clients import saml
from tests.clients.pages import query
from tests.clients.saml import ANA, CALLBACK, POST, SIGNED_OUT, App, Browser, changed
from tests.clients.served import Served

pytestmark = [pytest.mark.clients]

ENTITY_ID, PLACE = "https://sp.example.com/python3-saml", "http://127.0.0.1:9"


def at(address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """A request, as python3-saml wants it described."""
    parts = urlsplit(address)
    return {
        "https": "off", "http_host": parts.netloc, "script_name": parts.path, "get_data": query(address),
        "post_data": form or {}, "query_string": parts.query,
    }  # fmt: skip


def party(entity_id: str, place: str, idp: dict[str, Any], **security: Any) -> dict[str, Any]:
    """Settings of a service provider whose endpoints have the paths of a user pool's domain."""
    sp = {
        "entityId": entity_id,
        "assertionConsumerService": {"url": f"{place}/saml2/idpresponse", "binding": POST},
        "singleLogoutService": {"url": f"{place}/saml2/logout"},
    }
    wanted = {"wantAssertionsSigned": True, "wantNameId": True, "rejectDeprecatedAlgorithm": True} | security
    return {"strict": True, "sp": sp, "idp": idp, "security": wanted}


def lab(served: Served) -> dict[str, Any]:
    """The lab's identity provider, from its metadata."""
    document = requests.get(address_of(served), timeout=10).text
    return dict(OneLogin_Saml2_IdPMetadataParser.parse(document)["idp"])


def address_of(served: Served) -> str:
    known = requests.get(f"{served.endpoint}/_idp/apps.json", timeout=10).json()
    return str(known["example-corp"]["saml_metadata"])


# --- the lab's identity provider --------------------------------------------------------------------------


def test_python3_saml_finds_the_endpoints_in_the_lab_s_metadata(served: Served) -> None:
    found, there = lab(served), address_of(served).removesuffix("/metadata")
    assert found["entityId"] == there
    assert found["singleSignOnService"]["url"] == f"{there}/sso"
    assert found["singleLogoutService"]["url"] == f"{there}/slo"


def answered(served: Served) -> tuple[dict[str, Any], str, dict[str, str]]:
    """Settings, the ID of python3-saml's request, and the lab's response to it."""
    settings = party(ENTITY_ID, PLACE, lab(served))
    auth = OneLogin_Saml2_Auth(at(f"{PLACE}/saml2/idpresponse"), settings)
    address, fields = Browser().signs_in(auth.login(return_to=f"{PLACE}/home"))
    assert (address, fields["RelayState"]) == (f"{PLACE}/saml2/idpresponse", f"{PLACE}/home")
    return settings, auth.get_last_request_id(), fields


def read(settings: dict[str, Any], request_id: str, fields: dict[str, str]) -> OneLogin_Saml2_Auth:
    auth = OneLogin_Saml2_Auth(at(f"{PLACE}/saml2/idpresponse", fields), settings)
    auth.process_response(request_id=request_id)
    return auth


def test_python3_saml_takes_a_response_of_the_lab_s_provider(served: Served) -> None:
    auth = read(*answered(served))
    assert (auth.get_errors(), auth.get_last_error_reason()) == ([], None)
    assert auth.is_authenticated()
    assert auth.get_nameid() == ANA["email"]
    assert auth.get_attribute("department") == ["Research"]
    assert auth.get_session_index()


def test_python3_saml_refuses_a_response_that_was_changed_or_answers_another_request(served: Served) -> None:
    settings, request_id, fields = answered(served)
    assert read(settings, request_id, fields).is_authenticated()
    forged = changed(fields["SAMLResponse"], lambda text: text.replace(ANA["email"], "eve@example.com"))
    assert "Signature validation failed" in str(
        read(settings, request_id, {"SAMLResponse": forged}).get_last_error_reason()
    )
    assert not read(settings, "_another", fields).is_authenticated()


def signing_out(served: Served) -> tuple[App, Browser, str, dict[str, str]]:
    """A user pool's sign-out at the lab's provider, whose answer is on its way back."""
    app, browser = saml.app({"MetadataURL": address_of(served), "IDPSignout": "true"}), Browser()
    to, fields = browser.signs_in(browser.sent_to(app.authorize))
    assert browser.post(to, fields).headers["Location"].startswith(CALLBACK)
    address = browser.sent_to(app.logout)
    return app, browser, address, browser.shown(address)[1]


def test_python3_saml_takes_the_lab_s_provider_s_answer_to_a_sign_out(served: Served) -> None:
    """As the user pool that has asked: schema, issuer, destination, request; and the signature by itself."""
    app, browser, address, fields = signing_out(served)
    idp = lab(served)
    settings = OneLogin_Saml2_Settings(party(app.entity_id, app.domain, idp))
    document = OneLogin_Saml2_Utils.decode_base64_and_inflate(query(address)["SAMLRequest"]).decode()
    request_id = document.partition(' ID="')[2].partition('"')[0]
    response = OneLogin_Saml2_Logout_Response(settings, fields["SAMLResponse"])
    assert response.is_valid(at(app.slo), request_id, raise_exceptions=True)
    assert response.get_status() == "urn:oasis:names:tc:SAML:2.0:status:Success"
    assert not response.is_valid(at(app.slo), "_another")
    assert not response.is_valid(at(app.acs), request_id)
    text = base64.b64decode(fields["SAMLResponse"]).decode()
    how = {"cert": idp["x509cert"], "xpath": "/samlp:LogoutResponse/ds:Signature"}
    assert OneLogin_Saml2_Utils.validate_sign(text, **how)
    assert not OneLogin_Saml2_Utils.validate_sign(text.replace(":Success", ":Responder"), **how)
    assert browser.post(app.slo, fields).headers["Location"] == SIGNED_OUT


# --- what a user pool sends -------------------------------------------------------------------------------


def receiver(app: App, address: str) -> OneLogin_Saml2_Auth:
    """python3-saml at the address where a user pool's LogoutRequest arrives, with the pool's certificate."""
    pool = {
        "entityId": app.entity_id,
        "singleSignOnService": {"url": app.acs},
        "singleLogoutService": {"url": app.slo},
        "x509cert": app.signing_certificate,
    }
    return OneLogin_Saml2_Auth(at(address), party(ENTITY_ID, PLACE, pool, wantMessagesSigned=True))


def test_python3_saml_takes_a_user_pool_s_request_to_sign_out(served: Served) -> None:
    app, _, address, _ = signing_out(served)
    auth = receiver(app, address)
    to = auth.process_slo(keep_local_session=True)
    assert (auth.get_errors(), auth.get_last_error_reason()) == ([], None)
    assert to.startswith(f"{app.slo}?SAMLResponse=")


@pytest.mark.parametrize("change", [{"RelayState": "x"}, {"Signature": "AAAA"}])
def test_python3_saml_refuses_a_request_to_sign_out_that_was_changed(
    served: Served, change: dict[str, str]
) -> None:
    app, _, address, _ = signing_out(served)
    assert receiver(app, address).process_slo(keep_local_session=True)
    forged = f"{address.partition('?')[0]}?{urlencode(query(address) | change)}"
    auth = receiver(app, forged)
    assert auth.process_slo(keep_local_session=True) is None
    assert "invalid_logout_request_signature" in auth.get_errors()


def test_a_user_pool_s_signed_request_to_sign_in_is_what_the_schemas_want(served: Served) -> None:
    app = saml.app({"MetadataURL": address_of(served), "RequestSigningAlgorithm": "rsa-sha256"})
    address = Browser().sent_to(app.authorize)
    given = query(address)
    document = OneLogin_Saml2_Utils.decode_base64_and_inflate(given["SAMLRequest"])
    checked = OneLogin_Saml2_XML.validate_xml(document, "saml-schema-protocol-2.0.xsd")
    assert not isinstance(checked, str), checked
    unknown = OneLogin_Saml2_XML.validate_xml(
        document.replace(b" ID=", b" Id="), "saml-schema-protocol-2.0.xsd"
    )
    assert unknown == "invalid_xml"
    certificate = OneLogin_Saml2_Utils.format_cert(app.signing_certificate)
    signed, signature = urlsplit(address).query.partition("&Signature=")[0], given["Signature"]

    def holds(query_string: str) -> bool:
        found = OneLogin_Saml2_Utils.validate_binary_sign(
            query_string.encode(), base64.b64decode(signature), certificate, given["SigAlg"]
        )
        return bool(found)

    assert holds(signed)
    assert not holds(signed.replace("RelayState=", "RelayState=x"))
