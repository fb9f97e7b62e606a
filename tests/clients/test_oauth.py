"""Authlib and requests-oauthlib, unmodified, as apps of a user pool's domain.

A person signs in by `requests`. Both refuse plain HTTP unless a variable allows it, as their pages say:
https://requests-oauthlib.readthedocs.io/en/latest/examples/real_world_example.html and
https://docs.authlib.org/en/latest/oauth2/
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError
from requests_oauthlib import OAuth2Session as OAuthlibSession

from tests.clients.pages import form_of
from tests.clients.served import Served

pytestmark = [pytest.mark.clients]

CALLBACK, SIGNED_OUT = "http://localhost:3000/callback", "http://localhost:3000/bye"
PASSWORD, VERIFIER = "Correct-horse-1", "a-verifier-of-at-least-forty-three-characters"
SCOPE = "openid email aws.cognito.signin.user.admin"
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTHLIB_INSECURE_TRANSPORT", "OAUTHLIB_INSECURE_TRANSPORT", "OAUTHLIB_RELAX_TOKEN_SCOPE"):
        monkeypatch.setenv(name, "1")


@dataclass(frozen=True)
class App:
    """An app client, with the endpoints that the pool's discovery document names."""

    endpoints: dict[str, Any]
    client_id: str
    client_secret: str | None
    username: str


@pytest.fixture(params=["public", "confidential"])
def app(request: pytest.FixtureRequest, served: Served) -> App:
    idp: Any = boto3.client("cognito-idp")
    pool_id = idp.create_user_pool(PoolName="oauth", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    idp.create_user_pool_domain(Domain=f"oauth-{next(_numbers)}", UserPoolId=pool_id)
    client = idp.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", GenerateSecret=request.param == "confidential",
        AllowedOAuthFlows=["code"], AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthScopes=SCOPE.split(),
        CallbackURLs=[CALLBACK], LogoutURLs=[SIGNED_OUT], SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]  # fmt: skip
    attributes = [{"Name": "email", "Value": "anna@example.com"}, {"Name": "email_verified", "Value": "true"}]
    ids = {"UserPoolId": pool_id, "Username": "anna"}
    idp.admin_create_user(**ids, UserAttributes=attributes, MessageAction="SUPPRESS")
    idp.admin_set_user_password(**ids, Password=PASSWORD, Permanent=True)
    document = requests.get(
        f"{served.endpoint}/{pool_id}/.well-known/openid-configuration", timeout=10
    ).json()
    return App(document, client["ClientId"], client.get("ClientSecret"), "anna")


def signed_in(app: App, address: str) -> str:
    """Where the browser comes back to, after a person signed in at `address`."""
    browser = requests.Session()
    page = browser.get(address, timeout=10)
    action, hidden = form_of(page)
    origin = page.url.partition("/_domain")[0]
    form = hidden | {"username": app.username, "password": PASSWORD}
    answer = browser.post(f"{origin}{action}", data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_the_env_file_says_where_a_domain_is(served: Served, app: App) -> None:
    address = os.environ["LABKIT_MANAGED_LOGIN_URL"]
    domain = app.endpoints["token_endpoint"].split("/")[4]
    assert address == f"{served.endpoint}/_domain/{{domain}}"
    assert app.endpoints["token_endpoint"] == f"{address.format(domain=domain)}/oauth2/token"


def test_authlib_signs_in_with_pkce_refreshes_and_revokes(app: App) -> None:
    known = app.endpoints
    session = OAuth2Session(
        app.client_id, app.client_secret, redirect_uri=CALLBACK, scope=SCOPE,
        code_challenge_method="S256", token_endpoint=known["token_endpoint"],
        token_endpoint_auth_method="client_secret_basic" if app.client_secret else "none",
        revocation_endpoint_auth_method="client_secret_basic" if app.client_secret else "none",
    )  # fmt: skip
    address, state = session.create_authorization_url(
        known["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1"
    )
    back = signed_in(app, address)
    token = session.fetch_token(
        known["token_endpoint"], authorization_response=back, state=state, code_verifier=VERIFIER
    )
    keys = KeySet.import_key_set(requests.get(known["jwks_uri"], timeout=10).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (known["issuer"], app.client_id, "n-1")
    assert session.get(known["userinfo_endpoint"]).json()["email"] == "anna@example.com"
    refreshed = session.refresh_token(known["token_endpoint"], refresh_token=token["refresh_token"])
    assert refreshed["access_token"] != token["access_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.fetch_token(known["token_endpoint"], authorization_response=back, code_verifier=VERIFIER)
    revoked = session.revoke_token(known["revocation_endpoint"], token["refresh_token"])
    assert revoked.status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(known["token_endpoint"], refresh_token=token["refresh_token"])


def test_authlibs_challenge_is_the_one_that_the_account_checks(app: App) -> None:
    session = OAuth2Session(app.client_id, redirect_uri=CALLBACK, scope=SCOPE, code_challenge_method="S256")
    address, _ = session.create_authorization_url(
        app.endpoints["authorization_endpoint"], code_verifier=VERIFIER
    )
    assert f"code_challenge={create_s256_code_challenge(VERIFIER)}" in address
    assert "code=" in signed_in(app, address)


def test_requests_oauthlib_signs_in_and_refreshes(app: App) -> None:
    known = app.endpoints
    session = OAuthlibSession(app.client_id, redirect_uri=CALLBACK, scope=SCOPE.split(), pkce="S256")
    address, state = session.authorization_url(known["authorization_endpoint"])
    back = signed_in(app, address)
    assert f"state={state}" in back
    more = {"client_secret": app.client_secret} if app.client_secret else {"include_client_id": True}
    token = session.fetch_token(known["token_endpoint"], authorization_response=back, **more)
    assert session.get(known["userinfo_endpoint"]).json()["username"] == "anna"
    auth = (app.client_id, app.client_secret) if app.client_secret else None
    named: Any = {} if auth else {"client_id": app.client_id}
    refreshed = session.refresh_token(known["token_endpoint"], auth=auth, **named)
    assert refreshed["access_token"] != token["access_token"]
    with pytest.raises(InvalidGrantError):
        session.refresh_token(known["token_endpoint"], refresh_token="x.y.z", auth=auth, **named)


def test_requests_oauthlib_gets_a_machines_token(served: Served) -> None:
    idp: Any = boto3.client("cognito-idp")
    pool_id = idp.create_user_pool(PoolName="machines")["UserPool"]["Id"]
    domain = f"oauth-{next(_numbers)}"
    idp.create_user_pool_domain(Domain=domain, UserPoolId=pool_id)
    scope = {"ScopeName": "read", "ScopeDescription": "Read"}
    idp.create_resource_server(UserPoolId=pool_id, Identifier="music", Name="Music", Scopes=[scope])
    client = idp.create_user_pool_client(
        UserPoolId=pool_id, ClientName="machine", GenerateSecret=True, AllowedOAuthScopes=["music/read"],
        AllowedOAuthFlows=["client_credentials"], AllowedOAuthFlowsUserPoolClient=True,
    )["UserPoolClient"]  # fmt: skip
    session = OAuthlibSession(client=BackendApplicationClient(client["ClientId"], scope=["music/read"]))
    address = f"{os.environ['LABKIT_MANAGED_LOGIN_URL'].format(domain=domain)}/oauth2/token"
    token = session.fetch_token(address, client_secret=client["ClientSecret"], client_id=client["ClientId"])
    assert set(token) == {"access_token", "expires_in", "expires_at", "token_type"}
