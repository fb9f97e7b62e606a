"""Signing in: InitiateAuth, RespondToAuthChallenge and their Admin forms.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools import lockout, mfa, one_time_passwords, sign_in_srp, tokens, triggers
from labkit.local.user_pools.attempt import (
    Answer,
    Attempt,
    Passed,
    answering,
    close,
    incorrect,
    invalid_session,
)
from labkit.local.user_pools.attributes import require_mutable, require_valid, require_writable
from labkit.local.user_pools.clients import require_flow, require_secret_hash
from labkit.local.user_pools.next_challenge import proceed
from labkit.local.user_pools.passwords import matches, require_acceptable, require_chosen, set_password
from labkit.local.user_pools.pools import (
    Client,
    Pool,
    User,
    client_asked,
    client_named,
    find_user,
    hides_existence,
    status_of,
)
from labkit.local.user_pools.sign_up import require_no_triggers

if TYPE_CHECKING:
    from labkit.local.state import State


def initiate_auth(call: Call, state: State) -> dict[str, Any]:
    return _start(Attempt(*client_named(call.parameters["ClientId"], state), call, state))


def admin_initiate_auth(call: Call, state: State) -> dict[str, Any]:
    return _start(Attempt(*client_asked(call, state), call, state))


def respond_to_auth_challenge(call: Call, state: State) -> dict[str, Any]:
    return _answer(Attempt(*client_named(call.parameters["ClientId"], state), call, state))


def admin_respond_to_auth_challenge(call: Call, state: State) -> dict[str, Any]:
    return _answer(Attempt(*client_asked(call, state), call, state))


def _start(attempt: Attempt) -> Answer:
    flow = attempt.call.parameters["AuthFlow"]
    if flow in ("USER_AUTH", "CUSTOM_AUTH"):
        raise not_simulated(f"the AuthFlow {flow}")
    if flow not in _FLOWS or flow in (_PUBLIC_ONLY if attempt.by_administrator else _ADMIN_ONLY):
        raise AwsError("InvalidParameterException", f"Initiate Auth method not supported: {flow}.")
    require_flow(attempt.client, flow)
    require_no_triggers(attempt.pool, "UserMigration")
    return _outcome(_FLOWS[flow](attempt))


def _answer(attempt: Attempt) -> Answer:
    name = attempt.call.parameters["ChallengeName"]
    if name not in _ANSWERS:
        raise not_simulated(f"the challenge {name}")
    username = attempt.required("USERNAME")
    user = find_user(attempt.pool, username)
    names = (username, user.id, user.username) if user else (username,)
    require_secret_hash(attempt.client, names, attempt.given.get("SECRET_HASH"))
    return _outcome(_ANSWERS[name](attempt))


def _outcome(answer: Answer | Passed) -> Answer:
    return proceed(answer) if isinstance(answer, Passed) else answer


def _refresh(attempt: Attempt) -> Answer:
    pool, client, state = attempt.pool, attempt.client, attempt.state
    token = attempt.required("REFRESH_TOKEN")
    grant = tokens.grant_of(pool, client, token, state)
    user = find_user(pool, grant.username)
    names = (grant.username, user.id) if user else (grant.username,)
    require_secret_hash(client, names, attempt.given.get("SECRET_HASH"))
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": tokens.refreshed(pool, client, token, state, attempt.call),
    }


def _start_password(attempt: Attempt) -> Passed:
    user = _user(attempt.pool, attempt.client, _begin(attempt))
    return check_password(attempt, user, attempt.call.parameters["AuthFlow"])


def check_password(attempt: Attempt, user: User, challenge: str) -> Passed:
    password = attempt.required("PASSWORD")
    require_chosen(attempt.client, user)
    lockout.require_unlocked(attempt.pool, user, attempt.state)
    if not matches(user, password):
        lockout.failed(attempt.pool, user, attempt.state)
        raise incorrect()
    return Passed(attempt, user, challenge)


def _start_srp(attempt: Attempt) -> Answer:
    username = _begin(attempt)
    attempt.required("SRP_A")
    require_chosen(attempt.client, find_user(attempt.pool, username))
    return sign_in_srp.challenge(attempt, username)


def _begin(attempt: Attempt) -> str:
    """The username, once the client's secret is proven and the pool's function has nothing against it.

    The function hears of unknown users where the client hides who exists.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html
    """
    username = attempt.required("USERNAME")
    require_secret_hash(attempt.client, (username,), attempt.given.get("SECRET_HASH"))
    user = find_user(attempt.pool, username)
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


def _user(pool: Pool, client: Client, username: str) -> User:
    user = find_user(pool, username)
    if user is None:
        raise (
            incorrect()
            if hides_existence(client)
            else AwsError("UserNotFoundException", "User does not exist.")
        )
    return user


def _answer_new_password(attempt: Attempt) -> Passed:
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
    password = attempt.required("NEW_PASSWORD")
    require_acceptable(pool, user, password, attempt.state)
    close(attempt)
    user.update_attributes([{"Name": name, "Value": value} for name, value in changed.items()])
    set_password(pool, user, password, attempt.state)
    return Passed(attempt, user, "NEW_PASSWORD_REQUIRED")


_FLOWS: dict[str, Callable[[Attempt], Answer | Passed]] = {
    "ADMIN_NO_SRP_AUTH": _start_password,
    "ADMIN_USER_PASSWORD_AUTH": _start_password,
    "REFRESH_TOKEN": _refresh,
    "REFRESH_TOKEN_AUTH": _refresh,
    "USER_PASSWORD_AUTH": _start_password,
    "USER_SRP_AUTH": _start_srp,
}
_ADMIN_ONLY = ("ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH")
_PUBLIC_ONLY = ("USER_PASSWORD_AUTH",)

_ANSWERS: dict[str, Callable[[Attempt], Answer | Passed]] = {
    "EMAIL_OTP": one_time_passwords.answer,
    "MFA_SETUP": mfa.answer_set_up,
    "NEW_PASSWORD_REQUIRED": _answer_new_password,
    "PASSWORD_VERIFIER": sign_in_srp.answer_password_verifier,
    "SELECT_MFA_TYPE": mfa.answer_choice,
    "SMS_MFA": one_time_passwords.answer,
    "SOFTWARE_TOKEN_MFA": mfa.answer_software_token,
}
