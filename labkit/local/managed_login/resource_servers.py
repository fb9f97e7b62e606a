"""Resource servers: APIs outside Cognito, and the custom scopes that tokens may have for them.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import pages
from labkit.local.user_pools.pools import Pool, pool_asked
from labkit.local.user_pools.tokens.scopes import RESERVED

if TYPE_CHECKING:
    from labkit.local.state import State


def create_resource_server(call: Call, state: State) -> dict[str, Any]:
    from moto.cognitoidp.models import CognitoResourceServer

    pool, identifier = pool_asked(call, state), call.parameters["Identifier"]
    if identifier in pool.resource_servers:
        raise _invalid(f"{identifier} already exists in user pool {pool.id}.")
    if identifier in RESERVED:
        raise _invalid(f"{identifier} is a reserved scope and cannot be an identifier.")  # unconfirmed
    server = CognitoResourceServer(pool.id, identifier, call.parameters["Name"], _scopes(call))
    pool.resource_servers[identifier] = server
    return {"ResourceServer": server.to_json()}


def describe_resource_server(call: Call, state: State) -> dict[str, Any]:
    return {"ResourceServer": _asked(call, pool_asked(call, state)).to_json()}


def update_resource_server(call: Call, state: State) -> dict[str, Any]:
    """ "If you don't provide a value for an attribute, it is set to the default value."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateResourceServer.html
    """
    server = _asked(call, pool_asked(call, state))
    server.name, server.scopes = call.parameters["Name"], _scopes(call)
    return {"ResourceServer": server.to_json()}


def delete_resource_server(call: Call, state: State) -> dict[str, Any]:
    """Afterwards "users can no longer generate access tokens with scopes" of it.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteResourceServer.html
    """
    pool = pool_asked(call, state)
    del pool.resource_servers[_asked(call, pool).identifier]
    return {}


def list_resource_servers(call: Call, state: State) -> dict[str, Any]:
    servers = list(pool_asked(call, state).resource_servers.values())
    page, token = pages.page(servers, call, "NextToken", "MaxResults", state)
    return {"ResourceServers": [server.to_json() for server in page]} | token


def _asked(call: Call, pool: Pool) -> Any:
    server = pool.resource_servers.get(call.parameters["Identifier"])
    if server is None:
        raise AwsError("ResourceNotFoundException", "Resource server does not exist.")
    return server


def _scopes(call: Call) -> list[dict[str, str]]:
    """The scopes that are given, each name once (no text is documented)."""
    scopes: list[dict[str, str]] = call.parameters.get("Scopes") or []
    names = [scope["ScopeName"] for scope in scopes]
    if len(set(names)) < len(names):
        raise _invalid("Scope names must be unique.")
    return scopes


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
