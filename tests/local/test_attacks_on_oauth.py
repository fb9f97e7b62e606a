"""Attacks on the authorization server: each is refused, and the honest request beside it is answered.

What to defend against: RFC 6749, section 10; RFC 6819; RFC 9700.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pyotp
import pytest

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.local.accounts import LocalAccount, Reply, reached
from tests.local.directories import metadata
from tests.local.directory import PASSWORD
from tests.local.managed_login import (
    CALLBACK,
    FORM,
    SIGNED_OUT,
    App,
    Browser,
    Screen,
    app,
    challenge,
    claims,
)
from tests.local.test_user_pool_mfa import TOTP

VERIFIER, OTHER_VERIFIER = "v" * 43, "w" * 43
ADMIN = "aws.cognito.signin.user.admin"
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """By one way in: what stands at a domain does not depend on it."""
    return reached(served[0], "direct")


@pytest.fixture(scope="module")
def at(account: LocalAccount) -> App:
    return app(account, {"AllowedOAuthFlows": ["code", "implicit"]})


@pytest.fixture(scope="module")
def confidential(at: App) -> App:
    return at.another(GenerateSecret=True)


@pytest.fixture(scope="module")
def elsewhere(account: LocalAccount) -> App:
    """A client of another pool."""
    return app(account)


@pytest.fixture(scope="module")
def anna(at: App) -> str:
    return at.pool.confirmed()


def error(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["error"]


def is_back(screen: Screen) -> bool:
    return screen.location.startswith(f"{CALLBACK}?code=")


# Codes


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, "invalid_request"),
        ({"code_verifier": OTHER_VERIFIER}, "invalid_grant"),
        ({"code_verifier": challenge(VERIFIER)["code_challenge"]}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
    ],
    ids=["absent", "another", "the challenge itself", "empty", "too short"],
)
def test_a_code_that_was_asked_for_with_a_challenge_needs_its_verifier(
    at: App, anna: str, given: dict[str, str], expected: str
) -> None:
    """RFC 7636, section 4.6. Whoever has stolen the code has not the verifier."""
    code = at.code(anna, **challenge(VERIFIER))
    assert error(at.exchange(code, **given)) == (400, expected)
    assert at.exchange(code, code_verifier=VERIFIER).status == 200


def test_the_challenge_cannot_be_stripped_from_a_request(at: App, anna: str) -> None:
    """RFC 9700, section 4.8: a verifier for a code without a challenge shows a PKCE downgrade."""
    code = at.code(anna)
    assert error(at.exchange(code, code_verifier=VERIFIER)) == (400, "invalid_request")
    assert at.exchange(at.code(anna, **challenge(VERIFIER)), code_verifier=VERIFIER).status == 200


def test_a_plain_challenge_is_no_challenge(at: App, anna: str) -> None:
    """ "… Amazon Cognito authentication server supports only S256".

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    assert at.browser().open(at.address(**plain)).query["error"] == "invalid_request"
    assert at.browser().open(at.address(**challenge(VERIFIER))).actions


def test_a_code_is_good_once(at: App, anna: str) -> None:
    """ "Authorization code has been consumed already or does not exist": invalid_grant."""
    code = at.code(anna)
    first = at.exchange(code)
    assert first.status == 200
    assert error(at.exchange(code)) == (400, "invalid_grant")


@pytest.mark.unconfirmed
def test_the_second_use_of_a_code_leaves_the_first_ones_tokens_alone(at: App, anna: str) -> None:
    """RFC 6749, section 4.1.2, would have them revoked; AWS's pages do not say that they are."""
    code = at.code(anna)
    token = at.exchange(code).json["access_token"]
    assert at.exchange(code).status == 400
    assert at.user_info(token).status == 200


def test_a_code_is_good_for_five_minutes(fresh: LocalAccount) -> None:
    """ "The response returns a one time use code that is valid for five minutes." """
    at = app(fresh)
    anna = at.pool.confirmed()
    good, late = at.code(anna), at.code(anna)
    fresh.advance(minutes=4, seconds=59)
    assert at.exchange(good).status == 200
    fresh.advance(seconds=1)
    assert error(at.exchange(late)) == (400, "invalid_grant")


