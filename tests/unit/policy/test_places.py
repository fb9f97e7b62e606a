"""What each place where a policy is stored asks of it, beyond the grammar.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from typing import Any

import pytest

from labkit.errors import PolicySyntaxError
from labkit.policy import Policy
from labkit.policy.grammar import Kind

IDENTITY = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shelf/*"}
RESOURCE = {**IDENTITY, "Principal": {"AWS": "111122223333"}}
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
RCP = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
ATTACHED: tuple[Kind, ...] = ("identity", "boundary", "session")


def document(statement: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{**statement, **change}]}


def refused(raw: Any, kind: Kind) -> PolicySyntaxError:
    with pytest.raises(PolicySyntaxError) as caught:
        Policy.parse(raw, kind=kind)
    return caught.value


@pytest.mark.parametrize("kind", ATTACHED)
def test_a_sid_of_an_identity_policy_is_of_letters_and_digits(kind: Kind) -> None:
    """ "basic alphanumeric characters (A-Z,a-z,0-9) are the only allowed characters" …
    "some services allow additional characters such as spaces"."""
    assert Policy.parse(document(IDENTITY, Sid="Read1"), kind=kind).statements
    assert Policy.parse(document(RESOURCE, Sid="Read it"), kind="resource").statements

    assert refused(document(IDENTITY, Sid="Read it"), kind).pointer == "Statement[0].Sid"
    assert refused(document(IDENTITY, Sid="Léon"), kind).pointer == "Statement[0].Sid"
    assert refused(document(TRUST, Sid="for-lambda"), "trust").pointer == "Statement[0].Sid"


@pytest.mark.parametrize("kind", ATTACHED)
@pytest.mark.parametrize("action", ["s*:GetObject", "?3:GetObject", "s3:Get:Object", "s3 :GetObject"])
def test_an_action_of_an_identity_policy_names_its_service_in_full(kind: Kind, action: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html"""
    for accepted in ("*", "*:*", "s3:*", "s3:Get*", "s3-object-lambda:GetObject", "S3:getobject"):
        assert Policy.parse(document(IDENTITY, Action=accepted), kind=kind).statements

    assert refused(document(IDENTITY, Action=[action]), kind).pointer == "Statement[0].Action"


