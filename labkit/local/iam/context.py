"""ContextEntries of a simulation.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.local.iam.sources import invalid
from labkit.policy import values

ContextValue = str | tuple[str, ...]

#: ContextKeyType, without `List` → reads a value, None where it is none of that type.
_READ: dict[str, Callable[[str], object]] = {
    "numeric": values.number,
    "boolean": values.boolean,
    "date": values.date,
    "ip": values.network,
}


def context(entries: list[dict[str, Any]]) -> dict[str, ContextValue]:
    """The condition keys that the request brings. Raises InvalidInput for values of another type."""
    found: dict[str, ContextValue] = {}
    for entry in entries:
        name = entry.get("ContextKeyName")
        if not name:
            raise invalid("A context entry needs a ContextKeyName.")
        if name.lower() in map(str.lower, found):
            raise invalid(f"The context key {name} is given more than once.")
        found[name] = _value(name, entry)
    return found


def _value(name: str, entry: dict[str, Any]) -> ContextValue:
    given, kind = tuple(entry.get("ContextKeyValues") or ()), entry.get("ContextKeyType") or "string"
    read = _READ.get(kind.removesuffix("List"))
    for value in given:
        if read is not None and read(value) is None:
            raise invalid(f"The value {value} of the context key {name} is not of type {kind}.")
    if kind.endswith("List"):
        return given
    if len(given) > 1:
        raise invalid(f"The context key {name} of type {kind} takes one value.")
    return given[0] if given else ()
