"""Passwords: the pool's policy, changing, resetting.

https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
"""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import (
    Client,
    Pool,
    User,
    hides_existence,
    pool_asked,
    set_status,
    status_of,
    user_named,
)
from labkit.local.user_pools.settings.clients import addressed, unknown_user
from labkit.local.user_pools.sign_in import lockout
from labkit.local.user_pools.sign_in.migration import migrate
from labkit.local.user_pools.sign_up import codes, registration
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State

MAX_LENGTH = 256
#: PasswordHistorySize is 24 at most.
_MOST_FORMER = 24
#: The special characters that count as symbols; a space counts inside the password, not at its ends.
_SYMBOL = re.compile(r"""[\^$*.\[\]{}()?"!@#%&/\\,><':;|_~`=+-]|(?<=.) (?=.)""")

#: A rule's setting, its pattern, and AWS's name for what is missing.
_RULES = (
    ("RequireLowercase", re.compile(r"[a-z]"), "lowercase"),
    ("RequireUppercase", re.compile(r"[A-Z]"), "uppercase"),
    ("RequireNumbers", re.compile(r"\d"), "numeric"),
    ("RequireSymbols", _SYMBOL, "symbol"),
)


def require_policy(pool: Pool, password: str) -> None:
    """Raise InvalidPasswordException with the first rule that the password breaks."""
    policy = (pool.extended_config.get("Policies") or {}).get("PasswordPolicy") or {}
    if len(password) < int(policy.get("MinimumLength") or 8):
        raise _broken("Password not long enough")
    if len(password) > MAX_LENGTH:
        raise _broken("Password too long")
    for setting, pattern, name in _RULES:
        if policy.get(setting) and not pattern.search(password):
            raise _broken(f"Password must have {name} characters")


def _broken(rule: str) -> AwsError:
    return AwsError("InvalidPasswordException", f"Password did not conform with policy: {rule}")


def matches(user: User, password: str) -> bool:
    return (
        hmac.compare_digest(str(user.password or "").encode(), password.encode())
        and user.password is not None
    )


def fingerprint(user: User, state: State) -> str:
    """Tells one password of one user from the next, and keeps neither."""
    return _digest(user, user.password, state)


def _digest(user: User, password: str | None, state: State) -> str:
    return hmac.digest(state.instance.encode(), f"{user.id}/{password}".encode(), "sha256").hex()


def change_password(call: Call, state: State) -> dict[str, Any]:
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    if status_of(user) == "EXTERNAL_PROVIDER":
        # The text as AWS gave it: https://github.com/aws-amplify/amplify-js/issues/2464
        raise AwsError("NotAuthorizedException", "User is not authorized to change password.")
    lockout.require_few_wrong_codes(pool, user, "ChangePassword", state)
    if user.password is not None and not matches(user, call.parameters.get("PreviousPassword", "")):
        lockout.wrong_code(pool, user, "ChangePassword", state)
        raise AwsError("NotAuthorizedException", "Incorrect username or password.")
    set_password(pool, user, call.parameters["ProposedPassword"], state)
    return {}


def forgot_password(call: Call, state: State) -> dict[str, Any]:
    """Send a reset code to a verified attribute."""
    pool, client, user = addressed(call, state)
    user = user or migrate(call, pool, call.parameters["Username"], None, state)
    attribute = codes.recovery_attribute(pool, user, state) if user and user.enabled else None
    if attribute is None and hides_existence(client):
        return codes.pretended(pool, call.parameters["Username"])
    if user is None:
        raise unknown_user()
    _require_resettable(user)
    return {"CodeDeliveryDetails": _send_code(pool, user, call, state)}


def _send_code(pool: Pool, user: User, call: Call, state: State) -> dict[str, str]:
    attribute = codes.recovery_attribute(pool, user, state)
    if attribute is None:
        raise AwsError(
            "InvalidParameterException",
            "Cannot reset password for the user as there is no registered/verified email or phone_number",
        )
    return codes.send(pool, user, codes.FORGOT_PASSWORD, attribute, call, state)


def admin_reset_user_password(call: Call, state: State) -> dict[str, Any]:
    """Send a code, and let nobody sign in before it came back with a new password.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminResetUserPassword.html
    """
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    _require_resettable(user)
    if status_of(user) not in ("CONFIRMED", "RESET_REQUIRED"):
        raise _not_resettable()
    _send_code(pool, user, call, state)
    set_status(user, "RESET_REQUIRED")
    return {}


