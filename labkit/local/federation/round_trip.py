"""The way to a provider and back: one `state`, good once, in the browser that set out with it.

RFC 6749, section 10.12; https://datatracker.ietf.org/doc/html/rfc9700#section-4.7
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.federation import users
from labkit.local.federation.refusal import Refused
from labkit.local.federation.state import VALIDITY, UnderWay
from labkit.local.managed_login import cookies, forms, sign_in_result
from labkit.local.managed_login.authorization_request import AuthorizationRequest, Shown, providers, redirect
from labkit.local.managed_login.state import ProviderSession
from labkit.local.user_pools.pools import Client, Pool

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
    age, reach = int(VALIDITY.total_seconds()), "None; Secure" if secure else "Lax"
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

    An app that did not ask is told nothing.
    """
    under_way = state.federation.take(name)
    if under_way is None or not has_ticket(name, under_way.browser, request):
        raise Shown("invalid_request")
    if under_way.request.pool_id != pool.id:
        raise Shown("invalid_request")
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


def finished(
    under_way: UnderWay,
    state: State,
    vouched_by: Callable[[Any], Vouched],
    *,
    saml: bool = False,
) -> Response:
    """Sign in whom the provider vouches for; tell the app of whatever was wrong."""
    asked = under_way.request
    pool, client = asked.pool_and_client(state)
    try:
        provider = provider_of(under_way, pool, client, saml=saml)
        vouched = vouched_by(provider)
        user = users.signed_in(pool, client, provider, vouched.subject, vouched.claims, state)
    except Refused as refused:
        raise asked.refusal(refused.error, refused.description) from None
    except AwsError as error:
        if error.status >= 500:
            raise
        raise asked.refusal("invalid_request", error.message) from None
    by = {"identity_provider": provider.name, "provider_session": vouched.session}
    return sign_in_result.complete(asked, pool, client, user, state, **by)
