"""AWS's words for a denial.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from typing import Any

import pytest

from labkit.policy import (
    Anonymous,
    Federated,
    Policy,
    PolicySet,
    Request,
    decide,
    denial_text,
)

ACCOUNT = "111122223333"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Learner/CognitoIdentityCredentials"
BUCKET = "arn:aws:s3:::shelf"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Notes"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Target"
WHO = f"User: {SESSION} is not authorized to perform:"


def policy(effect: str = "Allow", *, arn: str | None = None, **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **more}
    return Policy.parse({"Version": "2012-10-17", "Statement": statement}, arn=arn)


ALLOW, DENY, SILENT = policy(), policy("Deny"), policy(Action="sqs:*")


def text(action: str, resource: str, policies: PolicySet, *, service: str, **more: Any) -> str:
    request = Request(more.pop("principal", SESSION), action, resource, **more)
    return denial_text(decide(request, policies=policies), service=service)


def test_s3_quotes_the_resource() -> None:
    assert text("s3:ListBucket", BUCKET, PolicySet(), service="s3") == (
        f'{WHO} s3:ListBucket on resource: "{BUCKET}" '
        "because no identity-based policy allows the s3:ListBucket action"
    )


def test_s3_names_no_resource_for_an_action_without_one() -> None:
    assert text("s3:ListAllMyBuckets", "*", PolicySet(), service="s3") == (
        f"{WHO} s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    )


@pytest.mark.parametrize("change", [{"principal": Anonymous()}, {"resource_account": "444455556666"}])
def test_s3_tells_callers_from_outside_the_account_nothing(change: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"""
    assert text("s3:GetObject", f"{BUCKET}/book", PolicySet(), service="s3", **change) == "Access Denied"


def test_dynamodb_does_not_quote_the_resource() -> None:
    assert text("dynamodb:Query", TABLE, PolicySet(), service="dynamodb") == (
        f"{WHO} dynamodb:Query on resource: {TABLE} "
        "because no identity-based policy allows the dynamodb:Query action"
    )


@pytest.mark.parametrize(
    "policies, reason",
    [
        (PolicySet(), "because no identity-based policy allows the dynamodb:Query action"),
        (
            PolicySet((ALLOW,), session=(SILENT,)),
            "because no session policy allows the dynamodb:Query action",
        ),
        (
            PolicySet((ALLOW,), boundary=(SILENT,)),
            "because no permissions boundary allows the dynamodb:Query action",
        ),
        (PolicySet((DENY,)), "with an explicit deny in an identity-based policy"),
        (PolicySet((ALLOW,), session=(ALLOW, DENY)), "with an explicit deny in a session policy"),
        (PolicySet((ALLOW,), boundary=(ALLOW, DENY)), "with an explicit deny in a permissions boundary"),
        (
            PolicySet((ALLOW,), resource=policy("Deny", Principal="*")),
            "with an explicit deny in a resource-based policy",
        ),
        (PolicySet((ALLOW,), scp=((DENY,),)), "with an explicit deny in a service control policy"),
        (
            PolicySet((ALLOW,), rcp=((policy("Deny", Principal="*"),),)),
            "with an explicit deny in a resource control policy",
        ),
    ],
)
def test_the_reason_names_the_kind_of_policy(policies: PolicySet, reason: str) -> None:
    expected = f"{WHO} dynamodb:Query on resource: {TABLE} {reason}"

    assert text("dynamodb:Query", TABLE, policies, service="dynamodb") == expected


def test_a_silent_service_control_policy_is_named() -> None:
    """The page's "Access denied due to a service control policy – implicit denial"."""
    policies = PolicySet((ALLOW,), scp=((SILENT,),))

    assert text("dynamodb:Query", TABLE, policies, service="dynamodb").endswith(
        "because no service control policy allows the dynamodb:Query action"
    )


@pytest.mark.unconfirmed
def test_a_silent_resource_control_policy_is_named_by_the_page_s_rule() -> None:
    """ "because no type policy allows the action action": AWS shows no example, since RCPFullAWSAccess
    cannot be detached."""
    policies = PolicySet((ALLOW,), rcp=((policy(Action="sqs:*", Principal="*"),),))

    assert text("dynamodb:Query", TABLE, policies, service="dynamodb").endswith(
        "because no resource control policy allows the dynamodb:Query action"
    )