def test_another_client_cannot_redeem_a_code(at: App, anna: str) -> None:
    other, code = at.another(), at.code(anna)
    assert error(other.exchange(code)) == (400, "invalid_grant")
    assert at.exchange(code).status == 200


def test_a_code_of_another_pool_is_none(at: App, elsewhere: App, anna: str) -> None:
    code = elsewhere.code(elsewhere.pool.confirmed())
    assert error(at.exchange(code)) == (400, "invalid_grant")
    assert elsewhere.exchange(code).status == 200


@pytest.mark.parametrize("uri", [None, "http://localhost:3000/other", f"{CALLBACK}/", f"{CALLBACK}?a=b"])
def test_a_code_is_redeemed_at_the_redirect_uri_of_its_request(at: App, anna: str, uri: str | None) -> None:
    """ "Must be the same redirect_uri that was used to get authorization_code in /oauth2/authorize." """
    code = at.code(anna)
    form = {"grant_type": "authorization_code", "client_id": at.client_id, "code": code}
    given = form | ({"redirect_uri": uri} if uri else {})
    assert error(at.post("/oauth2/token", **given)) == (400, "invalid_grant")
    assert at.exchange(code).status == 200


def test_a_code_dies_with_its_user(at: App) -> None:
    anna, berta, clara = (at.pool.confirmed() for _ in range(3))
    codes = [at.code(name) for name in (anna, berta, clara)]
    ids = {"UserPoolId": at.pool.id}
    at.pool.admin.admin_disable_user(**ids, Username=berta)
    at.pool.admin.admin_delete_user(**ids, Username=clara)
    assert at.exchange(codes[0]).status == 200
    for code in codes[1:]:
        assert error(at.exchange(code)) == (400, "invalid_grant")


def test_a_name_that_was_taken_again_inherits_nothing(at: App) -> None:
    anna = at.pool.confirmed()
    browser = at.browser()
    code = at.signed_in(anna, browser).query["code"]
    at.pool.admin.admin_delete_user(UserPoolId=at.pool.id, Username=anna)
    assert at.pool.confirmed(anna) == anna
    assert error(at.exchange(code)) == (400, "invalid_grant")
    assert browser.open(at.address()).actions, "the session is the first one's"
    assert is_back(at.signed_in(anna))


# Redirect URIs


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:3000/Callback",
        "http://LOCALHOST:3000/callback",
        "HTTP://localhost:3000/callback",
        "https://localhost:3000/callback",
        "http://localhost/callback",
        "http://localhost:3001/callback",
        "http://localhost:3000/callback/",
        "http://localhost:3000/callback?next=//evil.example.com",
        "http://localhost:3000/callback#fragment",
        "http://localhost:3000/callback/../evil",
        "http://localhost:3000/callback/%2e%2e/evil",
        "http://localhost:3000/%63allback",
        "http://localhost:3000/call",
        "http://localhost:3000/callback.evil.example.com",
        "http://localhost:3000@evil.example.com/callback",
        "http://localhost:3000\\@evil.example.com/callback",
        "http://localhost.evil.example.com:3000/callback",
        "http://127.0.0.1:3000/callback",
        "//localhost:3000/callback",
        " http://localhost:3000/callback",
        "http://localhost:3000/callback\r\nX-Evil: 1",
        "http://localhost:3000/callback\x00",
        "javascript:alert(1)//http://localhost:3000/callback",
        "",
    ],
)
def test_a_redirect_uri_is_matched_letter_by_letter(at: App, uri: str) -> None:
    """RFC 9700, section 4.1.3: "exact string matching". The browser stays here."""
    assert at.browser().open(at.address()).actions
    screen = at.browser().open(at.address(redirect_uri=uri))
    assert (screen.location, screen.status) == ("", 400)
    assert "An error was encountered" in screen.title


