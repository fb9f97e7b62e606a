"""AWS's denials, word for word: code, HTTP status and text, for each service and each kind of policy.

`denials.json` holds one case a line, with the page that shows its text. A case without such a page is
marked `unconfirmed`: callers report the text, AWS documents none.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.local.authentication import Caller
from labkit.local.authorization import denial
from labkit.local.operations import Call
from labkit.policy import Decision, Federated, Policy, PolicySet, Request, decide, denial_text
from labkit.policy.denial import reason
from tests.decisions.test_vectors import policy_set, principal
from tests.local.accounts import LocalAccount, document, refused, reply_to, signed, statement, user
from tests.local.directory import identity_pool, user_pool

Case = Mapping[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parent / "denials.json").read_text(encoding="utf-8"))["cases"]
#: API Gateway's own end points, and a service that botocore no longer has: nothing here answers for them.
_TEXT_ONLY = ("execute-api", "evidently")
_EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*"}


def parameters(kind: str) -> list[Any]:
    """`decided`: the engine has the policies; `endpoint`: labkit has no VPC endpoints; else not a denial."""
    found = []
    for case in CASES:
        marks = [pytest.mark.unconfirmed] if case.get("unconfirmed") else []
        if kind == (case.get("layer", "decided") if "request" in case else "other"):
            found.append(pytest.param(case, id=f"{case['id']} {case['service']}", marks=marks))
    return found


def managed(policy: Policy, arn: str | None) -> Policy:
    """The policy under its ARN, if it is the one that denies."""
    return replace(policy, arn=arn) if policy.statements[0].effect == "Deny" else policy


def policies(case: Case) -> PolicySet:
    found, arn = policy_set(case["policies"]), case.get("policy_arn")
    return replace(
        found,
        identity=tuple(managed(policy, arn) for policy in found.identity),
        scp=tuple(tuple(managed(policy, arn) for policy in level) for level in found.scp),
    )


def request(case: Case) -> Request:
    raw = case["request"]
    who, account = principal(raw["principal"]), raw.get("resource_account")
    return Request(
        who, raw["action"], raw["resource"], account, wildcard_only_action="wildcard_only_action" in raw
    )


def decided(case: Case) -> Decision:
    return decide(request(case), policies=policies(case))


def allowed_once(case: Case) -> Decision:
    """The same request where every policy that speaks allows it."""
    trusting = Policy.parse({"Version": "2012-10-17", "Statement": [_EVERYTHING]})
    every = Policy.parse(document(statement("*")))
    return decide(request(case), policies=PolicySet((every,), resource=trusting))


@pytest.mark.parametrize("case", parameters("decided"))
def test_a_denial_has_aws_s_code_status_and_text(case: Case) -> None:
    decision = decided(case)
    assert allowed_once(case).allowed
    assert not decision.allowed
    assert denial_text(decision, service=case["service"]) == case["expect"]["message"]
    if case["service"] in _TEXT_ONLY:
        return
    call: Any = Call(case["service"], "", "us-east-1", {}, request=None)  # type: ignore[arg-type]
    error = denial(decision, call, Caller(arn=str(decision.request.principal)))
    assert {"status": error.status, "code": error.code, "message": error.message} == case["expect"]


@pytest.mark.parametrize("case", parameters("endpoint"))
def test_a_vpc_endpoint_s_policy_has_its_text_too(case: Case) -> None:
    action, message = case["request"]["action"], case["expect"]["message"]
    explicit = "explicit deny" in message
    assert message.endswith(reason("endpoint", action, explicit=explicit))
    assert not message.endswith(reason("endpoint", action, explicit=not explicit))


def test_every_kind_of_policy_is_among_the_cases() -> None:
    texts = "\n".join(case["expect"]["message"] for case in CASES)
    for kind in ("identity-based", "resource-based", "session", "VPC endpoint", "service control"):
        assert f"because no {kind} policy allows" in texts
        assert f"explicit deny in a{'n' if kind[0] == 'i' else ''} {kind} policy" in texts
    for kind in ("permissions boundary", "role trust policy"):
        assert f"because no {kind} allows" in texts
    assert len(CASES) == len({case["id"] for case in CASES})
    assert all(case["source"].startswith("https://") for case in CASES)


def expected(number: int) -> Mapping[str, Any]:
    (case,) = [case for case in CASES if case["id"] == f"denial-{number:03}"]
    found: Mapping[str, Any] = case["expect"]
    return found


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", refuses="InvalidIdentityPoolConfigurationException"
)
def test_an_identity_pool_does_not_tell_what_its_role_refuses(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""
    cognito, iam = account.client("cognito-identity"), account.client("iam")
    pool = identity_pool(user_pool(account))
    pool.give_roles(member=[], guest=[])
    identity = cognito.get_id(IdentityPoolId=pool.id)["IdentityId"]
    assert cognito.get_credentials_for_identity(IdentityId=identity)["Credentials"]
    closed = pool.trust("nobody")
    for arn in cognito.get_identity_pool_roles(IdentityPoolId=pool.id)["Roles"].values():
        iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=closed)
    answer = refused(cognito.get_credentials_for_identity, IdentityId=identity)
    assert vars(answer) == {**expected(16)}


def test_head_is_refused_without_a_body(account: LocalAccount) -> None:
    """ "there is no response body. Because of this, if the HEAD request generates an error, it returns a
    generic code, such as … 403 Forbidden".

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    s3, bucket = account.client("s3"), account.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    may, may_not = user(account, statement("s3:*")), user(account)

    def ask(method: str, keys: Any) -> tuple[int, bytes]:
        reply = reply_to(account, signed(account, method, f"/{bucket}/a", service="s3", credentials=keys))
        return reply.status, reply.body

    assert (ask("HEAD", may), ask("GET", may)) == ((200, b""), (200, b"a"))
    assert ask("HEAD", may_not) == (403, b"")
    assert b"<Code>AccessDenied</Code>" in ask("GET", may_not)[1]


