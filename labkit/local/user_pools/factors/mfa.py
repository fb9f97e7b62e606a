"""Multi-factor authentication: which second factor a user is asked for, and the answers.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-user-outcomes
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labkit.local.errors import AwsError
from labkit.local.user_pools.directory import users
from labkit.local.user_pools.directory.attributes import require_well_formed
from labkit.local.user_pools.directory.usernames import require_free
from labkit.local.user_pools.factors import one_time_passwords, software_tokens
from labkit.local.user_pools.factors.factors import ADDRESS, SECOND_FACTORS
from labkit.local.user_pools.factors.mfa_settings import available
from labkit.local.user_pools.factors.relying_party import is_multi_factor
from labkit.local.user_pools.pools import Pool, User
from labkit.local.user_pools.sign_in import lockout
from labkit.local.user_pools.sign_in.attempt import (
    Answer,
    Attempt,
    Passed,
    answering,
    challenged,
    close,
    invalid_session,
)

if TYPE_CHECKING:
    from labkit.local.state import State


def ask(attempt: Attempt, user: User) -> Answer | None:
    """The challenge for a second factor; None where none is due.

    A factor that the user prefers comes first. Of several that are open the user chooses; where the pool
    demands one and the user has none, one must be set up.
    """
    preferred, eligible = _eligible(attempt.pool, user, attempt.state)
    if preferred:
        return _ask_for(attempt, user, preferred)
    if len(eligible) > 1:
        return _choose(attempt, user, eligible)
    if eligible:
        return _ask_for(attempt, user, eligible[0])
    return _set_up(attempt, user) if attempt.pool.mfa_config == "ON" else None


def passkey_counts(pool: Pool, user: User, state: State) -> bool:
    """Whether the user's passkey, which verifies its user, makes up for a second factor.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnMfaSettingsType.html
    """
    switched = state.user_pools[pool.id].factors_of(user.id).switched
    return bool(switched.get("WEB_AUTHN")) and is_multi_factor(pool, state)


def is_due(pool: Pool, user: User, state: State) -> bool:
    """Whether a second factor will be asked for, or set up, after a password."""
    return pool.mfa_config == "ON" or any(_eligible(pool, user, state))


def _eligible(pool: Pool, user: User, state: State) -> tuple[str | None, tuple[str, ...]]:
    """The factor that the user prefers, and all that a code can be had from."""
    factors = state.user_pools[pool.id].factors_of(user.id)
    if pool.mfa_config not in ("ON", "OPTIONAL"):
        return None, ()
    usable = {name for name in SECOND_FACTORS if _usable(pool, user, name, state)}
    enabled = tuple(name for name in factors.enabled if name in usable)
    if factors.preferred in enabled:
        return factors.preferred, enabled
    if enabled or pool.mfa_config == "ON":
        return None, enabled or _registered(pool, state, usable)
    # "If MFA is optional, determine if the user has previously set up a TOTP authenticator. If they have set
    # up TOTP, prompt for TOTP MFA."  (Unconfirmed: until the user switches it off.)
    switched_off = factors.switched.get("SOFTWARE_TOKEN_MFA") is False
    return None, () if switched_off or "SOFTWARE_TOKEN_MFA" not in usable else ("SOFTWARE_TOKEN_MFA",)


def _registered(pool: Pool, state: State, usable: set[str]) -> tuple[str, ...]:
    """What a pool that demands a second factor may take from a user who switched none on."""
    offered, recovery = available(pool, state.user_pools[pool.id]), _primary_recovery(pool)
    return tuple(
        name
        for name in SECOND_FACTORS
        if name in usable and name in offered and (name not in ADDRESS or ADDRESS[name] != recovery)
    )


def _usable(pool: Pool, user: User, name: str, state: State) -> bool:
    """Whether the user can come by a code. A verified token stays good where the pool offers no new ones."""
    pool_state = state.user_pools[pool.id]
    if name == "SOFTWARE_TOKEN_MFA":
        return pool_state.factors_of(user.id).software_token is not None
    return bool(user.attribute_lookup.get(ADDRESS[name])) and name in available(pool, pool_state)


def _primary_recovery(pool: Pool) -> str | None:
    """The attribute that password resets go to first, where AccountRecoverySetting says so."""
    setting = pool.extended_config.get("AccountRecoverySetting") or {}
    ranked = sorted(setting.get("RecoveryMechanisms") or [], key=lambda m: m["Priority"])
    return str(ranked[0]["Name"]).removeprefix("verified_") if ranked else None


def _ask_for(attempt: Attempt, user: User, name: str) -> Answer:
    if name == "SOFTWARE_TOKEN_MFA":
        return software_tokens.ask(attempt, user)
    return one_time_passwords.ask(attempt, user, name, second=True)


def _choose(attempt: Attempt, user: User, names: tuple[str, ...]) -> Answer:
    parameters = {"MFAS_CAN_CHOOSE": _listed(names), "USER_ID_FOR_SRP": user.username}
    return challenged(attempt, user, "SELECT_MFA_TYPE", parameters, offered=names)


def _set_up(attempt: Attempt, user: User) -> Answer:
    """Ask for a factor to be set up. Raises AwsError where the pool has none that this user may take."""
    offered = available(attempt.pool, attempt.pool_state)
    if any(user.attribute_lookup.get(attribute) for attribute in ("email", "phone_number")):
        offered = tuple(name for name in offered if name == "SOFTWARE_TOKEN_MFA")
    offered = tuple(name for name in offered if ADDRESS.get(name, "") != _primary_recovery(attempt.pool))
    if not offered:
        # The page says "an error", and not which.
        raise AwsError("MFAMethodNotFoundException", "No MFA method is available for the user.")
    parameters = {"MFAS_CAN_SETUP": _listed(offered), "USER_ID_FOR_SRP": user.username}
    return challenged(attempt, user, "MFA_SETUP", parameters, offered=offered)


def _listed(names: tuple[str, ...]) -> str:
    return json.dumps(names, separators=(",", ":"))


def answer_choice(attempt: Attempt) -> Answer:
    """SELECT_MFA_TYPE: the factor that was chosen is asked for."""
    attempt, user = answering(attempt, "SELECT_MFA_TYPE")
    chosen = attempt.required("ANSWER")
    assert attempt.session is not None
    if chosen not in attempt.session.offered:
        raise AwsError("InvalidParameterException", f"Invalid ANSWER: {chosen[:40]}.")
    close(attempt)
    return _ask_for(attempt, user, chosen)


def answer_software_token(attempt: Attempt) -> Passed:
    attempt, user = answering(attempt, "SOFTWARE_TOKEN_MFA")
    if attempt.pool.mfa_config == "OFF":  # since the challenge was made
        raise software_tokens.not_enabled()
    lockout.require_unlocked(attempt.pool, user, attempt.state)
    software_tokens.require_code(attempt, user, attempt.required("SOFTWARE_TOKEN_MFA_CODE"))
    close(attempt)
    return Passed(attempt, user, "SOFTWARE_TOKEN_MFA", second=True)


def answer_set_up(attempt: Attempt) -> Answer | Passed:
    """MFA_SETUP: with the Session of VerifySoftwareToken, or with an e-mail address for EMAIL_OTP."""
    attempt, user = answering(attempt, "MFA_SETUP")
    assert attempt.session is not None
    address = attempt.given.get("EMAIL") or attempt.given.get("email")
    if address and "EMAIL_OTP" in attempt.session.offered:
        require_well_formed({"email": address})
        require_free(attempt.pool, {"email": address}, user)
        close(attempt)
        users.change(user, {"email": address})
        return one_time_passwords.ask(attempt, user, "EMAIL_OTP", second=True)
    if not attempt.session.set_up:
        raise invalid_session()
    close(attempt)
    return Passed(attempt, user, "MFA_SETUP", second=True)
