"""GET /logout: the end of a session, and where the browser goes then.

https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from labkit.local import federation
from labkit.local.errors import Response
from labkit.local.managed_login import cookies
from labkit.local.managed_login.authorization_request import PROVIDER_NAMES, Shown, read, redirect
from labkit.local.managed_login.domains import Site

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def logout(site: Site, request: Request, state: State) -> Response:
    """To `logout_uri`, which must be one of the client's, or to sign in again for `redirect_uri`.

    With both "Amazon Cognito … ignores all other request parameters". "With single logout (SLO) for SAML 2.0
    IdPs, Amazon Cognito first redirects your user to the SLO endpoint". Nobody is signed out by a bad request
    (unconfirmed).
    """
    target, session = _target(site, request), cookies.given(request, cookies.SESSION)
    signed_in = state.managed_login.session(session, site.pool.id)
    away = federation.start_logout(site, session, signed_in, target, state) if signed_in else None
    return away or ended(site, session, target, state)


def ended(site: Site, session: str, target: str, state: State) -> Response:
    """Sign the user out here, and send the browser on."""
    status, headers, body = redirect(target)
    state.managed_login.close_session(session)
    headers["Set-Cookie"] = cookies.session("", site.base, secure=site.secure)
    return status, headers, body


def _target(site: Site, request: Request) -> str:
    given = request.parameters
    client = site.pool.clients.get(given.get("client_id", ""))
    if client is None or len(given) < len(request.query):
        raise Shown("invalid_request")
    uri = given.get("logout_uri")
    if uri is None:
        return _sign_in(site, request)
    if uri not in (client.extended_config.get("LogoutURLs") or []):
        raise Shown("redirect_mismatch", client.id)
    return uri


def _sign_in(site: Site, request: Request) -> str:
    """The sign-in page for `redirect_uri`, one of which the request must have.

    It "doesn't support automatic IdP redirect with identity_provider or idp_identifier parameters." Without a
    scope "the parameter includes all authorized scopes for your app client".
    """
    if "redirect_uri" not in request.parameters:
        raise Shown("invalid_request")
    kept = {name: value for name, value in request.parameters.items() if name not in PROVIDER_NAMES}
    asked = read(site, replace(request, query_string=urlencode(kept)))
    return f"{site.base}/login?{urlencode({'scope': ' '.join(asked.scopes)} | kept)}"
