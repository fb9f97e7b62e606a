"""What the lab consists of, in order: for each part, how to find it and how to make it.

`find` returns the lab with the part in it, or None where the part is missing or not as it should be;
`make` may meet the remains of a run that was killed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from labkit.account import Account
from labkit.errors import LabError
from labkit.flow import identity_pool, user_pool
from labkit.provision.lab import Lab, LabUser
from labkit.record import Secret
from labkit.resources import AppClient, IdentityPool, Role, UserPool

Answer = TypeVar("Answer")
Document = dict[str, Any]

CHECKPOINTS = ("start", "user-pool", "identity-pool")

#: Known to every learner, so they open nothing but the lab's own users.
PASSWORDS = {"alice": Secret("Alice-in-labkit-1"), "bob": Secret("Bob-in-labkit-2")}

_POLICY_NAME = "own-data"


@dataclass(frozen=True)
class Part:
    """One resource, or one setting of a resource."""

    checkpoint: str
    #: What it is, as in `User Pool`.
    kind: str
    #: The call that makes it.
    operation: str
    name: Callable[[Account], str]
    find: Callable[[Account, Lab], Lab | None]
    make: Callable[[Account, Lab], Lab]


def parts_of(checkpoint: str) -> list[Part]:
    """The parts up to a checkpoint. Raises LabError where there is no such checkpoint."""
    if checkpoint not in CHECKPOINTS:
        raise LabError(f"there is no checkpoint `{checkpoint}`: expected one of {', '.join(CHECKPOINTS)}")
    reached = CHECKPOINTS[: CHECKPOINTS.index(checkpoint) + 1]
    return [part for part in _PARTS if part.checkpoint in reached]


def prefix(account: Account) -> str:
    """How every name of this lab begins."""
    return f"labkit-{account.lab}-"


def _named(suffix: str) -> Callable[[Account], str]:
    return lambda account: prefix(account) + suffix


def bucket_name(account: Account) -> str:
    """Bucket names are unique in all of AWS: account and region are part of it."""
    return f"{prefix(account)}{account.account_id}-{account.region}"


_pool_name, _client_name = _named("users"), _named("app")
_identities_name, _table_name = _named("identities"), _named("Notes")


def _unless(codes: str, call: Callable[[], Answer]) -> Answer | None:
    """The answer, or None where AWS refuses with one of these codes."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes.split():
            return None
        raise


def _id_of(account: Account, found: Iterable[tuple[str, str]], name: str) -> str | None:
    """The id under this name; of several, the one in the ledger."""
    ids = [resource_id for resource_id, other in found if other == name]
    noted = {entry.id for entry in account.ledger.entries}
    return next((resource_id for resource_id in ids if resource_id in noted), ids[0] if ids else None)


def _find_user_pool(account: Account, lab: Lab) -> Lab | None:
    pages = account.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
    pools = [(pool["Id"], pool["Name"]) for page in pages for pool in page["UserPools"]]
    pool_id = _id_of(account, pools, _pool_name(account))
    if pool_id is None:
        return None
    arn = f"arn:aws:cognito-idp:{account.region}:{account.account_id}:userpool/{pool_id}"
    return replace(lab, user_pool=UserPool(pool_id, _pool_name(account), arn))


def _make_user_pool(account: Account, lab: Lab) -> Lab:
    return replace(lab, user_pool=user_pool.create_user_pool(account, _pool_name(account)))


def _find_app_client(account: Account, lab: Lab) -> Lab | None:
    if lab.user_pool is None:
        return None
    clients = account.client("cognito-idp").list_user_pool_clients(UserPoolId=lab.user_pool.id, MaxResults=60)
    found = [(client["ClientId"], client["ClientName"]) for client in clients["UserPoolClients"]]
    client_id = _id_of(account, found, _client_name(account))
    if client_id is None:
        return None
    return replace(lab, app_client=AppClient(client_id, _client_name(account), lab.user_pool))


def _make_app_client(account: Account, lab: Lab) -> Lab:
    client = user_pool.create_user_pool_client(account, _pool(lab), _client_name(account))
    return replace(lab, app_client=client)


