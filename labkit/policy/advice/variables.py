"""Advice on policy variables: where `${…}` is none, and names that no request has.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.policy.advice.operators import family
from labkit.policy.advice.record import GUIDE, Advice, Subject, analyzer
from labkit.policy.conditions import take_apart
from labkit.policy.context_keys import find, nearest_key
from labkit.policy.variables import WITH_VARIABLES

_PAGE = f"{GUIDE}/reference_policies_variables.html"
_PLACEHOLDER = re.compile(r"\$\{(?P<inner>[^{}]*)(?P<end>\}?)")
_DEFAULT = re.compile(r"\s*'[^']*'\s*")


def advise_variables(subject: Subject) -> Iterator[Advice]:
    statement = subject.statement
    for element in ("Action", "NotAction"):
        named = statement.actions if element == "Action" else statement.not_actions
        for pointer, value in subject.each(element, named):
            yield from _misplaced(pointer, value, element)
    for element in ("Resource", "NotResource"):
        named = statement.resources if element == "Resource" else statement.not_resources
        for pointer, value in subject.each(element, named):
            yield from _advise_text(subject, pointer, value)
            yield from _in_head(pointer, value)
    for condition in statement.conditions:
        pointer = subject.condition(condition)
        for value in condition.values:
            if family(take_apart(condition.operator)[1]) in ("String", "Arn"):
                yield from _advise_text(subject, pointer, value)
            else:
                yield from _under_operator(pointer, value, condition.operator)


def _advise_text(subject: Subject, pointer: str, value: str) -> Iterator[Advice]:
    if "${" not in value:
        return
    if subject.policy.version != WITH_VARIABLES:
        message = f"without Version {WITH_VARIABLES} `{value}` is plain text, and no variable is filled in"
        check = analyzer("error", "VARIABLE_UNSUPPORTED_IN_VERSION")
        yield Advice(pointer, value, message, None, **check)
        return
    for found in _PLACEHOLDER.finditer(value):
        yield from _advise_variable(pointer, found[0], found["inner"], closed=bool(found["end"]))


def _advise_variable(pointer: str, raw: str, inner: str, *, closed: bool) -> Iterator[Advice]:
    name, comma, default = inner.partition(",")
    if not closed:
        check = analyzer("error", "MISSING_BRACE_IN_VARIABLE")
        yield Advice(pointer, raw, f"`{raw}` has no closing brace", f"{raw}}}", **check)
    elif not name.strip():
        yield Advice(pointer, raw, f"`{raw}` names no key", None, **analyzer("error", "EMPTY_VARIABLE"))
    elif name in ("*", "?", "$"):
        return
    elif comma and not _DEFAULT.fullmatch(default):
        message = f"the default value of `{raw}` stands between single quotes"
        suggestion = f"${{{name}, '{default.strip().strip(chr(39))}'}}"
        yield Advice(pointer, raw, message, suggestion, **analyzer("error", "MISSING_QUOTE_IN_VARIABLE"))
    else:
        yield from _advise_name(pointer, raw, name)


def _advise_name(pointer: str, raw: str, name: str) -> Iterator[Advice]:
    key = find(name.strip())
    if name != name.strip():
        check = analyzer("error", "UNSUPPORTED_SPACE_IN_VARIABLE")
        yield Advice(
            pointer, raw, f"the name in `{raw}` has a space", raw.replace(name, name.strip()), **check
        )
    elif key is None:
        meant = nearest_key(name)
        suggestion = raw.replace(name, meant) if meant else None
        yield Advice(pointer, raw, f"no request has the key `{name}`", suggestion, _PAGE)
    elif key.multivalued:
        message = f"`{name}` has several values, and such a key is no variable"
        yield Advice(pointer, raw, message, None, _PAGE)


def _in_head(pointer: str, value: str) -> Iterator[Advice]:
    head = ":".join(re.sub(r"\$\{[^}]*\}", "$", value).split(":", 5)[:5])
    if "$" in head and "${" in value:
        message = "variables stand after the fifth colon of an ARN only, so that this one matches nothing"
        yield Advice(pointer, value, message, None, _PAGE)


def _misplaced(pointer: str, value: str, element: str) -> Iterator[Advice]:
    if "${" in value:
        message = f"{element} takes no variables, so that `{value}` matches nothing"
        yield Advice(pointer, value, message, None, **analyzer("error", "VARIABLE_UNSUPPORTED_IN_ELEMENT"))


def _under_operator(pointer: str, value: str, operator: str) -> Iterator[Advice]:
    if "${" in value:
        message = f"`{operator}` takes no variables: they work with String and ARN operators"
        yield Advice(pointer, value, message, None, **analyzer("error", "INVALID_VARIABLE_FOR_OPERATOR"))
