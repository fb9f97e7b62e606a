"""/oauth2/userInfo: a user's attributes, as far as an access token's scopes open them.

https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import answers
from labkit.local.managed_login.domains import Site
from labkit.local.user_pools.directory.attributes import readable
from labkit.local.user_pools.tokens.scopes import OPENID, covered
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_BAD_REQUEST = "Bad OAuth2 request at UserInfo Endpoint"
_BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."
#: AWS documents no text for a token without `openid`.
_NO_OPENID = "Access token does not contain openid scope"


def user_info(site: Site, request: Request, state: State) -> Response:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _refused(400, "invalid_request", _BAD_REQUEST)
    try:
        pool, user, claims = user_of_access_token(token.strip(), state, OPENID)
    except AwsError as error:
        return _refused(401, "invalid_token", _NO_OPENID if "scopes" in error.message else _BAD_TOKEN)
    if pool is not site.pool:
        return _refused(401, "invalid_token", _BAD_TOKEN)
    attributes = readable(pool.clients[claims["client_id"]], user)
    shown: dict[str, Any] = {"sub": user.id} | covered(claims["scope"].split(), attributes)
    return answers.of_json(200, shown | {"username": user.username})


def _refused(status: int, error: str, description: str) -> Response:
    _, headers, _ = answers.of_json(status, {})
    headers["WWW-Authenticate"] = f'error="{error}", error_description="{description}"'
    return status, headers, json.dumps({"error": error, "error_description": description}).encode()
