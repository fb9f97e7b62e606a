"""Signing in at a company by SAML, and out at both, in a real browser, whose cookies keep to their sites."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import trustme
from playwright.sync_api import Browser, Page, expect

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.browser.apps import an_app, urls
from tests.local.federation import ANA, provider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def secured(served: tuple[LocalApp, Server]) -> Iterator[str]:
    """The address of the same account over HTTPS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with Server(served[0], tls=context) as server:
        yield f"https://localhost:{server.port}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that runs no script: a person presses what would send itself."""
    context = browser.new_context(java_script_enabled=False, ignore_https_errors=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_person_signs_in_at_a_company_and_out_there_too(
    served: tuple[LocalApp, Server], page: Page, elsewhere: str, secured: str, scheme: str
) -> None:
    """The company is at an address of plain HTTP: for the domain over HTTPS a page of another site."""
    at = an_app(served, elsewhere)
    name = provider(at, "SAML", mapping={}, more={"IDPSignout": "true"})
    corp = at.another(SupportedIdentityProviders=[name], **urls(elsewhere))
    endpoint = at.account.endpoint if scheme == "http" else secured
    start = f"{endpoint}{corp.address(redirect_uri=f'{elsewhere}/callback', identity_provider=name)}"
    page.goto(start)
    page.locator("#email").fill(ANA[0])
    page.locator("#password").fill(ANA[1])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(rf"{elsewhere}/callback\?code=[\w-]+&state=xyz"))
    out = urlencode({"client_id": corp.client_id, "logout_uri": f"{elsewhere}/bye"})
    page.goto(f"{endpoint}{corp.base}/logout?{out}")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(f"{elsewhere}/bye")
    page.goto(start)
    expect(page.locator("#password")).to_be_visible()  # neither session is left
