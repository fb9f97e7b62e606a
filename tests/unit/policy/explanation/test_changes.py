"""Counterfactuals: the smallest change of the request and of the policies, and what else it opens."""

from collections.abc import Mapping
from typing import Any

import pytest

from labkit.policy import Policy, PolicySet, Request, Verdict, decide, explain
from tests.unit.policy.explanation.questions import (
    ACCOUNT,
    ME,
    OWN,
    ROLE,
    SUB,
    YOU,
    allow,
    policy,
    request,
    why,
)

MINE = f"arn:aws:s3:::shelf/{ME}/a"
NOW = "aws:CurrentTime"
YOURS = f"arn:aws:s3:::shelf/{YOU}/a"


def test_another_user_s_file_would_be_allowed_under_one_s_own_identity_id() -> None:
    change = why("s3:GetObject", YOURS).request_changes[0]

    assert change.sentence == f"allowed with resource `{MINE}` in place of `{YOURS}`"
    assert change.request.resource == MINE


def test_a_missing_key_is_added_and_a_wrong_one_replaced() -> None:
    missing = why("s3:ListBucket", "arn:aws:s3:::shelf").request_changes[0]
    wrong = why("s3:ListBucket", "arn:aws:s3:::shelf", s3__prefix=f"{YOU}/x").request_changes[0]

    assert missing.sentence == "allowed with `s3:prefix` = `public/`"
    assert wrong.sentence == f"allowed with `s3:prefix` = `{ME}/x` in place of `{YOU}/x`"


def test_an_explicit_deny_is_avoided_by_the_key_that_it_looks_at() -> None:
    found = why("s3:GetObject", MINE, aws__SecureTransport="false")

    assert found.verdict is Verdict.EXPLICIT_DENY
    assert (
        found.request_changes[0].sentence == "allowed with `aws:SecureTransport` = `true` in place of `false`"
    )


def test_an_allowed_request_has_a_change_that_denies_it() -> None:
    change = why("s3:GetObject", MINE).request_changes[0]

    assert change.verdict is Verdict.IMPLICIT_DENY
    assert change.request.resource.count("us-east-1:99999999") == 1
    assert change.request.resource != MINE


def test_what_is_asked_of_an_object_is_not_asked_of_its_bucket() -> None:
    found = why("s3:GetObject", "arn:aws:s3:::shelf/a", allow("s3:GetObject", "arn:aws:s3:::shelf"))

    assert found.request_changes == ()
    assert found.policy_changes[0].sentence == (
        "allowed if statement `It` has `arn:aws:s3:::shelf/a` among its Resources"
    )


@pytest.mark.parametrize(
    "condition, key, value, after",
    [
        ({"NumericLessThan": {"s3:max-keys": "10"}}, "s3:max-keys", "10", "9"),
        ({"NumericGreaterThan": {"s3:max-keys": "10"}}, "s3:max-keys", "3", "11"),
        ({"DateLessThan": {NOW: "2027-01-01"}}, NOW, "2028", "2026-12-31T23:59:59Z"),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "aws:SourceIp", "198.51.100.9", "203.0.113.0"),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "aws:SourceIp", "203.0.113.9", "198.51.100.1"),
        ({"StringNotEquals": {"s3:prefix": "x"}}, "s3:prefix", "x", "x-other"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, "aws:TagKeys", ("a", "b"), ("a",)),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, "aws:TagKeys", ("b",), ("b", "a")),
        ({"Null": {"aws:TagKeys": "true"}}, "aws:TagKeys", ("b",), None),
        ({"Null": {"aws:TokenIssueTime": "false"}}, "aws:TokenIssueTime", None, "any"),
    ],
)  # fmt: skip
def test_each_kind_of_condition_is_met_by_a_value_of_its_kind(
    condition: Mapping[str, Any],
    key: str,
    value: str | tuple[str, ...] | None,
    after: str | tuple[str, ...] | None,
) -> None:
    context = {} if value is None else {key: value}
    asked = Request(ROLE, "s3:ListBucket", "arn:aws:s3:::shelf", ACCOUNT, context)
    policies = PolicySet(identity=(policy(allow("s3:ListBucket", "*", Condition=condition)),))

    change = explain(asked, policies=policies).request_changes[0]

    assert [(edit.part, edit.after) for edit in change.edits] == [(key, after)]


def test_several_layers_are_mended_one_after_the_other() -> None:
    session = policy(allow("s3:GetObject", "arn:aws:s3:::shelf/*/public"), name="session")
    found = why("s3:GetObject", YOURS, layers={"session": (session,)})

    assert found.blocked_by == ("identity", "session")
    change = found.policy_changes[0]
    assert [edit.layer for edit in change.edits] == ["identity", "session"]
    assert decide(found.request, policies=change.policies).allowed


