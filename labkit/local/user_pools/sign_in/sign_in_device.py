"""DEVICE_SRP_AUTH: a remembered device proves its own secret, mostly in the place of a second factor.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html#user-pools-remembered-devices-signing-in-with-a-device
"""

from __future__ import annotations

from labkit.local.user_pools.directory.passwords import fingerprint
from labkit.local.user_pools.factors import devices
from labkit.local.user_pools.factors.factors import Device
from labkit.local.user_pools.pools import User, find_user
from labkit.local.user_pools.sign_in import lockout, sign_in_srp
from labkit.local.user_pools.sign_in.attempt import (
    Answer,
    Attempt,
    Passed,
    answering,
    challenged,
    close,
    incorrect,
    invalid_session,
    require_enabled,
)
from labkit.local.user_pools.state import ChallengeSession

_CHALLENGE, _VERIFIER = "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"


def ask(attempt: Attempt, user: User) -> Answer | None:
    """The challenge for a device that the app names and the pool remembers; None where there is none."""
    device = named(attempt, user)
    if device is None or not device.remembered:
        return None
    parameters = {"DEVICE_KEY": device.key, "USERNAME": user.username}
    return challenged(attempt, user, _CHALLENGE, parameters)


def named(attempt: Attempt, user: User) -> Device | None:
    """The device that the app says it runs on. Raises AwsError for one that the user does not have."""
    if not attempt.device_key or not devices.tracked(attempt.pool):
        return None
    return devices.known(attempt.pool, user, attempt.device_key, attempt.state)


def answer_start(attempt: Attempt) -> Answer:
    devices.require_tracked(attempt.pool)
    attempt, user = _begun(attempt)
    device = named(attempt, user)
    if device is None or attempt.session is None or device.key != attempt.session.device_key:
        raise invalid_session()
    verifier = sign_in_srp.Verifier(device.group_key, device.key, device.salt, device.verifier)
    parameters = {"DEVICE_KEY": device.key, "USERNAME": user.username}
    return sign_in_srp.ask(attempt, user, verifier, _VERIFIER, parameters)


def _begun(attempt: Attempt) -> tuple[Attempt, User]:
    """The challenge that is answered. AWS's own example sends no Session: then it is the newest of this user,
    app client and device, which a password had to come before.

    https://github.com/awsdocs/aws-doc-sdk-examples/blob/main/python/example_code/cognito/cognito_idp_actions.py
    """
    if attempt.call.parameters.get("Session"):
        attempt, user = answering(attempt, _CHALLENGE)
        close(attempt)
        return attempt, user
    user = find_user(attempt.pool, attempt.required("USERNAME"))
    if user is None:
        raise invalid_session()
    challenges = attempt.pool_state.challenges
    ours = [name for name, found in challenges.items() if _is_for(found, attempt, user)]
    if not ours:
        raise invalid_session()
    require_enabled(user)
    return attempt.answering(challenges.pop(ours[-1])), user


def _is_for(found: ChallengeSession, attempt: Attempt, user: User) -> bool:
    return (
        (found.challenge, found.client_id) == (_CHALLENGE, attempt.client.id)
        and (found.sub, found.password) == (user.id, fingerprint(user, attempt.state))
        and found.device_key == attempt.required("DEVICE_KEY")
        and attempt.state.clock.now() < found.expires
    )


def answer_verifier(attempt: Attempt) -> Passed:
    devices.require_tracked(attempt.pool)
    user = find_user(attempt.pool, attempt.required("USERNAME"))
    if user is None:
        raise incorrect()
    lockout.require_unlocked(attempt.pool, user, attempt.state)
    device = devices.known(attempt.pool, user, attempt.required("DEVICE_KEY"), attempt.state)
    proven = sign_in_srp.prove(attempt, user, _VERIFIER, device.group_key, device.key)
    if proven is None or proven.device_key != device.key:
        lockout.failed(attempt.pool, user, attempt.state)
        raise incorrect()
    device.authenticated = attempt.state.clock.now()
    return Passed(attempt.answering(proven), user, _VERIFIER)
