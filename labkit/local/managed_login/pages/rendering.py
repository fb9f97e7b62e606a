"""HTML: everything in it escaped, and sent with headers that let it do no more than it must."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response

if TYPE_CHECKING:
    from labkit.local.managed_login.domains import Site
    from labkit.local.managed_login.forms import Entered
    from labkit.local.state import State
    from labkit.local.wire import Request

_FOLDER = Path(__file__).parent / "templates"
#: A page runs nothing, loads its own style and its own drawings, and may stand in a notebook on this machine.
#: `form-action` would bind the redirects after a form too, and with them where the app goes on to.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*"
)
#: What passkeys need beyond: the one script of the domain's own.
_SCRIPTED = f"{_POLICY}; script-src 'self'"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Field:
    """One input, with its label."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    value: str = ""
    required: bool = True
    hint: str = ""
    inputmode: str = ""
    #: For a choice: value and label of each.
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Passkey:
    """What the form's script asks the browser for, before the form is sent."""

    #: `create` or `get`, as `navigator.credentials` calls it.
    way: str
    #: WebAuthn's options, in its JSON.
    options: str = field(repr=False)


@dataclass(frozen=True)
class Page:
    """A page with a form, or without one where it has no action."""

    title: str
    action: str = ""
    button: str = "Continue"
    fields: tuple[Field, ...] = ()
    lead: str = ""
    #: What went wrong with the form that was sent.
    error: str = ""
    #: What went well.
    notice: str = ""
    #: Links below the form: text and address.
    links: tuple[tuple[str, str], ...] = ()
    #: Buttons of other providers: text and address.
    providers: tuple[tuple[str, str], ...] = ()
    #: More buttons of the form, which need no password: the value of `first`, and the text.
    others: tuple[tuple[str, str], ...] = ()
    #: A second form without input: action and button.
    again: tuple[str, str] | None = None
    #: A QR code as a `data:` address, and the text in it.
    qr_code: str = ""
    secret_code: str = ""
    passkey: Passkey | None = None


def page(
    site: Site | None, shown: Page, *, secret: str = "", status: int = 200, cookie: str = ""
) -> Response:
    text = _templates().get_template("page.html").render(page=shown, site=site, secret=secret)
    headers = _HEADERS | ({"Content-Security-Policy": _SCRIPTED} if shown.passkey else {})
    headers |= {"Set-Cookie": cookie} if cookie else {}
    return status, headers, text.encode()


def following(form: Entered, shown: Page) -> Response:
    """The next page of a visit; 400 where it says what was wrong with the last one."""
    return page(form.site, shown, secret=form.secret, status=400 if shown.error else 200)


def said(error: AwsError) -> str:
    """What a page says of an error. What is not simulated, and faults, have a page of their own."""
    if error.status >= 500:
        raise error
    return error.message


@lru_cache(maxsize=1)
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def style(site: Site, request: Request, state: State) -> Response:
    return _file("style.css", "text/css")


def script(site: Site, request: Request, state: State) -> Response:
    return _file("passkeys.js", "text/javascript")


def _file(name: str, kind: str) -> Response:
    headers = {"Content-Type": f"{kind}; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return 200, headers | {"Cache-Control": "max-age=3600"}, (_FOLDER / name).read_bytes()


_EXPLAINED = {
    "redirect_mismatch": "The address to return to is none of the app client's CallbackURLs or LogoutURLs. "
    "It must be one of them letter by letter.",
    "invalid_request": "A parameter is missing, comes twice, names an app client that this user pool "
    "does not have, or is a state in JSON, which must be encoded to base64.",
}


def error(site: Site, request: Request, state: State) -> Response:
    """What is shown where no app can be told."""
    code = request.parameters.get("error", "")[:200]
    lead = _EXPLAINED.get(code, "The request could not be answered.")
    title = "An error was encountered with the requested page."
    return page(site, Page(title, lead=lead, error=code or "error"), status=400)


def no_such_domain() -> Response:
    return page(None, Page("There is no such domain", lead="No user pool has this domain."), status=404)


def not_found(site: Site) -> Response:
    return page(site, Page("Not found", lead="This domain has no such page."), status=404)


def wrong_method(site: Site, methods: str) -> Response:
    status, headers, body = page(site, Page("Method not allowed", lead=f"Only {methods}."), status=405)
    return status, headers | {"Allow": methods}, body


def forged(site: Site) -> Response:
    lead = "The form was too old, or came from another window. Go back to the app and sign in from there."
    return page(site, Page("Please start again", lead=lead), status=403)


def unavailable(site: Site) -> Response:
    """Title and text as AWS gave them: https://github.com/minorun365/html-share/issues/3"""
    lead = (
        "Please contact an administrator: the app client has no branding style, without which managed login "
        "shows no page. CreateManagedLoginBranding with UseCognitoProvidedValues makes one."
    )
    return page(site, Page("Login pages unavailable", lead=lead), status=403)


def failure(site: Site, error: AwsError) -> Response:
    return page(site, Page(error.code, lead=error.message, error=error.code), status=error.status)
