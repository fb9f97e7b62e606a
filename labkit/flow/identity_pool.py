"""An Identity Pool answers "what can you do in AWS?": a login goes in, temporary credentials come out.

Enhanced flow: `get_id`, `get_credentials_for_identity`. Basic flow: `get_id`, `get_open_id_token`,
`assume_role_with_web_identity`.
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.account import ANONYMOUS, Account
from labkit.flow.recorded import recorded
from labkit.flow.role_mapping import RoleMappings
from labkit.record import Secret, reveal
from labkit.resources import (
    Acknowledgement,
    AppClient,
    Calls,
    Credentials,
    Identity,
    IdentityPool,
    IdentityPoolRoles,
    OpenIdToken,
    Role,
    UserPool,
)

#: Provider name → the token that this provider issued; empty for a guest.
Logins = Mapping[str, str | Secret]
NO_LOGINS: Logins = {}

Document = dict[str, Any]

_ASSUME = "sts:AssumeRoleWithWebIdentity"


def logins(user_pool: UserPool, id_token: str | Secret) -> Logins:
    """The Logins map of a User Pool's user: the pool's provider name, and an ID token of it."""
    return {user_pool.provider_name: id_token}


def create_identity_pool(
    account: Account,
    name: str,
    *,
    app_clients: Sequence[AppClient],
    allow_guests: bool,
    allow_classic_flow: bool = False,
    **parameters: Any,
) -> IdentityPool:
    """A new Identity Pool that believes the ID tokens of these app clients."""
    providers = [
        {"ProviderName": client.user_pool.provider_name, "ClientId": client.id, "ServerSideTokenCheck": False}
        for client in app_clients
    ]
    with recorded(account) as calls:
        answer = account.client("cognito-identity").create_identity_pool(
            IdentityPoolName=name,
            AllowUnauthenticatedIdentities=allow_guests,
            AllowClassicFlow=allow_classic_flow,
            CognitoIdentityProviders=providers,
            **parameters,
        )
    return IdentityPool(answer["IdentityPoolId"], name, allow_guests, calls=tuple(calls))


def authenticated_trust(identity_pool: IdentityPool, *, tag_sessions: bool = False) -> Document:
    """Who may take the role: identities of this Identity Pool that have a login.

    With `tag_sessions` the Identity Pool may give its sessions principal tags.
    """
    return _trust(identity_pool, "authenticated", *(["sts:TagSession"] if tag_sessions else []))


def guest_trust(identity_pool: IdentityPool) -> Document:
    """Who may take the role: guests of this Identity Pool."""
    return _trust(identity_pool, "unauthenticated")


def _trust(identity_pool: IdentityPool, amr: str, *more_actions: str) -> Document:
    """Without `aud`, any Identity Pool in the world could take the role.

    https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": [_ASSUME, *more_actions] if more_actions else _ASSUME,
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool.id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr},
        },
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def create_role(account: Account, name: str, trust_policy: Document) -> Role:
    """A new IAM role. It may do nothing until it has a policy (`put_role_policy`)."""
    with recorded(account) as calls:
        answer = account.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(trust_policy)
        )
    return Role(name, answer["Role"]["Arn"], calls=tuple(calls))


def update_assume_role_policy(account: Account, role: Role, trust_policy: Document) -> Acknowledgement:
    """Another trust policy for the role, in place of the one it has."""
    with recorded(account) as calls:
        account.client("iam").update_assume_role_policy(
            RoleName=role.name, PolicyDocument=json.dumps(trust_policy)
        )
    return Acknowledgement("UpdateAssumeRolePolicy", calls=tuple(calls))


def put_role_policy(account: Account, role: Role, policy_name: str, policy: Document) -> Acknowledgement:
    """What the role may do; a policy of the same name is replaced."""
    with recorded(account) as calls:
        account.client("iam").put_role_policy(
            RoleName=role.name, PolicyName=policy_name, PolicyDocument=json.dumps(policy)
        )
    return Acknowledgement("PutRolePolicy", calls=tuple(calls))


