"""A learner asks what a session can reach, in JupyterLab, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_verdict_of_a_session_says_why(views: Views) -> None:
    view = views.open("credentials", "show.gallery('credentials_card')")
    assert view.get_by_role("timer").inner_text() == "✓ valid for another 47 min 30 s"
    first = view.get_by_role("button", name="s3:GetObject on").first
    first.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        views.page.keyboard.press(key)
    view.get_by_text("Explicit deny. Statement NoArchive").first.wait_for()
    assert view.locator('td [aria-pressed="true"]').inner_text() == "✗ explicit deny"
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])
    views.picture(view, "credentials_card-why")
