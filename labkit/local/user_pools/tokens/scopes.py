"""Scopes of a user pool: the reserved ones, those of its resource servers, and which claims they open.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labkit.local.user_pools.pools import Pool

SIGN_IN_SCOPE = "aws.cognito.signin.user.admin"
OPENID = "openid"
#: "The phone, email, and profile scopes can only be requested if openid scope is also requested."
#: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
NEED_OPENID = ("email", "phone", "profile")
RESERVED = (SIGN_IN_SCOPE, OPENID, *NEED_OPENID)

#: The attributes of the scopes that have a fixed list of them.
ADDRESSES = {"email": ("email", "email_verified"), "phone": ("phone_number", "phone_number_verified")}


def custom(pool: Pool) -> set[str]:
    """The scopes of the pool's resource servers, as in `music/read`."""
    return {
        f"{server.identifier}/{scope['ScopeName']}"
        for server in pool.resource_servers.values()
        for scope in server.scopes or []
    }


def active(pool: Pool, scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes that a token shows: "Amazon Cognito doesn't add inactive scopes to access tokens", which are
    those that a resource server had once, "but otherwise proceeds as normal if your app requests one."
    """
    known = custom(pool) | set(RESERVED)
    return tuple(scope for scope in scopes if scope in known)


def covered(scopes: Iterable[str], attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes that these scopes open: `openid` alone opens all that the client may read.

    `profile` opens what is neither an address nor a phone number, custom attributes included.
    https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
    """
    asked = set(scopes) & set(NEED_OPENID)
    if not asked:
        return dict(attributes) if OPENID in scopes else {}
    return {name: value for name, value in attributes.items() if _scope_of(name) in asked}


def _scope_of(name: str) -> str:
    return next((scope for scope, names in ADDRESSES.items() if name in names), "profile")
