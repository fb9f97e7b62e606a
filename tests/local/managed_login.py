"""A browser without a screen, and an app that signs people in at a user pool's domain."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.local.accounts import LocalAccount, Reply
from tests.local.directory import PASSWORD, Pool, user_pool

CALLBACK, SIGNED_OUT = "http://localhost:3000/callback", "http://localhost:3000/bye"
SCOPES = ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: An app client for codes.
CODE: dict[str, Any] = {
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthScopes": SCOPES,
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": [SIGNED_OUT],
    "SupportedIdentityProviders": ["COGNITO"],
}

_LINK = re.compile(r'<a (?:class="[^"]*" )?href="([^"]*)">([^<]*)</a>')
_FORM = re.compile(r'<form method="post" action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_SECRET = re.compile(r'name="_csrf" value="([^"]+)"')


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@dataclass
class Screen:
    """What a browser shows after it has followed redirects within the domain."""

    reply: Reply
    #: Where the domain sent it at last, if that is elsewhere.
    location: str = ""

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def title(self) -> str:
        return unescape(re.findall(r"<h1>([^<]*)</h1>", self.reply.text)[0])

    @property
    def error(self) -> str:
        found = re.findall(r'<p class="error"[^>]*>([^<]*)</p>', self.reply.text)
        return unescape(found[0]) if found else ""

    @property
    def actions(self) -> list[str]:
        return [unescape(action) for action, _ in _FORM.findall(self.reply.text)]

    @property
    def secret(self) -> str:
        return str(_SECRET.findall(self.reply.text)[0])

    @property
    def links(self) -> dict[str, str]:
        return {text: unescape(address) for address, text in _LINK.findall(self.reply.text)}

    @property
    def query(self) -> dict[str, str]:
        """The parameters with which the browser came back to the app."""
        return query(self.location)

    @property
    def fragment(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).fragment).items()}


@dataclass
class Browser:
    """Cookies, by one account."""

    account: LocalAccount
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    #: Every Set-Cookie that came.
    received: list[str] = field(default_factory=list, repr=False)

    def send(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> Reply:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = dict(headers or {}) | ({"Cookie": cookie} if cookie else {})
        reply = self.account.send(method, path, headers=sent, body=body)
        given = {name.lower(): value for name, value in reply.headers.items()}.get("set-cookie")
        if given:
            self.received.append(given)
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return reply

    def open(self, path: str) -> Screen:
        """Follow redirects as long as they stay at the account."""
        reply = self.send("GET", path)
        while reply.status == 302:
            location = reply.headers["Location"]
            if not location.startswith("/"):
                return Screen(reply, location)
            reply = self.send("GET", location)
        return Screen(reply)

    def submit(self, screen: Screen, form: int = 0, /, **fields: str) -> Screen:
        """Fill in a form of the screen and send it."""
        body = urlencode({"_csrf": screen.secret} | {n.replace("__", "."): v for n, v in fields.items()})
        reply = self.send("POST", screen.actions[form], body, FORM)
        return Screen(reply, reply.headers.get("Location", "") if reply.status == 302 else "")


@dataclass(frozen=True)
class App:
    """An app client of a pool that has a domain."""

    pool: Pool
    domain: str

    @property
    def account(self) -> LocalAccount:
        return self.pool.account

    @property
    def base(self) -> str:
        return f"/_domain/{self.domain}"

    @property
    def client_id(self) -> str:
        return self.pool.client_id

    def parameters(self, **more: str | None) -> dict[str, str]:
        given = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid email",
            "state": "xyz",
        }
        return {name: value for name, value in (given | more).items() if value is not None}

    def address(self, path: str = "/oauth2/authorize", /, **more: str | None) -> str:
        return f"{self.base}{path}?{urlencode(self.parameters(**more))}"

    def begin(self, redirect_uri: str, **more: str | None) -> str:
        """Where an app sends a browser to sign in."""
        return f"{self.account.endpoint}{self.address(redirect_uri=redirect_uri, **more)}"

    def end(self, logout_uri: str) -> str:
        """Where an app sends a browser to sign out."""
        given = urlencode({"client_id": self.client_id, "logout_uri": logout_uri})
        return f"{self.account.endpoint}{self.base}/logout?{given}"

    def another(self, **settings: Any) -> App:
        return App(self.pool.another_client(**CODE | settings), self.domain).styled()

    def styled(self) -> App:
        """With AWS's own branding style, without which managed login shows no page."""
        self.pool.admin.create_managed_login_branding(
            UserPoolId=self.pool.id, ClientId=self.client_id, UseCognitoProvidedValues=True
        )
        return self

    def browser(self) -> Browser:
        return Browser(self.account)

    def signed_in(self, username: str, browser: Browser | None = None, /, **more: str | None) -> Screen:
        """Back at the app, after signing in with a password."""
        browser = browser or self.browser()
        screen = browser.submit(browser.open(self.address(**more)), username=username, password=PASSWORD)
        assert screen.status == 302, screen.reply.text
        return screen

    def code(self, username: str, **more: str | None) -> str:
        return self.signed_in(username, **more).query["code"]

    def post(self, path: str, headers: Mapping[str, str] | None = None, /, **form: str) -> Reply:
        return self.account.send(
            "POST", f"{self.base}{path}", headers=FORM | dict(headers or {}), body=urlencode(form)
        )

    def exchange(self, code: str, headers: Mapping[str, str] | None = None, /, **more: str) -> Reply:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        if "client_id" not in more and headers is None:
            given["client_id"] = self.client_id
        return self.post("/oauth2/token", headers, **given | more)

    def tokens(self, username: str, **more: str | None) -> dict[str, Any]:
        reply = self.exchange(self.code(username, **more))
        assert reply.status == 200, reply.text
        return dict(reply.json)

    def basic(self, secret: str | None = None) -> dict[str, str]:
        """The Authorization header of an app with a secret."""
        pair = f"{self.client_id}:{self.pool.client_secret if secret is None else secret}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def user_info(self, token: str, method: str = "GET") -> Reply:
        headers = {"Authorization": f"Bearer {token}"}
        return self.account.send(method, f"{self.base}/oauth2/userInfo", headers=headers)


def app(account: LocalAccount, client: dict[str, Any] | None = None, **settings: Any) -> App:
    """An app client of a new pool, whose domain is new too."""
    pool = user_pool(account, CODE | (client or {}), **settings)
    domain = account.name("lab")
    pool.admin.create_user_pool_domain(Domain=domain, UserPoolId=pool.id, ManagedLoginVersion=2)
    return App(pool, domain).styled()


def challenge(verifier: str) -> dict[str, str]:
    """RFC 7636's parameters of the authorization request."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {"code_challenge": digest, "code_challenge_method": "S256"}


def claims(token: str) -> dict[str, Any]:
    """What a token says, its signature aside."""
    return dict(jwt.decode(token, options={"verify_signature": False}))
