"""The token inspector's record, and its answers; `tokens.verify` is what it is measured by."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.errors import LabError, TokenRejected
from labkit.record import Secret
from labkit.resources import Tokens
from labkit.show import token_inspector
from labkit.show.interactive import gallery as samples
from labkit.show.interactive.token_inspector import TokenInspector, sample, tampered
from labkit.tokens import Jwks, TokenUse, checklist, decode_unverified, verify

DATA = samples._data("token_inspector")
NOW = datetime.fromisoformat(DATA["now"])
JWKS = Jwks.from_json(DATA["jwks"])
RAW = dict(sample(DATA)._named)
SIGNED_IN = Tokens(Secret(RAW["id"]), Secret(RAW["access"]), Secret(RAW["refresh"]), timedelta(hours=1))


def believing(token_use: TokenUse | None = None, **changes: Any) -> dict[str, Any]:
    expected = {
        "jwks": JWKS,
        "issuer": DATA["issuer"],
        "client_id": DATA["client_id"],
        "token_use": token_use,
    }
    return expected | changes


def ask(view: TokenInspector, *edits: tuple[str, str, str], token: str = "id", now: datetime = NOW) -> Any:
    changed = [dict(zip(("part", "name", "value"), edit, strict=True)) for edit in edits]
    view.question = {"n": 1, "token": token, "now": now.timestamp(), "edits": changed}
    return view.get_state("answer")["answer"]


def fallen(answer: Any) -> list[str]:
    return [check["name"] for check in answer["checks"] if not check["passed"]]


def inspect(**changes: Any) -> TokenInspector:
    return token_inspector(SIGNED_IN, now=NOW, **believing(**changes))


def test_the_checklist_is_what_verify_checks() -> None:
    view = inspect().record["tokens"]
    assert [token["name"] for token in view] == ["ID token", "Access token", "Refresh token"]
    verified = verify(RAW["id"], now=NOW, **believing("id"))
    assert view[0]["checks"] == verified.checks == checklist(RAW["id"], now=NOW, **believing("id"))
    assert all(check.passed for check in view[1]["checks"])


def test_a_check_that_fails_hides_none_behind_it() -> None:
    checks = checklist(RAW["id"], now=NOW, **believing("access", client_id="another"))
    assert [check.name for check in checks if not check.passed] == ["token_use", "aud"]
    with pytest.raises(TokenRejected, match="`token_use`"):
        verify(RAW["id"], now=NOW, **believing("access", client_id="another"))


def test_the_page_gets_decoded_parts_and_no_signature() -> None:
    sent = json.dumps(inspect().get_state(["record", "title"]))
    assert "cognito:username" in sent
    assert "256 bytes (masked)" in sent
    for raw in RAW.values():
        assert raw not in sent
        assert raw.split(".")[-1] not in sent or raw == RAW["refresh"]


@pytest.mark.parametrize(
    "edit, falls",
    [
        (("claims", "cognito:groups", '["admins"]'), ["signature"]),
        (("claims", "aud", "another"), ["signature", "aud"]),
        (("claims", "exp", "1"), ["signature", "exp"]),
        (("claims", "exp", "tomorrow"), ["signature", "exp"]),
        (("header", "alg", "none"), ["alg", "signature"]),
        (("header", "kid", "mine"), ["kid", "signature"]),
        (("header", "kid", "sample-key-for-access-tokens"), ["signature"]),
        (("claims", "email", '"><img src=x onerror=alert(1)>'), ["signature"]),
        (("claims", "email", "x" * 4096), ["signature"]),
    ],
)
def test_tampering_breaks_these_checks(edit: tuple[str, str, str], falls: list[str]) -> None:
    view = inspect()
    assert fallen(ask(view)) == []
    answer = ask(view, edit)
    assert fallen(answer) == falls
    assert answer["verdict"].startswith(f"Rejected: {falls[0]}")


def test_a_header_that_is_no_header_any_more_fails_as_verify_says() -> None:
    assert fallen(ask(inspect(), ("header", "crit", "5"))) == ["structure"]


def test_a_tampered_token_keeps_the_kind_of_its_values_and_its_signature() -> None:
    edits = [("claims", "exp", "5"), ("claims", "sub", "5"), ("claims", "cognito:groups", "admins")]
    made = tampered(RAW["id"], [dict(zip(("part", "name", "value"), edit, strict=True)) for edit in edits])
    before, after = decode_unverified(RAW["id"]), decode_unverified(made)
    assert (after.claims["exp"], after.claims["sub"], after.claims["cognito:groups"]) == (5, "5", "admins")
    assert (after.header, after.signature) == (before.header, before.signature)
    assert tampered(RAW["id"], []) == RAW["id"]


def test_the_page_s_time_decides_about_exp() -> None:
    assert fallen(ask(inspect(), now=NOW)) == []
    assert fallen(ask(inspect(), now=NOW + timedelta(hours=1))) == ["exp"]


def test_the_clock_can_be_set_from_python() -> None:
    view = inspect()
    assert "47 min 30 s left" in repr(view)
    view.at(NOW + timedelta(hours=1))
    assert "expired 12 min 30 s ago" in repr(view)
    assert not all(check.passed for check in view.record["tokens"][0]["checks"])


def test_one_token_alone_is_shown_in_full_and_need_not_be_verified() -> None:
    view = token_inspector(SIGNED_IN.id_token, now=NOW)
    assert view.record["compared"] is None
    assert view.record["tokens"][0]["checks"] is None
    assert view.title == "ID token"
    assert "Decoded only" in repr(view)
    assert "1. Header" in repr(token_inspector(RAW["id"], now=NOW, **believing("id")))
    assert "pass `jwks=" in ask(view)["error"]


def test_there_may_be_no_token_at_all() -> None:
    assert token_inspector({}, now=NOW).record["tokens"] == []


def test_what_it_cannot_do_it_says() -> None:
    assert inspect().title
    with pytest.raises(LabError, match="`now` must be an aware time"):
        token_inspector(SIGNED_IN, now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(LabError, match="pass `issuer=`"):
        token_inspector(SIGNED_IN, now=datetime.now(UTC), jwks=JWKS)
    with pytest.raises(TokenRejected, match="`structure`"):
        token_inspector("no token", now=NOW)
