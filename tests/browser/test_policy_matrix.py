"""A learner asks a matrix why, and edits the policy behind it, in JupyterLab, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_cell_says_why_and_an_edited_policy_recolours_the_matrix(views: Views) -> None:
    view = views.open("matrix", "show.gallery('policy_matrix')")
    keyboard, grid = views.page.keyboard, view.get_by_role("grid").first
    grid.get_by_role("gridcell").first.focus()
    for key in ("ArrowDown", "ArrowDown", "End", "ArrowLeft", "Enter"):
        keyboard.press(key)
    chosen = grid.locator('[aria-selected="true"]')
    assert chosen.get_attribute("aria-label") == "implicit deny"
    view.get_by_role("heading", name="Why: ").filter(has_text="s3:PutObject").wait_for()
    assert view.get_by_text("The nearest misses, the nearest first").count() == 1
    assert view.get_by_text("The smallest changes after which it would be allowed").count() == 1

    field = view.get_by_label("Policy OwnFiles")
    text = field.input_value()
    field.fill(text.replace('"Deny"', '"Denied"'))
    view.get_by_text("expected Allow or Deny, got Denied").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    field.fill(text.replace("/users/${cognito-identity.amazonaws.com:sub}/", "/users/"))
    grid.locator('[aria-label="allowed, was implicit deny"]').first.wait_for()
    assert chosen.inner_text() == "▲✓"
    view.locator(".labkit-changed").get_by_text("changed: ▲ ").first.wait_for()
    view.locator(".labkit-why").get_by_text("✓ Allowed. Statement OwnFolder").wait_for()
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])
    views.picture(view, "policy_matrix-edited")

    view.get_by_role("button", name="Back to the policies as given").press("Enter")
    grid.locator(".labkit-new").first.wait_for(state="detached")
    assert chosen.get_attribute("aria-label") == "implicit deny"
