"""An app that signs people in with Google by itself, without a User Pool: the code flow, once more.

https://developers.google.com/identity/openid-connect/openid-connect
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from labkit.account import Account
from labkit.course.browser import Browser
from labkit.course.stand_ins import fetch, stand_in
from labkit.flow.redirect_catcher import RedirectCatcher
from labkit.record import Secret

_CODE = {"response_type": "code", "scope": "openid email"}


def google_id_token(account: Account, email: str, password: str) -> Secret:
    """Google's own ID token for a person, from the lab's stand-in for it."""
    app, there = stand_in(account, "google"), f"{account.endpoint}/_idp/google"
    state, browser = secrets.token_urlsafe(16), Browser()
    with RedirectCatcher() as listener:
        asked = {"client_id": app["client_id"], "redirect_uri": listener.redirect_uri, "state": state}
        browser.open(f"{there}/o/oauth2/v2/auth?{urlencode(asked | _CODE)}")
        browser.fill(email=email, password=password)
        form: dict[str, str | Secret] = {
            "grant_type": "authorization_code",
            "code": listener.wait(state, timeout=5),
            "redirect_uri": listener.redirect_uri,
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
        }
    return Secret(json.loads(fetch(f"{there}/oauth2/v4/token", form))["id_token"])


def google_keys(account: Account) -> Mapping[str, Any]:
    """The keys that Google signs with, as its JWKS address gives them."""
    found: dict[str, Any] = json.loads(fetch(f"{account.endpoint}/_idp/google/oauth2/v3/certs"))
    return found
