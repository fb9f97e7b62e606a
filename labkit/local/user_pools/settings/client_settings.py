"""What an app client's settings may be, on CreateUserPoolClient and UpdateUserPoolClient.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
"""

from __future__ import annotations

from typing import Any

from labkit.local.errors import AwsError
from labkit.local.user_pools.pools import Pool
from labkit.local.user_pools.settings import oauth_settings, tiers
from labkit.local.user_pools.settings.schema import standard

#: Whether an address is verified is for Cognito to say.
_NOT_WRITABLE = ("sub", "email_verified", "phone_number_verified")


def check(pool: Pool, settings: dict[str, Any], doing: str, *, has_secret: bool) -> None:
    """The settings of a client that somebody is `creating` or `updating`."""
    _require_known_attributes(pool, settings, doing)
    tiers.check_client(pool, settings)
    oauth_settings.check(pool, settings, has_secret=has_secret)


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


def _invalid(kind: str, doing: str) -> AwsError:
    return AwsError(
        "InvalidParameterException", f"Invalid {kind} attributes specified while {doing} a client"
    )
