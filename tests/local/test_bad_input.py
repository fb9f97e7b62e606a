"""Bad input over a raw socket: a 4xx with a sentence, or a closed connection; the account goes on.

RFC 9112 (HTTP/1.1) section 6.3: how a body's length is told; section 3.2: Host.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from labkit.local import direct
from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from tests.local.accounts import FRESH, LocalAccount, Reply, reached
from tests.local.directory import PASSWORD, user_pool

JSON = b"Content-Type: application/x-amz-json-1.1\r\n"
INITIATE = b"X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth\r\n"
HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(create_app(account_id=FRESH)) as running:
        yield running


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def exchange(server: Server, request: bytes, *, then_close: bool = False) -> bytes:
    """Everything that the server answers until it closes or falls silent."""
    received = b""
    with connect(server) as connection:
        # The server may hang up while we still send.
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
            if then_close:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while chunk := connection.recv(65536):
                received += chunk
                if _complete(received):
                    break
    return received


def _complete(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(found) and length is not None and bool(len(body) >= int(length[1]))


def reply(received: bytes) -> Reply:
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    length = int(headers.get("Content-Length", len(body)))
    return Reply(int(lines[0].split()[1]), headers, body[:length])


def answers_well(server: Server) -> bool:
    request = b"GET /_labkit/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    return bool(reply(exchange(server, request)).json["account"] == FRESH)


def post(*lines: bytes, body: bytes = b"{}", host: bytes = HOST, path: bytes = b"/") -> bytes:
    length = f"Content-Length: {len(body)}\r\n".encode()
    return b"POST " + path + b" HTTP/1.1\r\n" + host + b"".join(lines) + length + b"\r\n" + body


def message(answer: Reply) -> str:
    """The sentence of an error, in whichever protocol's shape it came."""
    assert "html" not in answer.headers.get("Content-Type", "").lower()
    assert b"<html" not in answer.body.lower()
    if answer.body.startswith(b"<"):
        found = re.search(r"<Message>(.+)</Message>", answer.text, re.DOTALL)
        return found[1] if found else ""
    if answer.headers.get("Content-Type", "").startswith("application/"):
        return str(answer.json.get("message", ""))
    return answer.text


def test_the_account_answers_a_well_formed_request(server: Server) -> None:
    body = json.dumps({"ClientId": "x" * 26, "AuthFlow": "USER_PASSWORD_AUTH"}).encode()
    answer = reply(exchange(server, post(JSON, INITIATE, body=body)))
    assert (answer.status, answer.json["__type"]) == (400, "ResourceNotFoundException")
    assert answers_well(server)


