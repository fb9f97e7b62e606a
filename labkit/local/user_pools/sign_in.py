"""Signing in: InitiateAuth, RespondToAuthChallenge and their Admin forms.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools import lockout, sign_in_srp, tokens, triggers
from labkit.local.user_pools.attributes import (
    require_mutable,
    require_valid,
    require_writable,
    required_at_first_sign_in,
)
from labkit.local.user_pools.clients import require_flow, require_secret_hash, session_validity
from labkit.local.user_pools.passwords import (
    fingerprint,
    matches,
    require_acceptable,
    require_unexpired,
    set_password,
)
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
from labkit.local.user_pools.state import ChallengeSession

if TYPE_CHECKING:
    from labkit.local.state import State

_PUBLIC_FLOWS = ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
_ADMIN_FLOWS = (
    "ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "USER_SRP_AUTH",
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
)


def initiate_auth(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_named(call.parameters["ClientId"], state)
    return _start(pool, client, call, _PUBLIC_FLOWS, state)


def admin_initiate_auth(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_asked(call, state)
    return _start(pool, client, call, _ADMIN_FLOWS, state)


def _start(pool: Pool, client: Client, call: Call, flows: tuple[str, ...], state: State) -> dict[str, Any]:
    flow = call.parameters["AuthFlow"]
    if flow in ("USER_AUTH", "CUSTOM_AUTH"):
        raise not_simulated(f"the AuthFlow {flow}")
    if flow not in flows:
        raise AwsError("InvalidParameterException", f"Initiate Auth method not supported: {flow}.")
    require_flow(client, flow)
    _require_simulated(pool)
    given = call.parameters.get("AuthParameters") or {}
    if flow.startswith("REFRESH_TOKEN"):
        return _refresh(pool, client, given, state)
    username = _required(given, "USERNAME")
    require_secret_hash(client, (username,), given.get("SECRET_HASH"))
    if flow == "USER_SRP_AUTH":
        _pre_authentication(pool, client, username, call, state)
        return sign_in_srp.challenge(pool, client, username, _required(given, "SRP_A"), state)
    _pre_authentication(pool, client, username, call, state)
    user = _user(pool, client, username)
    password = _required(given, "PASSWORD")
    lockout.require_unlocked(pool, user, state)
    if not matches(user, password):
        lockout.wrong_password(pool, user, state)
        raise incorrect()
    lockout.right_password(pool, user, state)
    return proceed(pool, client, user, call, state)


def _require_simulated(pool: Pool) -> None:
    """A pool that asks for MFA or runs Lambda functions at sign-in would be waved through: say no instead."""
    if pool.mfa_config not in (None, "OFF"):
        raise not_simulated(f"multi-factor authentication (MfaConfiguration {pool.mfa_config})")
    require_no_triggers(pool, "PreTokenGeneration", "PreTokenGenerationConfig", "UserMigration")


def _pre_authentication(pool: Pool, client: Client, username: str, call: Call, state: State) -> None:
    """Let the pool's function refuse the attempt; of unknown users it hears where the client hides them.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html
    """
    user = find_user(pool, username)
    if user is None and not hides_existence(client):
        return
    request = {
        "userAttributes": triggers.user_attributes(user),
        "validationData": call.parameters.get("ClientMetadata") or None,
    }
    if hides_existence(client):
        request["userNotFound"] = user is None
    name = user.username if user else username
    triggers.invoke(
        pool,
        "PreAuthentication",
        "Authentication",
        username=name,
        client_id=client.id,
        request=request,
        state=state,
    )


def _post_authentication(pool: Pool, client: Client, user: User, call: Call, state: State) -> None:
    """Tell the pool's function of a sign-in; it may still refuse.

    Of ClientMetadata it hears what RespondToAuthChallenge sends, not InitiateAuth.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html
    """
    request: dict[str, Any] = {"userAttributes": triggers.user_attributes(user), "newDeviceUsed": False}
    if call.operation.endswith("RespondToAuthChallenge") and call.parameters.get("ClientMetadata"):
        request["clientMetadata"] = call.parameters["ClientMetadata"]
    triggers.invoke(
        pool,
        "PostAuthentication",
        "Authentication",
        username=user.username,
        client_id=client.id,
        request=request,
        state=state,
    )


def _refresh(pool: Pool, client: Client, given: dict[str, str], state: State) -> dict[str, Any]:
    token = _required(given, "REFRESH_TOKEN")
    grant = tokens.grant_of(pool, client, token, state)
    user = find_user(pool, grant.username)
    names = (grant.username, user.id) if user else (grant.username,)
    require_secret_hash(client, names, given.get("SECRET_HASH"))
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.refreshed(pool, client, token, state)}


def _required(given: dict[str, str], name: str) -> str:
    if not given.get(name):
        raise AwsError("InvalidParameterException", f"Missing required parameter {name}")
    return given[name]


def _user(pool: Pool, client: Client, username: str) -> User:
    user = find_user(pool, username)
    if user is None:
        raise (
            incorrect()
            if hides_existence(client)
            else AwsError("UserNotFoundException", "User does not exist.")
        )
    return user


def incorrect() -> AwsError:
    return AwsError("NotAuthorizedException", "Incorrect username or password.")


def proceed(pool: Pool, client: Client, user: User, call: Call, state: State) -> dict[str, Any]:
    """After the right password: tokens, a further challenge, or why neither."""
    _require_enabled(user)
    status = status_of(user)
    if status == "UNCONFIRMED":
        raise AwsError("UserNotConfirmedException", "User is not confirmed.")
    if status == "RESET_REQUIRED":
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")
    if status == "FORCE_CHANGE_PASSWORD":
        require_unexpired(pool, user, state)
        return _new_password_required(pool, client, user, state)
    _post_authentication(pool, client, user, call, state)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.sign_in(pool, client, user, state)}


def _require_enabled(user: User) -> None:
    if not user.enabled:
        raise AwsError("NotAuthorizedException", "User is disabled.")


def _new_password_required(pool: Pool, client: Client, user: User, state: State) -> dict[str, Any]:
    session, now = state.source.text(480), state.clock.now()
    opened = ChallengeSession(
        "NEW_PASSWORD_REQUIRED",
        user.id,
        fingerprint(user, state),
        client.id,
        now + session_validity(client),
    )
    state.user_pools[pool.id].open_challenge(session, opened, now)
    parameters = {"USER_ID_FOR_SRP": user.username} | required_at_first_sign_in(pool, user)
    return {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeParameters": parameters}


def respond_to_auth_challenge(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_named(call.parameters["ClientId"], state)
    return _answer(pool, client, call, state)


def admin_respond_to_auth_challenge(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_asked(call, state)
    return _answer(pool, client, call, state)


def _answer(pool: Pool, client: Client, call: Call, state: State) -> dict[str, Any]:
    name, given = call.parameters["ChallengeName"], call.parameters.get("ChallengeResponses") or {}
    answers: dict[str, Callable[..., dict[str, Any]]] = {
        "PASSWORD_VERIFIER": _answer_password_verifier,
        "NEW_PASSWORD_REQUIRED": _answer_new_password,
    }
    if name not in answers:
        raise not_simulated(f"the challenge {name}")
    username = _required(given, "USERNAME")
    user = find_user(pool, username)
    names = (username, user.id, user.username) if user else (username,)
    require_secret_hash(client, names, given.get("SECRET_HASH"))
    return answers[name](pool, client, call, state)


def _answer_password_verifier(pool: Pool, client: Client, call: Call, state: State) -> dict[str, Any]:
    given = call.parameters["ChallengeResponses"]
    user = find_user(pool, given["USERNAME"])
    if user is None:
        raise incorrect()
    lockout.require_unlocked(pool, user, state)
    if not sign_in_srp.verify(pool, client, user, given, state):
        lockout.wrong_password(pool, user, state)
        raise incorrect()
    lockout.right_password(pool, user, state)
    return proceed(pool, client, user, call, state)


def _answer_new_password(pool: Pool, client: Client, call: Call, state: State) -> dict[str, Any]:
    given = call.parameters["ChallengeResponses"]
    session = take_session(pool, client, call.parameters.get("Session"), "NEW_PASSWORD_REQUIRED", state)
    user = find_user(pool, given["USERNAME"])
    if user is None or (user.id, fingerprint(user, state)) != (session.sub, session.password):
        raise invalid_session()
    if status_of(user) != "FORCE_CHANGE_PASSWORD":
        raise invalid_session()
    _require_enabled(user)
    changed = {
        n.removeprefix("userAttributes."): v for n, v in given.items() if n.startswith("userAttributes.")
    }
    require_valid(pool, changed)
    require_writable(client, changed)
    require_mutable(pool, {n: v for n, v in changed.items() if n in user.attribute_lookup})
    password = _required(given, "NEW_PASSWORD")
    require_acceptable(pool, user, password, state)
    del state.user_pools[pool.id].challenges[call.parameters["Session"]]
    user.update_attributes([{"Name": name, "Value": value} for name, value in changed.items()])
    set_password(pool, user, password, state)
    return proceed(pool, client, user, call, state)


def take_session(
    pool: Pool, client: Client, session: str | None, challenge: str, state: State
) -> ChallengeSession:
    """The open challenge behind a Session string. Raises AwsError for a foreign, expired or used one."""
    found = state.user_pools[pool.id].challenges.get(session or "")
    if found is None or found.client_id != client.id or found.challenge != challenge:
        raise invalid_session()
    if state.clock.now() >= found.expires:
        raise AwsError("NotAuthorizedException", "Invalid session for the user, session is expired.")
    return found


def invalid_session() -> AwsError:
    return AwsError("NotAuthorizedException", "Invalid session for the user.")