def test_an_address_that_was_taken_from_the_client_gets_nothing(at: App, anna: str) -> None:
    """Neither for a form that is still open, nor for a session."""
    client = at.another(CallbackURLs=[CALLBACK, "https://old.example.com/"])
    browser = at.browser()
    screen = browser.open(client.address(redirect_uri="https://old.example.com/"))
    settings = {"CallbackURLs": [CALLBACK]}
    ids = {"UserPoolId": at.pool.id, "ClientId": client.client_id}
    kept = at.pool.admin.describe_user_pool_client(**ids)["UserPoolClient"]
    names = ("AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient")
    more = {name: kept[name] for name in (*names, "SupportedIdentityProviders")}
    at.pool.admin.update_user_pool_client(**ids, **more | settings)
    late = browser.submit(screen, username=anna, password=PASSWORD)
    assert late.location.startswith(f"{at.base}/error?error=redirect_mismatch")
    assert is_back(client.signed_in(anna))


@pytest.mark.parametrize(
    "uri",
    ["https://evil.example.com/", "//evil.example.com/", f"{SIGNED_OUT}/", f"{SIGNED_OUT}.evil.example.com",
     f"{SIGNED_OUT}?x", "javascript:alert(1)", CALLBACK, ""],
)  # fmt: skip
def test_signing_out_is_no_open_redirect(at: App, uri: str) -> None:
    """ "A sign-out URL that you registered for your client app."

    https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    """
    ids = {"client_id": at.client_id}
    assert at.browser().open(f"{at.base}/logout?{urlencode(ids | {'logout_uri': SIGNED_OUT})}").location == (
        SIGNED_OUT
    )
    screen = at.browser().open(f"{at.base}/logout?{urlencode(ids | {'logout_uri': uri})}")
    assert (screen.location, screen.status) == ("", 400)
    again = at.browser().open(at.address("/logout", redirect_uri=uri))
    if uri != CALLBACK:
        assert (again.location, again.status) == ("", 400)


def test_another_clients_sign_out_address_is_not_this_ones(at: App) -> None:
    other = at.another(LogoutURLs=["https://other.example.com/"])
    for client, status in ((other, 302), (at, 400)):
        given = {"client_id": client.client_id, "logout_uri": "https://other.example.com/"}
        assert at.browser().open(f"{at.base}/logout?{urlencode(given)}").status == status


# Scopes


def test_a_refresh_gives_no_more_scopes(at: App, anna: str) -> None:
    """RFC 6749, section 6. `scope` is "only used if the grant_type is client_credentials"."""
    made = at.tokens(anna, scope="openid")
    form = {"grant_type": "refresh_token", "client_id": at.client_id, "refresh_token": made["refresh_token"]}
    reply = at.post("/oauth2/token", **form, scope=f"openid {ADMIN}")
    assert claims(reply.json["access_token"])["scope"] == "openid"
    assert claims(at.tokens(anna, scope=f"openid {ADMIN}")["access_token"])["scope"] == f"openid {ADMIN}"


def test_an_exchange_gives_no_more_scopes(at: App, anna: str) -> None:
    reply = at.exchange(at.code(anna, scope="openid"), scope=f"openid {ADMIN}")
    assert claims(reply.json["access_token"])["scope"] == "openid"


@pytest.mark.parametrize("scope", [f"openid {ADMIN}", "openid\tphone", "openid,phone", "*", "openid openid2"])
def test_a_client_asks_only_for_its_own_scopes(at: App, scope: str) -> None:
    """ "If the client requests invalid, unknown, malformed scope": invalid_scope."""
    modest = at.another(AllowedOAuthScopes=["openid"])
    assert modest.browser().open(modest.address(scope="openid")).actions
    heard = modest.browser().open(modest.address(scope=scope)).query
    assert heard == {"error": "invalid_scope", "state": "xyz"}


def test_a_token_of_few_scopes_changes_nothing_at_the_api(at: App, anna: str) -> None:
    token = at.tokens(anna, scope="openid email profile")["access_token"]
    reply = at.account.json_call("cognito-idp", "DeleteUser", {"AccessToken": token})
    assert (reply.status, reply.json["message"]) == (400, "Access Token does not have required scopes")
    good = at.tokens(anna, scope=f"openid {ADMIN}")["access_token"]
    assert at.account.json_call("cognito-idp", "GetUser", {"AccessToken": good}).status == 200


# Clients


