"""The browser and the app of a sign-in at a user pool's domain, over one connection, as lean as can be."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from bench.chain import PASSWORD, USERNAME
from labkit.flow.managed_login import pkce_pair

#: Nobody listens there: the browser is stopped before it goes.
CALLBACK = "http://localhost:3000/callback"
SCOPES = "openid profile"
_FORM = re.compile(r'<form [^>]*action="([^"]*)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    """What a server said, with its address."""

    path: str
    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)


class Connection:
    """A connection that stays open, and how many requests went over it."""

    def __init__(self, endpoint: str) -> None:
        self._http = HTTPConnection(urlsplit(endpoint).netloc)
        self.requests = 0

    def send(self, path: str, form: Mapping[str, str] | None = None, cookie: str = "") -> Answer:
        """GET, or with a form POST."""
        headers = ({} if form is None else _FORM_TYPE) | ({"Cookie": cookie} if cookie else {})
        self.requests += 1
        if form is None:
            self._http.request("GET", path, headers=headers)
        else:
            self._http.request("POST", path, urlencode(form), headers)
        answer = self._http.getresponse()
        return Answer(path, answer.status, dict(answer.headers), answer.read().decode())

    def close(self) -> None:
        self._http.close()


@dataclass(frozen=True)
class Page:
    """The sign-in page of an authorization request, in a browser that came without cookies."""

    action: str
    hidden: Mapping[str, str] = field(repr=False)
    cookie: str = field(repr=False)
    #: The app's own: what it sent along, and what it proves itself with.
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class App:
    """An app with a public client, at a domain whose paths stand below `base`."""

    client_id: str
    base: str
    connection: Connection

    def journey(self) -> dict[str, Any]:
        """A whole sign-in: the token response."""
        return self.finish(self.page())

    def page(self) -> Page:
        """The authorization request, and whatever it redirects to, until the page is there."""
        pkce, state = pkce_pair(), secrets.token_urlsafe(16)
        asked = {"response_type": "code", "client_id": self.client_id, "redirect_uri": CALLBACK}
        asked |= {"scope": SCOPES, "state": state}
        asked |= {"code_challenge": pkce.challenge, "code_challenge_method": pkce.method}
        answer = self.connection.send(f"{self.base}/oauth2/authorize?{urlencode(asked)}")
        while answer.status == 302:
            answer = self.connection.send(urljoin(answer.path, answer.headers["Location"]))
        form = _FORM.search(answer.text)
        if form is None:
            raise RuntimeError(f"`{answer.path[:80]}` answered {answer.status} and no form")
        hidden = {name: html.unescape(value) for name, value in _HIDDEN.findall(answer.text)}
        cookie = answer.headers.get("Set-Cookie", "").partition(";")[0]
        return Page(html.unescape(form[1]), hidden, cookie, state, pkce.verifier.reveal())

    def finish(self, page: Page) -> dict[str, Any]:
        """The form and the code: the token response."""
        answer = self.redeem(self.code(page), page.verifier)
        if answer.status != 200:
            raise RuntimeError(f"the code was refused: {answer.text[:200]}")
        tokens: dict[str, Any] = json.loads(answer.text)
        return tokens

    def code(self, page: Page) -> str:
        """The code with which the browser is sent back to the app, which looks at `state`."""
        typed = {"username": USERNAME, "password": PASSWORD}
        answer = self.connection.send(page.action, {**page.hidden, **typed}, page.cookie)
        back = answer.headers.get("Location", "")
        told = parse_qs(urlsplit(back).query)
        if not back.startswith(f"{CALLBACK}?") or told.get("state") != [page.state]:
            raise RuntimeError(f"the form was answered {answer.status} and not sent back to the app")
        return told["code"][0]

    def redeem(self, code: str, verifier: str) -> Answer:
        form = {"grant_type": "authorization_code", "client_id": self.client_id, "code": code}
        form |= {"redirect_uri": CALLBACK, "code_verifier": verifier}
        return self.connection.send(f"{self.base}/oauth2/token", form)
