"""What anybody may read without credentials: key sets, discovery documents, the account's health."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response
from labkit.local.managed_login import domains
from labkit.local.trust import PROVIDER
from labkit.local.user_pools.directory import user_import
from labkit.local.user_pools.pools import Pool, find_pool, issuer
from labkit.local.wire import Request

if TYPE_CHECKING:
    from labkit.local.state import State

_POOL_PATH = re.compile(
    r"/(?P<pool>[\w-]+_[0-9A-Za-z]+)/\.well-known/(?P<document>jwks\.json|openid-configuration)"
)


def answer(request: Request, state: State) -> Response | None:
    """The document at a well-known path, or None where the request is for something else."""
    if request.path == "/_labkit/health":
        return _json(health(state))
    with state.lock:  # another request may be making a pool, or the endpoint's certificate
        if request.path == "/_labkit/iot/ca.pem":
            return 200, {"Content-Type": "application/x-pem-file"}, state.iot.certificates.ca_pem
        return _document(request, state)


def _document(request: Request, state: State) -> Response | None:
    if request.path == "/.well-known/jwks_uri":
        return _json(state.identity_pools.key.jwks())
    if request.path == "/.well-known/openid-configuration":
        return _json(_configuration(f"https://{PROVIDER}", f"{_base(request)}/.well-known/jwks_uri", "RS512"))
    if request.method == "PUT" and request.path.startswith(user_import.PATH):
        return user_import.receive(request, state)
    match = _POOL_PATH.fullmatch(request.path)
    if match is None:
        return None
    pool = find_pool(match["pool"], state)
    if pool is None:
        return _json({"message": f"User pool {match['pool']} does not exist."}, 404)
    if match["document"] == "jwks.json":
        return _json(state.user_pools.key(pool.id).jwks())
    return _json(_pool_configuration(pool, request, state))


def health(state: State) -> dict[str, Any]:
    """Which account this is. `instance` changes with every start."""
    from labkit import __version__

    return {
        "labkit": __version__,
        "account": state.account_id,
        "region": state.region,
        "instance": state.instance,
        "iot": {
            "host": state.iot.endpoint.host,
            "port": state.iot.endpoint.port,
            "tls_port": state.iot.endpoint.tls_port,
        },
    }


def _pool_configuration(pool: Pool, request: Request, state: State) -> dict[str, Any]:
    """With a domain, the endpoints of the pool's authorization server, as this account answers for them."""
    known = _configuration(issuer(pool), f"{_base(request)}/{pool.id}/.well-known/jwks.json", "RS256")
    domain = domains.of_pool(pool, state)
    if domain is None:
        return known
    there = f"{_base(request)}/_domain/{domain.name}"
    return known | {
        "authorization_endpoint": f"{there}/oauth2/authorize",
        "end_session_endpoint": f"{there}/logout",
        "revocation_endpoint": f"{there}/oauth2/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "token_endpoint": f"{there}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{there}/oauth2/userInfo",
    }


def _configuration(name: str, jwks_uri: str, algorithm: str) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, with the keys at the address at which this account answers."""
    return {
        "issuer": name,
        "jwks_uri": jwks_uri,
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
    }


def _base(request: Request) -> str:
    return domains.origin(request)


def _json(document: dict[str, Any], status: int = 200) -> Response:
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    return status, headers, json.dumps(document).encode()
