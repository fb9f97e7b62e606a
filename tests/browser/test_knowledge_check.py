"""A learner answers questions in JupyterLab, by keyboard alone, and sees what is right only then."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_each_kind_of_question_is_answered_by_keyboard(views: Views) -> None:
    view = views.open("knowledge", "show.gallery('knowledge_check')")
    keyboard = views.page.keyboard
    up = view.get_by_role("button", name="Move up: Sign in to the User Pool")
    up.focus()
    keyboard.press("ArrowUp")
    keyboard.press("ArrowUp")
    assert up.evaluate("element => element === document.activeElement")
    assert view.get_by_role("listitem").first.inner_text().endswith("Sign in to the User Pool")
    credentials = view.get_by_role("button", name="Move down: GetCredentialsForIdentity")
    credentials.press("Enter")
    credentials.press("Enter")
    # Sign in, Sign a request, GetId, GetCredentials: the request belongs to the end.
    request = view.get_by_role("button", name="Move down: Sign a request")
    request.press("ArrowDown")
    request.press("ArrowDown")
    view.get_by_role("button", name="Check my answer").press("Enter")
    view.get_by_text("✓ Right.").wait_for()
    assert "1 of 1 right at the first answer" in view.inner_text()

    view.get_by_role("button", name="Next").press("Enter")
    view.get_by_role("checkbox").first.press("Space")
    assert view.get_by_text("JWT is signed").count() == 0
    keyboard.press("Enter")
    view.get_by_text("✗ Not right.").wait_for()
    assert view.get_by_text("– this is right").count() == 3
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])

    view.get_by_role("button", name="Next").press("Enter")
    view.get_by_role("radio").first.press("Space")
    keyboard.press("ArrowDown")
    assert view.get_by_role("radio").nth(1).is_checked()
    keyboard.press("Enter")
    view.get_by_text("✓ Right.").wait_for()
    assert "2 of 3 right at the first answer, 0 to go." in view.inner_text()
    assert views.left_the_machine == []