@pytest.mark.parametrize(
    "case", ["wrong", "absent", "empty", "in both", "in the query", "anothers", "of nobody"]
)
def test_a_client_with_a_secret_proves_it(confidential: App, at: App, anna: str, case: str) -> None:
    """ "Client authentication failed": invalid_client. RFC 6749, section 2.3: by one method alone."""
    client, secret = confidential, str(confidential.pool.client_secret)
    code, path = client.code(anna), "/oauth2/token"
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    named = form | {"client_id": client.client_id}
    reply: Callable[[], Reply] = {
        "wrong": lambda: client.post(path, **named, client_secret=f"{secret}x"),
        "absent": lambda: client.post(path, **named),
        "empty": lambda: client.post(path, **named, client_secret=""),
        "in both": lambda: client.post(path, client.basic(), **named, client_secret=secret),
        "in the query": lambda: client.post(f"{path}?client_secret={secret}", **named),
        "anothers": lambda: client.post(path, client.basic(), **form, client_id=at.client_id),
        "of nobody": lambda: client.post(path, **named | {"client_id": "nobody"}, client_secret=secret),
    }[case]
    assert error(reply()) == (400, "invalid_request" if case == "in both" else "invalid_client")
    assert client.post(path, **named, client_secret=secret).status == 200


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"])
def test_apps_are_told_of_a_wrong_method_in_json(at: App, path: str) -> None:
    reply = at.account.send("PUT", f"{at.base}{path}")
    assert error(reply) == (405, "invalid_request")
    assert "POST" in reply.headers["Allow"]


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke"])
@pytest.mark.parametrize("pair", [base64.b64encode(b"\xff\xfe:x").decode(), "\u00e9", "A", "=", "Og=="])
def test_what_is_no_pair_of_client_and_secret_proves_nothing(confidential: App, path: str, pair: str) -> None:
    at = confidential
    form = {"grant_type": "refresh_token", "refresh_token": "a.b.c.d.e", "token": "a.b.c.d.e"}
    assert error(at.post("/oauth2/token", at.basic(), **form)) == (400, "invalid_grant")
    reply = at.post(path, {"Authorization": f"Basic {pair}"}, **form)
    assert error(reply) == (401 if path.endswith("revoke") else 400, "invalid_client")


def test_a_public_client_has_no_secret_to_guess(at: App, anna: str) -> None:
    """moto keeps one for every client."""
    code = at.code(anna)
    assert error(at.exchange(code, client_id=at.client_id, client_secret="guess")) == (400, "invalid_client")
    assert at.exchange(code).status == 200


def test_a_client_of_another_pool_is_unknown_here(at: App, elsewhere: App) -> None:
    assert elsewhere.browser().open(elsewhere.address()).actions
    screen = at.browser().open(at.address(client_id=elsewhere.client_id))
    assert (screen.location, screen.status) == ("", 400)
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": elsewhere.client_id}
    assert error(at.post("/oauth2/token", **form)) == (400, "invalid_client")


def test_a_refresh_token_belongs_to_one_client(at: App, anna: str) -> None:
    made, other = at.tokens(anna), at.another()
    form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    assert error(at.post("/oauth2/token", **form, client_id=other.client_id)) == (400, "invalid_grant")
    gone = at.post("/oauth2/revoke", client_id=other.client_id, token=made["refresh_token"])
    assert gone.status == 200, "an unknown token is no error"
    assert at.post("/oauth2/token", **form, client_id=at.client_id).status == 200, "and was not revoked"


def test_a_form_that_says_a_thing_twice_says_nothing(at: App, anna: str) -> None:
    """RFC 6749, section 3.2: "parameters MUST NOT be included more than once"."""
    form = {"grant_type": "authorization_code", "client_id": at.client_id, "redirect_uri": CALLBACK}
    body = urlencode(form | {"code": at.code(anna)})
    path = f"{at.base}/oauth2/token"
    twice = at.account.send("POST", path, headers=FORM, body=f"{body}&code=x")
    assert error(twice) == (400, "invalid_request")
    as_json = at.account.send(
        "POST", path, headers={"Content-Type": "application/json"}, body=json.dumps(form)
    )
    assert error(as_json) == (400, "invalid_request")
    in_query = at.account.send("POST", f"{path}?{body}", headers=FORM)
    assert error(in_query) == (400, "invalid_request")
    assert at.account.send("POST", path, headers=FORM, body=body).status == 200


