"""What holds for every interactive view, and for the widget that they all are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.record import Secret
from labkit.show.interactive import widget
from labkit.show.interactive.gallery import VIEWS, gallery
from labkit.show.interactive.widget import Interactive, page, shown

WIDGET = "application/vnd.jupyter.widget-view+json"
every_view = pytest.mark.parametrize("name", VIEWS)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


def sample(name: str) -> Interactive:
    return gallery(name).views[0]


@every_view
def test_a_view_brings_its_fallback_for_whoever_draws_no_widgets(name: str) -> None:
    view = sample(name)
    bundle, _ = view._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == view.model_id
    assert bundle["text/plain"] == view.fallback.to_text() == repr(view)
    assert bundle["text/html"] == view.fallback.to_html()
    assert len(bundle["text/plain"]) > 100
    assert sample(name)._repr_mimebundle_()[0]["text/html"] == bundle["text/html"], "the same on every run"


@every_view
def test_what_the_page_gets_is_json_and_holds_no_secret(name: str) -> None:
    sent = json.dumps(sample(name).get_state(list(Interactive.OWN)))
    assert len(sent) > 200
    assert not re.search(r"eyJ[\w-]{10,}\.[\w-]{10,}\.", sent)
    assert not re.search(r"\b(?:ASIA|AKIA)[A-Z0-9]{12,}\b", sent)


@every_view
@pytest.mark.parametrize("question", [{}, {"n": "<script>"}, {"edits": 5, "token": []}, {"at": {"x": None}}])
def test_a_question_that_makes_no_sense_is_answered_with_a_sentence(
    name: str, question: dict[str, Any]
) -> None:
    view = sample(name)
    view.question = {"n": 0, **question, "nonsense": True}
    assert view.answer["error"]
    assert view.answer["n"] == view.question["n"]


@every_view
def test_a_page_is_one_module_that_loads_nothing_else(name: str) -> None:
    script, style = page(name)
    assert not re.search(r"^\s*(?:import|export (?!default))", script, re.MULTILINE)
    assert len(re.findall(r"^export default view\(", script, re.MULTILINE)) == 1
    names = re.findall(r"^(?:export )?(?:async )?(?:function|const|let) (\w+)", script, re.MULTILINE)
    assert len(set(names)) == len(names), "shared.js and the view are one module: a name stands once"
    code = re.sub(r"^\s*(?://|/?\*).*$", "", script, flags=re.MULTILINE)
    assert not re.search(r"https?://(?!www\.w3\.org/)|innerHTML|insertAdjacentHTML|outerHTML|eval\(", code)
    assert not re.search(r"@import|url\(", style)


@every_view
def test_a_style_sheet_reaches_no_further_than_its_view(name: str) -> None:
    own = (Path(widget.__file__).parent / f"{name}.css").read_text(encoding="utf-8")
    selectors = [line for line in own.splitlines() if "{" in line and not line.startswith(("@", " ", "}"))]
    assert selectors
    assert all(line.startswith(f".labkit-{name.replace('_', '-')}") for line in selectors)


def test_everything_on_its_way_to_the_page_is_masked() -> None:
    given = {"a": [JWT, {"b": Secret("a long secret value")}, ("ASIAZZZZZZZZZZZZZZZZ", 1, None, True)]}
    assert shown(given) == {"a": ["eyJh…", {"b": "a lo…"}, ["ASIA…", 1, None, True]]}
    view = sample(VIEWS[0])
    view.record = given
    assert view.get_state("record") == {"record": shown(given)}


def test_importing_the_views_loads_no_widgets() -> None:
    heavy = "('anywidget', 'ipywidgets', 'IPython', 'matplotlib')"
    script = (
        f"import sys, labkit.show, labkit.show.interactive; print(*[n for n in {heavy} if n in sys.modules])"
    )
    run = [sys.executable, "-c", script]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == ""
    run[-1] = script.replace("; print", "; labkit.show.token_inspector; print")
    assert "anywidget" in subprocess.run(run, capture_output=True, text=True, check=True).stdout


def test_every_public_view_loads_and_an_unknown_one_is_refused() -> None:
    assert all(getattr(show, name) for name in show.__all__)
    with pytest.raises(AttributeError, match=r"no attribute `token_inspektor`; it has .*token_inspector"):
        _ = show.token_inspektor


def test_the_gallery_shows_every_view_there_is() -> None:
    scripts = {path.stem for path in Path(widget.__file__).parent.glob("*.js")} - {"shared"}
    assert scripts == set(VIEWS)
    assert len(gallery().views) == len(VIEWS)
    assert gallery(VIEWS[0]).views[0].title in repr(gallery())
    with pytest.raises(LabError, match="no view `tokens`: expected `token_inspector`"):
        gallery("tokens")
