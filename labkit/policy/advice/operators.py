"""Advice on condition operators: those that do not fit their key, their values, or each other.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labkit.policy import values
from labkit.policy.advice.record import GUIDE, Advice, Subject, analyzer
from labkit.policy.conditions import FOR_ALL, FOR_ANY, NULL, OPERATORS, Condition, take_apart
from labkit.policy.context_keys import ContextKey

_SETS = f"{GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html"
_OPERATORS = f"{GUIDE}/reference_policies_elements_condition_operators.html"
#: Type of a key → the families of operators that compare it. AWS's own policies compare many an ARN as
#: a string, which does what it says.
_FAMILIES = {
    "String": ("String", "Arn", "Binary"),
    "ARN": ("Arn", "String"),
    "Bool": ("Bool",),
    "Date": ("Date",),
    "IPAddress": ("IpAddress",),
    "Numeric": ("Numeric",),
}
#: Family of operators → (how a value is read, Access Analyzer's check, what is expected).
_READERS: dict[str, tuple[Callable[[str], object], str, str]] = {
    "Numeric": (values.number, "TYPE_MISMATCH_NUMBER", "a number"),
    "Date": (values.date, "TYPE_MISMATCH_DATE", "a date such as `2026-01-31T00:00:00Z`"),
    "Bool": (values.boolean, "TYPE_MISMATCH_BOOLEAN", "`true` or `false`"),
    "IpAddress": (values.network, "TYPE_MISMATCH_IP_RANGE", "an address range such as `203.0.113.0/24`"),
}


def family(operator: str) -> str:
    """`StringNotLike` → `String`, `NotIpAddress` → `IpAddress`, `Null` → `Null`."""
    names = ("String", "Numeric", "Date", "Bool", "Binary", "IpAddress", "Arn", NULL)
    return next(name for name in names if name in operator)


def advise_operator(pointer: str, condition: Condition, key: ContextKey) -> Iterator[Advice]:
    quantifier, base, _ = take_apart(condition.operator)
    if base == NULL:
        return
    allowed = _FAMILIES.get(key.value_type or "", ())
    if allowed and family(base) not in allowed:
        message = f"`{condition.key}` is of type {key.value_type}: `{base}` does not compare it as one"
        suggestion = _operator_for(condition.operator, base, allowed[0])
        yield Advice(
            pointer, condition.operator, message, suggestion, **analyzer("general warning", "TYPE_MISMATCH")
        )
    if key.type is not None:
        yield from _advise_quantifier(pointer, condition, key, quantifier)


def _advise_quantifier(
    pointer: str, condition: Condition, key: ContextKey, quantifier: str
) -> Iterator[Advice]:
    if key.multivalued and not quantifier:
        message = f"`{condition.key}` has several values: say ForAnyValue or ForAllValues"
        suggestion = f"{FOR_ALL if 'Not' in condition.operator else FOR_ANY}:{condition.operator}"
        check = analyzer("error", "MISSING_QUALIFIER")
        yield Advice(pointer, condition.operator, message, suggestion, **check)
    elif quantifier and not key.multivalued:
        why = "is true where it is absent" if quantifier == FOR_ALL else "is meant for keys with several"
        message = f"`{condition.key}` has one value, and {quantifier} {why}"
        suggestion = condition.operator.partition(":")[2]
        check = analyzer("security warning", "FORALLVALUES_WITH_SINGLE_VALUED_KEY")
        extra = check if quantifier == FOR_ALL else {"source": _SETS}
        yield Advice(pointer, condition.operator, message, suggestion, **extra)


def _operator_for(operator: str, base: str, wanted: str) -> str | None:
    """The same comparison of another family, where there is one."""
    negated = "Not" if "Not" in base else ""
    names = (base.replace(family(base), wanted), f"{wanted}{negated}Equals", f"{negated}{wanted}")
    found = next((name for name in names if name in OPERATORS), None)
    return operator.replace(base, found) if found else None


def advise_values(pointer: str, condition: Condition) -> Iterator[Advice]:
    _, base, _ = take_apart(condition.operator)
    if not condition.values:
        message = f"there is no value for `{condition.key}`, so that nothing equals one"
        yield Advice(pointer, "[]", message, None, **analyzer("suggestion", "EMPTY_ARRAY_CONDITION"))
    read, check, expected = _READERS.get(family(base), (str, "", ""))
    for value in condition.values:
        if "${" not in value and read(value) is None:
            message = f"`{value}` is never equal to anything under `{base}`: expected {expected}"
            yield Advice(pointer, value, message, None, **analyzer("general warning", check))
        if base.startswith(("StringEquals", "StringNotEquals")) and _has_wildcard(value):
            message = f"`{base}` compares `{value}` as it is: its wildcards are plain characters"
            suggestion = condition.operator.replace(base, "StringNotLike" if "Not" in base else "StringLike")
            wildcard = analyzer("general warning", "WILDCARD_WITHOUT_LIKE_OPERATOR")
            yield Advice(pointer, value, message, suggestion, **wildcard)


def _has_wildcard(value: str) -> bool:
    plain = value.replace("${*}", "").replace("${?}", "")
    return "*" in plain or "?" in plain


def advise_contradictions(subject: Subject) -> Iterator[Advice]:
    """Two conditions on one key that no value can meet, so that the statement never applies."""
    conditions = subject.statement.conditions
    for index, one in enumerate(conditions):
        for other in conditions[index + 1 :]:
            if one.key.lower() == other.key.lower() and (_exclude(one, other) or _exclude(other, one)):
                pointer = subject.condition(other)
                message = f"`{one.operator}` and `{other.operator}` on `{one.key}` are never true at once"
                yield Advice(pointer, ", ".join(other.values), message, None, _OPERATORS)
            elif one.operator == other.operator and one.key.lower() == other.key.lower():
                pointer = subject.condition(other)
                message = f"`{one.key}` and `{other.key}` are the same key, as case does not count"
                check = analyzer("error", "DUPLICATE_KEYS_WITH_DIFFERENT_CASE")
                yield Advice(pointer, other.key, message, one.key, **check)


def _exclude(one: Condition, other: Condition) -> bool:
    if one.operator == "StringEquals":
        equal, given = set(one.values), set(other.values)
        plain = not any("${" in value for value in equal | given)
        return plain and (
            (other.operator == "StringEquals" and not equal & given)
            or (other.operator == "StringNotEquals" and equal <= given)
        )
    absent = one.operator == NULL and [value.lower() for value in one.values] == ["true"]
    return absent and other.operator in (
        "StringEquals",
        "StringLike",
        "Bool",
        "ArnLike",
        "ArnEquals",
        "IpAddress",
    )
