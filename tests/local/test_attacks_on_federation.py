"""Attempts to be somebody whom an OpenID Connect provider did not sign in, or not here and now.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
https://datatracker.ietf.org/doc/html/rfc9700
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.local.accounts import LocalAccount, Reply
from tests.local.directory import attributes_of
from tests.local.federation import CORP, Traveller, federated, traveller
from tests.local.managed_login import FORM, App, Screen, query
from tests.local.openid_providers import ACCESS, SECRET, OpenIdProvider, key, serving

Claims = dict[str, Any]


@dataclass
class Stage:
    """An app, its provider, and a browser that has just set out for the provider."""

    at: App
    idp: OpenIdProvider
    browser: Traveller
    sent: dict[str, str] = field(default_factory=dict)

    def set_out(self) -> Stage:
        self.browser.cookies.pop("cognito", None)  # nobody is signed in yet
        screen = self.browser.departs(self.at)
        self.sent = query(self.browser.visited[-1])
        assert screen.status == 404  # the provider's page, which this one does not have
        return self

    @property
    def honest(self) -> Claims:
        now = int(self.at.account.app.state.clock.now().timestamp())
        return self.idp.claims(self.sent["nonce"], now)

    def back(self, browser: Traveller | None = None, base: str = "", **more: str | None) -> Screen:
        """The browser comes from the provider."""
        given = {"code": "a-code", "state": self.sent["state"]} | more
        address = f"{base or self.at.base}/oauth2/idpresponse?" + "&".join(
            f"{name}={quote(value, safe='%')}" for name, value in given.items() if value is not None
        )
        return (browser or self.browser).go(address)

    def arrives(self) -> Screen:
        """An honest sign-in."""
        self.set_out()
        self.idp.says(self.honest)
        screen = self.back()
        assert "code" in screen.query, screen.location or screen.reply.text
        return screen


class _Browser(Traveller):
    """One that knows the provider's page is not to be had here."""

    def send(self, method: str, path: str, *more: Any, **others: Any) -> Reply:
        if "/authorization?" in path:
            return Reply(404, {}, b"")
        return super().send(method, path, *more, **others)

    def after(self, reply: Reply) -> Screen:
        while reply.status == 302:
            location = reply.headers["Location"]
            self.visited.append(location)
            if "/authorization?" in location:
                return Screen(Reply(404, {}, b""))
            if not location.startswith(("/", f"{self.account.endpoint}/")):
                return Screen(reply, location)
            reply = self.send("GET", location)
        return Screen(reply)


@pytest.fixture(scope="module")
def idp() -> Iterator[OpenIdProvider]:
    with serving() as found:
        yield found


@pytest.fixture
def stage(account: LocalAccount, idp: OpenIdProvider) -> Stage:
    at = federated(account, more=idp.details)
    return Stage(at, idp, _Browser(account))


def nobody(at: App) -> bool:
    users = at.pool.admin.list_users(UserPoolId=at.pool.id)["Users"]
    return not [user for user in users if "victim" in user["Username"]]


def told(screen: Screen) -> str:
    """The error that the app was told; it got no code."""
    assert "code" not in screen.query
    return screen.query["error"]


# --- the ID token -----------------------------------------------------------------------------------------


def forged(claims: Claims, **header: Any) -> str:
    given = {"alg": "none", "typ": "JWT"} | header
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (given, claims)
    ]
    return ".".join((*parts, ""))


def with_the_public_key_as_secret(claims: Claims) -> str:
    """RFC 8725, section 2.1."""
    public = (
        key("own")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return by_secret(claims, public.decode(), kid="own")


def signed_by(name: str, kid: str, **header: Any) -> Callable[[Claims], str]:
    return lambda claims: jwt.encode(claims, key(name), algorithm="RS256", headers={"kid": kid} | header)


def with_its_own_key(claims: Claims) -> str:
    """RFC 7515's `jwk` header is for nobody to believe."""
    from jwt.algorithms import RSAAlgorithm

    own = RSAAlgorithm.to_jwk(key("mallory").public_key(), as_dict=True)
    return signed_by("mallory", "mallory", jwk=own)(claims)


def changed_after(claims: Claims) -> str:
    head, _, signature = signed_by("own", "own")(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "victim"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    "forge",
    [
        forged,
        lambda claims: forged(claims, alg="None", kid="own"),
        lambda claims: forged(claims, alg="RS256", kid="own"),
        with_the_public_key_as_secret,
        signed_by("mallory", "own"),
        signed_by("mallory", "mallory"),
        with_its_own_key,
        changed_after,
        lambda claims: "no.token",
        lambda claims: "a.b.c",
        lambda claims: None,
    ],
)  # fmt: skip
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    stage: Stage, forge: Callable[[Claims], str | None]
) -> None:
    stage.arrives()
    stage.set_out()
    claims = stage.honest | {"sub": "victim"}
    stage.idp.gives(forge(claims), claims)
    assert told(stage.back()) == "invalid_request"
    assert nobody(stage.at)


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {k: v for k, v in claims.items() if k != name}


