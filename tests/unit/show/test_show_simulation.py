"""Both answers side by side: what labkit decides and what AWS's policy simulator says."""

from __future__ import annotations

from typing import Any

import pytest

from labkit import show
from labkit.policy import Decision, Policy, PolicySet, Request, decide
from labkit.resources import LeftOut, MatchedStatement, Simulation

ZOE, OBJECT = "arn:aws:iam::111122223333:user/zoe", "arn:aws:s3:::shelf/book"


def policy(action: str, effect: str = "Allow") -> Policy:
    statement = {"Sid": "Own", "Effect": effect, "Action": action, "Resource": "*"}
    return Policy.parse({"Version": "2012-10-17", "Statement": statement}, name="books")


def decided(action: str = "s3:*", **more: Any) -> Decision:
    policies = PolicySet((policy(action),), **more)
    return decide(Request(ZOE, "s3:GetObject", OBJECT), policies=policies)


def simulated(decision: str = "allowed", **more: Any) -> Simulation:
    return Simulation("s3:GetObject", OBJECT, ZOE, decision, **more)


def line(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(name))


@pytest.mark.parametrize(
    "simulation, decision, together",
    [
        (simulated(), decided(), "✓ agree"),
        (simulated("implicitDeny"), decided("iam:*"), "✓ agree"),
        (simulated("implicitDeny"), decided(), "✗ differ"),
        (simulated("explicitDeny"), decided("iam:*"), "✗ differ"),
        (simulated(left_out=(LeftOut("rcp", "no RCPs"),)), decided(), "✓ agree"),
        (
            simulated(left_out=(LeftOut("session", "no session policies"),)),
            decided(session=(policy("iam:*"),)),
            "– differ",
        ),
    ],
)
def test_both_answers_stand_side_by_side(simulation: Simulation, decision: Decision, together: str) -> None:
    view = show.simulation(simulation, decision)
    text = view.to_text()
    assert together in line(text, "Together")
    assert together.replace(" ", "&#160;") in view.to_html()
    assert ("Both answers agree." in text) is ("agree" in together)
    assert simulation.decision in line(text, "AWS's simulator")
    assert "statement Own" in text


def test_what_aws_was_not_asked_is_a_table_of_its_own() -> None:
    view = show.simulation(simulated(left_out=(LeftOut("session", "AWS takes none"),)), decided())
    assert "AWS takes none" in line(view.to_text(), "session")
    assert "What AWS was not asked" in view.to_html()
    assert "What AWS was not asked" not in show.simulation(simulated(), decided()).to_text()


def test_statements_are_named_by_their_policy_and_place() -> None:
    found = (
        MatchedStatement("PolicyInputList.1", (1, 41), (1, 99)),
        MatchedStatement("ResourcePolicy", (3, 17), (8, 6)),
    )
    text = show.simulation(simulated(matched=found), decided()).to_text()
    assert "line 1, column 41" in line(text, "PolicyInputList.1: books")
    assert "line 8, column 6" in line(text, "ResourcePolicy")


def test_missing_keys_and_each_type_of_policy_are_said() -> None:
    text = show.simulation(
        simulated(
            "implicitDeny",
            missing_context_keys=("aws:username",),
            details={"IAM Policy": "implicitDeny", "Resource Policy": "allowed"},
            organization_allows=False,
        ),
        decided("iam:*"),
    ).to_text()
    assert "the request does not have: `aws:username`" in text
    assert "Resource Policy: `allowed`" in text
    assert "the service control policies do not allow it" in text
    bounded = show.simulation(simulated("implicitDeny", boundary_allows=False), decided("iam:*"))
    assert "the permissions boundary does not allow it" in bounded.to_text()
