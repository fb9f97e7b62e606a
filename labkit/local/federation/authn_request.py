"""What a user pool asks of a SAML provider: an AuthnRequest, signed where the provider wants it.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from labkit.local.certificate import self_signed
from labkit.local.federation import redirect_binding
from labkit.local.federation.state import UnderWay
from labkit.local.operations import Call
from labkit.local.saml import NAMES, POOL_ENTITY
from labkit.local.user_pools.pools import pool_asked

if TYPE_CHECKING:
    from labkit.local.state import State

_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def parameters(
    begun: UnderWay, relay: str, place: str, acs: str, provider: Any, state: State
) -> dict[str, str]:
    signs = provider.extended_config["ProviderDetails"].get("RequestSigningAlgorithm")
    key = state.federation.signing_key(begun.request.pool_id) if signs else None
    return redirect_binding.query(_document(begun, place, acs, state), relay, key)


def _document(begun: UnderWay, place: str, acs: str, state: State) -> bytes:
    issued = state.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # "This parameter can also be forwarded to your IdPs": in what form to SAML's, AWS does not say.
    force = ' ForceAuthn="true"' if "login" in begun.request.prompt else ""
    return (
        f'<saml2p:AuthnRequest xmlns:saml2p="{NAMES["samlp"]}" ID="{begun.request_id}" Version="2.0" '
        f'IssueInstant="{issued}" Destination={quoteattr(place)}{force} ProtocolBinding="{_POST}" '
        f"AssertionConsumerServiceURL={quoteattr(acs)}>"
        f'<saml2:Issuer xmlns:saml2="{NAMES["saml"]}">{POOL_ENTITY}{begun.request.pool_id}'
        "</saml2:Issuer></saml2p:AuthnRequest>"
    ).encode()


def get_signing_certificate(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    return {"Certificate": self_signed(state.federation.signing_key(pool.id), pool.id)}
