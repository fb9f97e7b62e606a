"""What may this caller do in DynamoDB? Items, attributes and whole tables as IAM sees them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused, statement, user
from tests.local.scores import ATTRIBUTES, Make, client, item, key, only, scores, table_arn


@pytest.fixture(scope="session")
def table(account: LocalAccount) -> str:
    return scores(account)


#: Operation → its parameters for a table and an owner.
BY_OWNER: dict[str, tuple[str, Make]] = {
    "GetItem": ("get_item", lambda t, o: {"TableName": t, "Key": key(o)}),
    "PutItem": ("put_item", lambda t, o: {"TableName": t, "Item": item(o)}),
    "UpdateItem": (
        "update_item",
        lambda t, o: {
            "TableName": t, "Key": key(o), "UpdateExpression": "SET Score = :n",
            "ExpressionAttributeValues": {":n": {"N": "8"}},
        },
    ),
    "DeleteItem": (
        "delete_item",
        lambda t, o: {"TableName": t, "Key": {"UserId": {"S": o}, "Game": {"S": "no such game"}}},
    ),
    "Query": (
        "query",
        lambda t, o: {
            "TableName": t, "KeyConditionExpression": "UserId = :u",
            "ExpressionAttributeValues": {":u": {"S": o}},
        },
    ),
    "Query with an alias": (
        "query",
        lambda t, o: {
            "TableName": t, "KeyConditionExpression": "#u = :u AND begins_with(Game, :g)",
            "ExpressionAttributeNames": {"#u": "UserId"},
            "ExpressionAttributeValues": {":u": {"S": o}, ":g": {"S": "c"}},
        },
    ),
    "Query with KeyConditions": (
        "query",
        lambda t, o: {
            "TableName": t,
            "KeyConditions": {"UserId": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": o}]}},
        },
    ),
    "BatchGetItem": (
        "batch_get_item",
        lambda t, o: {"RequestItems": {t: {"Keys": [key("alice"), *([key(o)] if o != "alice" else [])]}}},
    ),
    "BatchWriteItem": (
        "batch_write_item",
        lambda t, o: {
            "RequestItems": {
                t: [
                    {"PutRequest": {"Item": key("alice") | {"Game": {"S": "go"}}}},
                    {"DeleteRequest": {"Key": {"UserId": {"S": o}, "Game": {"S": "none"}}}},
                ]
            }
        },
    ),
    "TransactWriteItems": (
        "transact_write_items",
        lambda t, o: {
            "TransactItems": [
                {"Put": {"TableName": t, "Item": item("alice")}},
                {"Put": {"TableName": t, "Item": key(o) | {"Game": {"S": "go"}}}},
            ]
        },
    ),
    "TransactGetItems": (
        "transact_get_items", lambda t, o: {"TransactItems": [{"Get": {"TableName": t, "Key": key(o)}}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_OWNER)
def test_leading_keys_keep_a_caller_to_own_items(account: LocalAccount, table: str, case: str) -> None:
    operation, parameters = BY_OWNER[case]
    call = getattr(client(account, table, only("alice")), operation)
    assert call(**parameters(table, "alice"))["ResponseMetadata"]["HTTPStatusCode"] == 200
    answer = refused(call, **parameters(table, "bob"))
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert f"on resource: {table_arn(account, table)} because no identity-based policy allows the " in (
        answer.message
    )


def test_the_text_of_a_denial_names_user_action_and_table(account: LocalAccount, table: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    assert client(account, table).get_item(TableName=table, Key=key("bob"))["Item"]
    nobody = user(account)
    arn = account.client("sts", nobody).get_caller_identity()["Arn"]
    answer = refused(account.client("dynamodb", nobody).get_item, TableName=table, Key=key("bob"))
    assert answer.message == (
        f"User: {arn} is not authorized to perform: dynamodb:GetItem on resource: "
        f"{table_arn(account, table)} because no identity-based policy allows the dynamodb:GetItem action"
    )


def test_a_scan_has_no_leading_keys_so_that_it_needs_a_statement_of_its_own(
    account: LocalAccount, table: str
) -> None:
    """The page leaves Scan out of the policies with LeadingKeys: ForAllValues holds for an absent key."""
    arn, own = table_arn(account, table), only("alice")
    items = statement(["dynamodb:GetItem", "dynamodb:Query"], arn, Condition=own)
    restricted = account.client("dynamodb", user(account, items))
    assert client(account, table).scan(TableName=table)["Count"] >= 2
    assert restricted.get_item(TableName=table, Key=key("alice"))["Item"]
    assert refused(restricted.scan, TableName=table).code == "AccessDeniedException"
    strict = {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["alice"]}}
    assert refused(client(account, table, strict).scan, TableName=table).code == "AccessDeniedException"


@pytest.mark.parametrize(
    "operation, allowed, denied",
    [
        (
            "get_item",
            {"Key": key("alice"), "ProjectionExpression": "UserId, Score"},
            {"Key": key("alice"), "ProjectionExpression": "UserId, Secret"},
        ),
        ("get_item", {"Key": key("alice"), "AttributesToGet": ["Score"]}, {"Key": key("alice")}),
        (
            "get_item",
            {
                "Key": key("alice"), "ProjectionExpression": "#s",
                "ExpressionAttributeNames": {"#s": "Score"},
            },
            {
                "Key": key("alice"), "ProjectionExpression": "#s",
                "ExpressionAttributeNames": {"#s": "Secret"},
            },
        ),
        ("scan", {"ProjectionExpression": "Score"}, {"ProjectionExpression": "Score, Secret"}),
        (
            "scan",
            {"ProjectionExpression": "Score", "FilterExpression": "attribute_exists(Score)"},
            {"ProjectionExpression": "Score", "FilterExpression": "attribute_exists(Secret)"},
        ),
        ("scan", {"ProjectionExpression": "Score"}, {}),
        ("put_item", {"Item": key("alice") | {"Score": {"N": "1"}}}, {"Item": item("alice")}),
        (
            "update_item",
            {
                "Key": key("alice"), "UpdateExpression": "SET Score = if_not_exists(Score, :n)",
                "ExpressionAttributeValues": {":n": {"N": "1"}},
            },
            {
                "Key": key("alice"), "UpdateExpression": "SET Score = if_not_exists(Secret, :n)",
                "ExpressionAttributeValues": {":n": {"N": "1"}},
            },
        ),
        (
            "update_item",
            {
                "Key": key("alice"), "UpdateExpression": "REMOVE Score", "ReturnValues": "NONE",
            },
            {
                "Key": key("alice"), "UpdateExpression": "REMOVE Score", "ReturnValues": "ALL_OLD",
            },
        ),
    ],
)  # fmt: skip
def test_attributes_keep_a_caller_to_what_is_listed(
    account: LocalAccount, table: str, operation: str, allowed: dict[str, Any], denied: dict[str, Any]
) -> None:
    account.client("dynamodb").put_item(TableName=table, Item=item("alice"))
    call = getattr(client(account, table, ATTRIBUTES), operation)
    assert call(TableName=table, **allowed)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refused(call, TableName=table, **denied).code == "AccessDeniedException"


@pytest.mark.parametrize(
    "select, given",
    [
        ("COUNT", {"Select": "COUNT"}),
        ("ALL_ATTRIBUTES", {}),
        ("SPECIFIC_ATTRIBUTES", {"ProjectionExpression": "Score"}),
        ("ALL_PROJECTED_ATTRIBUTES", {"IndexName": "ByGame"}),
    ],
)
def test_select_is_what_the_query_asks_for(
    account: LocalAccount, table: str, select: str, given: dict[str, Any]
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html (Select)"""
    allowed = client(account, table, {"StringEquals": {"dynamodb:Select": select}})
    denied = client(account, table, {"StringNotEquals": {"dynamodb:Select": select}})
    assert "Count" in allowed.scan(TableName=table, **given)
    assert refused(denied.scan, TableName=table, **given).code == "AccessDeniedException"


