"""DynamoDB operations as IAM sees them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.local import expressions
from labkit.local.attribute_values import canonical_number
from labkit.local.authorization import reference
from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.errors import AwsError, not_simulated
from labkit.local.expressions import EXPRESSIONS, KeyCondition, invalid
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: Reserved words of DynamoDB, so that no attribute can be named by them without a placeholder.
_WORDS = {"add", "and", "between", "delete", "in", "not", "or", "remove", "set"}
#: A top-level attribute of an expression: no value (`:v`), no function, not behind a dot or in brackets.
_ATTRIBUTE = re.compile(r"(?<![\w:#.\[])(?:#\w+|[A-Za-z_]\w*)(?!\w)(?!\s*\()")
_TABLE_ARN = re.compile(r"arn:aws[\w-]*:dynamodb:[\w-]+:\d{12}:table/([\w.-]+)", re.ASCII)
#: Members that name a resource by its ARN, where the operation has them.
_ARN_MEMBERS = ("ResourceArn", "TableArn", "BackupArn", "ExportArn", "ImportArn", "StreamArn")
#: A shard iterator begins with its stream's ARN.
_STREAM_OF_ITERATOR = re.compile(r"arn:aws[\w-]*:dynamodb:[^|]+(?=\|)")

_ITEM_OPERATIONS = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
_TRANSACTION = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}
#: Operations that work on two resources, or on one that no member names.
_NEEDS_MORE = {"ImportTable", "RestoreTableFromBackup", "RestoreTableToPointInTime"}
#: Of a transaction's elements each holds one.
_ONE_ACTION = "TransactItems can only contain one of Check, Put, Update or Delete"
#: PartiQL's actions depend on the statement's own text.
_PARTIQL = {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}


def asks(call: Call, state: State) -> list[Ask]:
    """Every decision that this call needs."""
    if call.operation in _PARTIQL:
        raise not_simulated(f"dynamodb:{call.operation} (PartiQL)")
    if call.operation in _NEEDS_MORE:
        raise not_simulated(f"dynamodb:{call.operation}")
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
    return [Ask(f"dynamodb:{call.operation}", _resource(call, state))]


def _table_name(given: Mapping[str, Any]) -> str:
    """A table's name; requests may also name a table by its ARN."""
    name = str(given.get("TableName") or "")
    arn = _TABLE_ARN.fullmatch(name)
    return arn[1] if arn else name


def _arn(call: Call, state: State, given: Mapping[str, Any]) -> str:
    """The table's ARN: the one that is given, or the one of that name here."""
    name = str(given.get("TableName") or "")
    if name.startswith("arn:"):
        return name
    return state.arn("dynamodb", f"table/{name}", region=call.region)


def _resource(call: Call, state: State) -> str:
    """What an operation on whole tables works on; `*` for those that name nothing, as ListTables.

    Raises NotSimulated where something is named that IAM's resource cannot be told from.
    """
    given = {name: call.parameters.get(name) for name in reference.members(call)}
    for member in _ARN_MEMBERS:
        if given.get(member):
            return _here(str(given[member]), call, state)
    if given.get("TableName"):
        return _arn(call, state, given)
    stream = _STREAM_OF_ITERATOR.match(str(given.get("ShardIterator")))
    if stream:
        return stream[0]
    if not reference.is_action("dynamodb", call.operation) or reference.required("dynamodb", call.operation):
        raise not_simulated(f"{call.service}:{call.operation}")
    return "*"


def _here(arn: str, call: Call, state: State) -> str:
    """An ARN of this account and Region; moto would look for any other's name here."""
    if arn.startswith("arn:") and not arn.startswith(state.arn("dynamodb", "", region=call.region)):
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: {arn[:200]} not found")
    return arn


