"""POST /oauth2/revoke: a refresh token and the access tokens that came of it.

https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidClientError, OAuth2Error

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import answers
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.token import AUTHENTICATION, Server, read
from labkit.local.user_pools.tokens import sign_out

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_ERRORS = {
    "UnsupportedOperationException": "invalid_request",
    "UnsupportedTokenTypeException": "unsupported_token_type",
}


def revoke(site: Site, request: Request, state: State) -> Response:
    try:
        asked = read(site, request)
        client = Server(site.pool, state).authenticate_client(asked, AUTHENTICATION, "revocation").client
    except InvalidClientError:
        return answers.error("invalid_client", status=401)
    except OAuth2Error as error:
        return answers.error(str(error.error))
    given = asked.form.get("token")
    if not given:
        return answers.error("invalid_request")
    try:
        sign_out.revoke(site.pool, client, given, state)
    except AwsError as error:
        return answers.error(_ERRORS[error.code])
    _, headers, _ = answers.of_json(200, {})
    return 200, headers, b""
