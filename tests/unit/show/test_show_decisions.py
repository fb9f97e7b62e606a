"""Decisions and attempts."""

from __future__ import annotations

from typing import Any

import pytest

from labkit import show
from labkit.policy import Anonymous, Decision, Federated, Policy, PolicySet, Request, Verdict, decide
from labkit.resources import Attempt
from labkit.show import View, decisions
from labkit.show.blocks import Table

ME, YOU = "us-east-1:99999999-2222-3333-4444-555555555555", "us-east-1:88888888-2222-3333-4444-555555555555"
CALLER = "arn:aws:sts::123456789012:assumed-role/lab-role/CognitoIdentityCredentials"
BUCKET = "arn:aws:s3:::lab-bucket"

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_s3_cognito-bucket.html
OWN_PREFIX: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ListOwn",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": BUCKET,
            "Condition": {"StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
        },
        {
            "Sid": "OwnObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"{BUCKET}/${{cognito-identity.amazonaws.com:sub}}/*",
        },
        {"Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/*/secret*"},
    ],
}


def asked(action: str, resource: str, **context: str) -> Decision:
    request = Request(CALLER, action, resource, context={"cognito-identity.amazonaws.com:sub": ME, **context})
    return decide(request, policies=PolicySet(identity=(Policy.parse(OWN_PREFIX, name="own-data"),)))


def statement(view: View, sid: str) -> Table:
    tables = (block for block in view.blocks if isinstance(block, Table))
    return next(table for table in tables if f"statement {sid}:" in table.caption)


def test_an_allowed_request_names_the_statement_that_allows_it() -> None:
    view = show.decision(asked("s3:GetObject", f"{BUCKET}/{ME}/notes.txt"))
    assert "✓ Allowed. Statement OwnObjects of own-data allows it" in view.to_text()
    assert statement(view, "OwnObjects").caption.startswith("Deciding: identity, own-data")


def test_an_implicit_deny_names_the_layer_and_shows_written_resolved_and_asked_side_by_side() -> None:
    view = show.decision(asked("s3:GetObject", f"{BUCKET}/{YOU}/notes.txt"))
    assert "– Implicit deny. No statement of the identity-based policies allows it." in view.to_text()
    resource = statement(view, "OwnObjects").rows[1]
    assert [cell.text for cell in resource] == [
        "Resource",
        f"{BUCKET}/${{cognito-identity.amazonaws.com:sub}}/*",
        f"{BUCKET}/{ME}/*",
        f"{BUCKET}/{YOU}/notes.txt",
        "no",
    ]


def test_an_explicit_deny_names_the_statement_that_forbids_it() -> None:
    view = show.decision(asked("s3:GetObject", f"{BUCKET}/{ME}/secret.txt"))
    assert "✗ Explicit deny. Statement NoSecrets of own-data forbids it" in view.to_text()
    assert statement(view, "NoSecrets").caption.startswith("Deciding:")


def test_statements_far_from_applying_are_folded_and_near_ones_are_open() -> None:
    view = show.decision(asked("s3:GetObject", f"{BUCKET}/{YOU}/notes.txt"))
    assert not statement(view, "OwnObjects").folded
    assert statement(view, "ListOwn").folded
    assert statement(view, "NoSecrets").folded
    # Folded away in HTML only.
    assert "statement ListOwn" in view.to_text()


def test_each_condition_tells_why_it_fits_or_not() -> None:
    absent = statement(show.decision(asked("s3:ListBucket", BUCKET)), "ListOwn").rows[2]
    assert [cell.text for cell in absent[3:]] == ["absent", "no: key absent"]
    matched = statement(show.decision(asked("s3:ListBucket", BUCKET, **{"s3:prefix": f"{ME}/a"})), "ListOwn")
    assert matched.rows[2][-1].text == "yes: matched"
    other = statement(show.decision(asked("s3:ListBucket", BUCKET, **{"s3:prefix": f"{YOU}/a"})), "ListOwn")
    assert other.rows[2][-1].text == "no: mismatched"


def test_a_condition_that_is_true_only_because_its_key_is_absent_says_so() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "Notes",
                "Effect": "Allow",
                "Action": "dynamodb:*",
                "Resource": "*",
                "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["me"]}},
            },
        }
    )
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/Notes"
    decision = decide(Request(CALLER, "dynamodb:Scan", table), policies=PolicySet(identity=(policy,)))
    assert "yes: true only because the key is absent" in show.decision(decision).to_text()