# Tokens


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _forged(token: str, case: str, secret: str) -> str:
    header, said = jwt.get_unverified_header(token), claims(token)
    if case == "alg none":
        return f"{_encoded(header | {'alg': 'none'})}.{_encoded(said)}."
    if case == "signed with the public key":
        return jwt.encode(said, secret, algorithm="HS256", headers={"kid": header["kid"]})
    head, _, signature = token.split(".")
    return (
        f"{head}.{_encoded(said | {'scope': f'openid {ADMIN}', 'exp': int(time.time()) + 9999})}.{signature}"
    )


@pytest.mark.parametrize("case", ["alg none", "signed with the public key", "changed"])
def test_a_forged_access_token_opens_nothing(at: App, anna: str, case: str) -> None:
    token = at.tokens(anna)["access_token"]
    assert at.user_info(token).status == 200
    key = at.account.send("GET", f"/{at.pool.id}/.well-known/jwks.json").json["keys"][0]
    assert error(at.user_info(_forged(token, case, key["n"]))) == (401, "invalid_token")


def test_user_info_takes_access_tokens_of_its_own_pool(at: App, elsewhere: App, anna: str) -> None:
    made = at.tokens(anna)
    assert at.user_info(made["access_token"]).status == 200
    foreign = elsewhere.tokens(elsewhere.pool.confirmed())["access_token"]
    for token in (made["id_token"], made["refresh_token"], foreign, "", "x.y.z"):
        assert at.user_info(token).status in (400, 401), token
    assert elsewhere.user_info(foreign).status == 200


def test_user_info_takes_no_token_from_the_address(at: App, anna: str) -> None:
    """RFC 9700, section 4.3.2: access tokens do not belong into query parameters."""
    token = at.tokens(anna)["access_token"]
    assert at.user_info(token).status == 200
    reply = at.account.send("GET", f"{at.base}/oauth2/userInfo?access_token={token}")
    assert error(reply) == (400, "invalid_request")


def test_a_token_that_the_api_revoked_is_worth_nothing_here(at: App, anna: str) -> None:
    made = at.tokens(anna)
    assert at.user_info(made["access_token"]).status == 200
    at.pool.idp.revoke_token(ClientId=at.client_id, Token=made["refresh_token"])
    assert error(at.user_info(made["access_token"])) == (401, "invalid_token")


def test_a_machines_token_is_nobodys_user_info(at: App) -> None:
    scope = [{"ScopeName": "read", "ScopeDescription": "Read"}]
    at.pool.admin.create_resource_server(UserPoolId=at.pool.id, Identifier="api", Name="API", Scopes=scope)
    machine = at.another(
        AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["api/read"], GenerateSecret=True
    )
    reply = machine.post("/oauth2/token", machine.basic(), grant_type="client_credentials")
    assert reply.status == 200
    assert error(at.user_info(reply.json["access_token"])) == (401, "invalid_token")
    wrong = machine.post("/oauth2/token", machine.basic("x"), grant_type="client_credentials")
    assert error(wrong) == (400, "invalid_client")


# Forms and cookies


def _opened(at: App) -> tuple[Browser, Screen]:
    browser = at.browser()
    return browser, browser.open(at.address())


@pytest.mark.parametrize(
    "case", ["absent", "anothers", "made up", "without the cookie", "another cookie", "one before it"]
)
def test_a_form_comes_from_a_page_of_the_same_browser(at: App, anna: str, case: str) -> None:
    """Cross-site request forgery of a sign-in: RFC 6749, section 10.12."""
    browser, screen = _opened(at)
    _, anothers = _opened(at)
    filled = {"username": anna, "password": PASSWORD}
    secret = {"anothers": anothers.secret, "made up": "x" * 43, "absent": ""}.get(case, screen.secret)
    kept = dict(browser.cookies)
    if case == "without the cookie":
        browser.cookies.clear()
    if case == "another cookie":
        browser.cookies["XSRF-TOKEN"] = "y" * 43
    if case == "one before it":
        browser.cookies = {"XSRF-TOKEN": f"{'y' * 43}; XSRF-TOKEN={kept['XSRF-TOKEN']}"}
    reply = browser.send("POST", f"{at.base}/login", urlencode({"_csrf": secret} | filled), FORM)
    assert (reply.status, "Please start again" in reply.text) == (403, True)
    assert "cognito" not in browser.cookies
    browser.cookies = kept
    assert is_back(browser.submit(screen, **filled))


