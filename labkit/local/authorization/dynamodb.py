"""DynamoDB operations as IAM sees them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.errors import not_simulated
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

_EXPRESSIONS = (
    "ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression",
    "UpdateExpression",
)  # fmt: skip
_WORDS = {
    "add", "and", "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "between",
    "contains", "delete", "if_not_exists", "in", "list_append", "not", "or", "remove", "set", "size",
}  # fmt: skip
#: A top-level attribute of an expression: not a value (`:v`), not behind a dot or inside brackets.
_ATTRIBUTE = re.compile(r"(?<![\w:#.\[])#?[A-Za-z_]\w*")
_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")

_ITEM_OPERATIONS = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
_TRANSACTION = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}
#: PartiQL's actions depend on the statement's own text.
_PARTIQL = {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}


def asks(call: Call, state: State) -> list[Ask]:
    """Every decision that this call needs."""
    if call.operation in _PARTIQL:
        raise not_simulated(f"dynamodb:{call.operation} (PartiQL)")
    special: dict[str, Callable[[Call, State], list[Ask]]] = {
        "BatchGetItem": _batch_get,
        "BatchWriteItem": _batch_write,
        "TransactGetItems": _transaction,
        "TransactWriteItems": _transaction,
        "Query": _query_or_scan,
        "Scan": _query_or_scan,
    }
    if call.operation in special:
        return special[call.operation](call, state)
    if call.operation in _ITEM_OPERATIONS:
        return [_item(call, state, call.parameters, f"dynamodb:{call.operation}")]
    return [Ask(f"dynamodb:{call.operation}", _resource(call, state, call.parameters))]


def _table_name(given: Mapping[str, Any]) -> str | None:
    """A table's name; requests may also name a table by its ARN."""
    name = given.get("TableName")
    return str(name).rpartition("table/")[2] if name else None


def _arn(call: Call, state: State, name: str) -> str:
    return state.arn("dynamodb", f"table/{name}", region=call.region)


def _resource(call: Call, state: State, given: Mapping[str, Any]) -> str:
    arn = given.get("ResourceArn") or given.get("TableArn")
    if arn:
        return str(arn)
    name = _table_name(given)
    return _arn(call, state, name) if name else "*"