def saying(**more: Any) -> Callable[[Claims], Claims]:
    return lambda claims: claims | more


@pytest.mark.parametrize(
    "wrong",
    [
        saying(iss="https://accounts.google.com"),
        lambda claims: claims | {"iss": claims["iss"] + "/"},
        without("iss"),
        saying(aud="another-app"),
        saying(aud=["another-app", "a-third"]),
        saying(aud=[]),
        saying(aud={"app-of-the-pool": 1}),
        without("aud"),
        saying(aud=["app-of-the-pool", "another-app"], azp="another-app"),
        saying(azp="another-app"),
        lambda claims: claims | {"exp": claims["iat"]},
        saying(exp=True),
        saying(exp="2999-01-01"),
        without("exp"),
        lambda claims: claims | {"iat": claims["iat"] + 3600},
        without("iat"),
        lambda claims: claims | {"nbf": claims["iat"] + 3600},
        saying(nonce="another"),
        saying(nonce=""),
        without("nonce"),
        saying(at_hash="another"),
        saying(sub=""),
        saying(sub=["victim"]),
        without("sub"),
    ],
)  # fmt: skip
def test_a_token_for_others_or_for_another_time_signs_nobody_in(
    stage: Stage, wrong: Callable[[Claims], Claims]
) -> None:
    stage.arrives()
    stage.set_out()
    stage.idp.says(wrong(stage.honest | {"sub": "victim"}))
    assert told(stage.back()) == "invalid_request"
    assert nobody(stage.at)


@pytest.mark.parametrize("azp", [{"azp": "app-of-the-pool"}, {}])
def test_several_audiences_are_good_where_the_pool_is_one(stage: Stage, azp: Claims) -> None:
    """ "… or that it contains the configured client ID if there are multiple values in the aud claim."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
    """
    stage.set_out()
    stage.idp.says(stage.honest | {"aud": ["another-app", "app-of-the-pool"]} | azp)
    assert "code" in stage.back().query


def by_secret(claims: Claims, secret: str, algorithm: str = "HS256", **header: Any) -> str:
    head = forged(claims, alg=algorithm, **header).rstrip(".")
    mac = hmac.digest(secret.encode(), head.encode(), f"sha{algorithm[2:]}")
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_provider_may_sign_with_the_secret_that_it_shares(stage: Stage, algorithm: str) -> None:
    """ "Check that the provider signed the token with an algorithm from the following set: RSA, HMAC,
    Elliptic Curve."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
    """
    stage.set_out()
    claims = without("at_hash")(stage.honest)
    stage.idp.gives(by_secret(claims, SECRET, algorithm), claims)
    assert "code" in stage.back().query
    for wrong in ("another-secret", "", "null"):
        stage.set_out()
        claims = without("at_hash")(stage.honest) | {"sub": "victim"}
        stage.idp.gives(by_secret(claims, wrong, algorithm, kid="own"), claims)
        assert told(stage.back()) == "invalid_request"
    assert nobody(stage.at)


def test_without_a_shared_secret_nobody_signs_with_one(account: LocalAccount, idp: OpenIdProvider) -> None:
    """Nor with an empty one, which everybody knows."""
    for secret, signs in ((SECRET, True), ("", False)):
        at = federated(account, more=idp.details | {"client_secret": secret})
        stage = Stage(at, idp, _Browser(account)).set_out()
        claims = without("at_hash")(stage.honest)
        idp.gives(by_secret(claims, secret), claims)
        assert ("code" in stage.back().query) is signs


def test_the_id_token_counts_more_than_user_info(stage: Stage) -> None:
    """ "Amazon Cognito prioritizes information in an ID token over information from userInfo."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
    """
    stage.set_out()
    said = {"sub": "mallory", "name": "Somebody", "email": "other@example.com"}
    stage.idp.gives(signed_by("own", "own")(without("name")(stage.honest)), said)
    assert "code" in stage.back().query
    kept = attributes_of(stage.at.pool, f"{CORP}_mallory")
    assert (kept["email"], kept["name"]) == ("mallory@example.com", "Somebody")
    assert stage.idp.agents == {"Amazon/Cognito"}


@pytest.mark.parametrize(
    "user_info", [{"sub": "victim", "email": "victim@example.com"}, {"email": "x@example.com"}]
)
def test_user_info_about_somebody_else_is_not_believed(stage: Stage, user_info: Claims) -> None:
    """OpenID Connect Core 1.0, section 5.3.2."""
    stage.arrives()
    stage.set_out()
    stage.idp.gives(signed_by("own", "own")(stage.honest), user_info)
    assert told(stage.back()) == "invalid_request"


