"""The pages' calls of the User Pools API, held to the same model as an app's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.models import operation_model
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Client, Pool
from labkit.local.user_pools.settings.clients import secret_hash
from labkit.local.validation import validate

if TYPE_CHECKING:
    from labkit.local.wire import Request

_SERVICE = "cognito-idp"


def operation(name: str, pool: Pool, parameters: dict[str, Any], request: Request) -> Call:
    """A call as an app would make it. Raises AwsError where a parameter breaks the operation's model."""
    model = operation_model(_SERVICE, name)
    call = Call(_SERVICE, name, pool.region, parameters, request, model)
    validate(call)
    return call


def for_user(
    name: str, pool: Pool, client: Client, username: str, parameters: dict[str, Any], request: Request
) -> Call:
    """A call about a user, with the client's secret proven where it has one."""
    given = {"ClientId": client.id, "Username": username} | parameters
    if client.generate_secret:
        given["SecretHash"] = secret_hash(client, username)
    return operation(name, pool, given, request)


def proof(client: Client, username: str) -> dict[str, str]:
    """SECRET_HASH, for InitiateAuth and RespondToAuthChallenge."""
    return {"SECRET_HASH": secret_hash(client, username)} if client.generate_secret else {}


def endpoint(path: str, pool: Pool, parameters: dict[str, str]) -> Call:
    """What a trigger is told of a request that is no API call."""
    nothing: Any = None
    return Call(_SERVICE, path, pool.region, dict(parameters), nothing)
