"""A learner walks through calls that a notebook really made, in JupyterLab, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.views import THEMES, Views

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SOURCE = """
account = labkit.open_account()
with labkit.record() as calls:
    account.client("sts").get_caller_identity()
    account.client("iam").list_roles()
    account.client("s3").list_buckets()
show.flow_diagram(calls)
"""


def test_recorded_calls_are_walked_forwards_and_backwards(views: Views) -> None:
    view = views.open("walk", SOURCE)
    steps = view.get_by_role("listitem").get_by_role("button")
    assert steps.count() == 3
    steps.first.press("ArrowDown")
    view.get_by_role("heading", name="2. ListRoles").wait_for()
    assert steps.nth(1).get_attribute("aria-current") == "step"
    for theme in THEMES:
        assert views.faults(view, theme) == [], theme
    views.dress(THEMES[0])

    view.get_by_role("button", name="Next").press("Enter")
    view.get_by_role("heading", name="3. ListBuckets").wait_for()
    assert view.get_by_role("status").inner_text() == "Step 3 of 3: ListBuckets (SigV4), 200 OK"
    for _ in range(2):
        view.get_by_role("button", name="Back").press("Enter")
    view.get_by_role("heading", name="1. GetCallerIdentity").wait_for()


@pytest.mark.parametrize("kind, begins", [("SVG", "<svg "), ("Mermaid", "sequenceDiagram\n")])
def test_the_diagram_is_saved_as_a_file(views: Views, kind: str, begins: str) -> None:
    view = views.open(f"save-{kind}", "show.gallery('flow_diagram')")
    with views.page.expect_download() as download:
        view.get_by_role("button", name=f"Save as {kind}").click()
    assert download.value.path().read_text(encoding="utf-8").startswith(begins)
    assert views.left_the_machine == []
