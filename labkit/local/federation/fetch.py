"""What the account asks a provider itself: discovery, keys, tokens, profiles, metadata.

Nothing leaves this machine. What the account itself answers for, it answers without a socket; any other
address must be on loopback.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

from labkit.local.lab_idp import sites
from labkit.local.user_pools.triggers import others_may_call

if TYPE_CHECKING:
    from labkit.local.errors import Response
    from labkit.local.state import State

#: "… Amazon Cognito includes the user-agent header Amazon/Cognito in the request."
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
_HEADERS = {"Accept": "application/json", "User-Agent": "Amazon/Cognito"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 5
_MOST = 1024 * 1024
#: Addresses of user pools, of which one may be another's provider.
_ISSUER = re.compile(r"https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?P<path>/.*)")
_DOMAIN = re.compile(r"https://(?P<domain>[a-z0-9-]+)\.auth\.[a-z0-9-]+\.amazoncognito\.com(?P<path>/.*)")


class Unreachable(Exception):
    """Nothing answers there, or not as it should."""


class Elsewhere(Exception):
    """An address beyond this machine."""


@dataclass(frozen=True)
class Fetched:
    status: int
    body: bytes = field(repr=False)

    @property
    def document(self) -> dict[str, Any]:
        """A JSON object. Raises Unreachable for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not is_text(found):
            raise Unreachable
        return found


def is_text(document: Mapping[str, Any]) -> bool:
    """Whether what JSON says can be written: half a surrogate pair cannot (RFC 8259, section 8.2)."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def here(url: str, origin: str) -> str:
    """The address at which this account, or what stands in for a provider, answers for another."""
    issuer, domain = _ISSUER.fullmatch(url), _DOMAIN.fullmatch(url)
    if issuer is not None:
        return f"{origin}{issuer['path']}"
    if domain is not None:
        return f"{origin}/_domain/{domain['domain']}{domain['path']}"
    return sites.here(url, origin)


def is_reachable(url: str, origin: str) -> bool:
    """Whether the account would ask there."""
    try:
        there = here(url, origin)
        parts = urlsplit(there)
        return _is_own(there, origin) or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    except ValueError:
        return False


def _is_own(url: str, origin: str) -> bool:
    """Whether it is at this account's own address, of which it has one by HTTP and may have one by HTTPS."""
    return urlsplit(url)[:2] == urlsplit(origin)[:2]


def fetch(
    url: str,
    origin: str,
    state: State,
    *,
    method: str = "GET",
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """One request, without following redirects. Others may use the account meanwhile."""
    if not is_reachable(url, origin):
        raise Elsewhere(url)
    url, sent, body = here(url, origin), _HEADERS | dict(headers or {}), b""
    if form is not None:
        body = urlencode(form).encode()
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    with others_may_call(state):
        if _is_own(url, origin):
            status, _, answered = _answered_here(method, url, sent, body, state)
            return Fetched(status, answered)
        return _by_socket(method, urlsplit(url), sent, body)


def _answered_here(method: str, url: str, headers: dict[str, str], body: bytes, state: State) -> Response:
    """What the account's own public addresses answer."""
    from labkit.local import direct, lab_idp, managed_login, wellknown, wire

    request = wire.read(direct.environ(method, url, headers, body))
    for answer in (wellknown.answer, lab_idp.answer, managed_login.answer):
        found = answer(request, state)
        if found is not None:
            return found
    return 404, {}, b""


def _by_socket(method: str, parts: SplitResult, headers: dict[str, str], body: bytes) -> Fetched:
    import http.client

    path = parts.path or "/"
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_SECONDS)
        try:
            connection.request(
                method, f"{path}?{parts.query}" if parts.query else path, body or None, headers
            )
            with connection.getresponse() as reply:  # which may be left half read
                content = reply.read(_MOST + 1)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        raise Unreachable from None
    if len(content) > _MOST:
        raise Unreachable
    return Fetched(reply.status, content)
