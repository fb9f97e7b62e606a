"""Certificates that vouch for nothing but a key, as SAML's metadata have them."""

from __future__ import annotations

import base64
import textwrap
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

#: "Your user pool certificates are valid for 10 years."
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html
_FROM, _FOR = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=3652)


def self_signed(key: RSAPrivateKey, name: str) -> str:
    """The certificate of a key in base64 lines: the same one for the same key and name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    made = made.public_key(key.public_key()).serial_number(1).not_valid_before(_FROM)
    der = (
        made.not_valid_after(_FROM + _FOR).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    )
    return "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
