"""What a pool's functions may say when a user registers: PreSignUp before, PostConfirmation after.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools import triggers
from labkit.local.user_pools.directory import attributes, usernames, users
from labkit.local.user_pools.pools import Pool, User, set_status
from labkit.local.user_pools.sign_up.messages import client_of, metadata

if TYPE_CHECKING:
    from labkit.local.state import State

_VERIFIES = {"autoVerifyEmail": "email", "autoVerifyPhone": "phone_number"}


def pre_sign_up(call: Call, pool: Pool, given: dict[str, str], state: State) -> dict[str, Any]:
    """Let the function refuse, confirm or verify a user who is about to be made."""
    request: dict[str, Any] = {
        "userAttributes": given,
        "validationData": attributes.flat(call.parameters.get("ValidationData")) or None,
    }
    answer = triggers.invoke(
        pool,
        "PreSignUp",
        "AdminCreateUser" if call.operation == "AdminCreateUser" else "SignUp",
        username=call.parameters["Username"],
        client_id=client_of(call),
        request=request | metadata(call),
        state=state,
    )
    _require_addresses(answer or {}, given)
    return answer or {}


def _require_addresses(answer: dict[str, Any], given: dict[str, str]) -> None:
    """ "If autoVerifyEmail is set to true, the email attribute must have a valid, non-null value.
    Otherwise an error will occur" (no text is documented)."""
    for wish, attribute in _VERIFIES.items():
        if answer.get(wish) and not given.get(attribute):
            raise AwsError("InvalidLambdaResponseException", f"{wish} needs the attribute {attribute}.")


def apply(answer: dict[str, Any], pool: Pool, user: User) -> None:
    """Do as the function said; an alias of the same value moves to the new user."""
    for wish, attribute in _VERIFIES.items():
        if answer.get(wish):
            usernames.claim(pool, user, attribute, user.attribute_lookup[attribute], force=True)
            users.change(user, {f"{attribute}_verified": "true"})
    if answer.get("autoConfirmUser"):
        set_status(user, "CONFIRMED")


def post_confirmation(call: Call, pool: Pool, user: User, state: State) -> None:
    """Tell the function of a user who was confirmed, or who chose a new password with a code."""
    forgot = call.operation == "ConfirmForgotPassword"
    triggers.invoke(
        pool,
        "PostConfirmation",
        "ConfirmForgotPassword" if forgot else "ConfirmSignUp",
        username=user.username,
        client_id=client_of(call),
        request={"userAttributes": triggers.user_attributes(user)} | metadata(call),
        state=state,
    )
