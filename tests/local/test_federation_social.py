"""Signing in through Google, Facebook, Login with Amazon and Sign in with Apple, for which the lab stands in.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-social-idp.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest

from tests.local.accounts import LocalAccount
from tests.local.directory import attributes_of, status_of
from tests.local.federation import ANA, BEN, apps, details, federated, form_of, tokens, traveller
from tests.local.managed_login import FORM, claims, query

#: The person's identifier with each, and what is mapped beside the e-mail address.
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "Facebook": (
        "10158224466880011", {"email": "email", "name": "name", "given_name": "first_name"},
    ),
    "Google": (
        "104817263554920018374", {"email": "email", "email_verified": "email_verified", "name": "name"},
    ),
    "LoginWithAmazon": (
        "amzn1.account.AEANAEXAMPLE", {"email": "email", "name": "name", "zoneinfo": "postal_code"},
    ),
    "SignInWithApple": ("001234.a1b2c3d4e5f60718293a4b5c6d7e8f90.0911", {"email": "email"}),
}  # fmt: skip
WANTED = {
    "Facebook": {"given_name": "Ana", "email_verified": "false"},
    "Google": {"email_verified": "true", "name": "Ana Reyes"},
    "LoginWithAmazon": {"zoneinfo": "94107", "name": "Ana Reyes"},
    "SignInWithApple": {"email_verified": "false"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_signs_in_and_is_a_user_of_the_pool(account: LocalAccount, kind: str) -> None:
    subject, mapping = KINDS[kind]
    at = federated(account, kind, mapping=mapping)
    screen = traveller(at).arrives(at, state="s-1")
    assert screen.query["state"] == "s-1"
    identity = claims(tokens(at, screen)["id_token"])
    name = f"{kind}_{subject}"
    assert (identity["cognito:username"], identity["email"]) == (name, ANA[0])
    (known,) = identity["identities"]
    assert (known["userId"], known["providerName"], known["providerType"]) == (subject, kind, kind)
    assert identity["cognito:groups"] == [f"{at.pool.id}_{kind}"]
    assert status_of(at.pool, name) == "EXTERNAL_PROVIDER"
    kept = attributes_of(at.pool, name)
    assert {attribute: kept[attribute] for attribute in WANTED[kind]} == WANTED[kind]
    again = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert again["sub"] == identity["sub"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_social_provider_hears_of_prompt_and_of_no_login_hint(account: LocalAccount, kind: str) -> None:
    """ "You can't forward login hints to SAML, Apple, Login With Amazon, Google, or Facebook (Meta) IdPs."

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    at = federated(account, kind)
    on_the_way = traveller(at)
    on_the_way.departs(at, login_hint=ANA[0], prompt="select_account")
    sent = query(on_the_way.visited[-1])
    assert (sent["prompt"], "login_hint" in sent) == ("select_account", False)


