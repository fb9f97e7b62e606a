"""Federation: users whom another identity provider signs in.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
"""

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
    from labkit.local.federation import oauth, saml

    kind = provider.extended_config["ProviderType"]
    begin = saml.start if kind == "SAML" else oauth.start
    return begin(authorization_request, provider, state)


def oidc_response(request: Request, pool: Pool, state: State) -> Response:
    """/oauth2/idpresponse: a provider's answer, by OpenID Connect or OAuth 2.0."""
    from labkit.local.federation import oauth

    return oauth.response(request, pool, state)


def saml_response(request: Request, pool: Pool, state: State) -> Response:
    """/saml2/idpresponse: a SAML provider's assertion."""
    from labkit.local.federation import saml

    return saml.response(request, pool, state)


def saml_logout(request: Request, pool: Pool, state: State) -> Response:
    """/saml2/logout: the answer to a SAML logout request."""
    raise not_simulated("/saml2/logout")
