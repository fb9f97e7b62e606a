"""The stages of managed login: addresses, codes, tokens, and the listener that a browser comes back to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from botocore.exceptions import ClientError

from labkit import course, provision
from labkit.account import Account, open_account
from labkit.errors import LabError, OAuthError
from labkit.flow import managed_login, redirect_catcher, user_pool
from labkit.flow.redirect_catcher import RedirectCatcher
from labkit.record import Secret
from labkit.resources import AppClient, UserPoolDomain
from labkit.tokens import verify

PASSWORD, STATE = "Correct-horse-1", "a-state"
SCOPES = ("openid", "email")
SIGNED_OUT = "http://127.0.0.1:3000/bye"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with open_account(transport="http") as opened:
        yield opened


@pytest.fixture(scope="module")
def domain(account: Account) -> UserPoolDomain:
    pool = user_pool.create_user_pool(account, "managed-login")
    return managed_login.create_user_pool_domain(account, pool, "managed-login")


@pytest.fixture
def catcher() -> Iterator[RedirectCatcher]:
    with RedirectCatcher() as listening:
        yield listening


@pytest.fixture(params=[False, True], ids=["public", "confidential"])
def app_client(
    request: pytest.FixtureRequest, account: Account, domain: UserPoolDomain, catcher: RedirectCatcher
) -> AppClient:
    return user_pool.create_user_pool_client(
        account,
        domain.user_pool,
        "app",
        generate_secret=request.param,
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=[*SCOPES, "aws.cognito.signin.user.admin"],
        CallbackURLs=[catcher.redirect_uri],
        LogoutURLs=[SIGNED_OUT],
        SupportedIdentityProviders=["COGNITO"],
    )


@pytest.fixture
def alice(account: Account, app_client: AppClient) -> str:
    name = f"alice-{next(_numbers)}"
    user_pool.sign_up(account, app_client, name, PASSWORD, {"email": f"{name}@example.com"})
    user_pool.confirm_sign_up(account, app_client, name, account.confirmation_code(name))
    return name


def browse(address: str, username: str) -> str:
    """A person signs in; the title of the app's page to which the browser goes back."""
    page = course.visit(course.Browser(), address, username=username, password=PASSWORD)
    assert page is not None
    return page.title