def _item(call: Call, state: State, given: Mapping[str, Any], action: str, enclosing: str = "") -> Ask:
    name = _table_name(given) or ""
    key = given.get("Key") or given.get("Item") or {}
    context = _leading([key], _hash_key(call, state, name)) | _attributes(given) | _returns(given)
    if "AttributesToGet" in given or "ProjectionExpression" in given:
        context["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES"
    elif action == "dynamodb:GetItem":
        context["dynamodb:Select"] = "ALL_ATTRIBUTES"
    if enclosing:
        context["dynamodb:EnclosingOperation"] = enclosing
    return Ask(action, _arn(call, state, name), context)


def _transaction(call: Call, state: State) -> list[Ask]:
    """Each inner action for itself.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    return [
        _item(call, state, given, _TRANSACTION[kind], call.operation)
        for element in call.parameters.get("TransactItems") or []
        for kind, given in element.items()
        if kind in _TRANSACTION
    ]


def _batch_get(call: Call, state: State) -> list[Ask]:
    """One decision a table."""
    wanted = []
    for table, given in (call.parameters.get("RequestItems") or {}).items():
        name = _table_name({"TableName": table}) or ""
        keys = given.get("Keys") or []
        merged = dict(given) | {"Key": {k: v for key in keys for k, v in key.items()}}
        context = _leading(keys, _hash_key(call, state, name)) | _attributes(merged)
        wanted.append(
            Ask("dynamodb:BatchGetItem", _arn(call, state, name), context | _returns(call.parameters))
        )
    return wanted


def _batch_write(call: Call, state: State) -> list[Ask]:
    wanted = []
    for table, writes in (call.parameters.get("RequestItems") or {}).items():
        name = _table_name({"TableName": table}) or ""
        items = [_written(write) for write in writes]
        merged = {"Item": {k: v for item in items for k, v in item.items()}}
        context = _leading(items, _hash_key(call, state, name)) | _attributes(merged)
        wanted.append(
            Ask("dynamodb:BatchWriteItem", _arn(call, state, name), context | _returns(call.parameters))
        )
    return wanted


def _written(write: Mapping[str, Any]) -> dict[str, Any]:
    """The item or key of a write request; none where it has neither, which is DynamoDB's to refuse."""
    put, delete = write.get("PutRequest") or {}, write.get("DeleteRequest") or {}
    return put.get("Item") or delete.get("Key") or {}


def _query_or_scan(call: Call, state: State) -> list[Ask]:
    given = call.parameters
    name, index = _table_name(given) or "", given.get("IndexName")
    arn = _arn(call, state, name) + (f"/index/{index}" if index else "")
    context = _attributes(given) | _returns(given)
    context["dynamodb:Select"] = _select(given)
    if call.operation == "Query":
        context |= _leading([_key_condition(given)], _hash_key(call, state, name, index))
    return [Ask(f"dynamodb:{call.operation}", arn, context)]


def _select(given: Mapping[str, Any]) -> str:
    if "Select" in given:
        return str(given["Select"])
    if "ProjectionExpression" in given or "AttributesToGet" in given:
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if given.get("IndexName") else "ALL_ATTRIBUTES"


def _key_condition(given: Mapping[str, Any]) -> dict[str, Any]:
    """The equalities of a key condition, as attribute name → value."""
    legacy = given.get("KeyConditions") or {}
    equal = {
        name: condition["AttributeValueList"][0]
        for name, condition in legacy.items()
        if condition.get("ComparisonOperator") == "EQ" and condition.get("AttributeValueList")
    }
    names, values = given.get("ExpressionAttributeNames") or {}, given.get("ExpressionAttributeValues") or {}
    for name, value in _EQUALS.findall(given.get("KeyConditionExpression") or ""):
        if value in values:
            equal[names.get(name, name)] = values[value]
    return equal


def _leading(keys: Iterable[Mapping[str, Any]], hash_key: str | None) -> dict[str, ContextValue]:
    """`dynamodb:LeadingKeys`: the partition key values of the request, as text."""
    found = (key[hash_key] for key in keys if hash_key and hash_key in key)
    values = tuple(dict.fromkeys(str(next(iter(value.values()), "")) for value in found if value))
    return {"dynamodb:LeadingKeys": values} if values else {}


def _hash_key(call: Call, state: State, table: str, index: str | None = None) -> str | None:
    from moto.dynamodb.models import dynamodb_backends

    found = dynamodb_backends[state.account_id][call.region].tables.get(table)
    if found is None or index is None:
        return found.hash_key_attr if found else None
    for candidate in [*found.global_indexes, *found.indexes]:
        if candidate.name == index:
            return next((k["AttributeName"] for k in candidate.schema if k["KeyType"] == "HASH"), None)
    return None


def _attributes(given: Mapping[str, Any]) -> dict[str, ContextValue]:
    """`dynamodb:Attributes`: every top-level attribute that the request names."""
    aliases = given.get("ExpressionAttributeNames") or {}
    names = dict.fromkeys(given.get("AttributesToGet") or [])
    for part in ("Key", "Item", "KeyConditions", "QueryFilter", "ScanFilter", "Expected", "AttributeUpdates"):
        names |= dict.fromkeys(given.get(part) or {})
    for expression in _EXPRESSIONS:
        for word in _ATTRIBUTE.findall(given.get(expression) or ""):
            if word.lower() not in _WORDS:
                names[aliases.get(word, word)] = None
    return {"dynamodb:Attributes": tuple(names)} if names else {}


def _returns(given: Mapping[str, Any]) -> dict[str, ContextValue]:
    wanted = ("ReturnConsumedCapacity", "ReturnValues")
    return {f"dynamodb:{name}": str(given[name]) for name in wanted if name in given}
