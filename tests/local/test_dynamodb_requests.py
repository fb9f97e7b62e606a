"""How a DynamoDB request is read before it is decided: what cannot be read must not be let through.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.resources import Credentials
from tests.local.accounts import LocalAccount, Reply, refused, reply_to, signed, statement, user
from tests.local.scores import ATTRIBUTES, Make, client, item, key, only, scores, table_arn


@pytest.fixture(scope="session")
def table(account: LocalAccount) -> str:
    return scores(account)


def as_sent(account: LocalAccount, keys: Credentials, operation: str, parameters: dict[str, Any]) -> Reply:
    """A call as no SDK would make it."""
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    request = signed(
        account,
        "POST",
        "/",
        service="dynamodb",
        headers=headers,
        body=json.dumps(parameters),
        credentials=keys,
    )
    return reply_to(account, request)


def alices(account: LocalAccount, table: str) -> Credentials:
    arn = table_arn(account, table)
    return user(account, statement("dynamodb:*", arn, Condition=only("alice")))


def query(table: str, condition: str, **more: Any) -> dict[str, Any]:
    return {"TableName": table, "KeyConditionExpression": condition} | more


#: Key conditions that no reading of them may let through, and how DynamoDB names the fault.
NOT_UNDERSTOOD: dict[str, tuple[dict[str, Any], str]] = {
    "a name's placeholder with a hyphen": (
        {
            "KeyConditionExpression": "#a-b = :v", "ExpressionAttributeNames": {"#a-b": "UserId"},
            "ExpressionAttributeValues": {":v": {"S": "bob"}},
        },
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"',
    ),
    "a value's placeholder with a hyphen": (
        {"KeyConditionExpression": "UserId = :v-x", "ExpressionAttributeValues": {":v-x": {"S": "bob"}}},
        'ExpressionAttributeValues contains invalid key: Syntax error; key: ":v-x"',
    ),
    "a value in place of its placeholder": (
        {"KeyConditionExpression": "UserId = bob "},
        "Invalid KeyConditionExpression: Syntax error; token:",
    ),
    "a value in parentheses": (
        {"KeyConditionExpression": "UserId = (:v)", "ExpressionAttributeValues": {":v": {"S": "bob"}}},
        "Invalid KeyConditionExpression: Syntax error; token:",
    ),
    "a key twice": (
        {
            "KeyConditionExpression": "UserId = :v AND UserId = :m",
            "ExpressionAttributeValues": {":v": {"S": "bob"}, ":m": {"S": "alice"}},
        },
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
    ),
    "a placeholder that is not defined": (
        {"KeyConditionExpression": "#u = :v", "ExpressionAttributeValues": {":v": {"S": "bob"}}},
        "An expression attribute name used in the document path is not defined; attribute name: #u",
    ),
    "a value that is not defined": (
        {"KeyConditionExpression": "UserId = :v", "ExpressionAttributeValues": {":w": {"S": "bob"}}},
        "An expression attribute value used in expression is not defined; attribute value: :v",
    ),
    "another comparison than =": (
        {"KeyConditionExpression": "UserId > :v", "ExpressionAttributeValues": {":v": {"S": "a"}}},
        "Query condition missed key schema element: UserId",
    ),
    "both ways at once": (
        {
            "KeyConditionExpression": "UserId = :v", "ExpressionAttributeValues": {":v": {"S": "alice"}},
            "KeyConditions": {"UserId": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "bob"}]}},
        },
        "Can not use both expression and non-expression parameters in the same request: ",
    ),
    "EQ with two values": (
        {
            "KeyConditions": {
                "UserId": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "alice"}, {"S": "bob"}]}
            }
        },
        "One or more parameter values were invalid: Invalid number of argument(s) for the EQ",
    ),
    "EQ without a list": (
        {"KeyConditions": {"UserId": {"ComparisonOperator": "EQ"}}},
        "One or more parameter values were invalid: Invalid number of argument(s) for the EQ",
    ),
    "none": ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
def test_a_key_condition_that_is_not_understood_is_refused_before_it_is_decided(
    account: LocalAccount, table: str, case: str
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html"""
    keys = alices(account, table)
    own = query(table, "UserId = :v", ExpressionAttributeValues={":v": {"S": "alice"}})
    assert as_sent(account, keys, "Query", own).status == 200
    given, message = NOT_UNDERSTOOD[case]
    for asker in (keys, user(account), account.app.administrator):
        answer = as_sent(account, asker, "Query", {"TableName": table} | given)
        assert (answer.status, answer.json["__type"].rpartition("#")[2]) == (400, "ValidationException")
        assert message in answer.json["message"]


