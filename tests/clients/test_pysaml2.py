"""pysaml2, unmodified, as a user pool's identity provider, and as a service provider of the lab's.

https://pysaml2.readthedocs.io/en/latest/howto/config.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.client import Saml2Client
from saml2.config import IdPConfig, SPConfig
from saml2.metadata import entity_descriptor
from saml2.response import IncorrectlySigned
from saml2.saml import NAME_FORMAT_URI, NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server
from saml2.sigver import SignatureError
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from tests.clients import saml
from tests.clients.pages import query
from tests.clients.saml import ANA, CALLBACK, SIGNED_OUT, App, Browser, Pair, changed, pair
from tests.clients.served import Served

pytestmark = [pytest.mark.clients]

SSO, SLO, ENTITY_ID = "http://127.0.0.1:9/sso", "http://127.0.0.1:9/slo", "https://idp.example.com/pysaml2"
#: pysaml2 names an attribute by its URI.
_MAIL = "urn:oid:0.9.2342.19200300.100.1.3"


def settings(keys: Pair, **more: Any) -> dict[str, Any]:
    common = {
        "xmlsec_binary": saml.require_xmlsec1(), "key_file": keys.key, "cert_file": keys.certificate,
    }  # fmt: skip
    return common | more


# --- the identity provider --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Company:
    """An identity provider that runs on pysaml2; of the address that it has, nobody answers."""

    keys: Pair

    @property
    def metadata(self) -> str:
        return str(entity_descriptor(self._config()))

    def server(self, app: App, **more: Any) -> Server:
        """The provider, told of the user pool as of any service provider."""
        return Server(config=self._config(metadata={"inline": [app.metadata]}, more=more))

    def _config(self, metadata: Any = None, more: dict[str, Any] | None = None) -> IdPConfig:
        idp = {
            "endpoints": {
                "single_sign_on_service": [(SSO, BINDING_HTTP_REDIRECT)],
                "single_logout_service": [(SLO, BINDING_HTTP_REDIRECT)],
            },
            "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_URI}},
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
        } | (more or {})
        known = {"metadata": metadata} if metadata else {}
        return IdPConfig().load(settings(self.keys, entityid=ENTITY_ID, service={"idp": idp}, **known))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(pair(tmp_path_factory.mktemp("pysaml2"), "company"))


def registered(company: Company, **details: str) -> App:
    """A user pool that has the provider's own metadata."""
    return saml.app({"MetadataFile": company.metadata, **details}, {"email": _MAIL})


def asked(server: Server, address: str) -> Any:
    """The AuthnRequest in an address, as pysaml2 reads it."""
    return by_redirect(server.parse_authn_request, address)


def by_redirect(parse: Callable[..., Any], address: str) -> Any:
    """A request in an address, with what is signed beside it."""
    given = query(address)
    return parse(
        given["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=given["RelayState"],
        sigalg=given.get("SigAlg"), signature=given.get("Signature"),
    )  # fmt: skip


def signed_in(server: Server, request: Any, **more: Any) -> str:
    """pysaml2's base64 response about Ana."""
    made = server.create_authn_response(
        identity={"mail": ANA["email"]},
        name_id=NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=ANA["email"]),
        authn={"class_ref": PASSWORDPROTECTEDTRANSPORT, "authn_auth": ENTITY_ID},
        **server.response_args(request.message, [BINDING_HTTP_POST]) | {"sign_assertion": True} | more,
    )
    return base64.b64encode(str(made).encode()).decode()


def back(app: App, browser: Browser, response: str, sent: str) -> requests.Response:
    fields = {"SAMLResponse": response, "RelayState": query(sent)["RelayState"]}
    return browser.post(app.acs, fields)


def arrives(app: App, browser: Browser, server: Server, **more: Any) -> str:
    """Through pysaml2 and back at the app."""
    sent = browser.sent_to(app.authorize)
    reply = back(app, browser, signed_in(server, asked(server, sent), **more), sent)
    assert reply.status_code == 302, reply.text
    return reply.headers["Location"]


@pytest.mark.parametrize("sign", [{"sign_assertion": True}, {"sign_response": True, "sign_assertion": False}])
@pytest.mark.parametrize("details", [{}, {"RequestSigningAlgorithm": "rsa-sha256"}])
def test_a_person_signs_in_through_pysaml2(
    company: Company, details: dict[str, str], sign: dict[str, bool]
) -> None:
    app = registered(company, **details)
    server = company.server(app, want_authn_requests_signed=bool(details))
    claims = app.claims(arrives(app, Browser(), server, **sign))
    assert claims["cognito:username"] == "Corp_ana@example.com"
    assert claims["email"] == ANA["email"]
    assert claims["identities"][0]["providerType"] == "SAML"


def test_pysaml2_reads_in_the_request_what_it_was_told_of_the_pool(company: Company) -> None:
    app = registered(company)
    server = company.server(app)
    request = asked(server, Browser().sent_to(app.authorize))
    assert request.message.issuer.text == app.entity_id
    found = server.response_args(request.message, [BINDING_HTTP_POST])
    assert (found["destination"], found["binding"]) == (app.acs, BINDING_HTTP_POST)


