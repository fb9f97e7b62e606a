"""Operations of the pool's administrator that moto would do with too few checks."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response, not_simulated
from labkit.local.operations import Call
from labkit.local.outbox import Message
from labkit.local.user_pools import attributes
from labkit.local.user_pools.clients import require_valid_lifetimes
from labkit.local.user_pools.passwords import require_policy
from labkit.local.user_pools.pools import Pool, backend_of, find_user, pool_named, user_named

if TYPE_CHECKING:
    from labkit.local.state import State


def check_user_pool(call: Call, state: State) -> None:
    """What CreateUserPool and UpdateUserPool cannot promise to keep."""
    if call.parameters.get("MfaConfiguration") not in (None, "OFF"):
        raise not_simulated("multi-factor authentication (MfaConfiguration)")


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


def check_user_pool_client(call: Call, state: State) -> None:
    """Limits of CreateUserPoolClient and UpdateUserPoolClient."""
    pool_named(call.parameters["UserPoolId"], state)
    require_valid_lifetimes(call.parameters)


def create_user_pool_client(call: Call, state: State) -> dict[str, Any]:
    """moto keeps the client; its secrets are UUIDs, whose hyphens no operation's `ClientSecret` may have.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
    """
    check_user_pool_client(call, state)
    settings = dict(call.parameters)
    pool, with_secret = pool_named(settings.pop("UserPoolId"), state), settings.pop("GenerateSecret", False)
    client = backend_of(pool).create_user_pool_client(pool.id, with_secret, settings)
    client.secret = state.source.text(52, string.ascii_lowercase + string.digits)
    return {"UserPoolClient": client.to_json(extended=True)}


def check_set_password(call: Call, state: State) -> None:
    pool = pool_named(call.parameters["UserPoolId"], state)
    user_named(pool, call.parameters["Username"])
    require_policy(pool, call.parameters["Password"])


def check_create_user(call: Call, state: State) -> None:
    """AdminCreateUser: the temporary password is checked, or made up and sent with the invitation."""
    pool, username = pool_named(call.parameters["UserPoolId"], state), call.parameters["Username"]
    given = attributes.flat(call.parameters.get("UserAttributes"))
    attributes.require_known(pool, given)
    attributes.require_well_formed(given)
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


def check_update_attributes(call: Call, state: State) -> None:
    """AdminUpdateUserAttributes: known attributes that may change."""
    pool = pool_named(call.parameters["UserPoolId"], state)
    user_named(pool, call.parameters["Username"])
    given = attributes.flat(call.parameters["UserAttributes"])
    attributes.require_known(pool, given)
    attributes.require_well_formed(given)
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
