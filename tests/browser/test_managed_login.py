"""A person at a User Pool's domain, in a real browser: from signing up to signing out."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
import trustme
from playwright.sync_api import Browser, Page, expect

from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from tests.local.accounts import reached
from tests.local.federation import ANA, provider
from tests.local.managed_login import App, app
from tests.local.test_user_pool_mfa import TOTP

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PASSWORD = "Correct-horse-1"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[LocalApp, Server]]:
    account = create_app(account_id="777788889999")
    with Server(account) as server:
        yield account, server


@pytest.fixture(scope="module")
def secured(served: tuple[LocalApp, Server]) -> Iterator[str]:
    """The address of the same account over HTTPS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with Server(served[0], tls=context) as server:
        yield f"https://localhost:{server.port}"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of an app: below /frame it shows another page, by its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            framed = self.path.partition("/frame?")[2]
            body = f'<iframe src="{escape(framed)}" width="600" height="600"></iframe>' if framed else "back"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>app</title>{body}".encode())

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def at(served: tuple[LocalApp, Server], elsewhere: int) -> App:
    there = f"http://localhost:{elsewhere}"
    urls = {"CallbackURLs": [f"{there}/callback"], "LogoutURLs": [f"{there}/bye"]}
    made = app(reached(served[0], "http", served[1]), urls)
    made.pool.admin.set_user_pool_mfa_config(UserPoolId=made.pool.id, MfaConfiguration="ON", **TOTP)
    return made


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A browser that runs no script: the pages need none."""
    context = browser.new_context(
        java_script_enabled=False, color_scheme=request.param, ignore_https_errors=True
    )
    yield context.new_page()
    context.close()


def test_a_person_signs_up_confirms_signs_in_with_a_second_factor_and_out(
    at: App, page: Page, elsewhere: int
) -> None:
    account, endpoint, there = at.account, at.account.endpoint, f"http://localhost:{elsewhere}"
    start = f"{endpoint}{at.address(redirect_uri=f'{there}/callback')}"
    page.goto(start)
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Email").fill("anna@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("Password not long enough"))
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Code").fill(account.last_code("anna"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("You are signed up"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    totp = pyotp.TOTP(page.locator("main code").inner_text())
    page.get_by_label("Code").fill(totp.at(account.app.state.clock.now()))
    page.get_by_role("button", name="Continue").click()
    back = re.compile(rf"{there}/callback\?code=[\w-]+&state=xyz")
    expect(page).to_have_url(back)
    page.goto(start)
    expect(page).to_have_url(back)  # the session spares a second sign-in
    out = urlencode({"client_id": at.client_id, "logout_uri": f"{there}/bye"})
    page.goto(f"{endpoint}{at.base}/logout?{out}")
    expect(page).to_have_url(f"{there}/bye")
    page.goto(start)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_person_signs_in_at_a_company_and_out_there_too(
    at: App, page: Page, elsewhere: int, secured: str, scheme: str
) -> None:
    """The company is at an address of plain HTTP: for the domain over HTTPS a page of another site."""
    endpoint = at.account.endpoint if scheme == "http" else secured
    there = f"http://localhost:{elsewhere}"
    name = provider(at, "SAML", mapping={}, more={"IDPSignout": "true"})
    urls = {"CallbackURLs": [f"{there}/callback"], "LogoutURLs": [f"{there}/bye"]}
    corp = at.another(SupportedIdentityProviders=[name], **urls)
    start = f"{endpoint}{corp.address(redirect_uri=f'{there}/callback', identity_provider=name)}"
    page.goto(start)
    page.get_by_label("E-mail address").fill(ANA[0])
    page.get_by_label("Password").fill(ANA[1])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(rf"{there}/callback\?code=[\w-]+&state=xyz"))
    out = urlencode({"client_id": corp.client_id, "logout_uri": f"{there}/bye"})
    page.goto(f"{endpoint}{corp.base}/logout?{out}")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(f"{there}/bye")
    page.goto(start)
    expect(page.get_by_label("Password")).to_be_visible()  # neither session is left


def test_a_page_stands_in_a_frame_of_this_machine_and_in_no_strangers(
    at: App, page: Page, elsewhere: int
) -> None:
    """`frame-ancestors`: a notebook at 127.0.0.1 may show the page, another name may not."""
    address = f"{at.account.endpoint}{at.address(redirect_uri=f'http://localhost:{elsewhere}/callback')}"
    for host, shown in (("127.0.0.1", 1), ("localhost", 1), ("stranger.localhost", 0)):
        page.goto(f"http://{host}:{elsewhere}/frame?{address}")
        button = page.frame_locator("iframe").get_by_role("button", name="Sign in")
        expect(button).to_have_count(shown)
