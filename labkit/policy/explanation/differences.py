"""Two strings side by side: where a value leaves a pattern, and the nearest value that fits it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from labkit.policy.match import like

#: Longer texts are compared up to here: ARNs have 2,048 characters at most.
_LONGEST = 2048
#: Two ids are alike for less than this here and there.
_CHANCE = 5
#: What differs is looked through for what is alike up to here: longer takes quadratic time.
_SEARCHED = 400
#: The tables of `nearest` have this many cells at most, of letters and of names.
_CELLS, _NAME_CELLS = 60_000, 900


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
        alike = sum(b - a for tag, a, b, _, _ in _codes(self.pattern, self.value) if tag == "equal")
        both = len(self.pattern) + len(self.value)
        return 2 * alike / both if both else 1.0

    @property
    def parts(self) -> tuple[tuple[str, str, str], ...]:
        """Runs of both strings: (`equal` | `replace` | `delete` | `insert`, the pattern's, the value's).

        What is alike for a few characters only, inside of what differs, is chance and differs too.
        """
        codes = _codes(self.pattern, self.value)
        runs: list[tuple[str, str, str]] = []
        for place, (tag, a, b, c, d) in enumerate(codes):
            first, second = self.pattern[a:b], self.value[c:d]
            chance = tag == "equal" and 0 < place < len(codes) - 1 and b - a < _CHANCE
            if runs and runs[-1][0] != "equal" and (chance or tag != "equal"):
                _, before, after = runs.pop()
                runs.append(("replace", before + first, after + second))
            else:
                runs.append((tag, first, second))
        return tuple(runs)

    @property
    def lines(self) -> tuple[str, str, str]:
        """Pattern and value under each other, and a mark below the value's first character that differs."""
        return (
            f"pattern {self.pattern}",
            f"request {self.value}",
            f"        {' ' * self.at}^ character {self.at + 1}",
        )


def _codes(first: str, second: str) -> list[tuple[str, int, int, int, int]]:
    """difflib's opcodes. What both begin and end with is found at once, and only a part between searched."""
    begin = _alike(first, second)
    end = _alike(first[begin:][::-1], second[begin:][::-1])
    a, b = len(first) - end, len(second) - end
    c, d = min(a, begin + _SEARCHED), min(b, begin + _SEARCHED)
    between = SequenceMatcher(None, first[begin:c], second[begin:d], autojunk=False).get_opcodes()
    found = [("equal", 0, begin, 0, begin)] if begin else []
    found += [(tag, *(place + begin for place in places)) for tag, *places in between]  # type: ignore[misc]
    found += [("replace", c, a, d, b)] if (c, d) != (a, b) else []
    return found + ([("equal", a, len(first), b, len(second))] if end else [])


def _alike(first: str, second: str) -> int:
    """With how many characters both begin."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(second)))


def spelled(*values: str) -> str:
    """Values for a sentence: in backticks, where there is anything to see."""
    text = ", ".join(values)
    return f"`{text}`" if text else "an empty value"


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
    """A text that matches `pattern`, made from `value` by changing as few of its names as can be.

    Names are what stands between `/`; one with wildcards in it is changed letter by letter.
    """
    if like(pattern, version="").matches(value, {}):
        return value
    wanted, given = _names(pattern), _names(value)
    if len(wanted) * len(given) > _NAME_CELLS or len(pattern) * len(value) > _CELLS:
        return pattern.replace("*", "").replace("?", "x")
    return "".join(_align(wanted, given, _rename, gap=2.0))


#: From an element of the pattern and one of the value to what it costs to put the second output in.
Pair = Callable[[str, str], tuple[float, str]]


def _names(text: str) -> list[str]:
    """The fields of an ARN and the names between `/`, with what parts them.

    A `*` at the edge of a name may go on beyond it.
    """
    fields = re.split("(:)", text, maxsplit=5) if text.startswith("arn:") else [text]
    names = [name for field in fields for name in re.split("(/)", field)]
    found = []
    for name in names:
        before = ["*"] if len(name) > 1 and name.startswith("*") else []
        after = ["*"] if len(name) > 1 and name.endswith("*") else []
        found += [*before, name, *after]
    return [name for name in found if name]


def _rename(wanted: str, given: str) -> tuple[float, str]:
    if wanted == given:
        return 0.0, given
    if wanted in "/:" or given in "/:":
        return float("inf"), wanted
    text = wanted
    if "*" in wanted or "?" in wanted:
        text = "".join(_align(list(wanted), list(given), _respell, gap=1.0))
    if text == given:
        return 0.0, given
    return 2 - Difference(text, given).similarity, text


def _respell(wanted: str, given: str) -> tuple[float, str]:
    same = wanted in ("?", given)
    return (0.0, given) if same else (1.0, wanted)


def _align(wanted: Sequence[str], given: Sequence[str], pair: Pair, *, gap: float) -> list[str]:
    """The cheapest way through both; `*` takes as many elements as it likes, any other gap has its price."""
    rows = [[(gap * j, _DROP) for j in range(len(given) + 1)]]
    for element in wanted:
        above, row = rows[-1], list[tuple[float, str]]()
        for j in range(len(given) + 1):
            options = [(above[j][0] + (0 if element == "*" else gap), _ADD)]
            if j:
                step = 0 if element == "*" else gap
                options.append((row[j - 1][0] + step, _KEEP if element == "*" else _DROP))
            if j and element != "*":
                options.append((above[j - 1][0] + pair(element, given[j - 1])[0], _PAIR))
            row.append(min(options, key=lambda option: option[0]))
        rows.append(row)
    return _walk_back(rows, wanted, given, pair)


_ADD, _DROP, _KEEP, _PAIR = "add", "drop", "keep", "pair"


def _walk_back(
    rows: Sequence[Sequence[tuple[float, str]]], wanted: Sequence[str], given: Sequence[str], pair: Pair
) -> list[str]:
    i, j, found = len(wanted), len(given), list[str]()
    while i or j:
        move = rows[i][j][1]
        if move == _PAIR:
            found.append(pair(wanted[i - 1], given[j - 1])[1])
        elif move == _KEEP:
            found.append(given[j - 1])
        elif move == _ADD:
            found.append(wanted[i - 1].replace("*", "").replace("?", "x"))
        i -= move in (_ADD, _PAIR)
        j -= move in (_DROP, _KEEP, _PAIR)
    return found[::-1]
