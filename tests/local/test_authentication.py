"""Who signed this request? Signature Version 4 as AWS checks it, and each protocol's own refusals.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labkit.record import Secret
from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    Reply,
    access_key,
    anybody_here,
    refused,
    reply_to,
    role,
    session_of,
    signed,
    statement,
    user,
)

EVERYTHING = statement("*")

#: One call of each protocol: client, method, parameters.
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "json (DynamoDB)": ("dynamodb", "list_tables", {}),
    "json (Cognito)": ("cognito-idp", "list_user_pools", {"MaxResults": 1}),
    "query (STS)": ("sts", "get_caller_identity", {}),
    "query (IAM)": ("iam", "list_users", {}),
    "rest-xml (S3)": ("s3", "list_buckets", {}),
    "rest-json (IoT)": ("iot", "list_things", {}),
}
PROTOCOLS = pytest.mark.parametrize("protocol", CALLS)

#: Code and status of each protocol for a fault.
UNKNOWN_KEY = {
    "json": ("UnrecognizedClientException", 400),
    "query": ("InvalidClientTokenId", 403),
    "rest-xml": ("InvalidAccessKeyId", 403),
    "rest-json": ("UnrecognizedClientException", 403),
}
BAD_SIGNATURE = {
    "json": ("InvalidSignatureException", 400),
    "query": ("SignatureDoesNotMatch", 403),
    "rest-xml": ("SignatureDoesNotMatch", 403),
    "rest-json": ("InvalidSignatureException", 403),
}
BAD_SESSION = UNKNOWN_KEY | {"rest-xml": ("InvalidToken", 400)}
EXPIRED = {
    "json": ("ExpiredTokenException", 400),
    "query": ("ExpiredToken", 403),
    "rest-xml": ("ExpiredToken", 400),
    "rest-json": ("ExpiredTokenException", 403),
}
SKEWED = BAD_SIGNATURE | {"rest-xml": ("RequestTimeTooSkewed", 403)}
WRONG_SCOPE = BAD_SIGNATURE | {"rest-xml": ("AuthorizationHeaderMalformed", 400)}


def expected(table: dict[str, tuple[str, int]], protocol: str) -> tuple[str, int]:
    return table[protocol.split(maxsplit=1)[0]]


def attempt(account: LocalAccount, protocol: str, credentials: Credentials) -> Any:
    service, operation, parameters = CALLS[protocol]
    return getattr(account.client(service, credentials), operation)(**parameters)


def refusal(account: LocalAccount, protocol: str, credentials: Credentials) -> tuple[str, int, str]:
    answer = refused(lambda: attempt(account, protocol, credentials))
    return answer.code, answer.status, answer.message


def a_session(account: LocalAccount) -> Credentials:
    return session_of(account, role(account, anybody_here(account), EVERYTHING))


@pytest.mark.operation("cognito-idp:ListUserPools", refuses="UnrecognizedClientException")
@pytest.mark.operation("sts:GetCallerIdentity", refuses="InvalidClientTokenId")
@pytest.mark.unconfirmed
@PROTOCOLS
def test_an_unknown_key_is_refused(account: LocalAccount, protocol: str) -> None:
    known = account.app.administrator
    assert attempt(account, protocol, known)
    stranger = replace(known, access_key_id="AKIAIOSFODNN7EXAMPLE")
    code, status, message = refusal(account, protocol, stranger)
    assert (code, status) == expected(UNKNOWN_KEY, protocol)
    assert message in (
        "The security token included in the request is invalid.",
        "The AWS Access Key Id you provided does not exist in our records.",
    )


@PROTOCOLS
def test_the_wrong_secret_key_is_refused(account: LocalAccount, protocol: str) -> None:
    known = account.app.administrator
    assert attempt(account, protocol, known)
    wrong = replace(known, secret_access_key=Secret("w" * 40))
    code, status, message = refusal(account, protocol, wrong)
    assert (code, status) == expected(BAD_SIGNATURE, protocol)
    assert message.startswith("The request signature we calculated does not match the signature you provided")


@PROTOCOLS
def test_a_session_needs_its_own_session_token(account: LocalAccount, protocol: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html"""
    session, other = a_session(account), a_session(account)
    assert attempt(account, protocol, session)
    for token in (None, Secret("wrong"), other.session_token):
        code, status, _ = refusal(account, protocol, replace(session, session_token=token))
        assert (code, status) == expected(BAD_SESSION, protocol)