def test_pysaml2_refuses_a_request_that_the_pool_did_not_sign(company: Company) -> None:
    app = registered(company, RequestSigningAlgorithm="rsa-sha256")
    server = company.server(app, want_authn_requests_signed=True)
    address = Browser().sent_to(app.authorize)
    assert asked(server, address).message.issuer.text == app.entity_id
    with pytest.raises(IncorrectlySigned):
        asked(server, f"{address.partition('?')[0]}?{urlencode(query(address) | {'RelayState': 'x'})}")
    other = registered(company)  # whose requests are not signed
    with pytest.raises(IncorrectlySigned):
        asked(company.server(other, want_authn_requests_signed=True), Browser().sent_to(other.authorize))


def test_an_assertion_that_pysaml2_encrypts_is_opened(company: Company) -> None:
    app = registered(company, EncryptedResponses="true")
    server, browser = company.server(app), Browser()
    sent = browser.sent_to(app.authorize)
    response = signed_in(server, asked(server, sent), encrypt_assertion=True)
    document = base64.b64decode(response)
    assert b"EncryptedAssertion" in document
    assert ANA["email"].encode() not in document
    claims = app.claims(back(app, browser, response, sent).headers["Location"])
    assert claims["cognito:username"] == "Corp_ana@example.com"


def test_an_assertion_in_the_clear_is_refused_where_the_pool_wants_it_encrypted(company: Company) -> None:
    app = registered(company, EncryptedResponses="true")
    server, browser = company.server(app), Browser()
    assert "code" in query(arrives(app, browser, server, encrypt_assertion=True))
    assert "code" not in query(arrives(app, Browser(), server))


@pytest.mark.parametrize("sign", [{"sign_assertion": True}, {"sign_response": True, "sign_assertion": False}])
def test_what_was_changed_since_pysaml2_signed_it_is_refused(company: Company, sign: dict[str, bool]) -> None:
    app = registered(company)
    server, browser = company.server(app), Browser()
    assert "code" in query(arrives(app, browser, server, **sign))
    browser = Browser()
    sent = browser.sent_to(app.authorize)
    response = signed_in(server, asked(server, sent), **sign)
    forged = changed(response, lambda text: text.replace(ANA["email"], "eve@example.com"))
    told = query(back(app, browser, forged, sent).headers["Location"])
    assert (told["error"], "signature is invalid" in told["error_description"]) == ("server_error", True)


def test_another_provider_s_signature_is_refused(company: Company, tmp_path: Path) -> None:
    app = registered(company)
    mallory = replace(company, keys=pair(tmp_path, "mallory"))
    assert "code" in query(arrives(app, Browser(), company.server(app)))
    told = query(arrives(app, Browser(), mallory.server(app)))
    assert (told["error"], "signature is invalid" in told["error_description"]) == ("server_error", True)


# --- single logout ----------------------------------------------------------------------------------------


def asked_to_sign_out(server: Server, address: str) -> Any:
    return by_redirect(server.parse_logout_request, address)


@dataclass(frozen=True)
class Leaving:
    """A browser that pysaml2 has signed in, on its way to sign out there."""

    app: App
    server: Server
    browser: Browser
    address: str

    def response(self, **more: Any) -> str:
        request = asked_to_sign_out(self.server, self.address)
        made = self.server.create_logout_response(
            request.message, [BINDING_HTTP_POST], **{"sign": True} | more
        )
        return base64.b64encode(str(made).encode()).decode()

    def back(self, response: str) -> requests.Response:
        fields = {"SAMLResponse": response, "RelayState": query(self.address)["RelayState"]}
        return self.browser.post(self.app.slo, fields)

    @property
    def is_signed_in(self) -> bool:
        return self.browser.sent_to(self.app.authorize).startswith(CALLBACK)


def leaving(company: Company) -> Leaving:
    app = registered(company, IDPSignout="true", RequestSigningAlgorithm="rsa-sha256")
    server, browser = company.server(app, want_authn_requests_signed=True), Browser()
    assert "code" in query(arrives(app, browser, server))
    return Leaving(app, server, browser, browser.sent_to(app.logout))


def test_a_person_signs_out_at_pysaml2_too(company: Company) -> None:
    it = leaving(company)
    request = asked_to_sign_out(it.server, it.address)
    assert (request.message.issuer.text, request.message.destination) == (it.app.entity_id, SLO)
    assert (request.message.name_id.text, request.message.name_id.format) == (
        ANA["email"], NAMEID_FORMAT_EMAILADDRESS,
    )  # fmt: skip
    assert request.message.session_index[0].text
    assert it.is_signed_in
    assert it.back(it.response()).headers["Location"] == SIGNED_OUT
    assert not it.is_signed_in


