"""Presigned URLs, packets, logs, shadows and fleets as a learner sees them."""

from __future__ import annotations

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.things import Shadow
from tests.unit.show import samples

TOKEN = "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJ"


@pytest.mark.parametrize("sign_token", [False, True])
def test_a_presigned_url_shows_neither_its_token_nor_its_signature(sign_token: bool) -> None:
    url = samples.presigned_url(sign_token=sign_token, token=TOKEN)
    assert TOKEN in url.reveal()
    assert url.steps.signature in url.reveal()
    for form in (show.presigned_url(url).to_text(), show.presigned_url(url).to_html(), repr(url)):
        assert TOKEN not in form
        assert url.steps.signature not in form
        assert "ASIAIOSFODNN7EXAMPLE" not in form


def test_it_says_which_pieces_are_signed_and_what_aws_iot_wants_of_the_token() -> None:
    right = show.presigned_url(samples.presigned_url()).to_text()
    assert "✓ The session token came after signing" in right
    assert right.count("– no") == 2
    wrong = show.presigned_url(samples.presigned_url(sign_token=True)).to_text()
    assert "✗ The session token was signed. AWS IoT refuses that." in wrong
    assert wrong.count("– no") == 1


def test_the_pieces_joined_are_the_whole_url_but_for_what_is_masked() -> None:
    text = show.presigned_url(samples.presigned_url()).to_text()
    lines = text.split("The URL, its secrets masked\n")[1].split("\n\n")[0].split("\n")
    joined = "".join(line.split(maxsplit=1)[1] for line in lines)
    assert joined.startswith("wss://example-ats.iot.us-east-1.amazonaws.com/mqtt?X-Amz-Algorithm=AWS4")
    assert joined.endswith("&X-Amz-Security-Token=IQoJ…")


def test_an_attempt_says_what_the_client_saw_and_what_that_can_mean() -> None:
    refused = show.attempt(samples.packet("AWS_ERROR_MQTT_UNEXPECTED_HANGUP")).to_text()
    assert "✗ It did not come about: AWS_ERROR_MQTT_UNEXPECTED_HANGUP." in refused
    assert "a policy does not allow it" in refused
    allowed = show.attempt(samples.packet("PUBACK SUCCESS", allowed=True)).to_text()
    assert "✓ It came about: PUBACK SUCCESS." in allowed


def test_a_log_marks_each_verdict() -> None:
    verdicts = ("ALLOWED", "IMPLICIT_DENY", "EXPLICIT_DENY", "REFUSED")
    text = show.iot_log([samples.log_entry("t", verdict) for verdict in verdicts]).to_text()
    for said in ("✓ allowed", "– implicit deny", "✗ explicit deny", "✗ refused"):
        assert said in text
    assert "Nothing was noted." in show.iot_log([]).to_text()


def test_a_shadow_stands_side_by_side_with_its_delta() -> None:
    lines = show.shadow(samples.shadow("open")).to_text().split("\n")
    assert lines[0] == "tomato, shadow, version 3"
    assert [line.split() for line in lines[3:5]] == [
        ["vent", "open", "closed", "✗", "open"],
        ["heating", "22", "22", "✓", "none"],
    ]
    assert "named shadow `night`" in show.shadow(Shadow("tomato", name="night")).to_text()


def test_readings_that_arrived_in_any_order_stand_in_their_own() -> None:
    view = show.fleet(samples.telemetry)
    assert view.series == {"fern": (17, 18), "tomato": (19.5, 20.5)}
    assert view.alt == "Temperature of 2 Things. fern: 17, 18; tomato: 19.5, 20.5."
    assert view.to_png().startswith(b"\x89PNG")
    assert view.to_png() == view.to_png()


def test_messages_that_are_no_readings_are_told_apart() -> None:
    with pytest.raises(LabError, match="none of 4 messages has a `humidity`"):
        show.fleet(samples.telemetry, "humidity")
