"""A person's browser, played by a few lines of Python, so that a notebook runs without anybody at it.

It keeps cookies, follows redirects and fills in forms, as yours would; it runs no scripts and draws nothing.
It goes nowhere but to this machine. Any address that it opens can be opened in a real browser instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, ProxyHandler, Request, build_opener

from labkit.errors import LabError
from labkit.record import Visit

_HERE = ("127.0.0.1", "localhost")
_MOST_REDIRECTS, _SECONDS = 20, 10
_REDIRECTS = (301, 302, 303, 307)


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes, and what stands in its fields."""

    method: str
    action: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    #: The fields that a person sees.
    visible: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """What the browser shows."""

    title: str
    address: str = field(repr=False)
    status: int = field(repr=False)
    #: What the page says is wrong; empty where nothing is.
    error: str = ""
    forms: tuple[Form, ...] = ()
    #: Text → address.
    links: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        asked = [f"asks for {', '.join(form.visible)}" for form in self.forms if form.visible]
        said = [f"error: {self.error}"] if self.error else []
        return f"<Page {', '.join([repr(self.title), *said, *asked])}>"

    @property
    def form(self) -> Form:
        """The page's first form. Raises LabError where there is none."""
        if not self.forms:
            raise LabError(f"the page `{self.title}` has no form to fill in")
        return self.forms[0]


class Browser:
    """One browser, with its own cookies: another `Browser()` is another person's."""

    def __init__(self) -> None:
        #: What it keeps of the sites that it was at.
        self.cookies = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies), _AsItIs())
        #: Every request so far, oldest first.
        self.visits: list[Visit] = []
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        """The page that is open. Raises LabError before the first."""
        if self._page is None:
            raise LabError("the browser shows nothing yet: `browser.open(address)`")
        return self._page

    def open(self, address: str) -> Page:
        """Go to an address, and on wherever it sends the browser, until there is a page."""
        return self._go("GET", address, {})

    def fill(self, form: int = 0, /, **fields: str) -> Page:
        """Send a form of the page: what stands in it, and `fields` in place of what stood there.

        A page that sends its form on by a script waits for this, too: then there is nothing to type.
        """
        if not self.page.forms:
            raise LabError(f"the page `{self.page.title}` has no form to fill in")
        chosen = self.page.forms[form]
        sent = {**chosen.fields, **fields}
        if chosen.method == "GET":
            return self.open(f"{chosen.action.partition('?')[0]}?{urlencode(sent)}")
        return self._go("POST", chosen.action, sent)

    def follow(self, text: str) -> Page:
        """Click on a link, by its text."""
        if text not in self.page.links:
            raise LabError(f"the page has no link `{text}`: it has {', '.join(self.page.links) or 'none'}")
        return self.open(self.page.links[text])

    def _go(self, method: str, address: str, form: Mapping[str, str]) -> Page:
        for _ in range(_MOST_REDIRECTS):
            response = self._ask(method, address, form)
            if response.status not in _REDIRECTS:
                self._page = _read(address, response)
                return self._page
            address, method, form = urljoin(address, response.headers["Location"]), "GET", {}
        raise LabError(f"`{urlsplit(address).path}` sends the browser around in a circle")

    def _ask(self, method: str, address: str, form: Mapping[str, str]) -> Any:
        _require_here(address)
        body = urlencode(form).encode() if method == "POST" else None
        response = self._answer(Request(address, body, method=method))
        sent = dict(form) if method == "POST" else dict(parse_qsl(urlsplit(address).query))
        location = urljoin(address, response.headers["Location"]) if response.status in _REDIRECTS else ""
        self.visits.append(Visit(method, address.partition("?")[0], sent, response.status, location))
        return response

    def _answer(self, request: Request) -> Any:
        try:
            return self._opener.open(request, timeout=_SECONDS)
        except (URLError, ConnectionError, TimeoutError):
            raise LabError(
                f"nothing answers at `http://{request.host}`: start what served it again, "
                "then run the notebook from its first cell"
            ) from None


def is_here(address: str) -> bool:
    """Whether an address is on this machine, where the browser may go."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and parts.hostname in _HERE
    except ValueError:
        return False


def _require_here(address: str) -> None:
    if not is_here(address):
        shown = address.partition("?")[0][:80]
        raise LabError(f"`{shown}` is not on this machine: open it in a browser of your own")


class _AsItIs(HTTPErrorProcessor):
    """Redirects are followed one by one, so that each is seen; a refusal is a page like any other."""

    def http_response(self, _: Request, response: Any) -> Any:
        return response


def _read(address: str, response: Any) -> Page:
    reader = _Reader(address)
    reader.feed(response.read().decode(errors="replace"))
    title = reader.texts.get("h1") or reader.texts.get("title") or ""
    forms = tuple(Form(f.method, f.action, f.fields, tuple(f.visible)) for f in reader.forms)
    return Page(title, address, response.status, reader.texts.get("error", ""), forms, reader.links)


@dataclass
class _Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)
    button: bool = False


class _Reader(HTMLParser):
    """Forms, links, the heading and the error of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.forms: list[_Form] = []
        self.links: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._reading: tuple[str, str, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self._address, given.get("action", "")) or self._address
            self.forms.append(_Form(given.get("method", "get").upper(), action))
        elif tag in ("input", "button") and self.forms and given.get("name"):
            self._field(tag, given)
        name = "error" if given.get("class") == "error" else tag
        if name in ("h1", "title", "error", "a"):
            self._reading, self._text = (tag, name, given.get("href", "")), ""

    def _field(self, tag: str, given: Mapping[str, str]) -> None:
        """Of several buttons the first is pressed, as by the Enter key."""
        form, name = self.forms[-1], given["name"]
        if tag == "button" or given.get("type") == "submit":
            if not form.button:
                form.button, form.fields[name] = True, given.get("value", "")
            return
        if given.get("type") in ("checkbox", "radio") and "checked" not in given:
            return
        form.fields[name] = given.get("value", "")
        if given.get("type") != "hidden":
            form.visible.append(name)

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if self._reading is None or self._reading[0] != tag:
            return
        (_, name, link), text = self._reading, " ".join(self._text.split())
        self._reading = None
        if name == "a":
            self.links.setdefault(text, urljoin(self._address, link))
        else:
            self.texts.setdefault(name, text)
