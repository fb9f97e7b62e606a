"""What a browser reads of pages and addresses."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import requests

_FORM = re.compile(r'<form method="post" action="([^"]*)">')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def form_of(reply: requests.Response) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and its hidden fields."""
    fields = {unescape(name): unescape(value) for name, value in _HIDDEN.findall(reply.text)}
    return unescape(_FORM.findall(reply.text)[0]), fields


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
