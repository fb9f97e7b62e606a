"""Access tokens of app clients that act for themselves (client_credentials).

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.user_pools.pools import Client, Pool, issuer, lambda_triggers
from labkit.local.user_pools.settings.clients import validity
from labkit.local.user_pools.tokens.scopes import active
from labkit.local.user_pools.tokens.tokens import sign

if TYPE_CHECKING:
    from labkit.local.state import State


def issue(pool: Pool, client: Client, scopes: tuple[str, ...], state: State) -> dict[str, Any]:
    """An access token whose subject is the client itself."""
    now, life = state.clock.now(), validity(client, "Access")
    claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": " ".join(active(pool, scopes)),
        "auth_time": int(now.timestamp()),
        "iss": issuer(pool),
        "version": 2,
        "client_id": client.id,
    }
    token = sign(pool, claims, now, now + life, state)
    return {"AccessToken": token, "ExpiresIn": int(life.total_seconds()), "TokenType": "Bearer"}


def are_customised(pool: Pool) -> bool:
    """Whether a function wants to see them: only those of version 3 do.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
    """
    config = lambda_triggers(pool).get("PreTokenGenerationConfig") or {}
    return config.get("LambdaVersion") == "V3_0"
