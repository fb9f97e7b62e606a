"""The funnel: what each kind of policies did."""

from labkit.policy import Explanation, Federated, Policy, PolicySet, Request, explain
from labkit.policy.explanation.funnel import Part
from tests.unit.policy.explanation.questions import (
    ACCOUNT,
    ME,
    ROLE,
    SESSION,
    YOU,
    allow,
    policy,
    request,
    why,
)

MINE = f"arn:aws:s3:::shelf/{ME}/a"
EVERYTHING = policy(allow("*", "*"), name="everything")


def parts(explanation: Explanation) -> dict[str, Part]:
    return {stage.name: stage.part for stage in explanation.funnel if stage.part is not Part.ABSENT}


def test_the_stages_stand_in_aws_s_order() -> None:
    names = [stage.name for stage in why("s3:GetObject", MINE).funnel]

    assert names == ["rcp", "scp", "resource", "identity", "boundary", "session", "iot"]


def test_a_grant_passes_and_the_layer_that_stops_is_the_one_that_decided() -> None:
    silent = policy(allow("sqs:*", "*"), name="silent")
    found = why("s3:GetObject", MINE, layers={"boundary": (EVERYTHING,), "session": (silent,)})

    assert parts(found) == {"identity": Part.PASSES, "boundary": Part.PASSES, "session": Part.STOPS}
    assert [stage.name for stage in found.funnel if stage.decided] == ["session"]


def test_a_deny_stands_above_all() -> None:
    deny = policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, name="no s3")
    found = why("s3:GetObject", MINE, layers={"scp": ((EVERYTHING,), (EVERYTHING, deny))})

    assert parts(found) == {"scp": Part.DENIES, "identity": Part.PASSES}
    assert [stage.name for stage in found.funnel if stage.named_by_aws] == ["scp"]


def test_a_layer_that_need_not_allow_is_spared() -> None:
    bucket = Policy.parse({"Statement": allow("s3:*", "*", Principal={"AWS": SESSION})})
    found = explain(request("s3:GetObject", MINE), policies=PolicySet(resource=bucket))

    assert found.allowed
    assert parts(found) == {"resource": Part.PASSES, "identity": Part.SPARED}
    assert [stage.name for stage in found.funnel if stage.decided] == ["resource"]


def test_of_several_layers_that_stop_aws_names_one() -> None:
    silent = policy(allow("sqs:*", "*"), name="silent")
    found = why("s3:GetObject", f"arn:aws:s3:::shelf/{YOU}/a", layers={"session": (silent,)})

    assert [stage.name for stage in found.funnel if stage.decided] == ["identity", "session"]
    assert [stage.name for stage in found.funnel if stage.named_by_aws] == ["identity"]


def test_the_titles_speak_of_trust_policies_and_of_guests() -> None:
    trust = explain(Request(f"arn:aws:iam::{ACCOUNT}:user/zoe", "sts:AssumeRole", ROLE), policies=PolicySet())
    context = {"cognito-identity.amazonaws.com:amr": ["unauthenticated"]}
    asked = Request(SESSION, "s3:GetObject", MINE, ACCOUNT, context)
    guest = explain(asked, policies=PolicySet(session=(EVERYTHING,)))

    assert {stage.name: stage.title for stage in trust.funnel}["resource"] == "trust policy"
    assert {stage.name: stage.title for stage in guest.funnel}[
        "session"
    ] == "session policies (the guest ceiling)"


def test_of_who_comes_with_a_token_sts_names_no_policy() -> None:
    """ "Not authorized to perform sts:…" is all that it says."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    trust = Policy.parse({"Statement": statement})
    by_token = Request(Federated("cognito-identity.amazonaws.com"), "sts:TagSession", ROLE)
    by_user = Request(f"arn:aws:iam::{ACCOUNT}:user/zoe", "sts:TagSession", ROLE)

    def named(asked: Request) -> list[str]:
        found = explain(asked, policies=PolicySet(resource=trust))
        return [stage.name for stage in found.funnel if stage.named_by_aws]

    assert named(by_user) == ["resource"]
    assert named(by_token) == []
