"""GET /oauth2/authorize, which sends the browser on: to the app, to a provider, or to the sign-in page.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local import federation
from labkit.local.errors import Response
from labkit.local.managed_login import cookies, sign_in_result
from labkit.local.managed_login.authorization_request import (
    COGNITO,
    AuthorizationRequest,
    read,
    redirect,
    takes,
)
from labkit.local.managed_login.domains import Site

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def authorize(site: Site, request: Request, state: State) -> Response:
    asked = read(site, request)
    return decided(site, asked, request, state) or redirect(asked.path("/login"))


def decided(site: Site, asked: AuthorizationRequest, request: Request, state: State) -> Response | None:
    """The answer that needs no page; None where a person has to sign in here.

    "Users must sign in unless their browser has a valid managed login session cookie"; with prompt `login`
    they always must, with `none` they never may.
    """
    known = None if "login" in asked.prompt else _by_session(site, asked, request, state)
    if known is not None:
        return known
    if "none" in asked.prompt:
        raise asked.refusal("login_required")
    if asked.identity_provider not in ("", COGNITO):
        provider = site.pool.identity_providers[asked.identity_provider]
        return federation.start(asked, provider, state)
    return None


def _by_session(site: Site, asked: AuthorizationRequest, request: Request, state: State) -> Response | None:
    """A code or tokens for whoever the session cookie stands for, at a client that takes their provider.

    "If your user signs in again with a different IdP, including a switch to or from local user pool sign-in,
    they must provide credentials".
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    signed_in = state.managed_login.session(cookies.given(request, cookies.SESSION), site.pool.id)
    if signed_in is None:
        return None
    (pool, client), provider = asked.pool_and_client(state), signed_in.identity_provider or COGNITO
    user = sign_in_result.user_of(signed_in, pool)
    if user is None or asked.identity_provider not in ("", provider) or not takes(pool, client, provider):
        return None
    return sign_in_result.grant(asked, pool, client, user, signed_in, state)
