"""The sequence diagram."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from labkit import show
from labkit.errors import LabError
from tests.unit.show import samples

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str | None]:
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_call_is_an_arrow_there_and_an_answer_back() -> None:
    assert texts(show.sequence(samples.calls).to_svg()) == [
        "You",
        "User Pool",
        "Identity Pool",
        "S3",
        "1. InitiateAuth (unsigned)",
        "✗ 400 NotAuthorizedException",
        "2. InitiateAuth (unsigned)",
        "✓ 200 OK",
        "3. GetCredentialsForIdentity (unsigned)",
        "✓ 200 OK",
        "4. PutObject (SigV4)",
        "✓ 200 OK",
    ]


def test_the_text_form_tells_the_same() -> None:
    lines = show.sequence(samples.calls, title="Sign in").to_text().splitlines()
    assert lines[0] == "Sign in"
    assert lines[3] == " 1. You --> User Pool      InitiateAuth (unsigned)"
    assert lines[4] == "    You <-- User Pool      ✗ 400 NotAuthorizedException"
    assert lines[9] == " 4. You --> S3             PutObject (SigV4)"


def test_the_picture_has_a_role_a_title_and_a_description() -> None:
    root = ElementTree.fromstring(show.sequence(samples.calls, title="Sign in").to_svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Sign in"
    assert "4 API calls" in (root.findtext(f"{SVG}desc") or "")


def test_the_html_form_has_the_calls_as_a_table_beside_the_picture() -> None:
    page = show.sequence(samples.calls).to_html()
    assert page.index("<svg") < page.index("<details>") < page.index("<table")


def test_labels_stay_inside_the_picture_and_on_their_arrows() -> None:
    calls = (
        *samples.calls,
        samples.api_call("sts", "AssumeRoleWithWebIdentity", error_code="A" * 60, status=403),
    )
    root = ElementTree.fromstring(show.sequence(calls).to_svg())
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for text in root.iter(f"{SVG}text"):
        half = len(text.text or "") * 6.2 / 2
        assert half <= float(text.get("x", 0)) <= width - half
        assert 0 < float(text.get("y", 0)) < height


def test_times_are_shown_only_where_they_are_asked_for() -> None:
    assert "12 ms" in show.sequence(samples.calls, times=True).to_text()
    without = show.sequence(samples.calls)
    assert "12 ms" not in without.to_text() + without.to_html() + without.to_mermaid()


def test_an_unknown_service_and_an_unknown_status_are_shown_as_they_are() -> None:
    view = show.sequence([samples.api_call("kinesis", "PutRecord", status=299)])
    assert view.participants == ("You", "kinesis")
    assert "✓ 299" in view.to_text()


def test_mermaid_has_the_same_participants_and_messages() -> None:
    assert show.sequence(samples.calls[:1]).to_mermaid() == (
        "sequenceDiagram\n"
        "    participant p0 as You\n"
        "    participant p1 as User Pool\n"
        "    p0->>p1: InitiateAuth (unsigned)\n"
        "    p1--xp0: 400 NotAuthorizedException\n"
    )


def test_a_label_cannot_end_a_statement_of_mermaid() -> None:
    hostile = samples.api_call("s3", "Get;end\nloop #1")
    lines = show.sequence([hostile]).to_mermaid().splitlines()
    assert lines[3] == "    p0->>p1: Get#59;end loop #35;1 (unsigned)"
    assert len(lines) == 5


def test_no_calls_are_said_in_words() -> None:
    view = show.sequence([])
    assert "No API call was recorded." in view.to_text()
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_only_api_calls_are_drawn() -> None:
    assert show.sequence(samples.tokens.calls).calls == samples.calls
    with pytest.raises(LabError, match="got `UserPool`"):
        show.sequence([samples.user_pool])  # type: ignore[list-item]


def test_colours_come_from_jupyterlab_and_have_a_fallback() -> None:
    svg = show.sequence(samples.calls).to_svg()
    assert re.findall(r"var\(--jp-[\w-]+,", svg)
    assert not re.findall(r"var\(--jp-[\w-]+\)", svg)
