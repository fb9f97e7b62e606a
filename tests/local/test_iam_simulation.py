"""The policy simulator: SimulateCustomPolicy, SimulatePrincipalPolicy and the context keys they need.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from labkit.local.app import create_app
from labkit.policy import Verdict
from tests.decisions.test_vectors import VECTORS
from tests.decisions.test_vectors import decision as decided
from tests.local.accounts import LocalAccount, anybody_here, document, reached, refused, role, statement, user

BUCKET = "arn:aws:s3:::shelf"
OBJECT = f"{BUCKET}/book"
#: The policy of AWS's own samples for the command line, as they have it.
#: https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html
SINCE_2018 = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def entry(name: str, *values: str, type: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": type}


def custom(account: LocalAccount, *policies: str, action: str = "s3:GetObject", **more: Any) -> Any:
    """The one result for one action."""
    simulate = account.client("iam").simulate_custom_policy
    answer = simulate(PolicyInputList=list(policies), ActionNames=[action], **more)
    (result,) = answer["EvaluationResults"]
    return result


def of_principal(account: LocalAccount, arn: str, action: str = "s3:GetObject", **more: Any) -> Any:
    simulate = account.client("iam").simulate_principal_policy
    (result,) = simulate(PolicySourceArn=arn, ActionNames=[action], **more)["EvaluationResults"]
    return result


def decision(result: Mapping[str, Any]) -> str:
    return str(result["EvalDecision"])


def sources(result: Mapping[str, Any]) -> list[str]:
    return [found["SourcePolicyId"] for found in result["MatchedStatements"]]


def resource_policy(principal: str, action: str = "s3:GetObject", effect: str = "Allow", **more: Any) -> str:
    return document(statement(action, f"{BUCKET}/*", effect, Principal={"AWS": principal}) | more)


def new_user(account: LocalAccount, *statements: dict[str, Any]) -> tuple[str, str]:
    """Name and ARN of a new user with these statements as its inline policy `own`."""
    iam, name = account.client("iam"), account.name("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    return name, arn


# What is decided, and how it is said.


@pytest.mark.parametrize(
    "now, expected", [("2019-04-25T11:00:00Z", "allowed"), ("2014-04-25T11:00:00Z", "implicitDeny")]
)
def test_aws_s_own_sample_of_a_custom_policy_is_answered_like_aws_s(
    account: LocalAccount, now: str, expected: str
) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html"""
    context = [entry("aws:CurrentTime", now, type="date")]
    result = custom(account, SINCE_2018, action="dynamodb:CreateBackup", ContextEntries=context)
    matched = {
        "SourcePolicyId": "PolicyInputList.1",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": 38},
        "EndPosition": {"Line": 1, "Column": 167},
    }
    assert result == {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": expected,
        "MatchedStatements": [matched] if expected == "allowed" else [],
        "MissingContextValues": [],
    }


def test_aws_s_own_sample_of_a_user_is_answered_like_aws_s(account: LocalAccount) -> None:
    """API_SimulatePrincipalPolicy, "Simulating a Policy": Jill may read, and add what the input allows."""
    iam, (jill, arn) = account.client("iam"), new_user(account)
    iam.attach_user_policy(UserName=jill, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    given = (
        '{\n  "Version":"2012-10-17",\n  "Statement":{\n    "Effect":"Allow",\n'
        '    "Action":"s3:PutObject",\n    "Resource":"arn:aws:s3:::my-test-bucket"\n  }\n}'
    )
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
        ResourceArns=["arn:aws:s3:::my-test-bucket"],
        PolicyInputList=[given],
    )
    put, get, delete = answer["EvaluationResults"]
    assert [decision(each) for each in (put, get, delete)] == ["allowed", "allowed", "implicitDeny"]
    assert put["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 3, "Column": 16},
            "EndPosition": {"Line": 7, "Column": 4},
        }
    ]
    assert (sources(get), sources(delete)) == (["AmazonS3ReadOnlyAccess"], [])
    assert answer["IsTruncated"] is False


