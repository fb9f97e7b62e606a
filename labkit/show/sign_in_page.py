"""The address of a sign-in page: what each parameter says, and a link that opens the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from labkit.errors import LabError
from labkit.show.blocks import Cell, Note, Table, clean, row
from labkit.show.redirects import placed
from labkit.show.view import View

_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html"

_MEANINGS = MappingProxyType(
    {
        "response_type": "`code`: a code for the browser, tokens for the app alone.",
        "client_id": "Which app asks.",
        "redirect_uri": "Where the browser is to go afterwards: one of the app client's CallbackURLs.",
        "scope": "What the tokens are to open.",
        "state": "Comes back with the code: this browser went out from this app.",
        "nonce": "Comes back in the ID token: this token is for this sign-in.",
        "code_challenge": "The hash of a secret that the app keeps (PKCE).",
        "code_challenge_method": "Which hash: SHA-256, the only one that Cognito takes.",
        "identity_provider": "Who is to sign the person in.",
        "login_hint": "What to write into the field for the user name.",
        "logout_uri": "Where the browser is to go afterwards: one of the app client's LogoutURLs.",
    }
)


@dataclass(frozen=True, kw_only=True, repr=False)
class SignInPage(View):
    """The parameters; in JupyterLab also the page itself, in a new tab or below."""

    address: str

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The link is in a widget alone: its port differs from run to run, and nothing of it is stored."""
        from ipywidgets.widgets.widget_string import HTML

        page = f'<div class="jp-RenderedHTMLCommon">{self.to_html()}{_link(self.address)}</div>'
        widget = HTML(page)._repr_mimebundle_()
        return {**widget, **super()._repr_mimebundle_(*args, **kwargs)}


def sign_in_page(
    address: str, names: Mapping[str, str], *, title: str = "Where the app sends the browser"
) -> View:
    """An authorization URL, parameter by parameter, and a link that opens the page.

    `names` says who answers at an address, by the address's beginning, and may name other values: see
    `show.redirects`. Raises LabError for what is no address of a web page.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LabError(f"`{clean(address)[:40]}` is no address of a web page: pass an authorization URL")
    given = parse_qsl(parts.query, keep_blank_values=True)
    place = placed(address.partition("?")[0], names)
    lines = (
        row(name, Cell(placed(value, names), code=True), _MEANINGS.get(name, "")) for name, value in given
    )
    table = Table("Its parameters", ("parameter", "value", "what for"), tuple(lines))
    return SignInPage(title, (Note(f"`{place}`", source=_PAGE), table), address=address)


def _link(address: str) -> str:
    """Only a page of this machine may stand inside a notebook."""
    shown = escape(address, quote=True)
    link = (
        f'<p><a href="{shown}" target="_blank" rel="noopener" style="text-decoration:underline">'
        "Open the sign-in page in a new tab</a></p>"
    )
    if urlsplit(address).hostname not in ("127.0.0.1", "localhost"):
        return link
    style = "width:100%;height:32em;border:1px solid var(--jp-border-color0,#8c959f)"
    frame = f'<iframe src="{shown}" title="The sign-in page" loading="lazy" style="{style}"></iframe>'
    return f"{link}<details><summary>Open it here</summary>{frame}</details>"
