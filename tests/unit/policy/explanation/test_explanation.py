"""The explanation as a whole: its words, its JSON, and how it is asked for."""

import json
from dataclasses import replace

import pytest

from labkit.policy import PolicySet, decide, explain
from labkit.policy.explanation import as_json
from labkit.policy.explanation.origins import origin
from tests.unit.policy.explanation.questions import ME, OWN, SUB, YOU, allow, policy, request, why

YOURS = f"arn:aws:s3:::shelf/{YOU}/a"
STEPS = (
    "claim `custom:team` of the ID token",
    "the Identity Pool's map: `custom:team` → `team`",
    "principal tag `team`",
)


def test_a_decision_and_a_request_are_explained_alike() -> None:
    asked, policies = (
        request("s3:GetObject", YOURS),
        PolicySet(identity=(policy(allow("s3:GetObject", OWN)),)),
    )

    assert str(explain(decide(asked, policies=policies))) == str(explain(asked, policies=policies))


def test_a_request_without_policies_cannot_be_explained() -> None:
    with pytest.raises(TypeError, match="expected a PolicySet, got none"):
        explain(request("s3:GetObject", YOURS))


def test_a_variable_s_value_is_followed_back_to_where_it_came_from() -> None:
    asked = request("s3:GetObject", "arn:aws:s3:::shelf/red/a", aws__PrincipalTag_slash_team="red")
    known = replace(asked, origins={"aws:PrincipalTag/team": STEPS})

    assert origin(SUB, asked) == ("the Identity ID that GetId returned (not the user pool's `sub`)",)
    assert origin("aws:PrincipalTag/team", asked) == (
        "a tag of the session, or of the user or role that calls",
    )
    assert origin("AWS:principaltag/TEAM", known) == STEPS
    policies = PolicySet(
        identity=(policy(allow("s3:GetObject", "arn:aws:s3:::shelf/${aws:PrincipalTag/team}/*")),)
    )
    text = str(explain(known, policies=policies))
    assert f"${{aws:PrincipalTag/team}} is red: {' → '.join(STEPS)}" in text


def test_a_default_is_said_to_be_one() -> None:
    found = why(
        "s3:GetObject",
        "arn:aws:s3:::shelf/none/a",
        allow("s3:GetObject", "arn:aws:s3:::shelf/${aws:PrincipalTag/team, 'none'}/*"),
    )

    assert found.allowed
    assert "${aws:PrincipalTag/team, 'none'} is its default, 'none'" in str(found)


def test_the_words_of_a_denial_end_with_what_would_help() -> None:
    lines = str(why("s3:GetObject", YOURS)).splitlines()

    assert lines[-3:] == [
        f"  it would be allowed with resource `arn:aws:s3:::shelf/{ME}/a` in place of `{YOURS}`",
        f"  it would be allowed if statement `Own` has `{YOURS}` among its Resources",
        f"    it would open, too: s3:PutObject on {YOURS}",
    ]


def test_the_json_holds_the_whole_trace() -> None:
    found = json.loads(json.dumps(as_json.explanation(why("s3:GetObject", YOURS))))

    assert (found["decision"], found["blocked_by"], found["decisive"]) == ("implicit_deny", ["identity"], [])
    listing, own, _ = found["statements"]
    assert (own["action"], own["resource"], own["condition"], own["applies"]) == (True, False, True, False)
    assert own["resolved"] == f"arn:aws:s3:::shelf/{ME}/*"
    assert own["elements"][1]["patterns"][0]["variables"][0]["origin"] == [
        "the Identity ID that GetId returned (not the user pool's `sub`)"
    ]
    assert listing["failed_conditions"] == [["StringLike", "s3:prefix", "absent"]]
    assert found["near_misses"][0]["lacks"][0]["differs_at"] == 30
    assert found["request_changes"][0]["edits"] == [
        {"part": "resource", "before": YOURS, "after": f"arn:aws:s3:::shelf/{ME}/a"}
    ]
    assert found["policy_changes"][0]["also"] == [{"action": "s3:PutObject", "resource": YOURS}]
    assert [stage["layer"] for stage in found["layers"] if stage["decided"]] == ["identity"]


def test_a_misspelt_word_in_a_policy_is_among_what_is_doubtful() -> None:
    book = "arn:aws:s3:::shelf/book"
    right = why("s3:GetObject", book, allow("s3:GetObject", "arn:aws:s3:::shelf/a*"))
    wrong = why("s3:GetObject", book, allow("s3:GetObjects", book))

    assert [doubt.sentence for doubt in right.doubts] == []
    assert [doubt.sentence for doubt in wrong.doubts] == [
        (
            "Statement[0].Action of app: `s3` has no action that `s3:GetObjects` matches "
            "(did you mean `s3:GetObject`?)"
        )
    ]
    assert f"  note: {wrong.doubts[0].sentence}" in str(wrong).splitlines()
    assert as_json.explanation(wrong)["doubts"][0]["suggestion"] == "s3:GetObject"
