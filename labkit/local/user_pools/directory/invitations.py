"""AdminCreateUser: a user whom the administrator makes, with a temporary password and an invitation.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-create-user-accounts.html
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import attributes, usernames, users
from labkit.local.user_pools.directory.passwords import lift_bar, require_policy
from labkit.local.user_pools.factors.first_factors import passwordless
from labkit.local.user_pools.pools import Pool, User, find_user, pool_asked, set_status, status_of, user_named
from labkit.local.user_pools.sign_up import messages, registration

if TYPE_CHECKING:
    from labkit.local.state import State


def admin_create_user(call: Call, state: State) -> dict[str, Any]:
    """A new user; with MessageAction RESEND, a new invitation for one who has not come yet."""
    pool = pool_asked(call, state)
    if not call.parameters.get("TemporaryPassword") and passwordless(pool):
        return _create_without_password(call, pool, state)
    password = _temporary_password(call, pool, state)
    if call.parameters.get("MessageAction") == "RESEND":
        user = _awaited(pool, call.parameters["Username"])
        lift_bar(pool, user, state)
        user.password = password
    else:
        user = _create(call, pool, password, state)
    state.user_pools[pool.id].temporary_since[user.id] = state.clock.now()
    if call.parameters.get("MessageAction") != "SUPPRESS":
        _invite(call, pool, user, password, state)
    return {"User": users.shown(user)}


def _create_without_password(call: Call, pool: Pool, state: State) -> dict[str, Any]:
    """A user for the pool's codes, who needs an address for them and no first sign-in (status unconfirmed).

    "These attributes must be provided … when you don't submit a TemporaryPassword."
    """
    given = attributes.flat(call.parameters.get("UserAttributes"))
    if not (given.get("email") or given.get("phone_number")):
        raise AwsError(
            "InvalidParameterException", "A user without a password needs an email or phone_number."
        )
    user = _create(call, pool, None, state)
    set_status(user, "CONFIRMED")
    if call.parameters.get("MessageAction") != "SUPPRESS":
        _invite(call, pool, user, "", state)
    return {"User": users.shown(user)}


def _awaited(pool: Pool, username: str) -> User:
    user = user_named(pool, username)
    if status_of(user) != "FORCE_CHANGE_PASSWORD":
        raise AwsError(
            "UnsupportedUserStateException",
            f"Resend not possible. {username} status is not FORCE_CHANGE_PASSWORD",
        )
    return user


def _create(call: Call, pool: Pool, password: str | None, state: State) -> User:
    username = call.parameters["Username"]
    own_name, given = usernames.stored(pool, username, attributes.flat(call.parameters.get("UserAttributes")))
    attributes.require_valid(pool, given)
    attributes.require_address(given, given)
    registration.pre_sign_up(call, pool, given, state)
    usernames.require_free(pool, given)
    if find_user(pool, username) is not None:
        raise AwsError("UsernameExistsException", "User account already exists")
    for attribute in usernames.alias_attributes(pool):
        if attribute in given and usernames.counts(given, attribute):
            force = bool(call.parameters.get("ForceAliasCreation"))
            usernames.claim(pool, None, attribute, given[attribute], force=force)
    return users.create(pool, own_name, password, "FORCE_CHANGE_PASSWORD", given, state)


def _temporary_password(call: Call, pool: Pool, state: State) -> str:
    """The password that was given, which the policy binds, or one that is made up."""
    given = call.parameters.get("TemporaryPassword")
    if given:
        require_policy(pool, given)
        return str(given)
    policy = (pool.extended_config.get("Policies") or {}).get("PasswordPolicy") or {}
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%&*")
    length = max(8, int(policy.get("MinimumLength") or 8))
    return "".join(state.source.text(1, kinds[i % len(kinds)]) for i in range(length))


def _invite(call: Call, pool: Pool, user: User, password: str, state: State) -> None:
    """Send the invitation by the media that were asked for; SMS where none was."""
    name = call.parameters["Username"]
    for medium in call.parameters.get("DesiredDeliveryMediums") or ["SMS"]:
        address = user.attribute_lookup.get("email" if medium == "EMAIL" else "phone_number")
        if address:
            messages.send(pool, user, medium, address, password, call, state, name)
