"""The account over HTTPS: who can connect, that nobody keeps others out, and what it says of its address."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import boto3
import pytest

from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server


@pytest.fixture(scope="module")
def app() -> LocalApp:
    return create_app(account_id="777788880000")


@pytest.fixture(scope="module")
def server(app: LocalApp) -> Iterator[Server]:
    with Server(app, tls=app.state.iot.certificates.server_context(), workers=4) as started:
        yield started


@pytest.fixture(scope="module")
def trusting(app: LocalApp) -> ssl.SSLContext:
    """Of a client that was given the account's CA."""
    return ssl.create_default_context(cadata=app.state.iot.certificates.ca_pem.decode())


def connected(server: Server, context: ssl.SSLContext) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("localhost", server.port, context=context, timeout=5)


def health(https: http.client.HTTPSConnection) -> str:
    https.request("GET", "/_labkit/health")
    return str(json.loads(https.getresponse().read())["account"])


def test_who_has_the_ca_is_answered_again_and_again_over_one_connection(
    server: Server, trusting: ssl.SSLContext
) -> None:
    with closing(connected(server, trusting)) as https:
        assert [health(https) for _ in range(5)] == ["777788880000"] * 5


def test_who_has_not_the_ca_breaks_off_and_the_next_is_answered(
    server: Server, trusting: ssl.SSLContext, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        with (
            closing(connected(server, ssl.create_default_context())) as stranger,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            health(stranger)
    with closing(connected(server, trusting)) as https:
        assert health(https)
    assert capfd.readouterr().err == ""


def test_who_speaks_plain_http_there_gets_no_answer_and_the_next_is_answered(
    server: Server, trusting: ssl.SSLContext, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(http.client.HTTPConnection("localhost", server.port, timeout=5)) as plain:
        plain.request("GET", "/_labkit/health")
        with pytest.raises((http.client.HTTPException, OSError)):
            plain.getresponse().read()
    with closing(connected(server, trusting)) as https:
        assert health(https)
    assert capfd.readouterr().err == ""


def test_who_connects_and_says_nothing_keeps_nobody_out(server: Server, trusting: ssl.SSLContext) -> None:
    silent = [socket.create_connection(("localhost", server.port)) for _ in range(3)]
    with closing(connected(server, trusting)) as https:
        assert health(https)
    for one in silent:
        one.close()


def test_an_sdk_is_served(app: LocalApp, server: Server, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(app.state.iot.certificates.ca_pem)
    sts = boto3.client(
        "sts",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        verify=str(ca),
        aws_access_key_id=app.administrator.access_key_id,
        aws_secret_access_key=app.administrator.secret_access_key.reveal(),
    )
    assert sts.get_caller_identity()["Account"] == "777788880000"


def test_a_pools_configuration_names_the_address_at_which_it_was_asked(
    app: LocalApp, server: Server, trusting: ssl.SSLContext
) -> None:
    with Server(app) as plain:
        idp = boto3.client(
            "cognito-idp",
            endpoint_url=plain.endpoint,
            region_name="us-east-1",
            aws_access_key_id=app.administrator.access_key_id,
            aws_secret_access_key=app.administrator.secret_access_key.reveal(),
        )
        pool = idp.create_user_pool(PoolName="web")["UserPool"]["Id"]
        idp.create_user_pool_domain(Domain="my-web", UserPoolId=pool)
        for asked, context in ((plain, None), (server, trusting)):
            address = f"{asked.endpoint}/{pool}/.well-known/openid-configuration"
            with urlopen(address, timeout=5, context=context) as answer:
                known = json.loads(answer.read())
            assert known["token_endpoint"] == f"{asked.endpoint}/_domain/my-web/oauth2/token"
            assert known["jwks_uri"] == f"{asked.endpoint}/{pool}/.well-known/jwks.json"
