"""Proving that an address is the user's own: GetUserAttributeVerificationCode and VerifyUserAttribute.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools import codes, usernames, users
from labkit.local.user_pools.pools import Pool, User
from labkit.local.user_pools.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State

#: "Only the email and phone_number attributes can be verified."
ADDRESSES = ("email", "phone_number")


def get_user_attribute_verification_code(call: Call, state: State) -> dict[str, Any]:
    """Send a code to the address that the user has, or that waits to be the user's."""
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    attribute = _address(call)
    address = pending(pool, user, state).get(attribute) or user.attribute_lookup.get(attribute)
    if not address:
        raise AwsError("InvalidParameterException", f"User has no {attribute}.")
    return {"CodeDeliveryDetails": send(pool, user, attribute, address, call, state)}


def verify_user_attribute(call: Call, state: State) -> dict[str, Any]:
    """The code came back: the address is verified, and takes the place of the one before it."""
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    attribute = _address(call)
    purpose, waiting = _purpose(attribute), pending(pool, user, state)
    address = waiting.get(attribute) or user.attribute_lookup.get(attribute, "")
    codes.checked(pool, user, purpose, call.parameters["Code"], state, address)
    usernames.require_free(pool, {attribute: address}, user)
    usernames.claim(pool, user, attribute, address)
    codes.use_up(pool, user, purpose, state)
    waiting.pop(attribute, None)
    users.change(user, {attribute: address, f"{attribute}_verified": "true"})
    return {}


def send(pool: Pool, user: User, attribute: str, address: str, call: Call, state: State) -> dict[str, str]:
    """Send a code to an address that is to be verified. Returns CodeDeliveryDetails."""
    return codes.send(pool, user, _purpose(attribute), attribute, call, state, address)


def withdraw(pool: Pool, user: User, attribute: str, state: State) -> None:
    """Forget an address that waits, and the code: one that went to another address proves nothing."""
    state.user_pools[pool.id].codes.pop((user.id, _purpose(attribute)), None)
    pending(pool, user, state).pop(attribute, None)


def pending(pool: Pool, user: User, state: State) -> dict[str, str]:
    """The addresses that wait for their code, by attribute."""
    return state.user_pools[pool.id].directory.pending.setdefault(user.id, {})


def _purpose(attribute: str) -> str:
    return f"VerifyUserAttribute {attribute}"


def _address(call: Call) -> str:
    attribute = str(call.parameters["AttributeName"])
    if attribute not in ADDRESSES:
        raise AwsError("InvalidParameterException", f"The attribute {attribute} cannot be verified.")
    return attribute
