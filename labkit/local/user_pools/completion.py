"""The end of a sign-in: the function that may still refuse it, and the tokens."""

from __future__ import annotations

from typing import Any

from labkit.local.user_pools import lockout, tokens, triggers
from labkit.local.user_pools.attempt import Answer, Attempt
from labkit.local.user_pools.pools import User


def finish(attempt: Attempt, user: User) -> Answer:
    pool, client, state = attempt.pool, attempt.client, attempt.state
    lockout.signed_in(pool, user, state)
    _post_authentication(attempt, user)
    return {
        "ChallengeParameters": {},
        "AuthenticationResult": tokens.sign_in(pool, client, user, state, attempt.call),
    }


def _post_authentication(attempt: Attempt, user: User) -> None:
    """Tell the pool's function of a sign-in; it may still refuse.

    Of ClientMetadata it hears what RespondToAuthChallenge sends, not InitiateAuth.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html
    """
    request: dict[str, Any] = {"userAttributes": triggers.user_attributes(user), "newDeviceUsed": False}
    if attempt.metadata:
        request["clientMetadata"] = attempt.metadata
    triggers.invoke(
        attempt.pool,
        "PostAuthentication",
        "Authentication",
        username=user.username,
        client_id=attempt.client.id,
        request=request,
        state=attempt.state,
    )
