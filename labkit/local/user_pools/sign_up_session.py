"""From signing up straight to signing in: the code that confirmed the user counts as a first factor.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passwordless
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.operations import Call
from labkit.local.user_pools.clients import session_validity
from labkit.local.user_pools.factors import ADDRESS
from labkit.local.user_pools.first_factors import allowed_first
from labkit.local.user_pools.passwords import fingerprint
from labkit.local.user_pools.pools import Client, Pool, User
from labkit.local.user_pools.state import ChallengeSession

if TYPE_CHECKING:
    from labkit.local.state import State

#: Not challenges: nobody answers them.
_SIGNED_UP, CONFIRMED = "SIGN_UP", "CONFIRM_SIGN_UP"


def after_sign_up(pool: Pool, client: Client, user: User, state: State) -> dict[str, str]:
    """ "A session Id that you can pass to ConfirmSignUp when you want to immediately sign in your user"."""
    return _opened(pool, client, user, _SIGNED_UP, (), state) if _lets_choose(client) else {}


def after_confirmation(
    call: Call, pool: Pool, client: Client, user: User, attribute: str, state: State
) -> dict[str, str]:
    """The session that InitiateAuth takes, where the pool allows the code's way as a first factor.

    SignUp's own session is optional: AWS Amplify gives none, and its `autoSignIn` asks for no second code.
    https://docs.amplify.aws/react/frontend/auth/sign-up/
    """
    factors = tuple(name for name in allowed_first(pool) if ADDRESS.get(name) == attribute)
    given = call.parameters.get("Session")
    if not factors or not _lets_choose(client) or (given and not _began(given, pool, client, user, state)):
        return {}
    return _opened(pool, client, user, CONFIRMED, factors, state)


def _lets_choose(client: Client) -> bool:
    return "ALLOW_USER_AUTH" in (client.extended_config.get("ExplicitAuthFlows") or [])


def _began(session: str, pool: Pool, client: Client, user: User, state: State) -> bool:
    """Whether this user's SignUp at this client gave the session."""
    found = state.user_pools[pool.id].challenges.pop(session, None)
    return (
        found is not None
        and (found.challenge, found.sub, found.client_id) == (_SIGNED_UP, user.id, client.id)
        and state.clock.now() < found.expires
    )


def _opened(
    pool: Pool, client: Client, user: User, name: str, factors: tuple[str, ...], state: State
) -> dict[str, str]:
    session, now = state.source.text(480), state.clock.now()
    expires = now + session_validity(client)
    opened = ChallengeSession(name, user.id, fingerprint(user, state), client.id, expires, offered=factors)
    state.user_pools[pool.id].open_challenge(session, opened, now)
    return {"Session": session}
