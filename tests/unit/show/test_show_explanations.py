"""Explanations in short, what would help, and predictions beside answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.policy import Explanation, Policy, PolicySet, Request, explain
from labkit.resources import Attempt

SESSION = "arn:aws:sts::111122223333:assumed-role/Learner/CognitoIdentityCredentials"
SHELF = "arn:aws:s3:::shelf"


def asked(action: str, resource: str, *statements: dict[str, Any], **context: str) -> Explanation:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    request = Request(SESSION, action, resource, context=keys)
    return explain(request, policies=PolicySet(identity=(Policy.parse(document, name="app"),)))


def allow(action: str, resource: str, **more: object) -> dict[str, Any]:
    return {"Sid": "It", "Effect": "Allow", "Action": action, "Resource": resource, **more}


LISTS = allow("s3:ListBucket", SHELF, Condition={"StringLike": {"s3:prefix": "mine/*"}})
ALLOWED = asked("s3:GetObject", f"{SHELF}/mine/a", allow("s3:*", f"{SHELF}/mine/*"))
MISSED = asked("s3:GetObject", f"{SHELF}/yours/a", allow("s3:*", f"{SHELF}/mine/*"))


def attempt(*, allowed: bool) -> Attempt:
    return Attempt("s3:GetObject", f"{SHELF}/a", allowed, 200 if allowed else 403, None, None, "id")


def test_a_reason_is_the_verdict_and_the_wrong_idea_behind_it() -> None:
    text = show.reason(asked("s3:GetObject", f"{SHELF}/a", allow("s3:GetObject", SHELF))).to_text()

    assert "– Implicit deny. No statement of the identity-based policies allows it." in text
    assert "is the bucket, not what is in it" in text
    assert "nearest miss" not in text


def test_a_reason_without_a_wrong_idea_names_the_nearest_miss() -> None:
    text = " ".join(show.reason(MISSED).to_text().split())
    assert "nearest miss: statement `It` matched the action; the resource differs at character 20." in text


def test_several_reasons_stand_one_after_the_other() -> None:
    text = show.reason(ALLOWED, MISSED).to_text()
    assert text.index("✓ Allowed. Statement It of app allows it") < text.index("– Implicit deny")


def test_changes_stand_with_what_else_they_open_or_close() -> None:
    opens, closes = show.changes(MISSED).to_text(), show.changes(ALLOWED).to_text()

    assert "would be allowed" in opens
    assert "what else it opens" in opens
    assert f"`{SHELF}/yours/a` among its Resources" in " ".join(opens.split())
    assert "would be denied" in closes
    assert "what else it closes" in closes


def test_where_no_small_change_helps_it_is_said() -> None:
    nothing = asked("sts:GetCallerIdentity", "*", allow("sqs:SendMessage", "*"))
    assert "No small change turns it round." in show.changes(nothing).to_text()


def test_the_layers_that_are_not_there_are_named_below_those_that_are() -> None:
    text = show.explanation(MISSED).to_text()

    assert "The layers, in AWS's order\n" in text
    assert "Not there: resource control policies, service control policies" in text
    assert "It         identity-based policies  action" in text


def test_an_empty_value_is_called_one() -> None:
    found = asked("s3:ListBucket", SHELF, LISTS, s3__prefix="")
    shown = " ".join(show.explanation(found).to_text().split())

    assert found.near_misses[0].sentence.endswith("StringLike `s3:prefix` is not true of an empty value")
    assert "`s3:prefix` = `mine/` in place of an empty value" in found.request_changes[0].sentence
    assert "takes an empty value for `s3:prefix`, too" in found.policy_changes[0].sentence
    assert "StringLike s3:prefix mine/*: the request has (empty)" in str(found)
    assert "the request has: (empty)" in shown or "mine/* as written (empty)" in shown
    assert "``" not in shown + str(found)


def test_an_explanation_prints_itself_in_plain_words() -> None:
    assert repr(MISSED) == str(MISSED)
    assert repr(MISSED).startswith(f"IMPLICIT_DENY: {SESSION} → s3:GetObject on {SHELF}/yours/a\n")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_credentials_that_are_no_good_confirm_no_prediction(code: str) -> None:
    """AWS asks no policy then: a notebook whose keys expired must not say that a Deny was seen."""
    denied = replace(attempt(allowed=False), code="AccessDenied")
    assert "The prediction holds." in show.attempt(denied, MISSED).to_text()
    assert "1 of 1 as predicted" in show.predictions({"one": "refused"}, [denied], [MISSED]).to_text()

    unasked = replace(attempt(allowed=False), code=code)
    assert "reason that is not in the policies" in " ".join(show.attempt(unasked, MISSED).to_text().split())
    text = " ".join(show.predictions({"one": "refused"}, [unasked], [MISSED]).to_text().split())
    assert f"(`{code}`) and asked no policy" in text
    assert "Run the cell that got the credentials again" in text
    assert "as predicted" not in text


def test_an_explanation_serves_as_the_prediction_of_an_attempt() -> None:
    assert "The prediction holds." in show.attempt(attempt(allowed=True), ALLOWED).to_text()
    assert "The prediction holds." not in show.attempt(attempt(allowed=True), MISSED).to_text()


def test_predictions_stand_beside_the_answers_and_their_reasons() -> None:
    said = {"one": "allowed", "two": "Allowed ", "three": ...}
    attempts = [attempt(allowed=True), attempt(allowed=False), attempt(allowed=False)]
    lines = show.predictions(said, attempts, [ALLOWED, MISSED, MISSED]).to_text().splitlines()

    assert [line.split("  ")[0] for line in lines if "✓ right" in line] == ["one"]
    assert [line.split("  ")[0] for line in lines if "✗ a surprise" in line] == ["two"]
    assert [line.split("  ")[0] for line in lines if "– open" in line] == ["three"]
    assert "statement `It` allows it" in lines[3]
    assert lines[-1] == "Write your predictions into the cell above, then run both again."


def test_predictions_are_counted_once_they_are_complete() -> None:
    attempts, reasons = [attempt(allowed=True), attempt(allowed=False)], [ALLOWED, MISSED]

    right = show.predictions({"one": "allowed", "two": "refused"}, attempts, reasons)
    half = show.predictions({"one": "allowed", "two": "allowed"}, attempts, reasons)
    assert "✓ 2 of 2 as predicted." in right.to_text()
    assert "– 1 of 2 as predicted." in half.to_text()


def test_a_deny_is_a_reason_and_so_is_silence() -> None:
    denied = asked("s3:GetObject", f"{SHELF}/a", allow("s3:*", "*"), {**allow("*", "*"), "Effect": "Deny"})
    silent = asked("s3:GetObject", f"{SHELF}/a", allow("sqs:SendMessage", "arn:aws:sqs:::q"))
    text = show.predictions({"a": ..., "b": ...}, [attempt(allowed=False)] * 2, [denied, silent]).to_text()

    assert "statement `It` denies it" in text
    assert "no statement is about it" in text


def test_a_prediction_is_one_of_two_words() -> None:
    attempts, reasons = [attempt(allowed=True)], [ALLOWED]
    assert "right" in show.predictions({"one": "allowed"}, attempts, reasons).to_text()
    with pytest.raises(LabError, match='"allowed" or "refused": got `maybe`'):
        show.predictions({"one": "maybe"}, attempts, reasons)