AUTHORIZATION = b"Authorization: AWS4-HMAC-SHA256 "
CREDENTIAL = b"Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request"
BAD: dict[str, bytes] = {
    "JSON that breaks off": post(JSON, INITIATE, body=b'{"ClientId": '),
    "JSON that is no object": post(JSON, INITIATE, body=b"[1, 2]"),
    "JSON that is nested without end": post(JSON, INITIATE, body=b"[" * 200_000),
    "JSON with a huge number": post(JSON, INITIATE, body=b'{"ClientId": ' + b"9" * 100_000 + b"}"),
    "a body that is not UTF-8": post(JSON, INITIATE, body=b'{"ClientId": "\xff\xfe"}'),
    "a lone surrogate": post(JSON, INITIATE, body=b'{"ClientId": "\\ud800", "AuthFlow": "USER_SRP_AUTH"}'),
    "a NUL in a name": post(JSON, INITIATE, body=b'{"ClientId": "a\\u0000b", "AuthFlow": "USER_SRP_AUTH"}'),
    "a form that is not UTF-8": post(
        b"Content-Type: application/x-www-form-urlencoded\r\n",
        body=b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=%FF%FE",
    ),
    "a form without sense": post(
        b"Content-Type: application/x-www-form-urlencoded\r\n",
        body=b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&DurationSeconds=soon&PolicyArns.member.x=1",
    ),
    "a path that is not UTF-8": b"GET /bucket/%FF%FE HTTP/1.1\r\n" + HOST + b"\r\n",
    "raw bytes in the path": b"GET /bucket/\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "a query that is not UTF-8": b"GET /bucket?prefix=%FF%FE HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target that is not UTF-8": post(JSON, b"X-Amz-Target: \xff\xfe.\xff\r\n"),
    "a header that is not UTF-8": post(JSON, INITIATE, b"Authorization: \xff\xfe\r\n"),
    "an unknown target": post(JSON, b"X-Amz-Target: Nobody.Nothing\r\n"),
    "a target without an operation": post(JSON, b"X-Amz-Target: AWSCognitoIdentityProviderService\r\n"),
    "an empty Authorization header": post(AUTHORIZATION + b"\r\n"),
    "an Authorization header that breaks off": post(AUTHORIZATION + CREDENTIAL + b", Signed\r\n"),
    "another scheme": post(b"Authorization: Basic YWxpY2U6cGFzcw==\r\n"),
    "an older signature": post(b"Authorization: AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl\r\n"),
    "a signature without a date": post(
        AUTHORIZATION + CREDENTIAL + b", SignedHeaders=host, Signature=" + b"0" * 64 + b"\r\n"
    ),
    "an unknown host": post(JSON, INITIATE, host=b"Host: evil.example.com\r\n"),
    "a host that only begins well": post(JSON, INITIATE, host=b"Host: 127.0.0.1.evil.example.com\r\n"),
    "a host that only ends well": post(JSON, INITIATE, host=b"Host: evil.example.com#localhost\r\n"),
    "a host with a user": post(JSON, INITIATE, host=b"Host: localhost@evil.example.com\r\n"),
    "a wrong method": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a wrong method of a JSON service": b"DELETE / HTTP/1.1\r\n" + HOST + JSON + INITIATE + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: many\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "a huge length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999\r\n\r\n",
    "a length beyond all numbers": b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: "
    + b"9" * 5000
    + b"\r\n\r\n",
    "an unknown transfer coding": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: rot13\r\n\r\n",
    "a chunk that is no number": (
        b"POST / HTTP/1.1\r\n"
        + HOST
        + JSON
        + INITIATE
        + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    ),
    "a 10 MB header": b"GET / HTTP/1.1\r\n" + HOST + b"X-Long: " + b"a" * 10_000_000 + b"\r\n\r\n",
    "a 10 MB path": b"GET /" + b"a" * 10_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n",
    "an unknown HTTP version": b"GET / HTTP/7.5\r\n" + HOST + b"\r\n",
}
#: What HTTP and AWS have other statuses for: functionality and versions that are not there
#: (RFC 9110, sections 15.6.2 and 15.6.6).
NOT_THERE = {
    "a target that is not UTF-8": 501,
    "an unknown HTTP version": 505,
    "an unknown target": 501,
    "an unknown transfer coding": 501,
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_told_in_a_sentence_and_the_account_goes_on(server: Server, fault: str) -> None:
    received = exchange(server, BAD[fault])
    if received:
        answer = reply(received)
        assert 400 <= answer.status < 500 or answer.status == NOT_THERE.get(fault), answer
        assert len(message(answer).split()) >= 2 or fault == "an unknown transfer coding", answer
    else:
        assert fault in ("a 10 MB header", "a 10 MB path")  # hung up while we still talked
    assert answers_well(server)


#: What the application itself refuses, as it does without a socket too.
HOSTS = [
    "evil.example.com",
    "127.0.0.1.evil.example.com",
    "localhost@evil.example.com",
    "evil.example.com:80",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_is_not_this_machines_is_misdirected(host: str) -> None:
    """DNS rebinding: a web page must not reach the account under its own name (RFC 9110, section 15.5.20)."""
    app: LocalApp = create_app(account_id=FRESH)
    for good in ("localhost", "127.0.0.1:5000", "lab.s3.localhost", "cognito-idp.us-east-1.amazonaws.com"):
        answer = direct.respond(app, "GET", "http://localhost/_labkit/health", {"Host": good}, b"")
        assert answer.status_code == 200
    answer = direct.respond(app, "GET", "http://localhost/_labkit/health", {"Host": host}, b"")
    assert answer.status_code == 421
    assert b"is not this machine" in answer.content


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 4096, b"\r\n" * 50, b"hello\r\n"]
)
def test_noise_is_answered_with_400_or_a_closed_connection(server: Server, noise: bytes) -> None:
    received = exchange(server, noise, then_close=True)
    assert not received or reply(received).status == 400
    assert answers_well(server)


def test_a_body_in_chunks_is_read(server: Server) -> None:
    """RFC 9112, section 7.1"""
    text = json.dumps({"ClientId": "x" * 26, "AuthFlow": "USER_PASSWORD_AUTH"}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (text[:10], text[10:])) + b"0\r\n\r\n"
    head = b"POST / HTTP/1.1\r\n" + HOST + JSON + INITIATE + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = reply(exchange(server, head + chunks))
    assert (answer.status, answer.json["__type"]) == (400, "ResourceNotFoundException")


