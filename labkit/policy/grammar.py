"""The grammar of policy documents: what IAM would refuse to store is refused here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from labkit.errors import PolicySyntaxError
from labkit.policy.conditions import NULL, OPERATORS, take_apart

#: Where a policy is stored. `boundary`, `session`, `scp` and `iot` follow the rules of `identity`.
Kind = Literal["identity", "resource", "trust", "boundary", "session", "scp", "rcp", "iot"]
Element = Mapping[str, Any]

#: A document without Version is one of the older version.
OLD_VERSION = "2008-10-17"
VERSIONS = (OLD_VERSION, "2012-10-17")

_DOCUMENT = ("Version", "Id", "Statement")
_STATEMENT = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")


def check(document: str | Element, *, kind: Kind | None) -> tuple[str, tuple[Element, ...]]:
    """The version and the statements of a document that follows the grammar."""
    body = _object(_loaded(document) if isinstance(document, str) else document, "document")
    _known(body, _DOCUMENT, "document")
    version = body.get("Version", OLD_VERSION)
    if version not in VERSIONS:
        raise _error("Version", version, " or ".join(f"`{each}`" for each in VERSIONS))
    statements = _statements(body)
    for pointer, statement in statements:
        _check_statement(statement, pointer, kind)
    _check_sids(statements)
    return version, tuple(statement for _, statement in statements)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        pointer = f"line {error.lineno}, column {error.colno}"
        raise _error(pointer, error.msg, "a JSON document") from None
    except (RecursionError, ValueError) as error:
        # Brackets nested too deep, or a number with thousands of digits.
        raise _error("document", str(error), "a JSON document") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """ "Individual elements must not contain multiple instances of the same key." """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _error(twice, f"{twice} twice", "each key once")
    return found


def _statements(body: Element) -> list[tuple[str, Element]]:
    if "Statement" not in body:
        raise _error("Statement", "nothing", "a statement or a list of statements")
    raw = body["Statement"]
    if isinstance(raw, Mapping):
        return [("Statement", _object(raw, "Statement"))]
    if not isinstance(raw, list | tuple) or not raw:
        raise _error("Statement", raw, "a statement or a list of statements")
    pointers = [f"Statement[{index}]" for index in range(len(raw))]
    return [(pointer, _object(each, pointer)) for pointer, each in zip(pointers, raw, strict=True)]


def _check_statement(statement: Element, pointer: str, kind: Kind | None) -> None:
    _known(statement, _STATEMENT, pointer)
    if not isinstance(statement.get("Sid", ""), str):
        raise _error(f"{pointer}.Sid", statement["Sid"], "a string")
    effect = statement.get("Effect", "nothing")
    if effect not in ("Allow", "Deny"):
        raise _error(f"{pointer}.Effect", effect, "`Allow` or `Deny`")
    _one_of(statement, ("Action", "NotAction"), pointer, required=True)
    principal = _one_of(statement, ("Principal", "NotPrincipal"), pointer, required=False)
    _one_of(statement, ("Resource", "NotResource"), pointer, required=principal is None)
    _check_kind(statement, principal, pointer, kind)
    _check_strings(statement, pointer)
    if principal is not None:
        _check_principal(statement[principal], f"{pointer}.{principal}")
    _check_condition(statement.get("Condition", {}), f"{pointer}.Condition")


def _check_kind(statement: Element, principal: str | None, pointer: str, kind: Kind | None) -> None:
    """ "The principal_block is required in resource-based policies … and in trust policies. It must
    not be included in identity-based policies." """
    if kind is None:
        return
    if kind in ("resource", "trust", "rcp"):
        if principal is None:
            raise _error(f"{pointer}.Principal", "nothing", f"a principal in a {kind} policy")
    elif principal is not None:
        raise _error(
            f"{pointer}.{principal}", statement[principal], f"no principal in a policy of kind {kind}"
        )
    if kind == "trust":
        for name in ("NotPrincipal", "Resource", "NotResource"):
            if name in statement:
                raise _error(f"{pointer}.{name}", statement[name], f"no {name} in a trust policy")


def _check_strings(statement: Element, pointer: str) -> None:
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            _check_string_list(statement[name], f"{pointer}.{name}")
    for name in ("Action", "NotAction"):
        for value in listed(statement.get(name, ())):
            if value != "*" and not all(value.partition(":")):
                raise _error(f"{pointer}.{name}", value, "`*` or `service:ActionName`")


def _check_string_list(raw: Any, pointer: str) -> None:
    values = listed(raw)
    if not values or not all(isinstance(value, str) and value for value in values):
        raise _error(pointer, raw, "a string or a list of strings")


def _check_principal(raw: Any, pointer: str) -> None:
    if raw == "*":
        return
    if not isinstance(raw, Mapping) or not raw:
        raise _error(pointer, raw, '`*` or an object such as {"AWS": "111122223333"}')
    _known(_object(raw, pointer), _PRINCIPALS, pointer)
    for name, value in raw.items():
        _check_string_list(value, f"{pointer}.{name}")


def _check_condition(raw: Any, pointer: str) -> None:
    for operator, keys in _object(raw, pointer).items():
        try:
            take_apart(operator)
        except ValueError:
            raise _error(f"{pointer}.{operator}", operator, _operator_like(operator)) from None
        for key, value in _object(keys, f"{pointer}.{operator}").items():
            _check_values(operator, value, f"{pointer}.{operator}.{key}")


def _operator_like(operator: str) -> str:
    """What is expected instead, with the operator that was perhaps meant."""
    found = [name for name in (*OPERATORS, NULL) if name.lower() == operator.lower()]
    return f"a condition operator such as `{found[0] if found else 'StringEquals'}`"


def _check_values(operator: str, raw: Any, pointer: str) -> None:
    values = listed(raw)
    if not all(isinstance(value, str | bool | int | float) for value in values):
        raise _error(pointer, raw, "a string, a number, a boolean, or a list of them")
    if operator == NULL and not all(text(value).lower() in ("true", "false") for value in values):
        raise _error(pointer, raw, "`true` or `false`")


def _check_sids(statements: list[tuple[str, Element]]) -> None:
    seen: dict[str, str] = {}
    for pointer, statement in statements:
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise _error(f"{pointer}.Sid", sid, f"a Sid that {seen[sid]} does not have")
        seen[sid or ""] = pointer


def _one_of(statement: Element, names: tuple[str, str], pointer: str, *, required: bool) -> str | None:
    found = [name for name in names if name in statement]
    if len(found) == 2 or (required and not found):
        got = " and ".join(found) or "neither"
        raise _error(f"{pointer}.{names[0]}", got, f"either {names[0]} or {names[1]}")
    return found[0] if found else None


def _known(raw: Element, names: tuple[str, ...], pointer: str) -> None:
    for name in raw:
        if name not in names:
            place = str(name) if pointer == "document" else f"{pointer}.{name}"
            raise _error(place, name, f"one of {', '.join(names)}")


def _object(raw: Any, pointer: str) -> Element:
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        raise _error(pointer, raw, "a JSON object")
    return raw


def _error(pointer: str, found: object, expected: str) -> PolicySyntaxError:
    return PolicySyntaxError(pointer, found=found, expected=expected)


def listed(raw: Any) -> tuple[Any, ...]:
    """The values of an element that holds one value or a list of them."""
    return tuple(raw) if isinstance(raw, list | tuple) else (raw,)


def text(value: object) -> str:
    """A condition's value as text; JSON's numbers and booleans as JSON writes them."""
    return value if isinstance(value, str) else json.dumps(value)
