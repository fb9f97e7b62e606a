"""A request has one reading: what is decided about is what is done, however the request is spelled.

moto reads requests by rules of its own, so each of these was once decided as one call and done as another.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from labkit import sigv4
from labkit.resources import Credentials
from tests.local.accounts import LocalAccount, Reply, refused, reply_to, signed, statement, user

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


def _send(
    account: LocalAccount, method: str, path: str, service: str, keys: Credentials, **more: Any
) -> Reply:
    return reply_to(account, signed(account, method, path, service=service, credentials=keys, **more))


def _victim(account: LocalAccount) -> str:
    name = account.name("victim")
    account.client("iam").create_user(UserName=name)
    return name


@pytest.mark.parametrize(
    "path, body",
    [
        ("/", "Action=DeleteUser&Version=2010-05-08&UserName={0}&Action=GetUser"),
        ("/", "Action=GetUser&Version=2010-05-08&UserName={0}&UserName={0}"),
        ("/?Action=DeleteUser&UserName={0}", "Action=GetUser&Version=2010-05-08"),
    ],
)
def test_a_query_parameter_counts_once(account: LocalAccount, path: str, body: str) -> None:
    keys, victim = user(account, statement("iam:GetUser")), _victim(account)
    plain = f"Action=GetUser&Version=2010-05-08&UserName={victim}"
    assert _send(account, "POST", "/", "iam", keys, headers=FORM, body=plain).status == 200
    reply = _send(account, "POST", path.format(victim), "iam", keys, headers=FORM, body=body.format(victim))
    assert (reply.status, "MalformedQueryString" in reply.text) == (400, True)
    assert account.client("iam").get_user(UserName=victim)["User"]["UserName"] == victim


def test_the_url_of_a_json_call_names_no_other_operation(account: LocalAccount) -> None:
    pool = account.client("cognito-idp").create_user_pool(PoolName="one-reading")["UserPool"]["Id"]
    keys = user(account, statement("cognito-idp:ListUserPools"))
    headers = JSON | {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}
    body = f'{{"MaxResults": 60, "UserPoolId": "{pool}"}}'
    listed = _send(account, "POST", "/", "cognito-idp", keys, headers=headers, body=body)
    other = _send(
        account, "POST", "/?Action=DescribeUserPool", "cognito-idp", keys, headers=headers, body=body
    )
    assert "UserPools" in listed.json
    assert other.json.keys() == listed.json.keys(), "the operation is the target's"


def test_a_member_that_the_operation_lacks_chooses_no_resource(account: LocalAccount) -> None:
    idp = account.client("cognito-idp")
    mine, theirs = (idp.create_user_pool(PoolName=name)["UserPool"] for name in ("mine", "theirs"))
    keys = user(account, statement("cognito-idp:DescribeUserPool", mine["Arn"]))
    headers = JSON | {"X-Amz-Target": "AWSCognitoIdentityProviderService.DescribeUserPool"}

    def describe(body: str) -> Reply:
        return _send(account, "POST", "/", "cognito-idp", keys, headers=headers, body=body)

    assert describe(f'{{"UserPoolId": "{mine["Id"]}"}}').status == 200
    for extra in (f'"ResourceArn": "{mine["Arn"]}"', f'"userpoolid": "{mine["Id"]}"'):
        reply = describe(f'{{{extra}, "UserPoolId": "{theirs["Id"]}"}}')
        assert (reply.status, reply.json["__type"]) == (400, "AccessDeniedException")


def test_the_path_of_a_rest_call_wins_over_its_query_body_and_headers(account: LocalAccount) -> None:
    iot = account.client("iot")
    mine, theirs = account.name("mine"), account.name("theirs")
    for name in (mine, theirs):
        iot.create_thing(thingName=name)
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:thing/{mine}"
    keys = user(account, statement(["iot:DescribeThing", "iot:DeleteThing"], arn))
    assert _send(account, "GET", f"/things/{mine}", "iot", keys).json["thingName"] == mine
    spoofed = _send(account, "GET", f"/things/{mine}?thingName={theirs}", "iot", keys)
    assert spoofed.json["thingName"] == mine
    other = {"X-Amz-Target": "AWSIoT.ListThings"}
    assert _send(account, "GET", f"/things/{mine}", "iot", keys, headers=other).json["thingName"] == mine
    assert _send(account, "GET", f"/things/{theirs}", "iot", keys).status == 403


@pytest.fixture(scope="session")
def bucket(account: LocalAccount) -> str:
    name = account.name("bucket")
    account.client("s3").create_bucket(Bucket=name)
    for key in ("me/a", "other/secret"):
        account.client("s3").put_object(Bucket=name, Key=key, Body=b"text")
    return name


def test_one_sub_resource_a_request(account: LocalAccount, bucket: str) -> None:
    keys = user(account, statement("s3:*", f"arn:aws:s3:::{bucket}*"))
    assert _send(account, "GET", f"/{bucket}?acl", "s3", keys).status == 200
    for path in (
        f"/{bucket}?acl&policy",
        f"/{bucket}?replication&list-type=2",
        f"/{bucket}/me/a?tagging&acl",
    ):
        reply = _send(account, "GET", path, "s3", keys)
        assert (reply.status, "Conflicting query string parameters" in reply.text) == (400, True)


def test_a_query_parameter_of_s3_counts_once(account: LocalAccount, bucket: str) -> None:
    own: dict[str, Any] = {"Condition": {"StringLike": {"s3:prefix": "me/*"}}}
    keys = user(account, statement("s3:ListBucket", f"arn:aws:s3:::{bucket}", **own))
    listed = _send(account, "GET", f"/{bucket}?list-type=2&prefix=me%2F", "s3", keys)
    assert (listed.status, "me/a" in listed.text) == (200, True)
    twice = _send(account, "GET", f"/{bucket}?list-type=2&prefix=other%2F&prefix=me%2F", "s3", keys)
    assert (twice.status, "other/secret" in twice.text) == (400, False)


@pytest.mark.parametrize(
    "source", ["{0}/other/secret?x=/me/a", "{0}/other/secret#/me/a", "{0}/other/secret;/me/a"]
)
def test_a_copy_source_is_one_key_for_everybody(account: LocalAccount, bucket: str, source: str) -> None:
    keys = user(
        account,
        statement("s3:*", f"arn:aws:s3:::{bucket}/*"),
        statement("s3:GetObject", f"arn:aws:s3:::{bucket}/other/secret", effect="Deny"),
    )
    good = {"x-amz-copy-source": f"{bucket}/me/a"}
    assert _send(account, "PUT", f"/{bucket}/copied", "s3", keys, headers=good).status == 200
    bad = {"x-amz-copy-source": source.format(bucket)}
    assert _send(account, "PUT", f"/{bucket}/stolen", "s3", keys, headers=bad).status == 404


def test_a_presigned_url_takes_no_header_that_was_not_signed(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    s3 = account.client("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "presigned"})
    assert account.send("PUT", url, body=b"x").status == 200
    reply = account.send("PUT", url, headers={"x-amz-copy-source": f"{bucket}/other/secret"})
    assert (reply.status, "not signed" in reply.text) == (403, True)


def test_a_form_upload_is_not_simulated_and_says_so(account: LocalAccount, bucket: str) -> None:
    keys = user(account, statement("s3:*"))
    assert _send(account, "PUT", f"/{bucket}/form", "s3", keys, body="x").status == 200
    reply = _send(account, "POST", f"/{bucket}", "s3", keys, body="key=form")
    assert (reply.status, "NotSimulated" in reply.text) == (501, True)


def _streamed(account: LocalAccount, bucket: str, *, tamper: bool) -> Reply:
    """A put in two chunks and the empty last one, each signed on the one before it."""
    now, empty = sigv4.timestamp(datetime.now(UTC)), hashlib.sha256(b"").hexdigest()
    scope = sigv4.Scope(now[:8], "us-east-1", "s3")
    keys = account.app.administrator
    key = sigv4.signing_key(keys.secret_access_key.reveal(), scope)
    headers = {
        "host": urlsplit(account.endpoint).netloc,
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-date": now,
        "x-amz-decoded-content-length": "6",
    }
    canonical = sigv4.canonical_request(
        "PUT", f"/{bucket}/streamed", "", sigv4.canonical_headers(headers, headers), headers,
        headers["x-amz-content-sha256"],
    )  # fmt: skip
    text = sigv4.string_to_sign(canonical, amz_date=now, scope=scope)
    seed = previous = sigv4.signature(key, text)
    body = b""
    for chunk in (b"abc", b"def", b""):
        lines = ("AWS4-HMAC-SHA256-PAYLOAD", now, str(scope), previous, empty)
        previous = sigv4.signature(key, "\n".join((*lines, hashlib.sha256(chunk).hexdigest())))
        body += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + b"\r\n"
    names = ";".join(sorted(headers))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key_id}/{scope}, SignedHeaders={names}, Signature={seed}"
    )
    sent = body.replace(b"def", b"xyz") if tamper else body
    return account.send("PUT", f"/{bucket}/streamed", headers=headers, body=sent)


def test_signed_chunks_are_verified(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"""
    assert _streamed(account, bucket, tamper=False).status == 200
    stored = account.client("s3").get_object(Bucket=bucket, Key="streamed")["Body"].read()
    assert stored == b"abcdef"
    reply = _streamed(account, bucket, tamper=True)
    assert (reply.status, "SignatureDoesNotMatch" in reply.text) == (403, True)


