"""UserMigration: somebody unknown, whom the pool's function knows from another directory.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools import triggers
from labkit.local.user_pools.directory import attributes, usernames, users
from labkit.local.user_pools.factors.mfa_settings import available
from labkit.local.user_pools.pools import Pool, User, find_user
from labkit.local.user_pools.sign_up import messages

if TYPE_CHECKING:
    from labkit.local.state import State


def migrate(call: Call, pool: Pool, username: str, password: str | None, state: State) -> User | None:
    """The user that the function makes of a name and, at sign-in, a password; None where it knows nobody.

    The password is not held to the pool's policy.
    """
    request: dict[str, Any] = {"validationData": None} | messages.metadata(call)
    if password is not None:
        request |= {"password": password, "validationData": call.parameters.get("ClientMetadata") or None}
    answer = triggers.invoke(
        pool,
        "UserMigration",
        "ForgotPassword" if password is None else "Authentication",
        username=username,
        client_id=messages.client_of(call),
        request=request,
        state=state,
    )
    if answer is None or not answer["userAttributes"]:
        return None
    return _create(pool, username, password, answer, state)


def _create(pool: Pool, username: str, password: str | None, answer: dict[str, Any], state: State) -> User:
    if answer["messageAction"] != "SUPPRESS":
        raise not_simulated("the welcome message to a migrated user (messageAction other than SUPPRESS)")
    given = {name: str(value) for name, value in answer["userAttributes"].items()}
    own_name = given.pop("username", username)
    if own_name != username and not usernames.alias_attributes(pool):
        # "… must either exactly match the request, or be omitted."
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    stored_name, given = usernames.stored(pool, own_name, given)
    attributes.require_valid(pool, given)
    usernames.require_free(pool, given)
    if find_user(pool, own_name) is not None:
        raise AwsError("UsernameExistsException", "User already exists")
    for alias in usernames.alias_attributes(pool):
        if alias in given and usernames.counts(given, alias):
            usernames.claim(pool, None, alias, given[alias], force=bool(answer["forceAliasCreation"]))
    sms = answer["enableSMSMFA"]
    if sms and ("phone_number" not in given or "SMS_MFA" not in available(pool, state.user_pools[pool.id])):
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    status = "CONFIRMED" if answer["finalUserStatus"] == "CONFIRMED" else "RESET_REQUIRED"
    user = users.create(pool, stored_name, password, status, given, state)
    if sms:
        state.user_pools[pool.id].factors_of(user.id).switched["SMS_MFA"] = True
    return user
