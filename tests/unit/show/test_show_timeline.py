"""Lifetimes on one axis."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.show import Timeline
from labkit.show.html import render
from tests.unit.show import samples


@pytest.fixture
def view() -> Timeline:
    return show.lifetimes(
        now=samples.signed_in + timedelta(minutes=18),
        id_token=samples.id_token,
        access_token=samples.access_token,
        refresh_token_validity=timedelta(days=30),
        credentials=samples.credentials,
    )


def test_each_lifetime_says_what_is_left(view: Timeline) -> None:
    standing = {each.name: each.standing(view.now) for each in view.lifetimes}
    assert standing == {
        "ID token": "valid, 42 min left",
        "Access token": "valid, 42 min left",
        "Refresh token": "valid, 29 d 23 h left",
        "Credentials": "valid, 47 min left",
    }


def test_a_token_is_valid_until_its_expiration_and_not_at_it() -> None:
    """RFC 7519 section 4.1.4: not accepted on or after `exp`."""
    at = samples.signed_in + timedelta(hours=1)
    before = show.lifetimes(now=at - timedelta(seconds=1), id_token=samples.id_token)
    assert "✓ valid, 1 s left" in before.to_text()
    assert "✗ expired 0 s ago" in show.lifetimes(now=at, id_token=samples.id_token).to_text()


def test_the_refresh_token_counts_from_the_sign_in(view: Timeline) -> None:
    """A refresh gives a new `iat` and keeps `auth_time`."""
    refreshed = samples.compact(samples.claims("id", iat=int(samples.signed_in.timestamp()) + 1800))
    later = show.lifetimes(now=view.now, id_token=refreshed, refresh_token_validity=timedelta(days=30))
    assert later.lifetimes[1].start == view.lifetimes[2].start == samples.signed_in


def test_long_term_keys_do_not_expire() -> None:
    keys = dataclasses.replace(samples.credentials, session_token=None, expiration=None)
    assert "does not expire" in show.lifetimes(now=samples.signed_in, credentials=keys).to_text()
    assert show.lifetimes(now=samples.signed_in, credentials=keys).to_png()


def test_the_picture_is_a_png_with_words_beside_it(view: Timeline) -> None:
    assert view.to_png().startswith(b"\x89PNG\r\n")
    assert "ID token: valid, 42 min left" in view.alt
    assert "Timeline at 2026-01-31 12:18:00 UTC" in view.alt


def test_the_picture_is_the_same_each_time_and_ignores_the_learners_style(view: Timeline) -> None:
    import matplotlib as mpl

    first = view.to_png()
    with mpl.rc_context({"text.color": "white", "font.size": 30.0}):
        assert view.to_png() == first


def test_the_picture_leaves_nothing_behind_in_pyplot(view: Timeline) -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    view.to_png()
    assert pyplot.get_fignums() == before


@pytest.mark.parametrize(
    "after", [timedelta(days=-1), timedelta(0), timedelta(hours=2), timedelta(days=4000)]
)
def test_a_picture_can_be_drawn_wherever_the_hand_stands(after: timedelta) -> None:
    view = show.lifetimes(now=samples.signed_in + after, id_token=samples.id_token)
    assert view.to_png().startswith(b"\x89PNG")


def test_the_picture_is_neither_blank_nor_transparent(view: Timeline) -> None:
    from matplotlib import image

    pixels = image.imread(io.BytesIO(view.to_png()))
    assert pixels.shape[1] == 1520
    assert pixels[..., 3].min() == 1.0
    assert len({tuple(pixel) for pixel in pixels[::20, ::20, :3].reshape(-1, 3).tolist()}) > 2


def test_jupyterlab_gets_the_picture_and_the_table_as_two_outputs(
    view: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one output JupyterLab shows the richest form alone."""
    published = []
    monkeypatch.setattr(
        "IPython.display.publish_display_data", lambda data, metadata=None: published.append(data)
    )
    view._ipython_display_()
    picture, table = published
    assert set(picture) == {"image/png", "text/plain"}
    assert table == {"text/plain": view.to_text(), "text/html": view.to_html()}


def test_the_html_form_is_the_table_without_the_picture(view: Timeline) -> None:
    """nbval compares HTML byte for byte; a picture differs between matplotlib's versions."""
    assert view.to_html() == render(view.title, view.blocks)
    assert "<img" not in view.to_html()


def test_matplotlib_is_not_imported_before_a_picture_is_wanted() -> None:
    script = (
        "import sys, labkit.show; sys.exit(any(name in sys.modules for name in ('matplotlib', 'IPython')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    drawn = "import sys, labkit.show.timeline_picture; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", drawn], check=False).returncode == 1


def test_a_naive_now_is_refused() -> None:
    assert len(show.lifetimes(now=samples.signed_in, id_token=samples.id_token).lifetimes) == 1
    with pytest.raises(LabError, match="aware"):
        show.lifetimes(now=datetime(2026, 1, 31), id_token=samples.id_token)  # noqa: DTZ001 - the point of it


def test_nothing_to_show_is_refused() -> None:
    assert len(show.lifetimes(now=samples.signed_in, refresh_token_validity=timedelta(days=1)).lifetimes) == 1
    with pytest.raises(LabError, match="at least one"):
        show.lifetimes(now=samples.signed_in)


def test_a_token_without_times_is_refused_by_name() -> None:
    assert len(show.lifetimes(now=samples.signed_in, access_token=samples.access_token).lifetimes) == 1
    with pytest.raises(LabError, match="Access token has no lifetime"):
        show.lifetimes(now=samples.signed_in, access_token=samples.compact({"sub": "someone"}))