@pytest.mark.parametrize("kind", KINDS)
def test_who_cancels_comes_back_with_the_providers_error(account: LocalAccount, kind: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html"""
    at = federated(account, kind, mapping={"email": "email"})
    tokens(at, traveller(at).arrives(at))
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.departs(at), BEN, decision="deny")
    wanted = "user_cancelled_authorize" if kind == "SignInWithApple" else "access_denied"
    assert (screen.query["error"], "code" in screen.query) == (wanted, False)
    if kind == "Facebook":
        assert screen.query["error_description"] == "Permissions error"


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_secret_is_told_as_the_provider_says_it(account: LocalAccount, kind: str) -> None:
    """ "LoginWithAmazon Error - 400 invalid_request …":

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
    """
    at = federated(account, kind, mapping={"email": "email"})
    tokens(at, traveller(at).arrives(at))
    wrong = {"team_id": "ANOTHER"} if kind == "SignInWithApple" else {"client_secret": "wrong"}
    at = federated(account, kind, mapping={"email": "email"}, more=wrong)
    screen = traveller(at).arrives(at)
    assert screen.query["error"] == "invalid_client"
    assert screen.query["error_description"].startswith(f"{kind} Error - 400 invalid_client")


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_good_once_and_in_one_browser(account: LocalAccount, kind: str) -> None:
    at = federated(account, kind, mapping={"email": "email"})
    on_the_way = traveller(at)
    on_the_way.arrives(at)
    address, body = _answer(on_the_way.visited, kind)
    for browser in (on_the_way, traveller(at)):
        reply = browser.send("POST", address, body, FORM)
        assert (browser.after(reply).status, browser.after(reply).location) == (400, "")


def _answer(visited: list[str], kind: str) -> tuple[str, str]:
    """The provider's answer, as a form."""
    (address,) = [each for each in visited if "/oauth2/idpresponse" in each]
    return address.partition("?")[0], urlsplit(address).query or "state=x&code=y"


def test_apple_posts_its_answer_and_the_name_once(account: LocalAccount) -> None:
    """https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server"""
    at = federated(account, "SignInWithApple", mapping={"email": "email"})
    on_the_way = traveller(at)
    on_the_way.departs(at)
    asked = query(on_the_way.visited[-1])
    assert (asked["response_mode"], asked["scope"]) == ("form_post", "email name")
    body = urlencode({"email": ANA[0], "password": ANA[1]})
    reply = on_the_way.send("POST", on_the_way.visited[-1], body, FORM)
    found = form_of(reply)
    assert found is not None
    address, fields = found
    assert address.endswith("/oauth2/idpresponse")
    assert json.loads(fields["user"])["name"] == {"firstName": "Ana", "lastName": "Reyes"}
    screen = on_the_way.after(on_the_way.send("POST", address, urlencode(fields), FORM))
    assert "code" in screen.query


def test_the_real_issuers_stand_in_the_tokens_of_their_stand_ins(account: LocalAccount) -> None:
    """https://accounts.google.com/.well-known/openid-configuration"""
    for name, path, issuer in (
        ("google", "/oauth2/v4/token", "https://accounts.google.com"),
        ("apple", "/auth/token", "https://appleid.apple.com"),
    ):
        token = _token_of(account, name, path)
        assert (claims(token)["iss"], claims(token)["aud"]) == (issuer, apps(account)[name]["client_id"])
        keys = {"google": "/oauth2/v3/certs", "apple": "/auth/keys"}[name]
        found = jwt.PyJWKSet.from_dict(account.send("GET", f"/_idp/{name}{keys}").json)
        options: Any = {"verify_aud": False, "verify_iat": False}
        assert jwt.decode(token, found.keys[0].key, algorithms=["RS256"], options=options)["nonce"] == "n"


def _token_of(account: LocalAccount, name: str, path: str) -> str:
    """An ID token that a stand-in gives, asked by hand."""
    known = details(account, {"google": "Google", "apple": "SignInWithApple"}[name])
    authorize = {"google": "/o/oauth2/v2/auth", "apple": "/auth/authorize"}[name]
    redirect = f"{account.endpoint}/_domain/any/oauth2/idpresponse"
    given = {
        "client_id": known["client_id"], "redirect_uri": redirect, "response_type": "code", "nonce": "n",
        "scope": known["authorize_scopes"], "state": "s", "response_mode": "form_post",
    }  # fmt: skip
    body = urlencode({"email": ANA[0], "password": ANA[1]})
    reply = account.send("POST", f"/_idp/{name}{authorize}?{urlencode(given)}", headers=FORM, body=body)
    _, fields = form_of(reply) or ("", {})
    secret = known.get("client_secret") or _apple_secret(known)
    form = {
        "grant_type": "authorization_code", "code": fields["code"], "redirect_uri": redirect,
        "client_id": known["client_id"], "client_secret": secret,
    }  # fmt: skip
    answer = account.send("POST", f"/_idp/{name}{path}", headers=FORM, body=urlencode(form))
    again = account.send("POST", f"/_idp/{name}{path}", headers=FORM, body=urlencode(form))
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    return str(answer.json["id_token"])


def _apple_secret(known: dict[str, str]) -> str:
    pem = f"-----BEGIN PRIVATE KEY-----\n{known['private_key']}\n-----END PRIVATE KEY-----\n"
    said = {"iss": known["team_id"], "sub": known["client_id"], "aud": "https://appleid.apple.com"}
    now = int(datetime.now(UTC).timestamp())
    times = {"iat": now, "exp": now + 600}
    return jwt.encode(said | times, pem, algorithm="ES256", headers={"kid": known["key_id"]})


@pytest.mark.unconfirmed
def test_names_that_only_the_people_api_knows_are_asked_there(account: LocalAccount) -> None:
    at = federated(account, "Google", mapping={"phone_number": "phoneNumbers", "name": "name"})
    traveller(at).arrives(at)
    kept = attributes_of(at.pool, f"Google_{KINDS['Google'][0]}")
    assert (kept["phone_number"], kept["name"]) == ("+14155550121", "Ana Reyes")


def test_a_provider_says_no_more_than_its_scopes(account: LocalAccount) -> None:
    at = federated(account, "Facebook", mapping={"email": "email", "name": "name"})
    tokens(at, traveller(at).arrives(at))
    assert attributes_of(at.pool, f"Facebook_{KINDS['Facebook'][0]}")["email"] == ANA[0]
    at = federated(
        account,
        "Facebook",
        mapping={"email": "email", "name": "name"},
        more={"authorize_scopes": "public_profile"},
    )
    tokens(at, traveller(at).arrives(at))
    assert "email" not in attributes_of(at.pool, f"Facebook_{KINDS['Facebook'][0]}")


# --- the stand-ins' own refusals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://evil.example.com/oauth2/idpresponse"},
        {"redirect_uri": "http://127.0.0.1/elsewhere"},
        {"redirect_uri": "javascript://127.0.0.1/%0aalert(1)/oauth2/idpresponse"},
        {"redirect_uri": "http://evil@127.0.0.1/oauth2/idpresponse"},
        {"redirect_uri": "http://127.0.0.1.evil.example.com/oauth2/idpresponse"},
    ],
)
def test_a_stand_in_sends_nobody_to_strangers(account: LocalAccount, wrong: dict[str, str]) -> None:
    at = federated(account, "Google")
    on_the_way = traveller(at)
    assert on_the_way.departs(at).title == "Google"
    parts = urlsplit(on_the_way.visited[-1])
    address = f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | wrong)}"
    screen = on_the_way.go(address)
    assert (screen.status, screen.title, screen.location) == (400, "The request was refused", "")


