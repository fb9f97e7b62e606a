"""Attempts on trust: keys that are told, chains of roles; and what a log would give away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.local.operations import Call
from labkit.local.wire import Request
from tests.local.accounts import (
    LocalAccount,
    anybody_here,
    credentials_in,
    refused,
    role,
    session_of,
    statement,
    user,
)
from tests.local.directory import PASSWORD, identity_pool, user_pool
from tests.local.identities import get_id
from tests.local.issuers import Issuer, control
from tests.local.test_attacks_on_accounts import quiet
from tests.local.test_user_pool_mfa import enrolled, mfa_pool, prefer

COGNITO = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_"


@pytest.mark.parametrize(
    "issuer",
    [
        COGNITO + "Anybodys1",
        COGNITO.upper().replace("HTTPS", "https") + "Anybodys1",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Anybodys1",
        "https://cognito-identity.amazonaws.com",
        "https://cognito-identity.amazonaws.com/",
    ],
)
def test_nobody_replaces_the_keys_of_cognito(account: LocalAccount, issuer: str) -> None:
    """Amazon Cognito is the issuer, and this account stands in for it."""
    mallory = Issuer(account, f"{account.name('issuer')}.example.com").told()
    answer = control(account, "TellIssuerKeys", Issuer=issuer, Jwks=mallory.jwks)
    assert (answer.status, answer.json["__type"]) == (400, "ValidationException")
    assert "Amazon Cognito" in answer.json["message"]


def test_a_deleted_pools_name_is_not_taken_over(account: LocalAccount) -> None:
    pool = user_pool(account)
    identities = identity_pool(pool)
    assert get_id(identities, identities.logins(pool.confirmed()))
    pool.admin.delete_user_pool(UserPoolId=pool.id)
    mallory = Issuer(account, pool.provider)
    assert control(account, "TellIssuerKeys", Issuer=mallory.url, Jwks=mallory.jwks).status == 400
    logins = {pool.provider: mallory.token(audience=pool.client_id, token_use="id")}
    answer = refused(identities.api.get_id, IdentityPoolId=identities.id, Logins=logins)
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Invalid login token. Couldn't verify signed token.",
    )  # fmt: skip


def test_a_chain_of_roles_begins_with_a_role(account: LocalAccount) -> None:
    """A user's own temporary credentials are no role's:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"""
    arn = role(account, anybody_here(account), statement("sts:AssumeRole"), MaxSessionDuration=7200)
    given: dict[str, Any] = {"RoleArn": arn, "RoleSessionName": "next", "DurationSeconds": 7200}
    keys = user(account, statement("sts:*"))
    own = credentials_in(account.client("sts", keys).get_session_token())
    assert account.client("sts", own).assume_role(**given)["Credentials"]
    chained = account.client("sts", session_of(account, arn))
    assert chained.assume_role(**given | {"DurationSeconds": 3600})["Credentials"]
    answer = refused(chained.assume_role, **given)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert "role chaining" in answer.message


# --- what a log would give away ---------------------------------------------------------------------------


def test_no_secret_lies_about_in_the_clear(fresh: LocalAccount) -> None:
    pool = mfa_pool(fresh, "OPTIONAL")
    name, other = pool.confirmed(), pool.sign_up()
    tokens = pool.sign_in(name)
    totp = enrolled(pool, name, access_token=tokens["AccessToken"])
    prefer(pool, name, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    asked = pool.start(name)
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    state = fresh.app.state
    shown = repr(state) + repr(state.user_pools[pool.id]) + repr(state.outbox.messages())
    assert name in shown  # it does show something
    secrets = [
        fresh.last_code(name),
        fresh.last_code(other),
        totp,
        asked["Session"],
        PASSWORD,
        *tokens.values(),
    ]
    assert [s for s in secrets if isinstance(s, str) and s != "Bearer" and s in shown] == []


def test_a_call_keeps_its_parameters_to_itself() -> None:
    body = json.dumps({"AuthParameters": {"PASSWORD": PASSWORD}}).encode()
    headers = {"authorization": "AWS4-HMAC-SHA256 Signature=abc", "x-amz-security-token": "IQoJb3JpZ2lu"}
    request = Request("POST", "/", "X-Amz-Signature=abc", headers, body, {})
    call = Call("cognito-idp", "InitiateAuth", "us-east-1", json.loads(body), request)
    assert "InitiateAuth" in repr(call)
    assert [s for s in (PASSWORD, "Signature=abc", "IQoJ") if s in repr(call) + repr(request)] == []


@pytest.mark.unconfirmed
def test_a_fault_of_a_secret_member_does_not_show_it(account: LocalAccount) -> None:
    """Whatever is inside a member that AWS's model calls sensitive:
    https://smithy.io/2.0/spec/documentation-traits.html#sensitive-trait"""
    pool = quiet(account)
    assert pool.sign_in(pool.confirmed())
    password = "Secret-" * 50_000
    given = {"USERNAME": "anna", "PASSWORD": password}
    body = {"ClientId": pool.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
    reply = account.json_call("cognito-idp", "InitiateAuth", body)
    assert (reply.status, reply.json["__type"]) == (400, "InvalidParameterException")
    assert "Value '***' at 'authParameters.PASSWORD.member' failed" in reply.json["message"]
