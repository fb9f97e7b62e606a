"""GET /logout: the end of a session, and where the browser goes then.

https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.errors import Response
from labkit.local.managed_login import cookies
from labkit.local.managed_login.authorization_request import Shown, read, redirect
from labkit.local.managed_login.domains import Site

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def logout(site: Site, request: Request, state: State) -> Response:
    """To `logout_uri`, which must be one of the client's, or to sign in again for `redirect_uri`.

    With both "Amazon Cognito … ignores all other request parameters". Nobody is signed out by a bad request
    (unconfirmed).
    """
    status, headers, body = redirect(_target(site, request))
    state.managed_login.close_session(cookies.given(request, cookies.SESSION))
    headers["Set-Cookie"] = cookies.session("", site.base, secure=site.secure)
    return status, headers, body


def _target(site: Site, request: Request) -> str:
    given = request.parameters
    client = site.pool.clients.get(given.get("client_id", ""))
    if client is None or len(given) < len(request.query):
        raise Shown("invalid_request")
    uri = given.get("logout_uri")
    if uri is None:
        return read(site, request).path("/login")
    if uri not in (client.extended_config.get("LogoutURLs") or []):
        raise Shown("redirect_mismatch", client.id)
    return uri
