"""Federation: users whom another identity provider signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response, not_simulated

if TYPE_CHECKING:
    from labkit.local.managed_login.authorization_request import AuthorizationRequest
    from labkit.local.state import State
    from labkit.local.user_pools.pools import Pool
    from labkit.local.wire import Request


def start(authorization_request: AuthorizationRequest, provider: Any, state: State) -> Response:
    """Send the browser to a provider of the pool. `provider` is moto's CognitoIdpIdentityProvider."""
    raise not_simulated("signing in through an identity provider of a user pool")


def oidc_response(request: Request, pool: Pool, state: State) -> Response:
    """/oauth2/idpresponse: a provider's answer, by OpenID Connect or OAuth 2.0."""
    raise not_simulated("/oauth2/idpresponse")


def saml_response(request: Request, pool: Pool, state: State) -> Response:
    """/saml2/idpresponse: a SAML provider's assertion."""
    raise not_simulated("/saml2/idpresponse")


def saml_logout(request: Request, pool: Pool, state: State) -> Response:
    """/saml2/logout: the answer to a SAML logout request."""
    raise not_simulated("/saml2/logout")
