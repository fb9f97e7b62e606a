"""Matrices of decisions as heat maps."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.policy import Matrix, Policy, PolicySet, Row, matrix
from labkit.show.blocks import Mark, Note, Table
from labkit.show.names import shorten
from tests.unit.show.test_show_faces import HOSTILE, assert_harmless, contrast, luminance

ME, YOU = "us-east-1:99999999-2222-3333-4444-555555555555", "us-east-1:88888888-2222-3333-4444-555555555555"
SESSION = "arn:aws:sts::123456789012:assumed-role/{}/CognitoIdentityCredentials"
BUCKET = "arn:aws:s3:::lab-bucket"
MINE, SECRET, YOURS = f"{BUCKET}/{ME}/a.txt", f"{BUCKET}/{ME}/secret.txt", f"{BUCKET}/{YOU}/a.txt"

OWN: dict[str, Any] = {
    "Sid": "Own",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"{BUCKET}/${{cognito-identity.amazonaws.com:sub}}/*",
}
NO_SECRETS = {"Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/*/secret*"}
ACTIONS, RESOURCES = ("s3:GetObject", "s3:PutObject"), (MINE, SECRET, YOURS)
CONTEXT = {"cognito-identity.amazonaws.com:sub": ME}


def policy(*statements: Any) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)})


def row(name: str, *statements: Any) -> Row:
    return Row(name, SESSION.format(name), PolicySet(identity=(policy(*statements),)), CONTEXT)


@pytest.fixture
def one() -> Matrix:
    return matrix([row("learner", OWN, NO_SECRETS)], ACTIONS, RESOURCES)


@pytest.fixture
def two() -> Matrix:
    return matrix([row("learner", OWN, NO_SECRETS), row("guest", NO_SECRETS)], ACTIONS, RESOURCES)


def table(view: show.View, caption: str) -> Table:
    tables = (block for block in view.blocks if isinstance(block, Table))
    return next(each for each in tables if each.caption.startswith(caption))


def test_the_text_is_a_table_of_signs_whose_names_are_cut_to_what_differs(one: Matrix) -> None:
    lines = show.matrix(one).to_text().split("\n\n")
    assert lines[1] == "✓ allowed: 1, ✗ explicit deny: 2, – implicit deny: 3."
    assert lines[2] == f"Every resource begins with `{BUCKET}/us-east-1:`, every action with `s3:`."
    assert lines[3] == (
        "learner: resource by action\n"
        "resource ↓ action →   GetObject  PutObject\n"
        "99999999…/a.txt       ✓          –\n"
        "99999999…/secret.txt  ✗          ✗\n"
        "88888888…/a.txt       –          –"
    )


def test_the_whole_name_is_in_a_title_and_shortened_ones_are_in_a_table(one: Matrix) -> None:
    view = show.matrix(one)
    headers = ElementTree.fromstring(view.to_html()).iter("th")
    titles = {"".join(each.itertext()): each.get("title") for each in headers if each.get("title")}
    assert titles["99999999…/a.txt"] == MINE
    assert titles["PutObject"] == "s3:PutObject"
    full = table(view, "Shortened names in full")
    assert full.folded
    assert [line[2].text for line in full.rows] == [MINE, SECRET, YOURS]


def test_every_cell_says_its_sign_in_words_to_a_screen_reader(one: Matrix) -> None:
    found = ElementTree.fromstring(show.matrix(one).to_html())
    signs = [(each.text, each.get("aria-label"), each.get("role")) for each in found.iter("span")]
    assert signs == [
        *(("✓", "allowed", "img"), ("–", "implicit deny", "img")),
        *[("✗", "explicit deny", "img")] * 2,
        *[("–", "implicit deny", "img")] * 2,
    ]


def test_each_row_has_a_grid_of_its_own(two: Matrix) -> None:
    captions = [grid.caption for grid in show.matrix(two).grids]
    assert captions == ["learner: resource by action", "guest: resource by action"]


def test_several_rows_with_one_resource_or_one_action_stand_in_one_grid(two: Matrix) -> None:
    on_one = matrix(two.rows, ACTIONS, [MINE])
    by_one = matrix(two.rows, ACTIONS[:1], RESOURCES)
    assert [grid.caption for grid in show.matrix(on_one).grids] == [f"{MINE}: principal by action"]
    assert [grid.caption for grid in show.matrix(by_one).grids] == ["s3:GetObject: resource by principal"]


def test_a_slice_stands_as_it_was_turned(two: Matrix) -> None:
    grid = two.of_resource(MINE)
    assert show.matrix(grid).grids[0].kinds == ("principal", "action")
    assert show.matrix(grid.transposed()).grids[0].kinds == ("action", "principal")


def test_statements_allow_deny_or_do_not_apply() -> None:
    rows = Row.of_statements(policy(OWN, NO_SECRETS), principal=SESSION.format("x"), context=CONTEXT)
    view = show.matrix(matrix(rows, ACTIONS, [MINE, SECRET]))
    assert view.title == "What each statement says"
    assert "✓ allows: 2, ✗ denies: 2, – does not apply: 4." in view.to_text()
    assert [grid.caption.partition(":")[0] for grid in view.grids] == ["statement Own", "statement NoSecrets"]


def test_what_changed_is_marked_with_a_word_and_listed(one: Matrix) -> None:
    wider = {**OWN, "Action": "s3:*Object"}
    view = show.matrix(matrix([row("learner", wider, NO_SECRETS)], ACTIONS, RESOURCES), before=one)
    assert "99999999…/a.txt       ✓          ✓ was –" in view.to_text()
    assert 'aria-label="allowed, was: implicit deny">✓ was –<' in view.to_html()
    changed = table(view, "What changed (1)")
    assert [cell.text for cell in changed.rows[0]] == [
        "learner: s3:PutObject",
        MINE,
        "implicit deny",
        "allowed",
    ]
    unmarked = show.matrix(one, before=one)
    assert " was " not in unmarked.to_text()
    assert Note("Nothing changed.") in unmarked.blocks


@pytest.mark.parametrize("rows, actions, resources", [(0, 2, 3), (1, 0, 3), (1, 2, 0), (0, 0, 0)])
def test_an_empty_side_is_said_in_words(one: Matrix, rows: int, actions: int, resources: int) -> None:
    empty = matrix(one.rows[:rows], ACTIONS[:actions], RESOURCES[:resources])
    view = show.matrix(empty, before=one)
    assert view.grids == ()
    assert "There is nothing to decide" in view.to_text()
    assert_harmless(view.to_html())
    assert view.picture.png.startswith(b"\x89PNG")


def test_an_empty_slice_can_be_shown(one: Matrix) -> None:
    view = show.matrix(matrix(one.rows, [], RESOURCES).of_row("learner"))
    assert "There is nothing to decide" in view.to_text()
    assert view.picture.png.startswith(b"\x89PNG")


@pytest.fixture
def big() -> Matrix:
    resources = [f"{BUCKET}/{YOU if place % 2 else ME}/{place}.txt" for place in range(50)]
    return matrix([row("learner", OWN)], [f"s3:GetObjectNumber{i}" for i in range(20)], resources)


def test_twenty_by_fifty_fits_a_terminal_with_numbered_columns(big: Matrix) -> None:
    """And in HTML the names across stand upright."""
    view = show.matrix(big)
    lines = view.to_text().split("\n")
    assert "  20 = GetObjectNumber19" in lines
    assert max(map(len, lines)) <= 132
    assert view.to_html().count("writing-mode") == 20
    assert show.matrix(big.of_row("learner")).grids[0].kinds == ("action", "resource")


def test_columns_that_do_not_fit_begin_anew_below(big: Matrix) -> None:
    lines = show.matrix(big.of_row("learner")).to_text().split("\n")
    heads = [line for line in lines if line.startswith("action ↓ resource →")]
    assert len(heads) == 2
    assert " ".join(heads).split().count("50") == 1


def test_html_stays_small(big: Matrix) -> None:
    assert len(show.matrix(big).to_html()) < 250_000


def test_hostile_names_are_shown_as_text_in_every_form() -> None:
    arn = f"arn:aws:s3:::{HOSTILE}${{aws:username}}$x$"
    view = show.matrix(matrix([row(HOSTILE, OWN)], [f"s3:{HOSTILE}\nGet", "s3:\\frac{$"], [arn, "*"]))
    assert_harmless(view.to_html())
    assert view.picture.png.startswith(b"\x89PNG")
    for form in (view.to_html(), view.to_text(), view.picture.alt):
        assert "\u202e" not in form
        assert "\x00" not in form
    assert "\nGet" not in view.to_text()


def test_letters_that_the_font_lacks_do_not_stop_the_picture() -> None:
    view = show.matrix(matrix([row("שלום 学习", OWN)], ACTIONS, [f"{BUCKET}/学习/a", f"{BUCKET}/b"]))
    assert view.picture.png.startswith(b"\x89PNG")
    assert "שלום 学习" in view.picture.alt


# The picture


def test_the_picture_says_in_words_what_it_shows(one: Matrix) -> None:
    picture = show.matrix(one).picture
    assert picture.alt == (
        "Heat map: Who may do what. learner: resource by action. "
        "✓ allowed: 1, ✗ explicit deny: 2, – implicit deny: 3."
    )
    data, metadata = picture._repr_mimebundle_()
    assert data == {"image/png": picture.png, "text/plain": picture.alt}
    assert metadata["image/png"] == {"alt": picture.alt, "width": picture.width}
    assert set(picture._repr_mimebundle_(include=["image/png"])[0]) == {"image/png"}
    assert set(picture._repr_mimebundle_(exclude=["image/png"])[0]) == {"text/plain"}
    assert "PNG" not in repr(picture)


def test_the_picture_is_opaque_and_has_the_colours_of_its_verdicts(one: Matrix) -> None:
    from matplotlib import image

    from labkit.show.matrix_picture import COLOURS

    picture = show.matrix(one).picture
    pixels = image.imread(io.BytesIO(picture.png))
    assert pixels.shape[1] == 2 * picture.width
    assert pixels[..., 3].min() == 1.0
    seen = {
        "#" + "".join(f"{round(part * 255):02x}" for part in pixel)
        for pixel in pixels[::4, ::4, :3].reshape(-1, 3).tolist()
    }
    assert {colour.lower() for colour, _ in COLOURS.values()} <= seen


def test_the_picture_is_the_same_each_time_and_ignores_the_learners_style(one: Matrix) -> None:
    import matplotlib as mpl

    first = show.matrix(one).picture
    with mpl.rc_context({"text.color": "white", "font.size": 30.0}):
        assert show.matrix(one).picture == first


def test_the_picture_leaves_nothing_behind_in_pyplot(one: Matrix) -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    assert show.matrix(one).picture.png
    assert pyplot.get_fignums() == before


def test_every_place_of_the_picture_has_its_sign_and_what_changed_its_word(one: Matrix) -> None:
    from labkit.show.matrix_picture import figure

    wider = matrix([row("learner", {**OWN, "Action": "s3:*Object"}, NO_SECRETS)], ACTIONS, RESOURCES)
    view = show.matrix(wider, before=one)
    (axes,) = figure(view.title, view.grids).axes
    assert [text.get_text() for text in axes.texts] == ["✓", "✓ was –", "✗", "✗", "–", "–"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        label.text for label in view.grids[0].down
    ]
    # The mesh itself is no patch: only what changed has a frame.
    assert len(axes.patches) == 1


def test_a_picture_that_would_be_too_large_is_refused_and_the_table_is_not() -> None:
    rows = [row(f"learner {number}", OWN) for number in range(60)]
    many = matrix(rows, ACTIONS, [f"{BUCKET}/{ME}/{'long' * 99}/{number}" for number in range(9)])
    assert show.matrix(many.of_row("learner 1")).picture.png.startswith(b"\x89PNG")
    assert len(show.matrix(many).grids) == 60
    with pytest.raises(LabError, match="540 lines and 2 columns is too large"):
        _ = show.matrix(many).picture


@pytest.mark.parametrize("mark", Mark)
def test_signs_can_be_read_on_their_colours(mark: Mark) -> None:
    """https://www.w3.org/TR/WCAG22/#contrast-minimum"""
    from labkit.show.matrix_picture import COLOURS

    assert contrast(*COLOURS[mark]) >= 4.5


