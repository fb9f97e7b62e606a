"""The stand-ins' pages: where a person signs in or refuses to, and a form that sends itself on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from labkit.local.errors import Response
from labkit.local.lab_idp.people import people

#: Runs where scripts may; elsewhere a person presses the button.
_SEND = "document.forms[0].submit()"
_SEND_HASH = base64.b64encode(hashlib.sha256(_SEND.encode()).digest()).decode()


def login(title: str, audience: str, *, hint: str = "", error: str = "") -> Response:
    """A form without an action, which comes back to the address that showed it.

    Nobody has these accounts in earnest, so that the page tells their passwords to whoever asks.
    """
    shown = {"title": title, "audience": audience, "hint": hint, "error": error, "people": people()}
    return _page("login.html", 400 if error else 200, shown)


def form_post(to: str, fields: Mapping[str, str]) -> Response:
    """A form that the browser posts to another site: SAML's POST binding, OAuth's `form_post`."""
    return _page("form_post.html", 200, {"to": to, "fields": fields, "send": _SEND})


def signed_out(title: str) -> Response:
    return _page("signed_out.html", 200, {"title": title})


def refusal(text: str) -> Response:
    """An error that must not be told to anybody's redirect URI."""
    return _page("refusal.html", 400, {"text": text})


def _page(template: str, status: int, shown: Mapping[str, Any]) -> Response:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; base-uri 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{_SEND_HASH}'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return status, headers, _templates().get_template(template).render(**shown).encode()


@lru_cache(maxsize=1)
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