@pytest.mark.unconfirmed
def test_not_every_service_says_that_the_resource_is_everything() -> None:
    """The page's examples for CodeCommit name none; Cognito and IAM are reported to say `*`."""
    named = text("cognito-idp:ListUserPools", "*", PolicySet(), service="cognito-idp")
    silent = text("codecommit:ListRepositories", "*", PolicySet(), service="codecommit")

    assert " on resource: * because" in named
    assert "ListRepositories because" in silent


def test_another_account_s_resource_policy_is_named() -> None:
    policies = PolicySet((ALLOW,))

    assert text(
        "dynamodb:Query", TABLE.replace(ACCOUNT, "444455556666"), policies, service="dynamodb"
    ).endswith("because no resource-based policy allows the dynamodb:Query action")


def test_a_managed_policy_that_denies_is_named_by_its_arn() -> None:
    """https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns"""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/NoReads"
    policies = PolicySet((ALLOW, policy("Deny", arn=arn)))

    assert text("dynamodb:Query", TABLE, policies, service="dynamodb").endswith(
        f"with an explicit deny in an identity-based policy: {arn}"
    )


@pytest.mark.unconfirmed
def test_of_several_silent_layers_the_first_in_aws_s_order_is_named() -> None:
    policies = PolicySet((SILENT,), boundary=(SILENT,), session=(SILENT,))

    assert "no identity-based policy" in text("dynamodb:Query", TABLE, policies, service="dynamodb")


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
def test_sts_tells_a_federated_caller_only_the_action(action: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""
    caller = Federated("cognito-identity.amazonaws.com")

    assert text(action, ROLE, PolicySet(), service="sts", principal=caller) == (
        f"Not authorized to perform {action}"
    )


def test_sts_tells_a_user_whose_tags_it_refuses() -> None:
    """https://github.com/aws-actions/configure-aws-credentials/issues/54"""
    delegating = policy(Principal={"AWS": ACCOUNT})

    assert text("sts:TagSession", ROLE, PolicySet(resource=delegating), service="sts") == (
        f"{WHO} sts:TagSession on resource: {ROLE} "
        "because no identity-based policy allows the sts:TagSession action"
    )


def test_a_trust_policy_is_named_and_the_role_is_not() -> None:
    silent = PolicySet((ALLOW,))
    denying = PolicySet((ALLOW,), resource=policy("Deny", Principal="*"))

    assert text("sts:AssumeRole", ROLE, silent, service="sts") == (
        f"{WHO} sts:AssumeRole because no role trust policy allows the sts:AssumeRole action"
    )
    assert text("sts:AssumeRole", ROLE, denying, service="sts") == (
        f"{WHO} sts:AssumeRole with an explicit deny in the role trust policy"
    )


def test_api_gateway_masks_the_account_and_gives_no_reason() -> None:
    api = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:api/prod/GET/books"
    masked = "arn:aws:execute-api:us-east-1:********3333:api/prod/GET/books"

    assert text("execute-api:Invoke", api, PolicySet(), service="execute-api") == (
        f"{WHO} execute-api:Invoke on resource: {masked}"
    )
    assert text("execute-api:Invoke", api, PolicySet((DENY,)), service="execute-api").endswith(
        f"{masked} with an explicit deny"
    )


@pytest.mark.unconfirmed
def test_an_iot_policy_is_not_named() -> None:
    topic = f"arn:aws:iot:us-east-1:{ACCOUNT}:topic/lamp"

    assert text("iot:Publish", topic, PolicySet((ALLOW,), iot=()), service="iot") == (
        f"{WHO} iot:Publish on resource: {topic}"
    )


def test_an_allowed_decision_has_no_denial_text() -> None:
    allowed = decide(Request(SESSION, "s3:GetObject"), policies=PolicySet((ALLOW,)))

    with pytest.raises(ValueError, match="expected a denied decision"):
        denial_text(allowed, service="s3")
