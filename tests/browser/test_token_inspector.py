"""A learner tampers with a token, in JupyterLab, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_changed_claim_makes_the_signature_fall(views: Views) -> None:
    view = views.open("tampering", "show.gallery('token_inspector')")
    keyboard = views.page.keyboard
    view.get_by_role("tab", name="ID token").press("ArrowRight")
    assert view.get_by_role("tab", name="Access token").get_attribute("aria-selected") == "true"
    for key in ("ArrowLeft", "Tab", "Tab", "Enter"):  # to its tab, the clock, and the tampering
        keyboard.press(key)
    field = view.get_by_label("Value of the claim cognito:username").first
    field.focus()
    keyboard.press("Control+a")
    keyboard.type("mallory")
    keyboard.press("Enter")

    view.get_by_role("row").filter(has_text="falls").filter(has_text="signature").wait_for()
    assert view.get_by_role("status").inner_text() == "Rejected: signature fails. verify stops at signature."
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])
    views.picture(view, "token_inspector-tampered")

    view.get_by_role("button", name="Undo the tampering").first.press("Enter")
    view.get_by_text("Every check passes").first.wait_for()
    assert view.get_by_role("row").filter(has_text="falls").count() == 0
