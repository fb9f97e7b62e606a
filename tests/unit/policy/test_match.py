"""Patterns: wildcards, ARNs, variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import fnmatch
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.policy import PatternTrace, VariableTrace, match
from labkit.policy.variables import Literal, Variable, prepare, tokenize

Kind = Callable[..., match.Pattern]
NEW, OLD = "2012-10-17", "2008-10-17"
WORD = st.text("ab:/*?.[", max_size=8)


def test_the_trace_shows_the_pattern_as_written_and_as_resolved() -> None:
    pattern = match.resource("arn:aws:s3:::homes/${aws:username}/*", version=NEW)
    context = prepare({"aws:UserName": "zoe"})

    assert pattern.test("arn:aws:s3:::homes/zoe/x", context) == PatternTrace(
        raw="arn:aws:s3:::homes/${aws:username}/*",
        resolved="arn:aws:s3:::homes/zoe/*",
        matched=True,
        variables=(VariableTrace("${aws:username}", "aws:username", "zoe"),),
    )
    assert not pattern.test("arn:aws:s3:::homes/ann/x", context).matched
    assert pattern.test("arn:aws:s3:::homes/zoe/x", {}) == PatternTrace(
        pattern.raw, None, False, (VariableTrace("${aws:username}", "aws:username", None),)
    )


def test_a_default_is_shown_as_one_where_it_is_taken() -> None:
    pattern = match.like("${aws:PrincipalTag/team, 'none'}-*", version=NEW)
    (tagged,) = pattern.test("red-1", prepare({"aws:PrincipalTag/team": "red"})).variables
    (defaulted,) = pattern.test("none-1", {}).variables

    assert (tagged.value, tagged.defaulted) == ("red", False)
    assert (defaulted.value, defaulted.defaulted) == ("none", True)


def test_a_pattern_is_shown_resolved_even_without_a_value_to_match() -> None:
    pattern = match.like("${aws:username}/*", version=NEW)

    assert pattern.untested(prepare({"aws:username": "zoe"})).resolved == "zoe/*"
    assert pattern.untested({}).resolved is None
    assert match.like("a/*", version=NEW).untested({}).resolved == "a/*"


@given(WORD, WORD)
def test_a_pattern_without_brackets_matches_what_a_shell_glob_matches(pattern: str, value: str) -> None:
    shell = pattern.replace("[", "[[]")

    assert match.like(pattern, version=NEW).test(value, {}).matched is fnmatch.fnmatchcase(value, shell)


@given(WORD, st.text("ab:/*?${}", max_size=8))
def test_a_substituted_value_is_always_a_literal(pattern: str, value: str) -> None:
    context = prepare({"k": value})

    with_variable = match.like(f"{pattern}${{k}}", version=NEW)

    assert with_variable.test(pattern.replace("*", "").replace("?", "a") + value, context).matched
    assert match.exact("${k}", version=NEW).test(value, context).matched
    for other in ("", "a", "ab", value + "a"):
        assert match.like("${k}", version=NEW).test(other, context).matched is (other == value)


def test_a_value_with_the_separator_in_it_matches_nothing_among_wildcards() -> None:
    pattern = match.like("${a}*${b}", version=NEW)

    assert pattern.test("x-y", {"a": "x", "b": "y"}).matched
    assert not pattern.test("x\0y-y", {"a": "x\0y", "b": "y"}).matched


def test_two_variables_keep_their_order_beside_digits() -> None:
    pattern = match.like("${a}0${b}1", version=NEW)

    assert pattern.test("x0y1", {"a": "x", "b": "y"}).matched
    assert not pattern.test("y0x1", {"a": "x", "b": "y"}).matched


def test_ignoring_case_covers_the_values_of_variables_too() -> None:
    assert match.exact("${a}!", version=NEW, ignore_case=True).test("ZOE!", {"a": "zoe"}).matched
    assert not match.exact("${a}!", version=NEW).test("ZOE!", {"a": "zoe"}).matched


@pytest.mark.parametrize("kind", [match.exact, match.like, match.arn, match.resource])
def test_the_older_version_takes_a_variable_as_text(kind: Kind) -> None:
    text = "arn:aws:s3:::${aws:username}"

    assert kind(text, version=NEW).test("arn:aws:s3:::zoe", {"aws:username": "zoe"}).matched
    assert not kind(text, version=OLD).test("arn:aws:s3:::zoe", {"aws:username": "zoe"}).matched
    assert kind(text, version=OLD).test(text, {"aws:username": "zoe"}).matched


def test_a_text_is_cut_at_its_variables_and_escapes() -> None:
    assert tokenize("a${aws:username}b${*}c${k, 'x y'}", version=NEW) == (
        "a",
        Variable("${aws:username}", "aws:username", None),
        "b",
        Literal("*"),
        "c",
        Variable("${k, 'x y'}", "k", "x y"),
    )
    assert tokenize("${unclosed", version=NEW) == ("${unclosed",)


@pytest.mark.parametrize(
    "written, lower_case, matched",
    [
        ("s3:Get*", "s3:getobject", True),
        ("S3:GETOBJECT", "s3:getobject", True),
        ("s3:GetObject", "s3:getobjectacl", False),
        ("*", "s3:getobject", True),
        ("*:*", "s3:getobject", True),
        ("s*:GetObject", "s3:getobject", False),
    ],
)
def test_an_action_s_wildcards_stand_in_its_name_only(written: str, lower_case: str, matched: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"""
    assert match.action(written).test(lower_case, {}).matched is matched


@pytest.mark.parametrize("written", ["shelf/*", "arn", "arn:aws", "arn:*:*:*:*:*", "arn:aws:s?:::x", "?"])
def test_what_is_no_resource_arn_matches_nothing(written: str) -> None:
    assert match.resource("arn:aws:s3:::*", version=NEW).test("arn:aws:s3:::x", {}).matched

    for value in ("arn:aws:s3:::x", "shelf/x", "*", "arn"):
        assert not match.resource(written, version=NEW).test(value, {}).matched


def test_an_incomplete_arn_is_marked() -> None:
    assert match.resource("arn:aws:sqs:us-east-1", version=NEW).incomplete
    assert not match.resource("arn:aws:sqs:us-east-1:111122223333:jobs", version=NEW).incomplete
    assert not match.resource("*", version=NEW).incomplete


@pytest.mark.parametrize("kind", [match.like, match.arn, match.resource])
def test_a_pattern_of_many_asterisks_is_answered_at_once(kind: Kind) -> None:
    pattern = kind("arn:aws:s3:::" + "*a" * 40 + "*b", version=NEW)
    started = time.perf_counter()

    assert pattern.test("arn:aws:s3:::" + "a" * 5000 + "b", {}).matched
    assert not pattern.test("arn:aws:s3:::" + "a" * 5000, {}).matched
    assert time.perf_counter() - started < 1
