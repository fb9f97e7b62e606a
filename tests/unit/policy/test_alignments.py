"""Pieces of a pattern and of a value; the pattern's own matching is what they are measured by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labkit.policy.explanation.alignments import PieceKind, align
from labkit.policy.match import like
from labkit.policy.variables import prepare, tokenize

VERSION = "2012-10-17"
PATTERNS = st.lists(st.sampled_from(["a", "b", "/", "*", "?", "${*}", "${k}"]), max_size=12).map("".join)
VALUES = st.text("ab/*?", max_size=12)


@given(PATTERNS, VALUES, st.text("ab*", max_size=3))
def test_pieces_fit_where_the_pattern_matches_and_are_both_texts_in_full(
    pattern: str, value: str, variable: str
) -> None:
    context, tokens = prepare({"k": variable}), tokenize(pattern, version=VERSION)
    pieces = align(tokens, context, value)
    parted = any(piece.kind is PieceKind.DIFFERS for piece in pieces)
    assert parted is not like(pattern, version=VERSION).matches(value, context)
    assert "".join(piece.value for piece in pieces) == value
    assert all(piece.pattern == piece.value for piece in pieces if piece.kind is PieceKind.TEXT)
    assert all(piece.kind is not PieceKind.DIFFERS for piece in pieces[:-1])


def test_a_hard_pattern_is_followed_in_time() -> None:
    pieces = align(tokenize("*a" * 200 + "b", version=VERSION), {}, "a" * 2048)
    assert pieces[-1].kind is PieceKind.DIFFERS
