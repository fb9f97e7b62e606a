"""DynamoDB's expressions, read as strictly as AWS reads them.

Whoever decides by an expression must understand it: what is not understood is refused before anybody is
asked whether it is allowed.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.local.errors import AwsError

EXPRESSIONS = (
    "ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression",
    "UpdateExpression",
)  # fmt: skip
#: "must begin with a pound sign (#) and be followed by one or more alphanumeric characters. The
#: underscore (_) character is also allowed."
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
_PLACEHOLDERS = {"ExpressionAttributeNames": "#", "ExpressionAttributeValues": ":"}
_UNDEFINED = {
    "#": "An expression attribute name used in the document path is not defined; attribute name",
    ":": "An expression attribute value used in expression is not defined; attribute value",
}
_USED = re.compile(r"[#:]\w+")
_OUTSIDE_PROJECTION = re.compile(r"[^\w#.,\[\]\s]")
_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),]|[#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|\S)")
_NAME = re.compile(r"#[A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r":[A-Za-z0-9_]+")
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
_COMPARISONS = ("=", "<", "<=", ">", ">=")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def check(given: Mapping[str, Any]) -> None:
    """Raise ValidationException for a placeholder that is malformed or not defined."""
    for member, sign in _PLACEHOLDERS.items():
        for key in given.get(member) or {}:
            if not re.fullmatch(sign + "[A-Za-z0-9_]+", key):
                raise invalid(f'{member} contains invalid key: Syntax error; key: "{key}"')
    for expression in EXPRESSIONS:
        _check_used(expression, given)


def _check_used(expression: str, given: Mapping[str, Any]) -> None:
    text = given.get(expression) or ""
    strange = _OUTSIDE_PROJECTION.search(text) if expression == "ProjectionExpression" else None
    if strange:
        raise _syntax(expression, strange[0], text[max(0, strange.start() - 5) : strange.end() + 5])
    defined = [
        *(given.get("ExpressionAttributeNames") or {}),
        *(given.get("ExpressionAttributeValues") or {}),
    ]
    for used in _USED.findall(text):
        if used not in defined:
            raise invalid(f"Invalid {expression}: {_UNDEFINED[used[0]]}: {used}")


def _syntax(expression: str, token: str, near: str) -> AwsError:
    return invalid(f'Invalid {expression}: Syntax error; token: "{token}", near: "{near}"')


class KeyCondition:
    """A KeyConditionExpression: `equal` has the attributes that it compares with `=`, and their values.

    `text` is the same condition with single spaces and without redundant parentheses.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.equal: dict[str, Any] = {}
        self._names = given.get("ExpressionAttributeNames") or {}
        self._values = given.get("ExpressionAttributeValues") or {}
        self._tokens = _TOKEN.findall(given["KeyConditionExpression"])
        self._at = 0
        self._compared: set[str] = set()
        if not self._tokens:
            raise invalid("Invalid KeyConditionExpression: The expression can not be empty;")
        self.text = " AND ".join(self._all())
        if self._at < len(self._tokens):
            raise self._fault()

    def _all(self) -> Iterator[str]:
        yield from self._one()
        while self._peek().upper() == "AND":
            self._at += 1
            yield from self._one()

    def _one(self) -> Iterator[str]:
        if self._peek() == "(":
            self._take("(")
            yield from self._all()
            self._take(")")
        elif self._peek() == "begins_with":
            yield self._begins_with()
        else:
            yield self._comparison()

    def _begins_with(self) -> str:
        self._take("begins_with")
        self._take("(")
        name = self._name()
        self._take(",")
        value = self._value()
        self._take(")")
        return f"begins_with({name}, {value})"

    def _comparison(self) -> str:
        name, operator = self._name(), self._peek().upper()
        if operator not in (*_COMPARISONS, "BETWEEN"):
            raise self._fault()
        self._at += 1
        value = self._value()
        if operator == "=":
            self.equal[self._names.get(name, name)] = self._values[value]
        if operator == "BETWEEN":
            self._take("AND")
            value += f" AND {self._value()}"
        return f"{name} {operator} {value}"

    def _name(self) -> str:
        name = self._next(_NAME)
        attribute = self._names.get(name, name)
        if attribute in self._compared:
            raise invalid(
                "Invalid KeyConditionExpression: "
                "KeyConditionExpressions must only contain one condition per key"
            )
        self._compared.add(attribute)
        return name

    def _value(self) -> str:
        return self._next(_VALUE)

    def _next(self, pattern: re.Pattern[str]) -> str:
        token = self._peek()
        if not pattern.fullmatch(token):
            raise self._fault()
        self._at += 1
        return token

    def _take(self, token: str) -> None:
        if self._peek().upper() != token.upper():
            raise self._fault()
        self._at += 1

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _fault(self) -> AwsError:
        near = " ".join(self._tokens[max(0, self._at - 1) : self._at + 2])
        return _syntax("KeyConditionExpression", self._peek() or "<EOF>", near)
