"""The variable resolver's record, and its answers; the policy engine's trace is what they are measured by."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.errors import LabError
from labkit.policy import Policy, PolicySet, Request, decide, explain
from labkit.show import variable_resolver
from labkit.show.interactive import gallery as samples
from labkit.show.interactive.variable_resolver import VariableResolver, answer

ROLE = "arn:aws:sts::123456789012:assumed-role/Reader/session"
OWN = "arn:aws:s3:::photos/users/${aws:PrincipalTag/user}/*"
TAG = "aws:PrincipalTag/user"


def resolver(
    pattern: str = OWN, value: str = "alice", resource: str = "users/alice/a.jpg", **more: Any
) -> VariableResolver:
    statement = {"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": pattern}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": [statement | more.pop("also", {})]})
    context = {TAG: value} | more.pop("context", {})
    request = Request(ROLE, "s3:GetObject", f"arn:aws:s3:::photos/{resource}", context=context, **more)
    return variable_resolver(request, policies=PolicySet(identity=(policy,)))


def only(view: VariableResolver) -> Any:
    (pattern,) = view.get_state("record")["record"]["patterns"]
    return pattern


def pieces(view: VariableResolver) -> list[tuple[str, str, str]]:
    return [tuple(each.values()) for each in only(view)["pieces"]]


def test_what_matches_is_shown_piece_by_piece() -> None:
    view = resolver()
    assert pieces(view) == [
        ("text", "arn:aws:s3:::photos/users/", "arn:aws:s3:::photos/users/"),
        ("variable", "alice", "alice"),
        ("text", "/", "/"),
        ("wildcard", "*", "a.jpg"),
    ]
    assert only(view)["said"] == "They match."
    assert [run["text"] for run in only(view)["raw"]][1] == "${aws:PrincipalTag/user}"


def test_where_they_part_is_said_to_the_character() -> None:
    found = only(resolver(resource="users/albert/a.jpg"))
    assert (found["pieces"][-1]["pattern"], found["pieces"][-1]["value"]) == ("ice/*", "bert/a.jpg")
    at = len("arn:aws:s3:::photos/users/al") + 1
    ways = "the pattern goes on with `i`, the request goes on with `b`"
    assert found["said"] == f"They part at the request's character {at}: {ways}."
    assert "the request ends" in only(resolver(resource="users/ali"))["said"]


def test_a_wildcard_in_a_value_is_an_ordinary_character() -> None:
    assert only(resolver(value="*", resource="users/*/a.jpg"))["matched"]
    found = only(resolver(value="*"))
    assert not found["matched"]
    assert found["pieces"][-1]["kind"] == "differs"


def test_the_origin_is_what_the_request_knows_else_what_the_key_means() -> None:
    assert only(resolver())["variables"][0]["origin"] == [
        "a tag of the session, or of the user or role that calls"
    ]
    known = only(resolver(origins={TAG: ["`name` in the ID token", "the tag map"]}))
    assert known["variables"][0]["origin"] == ["`name` in the ID token", "the tag map"]


@pytest.mark.parametrize(
    "pattern, context, origin",
    [
        ("${aws:username}", {}, "the request has no such key"),
        ("${aws:TagKeys}", {"aws:TagKeys": ["a", "b"]}, "the request has several values"),
    ],
)
def test_a_variable_without_a_value_says_why(pattern: str, context: dict[str, Any], origin: str) -> None:
    assert only(resolver())["variables"][0]["value"] == "alice"
    found = only(resolver(f"arn:aws:s3:::photos/{pattern}/*", context=context))
    assert found["variables"][0]["value"] is None
    assert found["variables"][0]["origin"][0].startswith(origin)
    assert (found["resolved"], found["pieces"]) == (None, [])
    assert "matches nothing" in found["said"]


def test_a_default_stands_in() -> None:
    found = only(resolver("arn:aws:s3:::photos/${aws:PrincipalTag/none, 'users'}/*"))
    assert (found["variables"][0]["value"], found["variables"][0]["origin"]) == (
        "users",
        ["the pattern's own default"],
    )


def test_conditions_are_compared_as_their_operator_does() -> None:
    also = {
        "Condition": {
            "StringEquals": {"s3:prefix": "${aws:PrincipalTag/user}/*"},
            "StringNotLike": {"aws:username": "${aws:PrincipalTag/user}"},
            "NumericLessThan": {"s3:max-keys": "10"},
        }
    }
    context = {"s3:prefix": "alice/x", "aws:username": "bob", "s3:max-keys": "5"}
    record = resolver(also=also, context=context).record
    by_part = {each["part"].split()[0]: each for each in record["patterns"]}
    assert by_part["StringEquals"]["pieces"][-1] == {"kind": "differs", "pattern": "*", "value": "x"}
    assert by_part["StringNotLike"]["said"].endswith("StringNotLike asks for what does not match.")
    assert "does not compare letter by letter" in by_part["NumericLessThan"]["said"]


def test_the_record_agrees_with_the_trace_and_other_resources_can_be_tried() -> None:
    view = resolver()
    for resource in ("users/alice/b", "users/bob/b", "", "x" * 1500):
        arn = f"arn:aws:s3:::photos/{resource}"
        view.question = {"n": 1, "resource": arn}
        found = view.get_state("answer")["answer"]
        request = Request(ROLE, "s3:GetObject", arn, context={TAG: "alice"})
        expected = decide(request, policies=view._found.policies).allowed
        assert found["patterns"][0]["matched"] is expected
        assert (found["patterns"][0]["pieces"][-1]["kind"] != "differs") is expected
    for wrong in ({"resource": 5}, {"resource": "x" * 5000}, {"resource": ""}):
        with pytest.raises(LabError, match="a resource is an ARN"):
            answer(view._found, wrong)


def test_a_decision_and_an_explanation_are_taken_too() -> None:
    view = resolver()
    decision = decide(view._found.request, policies=view._found.policies)
    assert variable_resolver(decision).record == variable_resolver(explain(decision)).record == view.record


def test_policies_without_a_variable_say_so() -> None:
    record = variable_resolver(Request(ROLE, "s3:GetObject"), policies=PolicySet()).record
    assert record["patterns"] == []


def test_a_document_of_the_old_version_has_no_variables() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OWN}
    old = Policy.parse({"Version": "2008-10-17", "Statement": [statement]})
    request = Request(ROLE, "s3:GetObject", "arn:aws:s3:::photos/users/alice/x", context={TAG: "alice"})
    found = only(variable_resolver(request, policies=PolicySet(identity=(old,))))
    assert found["variables"] == []
    assert found["pieces"][-1]["pattern"].startswith("$")


def test_the_gallery_s_sample_shows_each_case() -> None:
    said = [each["said"] for each in samples.gallery("variable_resolver").views[0].record["patterns"]]
    assert [sentence.split(":")[0][:18] for sentence in said] == [
        "They part at the r",
        "They part at the r",
        "A variable has no ",
        "They match.",
    ]
