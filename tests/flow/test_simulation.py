"""The same question to AWS's policy simulator, and what it could not be asked.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.account import Account, open_account
from labkit.errors import LabError
from labkit.flow.simulation import simulate_custom_policy, simulate_principal_policy
from labkit.local.app import LocalApp
from labkit.policy import Anonymous, Policy, PolicySet, Request, decide
from labkit.provision import Lab
from labkit.resources import MatchedStatement, Simulation
from labkit.show.simulations import VERDICTS
from tests.decisions.test_vectors import cases, policy_set, principal

ACCOUNT, BUCKET = "111122223333", "arn:aws:s3:::shelf"
ZOE = f"arn:aws:iam::{ACCOUNT}:user/zoe"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Learner/CognitoIdentityCredentials"


def policy(action: str = "*", resource: str = "*", effect: str = "Allow", **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return Policy.parse({"Version": "2012-10-17", "Statement": [statement]})


def read(principal: Any = ZOE, **more: Any) -> Request:
    return Request(principal, more.pop("action", "s3:GetObject"), more.pop("resource", f"{BUCKET}/a"), **more)


def left_out(simulation: Simulation) -> list[str]:
    return [each.part for each in simulation.left_out]


def test_aws_is_asked_what_decide_is_asked(account: Account) -> None:
    reads, writes = PolicySet((policy("s3:GetObject"),)), PolicySet((policy("s3:PutObject"),))
    allowed = simulate_custom_policy(account, read(), reads)
    denied = simulate_custom_policy(account, read(), writes)
    assert (allowed.allowed, allowed.decision, allowed.left_out) == (True, "allowed", ())
    assert (denied.allowed, denied.decision, denied.matched) == (False, "implicitDeny", ())
    assert (decide(read(), policies=reads).allowed, decide(read(), policies=writes).allowed) == (True, False)
    assert [call.operation for call in allowed.calls] == ["SimulateCustomPolicy"]


def test_the_statements_that_decide_come_with_their_place(account: Account) -> None:
    denies = policy("s3:*", f"{BUCKET}/a", "Deny")
    simulation = simulate_custom_policy(account, read(), PolicySet((policy(), denies)))
    text = json.dumps(denies.document)
    end = (1, len(text) - 1)
    assert simulation.decision == "explicitDeny"
    assert simulation.matched == (MatchedStatement("PolicyInputList.2", (1, 41), end),)
    assert text[40] == "{"
    assert text[: end[1] - 1].endswith("}")


def test_a_boundary_a_bucket_policy_and_the_organization_go_along(account: Account) -> None:
    everyone = policy(resource=f"{BUCKET}/*", Principal={"AWS": ZOE})
    bounded = PolicySet((policy(),), boundary=(policy("iam:*"),))
    granted = PolicySet((), resource=everyone)
    governed = PolicySet((policy(),), scp=((policy(),), (policy("iam:*"),)))
    answers = [simulate_custom_policy(account, read(), each) for each in (bounded, granted, governed)]
    assert [each.decision for each in answers] == ["implicitDeny", "allowed", "implicitDeny"]
    assert [each.boundary_allows for each in answers] == [False, None, None]
    assert [each.organization_allows for each in answers] == [None, None, False]
    assert [each.matched[0].source for each in answers if each.allowed] == ["ResourcePolicy"]
    assert [left_out(each) for each in answers] == [[], [], []]


def test_two_accounts_are_told_apart(account: Account) -> None:
    policies = PolicySet((), resource=policy(resource=f"{BUCKET}/*", Principal={"AWS": ZOE}))
    mine = simulate_custom_policy(account, read(), policies)
    theirs = simulate_custom_policy(account, read(resource_account="444455556666"), policies)
    assert (mine.decision, theirs.decision) == ("allowed", "implicitDeny")
    assert theirs.details == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}


def test_the_request_s_context_goes_along_by_its_type(account: Account) -> None:
    condition = {
        "NumericLessThanEquals": {"s3:max-keys": "10"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["cost", "team"]},
        "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
    }
    policies = PolicySet((policy(Condition=condition),))
    context = {"s3:max-keys": "9", "aws:TagKeys": ["team"], "aws:CurrentTime": "2026-01-01T00:00:00Z"}
    simulation = simulate_custom_policy(account, read(context=context), policies)
    sent = simulation.calls[0].request["ContextEntries"]
    assert simulation.allowed
    assert [each["ContextKeyType"] for each in sent] == ["numeric", "stringList", "date"]
    missing = simulate_custom_policy(account, read(context={"aws:TagKeys": ["team"]}), policies)
    assert missing.missing_context_keys == ("s3:max-keys", "aws:CurrentTime")
    assert not missing.allowed


def test_a_value_of_no_such_type_goes_as_text(account: Account) -> None:
    policies = PolicySet((policy(Condition={"NumericLessThan": {"s3:max-keys": "10"}}),))
    good = simulate_custom_policy(account, read(context={"s3:max-keys": "9"}), policies)
    bad = simulate_custom_policy(account, read(context={"s3:max-keys": "many"}), policies)
    assert (good.decision, bad.decision) == ("allowed", "implicitDeny")
    assert bad.calls[0].request["ContextEntries"][0]["ContextKeyType"] == "string"


@pytest.mark.parametrize(
    "request_, policies, parts",
    [
        (read(), PolicySet((policy(),)), []),
        (read(SESSION), PolicySet((policy(),)), ["caller"]),
        (read(f"arn:aws:sts::{ACCOUNT}:federated-user/zoe"), PolicySet((policy(),)), ["caller"]),
        (read(SESSION), PolicySet((policy(),), session=(policy("iam:*"),)), ["caller", "session"]),
        (
            read(SESSION),
            PolicySet((policy(),), resource=policy(effect="Deny", Principal="*")),
            ["caller", "resource"],
        ),
        (read(), PolicySet((policy(),), rcp=((policy("iam:*", Principal="*"),),)), ["rcp"]),
        (read(), PolicySet((policy(),), boundary=(policy("iam:*"), policy("sqs:*"))), ["boundary"]),
        (read(), PolicySet((policy(),), iot=()), ["iot"]),
        (read(resource_account="444455556666"), PolicySet((policy(),)), ["resource"]),
        (
            read(action="sts:AssumeRole", resource=f"arn:aws:iam::{ACCOUNT}:role/Target"),
            PolicySet((policy(),), resource=policy(effect="Deny", Principal="*")),
            ["trust"],
        ),
    ],
)
def test_what_aws_could_not_be_asked_is_said(
    account: Account, request_: Request, policies: PolicySet, parts: list[str]
) -> None:
    """Each of the layers would deny, and the simulator, which does not see it, allows."""
    simulation = simulate_custom_policy(account, request_, policies)
    assert left_out(simulation) == parts
    assert simulation.allowed
    assert all(each.reason.startswith("AWS") for each in simulation.left_out)


def test_an_identity_without_policies_can_be_asked_about(account: Account) -> None:
    assert simulate_custom_policy(account, read(), PolicySet((policy(),))).allowed
    assert simulate_custom_policy(account, read(), PolicySet()).decision == "implicitDeny"


@pytest.mark.parametrize("principal", [Anonymous(), f"arn:aws:iam::{ACCOUNT}:root"])
def test_a_caller_that_the_simulator_does_not_take_is_an_error(account: Account, principal: Any) -> None:
    policies = PolicySet((policy(),))
    assert simulate_custom_policy(account, read(), policies).allowed
    with pytest.raises(LabError, match="it takes users and roles"):
        simulate_custom_policy(account, read(principal), policies)


def test_a_role_s_own_policies_are_put_to_aws(account: Account, lab: Lab) -> None:
    assert lab.bucket
    bucket = f"arn:aws:s3:::{lab.bucket}"
    identity = "us-east-1:11111111-2222-3333-4444-555555555555"
    context = {"cognito-identity.amazonaws.com:sub": identity}
    own = read(resource=f"{bucket}/{identity}/a", action="s3:PutObject", context=context)
    other = read(resource=f"{bucket}/somebody/a", action="s3:PutObject", context=context)
    roles = [each["Arn"] for each in account.client("iam").list_roles()["Roles"]]
    answers = [simulate_principal_policy(account, arn, own) for arn in roles]
    (allowed,) = [each for each in answers if each.allowed]
    assert allowed.caller
    assert allowed.caller in roles
    assert left_out(allowed) == ["resource", "rcp"]
    assert not simulate_principal_policy(account, allowed.caller, other).allowed


def test_a_session_stands_for_its_role(account: Account) -> None:
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="Simulated", Path="/lab/", AssumeRolePolicyDocument=document)["Role"]
    try:
        session = f"arn:aws:sts::{account.account_id}:assumed-role/Simulated/s"
        simulation = simulate_principal_policy(account, session, read())
    finally:
        iam.delete_role(RoleName="Simulated")
    assert (simulation.caller, simulation.decision) == (role["Arn"], "implicitDeny")
    assert left_out(simulation) == ["resource", "session", "rcp"]
    assert [call.operation for call in simulation.calls] == ["GetRole", "SimulatePrincipalPolicy"]


def test_aws_s_own_error_rises(account: Account) -> None:
    nobody = f"arn:aws:iam::{account.account_id}:user/nobody"
    with pytest.raises(ClientError, match="The user with name nobody cannot be found"):
        simulate_principal_policy(account, nobody, read())


def test_a_real_account_is_asked_without_asking_a_person(remote: LocalApp) -> None:
    asked: list[str] = []

    def agree(text: str) -> bool:
        asked.append(text)
        return True

    with open_account("aws", profile="workshop", confirm=agree) as account:
        opened = len(asked)
        assert simulate_custom_policy(account, read(), PolicySet((policy(),))).allowed
        assert simulate_principal_policy(account, account.caller_arn, read()).allowed
    assert (opened, len(asked)) == (1, 1)


def test_where_nothing_is_left_out_aws_decides_as_decide_does() -> None:
    """For every decision vector whose caller it takes; where they differ, the record says what is missing."""
    asked, complete = 0, 0
    with open_account(transport="direct") as account:
        for case in cases():
            raw = case["request"]
            request = Request(
                principal(raw["principal"]),
                raw["action"],
                raw["resource"],
                raw.get("resource_account"),
                raw["context"],
                raw.get("wildcard_only_action", False),
            )
            if not isinstance(request.principal, str) or request.principal.endswith(":root"):
                continue
            policies = policy_set(case["policies"])
            try:
                simulation = simulate_custom_policy(account, request, policies)
            except account.client("iam").exceptions.InvalidInputException:
                continue  # documents that nobody could store
            same = VERDICTS[simulation.decision] is decide(request, policies=policies).verdict
            assert same or simulation.left_out, case["id"]
            asked, complete = asked + 1, complete + (not simulation.left_out)
    assert asked > complete > asked / 2
