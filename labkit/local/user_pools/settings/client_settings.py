"""What an app client's settings may be, on CreateUserPoolClient and UpdateUserPoolClient.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
"""

from __future__ import annotations

from typing import Any

from labkit.local.errors import AwsError
from labkit.local.user_pools.pools import Pool
from labkit.local.user_pools.settings import tiers
from labkit.local.user_pools.settings.schema import standard

#: Whether an address is verified is for Cognito to say.
_NOT_WRITABLE = ("sub", "email_verified", "phone_number_verified")

#: What AllowedOAuthScopes may name beside the scopes of the pool's resource servers.
_SCOPES = ("aws.cognito.signin.user.admin", "email", "openid", "phone", "profile")


def check(pool: Pool, settings: dict[str, Any], doing: str) -> None:
    """The settings of a client that somebody is `creating` or `updating`."""
    _require_known_attributes(pool, settings, doing)
    tiers.check_client(pool, settings)
    _require_known_scopes(pool, settings.get("AllowedOAuthScopes") or [])


def _require_known_attributes(pool: Pool, settings: dict[str, Any], doing: str) -> None:
    """ReadAttributes and WriteAttributes name attributes of the pool; its required ones must be writable.

    The texts as AWS gave them: https://github.com/aws/aws-cdk/issues/2608 (`doing` is "creating") and
    https://github.com/aws/aws-sdk-java/issues/1395 ("updating").
    """
    known = {*standard(), *pool.schema_attributes}
    required = {a.name for a in pool.schema_attributes.values() if a.required and a.name != "sub"}
    readable, writable = settings.get("ReadAttributes"), settings.get("WriteAttributes")
    if readable and not set(readable) <= known:
        raise _invalid("read", doing)
    if writable and not required <= set(writable) <= known - set(_NOT_WRITABLE):
        raise _invalid("write", doing)
    if writable and any(name.startswith("dev:") for name in writable):
        raise _invalid("write", doing)


def _require_known_scopes(pool: Pool, scopes: list[str]) -> None:
    """ "This exception is thrown when the specified scope doesn't exist." (no text is documented)

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html#API_CreateUserPoolClient_Errors
    """
    custom = {
        f"{server.identifier}/{scope['ScopeName']}"
        for server in pool.resource_servers.values()
        for scope in server.scopes or []
    }
    if not set(scopes) <= custom | set(_SCOPES):
        raise AwsError("ScopeDoesNotExistException", "The specified scope does not exist.")


def require_secret_for_machines(settings: dict[str, Any], *, has_secret: bool) -> None:
    """The text as AWS gave it: https://jobairkhan.com/2019/02/10/aws-cognito-user-pools-client-credentials
    The tokens are "authorized by a combination of the client ID and client secret":
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    if "client_credentials" in (settings.get("AllowedOAuthFlows") or []) and not has_secret:
        raise AwsError(
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected if client does not have a client secret.",
        )


def _invalid(kind: str, doing: str) -> AwsError:
    return AwsError(
        "InvalidParameterException", f"Invalid {kind} attributes specified while {doing} a client"
    )