def test_the_own_identity_id_becomes_the_variable_in_what_a_policy_should_say() -> None:
    found = why("s3:DeleteObject", MINE, allow("s3:GetObject", "arn:aws:s3:::attic/*"))

    statement = found.policy_changes[0].edits[0].after
    assert statement == {
        "Effect": "Allow",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::shelf/${{{SUB}}}/a",
    }


def test_a_change_of_policy_says_what_else_it_opens() -> None:
    change = why("s3:GetObject", YOURS).policy_changes[0]

    assert change.sentence == f"allowed if statement `Own` has `{YOURS}` among its Resources"
    assert [(opened.action, opened.resource) for opened in change.opens] == [("s3:PutObject", YOURS)]


def test_a_condition_takes_one_more_value_or_is_dropped_where_its_key_is_absent() -> None:
    wrong = why("s3:ListBucket", "arn:aws:s3:::shelf", s3__prefix="other/").policy_changes[0]
    absent = why("s3:ListBucket", "arn:aws:s3:::shelf").policy_changes[0]

    assert wrong.sentence == "allowed if statement `List` takes `other/` for `s3:prefix`, too"
    assert absent.sentence == "allowed if statement `List` does without its condition on `s3:prefix`"
    after = absent.edits[0].after
    assert after is not None
    assert "Condition" not in after


def test_an_explicit_deny_is_lifted_or_makes_an_exception() -> None:
    found = why("s3:GetObject", MINE, aws__SecureTransport="false", aws__PrincipalArn=ROLE)

    assert [change.sentence for change in found.policy_changes] == [
        f"allowed if statement `Secure` makes an exception for `{ROLE}`",
        "allowed if statement `Secure`, which denies it, is taken away",
    ]


def test_a_trust_policy_gets_the_principal_that_it_does_not_name() -> None:
    zoe = f"arn:aws:iam::{ACCOUNT}:user/zoe"
    trust = {"Sid": "Ann", "Effect": "Allow", "Principal": {"AWS": f"{zoe}2"}, "Action": "sts:AssumeRole"}
    policies = PolicySet(
        identity=(policy(allow("sts:AssumeRole", ROLE)),), resource=Policy.parse({"Statement": trust})
    )

    change = explain(Request(zoe, "sts:AssumeRole", ROLE), policies=policies).policy_changes[0]

    assert change.sentence == f"allowed if statement `Ann` names `{zoe}`, too"
    assert change.opens == (), "a trust policy speaks for its own role alone"


@pytest.mark.parametrize("layer", ["boundary", "session", "scp", "rcp", "iot"])
def test_every_layer_that_limits_can_be_widened(layer: str) -> None:
    everyone: Any = {"Principal": "*"} if layer == "rcp" else {}
    silent = policy({**allow("ec2:*", "*"), **everyone}, name=layer)
    documents: Any = ((silent,),) if layer in ("scp", "rcp") else (silent,)
    topic = f"arn:aws:iot:us-east-1:{ACCOUNT}:topic/a"
    found = why("iot:Publish", topic, allow("iot:Publish", topic), layers={layer: documents})

    assert found.blocked_by == (layer,)
    assert found.policy_changes
    for change in found.policy_changes:
        assert {edit.layer for edit in change.edits} == {layer}


def test_an_allowed_request_is_closed_by_what_allows_it_or_by_a_deny() -> None:
    changes = why("s3:GetObject", MINE).policy_changes

    assert [change.verdict for change in changes] == [Verdict.IMPLICIT_DENY, Verdict.EXPLICIT_DENY]
    assert changes[0].sentence == "denied if statement `Own`, which allows it, is taken away"
    assert {opened.action for opened in changes[0].opens} == {"s3:GetObject", "s3:PutObject"}


def test_the_policies_themselves_are_left_as_they_were() -> None:
    mine = policy(allow("s3:GetObject", OWN))
    before = mine.document
    explanation = explain(request("s3:GetObject", YOURS), policies=PolicySet(identity=(mine,)))

    assert explanation.policy_changes
    assert mine.document == before
    assert not decide(explanation.request, policies=explanation.policies).allowed


def test_what_two_statements_of_one_policy_allow_is_closed_by_taking_both_away() -> None:
    twice = {**allow("s3:Get*", "*"), "Sid": "Too"}

    change = why("s3:GetObject", MINE, allow("s3:GetObject", OWN), twice).policy_changes[-1]

    assert change.verdict is Verdict.IMPLICIT_DENY
    assert change.sentence == (
        "denied if statement `It`, which allows it, is taken away and statement `Too`, which allows it, is "
        "taken away"
    )