@pytest.mark.unconfirmed
@PROTOCOLS
def test_a_long_term_key_with_somebodys_session_token_is_refused(
    account: LocalAccount, protocol: str
) -> None:
    known = account.app.administrator
    assert attempt(account, protocol, known)
    code, status, _ = refusal(
        account, protocol, replace(known, session_token=a_session(account).session_token)
    )
    assert (code, status) == expected(BAD_SESSION, protocol)


@pytest.mark.operation("cognito-idp:ListUserPools", refuses="ExpiredTokenException")
@pytest.mark.operation("sts:GetCallerIdentity", refuses="ExpiredToken")
def test_an_expired_session_is_refused_by_every_protocol(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)"""
    session = a_session(fresh)
    for protocol in CALLS:
        assert attempt(fresh, protocol, session)
    fresh.advance(minutes=59)
    assert attempt(fresh, "query (STS)", session)
    fresh.advance(minutes=1)
    for protocol in CALLS:
        code, status, message = refusal(fresh, protocol, session)
        assert (code, status) == expected(EXPIRED, protocol)
        assert "expired" in message


@PROTOCOLS
def test_an_inactive_key_is_refused_until_it_is_active_again(account: LocalAccount, protocol: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html"""
    iam, name = account.client("iam"), account.name("user")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = access_key(account, name)
    assert attempt(account, protocol, key)
    iam.update_access_key(UserName=name, AccessKeyId=key.access_key_id, Status="Inactive")
    code, status, _ = refusal(account, protocol, key)
    assert (code, status) == expected(UNKNOWN_KEY, protocol)
    iam.update_access_key(UserName=name, AccessKeyId=key.access_key_id, Status="Active")
    assert attempt(account, protocol, key)


#: The same calls as raw requests: service, method, path, headers, body.
RAW: dict[str, tuple[str, str, str, dict[str, str], str]] = {
    "json (DynamoDB)": (
        "dynamodb", "POST", "/",
        {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}, "{}",
    ),
    "json (Cognito)": (
        "cognito-idp", "POST", "/",
        {
            "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools",
            "Content-Type": "application/x-amz-json-1.1",
        },
        '{"MaxResults": 1}',
    ),
    "query (STS)": (
        "sts", "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"},
        "Action=GetCallerIdentity&Version=2011-06-15",
    ),
    "query (IAM)": (
        "iam", "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"},
        "Action=ListUsers&Version=2010-05-08",
    ),
    "rest-xml (S3)": ("s3", "GET", "/", {}, ""),
    "rest-json (IoT)": ("iot", "GET", "/things", {}, ""),
}  # fmt: skip


def raw(account: LocalAccount, protocol: str, **how: Any) -> Any:
    service, method, path, headers, body = RAW[protocol]
    return signed(
        account, method, path, headers=headers, body=body, service=how.pop("service", service), **how
    )


def code_in(reply: Reply) -> str:
    """The error code where this protocol carries it."""
    if reply.body.startswith(b"<"):
        found = re.search(r"<Code>(\w+)</Code>", reply.text)
        assert found, reply.text
        return found[1]
    return str(reply.json["__type"])