def test_a_query_of_an_index_needs_the_index_and_its_own_leading_key(
    account: LocalAccount, table: str
) -> None:
    query = {
        "TableName": table,
        "IndexName": "ByGame",
        "KeyConditionExpression": "Game = :g",
        "ExpressionAttributeValues": {":g": {"S": "chess"}},
    }
    assert client(account, table, only("chess")).query(**query)["Count"] >= 1
    assert refused(client(account, table, only("alice")).query, **query).code == "AccessDeniedException"
    table_only = user(account, statement("dynamodb:Query", table_arn(account, table)))
    answer = refused(account.client("dynamodb", table_only).query, **query)
    assert f"{table_arn(account, table)}/index/ByGame" in answer.message


def test_a_transaction_needs_each_inner_action(account: LocalAccount, table: str) -> None:
    writes = {
        "TransactItems": [
            {"Put": {"TableName": table, "Item": item("alice")}},
            {"ConditionCheck": {
                "TableName": table, "Key": key("bob"), "ConditionExpression": "attribute_exists(UserId)",
            }},
        ]
    }  # fmt: skip
    arn = table_arn(account, table)
    both = user(account, statement(["dynamodb:PutItem", "dynamodb:ConditionCheckItem"], arn))
    assert account.client("dynamodb", both).transact_write_items(**writes)
    put = account.client("dynamodb", user(account, statement("dynamodb:PutItem", arn)))
    assert put.put_item(TableName=table, Item=item("alice"))
    assert "dynamodb:ConditionCheckItem" in refused(put.transact_write_items, **writes).message


def test_partiql_is_said_to_be_missing_rather_than_let_through(account: LocalAccount, table: str) -> None:
    dynamodb = account.client("dynamodb")
    assert dynamodb.get_item(TableName=table, Key=key("bob"))
    answer = refused(dynamodb.execute_statement, Statement=f'SELECT * FROM "{table}"')
    assert (answer.status, answer.code) == (501, "NotSimulated")
