"""What Example Corp's SAML identity provider signs: its metadata's certificate vouches for it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from labkit.local.federation.encryption import sealed
from labkit.local.lab_idp.people import Person
from labkit.local.lab_idp.sessions import Session
from labkit.local.lab_idp.sites import SITES
from labkit.local.saml import NAMES

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from labkit.local.state import State

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_VALIDITY = timedelta(minutes=5)
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status"


def metadata(entity_id: str, sso: str, slo: str, state: State) -> bytes:
    return (
        f'<md:EntityDescriptor xmlns:md="{NAMES["md"]}" entityID={quoteattr(entity_id)}>'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{NAMES["samlp"]}"><md:KeyDescriptor use="signing">'
        f'<KeyInfo xmlns="{NAMES["ds"]}"><X509Data>'
        f"<X509Certificate>{_certificate(state)[1]}</X509Certificate></X509Data></KeyInfo></md:KeyDescriptor>"
        f'<md:SingleLogoutService Binding="{_REDIRECT}" Location={quoteattr(slo)}/>'
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>"
        f'<md:SingleSignOnService Binding="{_REDIRECT}" Location={quoteattr(sso)}/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    ).encode()


def response(
    entity_id: str,
    session: Session,
    state: State,
    *,
    acs: str,
    audience: str,
    request_id: str,
    key: RSAPublicKey | None = None,
) -> str:
    """A base64 response with one signed assertion about a session, encrypted for `key` if there is one."""
    from lxml import etree

    now = state.clock.now()
    signed = _signed(
        etree.fromstring(_assertion(entity_id, session, now, acs, audience, request_id, state)), state
    )
    root = etree.fromstring(_envelope("Response", entity_id, now, acs, request_id, "Success", state))
    root.append(signed if key is None else sealed(signed, key))
    return base64.b64encode(etree.tostring(root)).decode()


def failure(entity_id: str, acs: str, request_id: str, state: State) -> str:
    """That nobody was authenticated (SAML Core, 3.2.2.2)."""
    made = _envelope("Response", entity_id, state.clock.now(), acs, request_id, "Responder", state)
    return base64.b64encode(made).decode()


def logout_response(entity_id: str, to: str, request_id: str, state: State) -> str:
    """A signed base64 LogoutResponse: the session is over (SAML Core, 3.7.3.2)."""
    from lxml import etree

    made = _envelope("LogoutResponse", entity_id, state.clock.now(), to, request_id, "Success", state)
    return base64.b64encode(etree.tostring(_signed(etree.fromstring(made), state))).decode()


def _envelope(
    kind: str, entity_id: str, now: datetime, to: str, request_id: str, status: str, state: State
) -> bytes:
    return (
        f'<samlp:{kind} xmlns:samlp="{NAMES["samlp"]}" ID="_{_id(state)}" Version="2.0" '
        f'IssueInstant="{_time(now)}" Destination={quoteattr(to)}{_answering(request_id)}>'
        f'<saml:Issuer xmlns:saml="{NAMES["saml"]}">{escape(entity_id)}</saml:Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="{_STATUS}:{status}"/></samlp:Status></samlp:{kind}>'
    ).encode()


def _assertion(
    entity_id: str, session: Session, now: datetime, acs: str, audience: str, request_id: str, state: State
) -> bytes:
    person = session.person
    issued, until = _time(now), _time(now + _VALIDITY)
    return (
        f'<saml:Assertion xmlns:saml="{NAMES["saml"]}" ID="_{_id(state)}" Version="2.0" '
        f'IssueInstant="{issued}">'
        f"<saml:Issuer>{escape(entity_id)}</saml:Issuer><saml:Subject>"
        '<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">'
        f"{escape(person.email)}</saml:NameID>"
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient={quoteattr(acs)}'
        f"{_answering(request_id)}/></saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions NotBefore="{issued}" NotOnOrAfter="{until}"><saml:AudienceRestriction>'
        f"<saml:Audience>{escape(audience)}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{issued}" SessionIndex="{session.index}"><saml:AuthnContext>'
        "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
        "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        f"<saml:AttributeStatement>{_attributes(person)}</saml:AttributeStatement></saml:Assertion>"
    ).encode()


def _attributes(person: Person) -> str:
    held = {
        f"{_CLAIMS}/emailaddress": [person.email],
        f"{_CLAIMS}/name": [person.name],
        f"{_CLAIMS}/givenname": [person.given_name],
        f"{_CLAIMS}/surname": [person.family_name],
        "department": [person.department],
        "groups": list(person.groups),
    }
    return "".join(_attribute(name, values) for name, values in held.items() if values)


def _attribute(name: str, values: list[str]) -> str:
    shown = "".join(f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{shown}</saml:Attribute>'


def _answering(request_id: str) -> str:
    return f" InResponseTo={quoteattr(request_id)}" if request_id else ""


def _id(state: State) -> str:
    return state.request_ids.uuid()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _signed(element: Any, state: State) -> Any:
    """With its signature behind the Issuer, which is where the schemas of SAML have it."""
    from lxml import etree
    from signxml.algorithms import CanonicalizationMethod
    from signxml.signer import XMLSigner

    issuer = element.find("saml:Issuer", NAMES)
    issuer.addnext(etree.Element(f"{{{NAMES['ds']}}}Signature", {"Id": "placeholder"}, {"ds": NAMES["ds"]}))
    key, certificate = _certificate(state)
    pem = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    return signer.sign(element, key=key, cert=pem, reference_uri=element.get("ID"))


def _certificate(state: State) -> tuple[Any, str]:
    """The signing key, and its certificate in base64 lines."""
    from labkit.local.certificate import self_signed

    key = state.lab_idp.key(SITES["example-corp"]).private_key
    return key, self_signed(key, "Example Corp")
