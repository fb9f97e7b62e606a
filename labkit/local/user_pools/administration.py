"""Operations of the pool's administrator that moto would do with too few checks."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response, not_simulated
from labkit.local.operations import Call
from labkit.local.outbox import Message
from labkit.local.user_pools import attributes, first_factors, mfa_settings
from labkit.local.user_pools.clients import require_valid_lifetimes
from labkit.local.user_pools.passwords import require_policy
from labkit.local.user_pools.pools import (
    Pool,
    backend_of,
    client_asked,
    find_user,
    pool_asked,
    pool_named,
    user_named,
)

if TYPE_CHECKING:
    from labkit.local.state import State


def check_user_pool(call: Call, state: State) -> None:
    """What CreateUserPool and UpdateUserPool cannot promise to keep."""
    mfa_settings.check_user_pool(call, state)
    first_factors.check_user_pool(call, state)
    if (call.parameters.get("UsernameConfiguration") or {}).get("CaseSensitive") is False:
        raise not_simulated("usernames in any case (UsernameConfiguration CaseSensitive false)")
    if call.parameters.get("AliasAttributes"):
        raise not_simulated("sign-in by an alias (AliasAttributes)")


def check_delete_user_pool(call: Call, state: State) -> None:
    """A protected pool stays: "Amazon Cognito returns an InvalidParameterException error".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
    """
    if pool_asked(call, state).extended_config.get("DeletionProtection") == "ACTIVE":
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
    named = {"ClientName": client.extended_config.get("ClientName")} | settings
    client.extended_config = CognitoIdpUserPoolClient(pool.id, client.generate_secret, named).extended_config
    return {"UserPoolClient": client.to_json(extended=True)}


def check_set_password(call: Call, state: State) -> None:
    pool = pool_asked(call, state)
    user_named(pool, call.parameters["Username"])
    require_policy(pool, call.parameters["Password"])


def check_create_user(call: Call, state: State) -> None:
    """AdminCreateUser: the temporary password is checked, or made up and sent with the invitation."""
    pool, username = pool_asked(call, state), call.parameters["Username"]
    given = attributes.flat(call.parameters.get("UserAttributes"))
    attributes.require_valid(pool, given)
    if call.parameters.get("MessageAction") == "RESEND":
        raise not_simulated("AdminCreateUser with MessageAction RESEND")
    if find_user(pool, username) is not None:
        raise AwsError("UsernameExistsException", "User account already exists")
    password = call.parameters.get("TemporaryPassword")
    if password:
        require_policy(pool, password)
    else:
        password = _temporary_password(pool, state)
        call.replace(TemporaryPassword=password)
    if call.parameters.get("MessageAction") != "SUPPRESS":
        _invite(call, pool, given, str(password), state)


def note_temporary_password(call: Call, state: State, response: Response) -> Response:
    """Remember since when a user has a temporary password, by the account's own clock."""
    if response[0] == 200 and not call.parameters.get("Permanent"):
        pool = pool_asked(call, state)
        user = user_named(pool, call.parameters["Username"])
        state.user_pools[pool.id].temporary_since[user.id] = state.clock.now()
    return response


def check_update_attributes(call: Call, state: State) -> None:
    """AdminUpdateUserAttributes: known attributes that may change."""
    pool = pool_asked(call, state)
    user_named(pool, call.parameters["Username"])
    given = attributes.flat(call.parameters["UserAttributes"])
    attributes.require_valid(pool, given)
    attributes.require_mutable(pool, given)


def _temporary_password(pool: Pool, state: State) -> str:
    policy = (pool.extended_config.get("Policies") or {}).get("PasswordPolicy") or {}
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%&*")
    length = max(8, int(policy.get("MinimumLength") or 8))
    return "".join(state.source.text(1, kinds[i % len(kinds)]) for i in range(length))


def _invite(call: Call, pool: Pool, given: dict[str, str], password: str, state: State) -> None:
    """Send the invitation by the media that were asked for; SMS where none was."""
    for medium in call.parameters.get("DesiredDeliveryMediums") or ["SMS"]:
        address = given.get("email" if medium == "EMAIL" else "phone_number")
        if address:
            name, now = call.parameters["Username"], state.clock.now()
            state.outbox.send(Message(name, pool.id, "AdminCreateUser", medium, address, password, now))
