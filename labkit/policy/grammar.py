"""The grammar of policy documents: what AWS would refuse to store is refused here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labkit.policy.conditions import FOR_ALL, FOR_ANY, NULL, OPERATORS, take_apart
from labkit.policy.elements import Element, listed, refusal, text
from labkit.policy.places import Kind, check_place

__all__ = ["OLD_VERSION", "VERSIONS", "Element", "Kind", "check", "listed", "text"]

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
    """The version and the statements of a document that follows the grammar.

    Without a `kind` only what all places share is checked.
    """
    body = _object(_read(document), "document")
    _known(body, _DOCUMENT, "document")
    _check_text(body, "Id", "Id")
    version = body.get("Version", OLD_VERSION)
    if version not in VERSIONS:
        raise refusal("Version", version, " or ".join(f"`{each}`" for each in VERSIONS), choices=VERSIONS)
    statements = _statements(body)
    for pointer, statement in statements:
        _check_statement(statement, pointer)
    if kind is not None:
        check_place(body, statements, kind)
    return version, tuple(statement for _, statement in statements)


class _Repeated(dict[str, Any]):
    """An object that has a key more than once."""

    twice = ""


def _read(document: Any) -> Any:
    """The document as JSON's values, and nothing that JSON cannot write."""
    try:
        loaded = json.loads(document, object_pairs_hook=_pairs) if isinstance(document, str) else document
        json.dumps(loaded, allow_nan=False, ensure_ascii=False, default=_mapping).encode()
    except json.JSONDecodeError as error:
        pointer = f"line {error.lineno}, column {error.colno}"
        raise refusal(pointer, error.msg, "a JSON document") from None
    except (RecursionError, TypeError, ValueError) as error:
        # Nested too deep, NaN, a number with thousands of digits, half a surrogate pair, bytes, a cycle.
        raise refusal("document", str(error), "a JSON document") from None
    return loaded


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated, names = _Repeated(found), [name for name, _ in pairs]
    repeated.twice = next(name for name in names if names.count(name) > 1)
    return repeated


def _mapping(raw: object) -> dict[Any, Any]:
    if isinstance(raw, Mapping):
        return dict(raw)
    raise TypeError(f"{type(raw).__name__} is no JSON")


def _statements(body: Element) -> list[tuple[str, Element]]:
    if "Statement" not in body:
        raise refusal("Statement", "nothing", "a statement or a list of statements")
    raw = body["Statement"]
    if isinstance(raw, Mapping):
        return [("Statement", _object(raw, "Statement"))]
    if not isinstance(raw, list | tuple) or not raw:
        raise refusal("Statement", raw, "a statement or a list of statements")
    pointers = [f"Statement[{index}]" for index in range(len(raw))]
    return [(pointer, _object(each, pointer)) for pointer, each in zip(pointers, raw, strict=True)]


def _check_statement(statement: Element, pointer: str) -> None:
    _known(statement, _STATEMENT, pointer)
    _check_text(statement, "Sid", f"{pointer}.Sid")
    effect = statement.get("Effect", "nothing")
    if effect not in ("Allow", "Deny"):
        raise refusal(f"{pointer}.Effect", effect, "`Allow` or `Deny`", choices=("Allow", "Deny"))
    _one_of(statement, ("Action", "NotAction"), pointer, required=True)
    principal = _one_of(statement, ("Principal", "NotPrincipal"), pointer, required=False)
    _one_of(statement, ("Resource", "NotResource"), pointer, required=principal is None)
    _check_strings(statement, pointer)
    if principal is not None:
        _check_principal(statement[principal], f"{pointer}.{principal}")
    _check_condition(statement.get("Condition", {}), f"{pointer}.Condition")


def _check_text(raw: Element, name: str, pointer: str) -> None:
    if not isinstance(raw.get(name, ""), str):
        raise refusal(pointer, raw[name], "a string")


def _check_strings(statement: Element, pointer: str) -> None:
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            _check_string_list(statement[name], f"{pointer}.{name}")
    for name in ("Action", "NotAction"):
        for value in listed(statement.get(name, ())):
            if value != "*" and not all(value.partition(":")):
                raise refusal(f"{pointer}.{name}", value, "`*` or `service:ActionName`")


def _check_string_list(raw: Any, pointer: str) -> None:
    """IAM refuses an empty list: "Policy statement must contain actions", "… resources"."""
    values = listed(raw)
    if not values or not all(isinstance(value, str) and value for value in values):
        raise refusal(pointer, raw, "a string or a list of strings, none of them empty")


def _check_principal(raw: Any, pointer: str) -> None:
    if raw == "*":
        return
    if not isinstance(raw, Mapping) or not raw:
        raise refusal(pointer, raw, '`*` or an object such as {"AWS": "111122223333"}')
    _known(_object(raw, pointer), _PRINCIPALS, pointer)
    for name, value in raw.items():
        _check_string_list(value, f"{pointer}.{name}")


def _check_condition(raw: Any, pointer: str) -> None:
    for operator, keys in _object(raw, pointer).items():
        _check_operator(operator, f"{pointer}.{operator}")
        for key, value in _object(keys, f"{pointer}.{operator}").items():
            _check_values(operator, value, f"{pointer}.{operator}.{key}")


def _check_operator(operator: str, pointer: str) -> None:
    """IAM reads no other case: "Invalid Condition type : stringEquals".

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    try:
        take_apart(operator)
    except ValueError:
        plain = (*OPERATORS, *(f"{name}IfExists" for name in OPERATORS))
        quantified = tuple(f"{each}:{name}" for each in (FOR_ALL, FOR_ANY) for name in plain)
        expected = "a condition operator such as `StringEquals`"
        raise refusal(pointer, operator, expected, choices=(*plain, *quantified, NULL)) from None


def _check_values(operator: str, raw: Any, pointer: str) -> None:
    values = listed(raw)
    if not all(isinstance(value, str | bool | int | float) for value in values):
        raise refusal(pointer, raw, "a string, a number, a boolean, or a list of them")
    if operator.endswith(NULL) and not all(text(value).lower() in ("true", "false") for value in values):
        raise refusal(pointer, raw, "`true` or `false`")


def _one_of(statement: Element, names: tuple[str, str], pointer: str, *, required: bool) -> str | None:
    found = [name for name in names if name in statement]
    if len(found) == 2 or (required and not found):
        got = " and ".join(found) or "neither"
        raise refusal(f"{pointer}.{names[0]}", got, f"either {names[0]} or {names[1]}")
    return found[0] if found else None


def _known(raw: Element, names: tuple[str, ...], pointer: str) -> None:
    for name in raw:
        if name not in names:
            raise refusal(_place(pointer, name), name, f"one of {', '.join(names)}", choices=names)


def _object(raw: Any, pointer: str) -> Element:
    """ "Individual elements must not contain multiple instances of the same key." """
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        raise refusal(pointer, raw, "a JSON object")
    if isinstance(raw, _Repeated):
        raise refusal(_place(pointer, raw.twice), f"{raw.twice} twice", "each key once")
    return raw


def _place(pointer: str, name: str) -> str:
    return name if pointer == "document" else f"{pointer}.{name}"
