"""Signing out: of every device, or of one by its refresh token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Client, Pool, client_named, pool_asked, user_named
from labkit.local.user_pools.tokens.tokens import sign_out_everywhere, user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State


def global_sign_out(call: Call, state: State) -> dict[str, Any]:
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    sign_out_everywhere(pool, user, state)
    return {}


def admin_user_global_sign_out(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    sign_out_everywhere(pool, user_named(pool, call.parameters["Username"]), state)
    return {}


def check_disable_user(call: Call, state: State) -> None:
    """AdminDisableUser also "revokes all access tokens for the user", for good.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html
    """
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    call.replace(Username=user.username)  # moto does not know users by `sub`
    sign_out_everywhere(pool, user, state)


def revoke_token(call: Call, state: State) -> dict[str, Any]:
    """Revoke one refresh token and the access tokens that came of it.

    An unknown token is no error (RFC 7009, section 2.2).

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
    """
    pool, client = client_named(call.parameters["ClientId"], state)
    given = call.parameters.get("ClientSecret")
    if client.generate_secret and given != client.secret:
        raise AwsError("UnauthorizedException", "Client secret is missing or wrong.")
    revoke(pool, client, call.parameters["Token"], state)
    return {}


def revoke(pool: Pool, client: Client, token: str, state: State) -> None:
    if not client.extended_config.get("EnableTokenRevocation", True):
        raise AwsError("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    if token.count(".") == 2:
        raise AwsError("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.")
    grant = state.user_pools[pool.id].by_refresh_token.get(token)
    if grant is not None and grant.client_id == client.id:
        grant.revoked = True