def test_other_programs_cookies_of_this_host_do_no_harm(at: App, anna: str) -> None:
    """RFC 6265, section 5.4: cookies of the longest path come first, whatever the others look like."""
    browser, screen = _opened(at)
    browser.cookies |= {"prefs": '{"a": "b;c"}', "x": f"1; XSRF-TOKEN={'z' * 43}"}
    assert is_back(browser.submit(screen, username=anna, password=PASSWORD))
    assert is_back(browser.open(at.address()))


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_a_form_is_no_other_kind_of_body(at: App, anna: str, kind: str) -> None:
    """A page of another origin can send `text/plain` without asking first."""
    browser, screen = _opened(at)
    filled = {"_csrf": screen.secret, "username": anna, "password": PASSWORD}
    reply = browser.send("POST", f"{at.base}/login", urlencode(filled), {"Content-Type": kind})
    assert reply.status == 403
    assert is_back(browser.submit(screen, username=anna, password=PASSWORD))


def test_a_form_of_one_domain_is_none_of_another(at: App, elsewhere: App, anna: str) -> None:
    browser, screen = _opened(at)
    filled = {"_csrf": screen.secret, "username": anna, "password": PASSWORD}
    assert browser.send("POST", f"{elsewhere.base}/login", urlencode(filled), FORM).status == 403
    assert is_back(browser.submit(screen, username=anna, password=PASSWORD))


def test_a_form_is_used_up_by_a_sign_in(at: App, anna: str) -> None:
    browser, screen = _opened(at)
    assert is_back(browser.submit(screen, username=anna, password=PASSWORD))
    assert browser.submit(screen, username=anna, password=PASSWORD).status == 403


def test_a_password_in_the_address_signs_nobody_in(at: App, anna: str) -> None:
    browser, screen = _opened(at)
    query = urlencode({"_csrf": screen.secret, "username": anna, "password": PASSWORD})
    assert browser.open(f"{at.address('/login')}&{query}").actions
    assert "cognito" not in browser.cookies
    assert is_back(browser.submit(screen, username=anna, password=PASSWORD))


@pytest.mark.parametrize("value", ["x", "a" * 43, "../../x", "", "None"])
def test_a_session_cookie_cannot_be_made_up(at: App, anna: str, value: str) -> None:
    browser = at.browser()
    at.signed_in(anna, browser)
    assert is_back(browser.open(at.address()))
    browser.cookies["cognito"] = value
    assert browser.open(at.address()).actions


def test_a_session_of_another_pool_is_none(at: App, elsewhere: App, anna: str) -> None:
    browser, foreign = at.browser(), elsewhere.browser()
    at.signed_in(anna, browser)
    elsewhere.signed_in(elsewhere.pool.confirmed(), foreign)
    assert is_back(browser.open(at.address()))
    browser.cookies["cognito"] = foreign.cookies["cognito"]
    assert browser.open(at.address()).actions


def test_a_session_that_was_planted_is_not_the_one_that_a_sign_in_gives(at: App, anna: str) -> None:
    """Session fixation: the attacker knows the cookie that the victim brings along."""
    attacker, victim = at.browser(), at.browser()
    at.signed_in(at.pool.confirmed(), attacker)
    attacker.open(at.address(prompt="login"))
    victim.cookies |= {"cognito": "planted" * 6, "XSRF-TOKEN": "planted" * 6}
    screen = victim.open(at.address(prompt="login"))
    assert victim.cookies["XSRF-TOKEN"] != "planted" * 6
    assert is_back(victim.submit(screen, username=anna, password=PASSWORD))
    assert victim.cookies["cognito"] != "planted" * 6
    attacker.cookies["cognito"] = "planted" * 6
    assert attacker.open(at.address()).actions


def test_cookies_are_out_of_scripts_reach_and_stay_at_their_domain(at: App, anna: str) -> None:
    browser = at.browser()
    at.signed_in(anna, browser)
    assert {cookie.partition("=")[0] for cookie in browser.received} == {"cognito", "XSRF-TOKEN"}
    for cookie in browser.received:
        assert {"HttpOnly", "SameSite=Lax", f"Path={at.base}/"} <= set(cookie.split("; "))
    assert "Max-Age=3600" in next(c for c in browser.received if c.startswith("cognito="))
    host = {"Host": f"{at.domain}.auth.us-east-1.amazoncognito.com"}
    page = at.account.send("GET", at.address("/login").removeprefix(at.base), headers=host)
    assert "; Path=/;" in page.headers["Set-Cookie"]


