"""Single logout, begun at the user pool: a LogoutRequest to the SAML provider, and its LogoutResponse.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-sign-out.html
https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.4)
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from labkit.local import saml
from labkit.local.errors import Response
from labkit.local.federation import redirect_binding, round_trip
from labkit.local.federation.details import is_on
from labkit.local.federation.fetch import here
from labkit.local.federation.refusal import Refused, invalid
from labkit.local.federation.state import SigningOut
from labkit.local.managed_login import logout
from labkit.local.managed_login.authorization_request import Shown, redirect
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.pages import rendering
from labkit.local.managed_login.state import ProviderSession, SignedIn
from labkit.local.saml import NAMES, Metadata

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_RESPONSE = f"{{{NAMES['samlp']}}}LogoutResponse"


def start(site: Site, session: str, signed_in: SignedIn, target: str, state: State) -> Response | None:
    """To the provider that signed the user in. None where it takes no part in the sign-out: it has no
    `IDPSignout`, or no SingleLogoutService by the redirect binding (unconfirmed)."""
    place, known = _place(site, signed_in, state), signed_in.provider_session
    if not place or known is None:
        return None
    name, begun = state.federation.begin_sign_out(site.pool.id, signed_in, session, target)
    document, key = _request(begun, known, place), state.federation.signing_key(site.pool.id)
    status, headers, body = redirect(here(place, site.origin), redirect_binding.query(document, name, key))
    headers["Set-Cookie"] = round_trip.ticket(name, begun.browser, site.base, secure=site.secure)
    return status, headers, body


def _place(site: Site, signed_in: SignedIn, state: State) -> str:
    """ "Amazon Cognito determines the redirect location from the SingleLogoutService URL in your IdP
    metadata"."""
    name = signed_in.identity_provider or ""
    provider = site.pool.identity_providers.get(name)
    metadata = state.federation.metadata.get((site.pool.id, name))
    if provider is None or metadata is None:
        return ""
    return metadata.sign_out if is_on(provider.extended_config["ProviderDetails"], "IDPSignout") else ""


def _request(begun: SigningOut, known: ProviderSession, place: str) -> bytes:
    """The NameID as the provider wrote it, and its SessionIndex (SAML Core, 3.7.1)."""
    name_id = "".join(f" {name}={quoteattr(value)}" for name, value in known.name_id.items())
    index = f"<saml2p:SessionIndex>{escape(known.index)}</saml2p:SessionIndex>" if known.index else ""
    issued = begun.asked.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<saml2p:LogoutRequest xmlns:saml2p="{NAMES["samlp"]}" xmlns:saml2="{NAMES["saml"]}" '
        f'ID="{begun.request_id}" Version="2.0" IssueInstant="{issued}" Destination={quoteattr(place)}>'
        f"<saml2:Issuer>{saml.POOL_ENTITY}{begun.pool_id}</saml2:Issuer>"
        f"<saml2:NameID{name_id}>{escape(known.subject)}</saml2:NameID>{index}</saml2p:LogoutRequest>"
    ).encode()


def response(site: Site, request: Request, state: State) -> Response:
    """ "Amazon Cognito then redirects them to the redirect destination from their initial sign-out request."

    Until then the session lasts here: of an answer that does not fit it AWS says that "your user won't be
    signed out". What is shown instead is not documented.
    """
    form = round_trip.parameters(request)
    begun = _arrived(form.get("RelayState", ""), site, request, state)
    try:
        _require_signed_out(form.get("SAMLResponse", ""), begun, site, state)
    except Refused as refused:
        shown = rendering.Page("You are still signed in", lead=refused.description, error=refused.error)
        return rendering.page(site, shown, status=400)
    return logout.ended(site, begun.session, begun.target, state)


def _arrived(name: str, site: Site, request: Request, state: State) -> SigningOut:
    """The sign-out that an answer is for. Raises Shown where this browser has begun no such at this pool."""
    begun = state.federation.take_sign_out(name)
    if begun is None or not round_trip.has_ticket(name, begun.browser, request):
        raise Shown("invalid_request")
    if begun.pool_id != site.pool.id:
        raise Shown("invalid_request")
    return begun


def _require_signed_out(encoded: str, begun: SigningOut, site: Site, state: State) -> None:
    metadata = state.federation.metadata.get((begun.pool_id, begun.provider))
    if metadata is None:
        raise invalid(f"The provider {begun.provider} does not exist.")
    signed = _signed(encoded, metadata)
    _require_answer(signed, begun, metadata.entity_id, f"{site.origin}{site.base}/saml2/logout")
    _require_now(signed, begun, state)
    status = signed.find("samlp:Status/samlp:StatusCode", NAMES)
    if status is None or status.get("Value") != saml.SUCCESS:
        raise _refused("The identity provider did not sign the user out.")


def _signed(encoded: str, metadata: Metadata) -> Any:
    """The LogoutResponse as the provider signed it. By the POST binding it must (SAML Profiles, 4.4.4.2)."""
    if not encoded or len(encoded) > saml.MOST_CHARACTERS:
        raise _refused("It is no LogoutResponse.")
    try:
        signed = saml.verified_element(saml.parsed(base64.b64decode(encoded, validate=True)), metadata)
        if signed.tag != _RESPONSE:
            raise saml.NotAResponse
    except (binascii.Error, ValueError, saml.NotAResponse):
        raise _refused("It is no LogoutResponse.") from None
    except saml.BadSignature:
        raise _refused("Its signature is invalid.") from None
    return signed


def _require_answer(signed: Any, begun: SigningOut, issuer: str, here: str) -> None:
    """Whom it is from, where it belongs (SAML Bindings, 3.5.5.2), and what it answers.

    "The sessionIndex in the first AuthnStatement in a response of this type must match the sessionIndex in
    the SAML response that originally authenticated the user."
    """
    if [text.strip() for text in signed.xpath("saml:Issuer/text()", namespaces=NAMES)] != [issuer]:
        raise _refused("Its Issuer is not the identity provider.")
    if signed.get("Destination") != here:
        raise _refused("Its Destination is not this endpoint.")
    if signed.get("InResponseTo") != begun.request_id:
        raise _refused("It answers no request that this browser was sent away with.")
    statement = signed.find(".//saml:AuthnStatement", NAMES)
    if statement is not None and statement.get("SessionIndex") != begun.session_index:
        raise _refused("Its SessionIndex is of another session.")


def _require_now(signed: Any, begun: SigningOut, state: State) -> None:
    """Issued since it was asked for: SAML's times may leave out what is less than a second."""
    try:
        issued = saml.instant(signed.get("IssueInstant"))
    except saml.NotAResponse:
        raise _refused("It does not say when it was issued.") from None
    if not begun.asked.replace(microsecond=0) <= issued <= state.clock.now():
        raise _refused("It was not issued between the request and now.")


def _refused(text: str) -> Refused:
    return invalid(f"Invalid SAML logout response received: {text}")
