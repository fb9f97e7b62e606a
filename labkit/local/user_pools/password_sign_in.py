"""Signing in with a password, sent or proven, and choosing a new one where the old was temporary.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from typing import Any

from labkit.local.user_pools import lockout, sign_in_srp, triggers, users
from labkit.local.user_pools.attempt import (
    Answer,
    Attempt,
    Passed,
    answering,
    close,
    incorrect,
    invalid_session,
)
from labkit.local.user_pools.attributes import (
    require_first_complete,
    require_mutable,
    require_valid,
    require_writable,
)
from labkit.local.user_pools.clients import require_secret_hash
from labkit.local.user_pools.migration import migrate
from labkit.local.user_pools.passwords import matches, require_acceptable, require_chosen, set_password
from labkit.local.user_pools.pools import User, find_user, hides_existence, status_of, user_not_found
from labkit.local.user_pools.usernames import require_free


def start(attempt: Attempt) -> Passed:
    user = find_user(attempt.pool, begin(attempt))
    if user is None and not hides_existence(attempt.client):
        raise user_not_found()
    return check(attempt, user, attempt.call.parameters["AuthFlow"])


def check(attempt: Attempt, user: User | None, challenge: str) -> Passed:
    """Raise AwsError unless PASSWORD is the user's; nobody has any."""
    password, somebody = attempt.required("PASSWORD"), attempt.guessed_at(user)
    require_chosen(attempt.client, user)
    lockout.require_unlocked(attempt.pool, somebody, attempt.state)
    if user is None or not matches(user, password):
        lockout.failed(attempt.pool, somebody, attempt.state)
        raise incorrect()
    return Passed(attempt, user, challenge)


def start_srp(attempt: Attempt) -> Answer:
    username = begin(attempt)
    attempt.required("SRP_A")
    require_chosen(attempt.client, find_user(attempt.pool, username))
    return sign_in_srp.challenge(attempt, username)


def begin(attempt: Attempt) -> str:
    """The username, once the client's secret is proven and the pool's function has nothing against it.

    The function hears of unknown users where the client hides who exists.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html
    """
    username = attempt.required("USERNAME")
    require_secret_hash(attempt.client, (username,), attempt.given.get("SECRET_HASH"))
    user = find_user(attempt.pool, username)
    if user is None and attempt.given.get("PASSWORD"):
        user = migrate(attempt.call, attempt.pool, username, attempt.given["PASSWORD"], attempt.state)
    if user is None and not hides_existence(attempt.client):
        return username
    request: dict[str, Any] = {
        "userAttributes": triggers.user_attributes(user),
        "validationData": attempt.call.parameters.get("ClientMetadata") or None,
    }
    if hides_existence(attempt.client):
        request["userNotFound"] = user is None
    triggers.invoke(
        attempt.pool,
        "PreAuthentication",
        "Authentication",
        username=user.username if user else username,
        client_id=attempt.client.id,
        request=request,
        state=attempt.state,
    )
    return username


def answer_new_password(attempt: Attempt) -> Passed:
    attempt, user = answering(attempt, "NEW_PASSWORD_REQUIRED")
    pool, client, given = attempt.pool, attempt.client, attempt.given
    if status_of(user) != "FORCE_CHANGE_PASSWORD":
        raise invalid_session()
    changed = {
        n.removeprefix("userAttributes."): v for n, v in given.items() if n.startswith("userAttributes.")
    }
    require_valid(pool, changed)
    require_writable(client, changed)
    require_mutable(pool, {n: v for n, v in changed.items() if n in user.attribute_lookup})
    require_first_complete(pool, user, changed)
    require_free(pool, changed, user)
    password = attempt.required("NEW_PASSWORD")
    require_acceptable(pool, user, password, attempt.state)
    close(attempt)
    users.change(user, changed)
    set_password(pool, user, password, attempt.state)
    return Passed(attempt, user, "NEW_PASSWORD_REQUIRED")
