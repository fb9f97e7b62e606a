"""Two strings side by side: where a value leaves a pattern, and the nearest value that fits it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

#: Longer texts are compared up to here: ARNs have 2,048 characters at most.
_LONGEST = 2048
#: The table of `nearest` has this many cells at most.
_CELLS = 60_000


@dataclass(frozen=True)
class Difference:
    """A pattern as the request resolved it, and the request's value, which it does not match."""

    pattern: str
    value: str

    @cached_property
    def at(self) -> int:
        """Index of the first character that the pattern cannot follow; the length if the value ends early."""
        return differs_at(self.pattern, self.value)

    @cached_property
    def similarity(self) -> float:
        """From 0 (nothing in common) to 1."""
        return SequenceMatcher(None, self.pattern, self.value, autojunk=False).ratio()

    @property
    def parts(self) -> tuple[tuple[str, str, str], ...]:
        """Runs of both strings: (`equal` | `replace` | `delete` | `insert`, the pattern's, the value's)."""
        codes = SequenceMatcher(None, self.pattern, self.value, autojunk=False).get_opcodes()
        return tuple((tag, self.pattern[a:b], self.value[c:d]) for tag, a, b, c, d in codes)

    @property
    def lines(self) -> tuple[str, str, str]:
        """Pattern and value under each other, and a mark below the value's first character that differs."""
        return (
            f"pattern {self.pattern}",
            f"request {self.value}",
            f"        {' ' * self.at}^ character {self.at + 1}",
        )


def differs_at(pattern: str, value: str) -> int:
    """How many characters of `value` the pattern can follow, `*` and `?` being wildcards."""
    pattern, value = pattern[:_LONGEST], value[:_LONGEST]
    places = _after_stars(pattern, {0})
    for index, char in enumerate(value):
        followed = {
            place if pattern[place] == "*" else place + 1
            for place in places
            if place < len(pattern) and pattern[place] in ("*", "?", char)
        }
        if not followed:
            return index
        places = _after_stars(pattern, followed)
    return len(value)


def _after_stars(pattern: str, places: set[int]) -> set[int]:
    """Those places, and the ones that a `*` matching nothing leads to."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "*":
            place += 1  # noqa: PLW2901 - walks on from it
            found.add(place)
    return found


def nearest(pattern: str, value: str) -> str:
    """The text that matches `pattern` with the fewest characters changed in `value`."""
    if len(pattern) * len(value) > _CELLS:
        return pattern.replace("*", "").replace("?", "x")
    return _walk_back(_costs(pattern, value), pattern, value)


def _costs(pattern: str, value: str) -> list[list[int]]:
    """Characters to change so that the first `j` of the value match the first `i` of the pattern."""
    costs = [list(range(len(value) + 1))]
    for i, char in enumerate(pattern):
        above, row = costs[i], list[int]()
        for j in range(len(value) + 1):
            if char == "*":
                options = [above[j], *([row[j - 1]] if j else [])]
            else:
                options = [above[j] + 1, *([row[j - 1] + 1] if j else [])]
                if j:
                    options.append(above[j - 1] + (char not in ("?", value[j - 1])))
            row.append(min(options))
        costs.append(row)
    return costs


def _walk_back(costs: list[list[int]], pattern: str, value: str) -> str:
    i, j, found = len(pattern), len(value), []
    while i or j:
        char, here = pattern[i - 1] if i else "", costs[i][j]
        step = 0 if char == "*" else 1
        same = char in ("?", value[j - 1]) if i and j else False
        if i and j and char != "*" and here == costs[i - 1][j - 1] + (not same):
            found.append(value[j - 1] if same else char)
            i, j = i - 1, j - 1
        elif char == "*" and j and here == costs[i][j - 1]:
            found.append(value[j - 1])
            j -= 1
        elif i and here == costs[i - 1][j] + step:
            found.append({"*": "", "?": "x"}.get(char, char))
            i -= 1
        else:
            j -= 1
    return "".join(reversed(found))
