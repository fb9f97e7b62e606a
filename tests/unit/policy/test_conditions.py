"""Conditions: verdict, state, and what the trace shows. The operators' tables are decision vectors.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.policy import Condition, ConditionTrace, State
from labkit.policy.conditions import OPERATORS
from labkit.policy.variables import prepare

KEY = "aws:PrincipalTag/team"
TAGS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)


def judged(
    operator: str, values: Sequence[str], context: Mapping[str, str | Sequence[str]]
) -> ConditionTrace:
    return Condition.of(operator, KEY, values, version="2012-10-17").judge(prepare(context))


@pytest.mark.parametrize(
    "operator, context, matched, state",
    [
        ("StringEquals", {KEY: "red"}, True, State.MATCHED),
        ("StringEquals", {KEY: "blue"}, False, State.MISMATCHED),
        ("StringEquals", {}, False, State.ABSENT),
        ("StringNotEquals", {KEY: "blue"}, True, State.MATCHED),
        ("StringNotEquals", {KEY: "red"}, False, State.MISMATCHED),
        ("StringNotEquals", {}, True, State.ABSENT),
        ("StringEqualsIfExists", {}, True, State.ABSENT),
        ("ForAllValues:StringEquals", {}, True, State.ABSENT),
        ("ForAnyValue:StringNotEquals", {}, False, State.ABSENT),
    ],
)
def test_a_condition_is_in_one_of_four_states(
    operator: str, context: Mapping[str, str], matched: bool, state: State
) -> None:
    found = judged(operator, ["red"], context)

    assert (found.matched, found.state) == (matched, state)
    assert found.only_because_absent is (matched and state is State.ABSENT)


@pytest.mark.parametrize("operator, matched", [("StringEquals", False), ("StringNotEquals", True)])
def test_an_unresolved_variable_is_a_state_of_its_own(operator: str, matched: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value"""
    found = judged(operator, ["${aws:username}"], {KEY: "red"})

    assert (found.matched, found.state) == (matched, State.UNRESOLVED)
    assert judged(operator, ["${aws:username}"], {KEY: "red", "aws:username": "red"}).matched is not matched


def test_the_trace_shows_the_request_s_values_and_each_pattern() -> None:
    found = judged("ForAnyValue:StringLike", ["r*", "${aws:username}"], {KEY: ["red", "zoe"]})

    assert found.values == ("red", "zoe")
    assert [(each.raw, each.resolved, each.matched) for each in found.patterns] == [
        ("r*", "r*", True),
        ("${aws:username}", None, False),
    ]


def test_a_pattern_counts_as_matched_by_whichever_value_matched_it() -> None:
    found = judged("ForAllValues:StringEquals", ["red", "blue"], {KEY: ["blue", "red"]})

    assert found.matched
    assert [each.matched for each in found.patterns] == [True, True]


def test_null_is_about_the_key_alone_and_never_true_because_absent() -> None:
    found = judged("Null", ["true"], {})

    assert (found.matched, found.state, found.only_because_absent) == (True, State.MATCHED, False)
    assert not judged("Null", ["true"], {KEY: ""}).matched


@pytest.mark.parametrize("context, shown", [({}, [True, False]), ({KEY: "red"}, [False, True])])
def test_the_trace_of_null_shows_which_answer_the_request_gives(
    context: dict[str, str], shown: list[bool]
) -> None:
    found = judged("Null", ["true", "FALSE"], context)

    assert found.matched
    assert [pattern.matched for pattern in found.patterns] == shown


def test_the_trace_of_a_typed_operator_shows_which_value_matched() -> None:
    found = judged("NumericLessThan", ["5", "20"], {KEY: "10"})

    assert [pattern.matched for pattern in found.patterns] == [False, True]
    assert [pattern.matched for pattern in judged("NumericLessThan", ["5", "20"], {}).patterns] == [False] * 2


@pytest.mark.parametrize("values", [["true"], ["false"]])
@pytest.mark.parametrize("context", [{}, {KEY: "red"}])
def test_null_with_a_set_operator_asks_nothing(values: list[str], context: dict[str, str]) -> None:
    """ "Avoid using the Null condition operator with the ForAllValues or ForAnyValue qualifiers because they
    always return a value of true or false respectively."

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    assert judged("ForAllValues:Null", values, context).matched
    assert not judged("ForAnyValue:Null", values, context).matched


@pytest.mark.parametrize("operator", ["NumericEquals", "DateEquals", "IpAddress", "Bool", "BinaryEquals"])
def test_a_policy_s_value_that_cannot_be_read_equals_nothing(operator: str) -> None:
    readable = {
        "NumericEquals": "7",
        "DateEquals": "2027-01-01",
        "IpAddress": "192.0.2.1",
        "Bool": "true",
        "BinaryEquals": "bGFia2l0",
    }[operator]

    assert judged(operator, [readable], {KEY: readable}).matched
    assert not judged(operator, ["§"], {KEY: "§"}).matched
    assert not judged(operator, ["§"], {KEY: readable}).matched


def test_bytes_match_plain_or_in_base64() -> None:
    assert judged("BinaryEquals", ["bGFia2l0"], {KEY: "bGFia2l0"}).matched
    assert judged("BinaryEquals", ["bGFia2l0"], {KEY: "labkit"}).matched
    assert not judged("BinaryEquals", ["bGFia2l0"], {KEY: "Labkit"}).matched


@pytest.mark.parametrize("date", ["99999999999999999999", "2027-13-01", "2027-01-01T25:00:00Z"])
def test_a_date_out_of_range_matches_nothing(date: str) -> None:
    assert judged("DateLessThan", ["2027-01-02"], {KEY: "2027-01-01"}).matched

    assert not judged("DateGreaterThan", ["1970-01-01"], {KEY: date}).matched


@given(st.sampled_from(sorted(name for name, (_, negated) in OPERATORS.items() if negated)), st.text())
def test_a_negated_operator_is_the_opposite_of_its_positive_one(operator: str, value: str) -> None:
    positive = operator.replace("Not", "")

    for wanted in ("red", "7", "2027", "192.0.2.0/24", "arn:aws:s3:::shelf"):
        context = {KEY: value}
        assert judged(operator, [wanted], context).matched is not judged(positive, [wanted], context).matched


@given(TAGS, TAGS)
def test_set_operators_are_what_python_s_sets_say(values: list[str], given_values: list[str]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    wanted, present = set(values), set(given_values)
    context = {KEY: given_values}

    assert judged("ForAllValues:StringEquals", values, context).matched is (present <= wanted)
    assert judged("ForAnyValue:StringEquals", values, context).matched is bool(present & wanted)
    assert judged("ForAllValues:StringNotEquals", values, context).matched is (not present & wanted)
    assert judged("ForAnyValue:StringNotEquals", values, context).matched is bool(present - wanted)
