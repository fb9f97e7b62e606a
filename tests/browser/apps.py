"""Apps of the served account's user pools, to which real browsers come back."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.browser.person import Person
from tests.local.accounts import reached
from tests.local.managed_login import App, app

SIGN_IN = re.compile("^Sign in to")


def urls(there: str) -> dict[str, list[str]]:
    """An app client's, for an app at that address."""
    return {"CallbackURLs": [f"{there}/callback"], "LogoutURLs": [f"{there}/bye"]}


def an_app(
    served: tuple[LocalApp, Server], there: str, client: dict[str, Any] | None = None, **settings: Any
) -> App:
    """An app beside a new pool of these settings."""
    return app(reached(served[0], "http", served[1]), urls(there) | (client or {}), **settings)


def signs_out(at: App, person: Person, there: str) -> None:
    """After which the sign-in page asks again."""
    person.opens(at.end(f"{there}/bye"))
    expect(person.page).to_have_url(f"{there}/bye")
    person.opens(at.begin(f"{there}/callback"))
    person.sees(SIGN_IN)