# Second factors


@pytest.fixture
def guarded(fresh: LocalAccount) -> tuple[App, str, pyotp.TOTP]:
    """An app whose user has an authenticator app."""
    at = app(fresh)
    ids = {"UserPoolId": at.pool.id}
    at.pool.admin.set_user_pool_mfa_config(**ids, MfaConfiguration="ON", **TOTP)
    anna = at.pool.confirmed()
    browser = at.browser()
    screen = browser.submit(browser.open(at.address()), username=anna, password=PASSWORD)
    totp = pyotp.TOTP(re.findall(r"<code>([A-Z2-7]{52})</code>", screen.reply.text)[0])
    assert is_back(browser.submit(screen, code=totp.at(fresh.app.state.clock.now())))
    fresh.advance(minutes=2)
    return at, anna, totp


def test_a_password_alone_is_no_sign_in_where_a_second_factor_is_due(
    guarded: tuple[App, str, pyotp.TOTP],
) -> None:
    at, anna, totp = guarded
    browser = at.browser()
    screen = browser.submit(browser.open(at.address()), username=anna, password=PASSWORD)
    assert (screen.title, set(browser.cookies)) == ("Enter the code", {"XSRF-TOKEN"})
    assert browser.open(at.address()).title.startswith("Sign in")
    for path, form in (("/newPassword", {"password": "Another-horse-2"}), ("/mfa/setup", {"code": "000000"})):
        body = urlencode({"_csrf": screen.secret} | form)
        assert browser.send("POST", f"{at.base}{path}", body, FORM).status == 403, path
    assert is_back(browser.submit(screen, code=totp.at(at.account.app.state.clock.now())))


def test_a_second_factor_without_a_first_is_nothing(guarded: tuple[App, str, pyotp.TOTP]) -> None:
    at, anna, totp = guarded
    browser, screen = _opened(at)
    body = urlencode({"_csrf": screen.secret, "code": totp.at(at.account.app.state.clock.now())})
    assert browser.send("POST", f"{at.base}/mfa", body, FORM).status == 403
    screen = browser.submit(screen, username=anna, password=PASSWORD)
    assert is_back(browser.submit(screen, code=totp.at(at.account.app.state.clock.now())))


def test_one_persons_code_does_not_answer_anothers_challenge(guarded: tuple[App, str, pyotp.TOTP]) -> None:
    """A new first factor in the same window begins anew: its challenge is its own."""
    at, anna, totp = guarded
    berta = at.pool.confirmed()
    browser, screen = _opened(at)
    browser.submit(screen, username=berta, password=PASSWORD)
    second = browser.submit(screen, username=anna, password=PASSWORD)
    assert second.title == "Enter the code"
    browser.submit(screen, username=berta, password=PASSWORD)
    code = totp.at(at.account.app.state.clock.now())
    body = urlencode({"_csrf": screen.secret, "code": code})
    assert browser.send("POST", f"{at.base}/mfa", body, FORM).status == 403
    second = browser.submit(screen, username=anna, password=PASSWORD)
    assert is_back(browser.submit(second, code=code))


def test_codes_are_guessed_no_faster_at_the_page(guarded: tuple[App, str, pyotp.TOTP]) -> None:
    at, anna, totp = guarded
    browser, screen = _opened(at)
    screen = browser.submit(screen, username=anna, password=PASSWORD)
    now = at.account.app.state.clock.now()
    wrong = f"{(int(totp.at(now)) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert browser.submit(screen, code=wrong).error == "Invalid code received for user"
    assert browser.submit(screen, code=totp.at(now)).error == "Password attempts exceeded"
    at.account.advance(seconds=2)
    assert is_back(browser.submit(screen, code=totp.at(at.account.app.state.clock.now())))


# What comes back to a browser


