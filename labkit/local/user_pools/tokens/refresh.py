"""GetTokensFromRefreshToken, and the rotation of refresh tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Client, Pool, client_named
from labkit.local.user_pools.settings.clients import rotation
from labkit.local.user_pools.state import Grant
from labkit.local.user_pools.tokens import tokens

if TYPE_CHECKING:
    from labkit.local.state import State


def get_tokens_from_refresh_token(call: Call, state: State) -> dict[str, Any]:
    """New tokens; where the client rotates them, a new refresh token too, in the place of this one."""
    pool, client = client_named(call.parameters["ClientId"], state)
    _require_secret(client, call.parameters.get("ClientSecret") or "")
    return {"AuthenticationResult": renewed(pool, client, call.parameters["RefreshToken"], state, call)}


def renewed(pool: Pool, client: Client, token: str, state: State, call: Call) -> dict[str, Any]:
    """The AuthenticationResult for a refresh token; with rotation, the refresh token that takes its place."""
    grant = state.user_pools[pool.id].by_refresh_token.get(token)
    if grant is None or grant.client_id != client.id or not _on_its_device(grant, call):
        # With a full stop, as AWS gave it: https://github.com/aws/aws-sdk-js-v3/issues/7162
        raise AwsError("NotAuthorizedException", "Invalid Refresh Token.")
    _require_not_retired(grant, token, state)
    result = tokens.refreshed(pool, client, token, state, call)
    _require_not_retired(grant, token, state)  # while a function ran, somebody else may have rotated it
    settings = rotation(client)
    if settings is not None:
        grace = timedelta(seconds=settings.get("RetryGracePeriodSeconds") or 0)
        result["RefreshToken"] = _rotate(pool.id, grant, token, grace, state)
    return result


def _on_its_device(grant: Grant, call: Call) -> bool:
    """ "You must provide the confirmed device key in this request if device remembering is enabled in your
    user pool." """
    return not grant.device_key or call.parameters.get("DeviceKey") == grant.device_key


def _require_secret(client: Client, given: str) -> None:
    if client.generate_secret and not hmac.compare_digest(str(client.secret).encode(), given.encode()):
        raise AwsError("NotAuthorizedException", f"Unable to verify secret for client {client.id}")


def _require_not_retired(grant: Grant, token: str, state: State) -> None:
    """ "The original refresh token that you're rotating out can remain valid for a period of time." """
    if grant.has_retired(token, state.clock.now()):
        raise AwsError(
            "RefreshTokenReuseException",
            "The refresh token has been invalidated by refresh token rotation.",  # AWS documents no text
        )


def _rotate(pool_id: str, grant: Grant, token: str, grace: timedelta, state: State) -> str:
    """A new refresh token of the same sign-in. It "is valid for the remaining duration of the original"."""
    grant.retired.setdefault(token, state.clock.now() + grace)
    new = tokens.refresh_token(state)
    state.user_pools[pool_id].by_refresh_token[new] = grant
    return new