def _find_user(username: str, account: Account, lab: Lab) -> Lab | None:
    if lab.user_pool is None:
        return None
    cognito, pool_id = account.client("cognito-idp"), lab.user_pool.id
    found = _unless(
        "UserNotFoundException", lambda: cognito.admin_get_user(UserPoolId=pool_id, Username=username)
    )
    if found is None or found["UserStatus"] != "CONFIRMED":
        return None
    sub = next(item["Value"] for item in found["UserAttributes"] if item["Name"] == "sub")
    return replace(lab, users={**lab.users, username: LabUser(username, PASSWORDS[username], sub)})


def _make_user(username: str, account: Account, lab: Lab) -> Lab:
    cognito, pool_id = account.client("cognito-idp"), _pool(lab).id
    email = [
        {"Name": "email", "Value": f"{username}@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    _unless(
        "UsernameExistsException",
        lambda: cognito.admin_create_user(
            UserPoolId=pool_id, Username=username, UserAttributes=email, MessageAction="SUPPRESS"
        ),
    )
    cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=username, Password=PASSWORDS[username].reveal(), Permanent=True
    )
    return _there(_find_user(username, account, lab))


def _find_identity_pool(account: Account, lab: Lab) -> Lab | None:
    if lab.app_client is None:
        return None
    identity = account.client("cognito-identity")
    pages = identity.get_paginator("list_identity_pools").paginate(PaginationConfig={"PageSize": 60})
    pools = [
        (pool["IdentityPoolId"], pool["IdentityPoolName"]) for page in pages for pool in page["IdentityPools"]
    ]
    pool_id = _id_of(account, pools, _identities_name(account))
    if pool_id is None:
        return None
    described = identity.describe_identity_pool(IdentityPoolId=pool_id)
    trusted = {provider.get("ClientId") for provider in described.get("CognitoIdentityProviders", [])}
    pool = IdentityPool(pool_id, _identities_name(account), described["AllowUnauthenticatedIdentities"])
    return replace(lab, identity_pool=pool) if lab.app_client.id in trusted else None


def _make_identity_pool(account: Account, lab: Lab) -> Lab:
    pool = identity_pool.create_identity_pool(
        account,
        _identities_name(account),
        app_clients=[_there(lab.app_client)],
        allow_guests=True,
        allow_classic_flow=True,
    )
    return replace(lab, identity_pool=pool)


def _trust(kind: str, lab: Lab) -> Document:
    trust = identity_pool.authenticated_trust if kind == "authenticated" else identity_pool.guest_trust
    return trust(_there(lab.identity_pool))


def _find_role(kind: str, account: Account, lab: Lab) -> Lab | None:
    if lab.identity_pool is None:
        return None
    name = _named(kind)(account)
    found = _unless("NoSuchEntity", lambda: account.client("iam").get_role(RoleName=name))
    # A role that trusts an Identity Pool from before would let nobody in.
    if found is None or found["Role"]["AssumeRolePolicyDocument"] != _trust(kind, lab):
        return None
    return replace(lab, roles={**lab.roles, kind: Role(name, found["Role"]["Arn"])})


def _make_role(kind: str, account: Account, lab: Lab) -> Lab:
    name, trust = _named(kind)(account), _trust(kind, lab)
    made = _unless("EntityAlreadyExists", lambda: identity_pool.create_role(account, name, trust))
    if made is None:
        account.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    return _there(_find_role(kind, account, lab))


def _find_bucket(account: Account, lab: Lab) -> Lab | None:
    name = bucket_name(account)
    found = _unless(
        "404 NoSuchBucket",
        lambda: account.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=account.account_id),
    )
    return replace(lab, bucket=name) if found else None


def _make_bucket(account: Account, lab: Lab) -> Lab:
    # us-east-1 is the one region that must not be named.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    where = {} if account.region == "us-east-1" else elsewhere
    account.client("s3").create_bucket(Bucket=bucket_name(account), **where)
    return replace(lab, bucket=bucket_name(account))


def _find_table(account: Account, lab: Lab) -> Lab | None:
    name = _table_name(account)
    found = _unless(
        "ResourceNotFoundException", lambda: account.client("dynamodb").describe_table(TableName=name)
    )
    return replace(lab, table=name) if found and found["Table"]["TableStatus"] == "ACTIVE" else None