def test_the_colours_of_the_picture_differ_in_lightness_as_well() -> None:
    from labkit.show.matrix_picture import COLOURS

    light = sorted(luminance(colour) for colour, _ in COLOURS.values())
    assert all(other - one > 0.05 for one, other in pairwise(light))


def test_matplotlib_is_not_imported_before_a_picture_is_wanted() -> None:
    script = "import sys, labkit.show; labkit.show.matrix; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    drawn = "import sys, labkit.show.matrix_picture; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", drawn], check=False).returncode == 1


# Names


@pytest.mark.parametrize(
    "names, prefix, short",
    [
        (["arn:aws:s3:::b", "arn:aws:s3:::b/x"], "arn:aws:s3:::", ["b", "b/x"]),
        (["arn:aws:s3:::b/", "arn:aws:s3:::b/x"], "arn:aws:s3:::", ["b/", "b/x"]),
        (["arn:aws:s3:::b/one", "arn:aws:s3:::b/only"], "arn:aws:s3:::b/", ["one", "only"]),
        (["s3:GetObject", "dynamodb:Query"], "", ["s3:GetObject", "dynamodb:Query"]),
        (["s3:GetObject", "s3:PutObject", "*"], "s3:", ["GetObject", "PutObject", '"*"']),
        (["arn:aws:s3:::b"], "", ["arn:aws:s3:::b"]),
        (["alice", "alice/x"], "", ["alice", "alice/x"]),
        ([f"{'n' * 30}/a", "b"], "", ["nnnnnnnn…/a", "b"]),
        # Cut, they could not be told apart.
        ([f"{'n' * 30}1", f"{'n' * 30}2"], "", [f"{'n' * 30}1", f"{'n' * 30}2"]),
        ([], "", []),
    ],
)
def test_names_are_cut_to_what_tells_them_apart(names: list[str], prefix: str, short: list[str]) -> None:
    found = shorten(names)
    assert (found.prefix, list(found.short)) == (prefix, short)
    assert list(found.full) == names


def test_a_name_in_quotes_is_explained() -> None:
    view = show.matrix(matrix([row("learner", OWN)], ACTIONS, [MINE, YOURS, "*"]))
    assert "with `s3:`; what stands in quotes does not." in " ".join(view.to_text().split())
    assert '\n"*"  ' in view.to_text()
