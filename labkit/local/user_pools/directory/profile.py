"""What signed-in users see of themselves, and how they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.operations import Call
from labkit.local.user_pools.directory import attributes
from labkit.local.user_pools.factors import mfa_preferences
from labkit.local.user_pools.pools import backend_of, client_named
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State


def get_user(call: Call, state: State) -> dict[str, Any]:
    """The user's attributes, as far as the token's app client may read them."""
    pool, user, claims = user_of_access_token(call.parameters["AccessToken"], state)
    _, client = client_named(claims["client_id"], state)
    shown = {"sub": user.id} | attributes.readable(client, user)
    listed = [{"Name": name, "Value": value} for name, value in shown.items()]
    return {"Username": user.username, "UserAttributes": listed} | mfa_preferences.shown(pool, user, state)


def delete_user(call: Call, state: State) -> dict[str, Any]:
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    backend_of(pool).admin_delete_user(pool.id, user.username)
    return {}
