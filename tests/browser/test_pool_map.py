"""Calls that a notebook made light the map of the two pools in JupyterLab; all by keyboard."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SOURCE = """
account = labkit.open_account()
with labkit.record() as calls:
    account.client("cognito-idp").create_user_pool(PoolName="lit")
    account.client("cognito-idp").list_user_pools(MaxResults=1)
    account.client("s3").list_buckets()
show.pool_map(calls)
"""


def test_made_calls_light_their_places_and_are_stepped_through(views: Views) -> None:
    view = views.open("pool-map", SOURCE)
    first = view.get_by_role("cell").get_by_role("button").first
    first.press("ArrowRight")
    for _ in range(5):
        views.page.keyboard.press("ArrowDown")
    views.page.keyboard.press("Enter")
    view.get_by_role("heading", name="Identity Pool: Comes next").wait_for()
    assert view.get_by_role("listitem").all_inner_texts() == ["3. ListBuckets (S3) ✓ 200 OK"]
    view.get_by_role("button", name="Next call").press("Enter")
    view.get_by_text("◀ this one").wait_for()
    assert "CreateUserPool, 200 OK. User Pool, Decides by" in view.get_by_role("status").inner_text()
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])
    assert views.left_the_machine == []
