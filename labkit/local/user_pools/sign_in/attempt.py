"""A sign-in under way: the call that is made now, and the challenge that it answers.

A Session string stands for one open challenge. It belongs to one password of one user and to one app client,
is good for the client's AuthSessionValidity, and for one right answer.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-session-duration
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory.passwords import fingerprint
from labkit.local.user_pools.directory.usernames import cased, username_attributes
from labkit.local.user_pools.pools import Client, Pool, User, find_user, hides_existence, user_not_found
from labkit.local.user_pools.settings.clients import session_validity
from labkit.local.user_pools.sign_in.lockout import Nobody
from labkit.local.user_pools.state import ChallengeSession, PoolState

if TYPE_CHECKING:
    from labkit.local.state import State

Answer = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One InitiateAuth or RespondToAuthChallenge, of an app or of an administrator."""

    pool: Pool
    client: Client
    #: Holds what the user typed, so no message shows it.
    call: Call = field(repr=False)
    state: State
    #: The challenge that this call answers.
    session: ChallengeSession | None = field(default=None, repr=False)
    #: At the pages of the pool's domain, where a code follows in the place of tokens.
    hosted: bool = False

    @property
    def given(self) -> dict[str, str]:
        """What came with the call: AuthParameters or ChallengeResponses."""
        parameters = self.call.parameters
        return parameters.get("AuthParameters") or parameters.get("ChallengeResponses") or {}

    @property
    def by_administrator(self) -> bool:
        return self.call.operation.startswith("Admin")

    @property
    def beginning(self) -> bool:
        return self.call.operation.endswith("InitiateAuth")

    @property
    def metadata(self) -> dict[str, str] | None:
        """ClientMetadata, as triggers hear it that come after the beginning."""
        return None if self.beginning else self.call.parameters.get("ClientMetadata")

    @property
    def pool_state(self) -> PoolState:
        return self.state.user_pools[self.pool.id]

    @property
    def device_key(self) -> str:
        """DEVICE_KEY, which may come with the first call or with any answer."""
        return self.given.get("DEVICE_KEY") or (self.session.device_key if self.session else "")

    def guessed_at(self, user: User | None) -> User | Nobody:
        return user if user is not None else Nobody.called(self.pool, self.required("USERNAME"))

    def username_of(self, user: User | None, given: str) -> str:
        """The username; for nobody one of the same kind, and always the same.

        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
        """
        if user is not None:
            return str(user.username)
        if not username_attributes(self.pool):
            return cased(self.pool, given)
        return str(uuid.UUID(bytes=self.drawn_for_nobody(given)[:16], version=4))

    def drawn_for_nobody(self, given: str) -> bytes:
        """32 bytes that look drawn, and are the same at every attempt to be somebody of that name."""
        name = f"{self.state.instance}/{self.pool.id}/{cased(self.pool, given)}"
        return hashlib.sha256(name.encode()).digest()

    def answering(self, session: ChallengeSession) -> Attempt:
        return replace(self, session=session)

    def required(self, name: str) -> str:
        if not self.given.get(name):
            raise AwsError("InvalidParameterException", f"Missing required parameter {name}")
        return self.given[name]


@dataclass(frozen=True)
class Passed:
    """A challenge, or the beginning, that a user came through."""

    attempt: Attempt
    user: User
    #: AWS's name of what was passed, as in `PASSWORD_VERIFIER`; the AuthFlow where it was the beginning.
    challenge: str
    #: Whether it was a second factor.
    second: bool = False


def challenged(
    attempt: Attempt,
    user: User | None,
    challenge: str,
    parameters: dict[str, str],
    *,
    name: str = "",
    **kept: Any,
) -> Answer:
    """Open a challenge and ask it. For nobody (None) it is one that nobody can answer.

    `kept` is what the pool remembers of it; `name` its Session string, where that is made already.
    """
    name, now = name or attempt.state.source.text(480), attempt.state.clock.now()
    opened = ChallengeSession(
        challenge=challenge,
        sub=user.id if user else "",
        password=fingerprint(user, attempt.state) if user else "",
        client_id=attempt.client.id,
        expires=now + session_validity(attempt.client),
        device_key=attempt.device_key,
        rounds=attempt.session.rounds if attempt.session else None,
    )
    attempt.pool_state.open_challenge(name, replace(opened, **kept), now)
    return {"ChallengeName": challenge, "Session": name, "ChallengeParameters": parameters}


def answering(attempt: Attempt, challenge: str) -> tuple[Attempt, User]:
    """The attempt with the challenge that its Session stands for, and the challenge's user.

    Raises AwsError for a session that is foreign, expired or used.
    """
    attempt, user = answering_perhaps(attempt, challenge)
    if user is None:
        raise invalid_session()
    return attempt, user


def answering_perhaps(attempt: Attempt, challenge: str) -> tuple[Attempt, User | None]:
    """The same, but None for the user of a challenge that was made for nobody."""
    session = open_session(attempt, challenge)
    user = find_user(attempt.pool, attempt.required("USERNAME"))
    if user is None and not session.sub:
        return attempt.answering(session), None
    if user is None and _is_gone(attempt.pool, session.sub) and not hides_existence(attempt.client):
        raise user_not_found()
    if user is None or (user.id, fingerprint(user, attempt.state)) != (session.sub, session.password):
        raise invalid_session()
    require_enabled(user)
    return attempt.answering(session), user


def _is_gone(pool: Pool, sub: str) -> bool:
    """Whether the challenge's own user was deleted since. To others a session says nothing of who exists."""
    return all(user.id != sub for user in pool.users.values())


def open_session(attempt: Attempt, challenge: str) -> ChallengeSession:
    """The open challenge behind the Session string."""
    given = attempt.call.parameters.get("Session")
    if not given:
        raise AwsError("InvalidParameterException", "Missing required parameter Session")
    found = attempt.pool_state.challenges.get(given)
    if found is None or found.client_id != attempt.client.id or found.challenge != challenge:
        raise invalid_session()
    if attempt.state.clock.now() >= found.expires:
        raise AwsError("NotAuthorizedException", "Invalid session for the user, session is expired.")
    return found


def close(attempt: Attempt) -> None:
    """Use the Session up: the answer was right, or there is no second try."""
    attempt.pool_state.challenges.pop(attempt.call.parameters.get("Session") or "", None)


def require_enabled(user: User) -> None:
    if not user.enabled:
        raise AwsError("NotAuthorizedException", "User is disabled.")


def incorrect() -> AwsError:
    return AwsError("NotAuthorizedException", "Incorrect username or password.")


def invalid_session() -> AwsError:
    return AwsError("NotAuthorizedException", "Invalid session for the user.")
