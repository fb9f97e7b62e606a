"""Signing up, and confirming it with the code that was sent.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import attributes, usernames, users
from labkit.local.user_pools.directory.passwords import require_policy
from labkit.local.user_pools.factors.first_factors import passwordless
from labkit.local.user_pools.pools import (
    Pool,
    User,
    client_named,
    find_user,
    hides_existence,
    pool_asked,
    set_status,
    status_of,
    user_named,
)
from labkit.local.user_pools.settings.clients import addressed, require_secret_hash, unknown_user
from labkit.local.user_pools.sign_up import codes, registration, sign_up_session

if TYPE_CHECKING:
    from labkit.local.state import State


def sign_up(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_named(call.parameters["ClientId"], state)
    username, password = call.parameters["Username"], call.parameters.get("Password") or None
    require_secret_hash(client, (username,), call.parameters.get("SecretHash"))
    _require_open(pool)
    own_name, given = usernames.stored(pool, username, attributes.flat(call.parameters.get("UserAttributes")))
    _require_new(pool, username, given)
    attributes.require_valid(pool, given)
    attributes.require_complete(pool, given)
    _require_writable(call, pool, client)
    if password is not None or not passwordless(pool):
        require_policy(pool, password or "")
    wishes = registration.pre_sign_up(call, pool, given, state)
    _require_new(pool, username, given)  # the function may have taken its time
    user = users.create(pool, own_name, password, "UNCONFIRMED", given, state)
    registration.apply(wishes, pool, user)
    session = sign_up_session.after_sign_up(pool, client, user, state)
    return _signed_up(call, pool, user, state) | session


def _signed_up(call: Call, pool: Pool, user: User, state: State) -> dict[str, Any]:
    """SignUp's answer: a code is on its way, or the pool's function confirmed the user."""
    confirmed = status_of(user) == "CONFIRMED"
    answer: dict[str, Any] = {"UserConfirmed": confirmed, "UserSub": user.id}
    attribute = codes.auto_verified(pool, user)
    if confirmed:
        registration.post_confirmation(call, pool, user, state)
    elif attribute is not None:
        answer["CodeDeliveryDetails"] = codes.send(pool, user, codes.SIGN_UP, attribute, call, state)
    return answer


def _require_open(pool: Pool) -> None:
    config = pool.extended_config.get("AdminCreateUserConfig") or {}
    if config.get("AllowAdminCreateUserOnly"):
        raise AwsError("NotAuthorizedException", "SignUp is not permitted for this user pool")


def _require_new(pool: Pool, username: str, given: dict[str, str]) -> None:
    usernames.require_free(pool, given)
    if find_user(pool, username) is not None:
        raise AwsError("UsernameExistsException", "User already exists")


def _require_writable(call: Call, pool: Pool, client: Any) -> None:
    """What the user wrote, not the address that stands for the username.

    A preferred username that is an alias has to wait: "your user can provide the value only when they confirm
    an account. They can't provide the value during registration." (AWS documents no text for it.)
    """
    written = attributes.flat(call.parameters.get("UserAttributes"))
    attributes.require_writable(client, written)
    if "preferred_username" in written and "preferred_username" in usernames.alias_attributes(pool):
        raise AwsError(
            "InvalidParameterException", "preferred_username cannot be provided for an unconfirmed account."
        )


def confirm_sign_up(call: Call, state: State) -> dict[str, Any]:
    """Confirm with the code, which stays good where the address is another user's alias by now."""
    pool, client, user = addressed(call, state)
    if user is None:
        raise codes.mismatch() if hides_existence(client) else unknown_user()
    if status_of(user) != "UNCONFIRMED":
        raise _not_unconfirmed(user)
    code = codes.checked(pool, user, codes.SIGN_UP, call.parameters["ConfirmationCode"], state)
    address = user.attribute_lookup[code.attribute]
    force = bool(call.parameters.get("ForceAliasCreation"))
    usernames.claim(pool, user, code.attribute, address, force=force)
    codes.use_up(pool, user, codes.SIGN_UP, state)
    set_status(user, "CONFIRMED")
    users.change(user, {f"{code.attribute}_verified": "true"})
    registration.post_confirmation(call, pool, user, state)
    return sign_up_session.after_confirmation(call, pool, client, user, code.attribute, state)


def _not_unconfirmed(user: User) -> AwsError:
    return AwsError(
        "NotAuthorizedException", f"User cannot be confirmed. Current status is {status_of(user)}"
    )


def resend_confirmation_code(call: Call, state: State) -> dict[str, Any]:
    pool, client, user = addressed(call, state)
    if hides_existence(client) and (user is None or not user.enabled):
        return codes.pretended(pool, call.parameters["Username"])
    if user is None:
        raise unknown_user()
    if not user.enabled:
        raise AwsError("NotAuthorizedException", "User is disabled.")
    if status_of(user) != "UNCONFIRMED":
        raise AwsError("InvalidParameterException", "User is already confirmed.")
    attribute = codes.auto_verified(pool, user)
    if attribute is None:
        raise AwsError("InvalidParameterException", "Cannot resend codes. Auto verification not turned on.")
    return {"CodeDeliveryDetails": codes.send(pool, user, codes.SIGN_UP, attribute, call, state)}


def admin_confirm_sign_up(call: Call, state: State) -> dict[str, Any]:
    """Confirm without a code: the user may sign in, the address stays unverified."""
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    if status_of(user) != "UNCONFIRMED":
        raise _not_unconfirmed(user)
    set_status(user, "CONFIRMED")
    registration.post_confirmation(call, pool, user, state)
    return {}
