"""What neither moto nor labkit has is said aloud: in AWS's own shape, by name, never as a web page.

501 is the status that S3 documents for functionality that is not there (NotImplemented):
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from labkit.local.app import create_app
from tests.local.accounts import FRESH, LocalAccount, reached, refused, reply_to, signed
from tests.local.directory import user_pool

#: One of each protocol: service, an operation that there is, one that there is not, its parameters.
MISSING: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "json": (
        "cognito-idp", "list_user_pools", "DescribeRiskConfiguration", {"UserPoolId": "us-east-1_000000000"},
    ),
    "json (moto only)": ("dynamodb", "list_tables", "ListGlobalTables", {}),
    "query": ("sts", "get_caller_identity", "DecodeAuthorizationMessage", {"EncodedMessage": "x"}),
    "query (moto only)": ("iam", "list_users", "ListPoliciesGrantingServiceAccess", {
        "Arn": "arn:aws:iam::111122223333:user/anna", "ServiceNamespaces": ["s3"],
    }),
    "rest-json": ("iot", "list_things", "ListV2LoggingLevels", {}),
    "rest-xml": ("s3", "list_buckets", "GetBucketRequestPayment", {"Bucket": "lab"}),
    "rest-xml (no bucket)": ("s3", "list_buckets", "ListDirectoryBuckets", {}),
}  # fmt: skip


@pytest.mark.parametrize("case", MISSING)
def test_an_operation_that_is_not_there_is_named(account: LocalAccount, case: str) -> None:
    service, known, missing, parameters = MISSING[case]
    client = account.client(service)
    given = {"MaxResults": 1} if service.startswith("cognito") else {}
    assert getattr(client, known)(**given)["ResponseMetadata"]["HTTPStatusCode"] == 200
    answer = refused(getattr(client, xform_name(missing)), **parameters)
    assert (answer.status, answer.code) == (501, "NotSimulated")
    named = "the service `s3express`" if missing == "ListDirectoryBuckets" else f"{service}:{missing}"
    assert f"The local account does not simulate {named}. " in answer.message


def test_a_service_that_is_not_there_is_named(account: LocalAccount) -> None:
    assert account.client("sts").get_caller_identity()
    sample = signed(account, "GET", "/", service="no-such-service")
    answer = reply_to(account, sample)
    assert (answer.status, answer.json["__type"]) == (501, "NotSimulated")
    assert "`no-such-service`" in answer.json["message"]


@pytest.mark.operation("cognito-idp:SignUp", missing="custom senders and confirmation by link")
def test_what_moto_would_wave_through_is_refused(account: LocalAccount) -> None:
    """A pool that runs Lambda functions must not sign users in without them."""
    pool = user_pool(account)
    assert pool.sign_in(pool.confirmed())
    function = f"arn:aws:lambda:us-east-1:{account.account_id}:function:send"
    sender = {"LambdaVersion": "V1_0", "LambdaArn": function}
    watched = user_pool(account, LambdaConfig={"CustomEmailSender": sender})
    answer = refused(watched.sign_up)
    assert answer.code == "NotSimulated"
    assert "CustomEmailSender" in answer.message
    linked = user_pool(account, VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"})
    answer = refused(linked.sign_up)
    assert answer.code == "NotSimulated"
    assert "CONFIRM_WITH_LINK" in answer.message


LEVELS = {"Level1": {"AcrValue": "urn:example:low"}}


@pytest.mark.operation(
    "cognito-idp:CreateUserPool", "cognito-idp:UpdateUserPool", missing="AcrConfiguration; updated issuers"
)
@pytest.mark.parametrize(
    ("good", "missing"),
    [
        ({"IssuerConfiguration": {"Type": "ORIGINAL"}}, {"IssuerConfiguration": {"Type": "UPDATED"}}),
        ({}, {"AcrConfiguration": LEVELS}),
    ],
)
def test_settings_that_tokens_would_show_are_not_kept_in_silence(
    account: LocalAccount, good: dict[str, Any], missing: dict[str, Any]
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html#user-pool-oidc-issuer
    """
    pool = user_pool(account, **good)
    assert pool.admin.update_user_pool(UserPoolId=pool.id, **good)
    for call, named in (
        (pool.admin.create_user_pool, {"PoolName": account.name("pool")}),
        (pool.admin.update_user_pool, {"UserPoolId": pool.id}),
    ):
        answer = refused(call, **named, **missing)
        assert (answer.status, answer.code) == (501, "NotSimulated")
        assert next(iter(missing)) in answer.message


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("set_ui_customization", {"CSS": ".logo-customizable {}"}),
        ("create_terms", {"TermsName": "privacy-policy", "TermsSource": "LINK", "Enforcement": "NONE"}),
    ],
)
def test_the_looks_of_the_classic_pages_and_terms_are_not_for_apps_to_change(
    account: LocalAccount, operation: str, more: dict[str, Any]
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/hosted-ui-classic-branding.html"""
    pool = user_pool(account)
    assert pool.admin.describe_user_pool(UserPoolId=pool.id)
    named = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    answer = refused(getattr(pool.admin, operation), **named, **more)
    assert (answer.status, answer.code) == (501, "NotSimulated")


def test_what_aws_iot_would_do_and_nothing_does_here_is_refused(account: LocalAccount) -> None:
    """moto stores a job that no device is ever told of."""
    iot, thing = account.client("iot"), account.name("thing")
    arn = iot.create_thing(thingName=thing)["thingArn"]
    assert iot.create_thing_group(thingGroupName=account.name("group"))["thingGroupName"]
    answer = refused(iot.create_job, jobId=account.name("job"), targets=[arn], document="{}")
    assert answer.code == "NotSimulated"
    assert "iot:CreateJob" in answer.message


@pytest.mark.unconfirmed
def test_an_operation_that_aws_does_not_have_is_unknown(account: LocalAccount) -> None:
    assert account.json_call("cognito-idp", "InitiateAuth").status == 400
    answer = account.json_call("cognito-idp", "InitiateLaunch")
    assert (answer.status, answer.json["__type"]) == (400, "UnknownOperationException")
    body = "Action=LaunchRocket&Version=2011-06-15"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    query = reply_to(account, signed(account, "POST", "/", service="sts", headers=form, body=body))
    assert query.status == 400
    assert "<Code>InvalidAction</Code>" in query.text
    rest = reply_to(account, signed(account, "GET", "/rockets", service="iot"))
    assert (rest.status, rest.json["__type"]) == (404, "UnknownOperationException")


def sample(shape: Any) -> Any:
    """The least that a shape takes."""
    kind, least = shape.type_name, max(int(shape.metadata.get("min", 1)), 1)
    if kind == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [sample(shape.member)]
    if kind == "map":
        return {"key": sample(shape.value)}
    if kind == "string":
        return shape.enum[0] if shape.enum else "a" * max(least, 3)
    return {"boolean": True, "blob": b"a", "timestamp": 0}.get(kind, least)


def operations(client: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    model = client.meta.service_model
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        yield name, sample(shape) if shape else {}


def outcome(call: Any, parameters: dict[str, Any]) -> tuple[int, str]:
    """HTTP status and error code; `OK` where there is no error."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return int(answer["ResponseMetadata"]["HTTPStatusCode"]), "OK"


#: moto fails over these parameters; the account says InternalFailure, and why.
MOTOS_FAULTS = {
    "CreateCertificateFromCsr", "CreateServiceLinkedRole", "CreateTable", "DescribeExport", "DescribeImport",
    "ExportTableToPointInTime", "GetJobDocument", "ListExports", "TransactWriteItems", "CancelJob",
    "CancelJobExecution", "DeleteJob", "DeleteJobExecution",
}  # fmt: skip


@pytest.mark.parametrize(
    "service", ["cognito-idp", "cognito-identity", "dynamodb", "iam", "iot", "iot-data", "s3", "sts"]
)
def test_every_operation_that_aws_has_gets_an_answer_that_its_sdk_can_read(service: str) -> None:
    """botocore raises ResponseParserError, which is no ClientError, where an answer is none of AWS's."""
    fresh = reached(create_app(account_id=FRESH), "direct")
    client = fresh.client(service, parameter_validation=False)
    answered = 0
    for name, parameters in operations(client):
        status, code = outcome(getattr(client, xform_name(name)), parameters)
        assert status < 500 or status == 501 or name in MOTOS_FAULTS, (name, code)
        assert code, name
        answered += 1
    assert answered > 5


WRONG: tuple[Any, ...] = (
    5,
    "x",
    True,
    [],
    {},
    [5],
    {"a": 5},
    None,
    [{"Put": 5}],
    {"a": [{"PutRequest": 5}]},
    {"a": {"b": None}},
)
TARGETS = {
    "cognito-idp": "AWSCognitoIdentityProviderService",
    "cognito-identity": "AWSCognitoIdentityService",
    "dynamodb": "DynamoDB_20120810",
}
#: The operations that labkit itself reads.
READ = {
    "cognito-idp": [
        "AddCustomAttributes", "AdminCreateUser", "AdminDeleteUserAttributes", "AdminLinkProviderForUser",
        "AdminResetUserPassword", "AdminSetUserPassword", "AdminUpdateUserAttributes", "CreateUserImportJob",
        "CreateUserPool", "CreateUserPoolClient", "GetTokensFromRefreshToken", "GetUser", "InitiateAuth",
        "ListUserImportJobs", "ListUsers", "ListUsersInGroup", "RespondToAuthChallenge", "SignUp",
        "UpdateUserAttributes", "UpdateUserPool", "VerifyUserAttribute",
    ],
    "cognito-identity": ["GetId", "GetCredentialsForIdentity", "CreateIdentityPool", "SetIdentityPoolRoles"],
    "dynamodb": [
        "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan",
        "TransactGetItems", "UpdateItem",
    ],
}  # fmt: skip


@pytest.mark.parametrize("service, operation", [(s, o) for s in READ for o in READ[s]])
def test_a_member_of_the_wrong_type_is_the_callers_fault(
    account: LocalAccount, service: str, operation: str
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html"""
    shape = account.client(service).meta.service_model.operation_model(operation).input_shape
    required = {name: sample(shape.members[name]) for name in shape.required_members}
    seen = set()
    for name, value in itertools.product(shape.members, WRONG):
        headers = {"X-Amz-Target": f"{TARGETS[service]}.{operation}"}
        body = json.dumps(required | {name: value})
        answer = reply_to(account, signed(account, "POST", "/", service=service, headers=headers, body=body))
        assert answer.status in (200, 400, 501), (name, value, answer)
        seen.add(answer.json.get("__type"))
    assert "SerializationException" in seen
