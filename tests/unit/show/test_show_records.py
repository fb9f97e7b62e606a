"""Records and mappings as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.record import Secret
from labkit.resources import Attempt, Challenge, Identity, Role
from tests.unit.show import samples


def test_a_record_is_a_table_of_its_fields_without_its_calls() -> None:
    view = show.table(samples.identity)
    text = view.to_text()
    assert text.splitlines()[0] == "Identity"
    assert samples.identity.id in text
    # A record inside a record stands there by its id.
    assert samples.identity_pool.id in text
    assert "calls" not in text
    assert "InitiateAuth" not in text


def test_several_records_of_one_kind_are_rows() -> None:
    roles = [Role(name, f"arn:aws:iam::123456789012:role/{name}") for name in ("lab-role", "other")]
    heading, head, _, first, second = show.table(roles).to_text().splitlines()
    assert heading == "Role (2)"
    assert head.split() == ["#", "name", "arn"]
    assert first.split()[:2] == ["1", "lab-role"]
    assert second.split()[:2] == ["2", "other"]


def test_records_of_several_kinds_stand_one_under_the_other() -> None:
    role = Role("lab-role", "arn:aws:iam::123456789012:role/lab-role")
    html = show.table([samples.user_pool, role]).to_html()
    assert html.count("<table") == 2
    assert html.index("UserPool") < html.index("us-east-1_Ab12Cd34E") < html.index("lab-role")


def test_secrets_of_a_record_are_masked_and_the_rest_is_readable() -> None:
    view = show.table(samples.credentials)
    for form in (view.to_text(), view.to_html()):
        assert "2026-01-31 13:05:00 UTC" in form
        assert "ASIA…" in form
        assert "ZZZZ" not in form
        assert samples.credentials.secret_access_key.reveal() not in form


def test_a_mapping_masks_its_secret_members_however_they_are_spelled() -> None:
    text = show.table(
        {"UserName": "alice", "Password": "hunter2-hunter2", "client_secret": "c" * 30}
    ).to_text()
    assert "alice" in text
    assert "hunter2" not in text
    assert "ccccc" not in text


def test_the_tokens_of_a_logins_map_are_masked_and_its_providers_are_not() -> None:
    text = show.table(
        {"Logins": {"cognito-idp.us-east-1.amazonaws.com/pool": "opaque-token-0123456789"}}
    ).to_text()
    assert "cognito-idp.us-east-1.amazonaws.com/pool" in text
    assert "opaque-token" not in text


def test_what_a_repr_leaves_out_the_table_leaves_out() -> None:
    challenge = Challenge("PASSWORD_VERIFIER", {"SECRET_BLOCK": "block-0123456789abcdef"}, Secret("s" * 20))
    text = show.table(challenge).to_text()
    assert "PASSWORD_VERIFIER" in text
    assert "block" not in text
    attempt = Attempt(
        "s3:GetObject", "arn:aws:s3:::b/k", True, 200, None, None, "req", output={"Body": "content"}
    )
    assert "content" not in show.table(attempt).to_text()


@pytest.mark.parametrize(
    "value, shown",
    [
        (datetime(2026, 1, 31, 14, 0, tzinfo=timezone(timedelta(hours=2))), "2026-01-31 12:00:00 UTC"),
        (datetime(2026, 1, 31, 12, 0, tzinfo=UTC), "2026-01-31 12:00:00 UTC"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=29, hours=23, minutes=42), "29 d 23 h"),
        (timedelta(0), "0 s"),
        (True, "yes"),
        (None, "none"),
        ((), "none"),
        (("a", "b"), "a\nb"),
        ({"b", "a"}, "a\nb"),
    ],
)
def test_values_have_one_spelling(value: object, shown: str) -> None:
    from labkit.show.values import plain

    assert plain(value) == shown


def test_no_records_are_said_in_words() -> None:
    assert "There are none." in show.table([]).to_text()


@pytest.mark.parametrize("wrong", ["a string", 7, Identity])
def test_what_is_no_record_is_refused_with_its_type(wrong: object) -> None:
    assert show.table([samples.user_pool]).to_text()
    with pytest.raises(LabError, match=r"got `(str|int|type)`"):
        show.table(wrong)