def test_pysaml2_refuses_a_sign_out_that_the_pool_did_not_sign(company: Company) -> None:
    it = leaving(company)
    assert asked_to_sign_out(it.server, it.address).message.issuer.text == it.app.entity_id
    forged = f"{SLO}?{urlencode(query(it.address) | {'RelayState': 'x'})}"
    with pytest.raises(IncorrectlySigned):
        asked_to_sign_out(it.server, forged)


def test_a_changed_or_unsigned_answer_of_pysaml2_signs_nobody_out(company: Company) -> None:
    it = leaving(company)
    assert it.back(it.response()).headers["Location"] == SIGNED_OUT
    it = leaving(company)
    forged = changed(it.response(), lambda text: text.replace('Destination="', 'Consent="x" Destination="'))
    assert (it.back(forged).status_code, it.is_signed_in) == (400, True)
    it = leaving(company)
    assert (it.back(it.response(sign=False)).status_code, it.is_signed_in) == (400, True)


# --- the service provider ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Saml2Client:
    """A service provider of the lab's own identity provider, which it knows by its metadata."""
    keys = pair(tmp_path_factory.mktemp("pysaml2-sp"), "sp")
    return service(served, keys, "https://sp.example.com/pysaml2", "http://127.0.0.1:9")


def service(served: Served, keys: Pair, entity_id: str, place: str) -> Saml2Client:
    document = requests.get(lab(served), timeout=10).text
    sp = {
        "endpoints": {
            "assertion_consumer_service": [(f"{place}/saml2/idpresponse", BINDING_HTTP_POST)],
            "single_logout_service": [(f"{place}/saml2/logout", BINDING_HTTP_POST)],
        },
        "want_assertions_signed": True, "want_response_signed": False, "authn_requests_signed": False,
        "allow_unsolicited": False,
    }  # fmt: skip
    known = {"entityid": entity_id, "service": {"sp": sp}, "metadata": {"inline": [document]}}
    return Saml2Client(config=SPConfig().load(settings(keys, **known, allow_unknown_attributes=True)))


def lab(served: Served) -> str:
    """The address of the lab's provider's metadata, which is its name too, but for the end."""
    known = requests.get(f"{served.endpoint}/_idp/apps.json", timeout=10).json()
    return str(known["example-corp"]["saml_metadata"])


def test_pysaml2_takes_a_response_of_the_lab_s_provider(served: Served, client: Saml2Client) -> None:
    response, outstanding = answered(served, client)
    read = client.parse_authn_request_response(response, BINDING_HTTP_POST, outstanding)
    assert (read.name_id.text, read.name_id.format) == (ANA["email"], NAMEID_FORMAT_EMAILADDRESS)
    assert read.ava["department"] == ["Research"]
    assert read.issuer() == lab(served).removesuffix("/metadata")
    assert read.session_info()["session_index"]


def answered(served: Served, client: Saml2Client) -> tuple[str, dict[str, str]]:
    """The lab's response to pysaml2's request, and which requests pysaml2 waits for."""
    request_id, how = client.prepare_for_authenticate(
        lab(served).removesuffix("/metadata"), relay_state="r", binding=BINDING_HTTP_REDIRECT
    )
    address, fields = Browser().signs_in(dict(how["headers"])["Location"])
    assert (address, fields["RelayState"]) == ("http://127.0.0.1:9/saml2/idpresponse", "r")
    return fields["SAMLResponse"], {request_id: "/"}


def test_pysaml2_refuses_a_changed_response_of_the_lab_s_provider(
    served: Served, client: Saml2Client
) -> None:
    response, outstanding = answered(served, client)
    assert client.parse_authn_request_response(response, BINDING_HTTP_POST, dict(outstanding))
    forged = changed(response, lambda text: text.replace(ANA["email"], "eve@example.com"))
    with pytest.raises(SignatureError):
        client.parse_authn_request_response(forged, BINDING_HTTP_POST, dict(outstanding))


def test_pysaml2_takes_the_lab_s_provider_s_answer_to_a_sign_out(served: Served, tmp_path: Path) -> None:
    """As the user pool that has asked."""
    app = saml.app({"MetadataURL": lab(served), "IDPSignout": "true"})
    browser = Browser()
    to, fields = browser.signs_in(browser.sent_to(app.authorize))
    assert browser.post(to, fields).headers["Location"].startswith(CALLBACK)
    to, fields = browser.shown(browser.sent_to(app.logout))
    assert to == app.slo
    pool = service(served, pair(tmp_path, "pool"), app.entity_id, app.domain)
    read = pool.parse_logout_request_response(fields["SAMLResponse"], BINDING_HTTP_POST)
    assert (read.issuer(), read.status_ok()) == (lab(served).removesuffix("/metadata"), True)
    forged = changed(
        fields["SAMLResponse"], lambda text: text.replace('Destination="', 'Consent="x" Destination="')
    )
    with pytest.raises(SignatureError):
        pool.parse_logout_request_response(forged, BINDING_HTTP_POST)
    assert browser.post(to, fields).headers["Location"] == SIGNED_OUT
