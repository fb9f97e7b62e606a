"""Signing in: InitiateAuth, RespondToAuthChallenge and their Admin forms.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools.factors import mfa, one_time_passwords, passkeys
from labkit.local.user_pools.pools import client_asked, client_named, find_user
from labkit.local.user_pools.settings import tiers
from labkit.local.user_pools.settings.clients import require_flow, require_secret_hash
from labkit.local.user_pools.sign_in import choice, custom_auth, password_sign_in, sign_in_device, sign_in_srp
from labkit.local.user_pools.sign_in.attempt import Answer, Attempt, Passed
from labkit.local.user_pools.sign_in.next_challenge import proceed
from labkit.local.user_pools.tokens import tokens

if TYPE_CHECKING:
    from labkit.local.state import State


def initiate_auth(call: Call, state: State) -> dict[str, Any]:
    return start(Attempt(*client_named(call.parameters["ClientId"], state), call, state))


def admin_initiate_auth(call: Call, state: State) -> dict[str, Any]:
    return start(Attempt(*client_asked(call, state), call, state))


def respond_to_auth_challenge(call: Call, state: State) -> dict[str, Any]:
    return answer(Attempt(*client_named(call.parameters["ClientId"], state), call, state))


def admin_respond_to_auth_challenge(call: Call, state: State) -> dict[str, Any]:
    return answer(Attempt(*client_asked(call, state), call, state))


def start(attempt: Attempt) -> Answer:
    flow = attempt.call.parameters["AuthFlow"]
    if flow not in _FLOWS or flow in (_PUBLIC_ONLY if attempt.by_administrator else _ADMIN_ONLY):
        raise AwsError("InvalidParameterException", f"Initiate Auth method not supported: {flow}.")
    if flow == "USER_AUTH":
        tiers.require_choice(attempt.pool)
    if not attempt.hosted:  # ExplicitAuthFlows are about the API
        require_flow(attempt.client, flow)
    return _outcome(_FLOWS[flow](attempt))


def answer(attempt: Attempt) -> Answer:
    name = attempt.call.parameters["ChallengeName"]
    if name not in _ANSWERS:
        raise not_simulated(f"the challenge {name}")
    username = attempt.required("USERNAME")
    user = find_user(attempt.pool, username)
    names = (username, user.id, user.username) if user else (username,)
    require_secret_hash(attempt.client, names, attempt.given.get("SECRET_HASH"))
    return _outcome(_ANSWERS[name](attempt))


def _outcome(outcome: Answer | Passed) -> Answer:
    return proceed(outcome) if isinstance(outcome, Passed) else outcome


def _refresh(attempt: Attempt) -> Answer:
    pool, client, state = attempt.pool, attempt.client, attempt.state
    token = attempt.required("REFRESH_TOKEN")
    grant = tokens.grant_of(pool, client, token, state)
    user = find_user(pool, grant.username)
    names = (grant.username, user.id) if user else (grant.username,)
    require_secret_hash(client, names, attempt.given.get("SECRET_HASH"))
    if grant.device_key and attempt.given.get("DEVICE_KEY") != grant.device_key:
        # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html#user-pools-remembered-devices-signing-in-with-a-device
        raise AwsError("NotAuthorizedException", "Invalid Refresh Token")
    result = tokens.refreshed(pool, client, token, state, attempt.call)
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


_FLOWS: dict[str, Callable[[Attempt], Answer | Passed]] = {
    "ADMIN_NO_SRP_AUTH": password_sign_in.start,
    "ADMIN_USER_PASSWORD_AUTH": password_sign_in.start,
    "CUSTOM_AUTH": custom_auth.start,
    "REFRESH_TOKEN": _refresh,
    "REFRESH_TOKEN_AUTH": _refresh,
    "USER_AUTH": choice.start,
    "USER_PASSWORD_AUTH": password_sign_in.start,
    "USER_SRP_AUTH": password_sign_in.start_srp,
}
_ADMIN_ONLY = ("ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH")
_PUBLIC_ONLY = ("USER_PASSWORD_AUTH",)

_ANSWERS: dict[str, Callable[[Attempt], Answer | Passed]] = {
    "CUSTOM_CHALLENGE": custom_auth.answer,
    "DEVICE_PASSWORD_VERIFIER": sign_in_device.answer_verifier,
    "DEVICE_SRP_AUTH": sign_in_device.answer_start,
    "EMAIL_OTP": one_time_passwords.answer,
    "MFA_SETUP": mfa.answer_set_up,
    "NEW_PASSWORD_REQUIRED": password_sign_in.answer_new_password,
    "PASSWORD": choice.answer_password,
    "PASSWORD_SRP": choice.answer_password,
    "PASSWORD_VERIFIER": sign_in_srp.answer_password_verifier,
    "SELECT_CHALLENGE": choice.answer_selection,
    "SELECT_MFA_TYPE": mfa.answer_choice,
    "SMS_MFA": one_time_passwords.answer,
    "SMS_OTP": one_time_passwords.answer,
    "SOFTWARE_TOKEN_MFA": mfa.answer_software_token,
    "WEB_AUTHN": passkeys.answer,
}