def test_a_code_comes_back_to_the_listener_and_becomes_tokens(
    account: Account, domain: UserPoolDomain, app_client: AppClient, alice: str, catcher: RedirectCatcher
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html"""
    pkce = managed_login.pkce_pair()
    uri = catcher.redirect_uri
    address = managed_login.authorization_url(
        domain, app_client, uri, scopes=SCOPES, state=STATE, pkce=pkce, nonce="n-1"
    )
    assert browse(address, alice) == "Done"
    code = catcher.wait(STATE, timeout=5)
    tokens = managed_login.exchange_code(account, domain, app_client, code, uri, pkce=pkce)
    assert tokens.id_token is not None
    assert tokens.refresh_token is not None
    claims = verify(
        tokens.id_token, jwks=account.jwks(domain.user_pool), issuer=domain.user_pool.issuer,
        token_use="id", client_id=app_client.id, now=account.clock.now(),
    ).claims  # fmt: skip
    assert claims["nonce"] == "n-1"
    shown = managed_login.user_info(account, domain, tokens.access_token)
    assert (shown.sub, shown.attributes["email"]) == (claims["sub"], f"{alice}@example.com")
    renewed = managed_login.refresh(account, domain, app_client, tokens.refresh_token)
    assert (renewed.refresh_token, renewed.expires_in.total_seconds()) == (None, 3600)
    managed_login.revoke(account, domain, app_client, tokens.refresh_token)
    with pytest.raises(OAuthError, match="invalid_token") as refused:
        managed_login.user_info(account, domain, tokens.access_token)
    assert refused.value.error == "invalid_token"


def test_a_record_shows_each_call_and_none_of_its_secrets(
    account: Account, domain: UserPoolDomain, app_client: AppClient, alice: str, catcher: RedirectCatcher
) -> None:
    pkce, uri = managed_login.pkce_pair(), catcher.redirect_uri
    browse(
        managed_login.authorization_url(domain, app_client, uri, scopes=SCOPES, state=STATE, pkce=pkce), alice
    )
    code = catcher.wait(STATE)
    tokens = managed_login.exchange_code(account, domain, app_client, code, uri, pkce=pkce)
    (call,) = tokens.calls
    assert (call.operation, call.status, call.signed) == ("/oauth2/token", 200, False)
    assert call.request["grant_type"] == "authorization_code"
    shown = f"{call.request} {call.response} {tokens!r} {pkce!r}"
    for secret in (code, tokens.access_token, tokens.id_token, tokens.refresh_token, pkce.verifier):
        assert secret is not None
        assert secret.reveal() not in shown


def test_a_code_without_its_verifier_is_refused_in_oauths_words(
    account: Account, domain: UserPoolDomain, app_client: AppClient, alice: str, catcher: RedirectCatcher
) -> None:
    pkce, uri = managed_login.pkce_pair(), catcher.redirect_uri
    browse(
        managed_login.authorization_url(domain, app_client, uri, scopes=SCOPES, state=STATE, pkce=pkce), alice
    )
    code = catcher.wait(STATE)
    other = managed_login.pkce_pair()
    with pytest.raises(OAuthError, match="`/oauth2/token` answered `invalid_grant`"):
        managed_login.exchange_code(account, domain, app_client, code, uri, pkce=other)
    assert managed_login.exchange_code(account, domain, app_client, code, uri, pkce=pkce).id_token


def test_signing_out_leads_to_the_apps_address(domain: UserPoolDomain, app_client: AppClient) -> None:
    address = managed_login.logout_url(domain, app_client, SIGNED_OUT)
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == SIGNED_OUT


def test_a_machine_has_tokens_of_its_own(account: Account, domain: UserPoolDomain) -> None:
    managed_login.create_resource_server(account, domain.user_pool, "music", {"read": "Read"})
    with pytest.raises(ClientError, match="already exists in user pool") as twice:
        managed_login.create_resource_server(account, domain.user_pool, "music", {"read": "Read"})
    assert "run again from the cell that makes the User Pool" in twice.value.__notes__[0]
    machine = user_pool.create_user_pool_client(
        account, domain.user_pool, "machine", generate_secret=True,
        AllowedOAuthFlows=["client_credentials"], AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["music/read"],
    )  # fmt: skip
    tokens = managed_login.client_credentials(account, domain, machine, ["music/read"])
    assert (tokens.id_token, tokens.refresh_token) == (None, None)
    with pytest.raises(OAuthError, match="invalid_scope"):
        managed_login.client_credentials(account, domain, machine, ["music/write"])


def test_the_listener_says_what_went_wrong(catcher: RedirectCatcher) -> None:
    with pytest.raises(
        LabError, match=r"no browser came back to `http://127.0.0.1:\d+/callback` within 0 seconds"
    ):
        catcher.wait(STATE, timeout=0)
    assert (
        requests.get(catcher.redirect_uri.replace("/callback", "/favicon.ico"), timeout=5).status_code == 404
    )
    requests.get(f"{catcher.redirect_uri}?code=c&state=another", timeout=5)
    with pytest.raises(LabError, match="another `state`"):
        catcher.wait(STATE)
    assert catcher.wait("another") == Secret("c")


def test_the_listener_says_that_it_waits_where_that_takes_long(
    catcher: RedirectCatcher, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redirect_catcher, "_QUIET", 0.01)
    requests.get(f"{catcher.redirect_uri}?code=c&state={STATE}", timeout=5)
    assert catcher.wait(STATE, timeout=1) == Secret("c")
    assert capsys.readouterr().out == ""
    with pytest.raises(LabError, match="no browser came back"):
        catcher.wait(STATE, timeout=0.02)
    assert capsys.readouterr().out == "Waiting up to 0.02 seconds for a browser that has signed in …\n"


def test_two_windows_do_not_disturb_each_other(catcher: RedirectCatcher) -> None:
    for state in ("mine", "another"):
        requests.get(f"{catcher.redirect_uri}?code=of-{state}&state={state}", timeout=5)
    assert catcher.wait("mine") == Secret("of-mine")
    with pytest.raises(LabError, match="within 0 seconds"):
        catcher.wait("another", timeout=0)


def test_the_listener_tells_of_an_error_and_of_a_port_that_is_taken(catcher: RedirectCatcher) -> None:
    requests.get(f"{catcher.redirect_uri}?error=login_required&state={STATE}", timeout=5)
    with pytest.raises(LabError, match="`login_required`"):
        catcher.wait(STATE)
    port = urlsplit(catcher.redirect_uri).port or 0
    with pytest.raises(LabError, match=f"cannot listen on port `{port}`"):
        RedirectCatcher(port)


def test_an_address_has_the_parameters_by_name(domain: UserPoolDomain, app_client: AppClient) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html"""
    address = managed_login.authorization_url(
        domain, app_client, "http://localhost/", scopes=SCOPES, state=STATE, identity_provider="COGNITO"
    )
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert given == {
        "response_type": "code", "client_id": app_client.id, "redirect_uri": "http://localhost/",
        "scope": "openid email", "state": STATE, "identity_provider": "COGNITO",
    }  # fmt: skip


def test_a_domain_is_deleted_again(account: Account) -> None:
    pool = user_pool.create_user_pool(account, "brief")
    brief = managed_login.create_user_pool_domain(account, pool, "brief-domain")
    assert brief.url == f"{account.endpoint}/_domain/brief-domain"
    assert managed_login.delete_user_pool_domain(account, brief).operation == "DeleteUserPoolDomain"


def test_a_resource_server_is_one_call_that_names_its_scopes(account: Account) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateResourceServer.html"""
    pool = user_pool.create_user_pool(account, "resource-servers")
    made = managed_login.create_resource_server(account, pool, "photos", {"read": "See", "write": "Change"})
    (call,) = made.calls
    assert call.operation == made.operation == "CreateResourceServer"
    found = account.client("cognito-idp").describe_resource_server(UserPoolId=pool.id, Identifier="photos")
    scopes = found["ResourceServer"]["Scopes"]
    assert {scope["ScopeName"]: scope["ScopeDescription"] for scope in scopes} == {
        "read": "See", "write": "Change",
    }  # fmt: skip


def test_a_visit_signs_a_person_in_and_needs_no_form_the_second_time(
    account: Account, domain: UserPoolDomain, app_client: AppClient, alice: str, catcher: RedirectCatcher
) -> None:
    browser, uri = course.Browser(), catcher.redirect_uri
    first, second = (
        managed_login.authorization_url(domain, app_client, uri, scopes=SCOPES, state=state)
        for state in ("first", "second")
    )
    page = course.visit(browser, first, username=alice, password=PASSWORD)
    assert page is not None
    assert page.title == "Done"
    code = catcher.wait("first", timeout=5)
    assert (
        managed_login.exchange_code(account, domain, app_client, code, uri)
        .calls[0]
        .address.startswith(f"{domain.url}/oauth2/token")
    )
    course.visit(browser, second)
    assert catcher.wait("second", timeout=5) != code
    refused = course.visit(course.Browser(), first, username=alice, password="Wrong-horse-2")
    assert refused is not None
    assert refused.error == "Incorrect username or password."


def test_a_page_of_aws_is_left_to_the_person(capsys: pytest.CaptureFixture[str]) -> None:
    browser, address = course.Browser(), "https://lab.auth.us-east-1.amazoncognito.com/login?a=1"
    assert course.visit(browser, address, username="alice", password=PASSWORD) is None
    told = capsys.readouterr().out
    assert "Open this in your browser and sign in as `alice`" in told
    assert address in told
    assert PASSWORD not in told
    assert browser.visits == []


def test_an_app_hears_what_to_do_about_a_refusal(
    account: Account, domain: UserPoolDomain, app_client: AppClient, catcher: RedirectCatcher
) -> None:
    with pytest.raises(OAuthError, match="invalid_grant") as late:
        managed_login.exchange_code(account, domain, app_client, "no-code", catcher.redirect_uri)
    (hint,) = late.value.__notes__
    assert hint.startswith("A code is good once")
    course.visit(
        course.Browser(),
        managed_login.authorization_url(
            domain, app_client, catcher.redirect_uri, scopes=["phone"], state=STATE
        ),
    )
    with pytest.raises(OAuthError, match="invalid_scope") as wide:
        catcher.wait(STATE, timeout=5)
    assert wide.value.__notes__ == ["The app client must list the scope in its AllowedOAuthScopes."]


def test_the_listener_has_a_page_for_those_who_sign_out(catcher: RedirectCatcher) -> None:
    page = course.Browser().open(catcher.logout_uri)
    assert (page.status, page.title) == (200, "Signed out")
    with pytest.raises(LabError, match="no browser came back"):
        catcher.wait(STATE, timeout=0)


def test_a_domain_is_destroyed_with_its_pool(account: Account) -> None:
    """ "User pool cannot be deleted. It has a domain configured that should be deleted first." """
    with open_account(transport="http", lab="with-a-domain") as neighbour:
        pool = user_pool.create_user_pool(neighbour, "with-a-domain")
        managed_login.create_user_pool_domain(neighbour, pool, "destroyed-domain")
        cognito = neighbour.client("cognito-idp")
        with pytest.raises(ClientError, match="should be deleted first"):
            cognito.delete_user_pool(UserPoolId=pool.id)
        assert "DeleteUserPool" in [step.operation for step in provision.destroy(neighbour).steps]
        assert cognito.describe_user_pool_domain(Domain="destroyed-domain")["DomainDescription"] == {}
