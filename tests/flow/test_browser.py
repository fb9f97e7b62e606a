"""The browser that a notebook plays: cookies, redirects, forms, links, and no step beyond this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from labkit.course import Browser
from labkit.errors import LabError
from labkit.flow.redirect_catcher import RedirectCatcher

PAGES = {
    "/form": (
        "<title>A title</title><h1>A  form</h1><p class='error'>Try <b>again</b></p>"
        "<a href='/next?a=1&amp;b=2'>Go on</a><form method='post' action='/sent?kept=1'>"
        "<input type='hidden' name='token' value='x&amp;y'><input name='user'>"
        "<input type='checkbox' name='unchecked' value='1'>"
        "<input type='radio' name='pick' value='one' checked>"
        "<button name='do' value='first'>A</button><button name='do' value='second'>B</button></form>"
        "<form method='get' action='/next'><input name='q' value='z'></form>"
    ),
    "/next": "<h1>Next</h1>",
}


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/circle":
                return self.answer(302, "", Location="/circle")
            if path == "/away":
                return self.answer(302, "", Location="https://evil.example.com/")
            if path == "/login":
                return self.answer(302, "", Location="form", **{"Set-Cookie": "seen=1; HttpOnly"})
            cookie = self.headers.get("Cookie", "none")
            body = PAGES.get(path, "<h1>Nothing here</h1>") + f"<p id=c>{cookie}</p>"
            return self.answer(200 if path in PAGES else 404, body)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(200, f"<h1>{sorted((k, v[0]) for k, v in form.items())}</h1><p>{self.path}</p>")

        def answer(self, status: int, body: str, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_is_read_as_a_person_reads_it(place: str) -> None:
    browser = Browser()
    page = browser.open(f"{place}/login")
    assert (page.title, page.error, page.address) == ("A form", "Try again", f"{place}/form")
    assert page.links == {"Go on": f"{place}/next?a=1&b=2"}
    assert page.form.visible == ("user", "pick")
    assert page.form.fields == {"token": "x&y", "user": "", "pick": "one", "do": "first"}
    assert repr(page).startswith("<Page 'A form', error: Try again, asks for user, pick")
    assert [(visit.status, visit.location) for visit in browser.visits] == [(302, f"{place}/form"), (200, "")]


def test_a_form_is_sent_with_what_stands_in_it_and_what_is_filled_in(place: str) -> None:
    browser = Browser()
    browser.open(f"{place}/form")
    page = browser.fill(user="ana", do="second")
    assert page.title == "[('do', 'second'), ('pick', 'one'), ('token', 'x&y'), ('user', 'ana')]"
    assert page.address == f"{place}/sent?kept=1"
    browser.open(f"{place}/form")
    assert browser.fill(1, q="words").address == f"{place}/next?q=words"
    assert browser.visits[-1].sent == {"q": "words"}


def test_each_browser_has_its_own_cookies(place: str) -> None:
    one, other = Browser(), Browser()
    one.open(f"{place}/login")
    seen = [browser.open(f"{place}/form").forms for browser in (one, other)]
    assert seen[0] == seen[1]
    assert [len(list(browser.cookies)) for browser in (one, other)] == [1, 0]


def test_links_are_followed_by_their_text(place: str) -> None:
    browser = Browser()
    browser.open(f"{place}/form")
    with pytest.raises(LabError, match="has no link `Back`: it has Go on"):
        browser.follow("Back")
    assert browser.follow("Go on").title == "Next"
    assert browser.visits[-1].sent == {"a": "1", "b": "2"}


def test_a_refusal_is_a_page_and_a_visit_keeps_its_secrets(place: str) -> None:
    browser = Browser()
    page = browser.open(f"{place}/nowhere?code=secret")
    assert (page.status, page.title) == (404, "Nothing here")
    assert "secret" not in repr(browser.visits[-1])
    with pytest.raises(LabError, match="has no form to fill in"):
        browser.fill()
    with pytest.raises(LabError, match="has no form to fill in"):
        _ = page.form


def test_it_goes_nowhere_but_to_this_machine_and_not_in_circles(place: str) -> None:
    browser = Browser()
    with pytest.raises(LabError, match="shows nothing yet"):
        _ = browser.page
    for address in ("https://evil.example.com/", f"{place}/away", "file:///etc/passwd", "http://[::"):
        with pytest.raises(LabError, match="is not on this machine"):
            browser.open(address)
    with pytest.raises(LabError, match="in a circle"):
        browser.open(f"{place}/circle")
    assert browser.open(f"{place}/next").title == "Next"


def test_a_place_that_has_gone_is_one_sentence() -> None:
    """After `labkit start` has ended, its addresses are still in the notebook's variables."""
    with RedirectCatcher() as listener:
        assert Browser().open(listener.logout_uri).title == "Signed out"
    gone = listener.logout_uri.removesuffix("/signed-out")
    with pytest.raises(LabError, match=f"^nothing answers at `{gone}`: start what served it again"):
        Browser().open(listener.logout_uri)
