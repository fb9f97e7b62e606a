"""SAML 2.0 providers: the user pool is the service provider `urn:amazon:cognito:sp:POOLID`.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local import saml
from labkit.local.errors import Response
from labkit.local.federation import authn_request, encryption, round_trip
from labkit.local.federation.details import is_on
from labkit.local.federation.fetch import here
from labkit.local.federation.refusal import Refused, invalid
from labkit.local.federation.round_trip import Vouched
from labkit.local.federation.state import VALIDITY, UnderWay
from labkit.local.managed_login import domains
from labkit.local.managed_login.authorization_request import AuthorizationRequest, Shown, read
from labkit.local.managed_login.state import ProviderSession
from labkit.local.user_pools.pools import Pool

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

ACS = "/saml2/idpresponse"
#: An assertion that nobody asked for "must have been issued within the previous 6 minutes."
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-session-initiation.html
_UNASKED = timedelta(minutes=6)


def start(asked: AuthorizationRequest, provider: Any, state: State) -> Response:
    """An AuthnRequest by the redirect binding."""
    place = state.federation.metadata[(asked.pool_id, provider.name)].sign_on
    if not place:
        raise asked.refusal("server_error", f"The metadata of {provider.name} name no HTTP-Redirect binding.")
    name, begun = state.federation.begin(asked, provider.name)
    given = authn_request.parameters(begun, name, place, _acs(asked), provider, state)
    return round_trip.depart(asked, name, begun, here(place, asked.origin), given)


def _acs(asked: AuthorizationRequest) -> str:
    return f"{asked.origin}{asked.base}{ACS}"


def response(request: Request, pool: Pool, state: State) -> Response:
    """The answer to a request of this pool's; or one that begins at the provider, where that is enabled."""
    form = round_trip.parameters(request)
    encoded, relay = form.get("SAMLResponse", ""), form.get("RelayState", "")
    if not encoded or len(encoded) > saml.MOST_CHARACTERS:
        raise Shown("invalid_request")
    if "=" in relay:
        under_way = _unsolicited(relay, request, pool, state)
    else:
        under_way = round_trip.arrived(relay, request, pool, state)
    return round_trip.finished(
        under_way, state, lambda provider: _vouched(provider, encoded, under_way, state), saml=True
    )


def _unsolicited(relay: str, request: Request, pool: Pool, state: State) -> UnderWay:
    """RelayState then is an authorization request's parameters, which name the provider.

    https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html
    """
    site, _ = domains.reached(request, state) or (None, "")
    if site is None:
        raise Shown("invalid_request")
    asked = read(site, replace(request, method="GET", query_string=relay, body=b""))
    name = asked.identity_provider
    provider = pool.identity_providers.get(name)
    if provider is None or not is_on(provider.extended_config["ProviderDetails"], "IDPInit"):
        raise Shown("invalid_request")
    return UnderWay(asked, name, browser="", nonce="", request_id="", expires=state.clock.now() + VALIDITY)


def _vouched(provider: Any, encoded: str, under_way: UnderWay, state: State) -> Vouched:
    pool_id, asked = under_way.request.pool_id, under_way.request
    metadata = state.federation.metadata[(pool_id, provider.name)]
    if is_on(provider.extended_config["ProviderDetails"], "EncryptedResponses"):
        encoded = _opened(encoded, pool_id, provider.name, state)
    assertion = _verified(encoded, metadata)
    _require_for_pool(assertion, encoded, f"{saml.POOL_ENTITY}{pool_id}", _acs(asked), under_way.request_id)
    _require_now(assertion, state)
    if not under_way.request_id and state.clock.now() >= assertion.issued + _UNASKED:
        raise _refused("SAML Assertion was issued too long ago.")
    if not assertion.id or not state.federation.use(
        pool_id, assertion.issuer, assertion.id, assertion.expires
    ):
        raise _refused("SAML Assertion was used before.")
    said = {name: values for name, values in assertion.attributes.items() if values}
    _require_short_characters(said)
    claims = {name: v[0] if len(v) == 1 else v for name, v in said.items()}
    session = ProviderSession(assertion.subject, assertion.name_id, assertion.session_index)
    return Vouched(assertion.subject, claims, session)


def _require_short_characters(said: Mapping[str, tuple[str, ...]]) -> None:
    """ "Amazon Cognito doesn't accept 4-byte UTF-8 characters … that your IdP passes as an attribute value."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
    """
    for name, values in said.items():
        if any(ord(character) > 0xFFFF for value in values for character in value):
            raise _refused(f"The attribute {name} has a character of four bytes.")


def _opened(encoded: str, pool_id: str, provider: str, state: State) -> str:
    try:
        return encryption.opened(encoded, state.federation.encryption_key(pool_id, provider))
    except saml.NotAResponse:
        raise _refused("The assertion is not encrypted for this user pool.") from None


def _verified(encoded: str, metadata: saml.Metadata) -> saml.Assertion:
    """The text about the signature as AWS gave it: https://github.com/aws/aws-sdk-js-v3/issues/6201

    The others are not documented.
    """
    try:
        return saml.verified(encoded, metadata)
    except saml.BadSignature:
        raise _refused("SAML Assertion signature is invalid. ") from None
    except saml.WrongIssuer:
        raise _refused("SAML Assertion issuer is invalid.") from None
    except saml.Unsuccessful:
        raise _refused("The identity provider did not authenticate the user.") from None
    except saml.NotAResponse:
        raise _refused("It is no SAML response.") from None


def _require_for_pool(
    assertion: saml.Assertion, encoded: str, audience: str, acs: str, request_id: str
) -> None:
    """SAML Profiles, 4.1.4.3. Without a request there must be no `InResponseTo`."""
    envelope = saml.envelope(encoded)
    if envelope.assertions != 1:
        raise _refused("There must be one assertion.")
    if audience not in assertion.audiences:
        raise _refused("Audience restriction was violated.")
    if assertion.recipient != acs or envelope.destination not in ("", acs):
        raise _refused("Recipient or Destination is invalid.")
    if assertion.in_response_to != request_id or envelope.in_response_to not in ("", request_id):
        raise _refused("InResponseTo is invalid.")


def _require_now(assertion: saml.Assertion, state: State) -> None:
    now = state.clock.now()
    over = assertion.session_ends is not None and now >= assertion.session_ends
    if now < assertion.not_before or now >= assertion.expires or over or now < assertion.issued:
        raise _refused("SAML Assertion is expired or not yet valid.")


def _refused(text: str) -> Refused:
    return invalid(text)
