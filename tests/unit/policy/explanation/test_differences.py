"""Two strings side by side."""

import re
import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.policy.explanation.differences import Difference, differs_at, nearest

WORD = st.text("ab:/", max_size=9)
PATTERN = st.text("ab:/*?", max_size=9)


@pytest.mark.parametrize(
    "pattern, value, at",
    [
        ("arn:aws:s3:::homes/me/*", "arn:aws:s3:::homes/you/a", 19),
        ("a*c", "abbc", 4),
        ("a*c", "abbd", 4),
        ("a?c", "axd", 2),
        ("abc", "ab", 2),
        ("", "x", 0),
        ("*", "anything", 8),
    ],
)
def test_the_place_where_the_pattern_can_no_longer_follow(pattern: str, value: str, at: int) -> None:
    assert differs_at(pattern, value) == at


@given(PATTERN, WORD)
def test_what_matches_is_followed_to_its_end(pattern: str, value: str) -> None:
    followed = differs_at(pattern, value)

    if fnmatchcase(value, pattern):
        assert followed == len(value)
    # Up to there some text that begins so would match, and beyond it none.
    prefixes = [re.compile(_glob(pattern[:end])) for end in range(len(pattern) + 1)]
    assert any(prefix.fullmatch(value[:followed]) for prefix in prefixes)
    if followed < len(value):
        assert not any(prefix.fullmatch(value[: followed + 1]) for prefix in prefixes)


def _glob(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


@given(PATTERN, WORD)
def test_the_nearest_text_matches_and_is_the_value_itself_where_that_matches(
    pattern: str, value: str
) -> None:
    found = nearest(pattern, value)

    assert fnmatchcase(found, pattern)
    assert (found == value) is fnmatchcase(value, pattern)


def test_the_nearest_text_keeps_what_it_can() -> None:
    assert nearest("arn:aws:s3:::homes/me/*", "arn:aws:s3:::homes/you/a/b") == "arn:aws:s3:::homes/me/a/b"
    assert nearest("public/*", "us-east-1:88888888/x") == "public/x"
    assert nearest("a/b-*", "a/b-1/c") == "a/b-1/c"
    assert nearest("s3:Get*", "s3:PutObject") == "s3:GetObject"


@given(st.text("ab/*", max_size=30), st.text("ab/*", max_size=30))
def test_the_runs_put_together_are_the_two_texts(pattern: str, value: str) -> None:
    difference = Difference(pattern, value)

    assert "".join(part[1] for part in difference.parts) == pattern
    assert "".join(part[2] for part in difference.parts) == value
    assert all(first == second for tag, first, second in difference.parts if tag == "equal")
    assert (difference.similarity == 1) is (pattern == value)


def test_long_texts_are_compared_at_once() -> None:
    started = time.perf_counter()
    difference = Difference("ab" * 40_000, "ba" * 40_000)

    assert 0 < difference.similarity < 1
    assert "".join(part[2] for part in difference.parts) == difference.value
    assert nearest("a/" * 200, "b/" * 200)
    assert time.perf_counter() - started < 2


def test_texts_too_long_to_compare_still_get_one_that_matches() -> None:
    assert nearest("a*" + "b" * 300, "c" * 2000) == "a" + "b" * 300


def test_the_lines_point_at_the_character() -> None:
    difference = Difference("a/me/*", "a/you/x")

    assert difference.lines == ("pattern a/me/*", "request a/you/x", "          ^ character 3")
    assert "".join(part[1] for part in difference.parts) == "a/me/*"
    assert "".join(part[2] for part in difference.parts) == "a/you/x"
    assert 0 < difference.similarity < 1


def test_what_is_alike_by_chance_inside_of_what_differs_differs_too() -> None:
    """Two ids share a letter here and there; a name that follows them both is no chance."""
    difference = Difference("home/9f2e4a-bc/notes", "home/4a9f3e-dc/notes")

    assert difference.parts == (
        ("equal", "home/", "home/"),
        ("replace", "9f2e4a-b", "4a9f3e-d"),
        ("equal", "c/notes", "c/notes"),
    )
