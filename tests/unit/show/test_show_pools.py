"""User Pools and Identity Pools side by side."""

from __future__ import annotations

import dataclasses

from labkit import show
from labkit.show import View
from tests.unit.show import samples


def row(view: View, name: str) -> str:
    return next(line for line in view.to_text().splitlines() if line.startswith(name))


def test_each_pool_has_what_the_other_lacks() -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/what-is-amazon-cognito.html"""
    view = show.side_by_side()
    assert row(view, "Manages users?").split() == ["Manages", "users?", "✓", "yes", "–", "no"]
    assert row(view, "Grants AWS access?").split()[-4:] == ["–", "no", "✓", "yes"]
    assert "Yours" not in view.to_text()


def test_your_own_ids_are_filled_in() -> None:
    view = show.side_by_side(user_pool=samples.user_pool, identity_pool=samples.identity_pool)
    assert samples.user_pool.id in row(view, "Yours")
    assert samples.identity_pool.id in row(view, "Yours")
    assert "none yet" in row(show.side_by_side(user_pool=samples.user_pool), "Yours")


def test_guests_are_told_as_your_pool_has_them() -> None:
    view = show.side_by_side(identity_pool=samples.identity_pool)
    assert row(view, "Lets guests in?").endswith("yours does not")
    opened = dataclasses.replace(samples.identity_pool, allow_guests=True)
    assert row(show.side_by_side(identity_pool=opened), "Lets guests in?").endswith("yes, yours does")
