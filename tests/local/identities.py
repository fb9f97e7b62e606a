"""What an app asks of an identity pool, for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.resources import Credentials
from tests.local.accounts import LocalAccount, credentials_in, role, statement
from tests.local.directory import IdentityPool

Logins = Mapping[str, str]


def get_id(pool: IdentityPool, logins: Logins | None = None) -> str:
    return str(pool.api.get_id(IdentityPoolId=pool.id, Logins=logins or {})["IdentityId"])


def get_credentials(
    pool: IdentityPool, identity: str, logins: Logins | None = None, **more: Any
) -> Credentials:
    given = {"IdentityId": identity, "Logins": logins or {}} | more
    return credentials_in(pool.api.get_credentials_for_identity(**given))


def open_id_token(pool: IdentityPool, identity: str, logins: Logins | None = None) -> str:
    return str(pool.api.get_open_id_token(IdentityId=identity, Logins=logins or {})["Token"])


def caller(account: LocalAccount, credentials: Credentials) -> dict[str, Any]:
    return dict(account.client("sts", credentials).get_caller_identity())


def role_of(pool: IdentityPool, credentials: Credentials) -> str:
    """The name of the role that these credentials are a session of."""
    return str(caller(pool.account, credentials)["Arn"].split("/")[1])


def assume(account: LocalAccount, arn: str, token: str, **more: Any) -> dict[str, Any]:
    given = {"RoleArn": arn, "RoleSessionName": "web", "WebIdentityToken": token} | more
    return dict(account.anonymous("sts").assume_role_with_web_identity(**given))


def trusting_role(pool: IdentityPool, *statements: dict[str, Any], tags: bool = False) -> str:
    """The ARN of a role for the pool's members; with `tags` it lets the pool tag its sessions."""
    actions = ["sts:AssumeRoleWithWebIdentity", *(["sts:TagSession"] if tags else [])]
    return role(pool.account, pool.trust("authenticated", Action=actions), *statements)


def own_prefix(bucket: str, variable: str) -> dict[str, Any]:
    """Objects below the value of a policy variable."""
    return statement("s3:PutObject", f"arn:aws:s3:::{bucket}/${{{variable}}}/*")
