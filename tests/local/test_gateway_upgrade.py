"""Who signed the upgrade to WebSocket: SigV4 as AWS IoT's device gateway checks it, without a socket.

https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from websockets.datastructures import Headers
from websockets.http11 import Request

from labkit.local.authentication import Caller
from labkit.local.errors import AwsError
from labkit.local.gateway import upgrade
from labkit.record import Secret
from labkit.resources import Credentials
from tests.local.accounts import LocalAccount, anybody_here, role, session_of, user
from tests.local.signed_urls import signed_path

PORT = 4578
NAMED = f"localhost:{PORT}"


@pytest.fixture
def iam_user(account: LocalAccount) -> Credentials:
    return user(account)


@pytest.fixture
def session(account: LocalAccount) -> Credentials:
    return session_of(account, role(account, anybody_here(account)))


def caller(account: LocalAccount, path: str, *, host: str = "localhost", **headers: str) -> Caller:
    """Whom the gateway takes for the sender of `GET path`."""
    sent = Headers({"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()})
    read = upgrade.read(Request(path, sent))
    return upgrade.caller_of(read, account.app.state, port=PORT)


def refusal(account: LocalAccount, path: str, *, host: str = "localhost", **headers: str) -> str:
    with pytest.raises(AwsError) as caught:
        caller(account, path, host=host, **headers)
    return caught.value.code


def test_a_session_and_an_iam_user_are_known_by_their_signature(
    account: LocalAccount, session: Credentials, iam_user: Credentials
) -> None:
    found = caller(account, signed_path(session))
    assert (found.access_key_id, found.auth_type) == (session.access_key_id, "REST-QUERY-STRING")
    assert found.session is not None
    assert ":user/" in caller(account, signed_path(iam_user)).arn


@pytest.mark.parametrize("sent", ["localhost", NAMED, "127.0.0.1", f"127.0.0.1:{PORT}"])
@pytest.mark.parametrize("port", ["", f":{PORT}"])
def test_host_may_be_signed_with_and_without_the_port_whichever_is_sent(
    account: LocalAccount, session: Credentials, sent: str, port: str
) -> None:
    """awscrt signs the name alone, paho's users what they like."""
    name = sent.removesuffix(f":{PORT}")
    assert caller(account, signed_path(session, host=name + port), host=sent).session is not None
    assert (
        refusal(account, signed_path(session, host="example.com"), host=sent) == "InvalidSignatureException"
    )
    assert refusal(account, signed_path(session, host=f"{name}:1"), host=sent) == "InvalidSignatureException"


def test_the_session_token_is_appended_and_a_url_that_signs_it_is_refused(
    account: LocalAccount, session: Credentials
) -> None:
    """ "AWS IoT does NOT accept this header if it's signed": https://github.com/aws/aws-sdk-js/issues/1456"""
    assert caller(account, signed_path(session)).session is not None
    assert refusal(account, signed_path(session, sign_token=True)) == "InvalidSignatureException"


def test_a_temporary_key_needs_its_own_token_and_a_user_s_key_has_none(
    account: LocalAccount, session: Credentials, iam_user: Credentials
) -> None:
    assert caller(account, signed_path(session)).session is not None
    other = session_of(account, role(account, anybody_here(account))).session_token
    assert other is not None
    for token in (None, "invented", other.reveal()):
        assert refusal(account, signed_path(session, token=token)) == "UnrecognizedClientException"
    assert caller(account, signed_path(iam_user)).session is None
    assert refusal(account, signed_path(iam_user, token="invented")) == "UnrecognizedClientException"


def test_an_expired_session_is_refused(fresh: LocalAccount) -> None:
    keys = session_of(fresh, role(fresh, anybody_here(fresh)), DurationSeconds=900)
    assert caller(fresh, signed_path(keys)).session is not None
    fresh.advance(minutes=15)
    assert refusal(fresh, signed_path(keys)) == "ExpiredTokenException"


def test_unknown_keys_and_wrong_secrets_are_refused(account: LocalAccount, session: Credentials) -> None:
    assert caller(account, signed_path(session)).session is not None
    wrong = replace(session, secret_access_key=Secret(secrets.token_hex(20)))
    assert refusal(account, signed_path(wrong)) == "InvalidSignatureException"
    unknown = replace(session, access_key_id="ASIAINVENTEDINVENTED")
    assert refusal(account, signed_path(unknown)) == "UnrecognizedClientException"


def test_whatever_was_signed_cannot_be_changed(account: LocalAccount, session: Credentials) -> None:
    path = signed_path(session)
    assert caller(account, path).session is not None
    assert refusal(account, f"{path}&more=1") == "InvalidSignatureException"
    assert refusal(account, path.replace("/mqtt?", "/mqtt/?")) == "InvalidSignatureException"
    assert refusal(account, path.replace("SHA256", "SHA512")) == "IncompleteSignatureException"
    assert refusal(account, path.replace("X-Amz-Date=2", "X-Amz-Date=3")) == "InvalidSignatureException"


