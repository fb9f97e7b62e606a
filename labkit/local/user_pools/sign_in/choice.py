"""USER_AUTH: the user chooses how to sign in, out of what pool, app client and profile allow.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools.factors import mfa, mfa_preferences, one_time_passwords, passkeys
from labkit.local.user_pools.factors.factors import ADDRESS
from labkit.local.user_pools.factors.first_factors import allowed_first
from labkit.local.user_pools.pools import Pool, User, find_user, hides_existence, status_of, user_not_found
from labkit.local.user_pools.sign_in import password_sign_in, sign_in_srp
from labkit.local.user_pools.sign_in.attempt import (
    Answer,
    Attempt,
    Passed,
    answering,
    answering_perhaps,
    challenged,
    close,
    invalid_session,
)
from labkit.local.user_pools.sign_up.sign_up_session import CONFIRMED
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State

#: Parameters of step-up authentication.
_STEP_UP = ("ACCESS_TOKEN", "MAX_AGE", "TARGET_ACR_VALUES")


def start(attempt: Attempt) -> Answer | Passed:
    """The preferred challenge where the user may take it, else the list of what there is."""
    for name in _STEP_UP:
        if name in attempt.given:
            raise not_simulated(f"step-up authentication ({name})")
    username = password_sign_in.begin(attempt)
    user = find_user(attempt.pool, username)
    if attempt.call.parameters.get("Session"):
        return _confirmed(attempt)
    if user is None and not hides_existence(attempt.client):
        raise user_not_found()
    open_to = available(attempt.pool, user, attempt.state)
    preferred = attempt.given.get("PREFERRED_CHALLENGE")
    if preferred in open_to:
        return _take(attempt, user, username, str(preferred))
    answer = challenged(attempt, user, "SELECT_CHALLENGE", {}, offered=open_to)
    return answer | {"AvailableChallenges": list(open_to)}


def _confirmed(attempt: Attempt) -> Passed:
    """The Session of ConfirmSignUp "provides proof of authentication"."""
    attempt, user = answering(attempt, CONFIRMED)
    assert attempt.session is not None
    (factor,) = attempt.session.offered
    close(attempt)
    if factor not in available(attempt.pool, user, attempt.state):
        raise invalid_session()
    return Passed(attempt, user, factor)


def available(pool: Pool, user: User | None, state: State) -> tuple[str, ...]:
    """The ways in that are open to a user. A pool shows somebody unknown all that it has.

    Who has a second factor, or must have one, starts with a password.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites
    """
    found: list[str] = []
    for factor in allowed_first(pool):
        if _has(pool, user, factor, state):
            found += ["PASSWORD", "PASSWORD_SRP"] if factor == "PASSWORD" else [factor]
    if user is None or not mfa.is_due(pool, user, state):
        return tuple(name for name in found if pool.mfa_config != "ON" or name.startswith("PASSWORD"))
    two_in_one = mfa.passkey_counts(pool, user, state)
    return tuple(n for n in found if n.startswith("PASSWORD") or (n == "WEB_AUTHN" and two_in_one))


def _has(pool: Pool, user: User | None, factor: str, state: State) -> bool:
    """ "Amazon Cognito doesn't add the other advanced flows in this section to a federated user unless you
    link them to a local user."

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
    """
    if user is not None and status_of(user) == "EXTERNAL_PROVIDER":
        return False
    if factor == "WEB_AUTHN":
        return user is not None and passkeys.usable(pool, user, state)
    if factor == "PASSWORD":
        return user is None or user.password is not None
    return user is None or bool(user.attribute_lookup.get(ADDRESS[factor]))


def _take(attempt: Attempt, user: User | None, username: str, challenge: str) -> Answer | Passed:
    """Go the way that was chosen, as far as what came with the choice leads."""
    if challenge == "PASSWORD":
        return password_sign_in.check(attempt, user, challenge)
    if challenge == "PASSWORD_SRP":
        attempt.required("SRP_A")
        session = attempt.state.source.text(480)
        return sign_in_srp.challenge(attempt, username, session=session)
    if challenge == "WEB_AUTHN" and user is not None:
        return passkeys.ask(attempt, user)
    if user is None:
        return one_time_passwords.pretend(attempt, username, challenge)
    return one_time_passwords.ask(attempt, user, challenge, second=False)


def answer_selection(attempt: Attempt) -> Answer | Passed:
    return _answer(attempt, attempt.required("ANSWER"))


def answer_password(attempt: Attempt) -> Answer | Passed:
    """PASSWORD and PASSWORD_SRP choose and answer in one."""
    return _answer(attempt, attempt.call.parameters["ChallengeName"])


def _answer(attempt: Attempt, chosen: str) -> Answer | Passed:
    attempt, user = answering_perhaps(attempt, "SELECT_CHALLENGE")
    assert attempt.session is not None
    if chosen not in attempt.session.offered:
        raise AwsError("InvalidParameterException", f"Challenge {chosen[:40]} is not available for the user.")
    if "CREDENTIAL" in attempt.given:
        raise not_simulated("a CREDENTIAL in the answer to SELECT_CHALLENGE")
    outcome = _take(attempt, user, attempt.required("USERNAME"), chosen)
    close(attempt)
    return outcome


def get_user_auth_factors(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAuthFactors.html"""
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    shown = mfa_preferences.shown(pool, user, state)
    shown.pop("MFAOptions", None)
    factors = [name for name in available(pool, user, state) if name != "PASSWORD_SRP"]
    return {"Username": user.username, "ConfiguredUserAuthFactors": factors} | shown
