"""Trying the credentials on S3 and DynamoDB. A denial is an answer here, not an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from labkit.account import Account, Anonymous
from labkit.resources import Attempt, Credentials

#: Who signs: temporary credentials, `ANONYMOUS`, or None for the administrator.
Signer = Credentials | Anonymous | None

Item = Mapping[str, Any]


def put_object(account: Account, credentials: Signer, bucket: str, key: str, body: str | bytes) -> Attempt:
    """Store an object."""
    data = body.encode() if isinstance(body, str) else body
    return attempt(
        account,
        "s3:PutObject",
        f"arn:aws:s3:::{bucket}/{key}",
        lambda: account.client("s3", credentials).put_object(Bucket=bucket, Key=key, Body=data),
        lambda answer: answer["ETag"],
    )


def get_object(account: Account, credentials: Signer, bucket: str, key: str) -> Attempt:
    """Fetch an object; the output is its bytes."""
    return attempt(
        account,
        "s3:GetObject",
        f"arn:aws:s3:::{bucket}/{key}",
        lambda: account.client("s3", credentials).get_object(Bucket=bucket, Key=key),
        lambda answer: answer["Body"].read(),
    )


def delete_object(account: Account, credentials: Signer, bucket: str, key: str) -> Attempt:
    """Delete an object; AWS agrees also where there was none."""
    return attempt(
        account,
        "s3:DeleteObject",
        f"arn:aws:s3:::{bucket}/{key}",
        lambda: account.client("s3", credentials).delete_object(Bucket=bucket, Key=key),
        lambda _: None,
    )


def list_objects(account: Account, credentials: Signer, bucket: str, prefix: str = "") -> Attempt:
    """List up to 1,000 keys under a prefix (ListObjectsV2); the action is `s3:ListBucket`."""
    return attempt(
        account,
        "s3:ListBucket",
        f"arn:aws:s3:::{bucket}",
        lambda: account.client("s3", credentials).list_objects_v2(Bucket=bucket, Prefix=prefix),
        lambda answer: [found["Key"] for found in answer.get("Contents", [])],
    )


def put_item(account: Account, credentials: Signer, table: str, item: Item) -> Attempt:
    """Store an item, written with plain Python values."""
    return attempt(
        account,
        "dynamodb:PutItem",
        _table_arn(account, table),
        lambda: account.client("dynamodb", credentials).put_item(TableName=table, Item=_typed(item)),
        lambda _: None,
    )


def get_item(account: Account, credentials: Signer, table: str, key: Item) -> Attempt:
    """Fetch one item by its whole key; the output is None where there is none."""
    return attempt(
        account,
        "dynamodb:GetItem",
        _table_arn(account, table),
        lambda: account.client("dynamodb", credentials).get_item(TableName=table, Key=_typed(key)),
        lambda answer: _plain(answer["Item"]) if "Item" in answer else None,
    )


def delete_item(account: Account, credentials: Signer, table: str, key: Item) -> Attempt:
    """Delete one item by its whole key."""
    return attempt(
        account,
        "dynamodb:DeleteItem",
        _table_arn(account, table),
        lambda: account.client("dynamodb", credentials).delete_item(TableName=table, Key=_typed(key)),
        lambda _: None,
    )


def query(account: Account, credentials: Signer, table: str, partition_key: str, value: str) -> Attempt:
    """The items with this value of the partition key."""
    return attempt(
        account,
        "dynamodb:Query",
        _table_arn(account, table),
        lambda: account.client("dynamodb", credentials).query(
            TableName=table,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": partition_key},
            ExpressionAttributeValues=_typed({":value": value}),
        ),
        lambda answer: [_plain(item) for item in answer["Items"]],
    )


def scan(account: Account, credentials: Signer, table: str) -> Attempt:
    """The items of the whole table, whoever owns them (of a big one, the first megabyte)."""
    return attempt(
        account,
        "dynamodb:Scan",
        _table_arn(account, table),
        lambda: account.client("dynamodb", credentials).scan(TableName=table),
        lambda answer: [_plain(item) for item in answer["Items"]],
    )


def attempt(
    account: Account, action: str, resource: str, call: Callable[[], Any], output: Callable[[Any], Any]
) -> Attempt:
    """Make the call; AWS's refusal becomes the answer, any other failure rises."""
    error: Mapping[str, Any] = {}
    with account.record() as calls:
        try:
            answer = call()
        except ClientError as refusal:
            answer, error = refusal.response, refusal.response["Error"]
    metadata = answer["ResponseMetadata"]
    return Attempt(
        action,
        resource,
        allowed=not error,
        status=metadata["HTTPStatusCode"],
        code=error.get("Code"),
        message=error.get("Message"),
        request_id=metadata.get("RequestId", ""),
        output=None if error else output(answer),
        calls=tuple(calls),
    )


def _table_arn(account: Account, table: str) -> str:
    return f"arn:aws:dynamodb:{account.region}:{account.account_id}:table/{table}"


def _typed(item: Item) -> dict[str, Any]:
    """DynamoDB's own form, as in `{"S": "text"}`."""
    from boto3.dynamodb.types import TypeSerializer

    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


def _plain(item: Item) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeDeserializer

    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