def test_the_query_is_read_by_rfc_3986_where_a_plus_is_no_space(
    account: LocalAccount, session: Credentials
) -> None:
    path = signed_path(session, more=[("note", "a+b c")])
    assert caller(account, path).session is not None
    assert caller(account, path.replace("a%2Bb", "a+b")).session is not None
    assert refusal(account, path.replace("b%20c", "b+c")) == "InvalidSignatureException"


@pytest.mark.unconfirmed
def test_a_parameter_given_twice_is_refused(account: LocalAccount, session: Credentials) -> None:
    path = signed_path(session)
    assert caller(account, path).session is not None
    for name in ("X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Signature"):
        pair = next(part for part in path.partition("?")[2].split("&") if part.startswith(name))
        assert refusal(account, f"{path}&{pair}") == "IncompleteSignatureException"


@pytest.mark.unconfirmed
def test_a_url_is_good_for_five_minutes_unless_it_says_otherwise(
    account: LocalAccount, session: Credentials
) -> None:
    """ "In most cases, a request must reach AWS within five minutes of the time stamp in the request":
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    What AWS IoT makes of X-Amz-Expires is not documented; elsewhere it is at most 604800."""
    old = timedelta(minutes=6)
    assert caller(account, signed_path(session, age=timedelta(minutes=4))).session is not None
    assert refusal(account, signed_path(session, age=old)) == "InvalidSignatureException"
    assert refusal(account, signed_path(session, age=-old)) == "InvalidSignatureException"
    hour, week = [("X-Amz-Expires", "3600")], [("X-Amz-Expires", "604801")]
    assert caller(account, signed_path(session, age=old, more=hour)).session is not None
    assert (
        refusal(account, signed_path(session, age=timedelta(hours=2), more=hour))
        == "InvalidSignatureException"
    )
    assert refusal(account, signed_path(session, more=week)) == "IncompleteSignatureException"


def test_a_signature_is_good_for_its_day_region_and_service(
    account: LocalAccount, session: Credentials
) -> None:
    assert caller(account, signed_path(session)).session is not None
    assert refusal(account, signed_path(session, date="20200101")) == "InvalidSignatureException"
    assert refusal(account, signed_path(session, region="eu-west-1")) == "InvalidSignatureException"
    assert refusal(account, signed_path(session, service="s3")) != ""
    assert refusal(account, signed_path(session, service="iot")) == "InvalidSignatureException"


def test_aws_s_first_device_sdks_sign_for_iotdata(account: LocalAccount, session: Credentials) -> None:
    """The canonical request in https://github.com/aws/aws-iot-device-sdk-js/issues/173"""
    assert caller(account, signed_path(session, service="iotdata")).session is not None


def test_without_a_signature_nobody_comes_in(account: LocalAccount, session: Credentials) -> None:
    assert caller(account, signed_path(session)).session is not None
    assert refusal(account, "/mqtt") == "MissingAuthenticationTokenException"
    assert refusal(account, "/mqtt?X-Amz-Signature=") == "IncompleteSignatureException"
    assert refusal(account, "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&x=%FF") == "IncompleteSignatureException"


def test_who_can_add_headers_may_sign_there(account: LocalAccount, session: Credentials) -> None:
    """ "The WebSocket implementation provided by most web browsers does not allow the modification of HTTP
    headers, so you must add the Signature Version 4 information to the query string":
    https://docs.aws.amazon.com/iot/latest/developerguide/mqtt-ws.html"""
    token = session.session_token
    assert token is not None
    keys = Keys(session.access_key_id, session.secret_access_key.reveal(), token.reveal())
    request = AWSRequest("GET", f"https://{NAMED}/mqtt", headers={"Host": NAMED})
    botocore.auth.SigV4Auth(keys, "iotdevicegateway", "us-east-1").add_auth(request)
    headers = {name: str(value) for name, value in request.headers.items() if name != "Host"}
    assert caller(account, "/mqtt", host=NAMED, **headers).session is not None
    changed = headers["Authorization"][:-4] + "0000"
    given = headers | {"Authorization": changed}
    assert refusal(account, "/mqtt", host=NAMED, **given) == "InvalidSignatureException"


def test_a_request_has_one_host(account: LocalAccount, session: Credentials) -> None:
    path = signed_path(session)
    assert caller(account, path).session is not None
    for headers in (Headers(), Headers([("Host", "localhost"), ("Host", "example.com")])):
        with pytest.raises(AwsError) as caught:
            upgrade.read(Request(path, headers))
        assert caught.value.code == "IncompleteSignatureException"


@pytest.mark.unconfirmed
def test_a_client_cannot_name_the_endpoint_as_it_likes(account: LocalAccount, session: Credentials) -> None:
    """Policies may ask for `iot:DomainName`, the name by which the client came.

    https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html
    """
    assert caller(account, signed_path(session)).session is not None
    for host in ("example.com", f"example.com:{PORT}", "localhost.example.com"):
        assert refusal(account, signed_path(session, host=host), host=host) == "ForbiddenException"
