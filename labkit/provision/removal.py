"""Finding what the lab created, and deleting it: whatever stands in the ledger or carries the tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from labkit.account import Account
from labkit.account.guard import TAG
from labkit.provision import iam_removal, iot_removal
from labkit.provision.kinds import Kind, pages
from labkit.provision.parts import prefix

#: What was there in the list may be gone a moment later.
_GONE = ("NoSuchEntity", "NoSuchBucket", "ResourceNotFoundException")
_DENIED = ("AccessDenied", "AccessDeniedException", "NotAuthorizedException")


def ours(account: Account) -> list[tuple[Kind, str, str]]:
    """Kind, id and name of all that the lab created; the ledger forgets what is gone."""
    entries = account.ledger.entries
    found = []
    for kind in _KINDS:
        # What the ledger names in other regions cannot be seen from here, so it is not gone.
        noted = {entry.id for entry in entries if (entry.kind, entry.region) == (kind.noun, account.region)}
        existing = _existing(account, kind, needed=bool(noted))
        account.ledger.remove(kind.noun, *(noted - existing.keys()))
        found += [
            (kind, resource_id, name)
            for resource_id, name in existing.items()
            if resource_id in noted or _tagged(account, kind, resource_id, name)
        ]
    return found


def delete(account: Account, kind: Kind, resource_id: str) -> None:
    """Delete one resource with all that is in it."""
    kind.delete(account, resource_id)
    account.ledger.remove(kind.noun, resource_id)


def _existing(account: Account, kind: Kind, *, needed: bool) -> Mapping[str, str]:
    """Whoever works without a service need not be allowed to look into it."""
    try:
        return kind.existing(account)
    except ClientError as error:
        if needed or error.response["Error"]["Code"] not in _DENIED:
            raise
        return {}


def _tagged(account: Account, kind: Kind, resource_id: str, name: str) -> bool:
    """Whether it carries this lab's tag, whatever its name and whichever folder it was made from."""
    try:
        return kind.tags(account, resource_id).get(TAG) == account.lab
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # An account may hold what its administrator cannot look into; a resource of the lab must be told.
        if code in _GONE or (code in _DENIED and not name.startswith(prefix(account))):
            return False
        raise


def _pairs(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _user_pools(account: Account) -> dict[str, str]:
    pools = pages(account.client("cognito-idp"), "list_user_pools", "UserPools", MaxResults=60)
    return {pool["Id"]: pool["Name"] for pool in pools}


def _user_pool_tags(account: Account, pool_id: str) -> dict[str, str]:
    described = account.client("cognito-idp").describe_user_pool(UserPoolId=pool_id)
    return dict(described["UserPool"].get("UserPoolTags", {}))


def _delete_user_pool(account: Account, pool_id: str) -> None:
    """A domain goes first: "It has a domain configured that should be deleted first"."""
    cognito = account.client("cognito-idp")
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    for name in ("Domain", "CustomDomain"):
        if pool.get(name):
            cognito.delete_user_pool_domain(UserPoolId=pool_id, Domain=pool[name])
    cognito.delete_user_pool(UserPoolId=pool_id)


def _identity_pools(account: Account) -> dict[str, str]:
    client = account.client("cognito-identity")
    pools = pages(client, "list_identity_pools", "IdentityPools", PaginationConfig={"PageSize": 60})
    return {pool["IdentityPoolId"]: pool["IdentityPoolName"] for pool in pools}


def _identity_pool_tags(account: Account, pool_id: str) -> dict[str, str]:
    described = account.client("cognito-identity").describe_identity_pool(IdentityPoolId=pool_id)
    return dict(described.get("IdentityPoolTags", {}))


def _delete_identity_pool(account: Account, pool_id: str) -> None:
    account.client("cognito-identity").delete_identity_pool(IdentityPoolId=pool_id)


def _roles(account: Account) -> dict[str, str]:
    names = [role["RoleName"] for role in pages(account.client("iam"), "list_roles", "Roles")]
    return dict(zip(names, names, strict=True))


def _role_tags(account: Account, name: str) -> dict[str, str]:
    return _pairs(account.client("iam").list_role_tags(RoleName=name)["Tags"])


def _delete_role(account: Account, name: str) -> None:
    """IAM deletes a role only without its policies."""
    iam = account.client("iam")
    for policy in pages(iam, "list_role_policies", "PolicyNames", RoleName=name):
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for attached in pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=name)


def _buckets(account: Account) -> dict[str, str]:
    names = [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]
    return dict(zip(names, names, strict=True))


def _bucket_tags(account: Account, name: str) -> dict[str, str]:
    try:
        return _pairs(account.client("s3").get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise


def _delete_bucket(account: Account, name: str) -> None:
    """S3 deletes a bucket only when it is empty."""
    s3 = account.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=name, Delete={"Objects": keys})
    s3.delete_bucket(Bucket=name)


def _tables(account: Account) -> dict[str, str]:
    names = pages(account.client("dynamodb"), "list_tables", "TableNames")
    return dict(zip(names, names, strict=True))


def _table_tags(account: Account, name: str) -> dict[str, str]:
    arn = f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{name}"
    return _pairs(account.client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"])


def _delete_table(account: Account, name: str) -> None:
    account.client("dynamodb").delete_table(TableName=name)


#: In the order of deletion: what hands out access goes first.
_KINDS = (
    *iot_removal.KINDS,
    Kind("IdentityPool", "Identity Pool", _identity_pools, _identity_pool_tags, _delete_identity_pool),
    *iam_removal.KINDS,
    Kind("Role", "role", _roles, _role_tags, _delete_role),
    Kind("Bucket", "bucket", _buckets, _bucket_tags, _delete_bucket),
    Kind("Table", "table", _tables, _table_tags, _delete_table),
    Kind("UserPool", "User Pool", _user_pools, _user_pool_tags, _delete_user_pool),
)
