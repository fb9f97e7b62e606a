"""SAML 2.0 providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response, not_simulated

if TYPE_CHECKING:
    from labkit.local.managed_login.authorization_request import AuthorizationRequest
    from labkit.local.state import State
    from labkit.local.user_pools.pools import Pool
    from labkit.local.wire import Request


def start(asked: AuthorizationRequest, provider: Any, state: State) -> Response:
    raise not_simulated("signing in through a SAML provider of a user pool")


def response(request: Request, pool: Pool, state: State) -> Response:
    raise not_simulated("/saml2/idpresponse")
