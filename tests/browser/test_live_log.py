"""The log of a running account in JupyterLab: it follows, is filtered, and says why, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SOURCE = """
import threading, time
from datetime import timedelta
account = labkit.open_account()
account.client("s3").create_bucket(Bucket="bucket-of-the-live-log")
def later():
    time.sleep(6)
    try:
        account.client("s3", labkit.ANONYMOUS).list_objects_v2(Bucket="bucket-of-the-live-log")
    except Exception:
        pass
threading.Thread(target=later).start()
show.live_log(account.request_log, explain=account.explain, every=timedelta(seconds=1))
"""


def test_a_request_appears_by_itself_and_says_why_it_was_denied(views: Views) -> None:
    view = views.open("live-log", SOURCE)
    view.get_by_role("button", name="CreateBucket").first.wait_for()
    asked = view.get_by_role("row").filter(has_text="ListObjectsV2")
    denied = asked.filter(has_text="403 AccessDenied").first
    denied.wait_for(timeout=30_000)
    view.get_by_label("Verdict").select_option("denied by a policy")
    assert view.get_by_role("button", name="CreateBucket").count() == 0
    line = denied.get_by_role("button")
    line.press("Enter")
    assert line.get_attribute("aria-pressed") == "true"
    view.get_by_role("button", name="Why?").press("Enter")
    view.get_by_text("implicit deny").last.wait_for()
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])

    follow = view.get_by_role("button", name="Follow")
    follow.press("Enter")
    assert follow.get_attribute("aria-pressed") == "false"
    assert views.left_the_machine == []
