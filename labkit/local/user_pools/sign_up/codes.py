"""Confirmation codes: sent to the outbox, and really checked.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

import hmac
import string
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory.usernames import PHONE
from labkit.local.user_pools.factors.factors import ADDRESS
from labkit.local.user_pools.pools import Pool, User
from labkit.local.user_pools.sign_in.lockout import require_few_wrong_codes, wrong_code
from labkit.local.user_pools.sign_up import messages
from labkit.local.user_pools.state import Code

if TYPE_CHECKING:
    from labkit.local.state import State

SIGN_UP = "SignUp"
FORGOT_PASSWORD = "ForgotPassword"

#: How long a code is good for, as Cognito's limits page lists it: a day, but an hour to reset a password.
#: https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html
_A_DAY = timedelta(hours=24)
_VALIDITY = {FORGOT_PASSWORD: timedelta(hours=1)}


def auto_verified(pool: Pool, user: User) -> str | None:
    """The attribute that a sign-up code goes to: the phone number before the e-mail address."""
    wanted = pool.extended_config.get("AutoVerifiedAttributes") or []
    return next((n for n in ("phone_number", "email") if n in wanted and n in user.attribute_lookup), None)


def recovery_attribute(pool: Pool, user: User, state: State) -> str | None:
    """The verified attribute that a password reset goes to, by the pool's AccountRecoverySetting.

    Without one, SMS is preferred (the legacy behaviour). With one, the way of the preferred second factor is
    not for password resets too.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AccountRecoverySettingType.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites
    """
    setting = (pool.extended_config.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms")
    names = [m["Name"] for m in sorted(setting, key=lambda m: m["Priority"])] if setting else []
    preferred = state.user_pools[pool.id].factors_of(user.id).preferred
    taken = ADDRESS.get(preferred or "") if setting and pool.mfa_config != "OFF" else None
    for name in names or ["verified_phone_number", "verified_email"]:
        attribute = str(name).removeprefix("verified_")
        if attribute == taken:
            continue
        if (
            user.attribute_lookup.get(f"{attribute}_verified") == "true"
            and attribute in user.attribute_lookup
        ):
            return attribute
    return None


def send(
    pool: Pool, user: User, purpose: str, attribute: str, call: Call, state: State, address: str = ""
) -> dict[str, str]:
    """Make a new code, which replaces the one before it, and send it. Returns CodeDeliveryDetails."""
    value, now = state.source.text(6, string.digits), state.clock.now()
    address = address or user.attribute_lookup[attribute]
    details = delivery_details(attribute, address)
    code = Code(value, now + _VALIDITY.get(purpose, _A_DAY), attribute, address)
    state.user_pools[pool.id].keep_code(user.id, purpose, code, now)
    messages.send(pool, user, details["DeliveryMedium"], address, value, call, state)
    return details


def delivery_details(attribute: str, address: str) -> dict[str, str]:
    """CodeDeliveryDetails, which name the destination only in part."""
    medium = "EMAIL" if attribute == "email" else "SMS"
    return {"Destination": _masked(address), "DeliveryMedium": medium, "AttributeName": attribute}


def _masked(address: str) -> str:
    name, at, domain = address.partition("@")
    return f"{name[:1]}***@{domain[:1]}***" if at else f"+*******{address[-4:]}"


def checked(pool: Pool, user: User, purpose: str, given: str, state: State, address: str = "") -> Code:
    """The code that was sent to `address`, by default the one that the user has, if this is it.

    Raises AwsError for one that is wrong, too old, or was never sent.
    """
    require_few_wrong_codes(pool, user, purpose, state)
    codes = state.user_pools[pool.id].codes
    code = codes.get((user.id, purpose))
    if (
        code is None
        or state.clock.now() >= code.expires
        or code.address != (address or user.attribute_lookup.get(code.attribute))
    ):
        raise AwsError("ExpiredCodeException", "Invalid code provided, please request a code again.")
    if not hmac.compare_digest(code.value.encode(), given.encode()):
        wrong_code(pool, user, purpose, state)
        raise mismatch()
    return code


def use_up(pool: Pool, user: User, purpose: str, state: State) -> None:
    del state.user_pools[pool.id].codes[(user.id, purpose)]


def mismatch() -> AwsError:
    return AwsError("CodeMismatchException", "Invalid verification code provided, please try again.")


def pretended(pool: Pool, username: str) -> dict[str, Any]:
    """The delivery details of a user who does not exist, for clients that must not tell.

    "The simulated delivery medium is determined by the input user name format and verification settings of
    the user pool." (Now and then AWS answers InvalidParameterException instead; the account always pretends.)
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    """
    verified = pool.extended_config.get("AutoVerifiedAttributes") or []
    if PHONE.fullmatch(username) or (verified == ["phone_number"] and "@" not in username):
        return {"CodeDeliveryDetails": delivery_details("phone_number", f"+{sum(username.encode()):011}")}
    return {"CodeDeliveryDetails": delivery_details("email", f"{username[:1] or 'x'}@example.com")}
