"""ID, access and refresh tokens: made by a pool's own key, and refused when they will not do.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory.attributes import readable_claims
from labkit.local.user_pools.pools import (
    Client,
    Pool,
    User,
    find_pool,
    find_user,
    hides_existence,
    issuer,
    status_of,
    user_not_found,
)
from labkit.local.user_pools.settings.clients import rotation, validity
from labkit.local.user_pools.state import Authorized, Grant
from labkit.local.user_pools.tokens.customisation import customised
from labkit.local.user_pools.tokens.scopes import OPENID, SIGN_IN_SCOPE, active, covered

if TYPE_CHECKING:
    from labkit.local.state import State


def sign_in(
    pool: Pool, client: Client, user: User, state: State, call: Call | None = None, *, device_key: str = ""
) -> dict[str, Any]:
    """A new sign-in: its AuthenticationResult, refresh token included."""
    grant = begin(pool, client, user, state, device_key=device_key)
    return issue(pool, client, user, grant, state, call) | {"RefreshToken": grant.refresh_token}


def begin(pool: Pool, client: Client, user: User, state: State, **more: Any) -> Grant:
    """A new sign-in, with what else its grant shall have."""
    now = state.clock.now()
    grant = Grant(
        origin_jti=state.source.uuid(),
        username=user.username,
        sub=user.id,
        client_id=client.id,
        refresh_token=refresh_token(state),
        expires=now + validity(client, "Refresh"),
        **{"auth_time": now} | more,
    )
    pool_state = state.user_pools[pool.id]
    pool_state.grants[grant.origin_jti] = grant
    pool_state.by_refresh_token[grant.refresh_token] = grant
    return grant


def issue(
    pool: Pool,
    client: Client,
    user: User,
    grant: Grant,
    state: State,
    call: Call | None = None,
    *,
    nonce: str = "",
) -> dict[str, Any]:
    """A fresh ID and access token of an existing sign-in.

    "An ID token is only returned if openid scope is requested"; `at_hash` ties it to the access token.
    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    event_id, authorized = state.source.uuid(), grant.authorized
    common = _common(pool, user, grant, event_id)
    if client.extended_config.get("EnableTokenRevocation", True) or rotation(client):
        common["origin_jti"] = grant.origin_jti
    scopes = active(pool, authorized.scopes) if authorized else (SIGN_IN_SCOPE,)
    access = common | {"client_id": client.id, "token_use": "access", "scope": " ".join(scopes)}
    access |= {"username": user.username} | ({"device_key": grant.device_key} if grant.device_key else {})
    identity = common | {"aud": client.id, "token_use": "id", "cognito:username": user.username}
    shown = readable_claims(client, user)
    identity |= _roles(user) | (covered(scopes, shown) if authorized else shown) | _identities(user)
    identity, access = customised(pool, client, user, identity, access, call, state)
    access |= _audience(authorized) | ({"version": 2} if authorized else {})
    now, access_for = state.clock.now(), validity(client, "Access")
    result = {"AccessToken": sign(pool, access, now, now + access_for, state)}
    if authorized:
        identity |= {"at_hash": _half_hash(result["AccessToken"])} | ({"nonce": nonce} if nonce else {})
    if authorized is None or OPENID in scopes:
        result["IdToken"] = sign(pool, identity, now, now + validity(client, "Id"), state)
    return result | {"ExpiresIn": int(access_for.total_seconds()), "TokenType": "Bearer"}


def _identities(user: User) -> dict[str, Any]:
    """`identities`, whose numbers and truth values are strings in a token."""
    known = json.loads(user.attribute_lookup.get("identities") or "[]")
    for one in known:
        one |= {"primary": str(one["primary"]).lower(), "dateCreated": str(one["dateCreated"])}
    return {"identities": known} if known else {}


def _audience(authorized: Authorized | None) -> dict[str, str]:
    return {"aud": authorized.resource} if authorized and authorized.resource else {}


def _half_hash(access_token: str) -> str:
    """https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken"""
    from authlib.oidc.core.util import create_half_hash

    return str(create_half_hash(access_token, "RS256").decode())


def _common(pool: Pool, user: User, grant: Grant, event_id: str) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": user.id, "iss": issuer(pool), "event_id": event_id}
    claims["auth_time"] = int(grant.auth_time.timestamp())
    if user.groups:
        claims["cognito:groups"] = [group.group_name for group in _by_precedence(user)]
    return claims


def _by_precedence(user: User) -> list[Any]:
    """A user's groups, the lowest precedence value first; groups without one last."""
    return sorted(
        user.groups,
        key=lambda g: (g.precedence is None, g.precedence if g.precedence is not None else 0, g.group_name),
    )


def _roles(user: User) -> dict[str, Any]:
    """`cognito:roles` and `cognito:preferred_role`.

    The role of the group with the lowest precedence is preferred; with a tie between different
    roles the claim is not set.
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
    """
    with_role = [group for group in _by_precedence(user) if group.role_arn]
    if not with_role:
        return {}
    roles = list(dict.fromkeys(group.role_arn for group in with_role))
    best = {group.role_arn for group in with_role if group.precedence == with_role[0].precedence}
    preferred = {"cognito:preferred_role": best.pop()} if len(best) == 1 else {}
    return {"cognito:roles": roles, **preferred}


