"""A table whose items belong to somebody, and callers that may reach only some of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.local.accounts import LocalAccount, statement, user

ATTRIBUTES = {
    "ForAllValues:StringEquals": {"dynamodb:Attributes": ["UserId", "Game", "Score"]},
    "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": "NONE"},
}

#: Parameters for a table and an owner.
Make = Callable[[str, str], dict[str, Any]]


def scores(account: LocalAccount) -> str:
    """A table of scores: the partition key is `UserId`, the sort key `Game`."""
    name, dynamodb = account.name("scores"), account.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "UserId", "KeyType": "HASH"},
            {"AttributeName": "Game", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "UserId", "AttributeType": "S"},
            {"AttributeName": "Game", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByGame",
                "KeySchema": [{"AttributeName": "Game", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for owner in ("alice", "bob"):
        dynamodb.put_item(TableName=name, Item=item(owner))
    return name


def key(owner: str) -> dict[str, Any]:
    return {"UserId": {"S": owner}, "Game": {"S": "chess"}}


def item(owner: str) -> dict[str, Any]:
    return key(owner) | {"Score": {"N": "7"}, "Secret": {"S": "hidden"}}


def table_arn(account: LocalAccount, table: str) -> str:
    return f"arn:aws:dynamodb:us-east-1:{account.account_id}:table/{table}"


def client(account: LocalAccount, table: str, condition: dict[str, Any] | None = None, **more: Any) -> Any:
    """A caller that may do everything with the table, as far as the condition holds."""
    given = {"Condition": condition} if condition else {}
    resource = [table_arn(account, table), table_arn(account, table) + "/index/*"]
    return account.client("dynamodb", user(account, statement("dynamodb:*", resource, **given | more)))


def only(owner: str) -> dict[str, Any]:
    return {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [owner]}}