@pytest.mark.parametrize(
    "condition",
    [
        "UserId=:v and Game=:g",
        "(UserId = :v) AND (Game = :g)",
        "((UserId = :v AND begins_with ( Game , :g )))",
        "UserId\n=\t:v AND\nGame BETWEEN :g AND :g\n",
        "Game <= :g AND UserId = :v",
    ],
)
def test_a_key_condition_counts_in_every_form_that_it_may_have(
    account: LocalAccount, table: str, condition: str
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html"""
    keys = alices(account, table)
    account.client("dynamodb").put_item(TableName=table, Item=item("alice"))
    for owner, status in (("alice", 200), ("bob", 400)):
        values = {":v": {"S": owner}, ":g": {"S": "chess"}}
        answer = as_sent(account, keys, "Query", query(table, condition, ExpressionAttributeValues=values))
        assert answer.status == status
        assert answer.json.get("Count", 1) == 1
    assert answer.json["__type"] == "AccessDeniedException"


def test_a_write_is_decided_by_the_item_that_it_writes(account: LocalAccount, table: str) -> None:
    keys, both = alices(account, table), {"TableName": table, "Key": key("alice")}
    dynamodb = account.client("dynamodb", keys)
    assert dynamodb.put_item(TableName=table, Item=item("alice"))
    put = both | {"Item": item("bob")}
    delete = {"TableName": table, "Item": item("alice"), "Key": key("bob")}
    for operation, parameters in (
        ("PutItem", put),
        ("DeleteItem", delete),
        ("TransactWriteItems", {"TransactItems": [{"Put": put}]}),
        ("TransactWriteItems", {"TransactItems": [{"Delete": delete}]}),
    ):
        answer = as_sent(account, keys, operation, parameters)
        assert (answer.status, answer.json["__type"]) == (400, "AccessDeniedException")


def test_a_number_is_the_same_leading_key_however_it_is_written(account: LocalAccount) -> None:
    """DynamoDB trims leading and trailing zeroes, so that no spelling may get past a Deny.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    name, admin = account.name("numbers"), account.client("dynamodb")
    admin.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn, one = table_arn(account, name), {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": "1"}}
    deny = statement("dynamodb:*", arn, "Deny", Condition=one)
    dynamodb = account.client("dynamodb", user(account, statement("dynamodb:*", arn), deny))
    assert dynamodb.put_item(TableName=name, Item={"Id": {"N": "2"}})
    for spelling in ("1", "01", "1.0", "1e0", "+1"):
        answer = refused(dynamodb.put_item, TableName=name, Item={"Id": {"N": spelling}})
        assert answer.code == "AccessDeniedException"


def test_no_placeholder_hides_an_attribute(account: LocalAccount, table: str) -> None:
    dynamodb = client(account, table, ATTRIBUTES)
    names = {"#0": "Score"}
    read: dict[str, Any] = {"TableName": table, "Key": key("alice"), "ProjectionExpression": "#0"}
    assert dynamodb.get_item(**read, ExpressionAttributeNames=names)
    hidden = refused(dynamodb.get_item, **read, ExpressionAttributeNames={"#0": "Secret"})
    assert hidden.code == "AccessDeniedException"
    for projection in ("#x", "Score-UserId"):
        answer = refused(dynamodb.get_item, **read | {"ProjectionExpression": projection})
        assert answer.code == "ValidationException"
        assert answer.message.startswith("Invalid ProjectionExpression: ")


def test_the_table_is_the_one_that_is_named_and_not_another_member(account: LocalAccount, table: str) -> None:
    other, admin = account.name("theirs"), account.client("dynamodb")
    admin.create_table(
        TableName=other,
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    keys, mine = user(account, statement("dynamodb:*", table_arn(account, table))), table_arn(account, table)
    assert as_sent(account, keys, "DescribeTable", {"TableName": table}).status == 200
    assert as_sent(account, keys, "DescribeTable", {"TableName": mine}).status == 200
    for extra in ({"TableArn": mine}, {"ResourceArn": mine}, {"tablename": table}):
        answer = as_sent(account, keys, "DescribeTable", {"TableName": other} | extra)
        assert (answer.status, answer.json["__type"]) == (400, "AccessDeniedException")


def test_a_stream_is_the_resource_of_its_readers(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html"""
    name, admin = account.name("streamed"), account.client("dynamodb")
    stream = admin.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    reader = account.client("dynamodbstreams", user(account, statement("dynamodb:*", stream)))
    shard = reader.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    one = {"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = reader.get_shard_iterator(**one)["ShardIterator"]
    assert reader.get_records(ShardIterator=iterator)["Records"] == []
    elsewhere = stream.replace(name, "another")
    nobody = account.client("dynamodbstreams", user(account, statement("dynamodb:*", elsewhere)))
    assert refused(nobody.describe_stream, StreamArn=stream).code == "AccessDeniedException"
    assert refused(nobody.get_records, ShardIterator=iterator).code == "AccessDeniedException"


#: Operation → parameters of a wrong form, for a table of the fixture.
WRONG_FORMS: dict[str, tuple[str, Make]] = {
    "an item without its key": ("PutItem", lambda t, v: {"TableName": t, "Item": {"Game": {"S": v}}}),
    "a key without its partition key": ("GetItem", lambda t, v: {"TableName": t, "Key": {"Game": {"S": v}}}),
    "no type": ("PutItem", lambda t, v: {"TableName": t, "Item": key(v) | {"Score": {}}}),
    "an unknown type": ("PutItem", lambda t, v: {"TableName": t, "Item": key(v) | {"Score": {"X": "1"}}}),
    "two types": ("PutItem", lambda t, v: {"TableName": t, "Item": key(v) | {"Score": {"S": v, "N": "1"}}}),
    "two types of a key": (
        "GetItem", lambda t, v: {"TableName": t, "Key": key(v) | {"UserId": {"B": "Ym9i", "S": v}}},
    ),
    "no number": ("PutItem", lambda t, v: {"TableName": t, "Item": key(v) | {"Score": {"N": "ten"}}}),
    "no type inside": (
        "PutItem", lambda t, v: {"TableName": t, "Item": key(v) | {"Score": {"L": [{"M": {"a": {}}}]}}},
    ),
    "a value without a type": (
        "Query", lambda t, v: query(t, "UserId = :v", ExpressionAttributeValues={":v": {}}),
    ),
    "a filter's value that is not there": (
        "Scan", lambda t, v: {"TableName": t, "FilterExpression": "a = :v"},
    ),
    "another table's start": (
        "Scan", lambda t, v: {"TableName": t, "ExclusiveStartKey": {"Other": {"S": "1"}}},
    ),
    "an empty transaction element": ("TransactWriteItems", lambda t, v: {"TransactItems": [{}]}),
    "an empty write": ("BatchWriteItem", lambda t, v: {"RequestItems": {t: [{}]}}),
    "a write that is two": (
        "BatchWriteItem",
        lambda t, v: {
            "RequestItems": {t: [{"PutRequest": {"Item": key(v)}, "DeleteRequest": {"Key": key(v)}}]}
        },
    ),
}  # fmt: skip


@pytest.mark.unconfirmed
@pytest.mark.parametrize("case", WRONG_FORMS)
def test_what_has_a_wrong_form_is_refused_and_changes_nothing(
    account: LocalAccount, table: str, case: str
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html"""
    admin = account.app.administrator
    good: dict[str, Any] = {"TableName": table, "Item": item("alice")}
    assert as_sent(account, admin, "PutItem", good).status == 200
    operation, parameters = WRONG_FORMS[case]
    answer = as_sent(account, admin, operation, parameters(table, "nobody"))
    assert (answer.status, answer.json["__type"].rpartition("#")[2]) == (400, "ValidationException")
    assert "Item" not in as_sent(account, admin, "GetItem", {"TableName": table, "Key": key("nobody")}).json
