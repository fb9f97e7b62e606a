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


def test_notebook_04_runs_from_top_to_bottom(lab: str, page: Page, folder: Path) -> None:
    run_all(lab, page, "04-four-steps", begins="The whole chain, from a password")

    page.get_by_text("Replace `...` by your own code").wait_for(timeout=90_000)

    assert page.get_by_text("AWS allowed it (200).").count() >= 1
    assert page.get_by_text("AWS refused it (403 AccessDenied).").count() >= 1
    assert page.get_by_text("AWS refused it (400 ExpiredToken).").count() >= 1
    assert _errors(page) == []
    # Nothing frightens in the terminal, such as kernels that warn of eavesdroppers.
    assert "WARNING" not in folder.with_suffix(".log").read_text()
    page.screenshot(path=OUTPUT / "04-ran.png")


@pytest.mark.parametrize(
    "notebook, begins, shows",
    [
        ("02-tokens", "Signing in gave Alice", ("Tamper with it", "What do you know of Tokens?")),
        ("03-what-can-you-do", "A User Pool knows", ("The Identity ID", "User Pools and Identity Pools")),
        ("05-policy-decisions", "Behind every call to AWS", ("The nearest misses", "Who may do what")),
        ("06-sign-in-flows", "A User Pool asks until", ("SRP: two calls, no password", "Carol chooses")),
        ("07-groups-roles-and-tags", "So far everybody who signs in", ("One role, three sessions",)),
        (
            "08-oauth-and-managed-login",
            "So far the app took",
            ("The authorization code flow", "The second app"),
        ),
        (
            "09-federation",
            "Your users have accounts elsewhere",
            ("Two sign-ins, one in the other", "In Cognito's ID token"),
        ),
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


def test_the_sign_in_page_opens_from_notebook_08_and_leads_back(lab: str, page: Page) -> None:
    run_all(lab, page, "08-oauth-and-managed-login", begins="So far the app took")
    link = page.get_by_role("link", name="Open the sign-in page in a new tab")
    link.wait_for(timeout=150_000)

    page.get_by_text("Open it here").click()
    frame = page.frame_locator('iframe[title="The sign-in page"]')
    frame.get_by_role("heading", name="Sign in to my-app").wait_for(timeout=30_000)
    page.screenshot(path=OUTPUT / "08-sign-in-here.png")

    with page.context.expect_page() as opened:
        link.click()
    tab = opened.value
    tab.get_by_label("Username").fill("alice")
    tab.get_by_label("Password").fill("Alice-in-labkit-1")
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.get_by_text("You may close this window and go back to the notebook.").wait_for(timeout=30_000)


def test_ana_signs_in_at_her_company_from_notebook_09(lab: str, page: Page) -> None:
    run_all(lab, page, "09-federation", begins="Your users have accounts elsewhere")
    link = page.get_by_role("link", name="Open the sign-in page in a new tab")
    link.wait_for(timeout=150_000)
    diagram = page.get_by_role("img", name="Two sign-ins, one in the other").first
    diagram.wait_for(timeout=30_000)
    diagram.scroll_into_view_if_needed()
    page.screenshot(path=OUTPUT / "09-two-sign-ins.png")

    with page.context.expect_page() as opened:
        link.click()
    tab = opened.value
    tab.get_by_role("heading", name="Example Corp").wait_for(timeout=30_000)
    tab.screenshot(path=OUTPUT / "09-example-corp.png")
    tab.get_by_label("E-mail address").fill("ana@example.com")
    tab.get_by_label("Password").fill("correct-horse-1")
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_text("You may close this window and go back to the notebook.").wait_for(timeout=30_000)


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
