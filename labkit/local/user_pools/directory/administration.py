"""Operations of the pool's administrator that moto would do with too few checks."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import domains
from labkit.local.operations import Call
from labkit.local.user_pools.factors import first_factors, mfa_settings
from labkit.local.user_pools.pools import (
    backend_of,
    client_asked,
    pool_asked,
    pool_named,
    require_no_import,
)
from labkit.local.user_pools.settings import client_settings, pool_settings
from labkit.local.user_pools.settings.clients import require_valid_lifetimes

if TYPE_CHECKING:
    from labkit.local.state import State


def check_user_pool(call: Call, state: State) -> None:
    """What CreateUserPool and UpdateUserPool cannot promise to keep."""
    mfa_settings.check_user_pool(call, state)
    first_factors.check_user_pool(call, state)
    pool_settings.check(call, state)
    if call.operation == "UpdateUserPool":
        require_no_import(pool_asked(call, state), state)


def check_delete_user_pool(call: Call, state: State) -> None:
    """A protected pool stays: "Amazon Cognito returns an InvalidParameterException error".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
    """
    pool = pool_asked(call, state)
    require_no_import(pool, state)
    domains.require_none(pool, state)
    if pool.extended_config.get("DeletionProtection") == "ACTIVE":
        raise AwsError(
            "InvalidParameterException",
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first.",
        )


def forget_user_pool(call: Call, state: State, response: Response) -> Response:
    """Drop what labkit itself kept of a pool that was deleted."""
    if response[0] == 200:
        state.user_pools.forget(call.parameters["UserPoolId"])
    return response


def name_as_aws_does(call: Call, state: State, response: Response) -> Response:
    """Give a new pool an id as AWS makes them: the Region and nine letters and digits."""
    status, headers, body = response
    if status != 200:
        return response
    pool = pool_named(json.loads(body)["UserPool"]["Id"], state)
    old, new = pool.id, f"{pool.region}_{state.source.text(9)}"
    backend = backend_of(pool)
    del backend.user_pools[old]
    backend.user_pools[new] = pool
    pool.id, pool.arn = new, pool.arn.replace(old, new)
    body = body.replace(old.encode(), new.encode())
    return status, headers | {"Content-Length": str(len(body))}, body


def create_user_pool_client(call: Call, state: State) -> dict[str, Any]:
    """moto keeps the client; its secrets are UUIDs, whose hyphens no operation's `ClientSecret` may have.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
    """
    pool = pool_asked(call, state)
    settings = {k: v for k, v in call.parameters.items() if k not in ("UserPoolId", "GenerateSecret")}
    require_valid_lifetimes(settings)
    with_secret = call.parameters.get("GenerateSecret", False)
    client_settings.check(pool, settings, "creating", has_secret=with_secret)
    client = backend_of(pool).create_user_pool_client(pool.id, with_secret, settings)
    client.secret = state.source.text(52, string.ascii_lowercase + string.digits)
    return {"UserPoolClient": client.to_json(extended=True)}


def update_user_pool_client(call: Call, state: State) -> dict[str, Any]:
    """Replace the settings: "If you don't provide a value for an attribute, Amazon Cognito sets it to its
    default value." The name, which has no default, stays (unconfirmed).

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
    """
    from moto.cognitoidp.models import CognitoIdpUserPoolClient

    pool, client = client_asked(call, state)
    settings = {k: v for k, v in call.parameters.items() if k not in ("UserPoolId", "ClientId")}
    require_valid_lifetimes(settings)
    client_settings.check(pool, settings, "updating", has_secret=client.generate_secret)
    named = {"ClientName": client.extended_config.get("ClientName")} | settings
    client.extended_config = CognitoIdpUserPoolClient(pool.id, client.generate_secret, named).extended_config
    return {"UserPoolClient": client.to_json(extended=True)}