@PROTOCOLS
@pytest.mark.parametrize("late", [True, False], ids=["late", "early"])
def test_a_clock_more_than_five_minutes_wrong_is_refused(
    account: LocalAccount, protocol: str, late: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html ("within five minutes")"""
    sign = 1 if late else -1
    good = raw(account, protocol, late_by=sign * timedelta(minutes=4, seconds=30))
    assert reply_to(account, good).status == 200
    bad = reply_to(account, raw(account, protocol, late_by=sign * timedelta(minutes=5, seconds=30)))
    assert (code_in(bad), bad.status) == expected(SKEWED, protocol)
    if "S3" not in protocol:
        text = "Signature expired: " if late else "Signature not yet current: "
        limit = r"\(\d{8}T\d{6}Z [-+] 5 min\.\)"
        assert text in bad.text
        assert re.search(limit, bad.text)


@pytest.mark.unconfirmed
@pytest.mark.parametrize("protocol", ["json (DynamoDB)", "json (Cognito)"])
def test_a_signature_for_another_service_is_refused(account: LocalAccount, protocol: str) -> None:
    """X-Amz-Target names the service; in the other protocols the scope itself does."""
    assert reply_to(account, raw(account, protocol)).status == 200
    other = "iot" if "DynamoDB" in protocol else "dynamodb"
    bad = reply_to(account, raw(account, protocol, service=other))
    assert (code_in(bad), bad.status) == expected(WRONG_SCOPE, protocol)
    assert "Credential should be scoped to correct service" in bad.text


@pytest.mark.unconfirmed
@PROTOCOLS
def test_a_signature_for_no_region_is_refused(account: LocalAccount, protocol: str) -> None:
    assert reply_to(account, raw(account, protocol)).status == 200
    bad = reply_to(account, raw(account, protocol, region="mars-1"))
    assert (code_in(bad), bad.status) == expected(WRONG_SCOPE, protocol)
    assert "mars-1" in bad.text


@pytest.mark.parametrize(
    "protocol, code, status",
    [
        ("json (DynamoDB)", "MissingAuthenticationTokenException", 400),
        ("json (Cognito)", "MissingAuthenticationTokenException", 400),
        ("query (STS)", "MissingAuthenticationToken", 403),
        ("query (IAM)", "MissingAuthenticationToken", 403),
        ("rest-xml (S3)", "AccessDenied", 403),
    ],
)
def test_a_signed_operation_without_a_signature_is_refused(
    account: LocalAccount, protocol: str, code: str, status: int
) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html (MissingAuthenticationToken)"""
    _, method, path, headers, body = RAW[protocol]
    assert reply_to(account, raw(account, protocol)).status == 200
    bad = account.send(method, path, headers=headers, body=body)
    assert (code_in(bad), bad.status) == (code, status)


@PROTOCOLS
def test_a_body_that_was_changed_after_signing_is_refused(account: LocalAccount, protocol: str) -> None:
    good = raw(account, protocol)
    assert reply_to(account, good).status == 200
    bad = raw(account, protocol)
    bad.data = bad.data + b" "
    answer = reply_to(account, bad)
    if "S3" in protocol:
        assert (code_in(answer), answer.status) == ("XAmzContentSHA256Mismatch", 400)
    else:
        assert (code_in(answer), answer.status) == expected(BAD_SIGNATURE, protocol)


@PROTOCOLS
@pytest.mark.parametrize("kept", [0.11, 0.3, 0.6, 0.99])
def test_a_truncated_authorization_header_is_refused_with_a_sentence(
    account: LocalAccount, protocol: str, kept: float
) -> None:
    assert reply_to(account, raw(account, protocol)).status == 200
    bad = raw(account, protocol)
    header = bad.headers["Authorization"]
    bad.headers.replace_header("Authorization", header[: int(len(header) * kept)])
    answer = reply_to(account, bad)
    assert answer.status == 400
    assert "Authorization header is malformed" in answer.text


def test_unsigned_operations_need_no_signature_and_take_a_stale_one(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-api-operations.html"""
    unsigned = account.json_call(
        "cognito-idp", "InitiateAuth", {"ClientId": "x" * 26, "AuthFlow": "USER_AUTH"}
    )
    assert unsigned.json["__type"] == "ResourceNotFoundException"
    stale = signed(
        account, "POST", "/", service="cognito-idp", late_by=timedelta(hours=1),
        headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"},
        body=json.dumps({"ClientId": "x" * 26, "AuthFlow": "USER_AUTH"}),
    )  # fmt: skip
    assert code_in(reply_to(account, stale)) == "ResourceNotFoundException"


def test_each_protocol_has_errors_of_its_own_shape(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses"""
    replies = {protocol: reply_to(account, raw(account, protocol, region="mars-1")) for protocol in CALLS}
    for protocol, reply in replies.items():
        kind = protocol.split()[0]
        if "json" in kind:
            assert reply.headers["Content-Type"].startswith("application/")
            assert set(reply.json) == {"__type", "message"}
            assert reply.headers["x-amzn-ErrorType"] == reply.json["__type"]
            assert reply.headers["x-amzn-RequestId"]
        elif kind == "query":
            assert re.search(r"<ErrorResponse.*><Error><Type>Sender</Type><Code>.*<RequestId>", reply.text)
        else:
            assert re.search(r"<Error><Code>.*</Code><Message>.*<RequestId>.*<HostId>", reply.text, re.DOTALL)
            assert reply.headers["x-amz-request-id"]


@PROTOCOLS
def test_every_answer_has_a_request_id_of_its_own(account: LocalAccount, protocol: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/get-request-ids.html"""
    first, second = (
        attempt(account, protocol, account.app.administrator)["ResponseMetadata"] for _ in range(2)
    )
    assert first["RequestId"] != second["RequestId"]
    header = "x-amz-request-id" if "S3" in protocol else "x-amzn-requestid"
    assert first["HTTPHeaders"][header] == first["RequestId"]
    if protocol != "query (STS)":  # GetCallerIdentity is allowed without a decision
        assert account.app.state.decisions.get(first["RequestId"])


def test_a_presigned_call_of_another_service_proves_who_made_it(account: LocalAccount) -> None:
    """So clusters check an identity: https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html"""
    session = a_session(account)
    url = account.client("sts", session).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert "assumed-role/role-" in account.send("GET", url).text
    forged = account.send("GET", url.replace("GetCallerIdentity", "GetSessionToken"))
    assert (forged.status, code_in(forged)) == (403, "SignatureDoesNotMatch")


def bucket_with(account: LocalAccount, **objects: str) -> str:
    name = account.name("bucket")
    account.client("s3").create_bucket(Bucket=name)
    for key, body in objects.items():
        account.client("s3").put_object(Bucket=name, Key=key, Body=body)
    return name


def presigned(
    account: LocalAccount, bucket: str, key: str, *, method: str = "get_object", **more: Any
) -> str:
    signer = account.client("s3", more.pop("credentials", None), signature_version="s3v4")
    return str(signer.generate_presigned_url(method, Params={"Bucket": bucket, "Key": key}, **more))


def test_a_presigned_url_reads_and_writes_what_it_was_signed_for(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""
    bucket = bucket_with(account, letter="dear reader")
    put = presigned(account, bucket, "new.txt", method="put_object")
    assert account.send("PUT", put, body=b"written").status == 200
    url = presigned(account, bucket, "new.txt")
    assert account.send("GET", url).body == b"written"
    assert account.send("GET", url).body == b"written"  # it may be used again until it expires


def test_a_tampered_presigned_url_is_refused(account: LocalAccount) -> None:
    bucket = bucket_with(account, letter="dear reader", secret="for nobody")
    url = presigned(account, bucket, "letter")
    assert account.send("GET", url).body == b"dear reader"
    attempts = {
        "another key": ("GET", url.replace("/letter", "/secret")),
        "another method": ("PUT", url),
        "a longer validity": ("GET", url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")),
        "one more parameter": ("GET", url + "&versionId=1"),
        "another signature": ("GET", re.sub(r"Signature=\w{8}", "Signature=00000000", url)),
    }
    for method, forged in attempts.values():
        answer = account.send(method, forged)
        assert (answer.status, code_in(answer)) == (403, "SignatureDoesNotMatch")


def test_a_presigned_url_expires_by_the_accounts_clock(fresh: LocalAccount) -> None:
    bucket = bucket_with(fresh, letter="dear reader")
    url = presigned(fresh, bucket, "letter", ExpiresIn=600)
    fresh.advance(minutes=9)
    assert fresh.send("GET", url).status == 200
    fresh.advance(minutes=2)
    answer = fresh.send("GET", url)
    assert (answer.status, code_in(answer)) == (403, "AccessDenied")
    assert "Request has expired" in answer.text


def test_a_presigned_url_of_a_session_ends_with_the_session(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html"""
    bucket = bucket_with(fresh, letter="dear reader")
    url = presigned(fresh, bucket, "letter", credentials=a_session(fresh), ExpiresIn=86400)
    assert fresh.send("GET", url).status == 200
    fresh.advance(hours=1)
    answer = fresh.send("GET", url)
    assert (answer.status, code_in(answer)) == (400, "ExpiredToken")


@pytest.mark.parametrize("expires", ["604801", "0", "-1", "soon", "9" * 400])
def test_a_presigned_url_is_good_for_seven_days_at_most(account: LocalAccount, expires: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (X-Amz-Expires)"""
    bucket = bucket_with(account, letter="dear reader")
    url = presigned(account, bucket, "letter", ExpiresIn=604800)
    assert account.send("GET", url).status == 200
    answer = account.send("GET", url.replace("X-Amz-Expires=604800", f"X-Amz-Expires={expires}"))
    assert (answer.status, code_in(answer)) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize(
    "parameter",
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"],
)
def test_a_presigned_url_needs_every_parameter(account: LocalAccount, parameter: str) -> None:
    bucket = bucket_with(account, letter="dear reader")
    url = presigned(account, bucket, "letter")
    assert account.send("GET", url).status == 200
    answer = account.send("GET", re.sub(f"{parameter}=[^&]*&?", "", url))
    assert (answer.status, code_in(answer)) == (400, "AuthorizationQueryParametersError")


def test_a_header_that_was_added_behind_the_signature_is_refused_by_s3(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html ("any x-amz-*")"""
    bucket = bucket_with(account)
    request = signed(account, "PUT", f"/{bucket}/k", service="s3", body="x")
    assert reply_to(account, request).status == 200
    request = signed(account, "PUT", f"/{bucket}/k", service="s3", body="x")
    request.headers["x-amz-acl"] = "public-read"
    answer = reply_to(account, request)
    assert (answer.status, code_in(answer)) == (403, "AccessDenied")


@pytest.mark.operation("sts:GetCallerIdentity")
def test_get_caller_identity_is_everybodys_own(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    somebody = user(account)
    arn = account.client("sts", somebody).get_caller_identity()["Arn"]
    assert arn.startswith(f"arn:aws:iam::{account.account_id}:user/user-")
    session = account.client("sts", a_session(account)).get_caller_identity()
    assert re.fullmatch(r"arn:aws:sts::\d{12}:assumed-role/role-[\w-]+/tester", session["Arn"])
    assert re.fullmatch(r"AROA\w+:tester", session["UserId"])


@pytest.mark.parametrize(
    "key", ["plain", "with space", "ünïcode/ß", "a+b&c=d", "per%20cent", "dots/../x", "//x"]
)
def test_keys_of_every_spelling_keep_their_signature(account: LocalAccount, key: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
    bucket, s3 = bucket_with(account), account.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
    assert account.send("GET", presigned(account, bucket, key)).body == b"x"
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_a_bucket_may_also_be_named_by_the_host(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"""
    bucket = bucket_with(account, letter="dear reader")
    own = statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    may, may_not = user(account, own), user(account, statement("s3:GetObject", "arn:aws:s3:::letter/*"))
    for host in (f"{bucket}.localhost", f"{bucket}.s3.localhost:80", f"{bucket}.s3.us-east-1.amazonaws.com"):
        for credentials, status in ((may, 200), (may_not, 403)):
            request = signed(
                account, "GET", "/letter", service="s3", credentials=credentials, headers={"Host": host}
            )
            assert reply_to(account, request).status == status


def test_a_big_upload_in_parts_keeps_its_bytes(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html"""
    bucket, content = bucket_with(account), bytes(range(256)) * 40_000
    s3 = account.client("s3", user(account, statement("s3:*", f"arn:aws:s3:::{bucket}/mine/*")))
    s3.upload_fileobj(io.BytesIO(content), bucket, "mine/big")
    assert s3.get_object(Bucket=bucket, Key="mine/big")["Body"].read() == content
    assert refused(s3.create_multipart_upload, Bucket=bucket, Key="yours/big").code == "AccessDenied"