def test_a_simulation_in_one_account_names_the_boundary_and_leaves_the_details_empty(
    account: LocalAccount,
) -> None:
    """API_SimulatePrincipalPolicy, "Same-Account Simulation"."""
    iam, (name, arn) = account.client("iam"), new_user(account)
    own = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    iam.put_user_policy(UserName=name, PolicyName="AdminUser", PolicyDocument=own)
    target = f"arn:aws:iam::{account.account_id}:role/pol-sim-test"
    boundary = [document(statement(["iam:*", "s3:*"]))]
    simulate = partial(of_principal, account, arn, ResourceArns=[target])
    result = simulate("iam:GetRole", PermissionsBoundaryPolicyInputList=boundary)
    matched = {
        "SourcePolicyId": f"user_{name}_AdminUser",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": 38},
        "EndPosition": {"Line": 1, "Column": 84},
    }
    allowed = {"AllowedByPermissionsBoundary": True}
    (specific,) = result["ResourceSpecificResults"]
    assert specific == {
        "EvalResourceName": target,
        "EvalResourceDecision": "allowed",
        "MatchedStatements": [matched],
        "MissingContextValues": [],
        "PermissionsBoundaryDecisionDetail": allowed,
    }
    assert result["MatchedStatements"] == [matched]
    assert (result["EvalDecisionDetails"], result["PermissionsBoundaryDecisionDetail"]) == ({}, allowed)
    assert "PermissionsBoundaryDecisionDetail" not in simulate("iam:GetRole")
    other = simulate("iam:GetRole", PermissionsBoundaryPolicyInputList=[document(statement("s3:*"))])
    assert decision(other) == "implicitDeny"
    assert other["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_a_simulation_of_two_accounts_tells_how_each_type_of_policy_decides(account: LocalAccount) -> None:
    """API_SimulatePrincipalPolicy, "Cross-Account Simulation": the bucket's owner allows, Arnav's not."""
    _, arnav = new_user(account)
    given = {
        "ResourceArns": [OBJECT],
        "ResourceOwner": "arn:aws:iam::123456789012:root",
        "ResourcePolicy": resource_policy(arnav, "s3:Put*"),
    }
    boundary = [document(statement("iam:*"))]
    result = of_principal(
        account, arnav, "s3:PutObject", PermissionsBoundaryPolicyInputList=boundary, **given
    )
    details = {
        "IAM Policy": "implicitDeny",
        "Resource Policy": "allowed",
        "Permissions Boundary Policy": "implicitDeny",
    }
    (specific,) = result["ResourceSpecificResults"]
    assert (decision(result), result["EvalDecisionDetails"], sources(result)) == ("implicitDeny", details, [])
    assert (specific["EvalDecisionDetails"], sources(specific)) == (details, ["ResourcePolicy"])
    assert specific["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
    both = of_principal(
        account, arnav, "s3:PutObject", PolicyInputList=[document(statement("s3:*"))], **given
    )
    assert (decision(both), sources(both)) == ("allowed", ["ResourcePolicy", "PolicyInputList.1"])
    assert both["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}


def test_an_action_has_one_result_with_the_strictest_decision_of_its_resources(account: LocalAccount) -> None:
    """API_EvaluationResult: "a single EvaluationResult per action", "the most restrictive decision"."""
    policy = document(
        statement("s3:GetObject", f"{BUCKET}/*"), statement("s3:*", f"{BUCKET}/secret", effect="Deny")
    )
    both = custom(account, policy, ResourceArns=[OBJECT, f"{BUCKET}/secret"])
    open_and_foreign = custom(account, policy, ResourceArns=[OBJECT, "arn:aws:s3:::other/book"])
    assert [each["EvalResourceDecision"] for each in both["ResourceSpecificResults"]] == [
        "allowed",
        "explicitDeny",
    ]
    assert decision(custom(account, policy, ResourceArns=[OBJECT])) == "allowed"
    assert (decision(both), decision(open_and_foreign)) == ("explicitDeny", "implicitDeny")
    assert both["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"


def test_an_explicit_deny_is_the_only_statement_named(account: LocalAccount) -> None:
    """ "In addition, the deny statement is the only entry included in the result." """
    allow, deny = document(statement("s3:*")), document(statement("s3:*", effect="Deny"))
    assert sources(custom(account, allow)) == ["PolicyInputList.1"]
    result = custom(account, allow, deny, ResourceArns=[OBJECT])
    assert (decision(result), sources(result)) == ("explicitDeny", ["PolicyInputList.2"])
    assert sources(result["ResourceSpecificResults"][0]) == ["PolicyInputList.2"]


def test_a_later_statement_begins_right_behind_the_one_before_it(account: LocalAccount) -> None:
    """A list's first statement begins behind its bracket: the sample of API_SimulatePrincipalPolicy has
    `AmazonS3ReadOnlyAccess` begin in line 3, column 17 and end in line 11, column 6."""
    one = '    {\n      "Effect": "Allow",\n      "Action": "%s",\n      "Resource": "*"\n    }'
    two = f'{{\n  "Version": "2012-10-17",\n  "Statement": [\n{one % "s3:Get*"},\n{one % "s3:List*"}\n  ]\n}}'
    (first,) = custom(account, two)["MatchedStatements"]
    (second,) = custom(account, two, action="s3:ListBucket")["MatchedStatements"]
    assert (first["StartPosition"], first["EndPosition"]) == (
        {"Line": 3, "Column": 17},
        {"Line": 8, "Column": 6},
    )
    assert (second["StartPosition"], second["EndPosition"]) == (
        first["EndPosition"],
        {"Line": 13, "Column": 6},
    )


def test_service_control_policies_end_the_simulation(account: LocalAccount) -> None:
    """API_SimulateCustomPolicy, OrderedOrganizationPolicyInputList; "If an Organizations SCP included in
    the evaluation denies access, the simulation ends", and EvalDecisionDetails is not returned."""
    everything, reads = document(statement("*")), document(statement("s3:Get*"))

    def levels(*each: str) -> list[dict[str, list[str]]]:
        return [{"ServiceControlPolicyInputList": [level]} for level in each]

    simulate = partial(custom, account, everything, ResourceArns=[OBJECT])
    allowed = simulate(OrderedOrganizationPolicyInputList=levels(everything, reads))
    forbidden = simulate(action="s3:PutObject", OrderedOrganizationPolicyInputList=levels(everything, reads))
    assert (decision(allowed), decision(forbidden)) == ("allowed", "implicitDeny")
    assert allowed["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    assert forbidden["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert forbidden["ResourceSpecificResults"][0]["MatchedStatements"] == []
    assert "EvalDecisionDetails" in allowed
    assert "EvalDecisionDetails" not in forbidden
    assert "OrganizationsDecisionDetail" not in simulate()


def test_an_action_without_resource_types_is_allowed_on_every_resource_only(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
    simulate = partial(custom, account, action="s3:ListAllMyBuckets", ResourceArns=[BUCKET])
    assert decision(simulate(document(statement("s3:*")))) == "allowed"
    result = simulate(document(statement("s3:*", BUCKET)))
    assert (decision(result), result["EvalResourceName"]) == ("implicitDeny", "*")


def test_every_resource_is_more_than_a_policy_for_some_allows(account: LocalAccount) -> None:
    """ "If this parameter is not provided, then the value defaults to * (all resources)." """
    policy = document(statement("s3:GetObject", f"{BUCKET}/*"))
    assert decision(custom(account, policy, ResourceArns=[OBJECT])) == "allowed"
    assert decision(custom(account, policy)) == decision(custom(account, policy, ResourceArns=["*"]))
    assert decision(custom(account, policy)) == "implicitDeny"


def test_context_keys_that_were_not_given_are_named(account: LocalAccount) -> None:
    """API_EvaluationResult, MissingContextValues; service control policies' keys are not among them.

    All keys of the policies are, also of statements about another action:
    https://github.com/boto/boto3/issues/3111
    """
    about_tags = {"StringLike": {"aws:PrincipalTag/allowed_service": "s3"}}
    policy = document(
        statement("s3:ListBucket", BUCKET, Condition=about_tags),
        statement("s3:GetObject", f"{BUCKET}/${{aws:username}}"),
    )
    scp = document(statement("*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    simulate = partial(custom, account, policy, action="s3:ListBucket", ResourceArns=[BUCKET])
    result = simulate(OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [scp]}])
    keys = ["aws:PrincipalTag/allowed_service", "aws:username"]
    assert result["MissingContextValues"] == keys
    assert result["ResourceSpecificResults"][0]["MissingContextValues"] == keys
    given = simulate(ContextEntries=[entry("aws:principaltag/ALLOWED_service", "s3")])
    assert (decision(given), given["MissingContextValues"]) == ("allowed", ["aws:username"])


@pytest.mark.parametrize(
    "condition, type, good, bad",
    [
        ({"NumericLessThan": {"s3:max-keys": "10"}}, "numeric", "9", "many"),
        ({"Bool": {"aws:SecureTransport": "true"}}, "boolean", "true", "yes"),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "ip", "203.0.113.9", "here"),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, "date", "2019-06-01", "today"),
        ({"BinaryEquals": {"aws:token": "QmluYXJ5"}}, "binary", "QmluYXJ5", None),
    ],
)
def test_a_context_value_is_one_of_its_type(
    account: LocalAccount, condition: dict[str, Any], type: str, good: str, bad: str | None
) -> None:
    """API_ContextEntry, ContextKeyType."""
    ((key, _),) = next(iter(condition.values())).items()
    simulate = account.client("iam").simulate_custom_policy
    given = {
        "PolicyInputList": [document(statement("s3:GetObject", Condition=condition))],
        "ActionNames": ["s3:GetObject"],
    }
    answer = simulate(ContextEntries=[entry(key, good, type=type)], **given)
    assert decision(answer["EvaluationResults"][0]) == "allowed"
    if bad is not None:
        answer = refused(simulate, ContextEntries=[entry(key, bad, type=type)], **given)
        assert (answer.status, answer.code) == (400, "InvalidInput")


def test_a_list_is_a_multivalued_key(account: LocalAccount) -> None:
    """API_ContextEntry: "The value (or values, if the condition context key supports multiple values)"."""
    every = {"ForAllValues:StringEquals": {"aws:TagKeys": ["cost", "team"]}}
    simulate = partial(custom, account, document(statement("s3:GetObject", Condition=every)))
    two = [entry("aws:TagKeys", "cost", "team", type="stringList")]
    assert decision(simulate(ContextEntries=two)) == "allowed"
    other = [entry("aws:TagKeys", "cost", "owner", type="stringList")]
    assert decision(simulate(ContextEntries=other)) == "implicitDeny"
    answer = refused(simulate, ContextEntries=[entry("aws:TagKeys", "cost", "team")])
    assert answer.code == "InvalidInput"


# Whose policies.


def test_a_user_has_its_own_policies_and_those_of_its_groups(account: LocalAccount) -> None:
    """ "If you specify a user, the simulation also includes all policies that are attached to any groups
    the user belongs to." """
    iam, (name, arn), group = account.client("iam"), new_user(account), account.name("group")
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="reads", PolicyDocument=document(statement("s3:GetObject"))
    )
    assert decision(of_principal(account, arn)) == "implicitDeny"
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert sources(of_principal(account, arn)) == [f"group_{group}_reads"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(statement("s3:*")))
    assert sources(of_principal(account, arn)) == [f"user_{name}_own", f"group_{group}_reads"]


@pytest.mark.parametrize("kind", ["group", "role"])
def test_a_group_or_a_role_can_be_simulated(account: LocalAccount, kind: str) -> None:
    iam, name = account.client("iam"), account.name(kind)
    if kind == "group":
        arn = iam.create_group(GroupName=name)["Group"]["Arn"]
        iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=document(statement("s3:Get*")))
    else:
        arn = role(account, anybody_here(account))
        name = arn.rpartition("/")[2]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(statement("s3:Get*")))
    assert sources(of_principal(account, arn)) == [f"{kind}_{name}_p"]
    assert decision(of_principal(account, arn, "s3:PutObject")) == "implicitDeny"


def test_the_boundary_of_a_role_counts_unless_the_request_brings_another(account: LocalAccount) -> None:
    """API_SimulatePrincipalPolicy, PermissionsBoundaryPolicyInputList."""
    iam = account.client("iam")
    narrow = iam.create_policy(
        PolicyName=account.name("boundary"), PolicyDocument=document(statement("iam:*"))
    )["Policy"]["Arn"]
    arn = role(account, anybody_here(account), statement("s3:*"), PermissionsBoundary=narrow)
    result = of_principal(account, arn)
    assert (decision(result), result["PermissionsBoundaryDecisionDetail"]) == (
        "implicitDeny",
        {"AllowedByPermissionsBoundary": False},
    )
    wide = [document(statement("s3:*"))]
    assert decision(of_principal(account, arn, PermissionsBoundaryPolicyInputList=wide)) == "allowed"
    without = of_principal(account, arn, PolicyExclusionList=[{"PolicyType": "permission-boundary"}])
    assert decision(without) == "allowed"


def test_policies_can_be_left_out(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html"""
    iam, (name, arn) = account.client("iam"), new_user(account, statement("s3:GetObject"))
    managed = iam.create_policy(
        PolicyName=account.name("reads"), PolicyDocument=document(statement("s3:GetObject"))
    )["Policy"]
    aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    for policy in (managed["Arn"], aws):
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
    all_three = {f"user_{name}_own", managed["PolicyName"], "AmazonS3ReadOnlyAccess"}
    inline = {"PolicyName": "own", "AttachmentType": "user", "AttachmentName": name}

    def left(*identifiers: dict[str, Any]) -> set[str]:
        return set(sources(of_principal(account, arn, PolicyExclusionList=list(identifiers))))

    assert set(sources(of_principal(account, arn))) == all_three
    assert left({"PolicyType": "inline"}) == all_three - {f"user_{name}_own"}
    assert left({"PolicyType": "aws-managed"}) == all_three - {"AmazonS3ReadOnlyAccess"}
    assert left({"PolicyType": "user-managed"}) == all_three - {managed["PolicyName"]}
    assert left({"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3Read*"}) == all_three - {
        "AmazonS3ReadOnlyAccess"
    }
    assert left({"InlinePolicyIdentifier": inline}) == all_three - {f"user_{name}_own"}
    assert left({"PolicyType": "scp"}, {"PolicyType": "rcp"}) == all_three
    two_stars = [{"PolicyArn": "arn:aws:iam::aws:policy/*S3*"}]
    answer = refused(of_principal, account=account, arn=arn, PolicyExclusionList=two_stars)
    assert answer.code == "InvalidInput"


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_an_entity_that_is_not_there_is_named(account: LocalAccount, kind: str) -> None:
    """API_SimulatePrincipalPolicy, Errors: NoSuchEntity, 404."""
    _, there = new_user(account)
    iam = account.client("iam")
    for call in (
        partial(iam.simulate_principal_policy, ActionNames=["s3:GetObject"]),
        iam.get_context_keys_for_principal_policy,
    ):
        assert call(PolicySourceArn=there)
        answer = refused(call, PolicySourceArn=f"arn:aws:iam::{account.account_id}:{kind}/nobody")
        assert (answer.status, answer.code) == (404, "NoSuchEntity")
        assert answer.message == f"The {kind} with name nobody cannot be found."


def test_a_session_is_no_entity(account: LocalAccount) -> None:
    """The text: https://github.com/newrelic/newrelic-lambda-cli/issues/96"""
    arn = f"arn:aws:sts::{account.account_id}:assumed-role/Learner/session"
    assert of_principal(account, new_user(account)[1])
    answer = refused(of_principal, account=account, arn=arn)
    assert (answer.status, answer.code) == (400, "InvalidInput")
    assert answer.message == f"Invalid Entity Arn: {arn} does not clearly define entity type and name."


# The caller and the resource's policy.


def test_a_resource_policy_needs_a_caller(account: LocalAccount) -> None:
    """ "CallerArn is required if you include a ResourcePolicy" """
    caller = f"arn:aws:iam::{account.account_id}:user/zoe"
    given: Any = {"ResourceArns": [OBJECT], "ResourcePolicy": resource_policy(caller)}
    simulate = partial(custom, account, document(statement("iam:*")))
    result = simulate(CallerArn=caller, **given)
    assert (decision(result), sources(result)) == ("allowed", ["ResourcePolicy"])
    assert decision(simulate(CallerArn=f"{caller}-not", **given)) == "implicitDeny"
    answer = refused(simulate, **given)
    assert (answer.status, answer.code) == (400, "InvalidInput")


@pytest.mark.parametrize("kind", ["role", "group"])
def test_a_resource_policy_is_simulated_for_users_only(account: LocalAccount, kind: str) -> None:
    """ "Simulation of resource-based policies isn't supported for IAM roles."; the text:
    https://blog.scottlogic.com/2025/07/10/automated-permissions-testing-aws-iam-policy-simulator.html"""
    policy, arn = document(statement("s3:*")), f"arn:aws:iam::{account.account_id}:{{}}/Learner"
    simulate = partial(custom, account, policy, ResourceArns=[OBJECT])
    assert decision(simulate(CallerArn=arn.format(kind))) == "allowed"
    given = {"ResourcePolicy": resource_policy(account.account_id)}
    assert decision(simulate(CallerArn=arn.format("user"), **given)) == "allowed"
    answer = refused(simulate, CallerArn=arn.format(kind), **given)
    assert (answer.status, answer.code) == (400, "InvalidInput")
    assert answer.message == "Invalid caller - Caller must be an IAM user in this context."


def test_a_caller_is_a_user_a_group_or_a_role(account: LocalAccount) -> None:
    """ "You cannot specify the ARN of an assumed role, federated user, or a service principal." """
    simulate, here = partial(custom, account, document(statement("s3:*"))), account.account_id
    assert decision(simulate(CallerArn=f"arn:aws:iam::{here}:user/zoe")) == "allowed"
    for arn in (
        f"arn:aws:sts::{here}:assumed-role/Learner/session",
        f"arn:aws:sts::{here}:federated-user/zoe",
        "lambda.amazonaws.com",
    ):
        assert refused(simulate, CallerArn=arn).code == "InvalidInput"


def test_another_caller_may_have_the_policies_of_the_source(account: LocalAccount) -> None:
    """ "you simulate calling the API operations as Bob, as if Bob had David's policies" """
    _, david = new_user(account, statement("iam:*"))
    bob = f"arn:aws:iam::{account.account_id}:user/bob"
    given: Any = {"ResourceArns": [OBJECT], "ResourcePolicy": resource_policy(bob)}
    assert decision(of_principal(account, david, CallerArn=bob, **given)) == "allowed"
    assert decision(of_principal(account, david, **given)) == "implicitDeny"
    assert decision(of_principal(account, david, "iam:GetUser", CallerArn=bob)) == "allowed"


def test_the_owner_of_a_resource_is_an_account_s_arn(account: LocalAccount) -> None:
    """The text: https://github.com/boto/botocore/issues/1346"""
    simulate = partial(custom, account, document(statement("s3:*")), ResourceArns=[OBJECT])
    assert decision(simulate(ResourceOwner="arn:aws:iam::123456789012:root")) == "allowed"
    answer = refused(simulate, ResourceOwner="123456789012")
    assert (answer.status, answer.code) == (400, "InvalidInput")
    assert answer.message == "'123456789012' is not a valid as a Resource Owner."


def test_a_resource_is_an_arn(account: LocalAccount) -> None:
    """The text: https://github.com/aws-containers/amazon-ecs-exec-checker/issues/35"""
    simulate = partial(custom, account, document(statement("*")), action="kms:Decrypt")
    key = "14a050d4-021e-4efe-84bb-0871bf6d0fda"
    assert decision(simulate(ResourceArns=[f"arn:aws:kms:us-east-1:123456789012:key/{key}"])) == "allowed"
    answer = refused(simulate, ResourceArns=[key])
    assert (answer.status, answer.code) == (400, "InvalidInput")
    assert answer.message == f"ResourceNames are not in a valid ARN format: {key}."


def test_a_resource_policy_is_one_for_all_the_resources(account: LocalAccount) -> None:
    """ "it must be applicable to all of the resources included in the simulation or you receive an invalid
    input error" """
    caller = f"arn:aws:iam::{account.account_id}:user/zoe"
    given = {"CallerArn": caller, "ResourcePolicy": resource_policy(caller)}
    simulate = partial(custom, account, document(statement("iam:*")), **given)
    assert decision(simulate(ResourceArns=[OBJECT])) == "allowed"
    answer = refused(simulate, ResourceArns=[OBJECT, "arn:aws:s3:::other/book"])
    assert (answer.status, answer.code) == (400, "InvalidInput")


@pytest.mark.unconfirmed
def test_without_its_policy_a_resource_of_another_account_is_simulated_from_the_caller_s_side(
    account: LocalAccount,
) -> None:
    """ "The simulation does not automatically retrieve policies for the specified resources." """
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/Notes"
    result = custom(account, document(statement("dynamodb:*")), action="dynamodb:Query", ResourceArns=[table])
    assert (decision(result), result["EvalDecisionDetails"]) == ("allowed", {})


@pytest.mark.unconfirmed
def test_trust_policies_are_not_evaluated(account: LocalAccount) -> None:
    """https://github.com/aws/aws-cli/issues/10314: allowed, although the trust policy denies the caller."""
    caller = f"arn:aws:iam::{account.account_id}:user/zoe"
    target = f"arn:aws:iam::{account.account_id}:role/Target"
    denying = document(
        {"Effect": "Deny", "Principal": {"AWS": caller}, "Action": "sts:AssumeRole", "Resource": "*"}
    )
    simulate = partial(custom, account, action="sts:AssumeRole", ResourceArns=[target], CallerArn=caller)
    result = simulate(document(statement("sts:AssumeRole")), ResourcePolicy=denying)
    assert (decision(result), sources(result)) == ("allowed", ["PolicyInputList.1"])
    assert decision(simulate(document(statement("iam:*")))) == "implicitDeny"


# What is refused.


@pytest.mark.parametrize(
    "wrong",
    [
        {"ActionNames": ["s3:Get*"]},
        {"ActionNames": ["GetObject"]},
        {"PolicyInputList": ["{"]},
        {"PolicyInputList": [document(statement("s3:*", Principal="*"))]},
        {"PolicyInputList": [document(statement("s3:*", effect="Perhaps"))]},
        {"PermissionsBoundaryPolicyInputList": [document(statement("s3:*"))] * 2},
        {"ResourceHandlingOption": "EC2-Classic"},
        {"Marker": "100"},
        {"ContextEntries": [entry("aws:username", "zoe"), entry("AWS:UserName", "eve")]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_invalid_input_is_refused(account: LocalAccount, wrong: dict[str, Any]) -> None:
    """API_SimulateCustomPolicy, Errors: InvalidInput, 400. AWS does not document the texts."""
    simulate = account.client("iam").simulate_custom_policy
    good: dict[str, Any] = {"PolicyInputList": [document(statement("s3:*"))], "ActionNames": ["s3:GetObject"]}
    assert decision(simulate(**good)["EvaluationResults"][0]) == "allowed"
    answer = refused(simulate, **good | wrong)
    assert (answer.status, answer.code) == (400, "InvalidInput")


def test_a_policy_has_at_most_131072_characters(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (ValidationError)"""
    policy = document(statement("s3:*"))
    assert decision(custom(account, policy + " " * (131072 - len(policy)))) == "allowed"
    answer = refused(
        account.client("iam").simulate_custom_policy,
        PolicyInputList=[policy + " " * 131072],
        ActionNames=["s3:GetObject"],
    )
    assert (answer.status, answer.code) == (400, "ValidationError")


def test_scenarios_of_ec2_are_not_simulated(account: LocalAccount) -> None:
    simulate = partial(custom, account, document(statement("ec2:*")), action="ec2:RunInstances")
    assert decision(simulate()) == "allowed"
    answer = refused(simulate, ResourceHandlingOption="EC2-VPC-EBS")
    assert (answer.status, answer.code) == (501, "NotSimulated")


def test_results_come_in_pages(account: LocalAccount) -> None:
    """API_SimulateCustomPolicy, MaxItems and Marker."""
    iam, actions = account.client("iam"), ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    given = {"PolicyInputList": [document(statement("s3:*"))], "ActionNames": actions}
    first = iam.simulate_custom_policy(MaxItems=2, **given)
    assert (len(first["EvaluationResults"]), first["IsTruncated"]) == (2, True)
    last = iam.simulate_custom_policy(MaxItems=2, Marker=first["Marker"], **given)
    assert ([each["EvalActionName"] for each in last["EvaluationResults"]], last["IsTruncated"]) == (
        ["s3:DeleteObject"],
        False,
    )
    pages = iam.get_paginator("simulate_custom_policy").paginate(**given, PaginationConfig={"PageSize": 1})
    assert [decision(page["EvaluationResults"][0]) for page in pages] == ["allowed"] * 3


# Who may ask.


def test_simulating_needs_leave_on_the_entity_itself(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_iam_policy-sim.html;
    the resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html"""
    _, mine = new_user(account, statement("s3:*"))
    _, yours = new_user(account)
    actions = ["iam:SimulatePrincipalPolicy", "iam:GetContextKeysForPrincipalPolicy"]
    iam = account.client("iam", user(account, statement(actions, mine)))
    target = f"arn:aws:iam::{account.account_id}:role/Target"
    given = {"ActionNames": ["iam:GetRole"], "ResourceArns": [target]}
    assert iam.simulate_principal_policy(PolicySourceArn=mine, **given)
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=mine)
    for answer in (
        refused(iam.simulate_principal_policy, PolicySourceArn=yours, **given),
        refused(iam.get_context_keys_for_principal_policy, PolicySourceArn=yours),
    ):
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert f"on resource: {yours} because no identity-based policy allows" in answer.message


def test_simulating_custom_policies_needs_leave_on_everything(account: LocalAccount) -> None:
    given = {"PolicyInputList": [document(statement("s3:*"))]}
    actions = ["iam:SimulateCustomPolicy", "iam:GetContextKeysForCustomPolicy"]
    may = account.client("iam", user(account, statement(actions)))
    assert may.simulate_custom_policy(ActionNames=["s3:GetObject"], **given)
    assert may.get_context_keys_for_custom_policy(**given)
    there = f"arn:aws:iam::{account.account_id}:user/*"
    may_not = account.client("iam", user(account, statement(actions, there)))
    assert refused(may_not.simulate_custom_policy, ActionNames=["s3:GetObject"], **given).code == (
        "AccessDenied"
    )
    assert refused(may_not.get_context_keys_for_custom_policy, **given).code == "AccessDenied"


# Context keys.


def test_the_context_keys_of_policies_are_listed(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/iam/get-context-keys-for-custom-policy.html"""
    table = "arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}"
    policy = SINCE_2018.replace('"Resource":"*"', f'"Resource":"{table}"')
    iam = account.client("iam")
    answer = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy, policy])
    assert answer["ContextKeyNames"] == ["aws:username", "aws:CurrentTime"]
    answer = refused(iam.get_context_keys_for_custom_policy, PolicyInputList=["{}"])
    assert (answer.status, answer.code) == (400, "InvalidInput")


def test_the_context_keys_of_an_entity_are_listed(account: LocalAccount) -> None:
    """API_GetContextKeysForPrincipalPolicy: its policies, those of its groups, and those of the request."""
    iam, group = account.client("iam"), account.name("group")
    name, arn = new_user(account, statement("s3:*", f"{BUCKET}/${{aws:username}}/*"))
    iam.create_group(GroupName=group)
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    iam.put_group_policy(
        GroupName=group, PolicyName="p", PolicyDocument=document(statement("s3:*", Condition=condition))
    )
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"] == [
        "aws:username"
    ]
    iam.add_user_to_group(GroupName=group, UserName=name)
    answer = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn, PolicyInputList=[SINCE_2018])
    keys = ["aws:username", "aws:MultiFactorAuthPresent", "aws:CurrentTime"]
    assert answer["ContextKeyNames"] == keys


# The same verdict as `decide`, for every decision vector that the operation can express.

_WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.EXPLICIT_DENY: "explicitDeny",
    Verdict.IMPLICIT_DENY: "implicitDeny",
}
_EXPRESSIBLE = {"identity", "boundary", "resource", "scp"}


def expressible(case: Mapping[str, Any]) -> bool:
    """No layer that the simulator lacks, a caller that it takes, and all that decides said."""
    request, policies = case["request"], case["policies"]
    caller, arn = request["principal"], request["resource"]
    if not isinstance(caller, str) or caller.endswith(":root") or not set(policies) <= _EXPRESSIBLE:
        return False
    if request["action"].lower().startswith("sts:assume") or ":federated-user/" in caller:
        return False
    if not re.fullmatch(r"[\w-]+:\w+", request["action"]):
        return False
    foreign = _owner(request) != caller.split(":")[4]
    if "resource" in policies:
        return ":user/" in caller and arn != "*"
    return not foreign and len(policies.get("boundary", [""])) == 1 and bool(policies.get("identity"))


def _owner(request: Mapping[str, Any]) -> str:
    fields = request["resource"].split(":")
    in_arn = fields[4] if len(fields) > 4 and fields[4].isdigit() else ""
    return str(request.get("resource_account") or in_arn or request["principal"].split(":")[4])


def simulation(case: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of SimulateCustomPolicy that ask what the case asks."""
    request, policies = case["request"], case["policies"]
    nothing = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "NotAction": "*", "Resource": "*"}}
    given: dict[str, Any] = {
        "PolicyInputList": [json.dumps(each) for each in policies.get("identity") or [nothing]],
        "ActionNames": [request["action"]],
        "ResourceArns": [request["resource"]],
        "ContextEntries": [
            entry(key, value) if isinstance(value, str) else entry(key, *value, type="stringList")
            for key, value in request["context"].items()
        ],
    }
    if "boundary" in policies:
        given["PermissionsBoundaryPolicyInputList"] = [json.dumps(each) for each in policies["boundary"]]
    if "scp" in policies:
        given["OrderedOrganizationPolicyInputList"] = [
            {"ServiceControlPolicyInputList": [json.dumps(each) for each in level]}
            for level in policies["scp"]
        ]
    caller = request["principal"]
    if ":assumed-role/" in caller:  # AWS takes the role in place of its session
        caller = caller.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
    if ":iam:" in caller:
        given["CallerArn"] = caller
    if "resource" in policies:
        given["ResourcePolicy"] = json.dumps(policies["resource"])
        given["ResourceOwner"] = f"arn:aws:iam::{_owner(request)}:root"
    return given


def vectors() -> list[Mapping[str, Any]]:
    files = sorted(VECTORS.glob("*.json"))
    return [case for path in files for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]


def test_the_simulator_finds_what_decide_finds() -> None:
    """Of most vectors; the others need a layer or a caller that the simulator does not know.

    Some hold documents that nobody could store, or a bucket policy of another bucket: InvalidInput.
    """
    simulate = reached(create_app(account_id="999988887777"), "direct").client("iam").simulate_custom_policy
    cases = [case for case in vectors() if expressible(case)]
    differing, invalid = [], []
    for case in cases:
        try:
            (result,) = simulate(**simulation(case))["EvaluationResults"]
        except simulate.__self__.exceptions.InvalidInputException as error:
            invalid.append((case["id"], str(error)))
            continue
        if decision(result) != _WORDS[decided(case).verdict]:
            differing.append((case["id"], decision(result), case["expect"]))
    assert not differing
    assert all("syntax error" in text or "not applicable" in text for _, text in invalid)
    assert len(cases) - len(invalid) > len(vectors()) * 2 / 3
