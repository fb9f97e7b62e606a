"""Federation: users whom another identity provider signs in.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response

if TYPE_CHECKING:
    from labkit.local.managed_login.authorization_request import AuthorizationRequest
    from labkit.local.managed_login.domains import Site
    from labkit.local.managed_login.state import SignedIn
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


def start_logout(site: Site, session: str, signed_in: SignedIn, target: str, state: State) -> Response | None:
    """Send the browser to the SAML provider to be signed out there too, if that is what the pool wants."""
    from labkit.local.federation import single_logout

    return single_logout.start(site, session, signed_in, target, state)


def saml_logout(site: Site, request: Request, state: State) -> Response:
    """/saml2/logout: a SAML provider's answer to that."""
    from labkit.local.federation import single_logout

    return single_logout.response(site, request, state)
