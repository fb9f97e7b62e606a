"""What comes after a challenge that was passed: another one, or the tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from labkit.local.errors import AwsError
from labkit.local.user_pools.directory.attributes import required_at_first_sign_in
from labkit.local.user_pools.directory.passwords import require_unexpired
from labkit.local.user_pools.factors import devices, mfa
from labkit.local.user_pools.factors.factors import PASSWORDLESS
from labkit.local.user_pools.pools import User, set_status, status_of
from labkit.local.user_pools.sign_in import custom_auth, sign_in_device
from labkit.local.user_pools.sign_in.attempt import Answer, Attempt, Passed, challenged, require_enabled
from labkit.local.user_pools.sign_in.completion import finish


def proceed(passed: Passed) -> Answer:
    attempt, user = passed.attempt, passed.user
    require_enabled(user)
    if custom_auth.under_way(passed):
        return _custom(passed)
    if passed.second:
        return finish(attempt, user)
    if passed.challenge == "DEVICE_PASSWORD_VERIFIER":
        return _after_device(attempt, user)
    if passed.challenge in PASSWORDLESS:
        _confirm(user)
        return finish(attempt, user)
    require_settled(user)
    if passed.challenge == "CUSTOM_AUTH":
        return sign_in_device.ask(attempt, user) or finish(attempt, user)
    if status_of(user) == "FORCE_CHANGE_PASSWORD":
        require_unexpired(attempt.pool, user, attempt.state)
        return _new_password_required(attempt, user)
    return sign_in_device.ask(attempt, user) or mfa.ask(attempt, user) or finish(attempt, user)


def _after_device(attempt: Attempt, user: User) -> Answer:
    """ "When true, a remembered device can sign in with device authentication instead of SMS and … TOTP".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeviceConfigurationType.html
    """
    in_its_place = devices.setting(attempt.pool, "ChallengeRequiredOnNewDevice")
    within_custom = attempt.session is not None and attempt.session.rounds is not None
    asked = None if in_its_place or within_custom else mfa.ask(attempt, user)
    return asked or finish(attempt, user)


def _custom(passed: Passed) -> Answer:
    """A password within CUSTOM_AUTH is followed by the second factor; then the pool's functions go on.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-define-auth-challenge.html
    """
    attempt, user = custom_auth.noted(passed), passed.user
    asked = mfa.ask(attempt, user) if passed.challenge == "PASSWORD_VERIFIER" else None
    if asked is not None:
        return asked
    outcome = custom_auth.resume(attempt, user)
    return proceed(outcome) if isinstance(outcome, Passed) else outcome


def _confirm(user: User) -> None:
    """ "The user status also changed from UNCONFIRMED to CONFIRMED" with the right code."""
    if status_of(user) == "UNCONFIRMED":
        set_status(user, "CONFIRMED")


def require_settled(user: User) -> None:
    if status_of(user) == "UNCONFIRMED":
        raise AwsError("UserNotConfirmedException", "User is not confirmed.")
    if status_of(user) == "RESET_REQUIRED":
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")


def _new_password_required(attempt: Attempt, user: User) -> Answer:
    parameters = {"USER_ID_FOR_SRP": user.username} | required_at_first_sign_in(attempt.pool, user)
    return challenged(attempt, user, "NEW_PASSWORD_REQUIRED", parameters)
