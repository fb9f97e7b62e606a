"""The elements of a policy document as JSON has them, and the refusal of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from labkit.errors import PolicySyntaxError

Element = Mapping[str, Any]

#: A message shows no more of what it refuses.
_LONGEST = 200


def listed(raw: Any) -> tuple[Any, ...]:
    """The values of an element that holds one value or a list of them."""
    return tuple(raw) if isinstance(raw, list | tuple) else (raw,)


def text(value: object) -> str:
    """A condition's value as text; JSON's numbers and booleans as JSON writes them."""
    return value if isinstance(value, str) else json.dumps(value)


def nearest(word: object, choices: Iterable[str], *, similar: float = 0.75) -> str | None:
    """The choice that was probably meant: the same word in another case, or the most similar one."""
    by_lower = {choice.lower(): choice for choice in choices}
    found = get_close_matches(str(word)[:_LONGEST].lower(), by_lower, n=1, cutoff=similar)
    return by_lower[found[0]] if found else None


def refusal(pointer: str, found: object, expected: str, *, choices: Iterable[str] = ()) -> PolicySyntaxError:
    """The error that says where a document is wrong; `choices` are the words that would be right."""
    suggestion = nearest(found, choices) if isinstance(found, str) else None
    return PolicySyntaxError(
        str(_printable(pointer)), found=_printable(found), expected=expected, suggestion=suggestion
    )


def _printable(found: object) -> object:
    """`found` itself, or as much of it as any terminal and any HTTP answer can show."""
    try:
        shown = str(found)
    except (RecursionError, ValueError):
        # Nested without end, or a number of thousands of digits.
        return f"a {type(found).__name__}"
    if len(shown) <= _LONGEST and shown.isprintable():
        return found
    return ascii(shown[:_LONGEST])[1:-1] + ("…" if len(shown) > _LONGEST else "")