def test_a_variable_without_a_value_is_said_in_words() -> None:
    policies = PolicySet(identity=(Policy.parse(OWN_PREFIX),))
    with_sub = asked("s3:GetObject", f"{BUCKET}/{ME}/a")
    assert "(a variable has no value)" not in show.decision(with_sub).to_text()
    without = decide(Request(CALLER, "s3:GetObject", f"{BUCKET}/{ME}/a"), policies=policies)
    assert "(a variable has no value)" in show.decision(without).to_text()


def test_every_layer_has_its_verdict_and_its_meaning() -> None:
    allow = Policy.parse(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )
    silent = Policy.parse(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}
    )
    policies = PolicySet(
        identity=(allow,), boundary=(allow,), session=(silent,), scp=((allow,),), rcp=((allow,),)
    )
    decision = decide(Request(CALLER, "s3:GetObject", f"{BUCKET}/a"), policies=policies)
    layers = show.decision(decision).blocks[2]
    assert isinstance(layers, Table)
    assert {cells[0].text: (cells[2].text, cells[4].text) for cells in layers.rows} == {
        "rcp": ("allowed", "lets it pass"),
        "scp": ("allowed", "lets it pass"),
        "identity": ("allowed", "lets it pass"),
        "boundary": ("allowed", "lets it pass"),
        "session": ("implicit deny", "stops the request"),
    }
    assert all(cells[1].text for cells in layers.rows)


def test_every_layer_and_every_state_of_the_engine_has_words() -> None:
    from labkit.policy import State
    from labkit.policy.layers import LAYERS

    assert set(LAYERS) <= set(decisions.LAYERS)
    assert set(State) == set(decisions._STATES)
    assert set(Verdict) == set(decisions.MARKS)


@pytest.mark.parametrize(
    "principal, shown",
    [
        (Anonymous(), "anonymous"),
        (Federated("cognito-identity.amazonaws.com"), "cognito-identity.amazonaws.com"),
    ],
)
def test_callers_without_an_arn_are_shown(principal: Anonymous | Federated, shown: str) -> None:
    decision = decide(Request(principal, "s3:GetObject", f"{BUCKET}/a"), policies=PolicySet())
    assert shown in show.decision(decision).to_text()


def attempted(**changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "action": "s3:GetObject",
        "resource": f"{BUCKET}/{YOU}/notes.txt",
        "allowed": False,
        "status": 403,
        "code": "AccessDenied",
        "message": "User is not authorized to perform: s3:GetObject",
        "request_id": "request-1",
    }
    return Attempt(**{**values, **changes})


ANSWERED = {"allowed": True, "status": 200, "code": None, "message": None}


def test_a_refusal_is_a_lesson_with_its_source() -> None:
    text = show.attempt(attempted()).to_text()
    assert "✗ AWS refused it (403 AccessDenied)." in text
    assert "User is not authorized to perform: s3:GetObject" in text
    assert "AWS knows who you are." in text
    assert "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html" in text


def test_an_answer_is_shown_without_its_content() -> None:
    view = show.attempt(attempted(**ANSWERED, output={"Body": "content of the object"}))
    assert "✓ AWS allowed it (200)." in view.to_text()
    assert "content of the object" not in view.to_text() + view.to_html()


def test_a_code_without_a_lesson_is_shown_as_aws_sent_it() -> None:
    text = show.attempt(
        attempted(code="SlowDown", message="Please reduce your request rate.", status=503)
    ).to_text()
    assert "503 SlowDown" in text
    assert "What `SlowDown` means" not in text


@pytest.mark.parametrize(
    "changes, owner, verdict",
    [
        ({}, YOU, "✓ the same"),
        (ANSWERED, ME, "✓ the same"),
        ({}, ME, "✗ different"),
        (ANSWERED, YOU, "✗ different"),
        ({"code": "ExpiredToken", "status": 400}, ME, "– no conflict"),
        ({"code": "NoSuchKey", "status": 404}, ME, "– no conflict"),
    ],
)
def test_the_prediction_stands_beside_the_answer(changes: dict[str, Any], owner: str, verdict: str) -> None:
    decision = asked("s3:GetObject", f"{BUCKET}/{owner}/notes.txt")
    text = show.attempt(attempted(**changes), decision).to_text()
    together = next(line for line in text.splitlines() if line.startswith("Together"))
    assert verdict in together
    assert "statement OwnObjects" in text