def _make_table(account: Account, lab: Lab) -> Lab:
    dynamodb, name = account.client("dynamodb"), _table_name(account)
    keys = {"owner": "HASH", "note": "RANGE"}
    _unless(
        "ResourceInUseException",
        lambda: dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
            BillingMode="PAY_PER_REQUEST",
        ),
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 2})
    return replace(lab, table=name)


def own_data_policy(account: Account, bucket: str, table: str) -> Document:
    """What an authenticated identity may do: its own prefix, and items under its own Identity ID.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_s3_cognito-bucket.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_dynamodb_items.html
    """
    me = "${cognito-identity.amazonaws.com:sub}"
    statements = [
        {
            "Sid": "OwnObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::{bucket}/{me}/*",
        },
        {
            "Sid": "OwnListing",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringLike": {"s3:prefix": f"{me}/*"}},
        },
        {
            "Sid": "OwnNotes",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query"],
            "Resource": f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{table}",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [me]}},
        },
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _find_policy(account: Account, lab: Lab) -> Lab | None:
    role, bucket, table = lab.roles.get("authenticated"), lab.bucket, lab.table
    if role is None or bucket is None or table is None:
        return None
    iam = account.client("iam")
    found = _unless("NoSuchEntity", lambda: iam.get_role_policy(RoleName=role.name, PolicyName=_POLICY_NAME))
    wanted = own_data_policy(account, bucket, table)
    return lab if found and found["PolicyDocument"] == wanted else None


def _make_policy(account: Account, lab: Lab) -> Lab:
    policy = own_data_policy(account, _there(lab.bucket), _there(lab.table))
    identity_pool.put_role_policy(account, lab.roles["authenticated"], _POLICY_NAME, policy)
    return lab


def _find_attachment(account: Account, lab: Lab) -> Lab | None:
    if lab.identity_pool is None or len(lab.roles) < 2:
        return None
    found = identity_pool.get_identity_pool_roles(account, lab.identity_pool)
    wanted = (lab.roles["authenticated"].arn, lab.roles["guest"].arn)
    return lab if (found.authenticated, found.unauthenticated) == wanted else None


def _make_attachment(account: Account, lab: Lab) -> Lab:
    identity_pool.set_identity_pool_roles(
        account,
        _there(lab.identity_pool),
        authenticated=lab.roles["authenticated"],
        unauthenticated=lab.roles["guest"],
    )
    return lab


def _pool(lab: Lab) -> UserPool:
    return _there(lab.user_pool)


def _there(part: Answer | None) -> Answer:
    if part is None:
        raise LabError("a part of the lab went away while it was being made; run this again")
    return part


def _user(username: str) -> Part:
    find, make = partial(_find_user, username), partial(_make_user, username)
    return Part("user-pool", "user", "AdminCreateUser", lambda _: username, find, make)


def _role(kind: str) -> Part:
    find, make = partial(_find_role, kind), partial(_make_role, kind)
    return Part("identity-pool", "role", "CreateRole", _named(kind), find, make)


_LAST = "identity-pool"
_PARTS = (
    Part("user-pool", "User Pool", "CreateUserPool", _pool_name, _find_user_pool, _make_user_pool),
    Part("user-pool", "app client", "CreateUserPoolClient", _client_name, _find_app_client, _make_app_client),
    _user("alice"),
    _user("bob"),
    Part(
        _LAST,
        "Identity Pool",
        "CreateIdentityPool",
        _identities_name,
        _find_identity_pool,
        _make_identity_pool,
    ),
    _role("authenticated"),
    _role("guest"),
    Part(_LAST, "bucket", "CreateBucket", bucket_name, _find_bucket, _make_bucket),
    Part(_LAST, "table", "CreateTable", _table_name, _find_table, _make_table),
    Part(_LAST, "role policy", "PutRolePolicy", lambda _: _POLICY_NAME, _find_policy, _make_policy),
    Part(
        _LAST, "role attachment", "SetIdentityPoolRoles", _identities_name, _find_attachment, _make_attachment
    ),
)
