"""A person at web pages, with a keyboard and no mouse; who runs scripts also looks at every page closely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.views import OUTPUT, axe_faults

#: Every page is looked at in each: a desktop window, and a phone's.
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
WIDTHS = (1280, 400)
_FARTHEST = 30


class Person:
    """Tells where they are by the heading, and gets about by Tab, letters, Space and Enter."""

    def __init__(self, page: Page, looked_at: set[str], *, scripts: bool) -> None:
        self.page, self.scripts = page, scripts
        #: What was wrong with the pages that were looked at.
        self.faults: list[str] = []
        #: The texts of pages that need no second look, by whomever.
        self._looked_at = looked_at

    def opens(self, address: str) -> None:
        self.page.goto(address)

    def sees(self, heading: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        if self.scripts:
            self._look()

    def is_told(self, text: str, *, role: Literal["alert", "status"] = "alert") -> None:
        told = self.page.get_by_role(role)
        expect(told).to_have_text(re.compile(text))
        if role == "alert":  # whoever listens hears first what was wrong
            expect(told).to_be_focused()

    def types(self, label: str, text: str) -> None:
        self.goes_to(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def presses(self, button: str) -> None:
        self.goes_to(self.page.get_by_role("button", name=button, exact=True))
        self.page.keyboard.press("Enter")

    def follows(self, link: str) -> None:
        self.goes_to(self.page.get_by_role("link", name=link, exact=True))
        self.page.keyboard.press("Enter")

    def opens_up(self, summary: str) -> None:
        self.goes_to(self.page.locator("summary", has_text=summary))
        self.page.keyboard.press("Enter")

    def is_back(self, app: str) -> dict[str, str]:
        """At the app, with what it was told."""
        expect(self.page).to_have_url(re.compile(rf"{re.escape(app)}/callback\?"))
        query = parse_qs(urlsplit(self.page.url).query)
        return {name: values[0] for name, values in query.items()}

    def goes_to(self, wanted: Locator) -> None:
        """By Tab alone."""
        expect(wanted).to_be_visible()
        for _ in range(_FARTHEST):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {wanted}")

    def _look(self) -> None:
        """axe-core, the width, and a picture, in every dress. It runs a script of its own."""
        text = re.sub(r"\d", "", self.page.locator("body").inner_text())
        if text in self._looked_at:
            return
        self._looked_at.add(text)
        heading = self.page.get_by_role("heading", level=1).inner_text()
        name = f"page-{len(self._looked_at):02}-{re.sub(r'[^a-z]+', '-', heading.lower()).strip('-')}"
        for scheme, width in _dresses():
            self.page.emulate_media(color_scheme=scheme)
            self.page.set_viewport_size({"width": width, "height": 800})
            found = axe_faults(self.page.locator("html"))
            if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append("the page is wider than its window")
            self.faults += [f"{name}, {scheme}, {width} px: {fault}" for fault in found]
            OUTPUT.mkdir(exist_ok=True)
            self.page.screenshot(path=OUTPUT / f"{name}-{scheme}-{width}.png", full_page=True)


def _dresses() -> Iterator[tuple[Literal["light", "dark"], int]]:
    return ((scheme, width) for scheme in SCHEMES for width in WIDTHS)
