"""SAML 2.0 messages: reading what one says.

Nothing here believes anything. `decode_unverified…` only read: anyone can write such a message, and a
signature that is there need not hold. Whoever it is for verifies it, as a User Pool does.
https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from labkit.errors import LabError
from labkit.record import Secret, reveal

NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
}
#: A User Pool takes "SAML assertions of up to 100,000 characters in length".
#: https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html
MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class UnverifiedAuthnRequest:
    """What a service provider says that it asks of an identity provider. Anyone may have written it."""

    id: str
    #: The service provider; a User Pool is `urn:amazon:cognito:sp:POOLID`.
    issuer: str
    #: Where the request goes.
    destination: str
    #: Where the response shall go.
    assertion_consumer_service_url: str
    issued: datetime | None
    #: Whether the person must sign in though they have a session.
    force_authn: bool
    #: Whether there is a signature, good or not.
    signed: bool
    relay_state: str = field(repr=False)
    xml: str = field(repr=False)


@dataclass(frozen=True)
class UnverifiedSamlResponse:
    """What an identity provider is said to say of a person. Anyone may have written it."""

    #: The identity provider.
    issuer: str
    #: The end of the status code, as in `Success`.
    status: str
    destination: str
    #: The AuthnRequest that it answers; empty where nobody asked.
    in_response_to: str
    assertion_id: str
    #: The person's name with the identity provider (NameID).
    subject: str
    #: Whom the assertion is for.
    audience: str
    #: Where the assertion may be brought.
    recipient: str
    not_before: datetime | None
    not_on_or_after: datetime | None
    attributes: Mapping[str, tuple[str, ...]]
    #: Which elements carry a signature, good or not: `Response`, `Assertion`.
    signed: tuple[str, ...]
    #: Whether the assertion can be read by nobody but its recipient.
    encrypted: bool
    #: Whoever has it may be able to sign in with it.
    xml: Secret = field(repr=False)


def decode_unverified_request(address: str) -> UnverifiedAuthnRequest:
    """The AuthnRequest in an address that a browser was sent to (SAML Bindings, 3.4: HTTP Redirect).

    Raises LabError where there is none.
    """
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    document = _inflated(query.get("SAMLRequest", ""))
    root = _root(document, "AuthnRequest")
    return UnverifiedAuthnRequest(
        id=root.get("ID", ""),
        issuer=_text(root, "saml:Issuer"),
        destination=root.get("Destination", ""),
        assertion_consumer_service_url=root.get("AssertionConsumerServiceURL", ""),
        issued=_time(root.get("IssueInstant")),
        force_authn=root.get("ForceAuthn") in ("true", "1"),
        signed="Signature" in query or root.find("ds:Signature", NAMES) is not None,
        relay_state=query.get("RelayState", ""),
        xml=document.decode(),
    )


def decode_unverified_response(encoded: str | Secret) -> UnverifiedSamlResponse:
    """The response in a form's `SAMLResponse` (SAML Bindings, 3.5: HTTP POST); of its first assertion.

    Raises LabError for what is no SAML response.
    """
    document = _decoded(reveal(encoded))
    root = _root(document, "Response")
    found = root.find("saml:Assertion", NAMES)
    assertion = root if found is None else found
    confirmed = assertion.find("saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", NAMES)
    conditions = assertion.find("saml:Conditions", NAMES)
    return UnverifiedSamlResponse(
        issuer=_text(assertion, "saml:Issuer"),
        status=_attribute(root.find("samlp:Status/samlp:StatusCode", NAMES), "Value").rpartition(":")[2],
        destination=root.get("Destination", ""),
        in_response_to=_attribute(confirmed, "InResponseTo") or root.get("InResponseTo", ""),
        assertion_id="" if found is None else found.get("ID", ""),
        subject=_text(assertion, "saml:Subject/saml:NameID"),
        audience=_text(assertion, "saml:Conditions/saml:AudienceRestriction/saml:Audience"),
        recipient=_attribute(confirmed, "Recipient"),
        not_before=_time(_attribute(conditions, "NotBefore")),
        not_on_or_after=_time(_attribute(conditions, "NotOnOrAfter")),
        attributes=dict(_attributes(assertion)),
        signed=tuple(_signed(root)),
        encrypted=root.find("saml:EncryptedAssertion", NAMES) is not None,
        xml=Secret(document.decode(errors="replace")),
    )


def _inflated(encoded: str) -> bytes:
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return unpacking.decompress(_decoded(encoded), MOST_CHARACTERS)
    except zlib.error:
        raise _unreadable("AuthnRequest") from None


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable("message") from None


def _root(document: bytes, kind: str) -> Any:
    """The message. A document type could make one text mean another, and has no place in one."""
    from lxml import etree

    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        raise _unreadable(kind) from None
    if root.tag != f"{{{NAMES['samlp']}}}{kind}" or root.getroottree().docinfo.doctype:
        raise _unreadable(kind)
    return root


def _unreadable(kind: str) -> LabError:
    where = "the address of a redirect" if kind == "AuthnRequest" else "a form's `SAMLResponse`, in base64"
    return LabError(f"this is no SAML {kind} that can be read: pass {where}")


def _text(element: Any, path: str) -> str:
    found = element.find(path, NAMES)
    return "" if found is None else "".join(found.itertext()).strip()


def _attribute(element: Any, name: str) -> str:
    return "" if element is None else str(element.get(name, ""))


def _attributes(assertion: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for attribute in assertion.iterfind("saml:AttributeStatement/saml:Attribute", NAMES):
        values = attribute.iterfind("saml:AttributeValue", NAMES)
        yield attribute.get("Name", ""), tuple("".join(value.itertext()).strip() for value in values)


def _signed(root: Any) -> Iterator[str]:
    elements = {"Response": root, "Assertion": root.find("saml:Assertion", NAMES)}
    for name, element in elements.items():
        if element is not None and element.find("ds:Signature", NAMES) is not None:
            yield name


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