def test_the_token_of_an_earlier_sign_in_is_no_use_in_the_next(stage: Stage) -> None:
    stage.arrives()
    old = stage.idp.token
    stage.set_out()
    stage.idp.token = old
    assert told(stage.back()) == "invalid_request"


# --- the token endpoint -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"access_token": 7}'),
        (500, b""),
        (302, b"{}"),
        (200, b'{"access_token": "' + b"x" * (1024 * 1024) + b'"}'),
        (200, b"[" * 100_000),
        (400, b'{"error": "invalid_grant"}'),
    ],
)
def test_what_is_no_token_response_signs_nobody_in(stage: Stage, answer: tuple[int, bytes]) -> None:
    stage.arrives()
    stage.set_out()
    stage.idp.token = answer
    assert told(stage.back()) in ("invalid_request", "invalid_grant")


# --- state ------------------------------------------------------------------------------------------------


def is_no_apps_business(screen: Screen) -> bool:
    """A page of the domain's; nobody was redirected to the app."""
    return (screen.location, screen.status) == ("", 400)


def by_secret_in_depth(stage: Stage) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=").decode()
    signed = f"{head}.{base64.urlsafe_b64encode(b'[' * 30_000).rstrip(b'=').decode()}"
    signature = hmac.digest(SECRET.encode(), signed.encode(), "sha256")
    token = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    stage.idp.gives(token, stage.honest)


def answering(**more: str) -> Callable[[Stage], None]:
    """An honest token, and this beside it."""
    return lambda stage: stage.idp.says(stage.honest, **more)


@pytest.mark.parametrize(
    "answer",
    [
        by_secret_in_depth,
        answering(access_token="\ud800"),
        answering(error="\ud800"),
        lambda stage: stage.idp.says(stage.honest | {"sub": "\ud800"}),
        lambda stage: stage.idp.says(stage.honest | {"email": "\ud800@example.com"}),
        lambda stage: stage.idp.says(stage.honest | {"exp": float("nan")}),
        lambda stage: stage.idp.says(stage.honest | {"iat": float("nan")}),
    ],
)
def test_what_cannot_be_read_signs_nobody_in(stage: Stage, answer: Callable[[Stage], None]) -> None:
    stage.arrives()
    stage.set_out()
    answer(stage)
    assert told(stage.back()) == "invalid_request"


def test_a_key_for_no_algorithm_signs_nobody_in(stage: Stage) -> None:
    stage.arrives()
    stage.set_out()
    stage.idp.says(stage.honest)
    document = stage.idp.document
    keys = json.dumps({"keys": [{"kty": "RSA", "kid": "own", "n": "AQAB", "e": "AQAB", "alg": "none"}]})
    with mock.patch.object(
        stage.idp, "document", lambda path: (200, keys.encode()) if path == "/jwks" else document(path)
    ):
        assert told(stage.back()) == "invalid_request"


@pytest.mark.parametrize("state", [None, "", "guessed", "x" * 43])
def test_a_state_that_the_pool_did_not_give_leads_nowhere(stage: Stage, state: str | None) -> None:
    stage.arrives()
    stage.set_out()
    stage.idp.says(stage.honest)
    assert is_no_apps_business(stage.back(state=state))


def test_a_state_is_good_once(stage: Stage) -> None:
    stage.arrives()
    assert is_no_apps_business(stage.back())


def test_who_takes_more_than_five_minutes_begins_again(fresh: LocalAccount, idp: OpenIdProvider) -> None:
    """ "Amazon Cognito cancels authentication requests that do not complete within 5 minutes, and redirects
    the user to managed login. The page displays a Something went wrong error message."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
    """
    at = federated(fresh, more=idp.details)
    stage = Stage(at, idp, _Browser(fresh))
    stage.set_out()
    fresh.advance(minutes=4, seconds=59)
    idp.says(stage.honest)
    assert "code" in stage.back().query
    for late in ({"minutes": 5}, {"minutes": 60}):
        stage.set_out()
        fresh.advance(**late)
        idp.says(stage.honest)
        screen = stage.back()
        assert (screen.status, screen.error) == (400, "Something went wrong")
        assert is_no_apps_business(stage.back())
        again = stage.browser.go(screen.links[f"Continue with {CORP}"])
        assert again.status == 404, "the provider's page, which this one does not have"
    stage.set_out()
    fresh.advance(hours=2)
    assert is_no_apps_business(stage.back())