@pytest.mark.operation(
    "cognito-identity:ListIdentityPools", "cognito-idp:ListUserPools", refuses="AccessDeniedException"
)
@pytest.mark.parametrize(
    "service, operation, resource",
    [
        pytest.param("iam", "ListRoles", "arn:aws:iam::{}:role/*"),
        pytest.param("iam", "ListUsers", "arn:aws:iam::{}:user/", marks=pytest.mark.unconfirmed),
        pytest.param("iam", "GetAccountSummary", "*", marks=pytest.mark.unconfirmed),
        pytest.param("cognito-idp", "ListUserPools", "*", marks=pytest.mark.unconfirmed),
        pytest.param(
            "cognito-identity",
            "ListIdentityPools",
            "arn:aws:cognito-identity:us-east-1:{}:identitypool/",
            marks=pytest.mark.unconfirmed,
        ),
        pytest.param(
            "dynamodb",
            "ListTables",
            "arn:aws:dynamodb:us-east-1:{}:table/*",
            marks=pytest.mark.unconfirmed,
        ),
    ],
)
def test_a_denial_of_a_list_names_what_would_be_listed(
    account: LocalAccount, service: str, operation: str, resource: str
) -> None:
    """ListRoles: https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns;
    the others as callers report them. A policy still has to allow it on `*`."""
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
    given = {"MaxResults": 1} if service.startswith("cognito") else {}
    action, named = f"{service}:{operation}", resource.format(account.account_id)
    assert getattr(account.client(service, user(account, statement(action))), method)(**given)
    refusing = account.client(service, user(account, statement(action, "arn:aws:sqs:*:*:none")))
    answer = refused(getattr(refusing, method), **given)
    assert f"is not authorized to perform: {action} on resource: {named} because" in answer.message


def test_a_federated_caller_is_not_named() -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""
    caller = Federated("cognito-identity.amazonaws.com")
    role = "arn:aws:iam::111122223333:role/Learner"
    trusting = Policy.parse({"Version": "2012-10-17", "Statement": [_EVERYTHING]})
    asked = Request(caller, "sts:AssumeRoleWithWebIdentity", role)
    assert decide(asked, policies=PolicySet(resource=trusting)).allowed
    text = denial_text(decide(asked, policies=PolicySet()), service="sts")
    assert text == expected(13)["message"]
