"""A pattern beside a value, piece by piece: what wildcards and variables stand for, and where they part.

The pattern's own matching decides; this only shows what it saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from labkit.policy.variables import Context, Literal, Token, Variable

#: Longer texts are followed up to here: ARNs have 2,048 characters at most.
_LONGEST = 2048


class PieceKind(StrEnum):
    """What a run of a pattern is."""

    TEXT = "text"
    WILDCARD = "wildcard"
    VARIABLE = "variable"
    #: From here on the value is another one.
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the resolved pattern, and the run of the value that it stands for."""

    kind: PieceKind
    pattern: str
    value: str


@dataclass(frozen=True, slots=True)
class _Element:
    """One character of a resolved pattern; a wildcard only where `kind` says so."""

    char: str
    kind: PieceKind
    #: Number of its token, or of the wildcard: elements of one number are one piece.
    piece: int

    @property
    def is_star(self) -> bool:
        return self.kind is PieceKind.WILDCARD and self.char == "*"

    def takes(self, char: str) -> bool:
        return self.kind is PieceKind.WILDCARD or self.char == char


def align(
    tokens: Sequence[Token], context: Context, value: str, *, wildcards: bool = True
) -> tuple[Piece, ...]:
    """The pieces of both, from the left; the last one `differs` where the value leaves the pattern.

    Every variable must have a value in `context`.
    """
    elements = tuple(_elements(tokens, context, wildcards))[:_LONGEST]
    whole, value = value, value[:_LONGEST]
    reached = _reached(elements, value)
    end = len(reached) - 1
    fits = end == len(value) and len(elements) in reached[end]
    place = len(elements) if fits else max(reached[end])
    owners = _owners(elements, value, reached, end, place)
    pieces = list(_pieces(elements[:place], value, owners))
    if not fits:
        rest = "".join(element.char for element in elements[place:])
        pieces.append(Piece(PieceKind.DIFFERS, rest, whole[end:]))
    return tuple(pieces)


def runs(text: str, *, wildcards: bool = True) -> Iterator[tuple[PieceKind, str]]:
    """`text` cut at its wildcards."""
    for wild, chars in groupby(text, lambda char: wildcards and char in "*?"):
        yield (PieceKind.WILDCARD if wild else PieceKind.TEXT), "".join(chars)


def _elements(tokens: Sequence[Token], context: Context, wildcards: bool) -> Iterator[_Element]:
    number = 0
    for token in tokens:
        for kind, text in _texts(token, context, wildcards):
            number += 1
            yield from (_Element(char, kind, number) for char in text)


def _texts(token: Token, context: Context, wildcards: bool) -> Iterator[tuple[PieceKind, str]]:
    """A variable's value is only ever text, whatever characters it has; so is an escaped character."""
    if isinstance(token, Variable):
        yield PieceKind.VARIABLE, token.value(context) or ""
    elif isinstance(token, Literal):
        yield PieceKind.TEXT, token.text
    else:
        yield from runs(token, wildcards=wildcards)


def _reached(elements: Sequence[_Element], value: str) -> list[set[int]]:
    """For each number of characters read, how many elements may be behind; ends where there is no way on."""
    found = [_after_stars(elements, {0})]
    for char in value:
        followed = {
            place if elements[place].is_star else place + 1
            for place in found[-1]
            if place < len(elements) and elements[place].takes(char)
        }
        if not followed:
            break
        found.append(_after_stars(elements, followed))
    return found


def _after_stars(elements: Sequence[_Element], places: set[int]) -> set[int]:
    found = set(places)
    for place in places:
        while place < len(elements) and elements[place].is_star:
            place += 1  # noqa: PLW2901 - walks on from it
            found.add(place)
    return found


def _owners(
    elements: Sequence[_Element], value: str, reached: Sequence[set[int]], read: int, place: int
) -> list[int]:
    """Which element took each character, walking back on a way that leads to `place`."""
    owners = [0] * read
    while read:
        before = reached[read - 1]
        if place < len(elements) and elements[place].is_star and place in before:
            read -= 1
            owners[read] = place
        elif place and place - 1 in before and _steps(elements[place - 1], value[read - 1]):
            read, place = read - 1, place - 1
            owners[read] = place
        else:
            place -= 1
    return owners


def _steps(element: _Element, char: str) -> bool:
    return not element.is_star and element.takes(char)


def _pieces(elements: Sequence[_Element], value: str, owners: Sequence[int]) -> Iterator[Piece]:
    taken: dict[int, list[str]] = {}
    for index, owner in enumerate(owners):
        taken.setdefault(owner, []).append(value[index])
    numbered = groupby(enumerate(elements), lambda each: (each[1].piece, each[1].kind))
    for (_, kind), members in numbered:
        run = list(members)
        spanned = "".join(char for index, _ in run for char in taken.get(index, ()))
        yield Piece(kind, "".join(element.char for _, element in run), spanned)
