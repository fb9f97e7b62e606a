"""A request's condition keys as ContextEntries of AWS's policy simulator.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.policy import PolicySet, values

#: Beginning of an operator → ContextKeyType, and what reads such a value.
_TYPES = (
    ("Numeric", "numeric", values.number),
    ("Date", "date", values.date),
    ("Bool", "boolean", values.boolean),
    ("IpAddress", "ip", values.network),
    ("NotIpAddress", "ip", values.network),
)


def context_entries(context: Mapping[str, str | Sequence[str]], policies: PolicySet) -> list[dict[str, Any]]:
    """One entry for each key; a list of values is a multivalued key."""
    return [_entry(key, value, tuple(_operators(key, policies))) for key, value in context.items()]


def _entry(key: str, value: str | Sequence[str], operators: tuple[str, ...]) -> dict[str, Any]:
    single = isinstance(value, str)
    given = [value] if isinstance(value, str) else list(value)
    kind = _type(given, operators)
    return {
        "ContextKeyName": key,
        "ContextKeyValues": given,
        "ContextKeyType": kind if single else f"{kind}List",
    }


def _type(given: Sequence[str], operators: tuple[str, ...]) -> str:
    """The type by which the policies compare the values, where they are of that type."""
    for beginning, kind, read in _TYPES:
        compared = any(operator.startswith(beginning) for operator in operators)
        if compared and all(read(value) is not None for value in given):
            return kind
    return "string"


def _operators(key: str, policies: PolicySet) -> Iterator[str]:
    """The operators under which the policies name a key, without their set operators."""
    for layer in policies.layers:
        for policy in layer.policies:
            for statement in policy.statements:
                for condition in statement.conditions:
                    if condition.key.lower() == key.lower():
                        yield condition.operator.rpartition(":")[2]
