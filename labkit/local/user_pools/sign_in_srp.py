"""Secure Remote Password: the pool's end, for the passwords of users and of devices.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import Any

from labkit import srp
from labkit.errors import LabError
from labkit.local.errors import AwsError
from labkit.local.user_pools import devices, lockout
from labkit.local.user_pools.attempt import Answer, Attempt, Passed, challenged, incorrect, require_enabled
from labkit.local.user_pools.passwords import fingerprint
from labkit.local.user_pools.pools import Pool, User, find_user, hides_existence, user_not_found
from labkit.local.user_pools.state import ChallengeSession

_CHALLENGE = "PASSWORD_VERIFIER"


@dataclass(frozen=True)
class Verifier:
    """What the pool keeps in the place of a password."""

    #: What the password is one of: the pool's name, or the device group.
    realm: str
    #: Whose it is: the user's id for SRP, or the device key.
    identity: str
    salt: int
    value: int = field(repr=False)


def challenge(attempt: Attempt, username: str, *, session: str = "", **kept: Any) -> Answer:
    """The PASSWORD_VERIFIER challenge; for an unknown user one that nobody can answer.

    Its name is the secret block; a flow that had a Session before gives its next one, `session`, beside it.
    """
    user = find_user(attempt.pool, username)
    if user is None and not hides_existence(attempt.client):
        raise user_not_found()
    verifier = _verifier(attempt, user, username)
    named = {"USERNAME": verifier.identity, "USER_ID_FOR_SRP": verifier.identity}
    answer = ask(attempt, user, verifier, _CHALLENGE, named, session=session, **kept)
    return answer | ({"Session": session} if session else {})


def ask(
    attempt: Attempt,
    user: User | None,
    verifier: Verifier,
    challenge: str,
    parameters: dict[str, str],
    **kept: Any,
) -> Answer:
    """Ask for a proof of the password behind `verifier`."""
    server = srp.Server(verifier.value, attempt.state.source.integer(256))
    try:
        key = server.session_key(attempt.required("SRP_A"))
    except LabError:
        raise AwsError("InvalidParameterException", "Invalid SRP_A value.") from None
    block = base64.b64encode(attempt.state.source.bytes(1152)).decode()
    asked = {"SALT": f"{verifier.salt:x}", "SECRET_BLOCK": block, "SRP_B": server.srp_b} | parameters
    answer = challenged(attempt, user, challenge, asked, name=block, srp_key=key, **kept)
    return {name: value for name, value in answer.items() if name != "Session"}


def _verifier(attempt: Attempt, user: User | None, username: str) -> Verifier:
    """Salt and verifier of a user. An unknown user's are always the same, as a known one's are."""
    state, realm = attempt.state, pool_name(attempt.pool)
    if user is None or user.password is None:
        identity, digest = attempt.username_of(user, username), attempt.drawn_for_nobody(username)
        salt = int.from_bytes(digest[:16])
        return Verifier(realm, identity, salt, srp.verifier(realm, identity, digest.hex(), salt))
    verifiers, password = attempt.pool_state.verifiers, fingerprint(user, state)
    known = verifiers.get(user.id)
    if known is None or known[0] != password:
        salt = state.source.integer(128)
        known = password, salt, srp.verifier(realm, user.username, user.password, salt)
        verifiers[user.id] = known
    return Verifier(realm, user.username, known[1], known[2])


def pool_name(pool: Pool) -> str:
    """The pool's name in SRP: its id behind the Region."""
    return str(pool.id).partition("_")[2]


def answer_password_verifier(attempt: Attempt) -> Passed:
    user = find_user(attempt.pool, attempt.required("USERNAME"))
    somebody = attempt.guessed_at(user)
    lockout.require_unlocked(attempt.pool, somebody, attempt.state)
    if user is None:
        lockout.failed(attempt.pool, somebody, attempt.state)
        raise incorrect()
    if attempt.given.get("DEVICE_KEY") and devices.tracked(attempt.pool):
        # Before the secret block is used up: clients answer again, without the device.
        devices.known(attempt.pool, user, attempt.given["DEVICE_KEY"], attempt.state)
    proven = prove(attempt, user, _CHALLENGE, pool_name(attempt.pool), user.username)
    session = attempt.call.parameters.get("Session")
    if proven is None or (proven.session and proven.session != session):
        lockout.failed(attempt.pool, user, attempt.state)
        raise incorrect()
    require_enabled(user)
    return Passed(attempt.answering(proven), user, _CHALLENGE)


def prove(attempt: Attempt, user: User, challenge: str, realm: str, identity: str) -> ChallengeSession | None:
    """The challenge that the user proved the password for. A secret block is good for one try."""
    given, block = attempt.given, attempt.given.get("PASSWORD_CLAIM_SECRET_BLOCK", "")
    challenges = attempt.pool_state.challenges
    found = challenges.get(block)
    if found is None or found.client_id != attempt.client.id or found.challenge != challenge:
        return None
    del challenges[block]
    if (user.id, fingerprint(user, attempt.state)) != (found.sub, found.password):
        return None
    if attempt.state.clock.now() >= found.expires:
        return None
    expected = srp.claim_signature(found.srp_key, realm, identity, block, given.get("TIMESTAMP", ""))
    right = hmac.compare_digest(expected.encode(), given.get("PASSWORD_CLAIM_SIGNATURE", "").encode())
    return found if right else None
