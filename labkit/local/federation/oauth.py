"""Providers that answer with an authorization code: OpenID Connect's, and the social ones.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response, not_simulated
from labkit.local.federation import client_secret, id_token, profile, round_trip
from labkit.local.federation.fetch import Elsewhere, Fetched, Unreachable, fetch, here
from labkit.local.federation.providers import SUBJECT
from labkit.local.federation.refusal import Refused, invalid
from labkit.local.federation.round_trip import Vouched
from labkit.local.federation.state import UnderWay

if TYPE_CHECKING:
    from labkit.local.managed_login.authorization_request import AuthorizationRequest
    from labkit.local.state import State
    from labkit.local.user_pools.pools import Pool
    from labkit.local.wire import Request

CALLBACK = "/oauth2/idpresponse"
#: Those that issue ID tokens.
_OPENID = ("Google", "OIDC", "SignInWithApple")


def start(asked: AuthorizationRequest, provider: Any, state: State) -> Response:
    kind, details = provider.extended_config["ProviderType"], provider.extended_config["ProviderDetails"]
    name, begun = state.federation.begin(asked, provider.name)
    given = {
        "client_id": details["client_id"],
        "redirect_uri": _callback(asked),
        "scope": details["authorize_scopes"],
        "response_type": "code",
        "state": name,
    }
    if kind in _OPENID:
        given["nonce"] = begun.nonce
    if kind == "SignInWithApple":
        given["response_mode"] = "form_post"
    given |= _passed_on(kind, asked)
    return round_trip.depart(asked, name, begun, here(details["authorize_url"], asked.origin), given)


def _passed_on(kind: str, asked: AuthorizationRequest) -> dict[str, str]:
    """ "You can't forward login hints to SAML, Apple, Login With Amazon, Google, or Facebook (Meta) IdPs."

    "Amazon Cognito forwards all values of prompt except none to your IdPs".
    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    hint = {"login_hint": asked.login_hint} if kind == "OIDC" and asked.login_hint else {}
    prompt = " ".join(sorted(asked.prompt))
    return hint | ({"prompt": prompt} if prompt else {})


def _callback(asked: AuthorizationRequest) -> str:
    return f"{asked.origin}{asked.base}{CALLBACK}"


def response(request: Request, pool: Pool, state: State) -> Response:
    given = round_trip.parameters(request)
    under_way = round_trip.arrived(given.get("state", ""), request, pool, state)
    return round_trip.finished(under_way, state, lambda provider: _vouched(provider, given, under_way, state))


def _vouched(provider: Any, given: dict[str, str], under_way: UnderWay, state: State) -> Vouched:
    kind, details = provider.extended_config["ProviderType"], provider.extended_config["ProviderDetails"]
    _require_code(given, details)
    try:
        tokens = _tokens(provider, given["code"], under_way, state)
        claims: dict[str, Any] = {}
        if kind in _OPENID:
            claims = id_token.verified(tokens, kind, details, under_way, state)
        more = profile.fetched(provider, claims, tokens["access_token"], under_way.request.origin, state)
        # "Amazon Cognito prioritizes information in an ID token over information from userInfo."
        # https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
        claims = more | claims
    except Unreachable:
        raise invalid(f"{provider.name} Error - the provider cannot be reached, or answers no JSON") from None
    except Elsewhere as elsewhere:
        raise not_simulated(f"asking {elsewhere}, which is not on this machine") from None
    subject = claims.get(SUBJECT[kind])
    if not isinstance(subject, str) or not subject:
        raise invalid("Invalid ProviderName/Username combination. Please check again")
    kept = ("access_token", "id_token")
    shown = {name: tokens[name] for name in kept if isinstance(tokens.get(name), str)}
    return Vouched(subject, claims | shown)


def _require_code(given: dict[str, str], details: Mapping[str, str]) -> None:
    """Or else the provider's own error, which the app is told; RFC 9207's `iss` must be the provider's."""
    if given.get("iss", details.get("oidc_issuer")) != details.get("oidc_issuer"):
        raise invalid(f"Bad issuer {given['iss']}")
    if "error" in given:
        raise Refused(given["error"][:200], given.get("error_description", given["error"])[:500])
    if not given.get("code"):
        raise invalid("The provider sent no authorization code.")


def _tokens(provider: Any, code: str, under_way: UnderWay, state: State) -> dict[str, Any]:
    """The answer of the token endpoint. Its errors are told as AWS tells them:

    "LoginWithAmazon Error - 400 invalid_request The request is missing a required parameter : client_secret"
    """
    details, origin = provider.extended_config["ProviderDetails"], under_way.request.origin
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _callback(under_way.request),
        "client_id": details["client_id"],
    } | client_secret.of(provider, state)
    reply = _asked(details, form, origin, state)
    found = reply.document
    if reply.status != 200 or "error" in found:
        error, about = str(found.get("error", "invalid_request")), str(found.get("error_description", ""))
        raise Refused(error, f"{provider.name} Error - {reply.status} {error} {about}".rstrip())
    if not isinstance(found.get("access_token"), str):
        raise invalid(f"{provider.name} Error - {reply.status} no access token")
    return found


def _asked(details: Mapping[str, str], form: dict[str, str], origin: str, state: State) -> Fetched:
    if details.get("token_request_method") == "GET":
        from urllib.parse import urlencode

        return fetch(f"{details['token_url']}?{urlencode(form)}", origin, state)
    return fetch(details["token_url"], origin, state, method="POST", form=form)
