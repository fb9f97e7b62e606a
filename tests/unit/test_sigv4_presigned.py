"""Presigned URLs: AWS's published example, botocore as a second signer, and AWS IoT's own rule for tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import sigv4

#: AWS's example keys, published in its documentation.
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HOST = "a3qj468example-ats.iot.us-east-1.amazonaws.com"


def test_the_presigned_get_object_example_has_its_published_signature() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    scope, amz_date = sigv4.Scope("20130524", "us-east-1", "s3"), "20130524T000000Z"
    query = sigv4.query_to_sign(KEY_ID, amz_date=amz_date, scope=scope, X_Amz_Expires="86400")
    made = sigv4.presign(
        "examplebucket.s3.amazonaws.com",
        "/test.txt",
        query,
        secret_access_key=SECRET,
        amz_date=amz_date,
        scope=scope,
        payload_hash=sigv4.UNSIGNED_PAYLOAD,
    )
    assert made.signature == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    assert made.string_to_sign.endswith("3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04")
    assert made.query.endswith(f"&X-Amz-Signature={made.signature}")


def _mqtt(query: list[tuple[str, str]], amz_date: str, region: str, secret: str, **more: Any) -> Any:
    scope = sigv4.Scope(amz_date[:8], region, "iotdevicegateway")
    return sigv4.presign(
        HOST, "/mqtt", query, secret_access_key=secret, amz_date=amz_date, scope=scope, **more
    )


@settings(max_examples=40, deadline=None)
@given(
    key_id=st.from_regex(r"ASIA[A-Z2-7]{16}", fullmatch=True),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=40, max_size=40),
    region=st.sampled_from(["us-east-1", "eu-central-1"]),
    expires=st.integers(1, 604800),
)
def test_it_presigns_the_websocket_handshake_as_botocore_does(
    key_id: str, secret: str, region: str, expires: int
) -> None:
    request = AWSRequest("GET", f"https://{HOST}/mqtt")
    SigV4QueryAuth(Credentials(key_id, secret), "iotdevicegateway", region, expires).add_auth(request)
    theirs = parse_qsl(urlsplit(str(request.url)).query, strict_parsing=True)

    amz_date = dict(theirs)["X-Amz-Date"]
    scope = sigv4.Scope(amz_date[:8], region, "iotdevicegateway")
    query = sigv4.query_to_sign(key_id, amz_date=amz_date, scope=scope, X_Amz_Expires=str(expires))
    mine = parse_qsl(_mqtt(query, amz_date, region, secret).query, strict_parsing=True)
    assert sorted(mine) == sorted(theirs)


def test_a_session_token_can_be_appended_after_signing_as_aws_iot_wants_it() -> None:
    """ "do not include X-Amz-Security-Token in the canonical query string when calculating the signature.
    Instead, append X-Amz-Security-Token as a query parameter after the signature has been computed."

    https://docs.aws.amazon.com/iot/latest/developerguide/iam-users-groups-roles.html
    """
    amz_date = sigv4.timestamp(datetime(2026, 1, 1, 12, tzinfo=UTC))
    scope = sigv4.Scope("20260101", "us-east-1", "iotdevicegateway")
    query, token = sigv4.query_to_sign(KEY_ID, amz_date=amz_date, scope=scope), "IQoJ+/="
    alone = _mqtt(query, amz_date, "us-east-1", SECRET)
    appended = _mqtt(query, amz_date, "us-east-1", SECRET, unsigned=[("X-Amz-Security-Token", token)])
    signed = _mqtt([*query, ("X-Amz-Security-Token", token)], amz_date, "us-east-1", SECRET)

    assert appended.query == f"{alone.query}&X-Amz-Security-Token={quote(token, safe='')}"
    assert appended.signature == alone.signature
    assert token not in appended.canonical_request
    assert quote(token, safe="") in signed.canonical_request
    assert signed.signature != alone.signature


def test_the_canonical_request_is_the_one_that_both_sides_rebuild() -> None:
    amz_date = "20260101T120000Z"
    scope = sigv4.Scope("20260101", "us-east-1", "iotdevicegateway")
    made = _mqtt(sigv4.query_to_sign(KEY_ID, amz_date=amz_date, scope=scope), amz_date, "us-east-1", SECRET)
    method, uri, query, host, blank, names, payload = made.canonical_request.split("\n")
    assert (method, uri, host, blank, names) == ("GET", "/mqtt", f"host:{HOST}", "", "host")
    assert query.split("&")[1] == (
        f"X-Amz-Credential={KEY_ID}%2F20260101%2Fus-east-1%2Fiotdevicegateway%2Faws4_request"
    )
    assert payload == sigv4.EMPTY_PAYLOAD


@pytest.mark.parametrize("secret", ["signature", "X-Amz-Signature", KEY_ID])
def test_a_presigned_querys_repr_holds_no_secret(secret: str) -> None:
    scope = sigv4.Scope("20260101", "us-east-1", "iotdevicegateway")
    made = _mqtt(
        sigv4.query_to_sign(KEY_ID, amz_date="20260101T120000Z", scope=scope),
        "20260101T120000Z",
        "us-east-1",
        SECRET,
    )
    assert made.signature not in repr(made)
    assert secret not in repr(made)
