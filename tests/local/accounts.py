"""Reaching a local account with plain boto3: over HTTP, or without a socket."""

from __future__ import annotations

import itertools
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from unittest import mock

import pytest

from labkit.local import direct
from labkit.local.app import LocalApp
from labkit.local.server import Server
from labkit.record import Secret
from labkit.resources import Credentials

Transport = Literal["http", "direct"]

#: An account that the whole folder shares, and one that a test gets for itself: moto keeps its resources
#: in the process by account number, so other folders' accounts have other numbers.
SHARED, FRESH = "111122223333", "444455556666"

#: One count for all: several LocalAccounts may be ways into the same account.
_NUMBERS = itertools.count(1)

_SCOPED = {
    "cognito-idp": "AWSCognitoIdentityProviderService",
    "cognito-identity": "AWSCognitoIdentityService",
}


@dataclass(frozen=True)
class Reply:
    """An HTTP response, as it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Refusal:
    """An error as boto3 tells it."""

    status: int
    code: str
    message: str


@dataclass
class LocalAccount:
    """One local account by one of its two ways in."""

    app: LocalApp
    endpoint: str
    session: Any = field(repr=False)
    send_prepared: Callable[[Any], Any] = field(repr=False)
    _clients: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    @property
    def account_id(self) -> str:
        return self.app.state.account_id

    def name(self, kind: str) -> str:
        """A name that nothing in this account has yet, whichever way in it was made by."""
        way = "http" if "127.0.0.1" in self.endpoint else "direct"
        return f"{kind}-{way}-{next(_NUMBERS)}"

    def client(self, service: str, credentials: Credentials | None = None, **settings: Any) -> Any:
        """A boto3 client that signs with `credentials`, by default the administrator's."""
        from botocore.config import Config

        found = credentials or self.app.administrator
        key = (service, found, tuple(settings.items()))
        if key not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={})
            self._clients[key] = self.session.client(
                service,
                region_name=settings.pop("region", "us-east-1"),
                endpoint_url=self.endpoint,
                config=config.merge(Config(**settings)),
                aws_access_key_id=found.access_key_id,
                aws_secret_access_key=found.secret_access_key.reveal(),
                aws_session_token=found.session_token.reveal() if found.session_token else None,
            )
        return self._clients[key]

    def anonymous(self, service: str) -> Any:
        """A client that signs nothing."""
        from botocore import UNSIGNED

        return self.client(service, signature_version=UNSIGNED)

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | str = b""
    ) -> Reply:
        """One HTTP request, exactly as given."""
        from botocore.awsrequest import AWSRequest

        url = path if "://" in path else self.endpoint + path
        response = self.send_prepared(AWSRequest(method, url, dict(headers or {}), body).prepare())
        return Reply(response.status_code, response.headers, response.content)

    def json_call(self, service: str, operation: str, body: object = (), **headers: str) -> Reply:
        """An unsigned call of a Cognito operation."""
        target = {"X-Amz-Target": f"{_SCOPED[service]}.{operation}"}
        content = {"Content-Type": "application/x-amz-json-1.1"}
        return self.send("POST", "/", headers=target | content | headers, body=json.dumps(body or {}))

    def last_code(self, username: str) -> str:
        """The newest code in the outbox."""
        return self.app.state.outbox.messages(username)[-1].code

    def advance(self, **step: float) -> None:
        self.app.state.clock.advance(timedelta(**step))


def reached(app: LocalApp, transport: Transport, server: Server | None = None) -> LocalAccount:
    """The account by HTTP through `server`, or directly."""
    import boto3
    import botocore.session
    from botocore.httpsession import URLLib3Session

    files: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    core = botocore.session.Session(session_vars=files)
    if transport == "direct":
        direct.attach(core, app)

    def directly(request: Any) -> Any:
        return direct.respond(app, request.method, request.url, dict(request.headers.items()), request.body)

    session: Any = boto3.Session(botocore_session=core)
    if transport == "direct":
        return LocalAccount(app, direct.ENDPOINT, session, directly)
    assert server is not None
    # As botocore's clients do: Nagle's algorithm would hold each body back for 40 ms.
    options: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    sender = URLLib3Session(proxies={}, timeout=20, socket_options=options)
    return LocalAccount(app, server.endpoint, session, sender.send)


