"""A local account as a stranger meets it: `labkit serve` in a process of its own, known by its env file."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3

PATIENCE = 60
ROOT = Path(__file__).parents[2]
#: A module and its arguments, up to the env file.
SERVE = ("labkit", "serve", "--port", "0", "--env-file")


@dataclass(frozen=True)
class Served:
    """A running `labkit serve`."""

    #: What it wrote into its env file; holds the administrator's secret key.
    environment: Mapping[str, str] = field(repr=False)

    @property
    def endpoint(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"]

    @property
    def process_environment(self) -> dict[str, str]:
        """For a child process that shall find this account with nothing else set."""
        return {**os.environ, **self.environment}

    def code(self, username: str) -> str:
        """The newest confirmation code for `username`."""
        return self.labkit("outbox", username, "--latest")

    def advance(self, step: str) -> None:
        """Let the account's clock pass, as in `1h`."""
        self.labkit("clock", "advance", step)

    def labkit(self, *arguments: str) -> str:
        """What the command `labkit` prints about this account."""
        command = [sys.executable, "-m", "labkit", *arguments]
        done = subprocess.run(
            command,
            env=self.process_environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def serve(folder: Path, program: Sequence[str] = SERVE) -> Iterator[Served]:
    """An account on any free port until the block ends; its env file and output lie in `folder`."""
    env_file, output = folder / "account.env", folder / "serve.txt"
    command, environment = [sys.executable, "-m", *program, str(env_file)], {**os.environ, "PYTHONUTF8": "1"}
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + PATIENCE
            while not env_file.exists():  # written at once, when the account accepts connections
                assert process.poll() is None, output.read_text(encoding="utf-8")
                assert time.monotonic() < until, f"no account within {PATIENCE} s"
                time.sleep(0.05)
            lines = env_file.read_text(encoding="utf-8").splitlines()
            yield Served(dict(shlex.split(line)[0].split("=", 1) for line in lines))
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Lab:
    """A User Pool, an Identity Pool, a bucket and a table; every signed-in user has a part of each."""

    user_pool_id: str
    client_id: str
    identity_pool_id: str
    bucket: str
    table: str
    jwks: str
    #: The role of each group; both groups read `shared/`, the second writes there too.
    readers: str
    writers: str

    @property
    def provider(self) -> str:
        """The User Pool's key in a Logins map."""
        region = self.user_pool_id.partition("_")[0]
        return f"cognito-idp.{region}.amazonaws.com/{self.user_pool_id}"

    @property
    def environment(self) -> dict[str, str]:
        """The lab for clients in another language."""
        return {
            "LAB_USER_POOL_ID": self.user_pool_id,
            "LAB_CLIENT_ID": self.client_id,
            "LAB_IDENTITY_POOL_ID": self.identity_pool_id,
            "LAB_PROVIDER": self.provider,
            "LAB_BUCKET": self.bucket,
            "LAB_TABLE": self.table,
            "LAB_READERS": self.readers,
            "LAB_WRITERS": self.writers,
        }


_SUB = "${cognito-identity.amazonaws.com:sub}"


def create_lab(session: boto3.Session) -> Lab:
    """Make the lab's resources with plain boto3, as the administrator."""
    idp, identity = session.client("cognito-idp"), session.client("cognito-identity")
    pool_id = idp.create_user_pool(PoolName="clients", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    client_id = create_client(session, pool_id)["ClientId"]
    provider = f"cognito-idp.{session.region_name}.amazonaws.com/{pool_id}"
    identity_pool_id = identity.create_identity_pool(
        IdentityPoolName="clients",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client_id}],
    )["IdentityPoolId"]
    bucket, table = "clients-lab", "clients-notes"
    guest = [_allow("s3:GetObject", f"arn:aws:s3:::{bucket}/public/*")]
    signed_in = [_allow("s3:*Object", f"arn:aws:s3:::{bucket}/{_SUB}/*"), _own_items(session, table)]
    roles = {
        "unauthenticated": _create_role(session, "guest", identity_pool_id, "unauthenticated", guest),
        "authenticated": _create_role(session, "signed-in", identity_pool_id, "authenticated", signed_in),
    }
    # https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    by_groups = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
    identity.set_identity_pool_roles(
        IdentityPoolId=identity_pool_id,
        Roles=roles,
        RoleMappings={f"{provider}:{client_id}": by_groups},  # type: ignore[dict-item]
    )
    groups = {}
    for name, action in (("readers", "s3:GetObject"), ("writers", "s3:*Object")):
        shared = [_allow(action, f"arn:aws:s3:::{bucket}/shared/*")]
        groups[name] = _create_role(session, name, identity_pool_id, "authenticated", shared)
        idp.create_group(UserPoolId=pool_id, GroupName=name, RoleArn=groups[name])
    _create_storage(session, bucket, table)
    return Lab(pool_id, client_id, identity_pool_id, bucket, table, key_set(pool_id), **groups)


def create_client(session: boto3.Session, pool_id: str, *, secret: bool = False) -> Mapping[str, str]:
    """An app client for both sign-in flows: its `ClientId` and, if asked for, its `ClientSecret`."""
    created = session.client("cognito-idp").create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="app",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        GenerateSecret=secret,
    )["UserPoolClient"]
    return {name: str(created[name]) for name in ("ClientId", "ClientSecret") if name in created}


def _allow(action: str, resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _own_items(session: boto3.Session, table: str) -> dict[str, object]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    arn = f"arn:aws:dynamodb:{session.region_name}:*:table/{table}"
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [_SUB]}}
    return _allow("dynamodb:*", arn) | {"Condition": condition}


def _create_role(
    session: boto3.Session, name: str, identity_pool_id: str, amr: str, statements: list[dict[str, object]]
) -> str:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""
    provider = "cognito-identity.amazonaws.com"
    trust: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{provider}:aud": identity_pool_id},
            "ForAnyValue:StringLike": {f"{provider}:amr": amr},
        },
    }
    iam = session.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document([trust]))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=_document(statements))
    return role["Arn"]


def _document(statements: list[dict[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _create_storage(session: boto3.Session, bucket: str, table: str) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="public/welcome.txt", Body=b"for everybody")
    s3.put_object(Bucket=bucket, Key="private/secret.txt", Body=b"for nobody")
    session.client("dynamodb").create_table(
        TableName=table,
        KeySchema=[
            {"AttributeName": "owner", "KeyType": "HASH"},
            {"AttributeName": "note", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "note", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def key_set(pool_id: str) -> str:
    """The pool's key set, as anybody may read it."""
    from urllib.request import urlopen

    with urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/{pool_id}/.well-known/jwks.json", timeout=10) as answer:
        text: str = answer.read().decode()
    return text
