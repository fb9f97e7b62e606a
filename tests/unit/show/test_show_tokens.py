"""JSON Web Tokens, part by part."""

from __future__ import annotations

import base64

import pytest

from labkit import show
from labkit.errors import TokenRejected
from labkit.show import claims
from labkit.show.blocks import Table
from labkit.tokens import Check, VerifiedToken, decode_unverified
from tests.unit.show import samples

ID_TOKEN_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html"

#: The default payloads of AWS's pages on the ID and the access token.
DOCUMENTED_ID_CLAIMS = [
    "sub",
    "cognito:groups",
    "email_verified",
    "cognito:preferred_role",
    "iss",
    "cognito:username",
    "nonce",
    "origin_jti",
    "cognito:roles",
    "aud",
    "identities",
    "event_id",
    "token_use",
    "auth_time",
    "exp",
    "iat",
    "jti",
    "email",
]
DOCUMENTED_ACCESS_CLAIMS = [
    "sub",
    "device_key",
    "cognito:groups",
    "iss",
    "version",
    "client_id",
    "aud",
    "origin_jti",
    "event_id",
    "token_use",
    "scope",
    "auth_time",
    "exp",
    "iat",
    "jti",
    "username",
]


def test_the_three_parts_are_labelled_and_every_claim_has_its_meaning() -> None:
    text = show.token(samples.id_token).to_text()
    assert text.index("1. Header") < text.index("2. Payload") < text.index("3. Signature")
    assert text.splitlines()[0] == "ID token, not verified"
    assert "key-id" in text
    assert "alice@example.com" in text
    assert "It is not an Identity ID" in " ".join(text.split())
    assert ID_TOKEN_PAGE in text


def test_times_stand_as_numbers_and_in_utc() -> None:
    text = show.token(samples.id_token).to_text()
    assert "1769864400" in text
    assert "2026-01-31 13:00:00 UTC" in text


@pytest.mark.parametrize("time", [True, "soon", 1e300, -1e300, float("nan"), None, [1]])
def test_a_time_that_is_none_is_shown_as_it_is(time: object) -> None:
    assert "2026-01-31 13:00:00 UTC" in show.token(samples.compact(samples.claims("id"))).to_text()
    text = show.token(samples.compact(samples.claims("id", exp=time))).to_text()
    assert "2026-01-31 13:00:00 UTC" not in text
    assert "exp" in text


def test_a_verified_token_lists_the_checks_and_an_unverified_one_warns() -> None:
    unverified = decode_unverified(samples.id_token)
    assert "Nobody has checked the signature" in show.token(unverified).to_text()
    verified = VerifiedToken(
        unverified.header, unverified.claims, unverified.signature, (Check("alg", "RS256", "RS256"),)
    )
    text = show.token(verified).to_text()
    assert text.splitlines()[0] == "ID token, verified"
    assert "✓ passed" in text
    assert "Nobody" not in text


def test_the_signature_is_never_shown_whole_but_a_tampered_one_looks_different() -> None:
    signature = bytes(range(256))
    view = show.token(samples.compact(samples.claims("id"), signature=signature))
    for form in (view.to_text(), view.to_html()):
        assert "256 bytes" in form
        assert signature.hex() not in form
        assert base64.urlsafe_b64encode(signature).decode()[:40] not in form
    other = show.token(samples.compact(samples.claims("id"), signature=bytes(reversed(range(256)))))
    assert other.to_text() != view.to_text()


def test_an_unsigned_token_shows_an_empty_signature() -> None:
    assert "256 bytes" in show.token(samples.compact(samples.claims("id"))).to_text()
    assert "empty" in show.token(samples.compact(samples.claims("id"), signature=b"")).to_text()


def test_a_refresh_token_is_opaque() -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html"""
    view = show.token(samples.refresh_token)
    assert "Only the User Pool can read it" in view.to_text()
    assert samples.refresh_token.reveal() not in view.to_text() + view.to_html()


def test_what_is_no_token_is_refused() -> None:
    assert show.token(samples.id_token.reveal()).to_text() == show.token(samples.id_token).to_text()
    with pytest.raises(TokenRejected):
        show.token("not-a-token")


@pytest.mark.parametrize(
    "use, names", [("id", DOCUMENTED_ID_CLAIMS), ("access", DOCUMENTED_ACCESS_CLAIMS)], ids=["id", "access"]
)
def test_every_claim_that_aws_documents_has_its_own_sentence(use: str, names: list[str]) -> None:
    """The pages in labkit/show/claims.py."""
    unknown = claims.meaning("a claim that nobody knows", use)
    sentences = [claims.meaning(name, use) for name in names]
    assert unknown not in sentences
    assert len(set(sentences)) == len(names)


def test_a_custom_attribute_and_an_unknown_claim_are_told_apart() -> None:
    assert "custom attribute" in claims.meaning("custom:team", "id")
    assert "further" in claims.meaning("team", "id")


def test_a_token_of_no_use_that_cognito_knows_is_still_shown() -> None:
    view = show.token(samples.compact({"sub": "someone", "token_use": ["id"]}))
    assert view.title == "JSON Web Token, not verified"
    assert claims.GENERAL_PAGE in view.to_text()


def test_compare_says_which_claims_are_the_same_and_which_only_one_token_has() -> None:
    (table,) = show.compare(id=samples.id_token, access=samples.access_token).blocks
    assert isinstance(table, Table)
    assert table.head == ("claim", "id", "access", "same?")
    same = {cells[0].text: cells[-1].text for cells in table.rows}
    assert same["sub"] == "same"
    assert same["token_use"] == "different"
    assert same["kid (header)"] == "different"
    assert same["aud"] == "only in id"
    assert same["client_id"] == "only in access"


def test_compare_names_the_token_that_nobody_can_read() -> None:
    text = show.compare(id=samples.id_token, refresh=samples.refresh_token).to_text()
    assert "`refresh` is encrypted" in text
    assert "alice@example.com" in text
