"""What a user pool asks of a SAML provider: an AuthnRequest, signed where the provider wants it.

https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf (3.4.4.1)
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html
"""

from __future__ import annotations

import base64
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

from labkit.local.certificate import self_signed
from labkit.local.federation.state import UnderWay
from labkit.local.operations import Call
from labkit.local.saml import NAMES, deflated
from labkit.local.user_pools.pools import pool_asked

if TYPE_CHECKING:
    from labkit.local.state import State

ALGORITHM = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def parameters(
    begun: UnderWay, relay: str, place: str, acs: str, provider: Any, state: State
) -> dict[str, str]:
    pool_id = begun.request.pool_id
    document = _document(begun, place, acs, state)
    given = {"SAMLRequest": deflated(document), "RelayState": relay}
    if not provider.extended_config["ProviderDetails"].get("RequestSigningAlgorithm"):
        return given
    given["SigAlg"] = ALGORITHM
    return given | {"Signature": _signature(urlencode(given).encode(), pool_id, state)}


def _document(begun: UnderWay, place: str, acs: str, state: State) -> bytes:
    issued = state.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # "This parameter can also be forwarded to your IdPs": in what form to SAML's, AWS does not say.
    force = ' ForceAuthn="true"' if "login" in begun.request.prompt else ""
    return (
        f'<saml2p:AuthnRequest xmlns:saml2p="{NAMES["samlp"]}" ID="{begun.request_id}" Version="2.0" '
        f'IssueInstant="{issued}" Destination={quoteattr(place)}{force} ProtocolBinding="{_POST}" '
        f"AssertionConsumerServiceURL={quoteattr(acs)}>"
        f'<saml2:Issuer xmlns:saml2="{NAMES["saml"]}">urn:amazon:cognito:sp:{begun.request.pool_id}'
        "</saml2:Issuer></saml2p:AuthnRequest>"
    ).encode()


def _signature(content: bytes, pool_id: str, state: State) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    key = state.federation.signing_key(pool_id)
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed_by_pool(query: dict[str, str], pool_id: str, state: State) -> bool:
    """What a provider finds that has the pool's certificate."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    signed = {name: query.get(name, "") for name in ("SAMLRequest", "RelayState", "SigAlg")}
    public = state.federation.signing_key(pool_id).public_key()
    try:
        signature = base64.b64decode(query["Signature"], validate=True)
        public.verify(signature, urlencode(signed).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return signed["SigAlg"] == ALGORITHM


def get_signing_certificate(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    return {"Certificate": self_signed(state.federation.signing_key(pool.id), pool.id)}
