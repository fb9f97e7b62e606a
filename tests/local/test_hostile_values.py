"""Values that are made to break whoever reads them: every answer is AWS's error, and never a fault."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.local.accounts import LocalAccount, refused, role
from tests.local.directories import Directory, decoded, encoded
from tests.local.directory import PASSWORD, Pool, named, user_pool
from tests.local.test_saml import about, assume, trusting
from tests.local.test_user_pool_import import outcome, table

HALF = "\ud800"  # the first half of a surrogate pair, which JSON can write and UTF-8 cannot
STRANGE = {"NUL": "\x00", "right-to-left": "\u202e", "not a character": "\uffff", "long": "x" * 100_000}


def sign_in(pool: Pool, name: str, password: str) -> dict[str, Any]:
    given = {"USERNAME": name, "PASSWORD": password}
    return {"ClientId": pool.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}


def srp(pool: Pool, name: str, srp_a: str) -> dict[str, Any]:
    given = {"USERNAME": name, "SRP_A": srp_a}
    return {"ClientId": pool.client_id, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": given}


Body = Callable[[Pool, str, str], tuple[str, dict[str, Any]]]
BODIES: dict[str, Body] = {
    "password": lambda pool, name, bad: ("InitiateAuth", sign_in(pool, name, PASSWORD + bad)),
    "username": lambda pool, name, bad: ("InitiateAuth", sign_in(pool, name + bad, PASSWORD)),
    "SRP_A": lambda pool, name, bad: ("InitiateAuth", srp(pool, name, bad)),
    "SRP username": lambda pool, name, bad: ("InitiateAuth", srp(pool, name + bad, "ab" * 128)),
    "code": lambda pool, name, bad: (
        "ConfirmSignUp",
        {"ClientId": pool.client_id, "Username": name, "ConfirmationCode": bad},
    ),
    "new password": lambda pool, name, bad: (
        "SignUp",
        {
            "ClientId": pool.client_id, "Username": pool.account.name("new"), "Password": PASSWORD[:-1] + bad,
            "UserAttributes": named(email="new@example.com"),
        },
    ),
    "attribute": lambda pool, name, bad: (
        "SignUp",
        {
            "ClientId": pool.client_id, "Username": pool.account.name("new"), "Password": PASSWORD,
            "UserAttributes": [{"Name": "email", "Value": bad}],
        },
    ),
    "access token": lambda pool, name, bad: ("GetUser", {"AccessToken": f"a.b.{bad}"}),
}  # fmt: skip


@pytest.mark.parametrize("member", BODIES)
def test_half_a_character_is_no_json_of_aws(account: LocalAccount, member: str) -> None:
    """RFC 8259, section 8.2: what comes of it "is unpredictable"; nothing of the account may see it."""
    pool = user_pool(account)
    name = pool.confirmed()
    assert account.json_call("cognito-idp", "InitiateAuth", sign_in(pool, name, PASSWORD)).status == 200
    smile = account.json_call("cognito-idp", "InitiateAuth", sign_in(pool, name, "\U0001f642"))
    assert (smile.status, smile.json["__type"]) == (400, "NotAuthorizedException")  # a whole pair is one
    reply = account.json_call("cognito-idp", *BODIES[member](pool, name, HALF))
    assert (reply.status, reply.json["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "half"])
def test_json_is_utf_8(account: LocalAccount, encoding: str) -> None:
    """RFC 8259, section 8.1: "MUST be encoded using UTF-8", without a byte order mark."""
    pool = user_pool(account)
    name = pool.confirmed()
    text = json.dumps(sign_in(pool, name, PASSWORD))
    headers = {
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        "Content-Type": "application/x-amz-json-1.1",
    }
    assert account.send("POST", "/", headers=headers, body=text.encode()).status == 200
    half = text.replace(PASSWORD, HALF).encode("utf-8", "surrogatepass")
    reply = account.send(
        "POST", "/", headers=headers, body=half if encoding == "half" else text.encode(encoding)
    )
    assert (reply.status, reply.json["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("member", BODIES)
def test_strange_text_is_refused_or_taken_as_text(account: LocalAccount, member: str, kind: str) -> None:
    pool = user_pool(account)
    name = pool.confirmed()
    assert account.json_call("cognito-idp", "InitiateAuth", sign_in(pool, name, PASSWORD)).status == 200
    reply = account.json_call("cognito-idp", *BODIES[member](pool, name, STRANGE[kind]))
    assert reply.status in (200, 400)
    assert isinstance(json.loads(reply.text), dict)
    assert PASSWORD not in reply.text


# --- files ------------------------------------------------------------------------------------------------


def test_a_row_without_end_is_a_user_who_cannot_be_imported(account: LocalAccount) -> None:
    """ "The maximum row length is 16,000 characters":
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html"""
    pool = user_pool(account)
    good, long = {"cognito:username": "anna"}, {"cognito:username": "x" * 200_000}
    assert outcome(pool, table(pool, good))["ImportedUsers"] == 1
    job = outcome(pool, table(pool, {"cognito:username": "bert"}, long))
    assert (job["Status"], job["ImportedUsers"], job["FailedUsers"]) == ("Succeeded", 1, 1)


@pytest.mark.unconfirmed
def test_a_header_without_end_is_no_header(account: LocalAccount) -> None:
    pool = user_pool(account)
    job = outcome(pool, "x" * 200_000)
    assert (job["Status"], job["ImportedUsers"]) == ("Failed", 0)


Change = tuple[str, str]


@pytest.mark.parametrize(
    "change, answer",
    [
        ((r' IssueInstant="[^"]*"', ' IssueInstant="0001-01-01T00:00:00Z"'), "ExpiredTokenException"),
        ((r' IssueInstant="[^"]*"', ' IssueInstant="0001-01-01T00:00:00+23:00"'), "ExpiredTokenException"),
        ((r' IssueInstant="[^"]*"', ' IssueInstant="9999-12-31T23:59:59Z"'), "InvalidIdentityToken"),
        ((r' NotBefore="[^"]*"', ' NotBefore="9999-12-31T23:59:59Z"'), "InvalidIdentityToken"),
        ((r' NotOnOrAfter="[^"]*"', ' NotOnOrAfter="0001-01-01T00:00:00Z"'), "ExpiredTokenException"),
        ((r' IssueInstant="[^"]*"', ' IssueInstant="soon"'), "InvalidIdentityToken"),
    ],
)
def test_an_assertion_from_the_end_of_time_is_refused(
    account: LocalAccount, change: Change, answer: str
) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html"""
    directory = Directory(account)
    provider = directory.registered()
    arn = role(account, trusting(provider))
    assert assume(account, arn, provider, rewritten(directory, about(provider, arn), ("", "")))
    response = rewritten(directory, about(provider, arn), change)
    assert refused(lambda: assume(account, arn, provider, response)).code == answer


def test_an_assertion_may_leave_out_from_when_it_is_good(account: LocalAccount) -> None:
    """ "NotBefore" is optional (SAML 2.0 core, section 2.5.1)."""
    directory = Directory(account)
    provider = directory.registered()
    arn = role(account, trusting(provider))
    response = rewritten(directory, about(provider, arn), (r' NotBefore="[^"]*"', ""))
    assert assume(account, arn, provider, response)["Subject"] == "anna"
    late = rewritten(
        directory, about(provider, arn), (r' NotBefore="[^"]*"', ' NotBefore="2999-01-01T00:00:00Z"')
    )
    assert refused(lambda: assume(account, arn, provider, late)).code == "InvalidIdentityToken"


def rewritten(directory: Directory, content: Any, change: Change) -> str:
    """A response whose assertion was changed before it was signed."""
    xml = re.sub(*change, content.xml(directory.entity_id)) if change[0] else content.xml(directory.entity_id)
    root = decoded(directory.response(content, sign="nothing"))
    root.remove(root[0])
    root.append(directory.signed(etree.fromstring(xml.encode())))
    return encoded(root)