def test_an_app_on_this_machine_needs_no_user_pool(account: LocalAccount) -> None:
    """RFC 8252, section 7.3: any port of the loopback address."""
    at = federated(account, "Google")
    on_the_way = traveller(at)
    on_the_way.departs(at)
    parts = urlsplit(on_the_way.visited[-1])

    def asked(uri: str) -> str:
        return f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | {'redirect_uri': uri})}"

    own = "http://127.0.0.1:49152/callback"
    assert on_the_way.enter(on_the_way.go(asked(own)), ANA).location.startswith(f"{own}?code=")
    for uri in (
        f"{own}/more", f"{own}?a=b", "http://127.0.0.1:49152/a/callback", "https://127.0.0.1:49152/callback",
        "http://127.0.0.1.evil.example.com/callback", "http://127.0.0.1:1@evil.example.com/callback",
        "http://evil.example.com/callback", "https://evil.auth.us-east-1.amazoncognito.com/callback",
    ):  # fmt: skip
        screen = on_the_way.go(asked(uri))
        assert (screen.status, screen.title, screen.location) == (400, "The request was refused", "")


def test_a_stand_in_knows_who_may_sign_in(account: LocalAccount) -> None:
    at = federated(account, "Google")
    for who in ((ANA[0], BEN[1]), ("nobody@example.com", ANA[1]), ("", "")):
        on_the_way = traveller(at)
        screen = on_the_way.enter(on_the_way.departs(at), who)
        assert (screen.status, screen.error) == (400, "This e-mail address and password do not match.")
        assert "code" in on_the_way.enter(screen, ANA).query


def test_what_a_stand_in_shows_is_text(account: LocalAccount) -> None:
    at = federated(account)
    on_the_way = traveller(at)
    hint = '"><script>alert(1)</script>'
    page = on_the_way.departs(at, login_hint=hint).reply
    assert "alert(1)" in page.text
    assert "<script>alert" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy


def test_a_stand_in_has_no_other_pages(account: LocalAccount) -> None:
    for path in ("/_idp/", "/_idp/nobody/authorize", "/_idp/google/authorize", "/_idp/google/saml/metadata"):
        assert account.send("GET", path).status == 404
    for path in ("/_idp/example-corp/userinfo", "/_idp/facebook/v17.0/me"):
        assert account.send("GET", path, headers={"Authorization": "Bearer guessed"}).status == 401
