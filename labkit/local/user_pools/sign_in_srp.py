"""USER_SRP_AUTH: the pool's end of Secure Remote Password."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from labkit import srp
from labkit.errors import LabError
from labkit.local.errors import AwsError
from labkit.local.user_pools.clients import session_validity
from labkit.local.user_pools.passwords import fingerprint
from labkit.local.user_pools.pools import Client, Pool, User, find_user, hides_existence
from labkit.local.user_pools.state import ChallengeSession

if TYPE_CHECKING:
    from labkit.local.state import State

_CHALLENGE = "PASSWORD_VERIFIER"


def challenge(pool: Pool, client: Client, username: str, srp_a: str, state: State) -> dict[str, Any]:
    """The PASSWORD_VERIFIER challenge; for an unknown user one that nobody can answer."""
    user = find_user(pool, username)
    if user is None and not hides_existence(client):
        raise AwsError("UserNotFoundException", "User does not exist.")
    user_id = user.username if user else username
    salt, verifier = _verifier(pool, user, username, state)
    server = srp.Server(verifier, state.source.integer(256))
    try:
        key = server.session_key(srp_a)
    except LabError:
        raise AwsError("InvalidParameterException", "Invalid SRP_A value.") from None
    block = base64.b64encode(state.source.bytes(1152)).decode()
    now, sub = state.clock.now(), user.id if user else ""
    password = fingerprint(user, state) if user else ""
    session = ChallengeSession(_CHALLENGE, sub, password, client.id, now + session_validity(client), key)
    state.user_pools[pool.id].open_challenge(block, session, now)
    parameters = {"SALT": f"{salt:x}", "SECRET_BLOCK": block, "SRP_B": server.srp_b}
    parameters |= {"USERNAME": user_id, "USER_ID_FOR_SRP": user_id}
    return {"ChallengeName": _CHALLENGE, "ChallengeParameters": parameters}


def _verifier(pool: Pool, user: User | None, username: str, state: State) -> tuple[int, int]:
    """Salt and verifier of a user. An unknown user's are always the same, as a known one's are."""
    if user is None or user.password is None:
        digest = hashlib.sha256(f"{state.instance}/{pool.id}/{username}".encode()).digest()
        salt = int.from_bytes(digest[:16])
        return salt, srp.verifier(_name(pool), username, digest.hex(), salt)
    verifiers, password = state.user_pools[pool.id].verifiers, fingerprint(user, state)
    known = verifiers.get(user.id)
    if known is None or known[0] != password:
        salt = state.source.integer(128)
        known = password, salt, srp.verifier(_name(pool), user.username, user.password, salt)
        verifiers[user.id] = known
    return known[1:]


def _name(pool: Pool) -> str:
    """The pool's name in SRP: its id behind the Region."""
    return str(pool.id).partition("_")[2]


def verify(pool: Pool, client: Client, user: User, given: dict[str, str], state: State) -> bool:
    """Whether the user proved the password. A secret block is good for one try."""
    block = given.get("PASSWORD_CLAIM_SECRET_BLOCK", "")
    open_challenges = state.user_pools[pool.id].challenges
    found = open_challenges.get(block)
    if found is None or found.client_id != client.id or found.challenge != _CHALLENGE:
        return False
    del open_challenges[block]
    if (user.id, fingerprint(user, state)) != (found.sub, found.password):
        return False
    if state.clock.now() >= found.expires:
        return False
    expected = srp.claim_signature(
        found.srp_key, _name(pool), user.username, block, given.get("TIMESTAMP", "")
    )
    given_signature = given.get("PASSWORD_CLAIM_SIGNATURE", "")
    return hmac.compare_digest(expected.encode(), given_signature.encode())
