"""The way to a provider and back: one `state`, good once, in the browser that set out with it.

RFC 6749, section 10.12; https://datatracker.ietf.org/doc/html/rfc9700#section-4.7
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.federation import users
from labkit.local.federation.refusal import Refused, invalid, of_saml
from labkit.local.federation.state import REMEMBERED, VALIDITY, UnderWay
from labkit.local.managed_login import cookies, forms, sign_in_result
from labkit.local.managed_login.authorization_request import AuthorizationRequest, Shown, providers, redirect
from labkit.local.user_pools.pools import Client, Pool, User

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def depart(
    asked: AuthorizationRequest, name: str, begun: UnderWay, to: str, given: dict[str, str]
) -> Response:
    """Send the browser off, with a cookie that it must bring back."""
    status, headers, body = redirect(to, given)
    age = int((VALIDITY + REMEMBERED).total_seconds())
    headers["Set-Cookie"] = (
        f"{_cookie(name)}={begun.browser}; Path={asked.base}/; HttpOnly; SameSite=Lax; Max-Age={age}"
        + ("; Secure" if asked.secure else "")
    )
    return status, headers, body


def _cookie(name: str) -> str:
    """AWS's name, and the beginning of the state: two windows on the way do not disturb each other."""
    return f"csrf-state-{name[:8]}"


def parameters(request: Request) -> dict[str, str]:
    """What the provider's answer says, each thing once."""
    if request.method == "POST":
        form = forms.read(request)
        if form is None:
            raise Shown("invalid_request")
        return form
    if len(request.parameters) < len(request.query):
        raise Shown("invalid_request")
    return request.parameters


def arrived(name: str, request: Request, pool: Pool, state: State) -> UnderWay:
    """The sign-in that an answer is for. Raises Shown where this browser has begun none such at this pool.

    An app that did not ask is told nothing. Raises TooLate for one that is over.
    """
    under_way = state.federation.take(name)
    given = cookies.given(request, _cookie(name)) if under_way else ""
    if under_way is None or not hmac.compare_digest(under_way.browser.encode(), given.encode()):
        raise Shown("invalid_request")
    if under_way.request.pool_id != pool.id:
        raise Shown("invalid_request")
    if state.clock.now() >= under_way.expires:
        raise forms.TooLate(under_way.request)
    return under_way


def provider_of(under_way: UnderWay, pool: Pool, client: Client, *, saml: bool) -> Any:
    """The provider, if pool and client have it still, and it answers by this protocol."""
    provider = pool.identity_providers.get(under_way.provider)
    if provider is None or under_way.provider not in providers(client):
        raise Refused("invalid_request", f"The provider {under_way.provider} does not exist.")
    if (provider.extended_config["ProviderType"] == "SAML") is not saml:
        raise Refused("invalid_request", f"The provider {under_way.provider} does not answer here.")
    return provider


def _with_nonce(under_way: UnderWay) -> AuthorizationRequest:
    """ "If you do not provide a nonce value in your request, Amazon Cognito automatically generates and
    validates a nonce when you authenticate through a third-party identity provider, then adds it as a nonce
    claim to the ID token."

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    """
    return replace(under_way.request, nonce=under_way.request.nonce or under_way.nonce)


def _signed_in(
    pool: Pool, client: Client, provider: Any, subject: str, claims: Mapping[str, Any], state: State
) -> User:
    """What the pool's functions say against it ends in a space, as AWS tells it."""
    try:
        return users.signed_in(pool, client, provider, subject, claims, state)
    except AwsError as error:
        if error.status >= 500:
            raise
        raise invalid(f"{error.message} ") from None


def finished(
    under_way: UnderWay,
    state: State,
    claims_of: Callable[[Any], tuple[str, Mapping[str, Any]]],
    *,
    saml: bool = False,
) -> Response:
    """Sign in whom the provider vouches for; tell the app of whatever was wrong."""
    asked = _with_nonce(under_way)
    pool, client = asked.pool_and_client(state)
    try:
        provider = provider_of(under_way, pool, client, saml=saml)
        subject, claims = claims_of(provider)
        user = _signed_in(pool, client, provider, subject, claims, state)
    except Refused as refused:
        told = of_saml(refused) if saml else refused
        raise asked.refusal(told.error, told.description) from None
    return sign_in_result.complete(asked, pool, client, user, state, identity_provider=provider.name)