def admin_set_user_password(call: Call, state: State) -> dict[str, Any]:
    """A permanent password, or a temporary one that has to be changed at the next sign-in.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
    """
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    lift_bar(pool, user, state)
    set_password(pool, user, call.parameters["Password"], state)
    set_status(user, "CONFIRMED" if call.parameters.get("Permanent") else "FORCE_CHANGE_PASSWORD")
    if not call.parameters.get("Permanent"):
        state.user_pools[pool.id].temporary_since[user.id] = state.clock.now()
    return {}


def _require_resettable(user: User) -> None:
    """For users of other providers as AWS gave it: https://github.com/aws-amplify/amplify-js/issues/2383"""
    if not user.enabled:
        raise AwsError("NotAuthorizedException", "User is disabled.")
    if status_of(user) in ("FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"):
        raise _not_resettable()


def _not_resettable() -> AwsError:
    return AwsError("NotAuthorizedException", "User password cannot be reset in the current state.")


def confirm_forgot_password(call: Call, state: State) -> dict[str, Any]:
    """Set a new password with the code from the message."""
    pool, client, user = addressed(call, state)
    if hides_existence(client) and (user is None or not user.enabled):
        require_policy(pool, call.parameters["Password"])  # as for everybody else
        raise codes.mismatch()
    if user is None:
        raise unknown_user()
    _require_resettable(user)
    require_acceptable(pool, user, call.parameters["Password"], state)
    codes.checked(pool, user, codes.FORGOT_PASSWORD, call.parameters["ConfirmationCode"], state)
    if status_of(user) == "UNCONFIRMED":
        raise AwsError("UserNotConfirmedException", "User is not confirmed.")
    codes.use_up(pool, user, codes.FORGOT_PASSWORD, state)
    set_password(pool, user, call.parameters["Password"], state)
    registration.post_confirmation(call, pool, user, state)
    return {}


def require_chosen(client: Client, user: User | None) -> None:
    """An imported user has no password yet; a client that hides who exists does not tell that either.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool-password-reset.html
    """
    if user is None or user.password is not None or hides_existence(client):
        return
    if status_of(user) == "RESET_REQUIRED":
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")


def require_unexpired(pool: Pool, user: User, state: State) -> None:
    """A temporary password is good for the days that the pool's policy sets, by default 7.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
    """
    policy = (pool.extended_config.get("Policies") or {}).get("PasswordPolicy") or {}
    legacy = (pool.extended_config.get("AdminCreateUserConfig") or {}).get("UnusedAccountValidityDays")
    days = int(policy.get("TemporaryPasswordValidityDays") or legacy or 7)
    since = state.user_pools[pool.id].temporary_since.get(user.id)
    if since is not None and state.clock.now() >= since + timedelta(days=days):
        raise AwsError(
            "NotAuthorizedException",
            "Temporary password has expired and must be reset by an administrator.",
        )


def bar(pool: Pool, user: User, state: State) -> None:
    """ "… they can't use their password to sign in." That only an administrator gives another is unconfirmed.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableProviderForUser.html
    """
    user.password = None
    state.user_pools[pool.id].directory.barred.add(user.id)


def lift_bar(pool: Pool, user: User, state: State) -> None:
    state.user_pools[pool.id].directory.barred.discard(user.id)


def set_password(pool: Pool, user: User, password: str, state: State) -> None:
    """A permanent password that the policy allows: whatever had to be changed or reset, now is."""
    require_acceptable(pool, user, password, state)
    former = state.user_pools[pool.id].directory.former_passwords
    if user.password is not None:
        former[user.id] = [*former.get(user.id, []), fingerprint(user, state)][-_MOST_FORMER:]
    user.password = password
    if status_of(user) in ("RESET_REQUIRED", "FORCE_CHANGE_PASSWORD"):
        set_status(user, "CONFIRMED")


def require_acceptable(pool: Pool, user: User, password: str, state: State) -> None:
    """The policy, and its PasswordHistorySize; the present password is one of the previous (unconfirmed).

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
    """
    if user.id in state.user_pools[pool.id].directory.barred:
        raise _not_resettable()
    require_policy(pool, password)
    policy = (pool.extended_config.get("Policies") or {}).get("PasswordPolicy") or {}
    size = int(policy.get("PasswordHistorySize") or 0)
    former = state.user_pools[pool.id].directory.former_passwords.get(user.id, [])
    if size and _digest(user, password, state) in [*former, fingerprint(user, state)][-size:]:
        raise AwsError(
            "PasswordHistoryPolicyViolationException",
            f"Password must not be one of the {size} previous passwords.",  # AWS documents no text
        )
