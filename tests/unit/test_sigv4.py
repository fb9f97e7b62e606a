"""SigV4 against AWS's published examples, and against botocore for requests that nobody published."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import sigv4

#: AWS's example secret key, published in its documentation.
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EMPTY = hashlib.sha256(b"").hexdigest()


def _signature(
    method: str, uri: str, query: str, headers: dict[str, str], payload: str, scope: sigv4.Scope
) -> str:
    canonical = sigv4.canonical_request(
        method, uri, query, sigv4.canonical_headers(headers, headers), headers, payload
    )
    text = sigv4.string_to_sign(canonical, amz_date=headers["x-amz-date"], scope=scope)
    return sigv4.signature(sigv4.signing_key(SECRET, scope), text)


def test_the_get_object_example_has_its_published_signature() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (GET Object)"""
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
    }
    scope = sigv4.Scope("20130524", "us-east-1", "s3")
    assert (
        _signature("GET", "/test.txt", "", headers, EMPTY, scope)
        == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_the_list_objects_example_has_its_published_signature() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (List Objects)"""
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
    }
    query = sigv4.canonical_query([("prefix", "J"), ("max-keys", "2")])
    scope = sigv4.Scope("20130524", "us-east-1", "s3")
    assert query == "max-keys=2&prefix=J"
    assert (
        _signature("GET", "/", query, headers, EMPTY, scope)
        == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )


_SEGMENT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(
    service=st.sampled_from(["s3", "sts", "cognito-idp"]),
    segments=st.lists(_SEGMENT, max_size=3),
    query=st.dictionaries(_SEGMENT.filter(bool), _SEGMENT, max_size=3),
    body=st.binary(max_size=40),
)
def test_it_signs_as_botocore_does(
    service: str, segments: list[str], query: dict[str, str], body: bytes
) -> None:
    from urllib.parse import quote

    path = "/" + "/".join(quote(segment, safe="") for segment in segments)
    request = AWSRequest("PUT", f"http://127.0.0.1:4577{path}", params=query, data=body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials("AKIDEXAMPLE", SECRET), service, "us-east-1").add_auth(request)

    header = sigv4.parse_authorization(request.headers["Authorization"])
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:4577"}
    signed = {name: headers[name] for name in header.signed_headers}
    payload = headers.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
    uri = sigv4.canonical_uri(path, service=service)
    mine = _signature("PUT", uri, sigv4.canonical_query(query.items()), signed, payload, header.scope)
    assert mine == header.signature


def test_an_authorization_header_comes_apart_into_its_parts() -> None:
    header = (
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sts/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )
    parsed = sigv4.parse_authorization(header)
    assert parsed.access_key_id == "AKID"
    assert parsed.scope == sigv4.Scope("20260101", "eu-west-1", "sts")
    assert parsed.signed_headers == ("host", "x-amz-date")


_REST = f"SignedHeaders=host, Signature={'0' * 64}"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "AWS AKID:signature",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sts/aws4_request",
        f"AWS4-HMAC-SHA256 Credential=AKID/today/eu-west-1/sts/aws4_request, {_REST}",
        f"AWS4-HMAC-SHA256 Credential=AKID/20260101/sts/aws4_request, {_REST}",
        f"AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sts/aws4_request, {_REST[:-1]}x",
    ],
)
def test_a_header_that_is_no_sigv4_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=r"expected|must be"):
        sigv4.parse_authorization(header)


def test_a_timestamp_survives_the_round_trip_and_nonsense_does_not() -> None:
    instant = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    assert sigv4.parse_timestamp(sigv4.timestamp(instant)) == instant
    with pytest.raises(ValueError, match="does not match"):
        sigv4.parse_timestamp("yesterday")


def test_a_header_that_was_signed_but_is_missing_is_an_error() -> None:
    assert sigv4.canonical_headers({"host": " a  b "}, ["host"]) == "host:a b\n"
    with pytest.raises(KeyError):
        sigv4.canonical_headers({}, ["host"])