@pytest.mark.parametrize(
    "name",
    ["state", "nonce", "login_hint", "lang", "scope", "client_id", "redirect_uri", "prompt", "resource",
     "identity_provider", "idp_identifier", "response_type", "code_challenge", "unknown"],
)  # fmt: skip
def test_no_parameter_becomes_markup(at: App, name: str) -> None:
    """Cross-site scripting: everything is escaped, on whatever page it ends."""
    assert at.browser().open(at.address()).actions
    screen = at.browser().open(at.address(**{name: SCRIPT}))
    assert "<script" not in (screen.reply.text if not screen.location else "")
    assert "<script" not in screen.location


@pytest.mark.parametrize(
    "path, fields",
    [
        ("/login", {"username": SCRIPT, "password": SCRIPT}),
        ("/signup", {"username": SCRIPT, "password": PASSWORD, "attribute__email": SCRIPT}),
        ("/confirmUser", {"username": SCRIPT, "code": SCRIPT}),
        ("/forgotPassword", {"username": SCRIPT}),
    ],
)
def test_nothing_that_is_typed_becomes_markup(at: App, path: str, fields: dict[str, str]) -> None:
    browser = at.browser()
    screen = browser.submit(browser.open(at.address(path)), **fields)
    assert (screen.status, bool(screen.error)) == (400, True)
    assert "<script" not in screen.reply.text


def test_the_error_page_and_unknown_paths_show_text(at: App) -> None:
    for path in (f"/error?error={quote(SCRIPT)}&client_id={quote(SCRIPT)}", f"/{quote(SCRIPT)}"):
        reply = at.account.send("GET", f"{at.base}{path}")
        assert (reply.status in (400, 404), "<script" in reply.text) == (True, False)


def test_names_that_an_administrator_gave_become_no_markup(at: App, account: LocalAccount) -> None:
    provider = "<b>IdP</b>"
    at.pool.admin.create_identity_provider(
        UserPoolId=at.pool.id, ProviderName=provider, ProviderType="SAML",
        ProviderDetails={"MetadataFile": metadata("idp", "https://idp.example.com")},
    )  # fmt: skip
    client = at.another(ClientName="An app", SupportedIdentityProviders=["COGNITO", provider])
    text = client.browser().open(client.address()).reply.text
    assert ("&lt;b&gt;IdP&lt;/b&gt;" in text, "<b>" in text) == (True, False)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=y", "a\nb", "ä\u2028ö", "%0d%0aX: y", "#x&code=evil"])
def test_a_state_cannot_split_or_extend_the_answer(at: App, anna: str, value: str) -> None:
    """CWE-113: what the app gave comes back as it came, and as nothing else."""
    screen = at.signed_in(anna, state=value)
    assert screen.query["state"] == value
    assert is_back(screen)
    assert screen.location.isascii()
    assert screen.location.isprintable()
    assert set(screen.query) == {"code", "state"}
    assert screen.reply.headers.get("X") is None


def test_pages_cannot_be_framed_by_strangers_and_run_nothing(at: App) -> None:
    """Clickjacking: RFC 6819, section 4.4.1.9. Notebooks on this machine may frame them."""
    for path in ("/login", "/signup", "/forgotPassword", "/error"):
        headers = at.account.send("GET", at.address(path)).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "script-src" not in policy
        assert policy["frame-ancestors"] == "'self' http://127.0.0.1:* http://localhost:*"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_a_stranger_reads_no_page_by_dns_rebinding(at: App) -> None:
    good = at.account.send("GET", at.address("/login"), headers={"Host": "localhost"})
    bad = at.account.send("GET", at.address("/login"), headers={"Host": "evil.example.com"})
    assert (good.status, bad.status) == (200, 421)
    similar = at.account.send("GET", "/login", headers={"Host": f"{at.domain}.amazoncognito.com.evil.org"})
    assert similar.status == 421


def test_what_is_secret_is_in_no_repr(at: App, anna: str) -> None:
    browser, screen = _opened(at)
    visit = at.account.app.state.managed_login.visit(screen.secret)
    assert visit is not None
    assert anna not in repr(visit)
    assert is_back(browser.submit(screen, username=anna, password=PASSWORD))
    assert f"username='{anna}'" in repr(visit)
    assert browser.cookies["XSRF-TOKEN"] not in repr(visit)
