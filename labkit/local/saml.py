"""SAML 2.0 authentication responses: who vouches, and does the signature hold?

Nothing is read but what was signed (signxml yields just that), so that a second assertion beside the signed
one is never taken for it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labkit import saml as messages

if TYPE_CHECKING:
    from labkit.local.state import State

MOST_CHARACTERS = messages.MOST_CHARACTERS
NAMES = messages.NAMES | {"md": "urn:oasis:names:tc:SAML:2.0:metadata"}
#: How the names of user pools begin as service providers; the pool's ID follows.
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
POOL_ENTITY = "urn:amazon:cognito:sp:"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_RESPONSE, _ASSERTION = f"{{{NAMES['samlp']}}}Response", f"{{{NAMES['saml']}}}Assertion"


class NotAResponse(Exception):
    """No SAML response, or one that lacks what every assertion has."""


class Unsuccessful(Exception):
    """The identity provider reports that it did not authenticate the user."""


class WrongIssuer(Exception):
    """The assertion is of another identity provider than the metadata."""


class BadSignature(Exception):
    """Nobody whose certificate is in the metadata has signed this."""


class NotMetadata(Exception):
    """No identity provider's metadata document."""


@dataclass(frozen=True)
class Metadata:
    """What IAM keeps of an identity provider: its name, and the certificates that it signs with."""

    entity_id: str
    certificates: tuple[str, ...]
    #: Where it takes requests by the redirect binding.
    sign_on: str = ""
    sign_out: str = ""

    @classmethod
    def parse(cls, document: str) -> Metadata:
        try:
            root = parsed(document.encode())
        except NotAResponse:
            raise NotMetadata from None
        keys = root.iterfind("md:IDPSSODescriptor/md:KeyDescriptor", NAMES)
        signing = [key for key in keys if key.get("use") in (None, "signing")]
        found = [text for key in signing for text in _texts(key, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")]
        if not root.get("entityID") or not found:
            raise NotMetadata
        places = (_redirect(root, f"Single{service}Service") for service in ("SignOn", "Logout"))
        return cls(root.get("entityID"), tuple(map(_pem, found)), *places)


def _redirect(root: Any, service: str) -> str:
    found = root.iterfind(f"md:IDPSSODescriptor/md:{service}", NAMES)
    binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    return next((place.get("Location") or "" for place in found if place.get("Binding") == binding), "")


def _pem(text: str) -> str:
    body = "\n".join(text.split())
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Assertion:
    """What a signed assertion says."""

    issuer: str
    subject: str
    #: Format of the NameID, without the prefix of SAML 2.0's own formats.
    subject_type: str
    recipient: str
    audiences: tuple[str, ...]
    issued: datetime
    #: From when and until when it is good.
    not_before: datetime
    expires: datetime
    #: SessionNotOnOrAfter, where there is one.
    session_ends: datetime | None = None
    id: str = ""
    #: The request that it answers, as the subject's confirmation says it.
    in_response_to: str = ""
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    #: The NameID's attributes, which say whose name it is.
    name_id: Mapping[str, str] = field(default_factory=dict)
    #: The provider's name for the session, in the first AuthnStatement.
    session_index: str = ""

    def single(self, name: str) -> str | None:
        """An attribute's value, where it has exactly one."""
        values = self.attributes.get(name, ())
        return values[0] if len(values) == 1 else None


def verified(encoded: str, metadata: Metadata) -> Assertion:
    """The assertion of a base64 response. Raises one of this module's errors for one that does not hold."""
    try:
        root = parsed(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise NotAResponse from None
    if root.tag != _RESPONSE:
        raise NotAResponse
    _require_success(root)
    signed = _signed(root, metadata)
    assertion = _read(_single_assertion(signed) if signed.tag == _RESPONSE else signed)
    if assertion.issuer != metadata.entity_id:
        raise WrongIssuer
    return assertion


@dataclass(frozen=True)
class Envelope:
    """What a response says of itself, which need not be signed: it can only speak against itself."""

    destination: str
    in_response_to: str
    #: How many assertions there are, wherever they stand.
    assertions: int


def envelope(encoded: str) -> Envelope:
    root = parsed(base64.b64decode(encoded))
    found = sum(1 for _ in root.iter(_ASSERTION, f"{{{NAMES['saml']}}}EncryptedAssertion"))
    return Envelope(root.get("Destination") or "", root.get("InResponseTo") or "", found)


def _require_success(response: Any) -> None:
    """A status of its own is anybody's to write, so it is believed only where it speaks against the user.

    https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf (3.2.2.2)
    """
    status = response.find("samlp:Status/samlp:StatusCode", NAMES)
    if status is not None and status.get("Value") != SUCCESS:
        raise Unsuccessful


def parsed(document: bytes) -> Any:
    """The root element. A document type could make one text mean another, and is refused."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotAResponse from None
    if root.getroottree().docinfo.doctype:
        raise NotAResponse
    return root


def inflated(encoded: str) -> bytes:
    """A message of the redirect binding (SAML Bindings, 3.4.4.1). One that swells beyond measure is none."""
    try:
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        document = unpacking.decompress(base64.b64decode(encoded, validate=True), MOST_CHARACTERS)
    except (binascii.Error, ValueError, zlib.error):
        raise NotAResponse from None
    if not unpacking.eof:
        raise NotAResponse
    return document


def deflated(document: bytes) -> str:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packing.compress(document) + packing.flush()).decode()


def _signed(root: Any, metadata: Metadata) -> Any:
    """The Response or Assertion that carries a good signature, as it was signed."""
    for element in (root, *root.iterfind("saml:Assertion", NAMES)):
        if element.find("ds:Signature", NAMES) is None:
            continue
        found = verified_element(element, metadata)
        if found.tag in (_RESPONSE, _ASSERTION):
            return found
    raise BadSignature


def verified_element(element: Any, metadata: Metadata) -> Any:
    """What the signature within an element signs, which need not be that element."""
    from lxml import etree
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    config, document = SignatureConfiguration(location="./"), etree.tostring(element, with_tail=False)
    for certificate in metadata.certificates:
        try:
            result: Any = XMLVerifier().verify(document, x509_cert=certificate, expect_config=config)
        except Exception:  # what signxml stumbles over, as over an empty SignatureValue, it did not verify
            continue
        return result.signed_xml
    raise BadSignature


def _single_assertion(response: Any) -> Any:
    found = response.findall("saml:Assertion", NAMES)
    if len(found) != 1:
        raise NotAResponse
    return found[0]


def _read(element: Any) -> Assertion:
    """ "There must be exactly one SubjectConfirmation element with a SubjectConfirmationData element that
    includes both the NotOnOrAfter attribute and a Recipient attribute." Its method is the bearer's
    (SAML Profiles, 4.1.4.2).
    """
    bearer = "saml:SubjectConfirmation[@Method='urn:oasis:names:tc:SAML:2.0:cm:bearer']"
    confirmations = element.findall(f"saml:Subject/{bearer}/saml:SubjectConfirmationData", NAMES)
    issuer, conditions = _texts(element, "saml:Issuer"), element.findall("saml:Conditions", NAMES)
    if len(confirmations) != 1 or len(issuer) != 1 or len(conditions) > 1:
        raise NotAResponse
    data, name = confirmations[0], _name_id(element)
    bounds = [data, *conditions]
    begins = [instant(e.get("NotBefore")) for e in bounds if e.get("NotBefore")]
    return Assertion(
        issuer=issuer[0],
        subject=name.text.strip(),
        subject_type=(name.get("Format") or "").removeprefix("urn:oasis:names:tc:SAML:2.0:nameid-format:"),
        recipient=data.get("Recipient") or "",
        audiences=_audiences(element),
        issued=instant(element.get("IssueInstant")),
        not_before=max(begins, default=_BEGINNING),
        expires=min(instant(e.get("NotOnOrAfter")) for e in bounds if e is data or e.get("NotOnOrAfter")),
        session_ends=_session_end(element),
        id=element.get("ID") or "",
        in_response_to=data.get("InResponseTo") or "",
        attributes=_attributes(element),
        name_id={of: name.get(of) for of in _OF_NAMES if of in name.attrib},
        session_index=_session_index(element),
    )


def _name_id(element: Any) -> Any:
    """The one NameID, which is text and nothing but text (SAML Core, 2.2.2)."""
    found = element.findall("saml:Subject/saml:NameID", NAMES)
    if len(found) != 1 or len(found[0]) or not (found[0].text or "").strip():
        raise NotAResponse
    return found[0]


def _audiences(element: Any) -> tuple[str, ...]:
    """The audiences that every AudienceRestriction names: all must hold (SAML Core, 2.5.1.4)."""
    restrictions = element.iterfind("saml:Conditions/saml:AudienceRestriction", NAMES)
    each = [_texts(restriction, "saml:Audience") for restriction in restrictions]
    return tuple(name for name in (each or [[]])[0] if all(name in names for names in each))


#: https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf (2.2.2)
_OF_NAMES = ("Format", "NameQualifier", "SPNameQualifier", "SPProvidedID")
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def instant(text: str | None) -> datetime:
    """A time of SAML's, which is UTC (SAML Core, 1.3.3)."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise NotAResponse from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _session_end(element: Any) -> datetime | None:
    statement = element.find("saml:AuthnStatement", NAMES)
    given = statement.get("SessionNotOnOrAfter") if statement is not None else None
    return instant(given) if given else None


def _session_index(element: Any) -> str:
    statement = element.find("saml:AuthnStatement", NAMES)
    return (statement.get("SessionIndex") or "") if statement is not None else ""


def _attributes(element: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for attribute in element.iterfind("saml:AttributeStatement/saml:Attribute", NAMES):
        name = attribute.get("Name") or ""
        found[name] = (*found.get(name, ()), *_texts(attribute, "saml:AttributeValue"))
    return found


def _texts(element: Any, path: str) -> list[str]:
    return ["".join(each.itertext()).strip() for each in element.iterfind(path, NAMES)]


def metadata_of(arn: str, state: State) -> Metadata | None:
    """The metadata of the account's SAML provider of that ARN, or None where there is none."""
    from moto.iam.models import iam_backends

    providers = iam_backends[state.account_id]["aws"].saml_providers.values()
    found = next((provider for provider in providers if provider.arn == arn), None)
    return Metadata.parse(found.saml_metadata_document or "") if found is not None else None
