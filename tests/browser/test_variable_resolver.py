"""A learner follows a variable from the policy to the request, in JupyterLab, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_pattern_that_parts_from_the_request_fits_another_resource(views: Views) -> None:
    view = views.open("resolver", "show.gallery('variable_resolver')")
    keyboard = views.page.keyboard
    view.get_by_text("They part at the request's character 27").wait_for()
    view.get_by_label("s3:GetObject on").focus()
    keyboard.press("Control+a")
    keyboard.type("arn:aws:s3:::photos/users/eu-central-1:5b1f1b2e-7c0d-4f7a-9e0f-3a8a4c1d2e3f/cat.jpg")
    keyboard.press("Enter")
    view.locator(".labkit-stage").get_by_text("They match.").wait_for()
    assert view.locator(".labkit-of-wildcard").inner_text().endswith("cat.jpg")
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])
    views.picture(view, "variable_resolver-matches")

    view.get_by_label("Pattern", exact=True).select_option(index=2)
    view.locator(".labkit-stage").get_by_text("the request has no such key").wait_for()
