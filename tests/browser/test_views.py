"""What holds for every interactive view in JupyterLab; what one view alone does is in its own file."""

from __future__ import annotations

import pytest

from labkit.show.interactive.gallery import VIEWS
from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_accessible_in_every_theme_and_asks_nobody_outside(views: Views, name: str) -> None:
    view = views.open(name, f"show.gallery({name!r})")
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
        views.picture(view, f"{name}-{theme.split(' ', 1)[1].lower().replace(' ', '-')}")
    views.dress(THEMES[0])
    assert views.left_the_machine == []


def test_a_view_outlives_a_restarted_kernel_and_says_that_nobody_answers(views: Views) -> None:
    view = views.open("restarted", "show.gallery('token_inspector')")
    views.page.evaluate("window.opened.sessionContext.session.kernel.restart()")
    view.get_by_role("button", name="Tamper with it").first.click()
    view.get_by_label("Value of the claim email").first.fill("mallory@example.com")
    view.get_by_label("Value of the claim email").first.press("Enter")
    view.get_by_role("status").filter(has_text="the kernel has stopped or was restarted").wait_for()
    assert view.get_by_text("cognito:username").first.is_visible()


def test_a_notebook_is_saved_with_the_fallback_and_without_the_widgets_state(views: Views) -> None:
    views.open("saved", f"show.gallery({VIEWS[0]!r})")
    notebook = views.saved("saved")
    assert "widgets" not in notebook["metadata"]
    assert {"text/html", "text/plain"} <= notebook["cells"][0]["outputs"][0]["data"].keys()
