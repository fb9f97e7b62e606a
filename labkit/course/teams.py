"""Two teams and the roles that their members may get: pools of one notebook's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.account import Account
from labkit.course.policies import settle
from labkit.errors import LabError
from labkit.flow import access, identity_pool, user_pool
from labkit.provision import Lab
from labkit.record import Secret
from labkit.resources import AppClient, IdentityPool, Role, UserPool

#: The name under which the Identity Pool knows the users of a backend.
DEVELOPER_PROVIDER = "login.my.app"

#: Known to every learner, so it opens nothing but these users.
_PASSWORD = Secret("Teams-in-labkit-7")
_USERS = {"alice": {"custom:team": "red"}, "bob": {"custom:team": "blue"}, "carol": {}}
_TEAM = {"Name": "team", "AttributeDataType": "String", "Mutable": True}
_ROLES = ("nobody", "reader", "editor", "member", "guest")


@dataclass(frozen=True)
class Teams:
    """Alice of team red, Bob of team blue and Carol of none, and what they can become in AWS."""

    user_pool: UserPool
    app_client: AppClient
    identity_pool: IdentityPool
    #: `reader`, `editor` and `guest` have a policy; `nobody` and `member` have none yet.
    roles: Mapping[str, Role]
    password: Secret = field(default=_PASSWORD)


def teams(account: Account, lab: Lab) -> Teams:
    """New pools, users and roles, and a `plan.txt` of each team in the lab's bucket.

    A real account asks once. Raises LabError where the lab does not reach the checkpoint `identity-pool`.
    """
    if lab.bucket is None:
        raise LabError("the lab is not there yet: run `lab = provision.checkpoint(account, 'identity-pool')`")
    question = f"Make a User Pool, an Identity Pool and {len(_ROLES)} roles for this notebook?"
    if account.confirm is not None and not account.confirm(question):
        raise LabError("nothing was changed: you said no")
    with account.approved():
        users, app = _users(account)
        pool = identity_pool.create_identity_pool(
            account,
            "my-teams",
            app_clients=[app],
            allow_guests=True,
            allow_classic_flow=True,
            DeveloperProviderName=DEVELOPER_PROVIDER,
        )
        roles = _roles(account, pool, lab.bucket)
        identity_pool.set_identity_pool_roles(
            account, pool, authenticated=roles["nobody"], unauthenticated=roles["guest"]
        )
        for team in ("red", "blue"):
            access.put_object(account, None, lab.bucket, f"{team}/plan.txt", "tea at five")
    settle(account)
    return Teams(users, app, pool, roles)


def _users(account: Account) -> tuple[UserPool, AppClient]:
    """An app client writes no custom attribute unless its WriteAttributes say so.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    pool = user_pool.create_user_pool(account, "my-teams", Schema=[_TEAM])
    app = user_pool.create_user_pool_client(account, pool, "my-app", ReadAttributes=["custom:team"])
    for name, attributes in _USERS.items():
        user_pool.admin_create_user(account, pool, name, attributes, MessageAction="SUPPRESS")
        user_pool.admin_set_user_password(account, pool, name, _PASSWORD)
    return pool, app


def _roles(account: Account, pool: IdentityPool, bucket: str) -> dict[str, Role]:
    """Names of roles must be new; the end of the pool's id is."""
    trust = {name: identity_pool.authenticated_trust(pool) for name in _ROLES}
    trust["guest"] = identity_pool.guest_trust(pool)
    roles = {
        name: identity_pool.create_role(account, f"{name}-{pool.id[-12:]}", trust[name]) for name in _ROLES
    }
    objects = f"arn:aws:s3:::{bucket}/*"
    for name, statement in {
        "reader": _allow("Read", ["s3:GetObject"], objects),
        "editor": _allow("Edit", ["s3:GetObject", "s3:PutObject"], objects),
        "guest": _allow("Aliases", ["iam:ListAccountAliases"], "*"),
    }.items():
        document = {"Version": "2012-10-17", "Statement": [statement]}
        identity_pool.put_role_policy(account, roles[name], "plans", document)
    return roles


def _allow(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
