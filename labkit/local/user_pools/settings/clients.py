"""App clients: what they may do, and proof of their secret."""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Client, Pool, User, client_named, find_user

if TYPE_CHECKING:
    from labkit.local.state import State

#: "If you don't specify a value for ExplicitAuthFlows, your app client supports ALLOW_REFRESH_TOKEN_AUTH,
#: ALLOW_USER_SRP_AUTH, and ALLOW_CUSTOM_AUTH."
#: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
DEFAULT_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")

_DISABLED_TEXT = {
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
}

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
#: Unit and value where the client sets none, and the limits, by kind of token (same page).
_VALIDITY = {
    "Access": ("hours", 1, timedelta(minutes=5), timedelta(days=1)),
    "Id": ("hours", 1, timedelta(minutes=5), timedelta(days=1)),
    "Refresh": ("days", 30, timedelta(minutes=60), timedelta(days=3650)),
}


def require_flow(client: Client, flow: str) -> None:
    """Raise AwsError where the client does not allow this AuthFlow."""
    allowed = client.extended_config.get("ExplicitAuthFlows") or DEFAULT_FLOWS
    name = {"REFRESH_TOKEN": "REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH"}.get(
        flow, flow
    )
    legacy = {"ADMIN_USER_PASSWORD_AUTH": "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH"}
    if name == "REFRESH_TOKEN_AUTH" and rotation(client):
        # "You can't authenticate with REFRESH_TOKEN_AUTH in app clients with refresh token rotation enabled."
        # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
        # AWS's model lists this error of InitiateAuth since there is rotation (botocore 1.38); text unknown.
        raise AwsError("UnsupportedOperationException", "Auth flow not enabled for this client")
    if f"ALLOW_{name}" in allowed or legacy.get(name) in allowed:
        return
    if name in ("USER_SRP_AUTH", "REFRESH_TOKEN_AUTH") and not any(f.startswith("ALLOW_") for f in allowed):
        return  # with the legacy values these two are always on (same page)
    raise AwsError(
        "InvalidParameterException", _DISABLED_TEXT.get(name, "Auth flow not enabled for this client")
    )


def require_secret_hash(client: Client, usernames: tuple[str, ...], given: str | None) -> None:
    """Raise AwsError unless the request proves the client's secret, where the client has one.

    https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
    """
    if not client.generate_secret:
        if given:
            raise _bad_hash(client)  # unconfirmed: AWS documents no text for a hash that nobody asked for
        return
    if not given:
        raise AwsError(
            "NotAuthorizedException",
            f"Client {client.id} is configured with secret but SECRET_HASH was not received",
        )
    hashes = (secret_hash(client, name).encode() for name in usernames)
    if not any(hmac.compare_digest(given.encode(), known) for known in hashes):
        raise _bad_hash(client)


def _bad_hash(client: Client) -> AwsError:
    return AwsError("NotAuthorizedException", f"Unable to verify secret hash for client {client.id}")


def secret_hash(client: Client, username: str) -> str:
    message = f"{username}{client.id}".encode()
    return base64.b64encode(hmac.digest(str(client.secret).encode(), message, "sha256")).decode()


def addressed(call: Call, state: State) -> tuple[Pool, Client, User | None]:
    """Pool, app client and user of a call that an app makes for a username, the client's secret proven."""
    pool, client = client_named(call.parameters["ClientId"], state)
    username = call.parameters["Username"]
    require_secret_hash(client, (username,), call.parameters.get("SecretHash"))
    return pool, client, find_user(pool, username)


def unknown_user() -> AwsError:
    """What a client may be told that need not hide who exists."""
    return AwsError("UserNotFoundException", "Username/client id combination not found.")


def validity(client: Client, kind: str) -> timedelta:
    """Lifetime of this client's `Access`, `Id` or `Refresh` tokens."""
    return _validity(client.extended_config, kind)


def _validity(config: dict[str, Any], kind: str) -> timedelta:
    unit, default, _, _ = _VALIDITY[kind]
    unit = (config.get("TokenValidityUnits") or {}).get(f"{kind}Token") or unit
    value = config.get(f"{kind}TokenValidity") or default
    if unit not in _UNITS:
        raise AwsError("InvalidParameterException", f"Invalid token validity unit: {unit}.")
    return timedelta(seconds=int(value) * _UNITS[unit])


def require_valid_lifetimes(config: dict[str, Any]) -> None:
    """The limits that CreateUserPoolClient and UpdateUserPoolClient keep to."""
    for kind, (_, _, shortest, longest) in _VALIDITY.items():
        try:
            lifetime = _validity(config, kind)
        except OverflowError:
            lifetime = timedelta.max
        if not shortest <= lifetime <= longest:
            raise AwsError(
                "InvalidParameterException", f"Invalid range for token validity: {kind.lower()} token."
            )
    if _validity(config, "Refresh") < max(_validity(config, "Access"), _validity(config, "Id")):
        raise AwsError(
            "InvalidParameterException",
            "Refresh token validity must not be shorter than that of the access and ID tokens.",
        )


def rotation(client: Client) -> dict[str, Any] | None:
    """The client's RefreshTokenRotation, where it is on."""
    settings: dict[str, Any] = client.extended_config.get("RefreshTokenRotation") or {}
    return settings if settings.get("Feature") == "ENABLED" else None


def session_validity(client: Client) -> timedelta:
    """How long a challenge may stay unanswered (AuthSessionValidity, 3 to 15 minutes)."""
    return timedelta(minutes=int(client.extended_config.get("AuthSessionValidity") or 3))