def set_identity_pool_roles(
    account: Account,
    identity_pool: IdentityPool,
    *,
    authenticated: Role,
    unauthenticated: Role | None,
    role_mappings: RoleMappings | None = None,
) -> Acknowledgement:
    """The roles that the Identity Pool hands out, and the mappings (`role_mapping`) that choose among
    others; the call replaces all that were set."""
    roles = {"authenticated": authenticated.arn}
    if unauthenticated:
        roles["unauthenticated"] = unauthenticated.arn
    mappings = {"RoleMappings": dict(role_mappings)} if role_mappings else {}
    with recorded(account) as calls:
        account.client("cognito-identity").set_identity_pool_roles(
            IdentityPoolId=identity_pool.id, Roles=roles, **mappings
        )
    return Acknowledgement("SetIdentityPoolRoles", calls=tuple(calls))


def get_identity_pool_roles(account: Account, identity_pool: IdentityPool) -> IdentityPoolRoles:
    """The roles and mappings that are set."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity").get_identity_pool_roles(IdentityPoolId=identity_pool.id)
    roles, mappings = answer.get("Roles", {}), answer.get("RoleMappings", {})
    return IdentityPoolRoles(
        roles.get("authenticated"), roles.get("unauthenticated"), mappings, calls=tuple(calls)
    )


def get_id(account: Account, identity_pool: IdentityPool, logins: Logins = NO_LOGINS) -> Identity:
    """The Identity ID of whoever has these logins: the same one each time. A guest gets a new one."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity", ANONYMOUS).get_id(
            IdentityPoolId=identity_pool.id, Logins=_revealed(logins)
        )
    return Identity(answer["IdentityId"], identity_pool, tuple(logins), calls=tuple(calls))


def get_credentials_for_identity(
    account: Account,
    identity: Identity,
    logins: Logins = NO_LOGINS,
    *,
    custom_role_arn: str | None = None,
) -> Credentials:
    """Temporary credentials for one hour: the enhanced flow, in which the Identity Pool takes the role."""
    custom_role = {"CustomRoleArn": custom_role_arn} if custom_role_arn else {}
    with recorded(account) as calls:
        answer = account.client("cognito-identity", ANONYMOUS).get_credentials_for_identity(
            IdentityId=identity.id, Logins=_revealed(logins), **custom_role
        )
    return _credentials(answer["Credentials"], "SecretKey", tuple(calls))


def get_open_id_token(account: Account, identity: Identity, logins: Logins = NO_LOGINS) -> OpenIdToken:
    """The Identity Pool's own token, good for ten minutes: the basic flow's second step."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity", ANONYMOUS).get_open_id_token(
            IdentityId=identity.id, Logins=_revealed(logins)
        )
    return OpenIdToken(identity, Secret(answer["Token"]), calls=tuple(calls))


def assume_role_with_web_identity(
    account: Account,
    role: Role,
    token: Secret,
    *,
    role_session_name: str,
    session_policy: Document | None = None,
) -> Credentials:
    """Temporary credentials of the role, where its trust policy agrees: the basic flow's last step.

    A `session_policy` limits this session to what the role and the policy both allow.
    """
    limits = {"Policy": json.dumps(session_policy)} if session_policy else {}
    with recorded(account) as calls:
        answer = account.client("sts", ANONYMOUS).assume_role_with_web_identity(
            RoleArn=role.arn,
            RoleSessionName=role_session_name,
            WebIdentityToken=token.reveal(),
            **limits,
        )
    return _credentials(answer["Credentials"], "SecretAccessKey", tuple(calls))


def _revealed(logins: Logins) -> dict[str, str]:
    return {provider: reveal(token) for provider, token in logins.items()}


def _credentials(answer: Mapping[str, Any], secret_key: str, calls: Calls) -> Credentials:
    """The Identity Pool and STS call the secret key by different names."""
    return Credentials(
        answer["AccessKeyId"],
        Secret(answer[secret_key]),
        Secret(answer["SessionToken"]),
        answer["Expiration"],
        calls=calls,
    )
