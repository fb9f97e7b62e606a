"""The credentials card's record, and its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.errors import LabError
from labkit.policy import Policy, PolicySet, Request
from labkit.record import Secret
from labkit.resources import Credentials
from labkit.show import credentials_card
from labkit.show.interactive.credentials_card import CredentialsCard

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)
CALLER = "arn:aws:sts::123456789012:assumed-role/Reader/alice"
KEY, SECRET, TOKEN = f"ASIA{'Z' * 16}", "the secret key itself", "the session token itself"
SESSION = Credentials(KEY, Secret(SECRET), Secret(TOKEN), NOW + timedelta(minutes=30))
READ = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}],
    }
)


def ask(action: str, name: str) -> Request:
    return Request(CALLER, action, f"arn:aws:s3:::photos/{name}")


def card(*requests: Request, **changes: Any) -> CredentialsCard:
    policies = PolicySet(identity=(READ,))
    given: dict[str, Any] = {"now": NOW, "caller": CALLER, "policies": policies, "requests": requests}
    return credentials_card(SESSION, **given | changes)


def test_no_key_and_no_token_reaches_the_page() -> None:
    view = card(ask("s3:GetObject", "a"))
    sent = json.dumps(view.get_state(["record", "title"])) + repr(view) + view.fallback.to_html()
    assert "ASIA…" in view.fallback.to_text()
    assert not any(secret in sent for secret in (KEY, SECRET, TOKEN))


def test_the_role_and_the_session_s_name_are_taken_from_the_arn() -> None:
    shown = repr(card())
    assert CALLER in shown
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith("Role")] == ["Reader", "alice"]
    assert "pass `caller=`" in repr(card(caller=None))


def test_the_clock_can_be_set_from_python() -> None:
    view = card()
    assert "another 30 min" in repr(view)
    assert view.get_state("record")["record"]["expiration"] == (NOW + timedelta(minutes=30)).timestamp()
    view.at(NOW + timedelta(minutes=31))
    assert "expired 1 min ago" in repr(view)
    assert view.get_state("record")["record"]["now"] == (NOW + timedelta(minutes=31)).timestamp()


def test_long_term_keys_do_not_expire() -> None:
    view = credentials_card(Credentials(f"AKIA{'Z' * 16}", Secret(SECRET), None, None), now=NOW)
    assert view.record["expiration"] is None
    assert "long-term keys of an IAM user" in repr(view)
    assert "do not expire" in repr(view)


def test_what_they_can_reach_is_decided_and_what_was_not_asked_is_not() -> None:
    view = card(ask("s3:GetObject", "a"), ask("s3:PutObject", "b"))
    reach = view.record["reach"]
    assert reach["numbers"] == [[0, None], [None, 1]]
    assert reach["verdicts"] == [["✓", "allowed"], ["–", "implicit deny"]]
    assert "not known. Pass `policies=`" in repr(card())


def test_each_verdict_says_why() -> None:
    view = card(ask("s3:GetObject", "a"), ask("s3:PutObject", "b"))
    view.question = {"n": 1, "request": 1}
    assert view.answer["why"][0]["note"].startswith("Implicit deny.")
    for number in (2, -1, "1", None):
        view.question = {"n": 2, "request": number}
        assert "no request number" in view.answer["error"]


def test_what_it_cannot_do_it_says() -> None:
    assert card().title == "Credentials"
    with pytest.raises(LabError, match="`now` must be an aware time"):
        card(now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(LabError, match="requests are decided under `policies`"):
        card(ask("s3:GetObject", "a"), policies=None)
