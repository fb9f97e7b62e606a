"""A user pool that federates by SAML, a browser on its way, and what each side is told of the other."""

from __future__ import annotations

import base64
import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.clients.pages import form_of, query

CALLBACK, SIGNED_OUT = "http://localhost:3000/callback", "http://localhost:3000/bye"
ANA = {"email": "ana@example.com", "password": "correct-horse-1"}
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_numbers = itertools.count(1)


def require_xmlsec1() -> str:
    """The program with which pysaml2 signs and verifies. Skips without it, and fails in CI."""
    found = shutil.which("xmlsec1")
    if found:
        return found
    lack = "xmlsec1 is missing: install it (Debian: `apt-get install xmlsec1`) to run pysaml2"
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(lack)
    pytest.skip(lack)


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, as files, and the certificate as metadata have it."""

    key: str
    certificate: str
    text: str = field(repr=False)


def pair(folder: Path, name: str) -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1))
    certificate = made.not_valid_after(now + timedelta(days=30)).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (folder / f"{name}.key").write_bytes(private)
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    text = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    return Pair(str(folder / f"{name}.key"), str(folder / f"{name}.crt"), text)


@dataclass(frozen=True)
class App:
    """An app client of a pool whose users a SAML provider signs in."""

    pool_id: str
    client_id: str
    #: Where the pool's domain answers.
    domain: str

    @property
    def entity_id(self) -> str:
        return f"urn:amazon:cognito:sp:{self.pool_id}"

    @property
    def acs(self) -> str:
        return f"{self.domain}/saml2/idpresponse"

    @property
    def slo(self) -> str:
        return f"{self.domain}/saml2/logout"

    @property
    def signing_certificate(self) -> str:
        idp: Any = boto3.client("cognito-idp")
        return str(idp.get_signing_certificate(UserPoolId=self.pool_id)["Certificate"])

    @property
    def encryption_certificate(self) -> str:
        """Empty where the pool wants nothing encrypted."""
        idp: Any = boto3.client("cognito-idp")
        known = idp.describe_identity_provider(UserPoolId=self.pool_id, ProviderName="Corp")
        details = known["IdentityProvider"]["ProviderDetails"]
        return str(details.get("ActiveEncryptionCertificate", ""))

    @property
    def metadata(self) -> str:
        """What an administrator enters at the provider, as a document. AWS's user pools publish none.

        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
        """
        certificates = {"signing": self.signing_certificate, "encryption": self.encryption_certificate}
        keys = "".join(
            f'<KeyDescriptor use="{use}"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
            f"<X509Certificate>{text}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
            for use, text in certificates.items()
            if text
        )
        return (
            f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity_id}">'
            '<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            f'{keys}<SingleLogoutService Binding="{POST}" Location="{self.slo}"/>'
            f'<AssertionConsumerService Binding="{POST}" Location="{self.acs}" index="0"/>'
            "</SPSSODescriptor></EntityDescriptor>"
        )

    @property
    def authorize(self) -> str:
        given = {
            "client_id": self.client_id, "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid",
            "identity_provider": "Corp",
        }  # fmt: skip
        return f"{self.domain}/oauth2/authorize?{urlencode(given)}"

    @property
    def logout(self) -> str:
        return f"{self.domain}/logout?{urlencode({'client_id': self.client_id, 'logout_uri': SIGNED_OUT})}"

    def claims(self, back: str) -> dict[str, Any]:
        """What the ID token says that the app gets for the code in its callback's address."""
        code = query(back)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        reply = requests.post(
            f"{self.domain}/oauth2/token", data=form | {"client_id": self.client_id}, timeout=10
        )
        assert reply.status_code == 200, reply.text
        return dict(jwt.decode(reply.json()["id_token"], options={"verify_signature": False}))


def app(details: dict[str, str], mapping: dict[str, str] | None = None) -> App:
    """A new pool, with a domain, one SAML provider of these ProviderDetails, and an app client."""
    idp: Any = boto3.client("cognito-idp")
    pool_id, domain = idp.create_user_pool(PoolName="saml")["UserPool"]["Id"], f"saml-{next(_numbers)}"
    idp.create_user_pool_domain(Domain=domain, UserPoolId=pool_id)
    idp.create_identity_provider(
        UserPoolId=pool_id, ProviderName="Corp", ProviderType="SAML", ProviderDetails=details,
        AttributeMapping=mapping or {},
    )  # fmt: skip
    client = idp.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid"],
        AllowedOAuthFlowsUserPoolClient=True, CallbackURLs=[CALLBACK], LogoutURLs=[SIGNED_OUT],
        SupportedIdentityProviders=["Corp"],
    )["UserPoolClient"]  # fmt: skip
    address = os.environ["LABKIT_MANAGED_LOGIN_URL"].format(domain=domain)
    return App(pool_id, client["ClientId"], address)


@dataclass
class Browser:
    """Cookies, and no more than one step at a time."""

    session: requests.Session = field(default_factory=requests.Session)

    def sent_to(self, address: str) -> str:
        """Where an address redirects to."""
        reply = self.session.get(address, allow_redirects=False, timeout=10)
        assert reply.status_code == 302, reply.text
        return reply.headers["Location"]

    def post(self, address: str, fields: dict[str, str]) -> requests.Response:
        return self.session.post(address, data=fields, allow_redirects=False, timeout=10)

    def signs_in(self, address: str) -> tuple[str, dict[str, str]]:
        """Fill in the lab's provider's page; the form that it answers with."""
        return form_of(self.post(address, ANA | {"decision": "allow"}))

    def shown(self, address: str) -> tuple[str, dict[str, str]]:
        """The form that stands at an address."""
        return form_of(self.session.get(address, allow_redirects=False, timeout=10))


def changed(response: str, change: Callable[[str], str]) -> str:
    """A base64 message with its text changed."""
    text = base64.b64decode(response).decode()
    after = change(text)
    assert after != text
    return base64.b64encode(after.encode()).decode()
