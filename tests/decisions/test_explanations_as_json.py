"""The same vectors, put to the JSON that `labkit decide --explain` prints."""

import pytest

from labkit.policy import explain
from labkit.policy.case import Case as Asked
from labkit.policy.explanation import as_json
from tests.decisions.test_explanations import parameters
from tests.decisions.test_vectors import Case


@pytest.mark.parametrize("case", list(parameters()))
def test_the_json_of_an_explanation_says_the_same(case: Case) -> None:
    asked = Asked.of(case)
    found = as_json.explanation(explain(asked.request, policies=asked.policies))
    statements = [{"failed_conditions": [], **statement} for statement in case["expect"]["statements"]]

    assert {name: found[name] for name in ("decision", "decisive")} == {
        name: case["expect"][name] for name in ("decision", "decisive")
    }
    for shown, expected in zip(found["statements"], statements, strict=True):
        assert {name: shown[name] for name in expected} == expected
