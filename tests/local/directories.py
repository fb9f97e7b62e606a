"""A SAML identity provider outside the account, which signs assertions about its users."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from tests.local.accounts import LocalAccount

AWS = "https://aws.amazon.com/SAML/Attributes"
ENDPOINT = "https://signin.aws.amazon.com/saml"
_C14N = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"


@lru_cache(maxsize=4)
def _pair(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1))
    return key, made.not_valid_after(now + timedelta(days=365)).sign(key, hashes.SHA256())


def metadata(name: str, entity_id: str, sign_on: str = "", sign_out: str = "") -> str:
    """An identity provider's, with the certificate of the key of that name."""
    certificate = _pair(name)[1].public_bytes(serialization.Encoding.DER)
    services = {"SingleLogoutService": sign_out, "SingleSignOnService": sign_on}
    places = "".join(
        f'<{service} Binding="{_REDIRECT}" Location="{place}"/>'
        for service, place in services.items()
        if place
    )
    return (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">'
        f'<IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}"><KeyDescriptor use="signing">'
        '<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>'
        f"{base64.b64encode(certificate).decode()}"
        f"</X509Certificate></X509Data></KeyInfo></KeyDescriptor>{places}</IDPSSODescriptor></EntityDescriptor>"
    )


@dataclass(frozen=True)
class Directory:
    """An identity provider; `name` tells its keys from another's."""

    account: LocalAccount
    name: str = "corporate"
    entity_id: str = "https://idp.example.com"

    @property
    def metadata(self) -> str:
        return metadata(self.name, self.entity_id)

    def registered(self) -> str:
        """The ARN of its provider in IAM."""
        made = self.account.client("iam").create_saml_provider(
            SAMLMetadataDocument=self.metadata, Name=self.account.name("saml")
        )
        return str(made["SAMLProviderArn"])

    def response(self, content: Statement, *, sign: str = "assertion") -> str:
        """A base64 response about a user, whose `assertion`, `response` or nothing is signed."""
        assertion = etree.fromstring(content.xml(self.entity_id).encode())
        if sign == "assertion":
            assertion = self.signed(assertion)
        root = etree.fromstring(f'<p:Response xmlns:p="{PROTOCOL}" ID="_r" Version="2.0"/>'.encode())
        root.append(assertion)
        return encoded(self.signed(root) if sign == "response" else root)

    def signed(self, element: Any, signer: XMLSigner | None = None) -> Any:
        key, certificate = _pair(self.name)
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        signer = signer or XMLSigner(c14n_algorithm=_C14N)
        return signer.sign(element, key=key, cert=pem, reference_uri=element.get("ID"))

    def signed_with_sha_1(self, element: Any) -> Any:
        signer = _Sha1(
            signature_algorithm=SignatureMethod.RSA_SHA1,
            digest_algorithm=DigestAlgorithm.SHA1,
            c14n_algorithm=_C14N,
        )
        return self.signed(element, signer)

    def signed_with_the_certificate_as_secret(self, element: Any) -> Any:
        """XML Signature's HMAC: https://www.w3.org/TR/xmldsig-core1/#sec-MACs"""
        certificate = self.signed(element).find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate").text
        signer = XMLSigner(signature_algorithm=SignatureMethod.HMAC_SHA256, c14n_algorithm=_C14N)
        return signer.sign(element, key=certificate.encode(), reference_uri=element.get("ID"))


class _Sha1(XMLSigner):
    def check_deprecated_methods(self) -> None:
        """Signs as one did long ago."""


def encoded(element: Any) -> str:
    return base64.b64encode(etree.tostring(element)).decode()


def decoded(response: str) -> Any:
    return etree.fromstring(base64.b64decode(response))


@dataclass(frozen=True)
class Statement:
    """What an assertion says of a user, by default a good one that was just issued."""

    now: datetime
    attributes: dict[str, list[str]] = field(default_factory=dict)
    subject: str = "anna"
    recipient: str = ENDPOINT
    audience: str = "urn:amazon:webservices"
    age: timedelta = timedelta()
    life: timedelta = timedelta(minutes=5)
    session: timedelta | None = None
    #: The ID of the AuthnRequest that it answers.
    request_id: str = ""
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    #: The SessionIndex of each AuthnStatement.
    sessions: tuple[str, ...] = ("",)

    def xml(self, issuer: str) -> str:
        issued, until = _text(self.now - self.age), _text(self.now - self.age + self.life)
        answers = f' InResponseTo="{self.request_id}"' if self.request_id else ""
        ends = f' SessionNotOnOrAfter="{_text(self.now + self.session)}"' if self.session else ""
        return (
            f'<Assertion xmlns="{_SAML}" ID="_a" Version="2.0" IssueInstant="{issued}">'
            f"<Issuer>{escape(issuer)}</Issuer><Subject>"
            '<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">'
            f"{escape(self.subject)}</NameID>"
            f'<SubjectConfirmation Method="{self.method}">'
            f'<SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{self.recipient}"{answers}/>'
            "</SubjectConfirmation></Subject>"
            f'<Conditions NotBefore="{issued}" NotOnOrAfter="{until}"><AudienceRestriction>'
            f"<Audience>{self.audience}</Audience></AudienceRestriction></Conditions>"
            f"{''.join(_authentication(issued, ends, index) for index in self.sessions)}"
            f"<AttributeStatement>{''.join(map(_attribute, self.attributes.items()))}</AttributeStatement>"
            "</Assertion>"
        )


def _authentication(issued: str, ends: str, index: str) -> str:
    named = f' SessionIndex="{index}"' if index else ""
    return f'<AuthnStatement AuthnInstant="{issued}"{named}{ends}/>'


def _attribute(item: tuple[str, list[str]]) -> str:
    values = "".join(f"<AttributeValue>{escape(value)}</AttributeValue>" for value in item[1])
    return f'<Attribute Name="{item[0]}">{values}</Attribute>'


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