@pytest.mark.parametrize("kind", ATTACHED)
@pytest.mark.parametrize(
    "resource", ["shelf/*", "arn:aws", "arn:aws:", "arn:aws2:s3:::shelf", "**", "ARN:aws:s3:::x"]
)
def test_a_resource_of_an_identity_policy_is_an_arn(kind: Kind, resource: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"""
    for accepted in ("*", "arn:aws:s3", "arn:aws-us-gov:s3:::x", "arn:*:s3:::${aws:username}/*"):
        assert Policy.parse(document(IDENTITY, Resource=accepted), kind=kind).statements

    assert refused(document(IDENTITY, Resource=[resource]), kind).pointer == "Statement[0].Resource"


@pytest.mark.parametrize("element", ["Action", "Resource"])
def test_an_identity_policy_does_something_to_something(element: str) -> None:
    """ "Policy statement must contain actions", "… must contain resources".

    https://github.com/terraform-aws-modules/terraform-aws-iam/issues/603 (IAM's answer)
    """
    assert Policy.parse(document(IDENTITY), kind="identity").statements

    assert refused(document(IDENTITY, **{element: []}), "identity").pointer == f"Statement[0].{element}"
    assert refused(document(IDENTITY, **{element: ""}), "identity").pointer == f"Statement[0].{element}"


@pytest.mark.parametrize("kind, statement", [("resource", RESOURCE), ("trust", TRUST)])
@pytest.mark.parametrize(
    "type, accepted, wrong",
    [
        ("AWS", "arn:aws:iam::111122223333:role/Learner", "arn:aws:iam::111122223333:role/*"),
        ("AWS", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333"),
        ("AWS", "111122223333", "11112222333"),
        ("AWS", "*", "1111*"),
        ("AWS", "AROAEXAMPLEEXAMPLE123", "Learner"),
        ("AWS", "arn:aws:sts::111122223333:assumed-role/L/s", "arn:aws:s3:::shelf"),
        ("Service", "lambda.amazonaws.com", "lambda"),
        ("Service", "states.eu-west-1.amazonaws.com", "*.amazonaws.com"),
        ("Federated", "accounts.google.com", "google"),
        ("Federated", "arn:aws:iam::111122223333:saml-provider/Adfs", "arn:aws:iam::111122223333:user/Adfs"),
    ],
)
def test_a_principal_is_named_whole(
    kind: Kind, statement: dict[str, Any], type: str, accepted: str, wrong: str
) -> None:
    """ "You cannot use a wildcard to match part of a principal name or ARN."

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    assert Policy.parse(document(statement, Principal={type: accepted}), kind=kind).statements

    error = refused(document(statement, Principal={type: [accepted, wrong]}), kind)

    assert (error.pointer, error.found) == (f"Statement[0].Principal.{type}", wrong)


def test_the_origin_access_identity_of_cloudfront_is_a_principal() -> None:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html"""
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"

    assert Policy.parse(document(RESOURCE, Principal={"AWS": identity}), kind="resource").statements


@pytest.mark.unconfirmed
def test_a_trust_policy_speaks_of_sts_alone() -> None:
    """ "AssumeRole policy may only specify STS AssumeRole actions": no page of AWS's says which those are."""
    accepted = ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"]
    assert Policy.parse(document(TRUST, Action=accepted), kind="trust").statements

    assert (
        refused(document(TRUST, Action=["sts:AssumeRole", "s3:*"]), "trust").pointer == "Statement[0].Action"
    )


def test_a_trust_policy_does_not_trust_every_identity_pool() -> None:
    """ "A condition block must be present for the Cognito provider".

    https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#trust-policies
    """
    web = {
        "Principal": {"Federated": ["cognito-identity.amazonaws.com"]},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    one_pool = {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"}}
    assert Policy.parse(document(TRUST, **web, Condition=one_pool), kind="trust").statements

    assert refused(document(TRUST, **web), "trust").pointer == "Statement[0].Condition"
    assert refused(document(TRUST, **web, Condition={}), "trust").pointer == "Statement[0].Condition"


@pytest.mark.parametrize(
    "kind, statement",
    [("scp", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}), ("rcp", RCP)],
)
def test_a_policy_of_an_organization_names_its_version(kind: Kind, statement: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html"""
    assert Policy.parse(document(statement), kind=kind).statements

    assert refused({"Statement": statement}, kind).pointer == "Version"


def test_a_service_control_policy_may_say_what_an_identity_policy_may() -> None:
    """https://aws.amazon.com/about-aws/whats-new/2025/09/aws-organizations-iam-language-service-control-policies/"""
    allow = {"Effect": "Allow", "NotAction": "iam:*Role", "NotResource": "arn:aws:s3:::shelf"}
    condition = {"Bool": {"aws:SecureTransport": "true"}}

    assert Policy.parse(document(allow, Condition=condition), kind="scp").statements


@pytest.mark.parametrize(
    "change, element",
    [
        ({"Principal": {"AWS": "111122223333"}}, "Principal"),
        ({"Effect": "Allow"}, "Effect"),
        ({"Action": None, "NotAction": "s3:*"}, "NotAction"),
        ({"Principal": None, "NotPrincipal": "*"}, "NotPrincipal"),
    ],
)
def test_a_resource_control_policy_denies_to_everyone(change: dict[str, Any], element: str) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html"""
    full_access = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    for accepted in (RCP, full_access):
        assert Policy.parse(document(accepted), kind="rcp").statements

    statement = {name: value for name, value in {**RCP, **change}.items() if value is not None}
    assert refused(document(statement), "rcp").pointer == f"Statement[0].{element}"