def _item(call: Call, state: State, given: Mapping[str, Any], action: str, enclosing: str = "") -> Ask:
    expressions.check(given)
    part = "Item" if action == "dynamodb:PutItem" else "Key"
    context = _leading([given.get(part) or {}], _hash_key(call, state, _table_name(given)))
    context |= _attributes(given, part) | _returns(given)
    if "AttributesToGet" in given or "ProjectionExpression" in given:
        context["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES"
    elif action == "dynamodb:GetItem":
        context["dynamodb:Select"] = "ALL_ATTRIBUTES"
    if enclosing:
        context["dynamodb:EnclosingOperation"] = enclosing
    return Ask(action, _arn(call, state, given), context)


def _transaction(call: Call, state: State) -> list[Ask]:
    """Each inner action for itself.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    wanted = []
    for element in call.parameters.get("TransactItems") or []:
        found = [(kind, given) for kind, given in (element or {}).items() if kind in _TRANSACTION and given]
        if len(found) != 1:
            raise invalid(_ONE_ACTION)
        kind, given = found[0]
        wanted.append(_item(call, state, given, _TRANSACTION[kind], call.operation))
    return wanted


def _batch_get(call: Call, state: State) -> list[Ask]:
    """One decision a table."""
    wanted = []
    for table, given in (call.parameters.get("RequestItems") or {}).items():
        expressions.check(given)
        keys = given.get("Keys") or []
        merged = dict(given) | {"Key": {k: v for key in keys for k, v in key.items()}}
        wanted.append(_batch(call, state, table, keys, _attributes(merged, "Key")))
    return wanted


def _batch_write(call: Call, state: State) -> list[Ask]:
    wanted = []
    for table, writes in (call.parameters.get("RequestItems") or {}).items():
        items = [_written(write) for write in writes]
        merged = {"Item": {k: v for item in items for k, v in item.items()}}
        wanted.append(_batch(call, state, table, items, _attributes(merged, "Item")))
    return wanted


def _batch(
    call: Call, state: State, table: str, keys: list[dict[str, Any]], attributes: dict[str, ContextValue]
) -> Ask:
    named = {"TableName": table}
    leading = _leading(keys, _hash_key(call, state, _table_name(named)))
    context = leading | attributes | _returns(call.parameters)
    return Ask(f"dynamodb:{call.operation}", _arn(call, state, named), context)


def _written(write: Mapping[str, Any]) -> dict[str, Any]:
    """The item or key of a write request, which holds one of the two."""
    put, delete = write.get("PutRequest"), write.get("DeleteRequest")
    return (put.get("Item") if put else (delete or {}).get("Key")) or {}


def _query_or_scan(call: Call, state: State) -> list[Ask]:
    given = call.parameters
    expressions.check(given)
    name, index = _table_name(given), given.get("IndexName")
    arn = _arn(call, state, given) + (f"/index/{index}" if index else "")
    context = _attributes(given) | _returns(given)
    context["dynamodb:Select"] = _select(given)
    _require_start_key(call, state, name, index)
    if call.operation == "Query":
        equal, hash_key = _key_condition(given), _hash_key(call, state, name, index)
        if hash_key is not None and hash_key not in equal:
            raise invalid(f"Query condition missed key schema element: {hash_key}")
        context |= _leading([equal], hash_key)
    return [Ask(f"dynamodb:{call.operation}", arn, context)]


def _select(given: Mapping[str, Any]) -> str:
    if "Select" in given:
        return str(given["Select"])
    if "ProjectionExpression" in given or "AttributesToGet" in given:
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if given.get("IndexName") else "ALL_ATTRIBUTES"


def _key_condition(given: Mapping[str, Any]) -> dict[str, Any]:
    """The equalities of a key condition, as attribute name → value."""
    legacy, expression = given.get("KeyConditions"), given.get("KeyConditionExpression")
    if legacy and expression is not None:
        raise invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {KeyConditions} Expression parameters: {KeyConditionExpression}"
        )
    if expression is not None:
        return KeyCondition(given).equal
    if not legacy:
        raise invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    return {name: _equal(one) for name, one in legacy.items() if one.get("ComparisonOperator") == "EQ"}


def _equal(condition: Mapping[str, Any]) -> Any:
    values = condition.get("AttributeValueList") or []
    if len(values) != 1:
        raise invalid(
            "One or more parameter values were invalid: "
            "Invalid number of argument(s) for the EQ ComparisonOperator"
        )
    return values[0]


def _leading(keys: Iterable[Mapping[str, Any]], hash_key: str | None) -> dict[str, ContextValue]:
    """`dynamodb:LeadingKeys`: the partition key values of the request, as text.

    Raises ValidationException where an item has none: without it the key would be absent, and
    `ForAllValues` holds for an absent key.
    """
    if hash_key is None:
        return {}  # there is no such table, and nothing to protect
    values: dict[str, None] = {}
    for key in keys:
        if hash_key not in key:
            raise invalid(
                f"One or more parameter values were invalid: Missing the key {hash_key} in the item"
            )
        kind, value = next(iter(key[hash_key].items()))
        values[canonical_number(value) if kind == "N" else str(value)] = None
    return {"dynamodb:LeadingKeys": tuple(values)} if values else {}


def _require_start_key(call: Call, state: State, table: str, index: str | None) -> None:
    start = call.parameters.get("ExclusiveStartKey")
    wanted = {_hash_key(call, state, table), _hash_key(call, state, table, index)} - {None}
    if start is not None and not wanted <= set(start):
        raise invalid("The provided starting key is invalid")


def _hash_key(call: Call, state: State, table: str, index: str | None = None) -> str | None:
    from moto.dynamodb.models import dynamodb_backends

    found = dynamodb_backends[state.account_id][call.region].tables.get(table)
    if found is None or index is None:
        return found.hash_key_attr if found else None
    for candidate in [*found.global_indexes, *found.indexes]:
        if candidate.name == index:
            return next((k["AttributeName"] for k in candidate.schema if k["KeyType"] == "HASH"), None)
    return None


def _attributes(given: Mapping[str, Any], *parts: str) -> dict[str, ContextValue]:
    """`dynamodb:Attributes`: every top-level attribute that the request names."""
    aliases = given.get("ExpressionAttributeNames") or {}
    names = dict.fromkeys(given.get("AttributesToGet") or [])
    for part in (*parts, "KeyConditions", "QueryFilter", "ScanFilter", "Expected", "AttributeUpdates"):
        names |= dict.fromkeys(given.get(part) or {})
    for expression in EXPRESSIONS:
        for word in _ATTRIBUTE.findall(given.get(expression) or ""):
            if expression == "ProjectionExpression" or word.lower() not in _WORDS:
                names[aliases.get(word, word)] = None
    return {"dynamodb:Attributes": tuple(names)} if names else {}


def _returns(given: Mapping[str, Any]) -> dict[str, ContextValue]:
    wanted = ("ReturnConsumedCapacity", "ReturnValues")
    return {f"dynamodb:{name}": str(given[name]) for name in wanted if name in given}
