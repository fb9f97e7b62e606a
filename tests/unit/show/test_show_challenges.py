"""Sign-ins as chains of challenges."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from labkit import show
from labkit.errors import LabError
from tests.unit.show import samples

SVG = "{http://www.w3.org/2000/svg}"


def texts(view: show.View) -> list[str | None]:
    svg = view._repr_mimebundle_()["image/svg+xml"]
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_each_challenge_is_a_box_and_each_answer_an_arrow() -> None:
    assert texts(show.challenges(samples.sign_in)) == [
        "USER_PASSWORD_AUTH",
        "1. PASSWORD, USERNAME",
        "SOFTWARE_TOKEN_MFA",
        "USER_ID_FOR_SRP, Session",
        "2. SOFTWARE_TOKEN_MFA_CODE, USERNAME, Session",
        "✗ 400 CodeMismatchException",
        "3. SOFTWARE_TOKEN_MFA_CODE, USERNAME, Session",
        "✓ tokens",
    ]


def test_the_text_form_tells_the_same() -> None:
    assert show.challenges(samples.sign_in, title="MFA").to_text().splitlines()[3:] == [
        "USER_PASSWORD_AUTH",
        " 1. --> PASSWORD, USERNAME",
        "    <-- SOFTWARE_TOKEN_MFA (USER_ID_FOR_SRP, Session)",
        " 2. --> SOFTWARE_TOKEN_MFA_CODE, USERNAME, Session",
        "    <-- ✗ 400 CodeMismatchException",
        " 3. --> SOFTWARE_TOKEN_MFA_CODE, USERNAME, Session",
        "    <-- ✓ tokens",
    ]


def test_what_there_is_to_choose_from_stands_in_the_box() -> None:
    choice = {"ChallengeName": "SELECT_CHALLENGE", "AvailableChallenges": ["PASSWORD", "EMAIL_OTP"]}
    call = samples.asked("InitiateAuth", "USER_AUTH", None, response={**choice, "Session": "sess…"})
    assert "SELECT_CHALLENGE (PASSWORD, EMAIL_OTP, Session)" in show.challenges([call]).to_text()


def test_a_second_sign_in_begins_a_chain_of_its_own() -> None:
    view = show.challenges([*samples.sign_in, samples.sign_in[0]])
    assert texts(view).count("USER_PASSWORD_AUTH") == 2
    assert view.to_text().count("USER_PASSWORD_AUTH\n") == 2


def test_no_value_that_was_sent_is_shown() -> None:
    call = samples.asked("InitiateAuth", "CUSTOM_AUTH", None, parameters={"ANSWER": "forty-two"})
    forms = show.challenges([call])._repr_mimebundle_().values()
    assert all("ANSWER" in form and "forty-two" not in form for form in forms)


def test_texts_stay_inside_the_picture() -> None:
    call = samples.asked("InitiateAuth", "A" * 50, "B" * 60, parameters={"C" * 40: "", "D" * 40: ""})
    root = ElementTree.fromstring(show.challenges([call])._repr_mimebundle_()["image/svg+xml"])
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for text in root.iter(f"{SVG}text"):
        assert float(text.get("x", 0)) + len(text.text or "") * 8.3 <= width
        assert 0 < float(text.get("y", 0)) < height


def test_other_calls_are_left_out_and_none_are_said_in_words() -> None:
    others = [samples.api_call("cognito-idp", "SignUp")]
    assert "1. SignUp" not in show.challenges([*others, *samples.sign_in]).to_text()
    view = show.challenges(others)
    assert "No call of a sign-in was recorded." in view.to_text()
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_only_api_calls_are_drawn() -> None:
    with pytest.raises(LabError, match="got `UserPool`"):
        show.challenges([samples.user_pool])  # type: ignore[list-item]
