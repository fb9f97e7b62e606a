"""Forms: what a body of `application/x-www-form-urlencoded` says, and whose visit it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from labkit.local.managed_login import branding, cookies
from labkit.local.managed_login.authorization_request import AuthorizationRequest
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.state import Visit
from labkit.local.user_pools.pools import Client

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_MOST_FIELDS = 100


class Forged(Exception):
    """A form that no page of this browser's sent."""


class Unavailable(Exception):
    """A page of an app client that has no branding style."""


class TooLate(Exception):
    """A form of this browser's, more than five minutes after it came here."""

    def __init__(self, asked: AuthorizationRequest) -> None:
        super().__init__("authentication timed out")
        self.asked = asked


def read(request: Request) -> dict[str, str] | None:
    """The fields, each once; None for what is no such form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != (
        "application/x-www-form-urlencoded"
    ):
        return None
    try:
        text = request.body.decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    form = dict(pairs)
    return form if len(form) == len(pairs) else None


@dataclass(frozen=True)
class Entered:
    """A form that a person sent from a page of their own visit."""

    site: Site
    client: Client
    #: The secret that the visit's forms carry.
    secret: str = field(repr=False)
    visit: Visit
    form: dict[str, str] = field(repr=False)
    request: Request
    state: State

    def __getitem__(self, name: str) -> str:
        return self.form.get(name, "").strip()

    def typed(self, name: str) -> str:
        """As it was typed: a password may begin or end with spaces."""
        return self.form.get(name, "")


def entered(site: Site, request: Request, state: State) -> Entered:
    """The form, if its secret is that of a visit which this very browser began. Raises Forged, or TooLate."""
    form, browser = read(request), cookies.given(request, cookies.BROWSER)
    secret = (form or {}).get("_csrf", "")
    visit = state.managed_login.visit(secret)
    if form is None or visit is None or not browser or visit.browser != browser:
        raise Forged
    if visit.request.domain != site.domain.name:
        raise Forged
    if state.clock.now() >= visit.expires:
        raise TooLate(visit.request)
    _, client = visit.request.pool_and_client(state)
    return Entered(site, client, secret, visit, form, request, state)


def begin(site: Site, asked: AuthorizationRequest, request: Request, state: State) -> tuple[str, Visit, str]:
    """A new visit: its secret, itself, and the Set-Cookie that names the browser.

    A browser's own name is kept as long as a visit under it is open, so that two windows do not disturb
    each other; a name that the account did not give is never taken. Raises Unavailable.
    """
    _, client = asked.pool_and_client(state)
    if not site.is_classic and not branding.has_style(client, state):
        raise Unavailable
    browser = cookies.given(request, cookies.BROWSER)
    if not browser or not state.managed_login.knows_browser(browser):
        browser = state.managed_login.secret()
    secret, visit = state.managed_login.open_visit(browser, asked)
    return secret, visit, cookies.browser(browser, site.base, secure=site.secure)
