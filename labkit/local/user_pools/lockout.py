"""Too many guesses: the pause after wrong passwords, and the limit of wrong codes.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from labkit.local.errors import AwsError
from labkit.local.user_pools.pools import Pool, User
from labkit.local.user_pools.state import Guesses
from labkit.local.user_pools.usernames import cased

if TYPE_CHECKING:
    from labkit.local.state import State

#: "After five failed … sign-in attempts with a password, Amazon Cognito locks out your user for one second.
#: The lockout duration then doubles after each additional one failed attempt, up to a maximum of
#: approximately 15 minutes."
_FREE = 5
_LONGEST = timedelta(minutes=15)
#: "… or not initiate any sign-in attempts for 15 consecutive minutes"
_FORGOTTEN = timedelta(minutes=15)
#: The limits page counts every attempt, 5 to 20 an hour by risk; here only wrong codes count (unconfirmed).
_WRONG_CODES = 20
_CODE_WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class Nobody:
    """Stands for a user who does not exist, whose name is guessed at like another's (unconfirmed)."""

    id: str

    @classmethod
    def called(cls, pool: Pool, username: str) -> Nobody:
        return cls(f"nobody/{cased(pool, username)}")


def require_unlocked(pool: Pool, user: User | Nobody, state: State) -> None:
    """Raise AwsError while the user is locked out. Such an attempt does not prolong the pause."""
    guesses, now = state.user_pools[pool.id].guesses, state.clock.now()
    found = guesses.get(user.id)
    if found is None:
        return
    if now - found.last >= _FORGOTTEN:
        del guesses[user.id]
        return
    found.last = now
    if now < found.locked_until:
        raise AwsError("NotAuthorizedException", "Password attempts exceeded")


def failed(pool: Pool, user: User | Nobody, state: State) -> None:
    """Count a wrong password, or a wrong code of a second factor: from the fifth on, each doubles the pause.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites
    """
    pool_state, now = state.user_pools[pool.id], state.clock.now()
    guesses = {who: g for who, g in pool_state.guesses.items() if now - g.last < _FORGOTTEN}
    pool_state.guesses, found = guesses, guesses.setdefault(user.id, Guesses(last=now, locked_until=now))
    found.failed += 1
    found.last = now
    if found.failed >= _FREE:
        doublings = min(found.failed - _FREE, 10)  # 2^10 seconds are more than the longest pause
        found.locked_until = now + min(timedelta(seconds=2**doublings), _LONGEST)


def signed_in(pool: Pool, user: User, state: State) -> None:
    """A sign-in, whole, makes up for what failed before."""
    state.user_pools[pool.id].guesses.pop(user.id, None)


def require_few_wrong_codes(pool: Pool, user: User, purpose: str, state: State) -> None:
    """Raise AwsError after too many wrong codes within an hour, a new code notwithstanding."""
    wrong, now = state.user_pools[pool.id].wrong_codes, state.clock.now()
    key = (user.id, purpose)
    recent = [then for then in wrong.pop(key, []) if now - then < _CODE_WINDOW]
    if recent:
        wrong[key] = recent
    if len(recent) >= _WRONG_CODES:
        raise AwsError("LimitExceededException", "Attempt limit exceeded, please try after some time.")


def wrong_code(pool: Pool, user: User, purpose: str, state: State) -> None:
    state.user_pools[pool.id].wrong_codes.setdefault((user.id, purpose), []).append(state.clock.now())
