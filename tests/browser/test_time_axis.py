"""A learner moves the hand of the time axis in JupyterLab, then the account's clock, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SOURCE = """
from datetime import timedelta
from labkit.record import Secret
from labkit.resources import Credentials
account = labkit.open_account()
now = account.clock.now()
keys = Credentials("ASIAEXAMPLE", Secret("secret"), Secret("token"), now + timedelta(hours=1))
show.time_axis(
    show.lifetimes(now=now, credentials=keys, refresh_token_validity=timedelta(days=30)),
    advance=account.clock.advance,
)
"""


def test_the_hand_shows_what_is_refused_and_only_the_button_moves_the_clock(views: Views) -> None:
    view = views.open("time-axis", SOURCE)
    hand = view.get_by_role("slider", name="The clock's hand")
    assert "now" in (hand.get_attribute("aria-valuetext") or "")
    hand.press("ArrowRight")
    assert "1 min from now" in (hand.get_attribute("aria-valuetext") or "")
    hand.press("PageUp")
    view.get_by_role("row").filter(has_text="Credentials").get_by_text("✗ expired").wait_for()
    assert view.get_by_role("row").filter(has_text="Refresh token").get_by_text("✓ valid").count() == 1
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])

    back, valid = view.get_by_role("button", name="Back to now"), views.page.get_by_text("✓ valid")
    back.focus()
    # JupyterLab may still take the focus for itself when it has changed its theme.
    views.page.wait_for_function("document.activeElement.textContent === 'Back to now'")
    back.press("Enter")
    view.get_by_role("row").filter(has_text="Credentials").filter(has=valid).wait_for()
    view.get_by_role("button", name="To the next end").press("Enter")
    view.get_by_role("button", name="Advance the account's clock to here").press("Enter")
    view.get_by_text("The account's clock now stands at").wait_for()
    view.get_by_role("row").filter(has_text="Credentials").get_by_text("✗ expired").wait_for()
    assert ", now" in (view.get_by_role("slider").get_attribute("aria-valuetext") or "")
    assert views.left_the_machine == []


def test_the_hand_is_dragged_with_the_mouse(views: Views) -> None:
    view = views.open("time-axis-mouse", "show.gallery('time_axis')")
    box = view.get_by_role("slider").bounding_box()
    assert box is not None
    mouse = views.page.mouse
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.97, box["y"] + box["height"] / 2, steps=20)
    mouse.up()
    view.get_by_role("row").filter(has_text="Refresh token").get_by_text("✗ expired").wait_for()
