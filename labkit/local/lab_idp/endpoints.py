"""The paths below `/_idp/`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response
from labkit.local.lab_idp import authorize, claims, saml, token
from labkit.local.lab_idp.sites import ROOT, SITES, Site
from labkit.local.managed_login.domains import origin

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_PATH = re.compile(rf"{ROOT}/(?P<name>[a-z-]+)(/v\d+\.\d+)?(?P<path>/[^?]*)")


def answer(request: Request, state: State) -> Response:
    if request.path == f"{ROOT}/apps.json":
        return document(_apps(origin(request), state))
    match = _PATH.fullmatch(request.path)
    site = SITES.get(match["name"]) if match else None
    if match is None or site is None:
        return document({"error": "not_found"}, 404)
    return _at(site, match["path"], request, state)


def _at(site: Site, path: str, request: Request, state: State) -> Response:
    if path == site.authorize:
        return authorize.authorize(site, request, state)
    if path == site.token:
        return token.token(site, request, state)
    if path == site.profile:
        return _profile(site, request, state)
    if path == site.keys:
        return document({"keys": [state.lab_idp.key(site).as_dict(private=False, alg="RS256")]})
    if site.discovery and path == "/.well-known/openid-configuration":
        return document(_configuration(site, origin(request)))
    if site.name == "example-corp" and path.startswith("/saml/"):
        return saml.answer(path, request, state)
    return document({"error": "not_found"}, 404)


def document(content: dict[str, Any], status: int = 200) -> Response:
    return (
        status,
        {"Content-Type": "application/json", "Cache-Control": "no-store"},
        json.dumps(content).encode(),
    )


def _profile(site: Site, request: Request, state: State) -> Response:
    """By Bearer token; Facebook takes `access_token` from the query."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    given = value.strip() if scheme.lower() == "bearer" else request.parameters.get("access_token", "")
    access = state.lab_idp.access(given, site)
    if access is None:
        return document({"error": "invalid_token"}, 401)
    fields = request.parameters.get("fields") or request.parameters.get("personFields") or ""
    return document(claims.profile(site, access.person, access.scope, fields))


def _configuration(site: Site, own: str) -> dict[str, Any]:
    """https://openid.net/specs/openid-connect-discovery-1_0.html"""
    there = f"{own}{ROOT}/{site.name}"
    return {
        "issuer": site.issuer or there,
        "authorization_endpoint": f"{there}{site.authorize}",
        "token_endpoint": f"{there}{site.token}",
        "userinfo_endpoint": f"{there}{site.profile}",
        "jwks_uri": f"{there}{site.keys}",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }


def _apps(own: str, state: State) -> dict[str, Any]:
    """What a developer is given for a user pool's ProviderDetails, by stand-in."""
    lab = state.lab_idp
    shown: dict[str, Any] = {
        name: {"client_id": app.client_id, "client_secret": app.secret} for name, app in lab.apps.items()
    }
    shown["apple"] = {"client_id": lab.apps["apple"].client_id} | lab.apple
    there = f"{own}{ROOT}/example-corp"
    shown["example-corp"] |= {
        "oidc_issuer": there,
        "saml_metadata": f"{there}/saml/metadata",
        "saml_portal": f"{there}/saml/start",
    }
    return shown
