"""The way to a provider and back: one `state`, good once, in the browser that set out with it.

RFC 6749, section 10.12; https://datatracker.ietf.org/doc/html/rfc9700#section-4.7
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.federation import users
from labkit.local.federation.refusal import Refused, invalid, of_saml
from labkit.local.federation.state import REMEMBERED, VALIDITY, UnderWay
from labkit.local.managed_login import cookies, forms, sign_in_result
from labkit.local.managed_login.authorization_request import AuthorizationRequest, Shown, providers, redirect
from labkit.local.managed_login.state import ProviderSession
from labkit.local.user_pools.pools import Client, Pool, User

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def depart(
    asked: AuthorizationRequest, name: str, begun: UnderWay, to: str, given: dict[str, str]
) -> Response:
    """Send the browser off, with a cookie that it must bring back."""
    status, headers, body = redirect(to, given)
    headers["Set-Cookie"] = ticket(name, begun.browser, asked.base, secure=asked.secure)
    return status, headers, body


def ticket(name: str, browser: str, base: str, *, secure: bool) -> str:
    """Set-Cookie. An answer may be a form that a page of another site posts, with which no browser sends a
    cookie that is `Lax`, and `None` must be `Secure`. By plain HTTP that site is on this machine too.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
    """
    age, reach = int((VALIDITY + REMEMBERED).total_seconds()), "None; Secure" if secure else "Lax"
    return f"{_cookie(name)}={browser}; Path={base}/; HttpOnly; SameSite={reach}; Max-Age={age}"


def has_ticket(name: str, browser: str, request: Request) -> bool:
    given = cookies.given(request, _cookie(name))
    return hmac.compare_digest(browser.encode(), given.encode())


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
    if under_way is None or not has_ticket(name, under_way.browser, request):
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


@dataclass(frozen=True)
class Vouched:
    """Whom a provider has signed in: its identifier for the user, and all that it says of them."""

    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    #: How a SAML provider calls the session.
    session: ProviderSession | None = None


def _with_nonce(under_way: UnderWay) -> AuthorizationRequest:
    """ "If you do not provide a nonce value in your request, Amazon Cognito automatically generates and
    validates a nonce when you authenticate through a third-party identity provider, then adds it as a nonce
    claim to the ID token."

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    """
    return replace(under_way.request, nonce=under_way.request.nonce or under_way.nonce)


def _signed_in(pool: Pool, client: Client, provider: Any, vouched: Vouched, state: State) -> User:
    """What the pool's functions say against it ends in a space, as AWS tells it."""
    try:
        return users.signed_in(pool, client, provider, vouched.subject, vouched.claims, state)
    except AwsError as error:
        if error.status >= 500:
            raise
        raise invalid(f"{error.message} ") from None


def finished(
    under_way: UnderWay,
    state: State,
    vouched_by: Callable[[Any], Vouched],
    *,
    saml: bool = False,
) -> Response:
    """Sign in whom the provider vouches for; tell the app of whatever was wrong."""
    asked = _with_nonce(under_way)
    pool, client = asked.pool_and_client(state)
    try:
        provider = provider_of(under_way, pool, client, saml=saml)
        vouched = vouched_by(provider)
        user = _signed_in(pool, client, provider, vouched, state)
    except Refused as refused:
        told = of_saml(refused) if saml else refused
        raise asked.refusal(told.error, told.description) from None
    by = {"identity_provider": provider.name, "provider_session": vouched.session}
    return sign_in_result.complete(asked, pool, client, user, state, **by)
