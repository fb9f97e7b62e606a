"""Interactive views in JupyterLab: open one in a notebook of its own, use it, and have axe-core look at it.

def test_something(views: Views) -> None:
    view = views.open("flow", "show.gallery('flow')")   # a Playwright locator of the view
    view.get_by_role("button", name="Next").click()
    assert views.faults(view, THEMES[0]) == []
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request

THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
OUTPUT = Path(__file__).parent / "output"
#: https://www.npmjs.com/package/axe-core, read from the packages that the JavaScript tests install.
AXE = Path(__file__).parents[1] / "show" / "js" / "node_modules" / "axe-core" / "axe.min.js"

#: https://www.deque.com/axe/core-documentation/api-documentation/#axecore-tags
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

_OPEN = """async path => {
    const { commands } = window.jupyterapp
    if (window.opened) {
        await window.opened.sessionContext.shutdown()
        window.opened.dispose() // closing it would ask whether to save
    }
    const panel = await commands.execute('docmanager:open', { path, factory: 'Notebook' })
    await panel.context.ready
    await panel.sessionContext.ready
    await panel.sessionContext.session.kernel.info
    await commands.execute('notebook:run-all-cells')
    window.opened = panel
}"""
_THEME = """async theme => {
    await window.jupyterapp.commands.execute('apputils:change-theme', { theme })
    while (document.body.dataset.jpThemeName !== theme) await new Promise(resolve => setTimeout(resolve, 20))
    await new Promise(resolve => setTimeout(resolve, 300))
}"""
_LOOK = """async (element, values) => {
    const { violations } = await window.axe.run(element, { runOnly: { type: 'tag', values } })
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`))
}"""


def axe_faults(element: Locator) -> list[str]:
    """What axe-core finds against WCAG A and AA."""
    if not AXE.is_file():
        lack = f"axe-core is missing: run `npm install --no-package-lock` in `{AXE.parents[2]}`"
        (pytest.fail if os.environ.get("CI", "").lower() in ("1", "true", "yes") else pytest.skip)(lack)
    if not element.page.evaluate("'axe' in window"):
        element.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = element.evaluate(_LOOK, _WCAG)
    return found


class Views:
    """A page of JupyterLab in which views are opened, one after the other."""

    def __init__(self, page: Page, lab: str, folder: Path) -> None:
        self.page, self._folder = page, folder
        #: Addresses that the page asked for, outside this machine.
        self.left_the_machine: list[str] = []
        page.context.on("request", self._asked)
        # No notebook is open: it would come to the front in the middle of a test.
        page.goto(re.sub(r"/tree/[^?]*", "", lab) + "&reset")
        page.wait_for_function("window.jupyterapp?.restored.then(() => true)", timeout=90_000)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.left_the_machine.append(request.url)

    def open(self, name: str, source: str) -> Locator:
        """The view that `source` makes, after `from labkit import show`, in a new notebook."""
        cell: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        notebook = {
            "cells": [{**cell, "id": "view", "source": f"import labkit\nfrom labkit import show\n{source}"}],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self._folder / f"view-{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        self.page.evaluate(_OPEN, f"view-{name}.ipynb")
        view = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .labkit-frame").first
        view.wait_for(timeout=60_000)
        return view

    def dress(self, theme: str) -> None:
        self.page.evaluate(_THEME, theme)

    def faults(self, view: Locator, theme: str) -> list[str]:
        """What axe-core finds in this theme."""
        self.dress(theme)
        return axe_faults(view)

    def picture(self, view: Locator, name: str) -> None:
        """A screenshot for people, in tests/browser/output."""
        OUTPUT.mkdir(exist_ok=True)
        view.screenshot(path=OUTPUT / f"{name}.png")

    def saved(self, name: str) -> Any:
        """The notebook of a view, as JupyterLab saves it."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        return json.loads((self._folder / f"view-{name}.ipynb").read_text(encoding="utf-8"))