def test_signature_version_2_is_told_to_take_version_4(account: LocalAccount, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
    parameters = {"Bucket": bucket, "Key": "me/a"}
    version_4 = account.client("s3", signature_version="s3v4").generate_presigned_url(
        "get_object", parameters
    )
    version_2 = account.client("s3", signature_version="s3").generate_presigned_url("get_object", parameters)
    assert account.send("GET", version_4).status == 200
    reply = account.send("GET", version_2)
    assert (reply.status, "Please use AWS4-HMAC-SHA256" in reply.text) == (400, True)


def test_a_region_that_aws_has_not_is_refused(account: LocalAccount) -> None:
    assert account.client("dynamodb").list_tables()["TableNames"] is not None
    for region in ("us-nowhere-9", "mars-1", "cn-north-1"):
        answer = refused(account.client("dynamodb", region=region).list_tables)
        assert (answer.status, answer.code) == (400, "InvalidSignatureException")
        assert region in answer.message


def test_a_delete_that_is_no_delete_document_is_malformed(account: LocalAccount, bucket: str) -> None:
    keys = user(account, statement("s3:*"))
    good = "<Delete><Object><Key>gone</Key></Object></Delete>"
    assert _send(account, "POST", f"/{bucket}?delete", "s3", keys, body=good).status == 200
    twice = "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>"
    nested = "<Delete><Object><Key>me<b/></Key></Object></Delete>"
    for body in (nested, "<Delete/>", good.replace("Delete>", "X>"), twice, "no xml"):
        reply = _send(account, "POST", f"/{bucket}?delete", "s3", keys, body=body)
        assert (reply.status, "MalformedXML" in reply.text) == (400, True)


def test_a_part_needs_an_open_upload(account: LocalAccount, bucket: str) -> None:
    s3 = account.client("s3")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    part = {"Bucket": bucket, "Key": "big", "PartNumber": 1, "Body": b"x"}
    assert s3.upload_part(**part, UploadId=upload)["ETag"]
    s3.abort_multipart_upload(Bucket=bucket, Key="big", UploadId=upload)
    answer = refused(s3.upload_part, **part, UploadId=upload)
    assert (answer.status, answer.code) == (404, "NoSuchUpload")


def test_a_message_is_its_sender_s_own_bytes(account: LocalAccount) -> None:
    """A payload is no list of members, even where it begins like one."""
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:topic/mine"
    keys = user(account, statement("iot:Publish", arn))
    for body in ("plain", '{"half": ', '{"topic": "theirs"}'):
        assert _send(account, "POST", "/topics/mine", "iotdata", keys, body=body).status == 200
    assert _send(account, "POST", "/topics/theirs", "iotdata", keys, body="plain").status == 403


def test_a_rest_query_repeats_no_single_member(account: LocalAccount) -> None:
    assert _send(account, "GET", "/things?maxResults=1", "iot", account.app.administrator).status == 200
    twice = _send(account, "GET", "/things?maxResults=1&maxResults=2", "iot", account.app.administrator)
    assert (twice.status, "more than once" in twice.text) == (400, True)
