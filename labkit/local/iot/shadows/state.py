"""The arithmetic of a shadow: merge, delta and timestamps of JSON values.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
"""

from __future__ import annotations

from typing import Any

#: A section of a shadow, `desired` or `reported`, or its timestamps in the same shape.
Section = dict[str, Any]


def merged(section: Section, patch: Section) -> Section:
    """`section` with what `patch` says of it: null removes, arrays replace, objects go into each other.

    An object in which nothing is left has no place in a shadow.
    """
    result = dict(section)
    for name, value in patch.items():
        kept = _inside(section.get(name), value) if isinstance(value, dict) else value
        if kept is None:
            result.pop(name, None)
        else:
            result[name] = kept
    return result


def _inside(value: Any, patch: Section) -> Section | None:
    return merged(value if isinstance(value, dict) else {}, patch) or None


def delta(desired: Section, reported: Section) -> Section:
    """The members of `desired` that `reported` lacks or has otherwise, with the path to each."""
    found: Section = {}
    for name, wanted in desired.items():
        actual = reported.get(name)
        if isinstance(wanted, dict) and isinstance(actual, dict):
            if inner := delta(wanted, actual):
                found[name] = inner
        elif not same(wanted, actual):
            found[name] = wanted
    return found


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values; Python takes `true` and 1 for equal."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other)


def stamps(patch: Any, timestamp: int) -> Any:
    """`patch` with `timestamp` for each value; null stays null, so that the stamps merge as the values do."""
    if isinstance(patch, dict):
        return {name: stamps(value, timestamp) for name, value in patch.items()}
    if isinstance(patch, list):
        return [stamps(value, timestamp) for value in patch]
    return None if patch is None else timestamp


def restricted(stamped: Section, section: Section) -> Section:
    """The stamps of those members alone that `section` has."""
    return {
        name: restricted(stamped[name], value) if isinstance(value, dict) else stamped[name]
        for name, value in section.items()
    }


def metadata(stamped: Any, *, removed: int | None = None) -> Any:
    """Stamps as AWS writes them; `removed` is the time of what a request removed."""
    if isinstance(stamped, dict):
        return {name: metadata(value, removed=removed) for name, value in stamped.items()}
    if isinstance(stamped, list):
        return [metadata(value, removed=removed) for value in stamped]
    return {"timestamp": removed if stamped is None else stamped}


def deeper_than(value: Any, levels: int) -> bool:
    """Whether objects and arrays with something in them nest deeper."""
    if not isinstance(value, dict | list) or not value:
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(deeper_than(one, levels - 1) for one in inner)


def null_in_array(value: Any, *, inside: bool = False) -> bool:
    """Whether an array has a null in it, at whatever depth."""
    if isinstance(value, list):
        return any(null_in_array(one, inside=True) for one in value)
    if isinstance(value, dict):
        return any(null_in_array(one, inside=inside) for one in value.values())
    return inside and value is None
