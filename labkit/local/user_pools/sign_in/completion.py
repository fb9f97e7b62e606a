"""The end of a sign-in: the function that may still refuse it, and the tokens."""

from __future__ import annotations

from typing import Any

from labkit.local.user_pools import triggers
from labkit.local.user_pools.factors import devices
from labkit.local.user_pools.factors.factors import Device
from labkit.local.user_pools.pools import User
from labkit.local.user_pools.sign_in import lockout
from labkit.local.user_pools.sign_in.attempt import Answer, Attempt
from labkit.local.user_pools.tokens import tokens


def finish(attempt: Attempt, user: User) -> Answer:
    """Tokens; on a device that the app does not name, in a pool that tracks them, a key for it too.

    At the pages of the pool's domain it is the user who was signed in; the tokens are for the app to fetch.
    """
    pool, client, state = attempt.pool, attempt.client, attempt.state
    lockout.signed_in(pool, user, state)
    attempt.pool_state.forget_set_ups(user.id)
    device = None if attempt.hosted else _device(attempt, user)
    new = device is not None and not device.confirmed
    _post_authentication(attempt, user, new_device=new)
    if attempt.hosted:
        return {"ChallengeParameters": {}, "SignedIn": user}
    key = device.key if device else ""
    result = tokens.sign_in(pool, client, user, state, attempt.call, device_key=key)
    if device and new:
        result["NewDeviceMetadata"] = {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


def _device(attempt: Attempt, user: User) -> Device | None:
    """The device that the app runs on, or a new one where it names none; None in a pool that tracks none."""
    if not devices.tracked(attempt.pool):
        return None
    if attempt.device_key:
        return devices.known(attempt.pool, user, attempt.device_key, attempt.state)
    return devices.issue(attempt.pool, user, attempt.state)


def _post_authentication(attempt: Attempt, user: User, *, new_device: bool) -> None:
    """Tell the pool's function of a sign-in; it may still refuse.

    Of ClientMetadata it hears what RespondToAuthChallenge sends, not InitiateAuth.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html
    """
    request: dict[str, Any] = {"userAttributes": triggers.user_attributes(user), "newDeviceUsed": new_device}
    if attempt.metadata:
        request["clientMetadata"] = attempt.metadata
    triggers.invoke(
        attempt.pool,
        "PostAuthentication",
        "Authentication",
        username=user.username,
        client_id=attempt.client.id,
        request=request,
        state=attempt.state,
    )