def test_another_browser_cannot_end_a_sign_in(stage: Stage) -> None:
    """Login CSRF: Mallory begins, and sends the victim's browser the provider's answer about Mallory."""
    stage.arrives()
    stage.set_out()
    stage.idp.says(stage.honest)
    assert is_no_apps_business(stage.back(_Browser(stage.at.account)))


def test_the_cookie_of_another_sign_in_is_no_use(stage: Stage) -> None:
    stage.arrives()
    victim = Stage(stage.at, stage.idp, _Browser(stage.at.account)).set_out()
    stage.set_out()
    (value,) = [v for k, v in victim.browser.cookies.items() if k.startswith("csrf-state-")]
    for name in list(stage.browser.cookies):
        if name.startswith("csrf-state-"):
            stage.browser.cookies[name] = value
    stage.idp.says(stage.honest)
    assert is_no_apps_business(stage.back())


def test_another_pool_does_not_end_a_sign_in(stage: Stage) -> None:
    stage.arrives()
    other = federated(stage.at.account, more=stage.idp.details)
    stage.set_out()
    stage.idp.says(stage.honest)
    assert is_no_apps_business(stage.back(base=other.base))


@pytest.mark.parametrize("path", ["?state={0}&state={0}&code=a", "?state={0}&code=a&code=b"])
def test_an_answer_that_says_a_thing_twice_says_nothing(stage: Stage, path: str) -> None:
    """RFC 6749, section 3.1."""
    stage.arrives()
    stage.set_out()
    stage.idp.says(stage.honest)
    address = f"{stage.at.base}/oauth2/idpresponse" + path.format(stage.sent["state"])
    assert is_no_apps_business(stage.browser.go(address))


def test_an_answer_without_a_code_signs_nobody_in(stage: Stage) -> None:
    stage.arrives()
    stage.set_out()
    assert told(stage.back(code=None)) == "invalid_request"


def test_another_provider_cannot_answer_in_the_place_of_the_one_that_was_asked(stage: Stage) -> None:
    """Mix-up: RFC 9207, section 2.4."""
    stage.set_out()
    stage.idp.says(stage.honest)
    assert "code" in stage.back(iss=stage.idp.issuer).query
    stage.set_out()
    stage.idp.says(stage.honest)
    assert told(stage.back(iss="https://another.example.com")) == "invalid_request"


def test_a_provider_that_the_pool_dropped_meanwhile_signs_nobody_in(stage: Stage) -> None:
    stage.arrives()
    stage.set_out()
    stage.idp.says(stage.honest)
    stage.at.pool.admin.delete_identity_provider(UserPoolId=stage.at.pool.id, ProviderName="ExampleCorp")
    assert told(stage.back()) == "invalid_request"


def test_a_form_is_held_to_the_same_state(stage: Stage) -> None:
    stage.arrives()
    body = f"state={stage.sent['state']}&code=a-code"
    reply = stage.browser.send("POST", f"{stage.at.base}/oauth2/idpresponse", body, FORM)
    assert is_no_apps_business(stage.browser.after(reply))
    reply = stage.browser.send(
        "POST", f"{stage.at.base}/oauth2/idpresponse", "{}", {"Content-Type": "application/json"}
    )
    assert is_no_apps_business(stage.browser.after(reply))


# --- where the account asks -------------------------------------------------------------------------------


def test_a_providers_error_cannot_split_or_extend_the_answer(stage: Stage) -> None:
    stage.arrives()
    stage.set_out()
    screen = stage.back(
        code=None, error="a%0d%0aSet-Cookie:x=y", error_description="%26code=evil%23code=evil"
    )
    assert screen.query["error"].startswith("a")
    assert "code" not in screen.query
    assert screen.location.isprintable()


def test_the_account_asks_nobody_beyond_this_machine(account: LocalAccount, idp: OpenIdProvider) -> None:
    at = federated(account, more=idp.details)
    Stage(at, idp, _Browser(account)).arrives()
    away = {
        "oidc_issuer": "https://idp.example.com", "authorize_url": f"{idp.issuer}/authorization",
        "token_url": "https://idp.example.com/token", "attributes_url": "https://idp.example.com/me",
        "jwks_uri": "https://idp.example.com/jwks",
    }  # fmt: skip
    at = federated(account, more=idp.details | away)
    stage = Stage(at, idp, _Browser(account)).set_out()
    screen = stage.back()
    assert (screen.status, screen.title) == (501, "NotSimulated")


def test_the_provider_is_asked_only_what_is_needed(stage: Stage) -> None:
    stage.idp.asked.clear()
    stage.arrives()
    assert stage.idp.asked == [("POST", "/token"), ("GET", "/jwks"), ("GET", "/userinfo")]
    assert ACCESS not in repr(stage.at.account.app.state.federation)
    assert traveller(stage.at).cookies == {}