def refused(call: Callable[..., Any], /, **parameters: Any) -> Refusal:
    """What AWS answers to a call that it refuses."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    error = response["Error"]
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return Refusal(status, error["Code"], error.get("Message", ""))


def forbidden(account: LocalAccount, call: Callable[..., Any], /, **given: Any) -> tuple[str, str]:
    """Action and resource for which AWS IoT's data plane refuses a call, to which it says "Forbidden" alone.

    https://github.com/boto/boto3/issues/1447
    """
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        call(**given)
    answer = caught.value.response
    assert answer["Error"] == {"Code": "ForbiddenException", "Message": "Forbidden"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    decision = account.app.state.decisions.get(answer["ResponseMetadata"]["RequestId"])
    assert decision is not None
    return decision.request.action, decision.request.resource


def signed(
    account: LocalAccount,
    method: str,
    path: str,
    *,
    service: str,
    headers: Mapping[str, str] | None = None,
    body: str = "",
    credentials: Credentials | None = None,
    region: str = "us-east-1",
    late_by: timedelta = timedelta(),
) -> Any:
    """A request with botocore's own signature, made `late_by` ago by the signer's clock."""
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Keys

    given = credentials or account.app.administrator
    token = given.session_token.reveal() if given.session_token else None
    keys = Keys(given.access_key_id, given.secret_access_key.reveal(), token)
    request: Any = AWSRequest(method, account.endpoint + path, dict(headers or {}), body.encode())
    kind: Any = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    if service == "s3":
        request.context["client_config"] = None
    then = datetime.now(UTC) - late_by
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=then):
        kind(keys, service, region).add_auth(request)
    return request


def reply_to(account: LocalAccount, request: Any) -> Reply:
    """Send a request that `signed` made, perhaps tampered with since."""
    response = account.send_prepared(request.prepare())
    return Reply(response.status_code, response.headers, response.content)


def statement(
    action: str | list[str], resource: str | list[str] = "*", effect: str = "Allow", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource} | more


def document(*statements: dict[str, Any]) -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def user(account: LocalAccount, *statements: dict[str, Any]) -> Credentials:
    """The keys of a new IAM user with these statements as its inline policy."""
    iam, name = account.client("iam"), account.name("user")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(*statements))
    return access_key(account, name)


def access_key(account: LocalAccount, name: str) -> Credentials:
    key = account.client("iam").create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], Secret(key["SecretAccessKey"]), None, None)


def role(account: LocalAccount, trust: str, *statements: dict[str, Any], **more: Any) -> str:
    """The ARN of a new role with this trust policy."""
    iam, name = account.client("iam"), account.name("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
    return str(arn)


def trust_in(principal: dict[str, str], action: str = "sts:AssumeRole", **more: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": action} | more)


def credentials_in(answer: Mapping[str, Any]) -> Credentials:
    """The credentials of an answer of STS or of an identity pool."""
    given = answer["Credentials"]
    secret = given.get("SecretAccessKey") or given["SecretKey"]
    return Credentials(
        given["AccessKeyId"], Secret(secret), Secret(given["SessionToken"]), given["Expiration"]
    )


def session_of(account: LocalAccount, role_arn: str, **more: Any) -> Credentials:
    """Keys of a session of a role that trusts the account."""
    answer = account.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="tester", **more)
    return credentials_in(answer)


def anybody_here(account: LocalAccount) -> str:
    """A trust policy that leaves it to the account's own policies who may assume the role."""
    return trust_in({"AWS": f"arn:aws:iam::{account.account_id}:root"})
