"""Advice on the Condition element: keys that do not exist, operators that do not fit them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from labkit.policy import reference, values
from labkit.policy.advice.record import GUIDE, Advice, Subject, analyzer
from labkit.policy.conditions import FOR_ALL, NULL, OPERATORS, Condition, take_apart
from labkit.policy.context_keys import ContextKey, find, nearest_key

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
_READERS = {
    "Numeric": (values.number, "TYPE_MISMATCH_NUMBER", "a number"),
    "Date": (values.date, "TYPE_MISMATCH_DATE", "a date such as `2026-01-31T00:00:00Z`"),
    "Bool": (values.boolean, "TYPE_MISMATCH_BOOLEAN", "`true` or `false`"),
    "IpAddress": (values.network, "TYPE_MISMATCH_IP_RANGE", "an address range such as `203.0.113.0/24`"),
}
#: What a request may list itself, so that listing nothing is as good as listing what is allowed.
_LISTED_IN_REQUEST = ("TagKeys", "EncryptionContextKeys", "GrantOperations")
_TAGS = ("aws:principaltag", "aws:requesttag", "aws:resourcetag")


def advise_conditions(subject: Subject) -> Iterator[Advice]:
    for condition in subject.statement.conditions:
        pointer = f"{subject.pointer}.Condition.{condition.operator}.{condition.key}"
        key = find(condition.key)
        if key is None:
            yield _unknown_key(pointer, condition.key)
        else:
            yield from _advise_support(subject, pointer, condition.key, key)
            yield from _advise_operator(subject, pointer, condition, key)
        yield from _advise_values(pointer, condition)
    yield from _advise_contradictions(subject)


def family(operator: str) -> str:
    """`StringNotLike` → `String`, `NotIpAddress` → `IpAddress`, `Null` → `Null`."""
    names = ("String", "Numeric", "Date", "Bool", "Binary", "IpAddress", "Arn", NULL)
    return next(name for name in names if name in operator)


def _unknown_key(pointer: str, key: str) -> Advice:
    prefix, colon, _ = key.partition(":")
    if key.lower() in _TAGS:
        message = f"`{key}` needs a tag's key: `{key}/tag-key`"
        return Advice(pointer, key, message, None, **analyzer("error", "MISSING_TAG_KEY_IN_CONDITION"))
    if not colon:
        message = f"`{key}` is no condition key: expected `service:name`"
        return Advice(
            pointer, key, message, nearest_key(key), **analyzer("error", "INVALID_CONDITION_KEY_FORMAT")
        )
    kind = "GLOBAL" if prefix.lower() == "aws" else "SERVICE"
    message = f"no request has the key `{key}`"
    check = analyzer("error", f"INVALID_{kind}_CONDITION_KEY")
    return Advice(pointer, key, message, nearest_key(key), **check)


def _advise_support(subject: Subject, pointer: str, key: str, known: ContextKey) -> Iterator[Advice]:
    """A service's key is in the requests of those actions only whose table lists it."""
    prefix = key.lower().partition(":")[0]
    actions = subject.known_actions or ()
    if known.everywhere or prefix not in {service for service, _ in actions} or prefix in ("iot", "sts"):
        return
    if not any(_stem(known.name) in map(_stem, reference.keys_of(*action)) for action in actions):
        named = subject.statement.actions
        what = f"`{named[0]}` has" if len(named) == 1 else "none of the statement's actions has"
        negation = "no" if len(named) == 1 else "the"
        message = f"{what} {negation} key `{key}`, so that the condition sees it absent"
        yield Advice(pointer, key, message, None, **analyzer("error", "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"))


def _stem(key: str) -> str:
    """`s3:ExistingObjectTag` of `s3:ExistingObjectTag/<key>`: a tag's key stands for any."""
    return re.split(r"/|\$\{", key.lower())[0]


def _advise_operator(
    subject: Subject, pointer: str, condition: Condition, key: ContextKey
) -> Iterator[Advice]:
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
    if key.multivalued and quantifier == FOR_ALL and subject.allows and _may_be_absent(subject, key):
        yield Advice(
            pointer,
            condition.operator,
            f"ForAllValues is true where `{condition.key}` is absent: ask for its presence with "
            f'`"Null": {{"{condition.key}": "false"}}`',
            None,
            _SETS,
        )


def _advise_quantifier(
    pointer: str, condition: Condition, key: ContextKey, quantifier: str
) -> Iterator[Advice]:
    if key.multivalued and not quantifier:
        message = f"`{condition.key}` has several values: say ForAnyValue or ForAllValues"
        suggestion = f"ForAnyValue:{condition.operator}"
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


def _may_be_absent(subject: Subject, key: ContextKey) -> bool:
    """Whether the statement applies to requests without the key: it does not ask for its presence, and
    has actions that do not have it.

    Query and GetItem have `dynamodb:LeadingKeys`, Scan has not.
    """
    actions = subject.known_actions or ()
    listed = actions and all(_stem(key.name) in map(_stem, reference.keys_of(*each)) for each in actions)
    same = [each for each in subject.statement.conditions if find(each.key) == key]
    return not (listed or key.name.endswith(_LISTED_IN_REQUEST)) and not any(
        (each.operator == NULL and [value.lower() for value in each.values] == ["false"])
        or (take_apart(each.operator)[0] == "ForAnyValue" and not each.operator.endswith("IfExists"))
        for each in same
    )


def _advise_values(pointer: str, condition: Condition) -> Iterator[Advice]:
    _, base, _ = take_apart(condition.operator)
    if not condition.values:
        message = f"there is no value for `{condition.key}`, so that nothing equals one"
        yield Advice(pointer, "[]", message, None, **analyzer("suggestion", "EMPTY_ARRAY_CONDITION"))
    read, check, expected = _READERS.get(family(base), (None, "", ""))
    for value in condition.values:
        if read is not None and "${" not in value and read(value) is None:
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


def _advise_contradictions(subject: Subject) -> Iterator[Advice]:
    """Two conditions on one key that no value can meet, so that the statement never applies."""
    conditions = subject.statement.conditions
    for index, one in enumerate(conditions):
        for other in conditions[index + 1 :]:
            if one.key.lower() == other.key.lower() and (_exclude(one, other) or _exclude(other, one)):
                pointer = f"{subject.pointer}.Condition.{other.operator}.{other.key}"
                message = f"`{one.operator}` and `{other.operator}` on `{one.key}` are never true at once"
                yield Advice(pointer, _joined(other.values), message, None, _OPERATORS)
            elif one.operator == other.operator and one.key.lower() == other.key.lower():
                pointer = f"{subject.pointer}.Condition.{other.operator}.{other.key}"
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


def _joined(found: Sequence[str]) -> str:
    return ", ".join(found)
