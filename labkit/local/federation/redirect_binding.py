"""SAML's redirect binding: a message in a URL's query, and its signature beside it.

https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf (3.4.4.1)
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from labkit.local.saml import deflated

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ALGORITHM = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def query(request: bytes, relay: str, key: RSAPrivateKey | None) -> dict[str, str]:
    """The parameters of a request, signed if there is a key."""
    given = {"SAMLRequest": deflated(request), "RelayState": relay}
    if key is None:
        return given
    given["SigAlg"] = ALGORITHM
    return given | {"Signature": _signature(urlencode(given).encode(), key)}


def _signature(content: bytes, key: RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(given: dict[str, str], key: RSAPublicKey) -> bool:
    """What a receiver finds that has the sender's certificate."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    signed = {name: given.get(name, "") for name in ("SAMLRequest", "RelayState", "SigAlg")}
    try:
        signature = base64.b64decode(given["Signature"], validate=True)
        key.verify(signature, urlencode(signed).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, KeyError, ValueError):
        return False
    return signed["SigAlg"] == ALGORITHM
