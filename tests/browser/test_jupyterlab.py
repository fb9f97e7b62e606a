"""A learner in JupyterLab: `labkit start`, the notebook opens, Run All Cells, and everything is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OUTPUT = Path(__file__).parent / "output"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield context.new_page()
    context.close()


def test_the_first_notebook_opens_by_itself(lab: str, page: Page) -> None:
    page.goto(lab)
    page.get_by_role("paragraph").filter(has_text="answers one question").wait_for(timeout=90_000)
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / "01-opened.png")


def test_notebook_04_runs_from_top_to_bottom(lab: str, page: Page) -> None:
    run_all(lab, page, "04-four-steps", begins="The whole chain, from a password")

    page.get_by_text("Replace `...` by your own code").wait_for(timeout=90_000)

    assert page.get_by_text("AWS allowed it (200).").count() >= 1
    assert page.get_by_text("AWS refused it (403 AccessDenied).").count() >= 1
    assert page.get_by_text("AWS refused it (400 ExpiredToken).").count() >= 1
    assert _errors(page) == []
    page.screenshot(path=OUTPUT / "04-ran.png")


@pytest.mark.parametrize(
    "notebook, begins, shows",
    [
        ("02-tokens", "Signing in gave Alice", ("Tamper with it", "What do you know of Tokens?")),
        ("03-what-can-you-do", "A User Pool knows", ("The Identity ID", "User Pools and Identity Pools")),
        ("05-policy-decisions", "Behind every call to AWS", ("The nearest misses", "Who may do what")),
        ("06-sign-in-flows", "A User Pool asks until", ("SRP: two calls, no password", "Carol chooses")),
        ("07-groups-roles-and-tags", "So far everybody who signs in", ("One role, three sessions",)),
        ("10-iot-connect", "S3 answers when you ask", ("A presigned URL", "What AWS IoT decided")),
        ("11-iot-things-and-policies", "Now there are devices", ("The fleet", "lab-tomato, shadow")),
    ],
)
def test_a_later_notebook_runs_from_top_to_bottom(
    lab: str, page: Page, notebook: str, begins: str, shows: tuple[str, ...]
) -> None:
    run_all(lab, page, notebook, begins=begins)

    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
            return prompts.length > 10 && prompts.every(prompt => /\\[\\d+\\]/.test(prompt.textContent))
        }""",
        timeout=150_000,
    )
    page.screenshot(path=OUTPUT / f"{notebook[:2]}-ran.png")
    for text in shows:
        assert page.get_by_text(text).count() >= 1
    assert _errors(page) == []


def run_all(lab: str, page: Page, notebook: str, *, begins: str) -> None:
    # `reset` closes the notebooks that JupyterLab would open again.
    page.goto(lab.replace("01-who-are-you", notebook) + "&reset")
    page.get_by_role("paragraph").filter(has_text=begins).first.wait_for(timeout=90_000)
    # Run All Cells before the kernel is there would ask which kernel to take.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).first.click()


def _errors(page: Page) -> list[Any]:
    """Tracebacks among the outputs."""
    stderr = '[data-mime-type="application/vnd.jupyter.stderr"], .jp-RenderedText:has-text("Traceback")'
    return page.locator(stderr).all_inner_texts()
