"""Time-based one-time passwords (RFC 6238): AssociateSoftwareToken, VerifySoftwareToken, and the codes.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory.passwords import fingerprint
from labkit.local.user_pools.factors.factors import Factors, SoftwareToken
from labkit.local.user_pools.factors.mfa_settings import available
from labkit.local.user_pools.pools import Pool, User, all_pools
from labkit.local.user_pools.sign_in import lockout
from labkit.local.user_pools.sign_in.attempt import Answer, Attempt, challenged, invalid_session
from labkit.local.user_pools.state import ChallengeSession
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State


def associate_software_token(call: Call, state: State) -> dict[str, Any]:
    """A new secret, which counts only once VerifySoftwareToken has seen a code of it."""
    pool, user, session = _authorized(call, state)
    _require_enabled(pool, state)
    secret = base64.b32encode(state.source.bytes(32)).decode().rstrip("=")
    state.user_pools[pool.id].factors_of(user.id).pending_token = SoftwareToken(secret)
    return {"SecretCode": secret} | _renewed(call, pool, session, state)


def verify_software_token(call: Call, state: State) -> dict[str, Any]:
    pool, user, session = _authorized(call, state)
    _require_enabled(pool, state)
    factors = state.user_pools[pool.id].factors_of(user.id)
    token = factors.pending_token
    if token is None:
        raise _not_associated()
    step = _step(token, call.parameters["UserCode"], state.clock.now())
    if step is None:
        raise AwsError("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
    token.last_step, token.name = step, call.parameters.get("FriendlyDeviceName") or ""
    factors.software_token, factors.pending_token = token, None
    state.user_pools[pool.id].forget_set_ups(user.id, but=call.parameters.get("Session"))
    if session is not None:
        factors.switched["SOFTWARE_TOKEN_MFA"], factors.preferred = True, "SOFTWARE_TOKEN_MFA"
        session = replace(session, set_up=True)
    return {"Status": "SUCCESS"} | _renewed(call, pool, session, state)


def _authorized(call: Call, state: State) -> tuple[Pool, User, ChallengeSession | None]:
    """Whose token it is, by an access token or by the Session of an MFA_SETUP challenge, never by both."""
    token, session = call.parameters.get("AccessToken"), call.parameters.get("Session")
    if bool(token) == bool(session):
        raise AwsError("InvalidParameterException", "Provide either an AccessToken or a Session.")
    if token:
        pool, user, _ = user_of_access_token(token, state)
        return pool, user, None
    return _of_session(str(session), state)


def _of_session(name: str, state: State) -> tuple[Pool, User, ChallengeSession]:
    for pool in all_pools(state):
        found = state.user_pools[pool.id].challenges.get(name)
        if found is None or found.challenge != "MFA_SETUP":
            continue
        user = next((u for u in pool.users.values() if u.id == found.sub), None)
        if user is None or not user.enabled or fingerprint(user, state) != found.password:
            break
        if state.clock.now() >= found.expires:
            raise AwsError("NotAuthorizedException", "Invalid session for the user, session is expired.")
        return pool, user, found
    raise invalid_session()


def _renewed(call: Call, pool: Pool, session: ChallengeSession | None, state: State) -> dict[str, str]:
    """Each call uses its Session up, and gives the next one."""
    if session is None:
        return {}
    name, challenges = state.source.text(480), state.user_pools[pool.id].challenges
    del challenges[call.parameters["Session"]]
    challenges[name] = session
    return {"Session": name}


def ask(attempt: Attempt, user: User) -> Answer:
    token = attempt.pool_state.factors_of(user.id).software_token
    parameters = {"USER_ID_FOR_SRP": user.username}
    if token is not None and token.name:
        parameters["FRIENDLY_DEVICE_NAME"] = token.name
    return challenged(attempt, user, "SOFTWARE_TOKEN_MFA", parameters)


def require_code(attempt: Attempt, user: User, code: str) -> None:
    """Raise AwsError unless the code is one of this moment, and was not used before."""
    factors: Factors = attempt.pool_state.factors_of(user.id)
    token = factors.software_token
    if token is None:
        raise _not_associated()
    step = _step(token, code, attempt.state.clock.now())
    if step is None:
        lockout.failed(attempt.pool, user, attempt.state)
        raise AwsError("CodeMismatchException", "Invalid code received for user")
    if step <= token.last_step:
        raise AwsError("ExpiredCodeException", "Your software token has already been used once.")
    token.last_step = step


def _step(token: SoftwareToken, code: str, now: datetime) -> int | None:
    """The time step that the code belongs to: this one, or the one before or after it."""
    import pyotp

    totp = pyotp.TOTP(token.secret)
    current = totp.timecode(now)
    codes = {step: totp.generate_otp(step) for step in (current, current - 1, current + 1)}
    return next((s for s, known in codes.items() if hmac.compare_digest(known.encode(), code.encode())), None)


def _require_enabled(pool: Pool, state: State) -> None:
    if "SOFTWARE_TOKEN_MFA" not in available(pool, state.user_pools[pool.id]):
        raise not_enabled()


def not_enabled() -> AwsError:
    return AwsError(
        "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool"
    )


def _not_associated() -> AwsError:
    return AwsError("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")