def test_a_body_shorter_than_its_length_is_incomplete(server: Server) -> None:
    body = b'{"ClientId": "x"}'
    whole = post(JSON, INITIATE, body=body)
    assert reply(exchange(server, whole)).status == 400
    short = whole.replace(b"Content-Length: 17", b"Content-Length: 170")
    answer = reply(exchange(server, short, then_close=True))
    assert answer.status == 400
    assert answer.json["__type"] == "IncompleteBody"
    assert answers_well(server)


def test_a_body_longer_than_its_length_is_no_part_of_the_request(server: Server) -> None:
    body = json.dumps({"ClientId": "x" * 26, "AuthFlow": "USER_PASSWORD_AUTH"}).encode()
    longer = post(JSON, INITIATE, body=body) + b"and more that nobody announced\r\n\r\n"
    answer = reply(exchange(server, longer))
    assert (answer.status, answer.json["__type"]) == (400, "ResourceNotFoundException")
    assert answers_well(server)


def test_expect_100_continue_is_served(server: Server) -> None:
    """RFC 9110, section 10.1.1"""
    body = json.dumps({"ClientId": "x" * 26, "AuthFlow": "USER_PASSWORD_AUTH"}).encode()
    head, _, _ = post(JSON, INITIATE, b"Expect: 100-continue\r\n", body=body).partition(b"\r\n\r\n")
    with connect(server) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")


def test_half_open_connections_do_not_keep_others_waiting(server: Server) -> None:
    """More of them than the server has threads at first."""
    beginnings = [
        b"", b"POST", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        post(JSON, INITIATE, body=b"{" + b" " * 500)[:-400],
    ]  # fmt: skip
    with contextlib.ExitStack() as stack:
        for beginning in beginnings * 4:
            connection = stack.enter_context(connect(server))
            if beginning:
                connection.sendall(beginning)
        started = time.monotonic()
        for _ in range(5):
            assert answers_well(server)
        assert time.monotonic() - started < 5


def test_a_connection_serves_many_requests(server: Server) -> None:
    request = b"GET /_labkit/health HTTP/1.1\r\n" + HOST + b"\r\n"
    with connect(server) as connection:
        for _ in range(5):
            connection.sendall(request)
            received = b""
            while not _complete(received):
                received += connection.recv(65536)
            assert reply(received).status == 200


@pytest.mark.parametrize("ways", ["http", "direct"])
def test_eight_learners_at_once_are_eight_users(server: Server, ways: str) -> None:
    app = create_app(account_id=FRESH)
    with Server(app) as own:
        account: LocalAccount = reached(app, "http" if ways == "http" else "direct", own)
        pool = user_pool(account)
        app_side = pool.idp

        def learn(number: int) -> str:
            name = f"learner-{number}"
            sub = app_side.sign_up(
                ClientId=pool.client_id, Username=name, Password=PASSWORD,
                UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}],
            )["UserSub"]  # fmt: skip
            code = account.last_code(name)
            app_side.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=code)
            for _ in range(3):
                token = pool.sign_in(name)["AccessToken"]
                assert app_side.get_user(AccessToken=token)["Username"] == name
            return str(sub)

        with ThreadPoolExecutor(8) as learners:
            subs = list(learners.map(learn, range(8)))
        assert len(set(subs)) == 8
        listed = pool.admin.list_users(UserPoolId=pool.id)["Users"]
        assert {user["Username"] for user in listed} == {f"learner-{n}" for n in range(8)}
        assert {user["UserStatus"] for user in listed} == {"CONFIRMED"}


def test_a_body_in_chunks_without_end_is_too_large(server: Server) -> None:
    """RFC 9110, section 15.5.14"""
    megabyte = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    head = b"POST / HTTP/1.1\r\n" + HOST + JSON + INITIATE + b"Transfer-Encoding: chunked\r\n\r\n"
    small = reply(exchange(server, head + megabyte + b"0\r\n\r\n"))
    assert (small.status, small.json["__type"]) == (400, "SerializationException")
    received = exchange(server, head + megabyte * 70 + b"0\r\n\r\n")
    if received:
        assert reply(received).status in (400, 413)
    assert answers_well(server)