def sign(pool: Pool, claims: dict[str, Any], now: datetime, expires: datetime, state: State) -> str:
    import jwt

    key, kid = state.user_pools.key(pool.id).pair()
    times = {"exp": int(expires.timestamp()), "iat": int(now.timestamp()), "jti": state.source.uuid()}
    return jwt.encode(claims | times, key, algorithm="RS256", headers={"kid": kid, "typ": None})


def refresh_token(state: State) -> str:
    """Five parts, like AWS's encrypted JWT, and as unreadable."""
    header = json.dumps({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}, separators=(",", ":")).encode()
    parts = [header, *(state.source.bytes(size) for size in (256, 12, 600, 16))]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def refreshed(
    pool: Pool, client: Client, token: str, state: State, call: Call | None = None
) -> dict[str, Any]:
    """New tokens for a refresh token. Raises AwsError for one that is foreign, expired or revoked."""
    grant = grant_of(pool, client, token, state)
    user = find_user(pool, grant.username)
    if user is None or user.id != grant.sub:
        raise _gone(client)
    if not user.enabled:
        raise AwsError("NotAuthorizedException", "User is disabled.")
    if grant.revoked:
        raise AwsError("NotAuthorizedException", "Refresh Token has been revoked")
    if state.clock.now() >= grant.expires:
        raise AwsError("NotAuthorizedException", "Refresh Token has expired")
    return issue(pool, client, user, grant, state, call)


def _gone(client: Client) -> AwsError:
    """That a user was deleted, as AWS says it: https://github.com/aws-amplify/aws-sdk-android/issues/366

    A client that must not tell who exists calls the token itself invalid (unconfirmed).
    """
    if hides_existence(client):
        return AwsError("NotAuthorizedException", "Invalid Refresh Token")
    return user_not_found()


def grant_of(pool: Pool, client: Client, token: str, state: State) -> Grant:
    """The sign-in behind a refresh token that this client received."""
    grant = state.user_pools[pool.id].by_refresh_token.get(token)
    if grant is None or grant.client_id != client.id or grant.has_retired(token, state.clock.now()):
        raise AwsError("NotAuthorizedException", "Invalid Refresh Token")
    return grant


def user_of_access_token(
    token: str, state: State, scope: str = SIGN_IN_SCOPE
) -> tuple[Pool, User, dict[str, Any]]:
    """Pool, user and claims of an access token that is good now, and for this scope.

    Raises AwsError for one that is malformed, foreign, tampered with, expired, revoked, or no access token.
    """
    pool = _pool_of(token, state)
    claims = _verified(token, pool, state)
    if claims.get("token_use") != "access":
        raise _invalid()
    if claims["exp"] <= state.clock.now().timestamp():
        raise AwsError("NotAuthorizedException", "Access Token has expired")
    if scope not in str(claims.get("scope", "")).split():
        raise AwsError("NotAuthorizedException", "Access Token does not have required scopes")
    if claims["client_id"] not in pool.clients:
        raise AwsError("ResourceNotFoundException", f"User pool client {claims['client_id']} does not exist.")
    user = find_user(pool, claims["username"])
    if user is None or user.id != claims["sub"]:
        raise AwsError("UserNotFoundException", "User does not exist.")
    if not user.enabled:
        raise AwsError("NotAuthorizedException", "User is disabled.")
    if status_of(user) == "RESET_REQUIRED":
        raise AwsError("PasswordResetRequiredException", "Password reset required for the user")
    grant = state.user_pools[pool.id].grants.get(claims.get("origin_jti", ""))
    if grant is not None and grant.revoked:
        raise AwsError("NotAuthorizedException", "Access Token has been revoked")
    return pool, user, claims


def _pool_of(token: str, state: State) -> Pool:
    import jwt

    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        pool = find_pool(str(claims["iss"]).rpartition("/")[2], state)
    except (jwt.PyJWTError, KeyError):
        raise _invalid() from None
    if pool is None:
        raise _invalid()
    return pool


def _verified(token: str, pool: Pool, state: State) -> dict[str, Any]:
    """The claims, once signature and issuer hold; expiry is the account's clock's to judge."""
    import jwt

    key = state.user_pools.key(pool.id).named(jwt.get_unverified_header(token).get("kid"))
    if key is None:
        raise _invalid()
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False, "require": ["exp", "sub"]}
    try:
        return jwt.decode(token, key.public_key(), algorithms=["RS256"], issuer=issuer(pool), options=options)
    except jwt.InvalidSignatureError:
        raise AwsError("NotAuthorizedException", "Could not verify signature for Access Token") from None
    except jwt.PyJWTError:
        raise _invalid() from None


def _invalid() -> AwsError:
    return AwsError("NotAuthorizedException", "Invalid Access Token")


def sign_out_everywhere(pool: Pool, user: User, state: State) -> None:
    """Revoke every sign-in of a user: the refresh tokens, and the access tokens that came of them."""
    for grant in state.user_pools[pool.id].grants.values():
        if grant.sub == user.id:
            grant.revoked = True
