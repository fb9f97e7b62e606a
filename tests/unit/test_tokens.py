"""Reading and verifying tokens; each refusal stands beside the same call that is accepted.

The checks are those of
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from labkit.errors import LabError, TokenRejected
from labkit.record import Secret
from labkit.tokens import Jwks, TokenUse, decode_unverified, verify

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123"
CLIENT = "4abcdefghijklmnop"
ID_CLAIMS = {
    "sub": "3f2b",
    "iss": ISSUER,
    "aud": CLIENT,
    "token_use": "id",
    "exp": int(NOW.timestamp()) + 3600,
    "iat": int(NOW.timestamp()),
}
ACCESS_CLAIMS = {key: value for key, value in ID_CLAIMS.items() if key != "aud"} | {
    "client_id": CLIENT,
    "token_use": "access",
}


@cache
def key(kid: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(kid: str) -> dict[str, Any]:
    return RSAAlgorithm.to_jwk(key(kid).public_key(), as_dict=True) | {"kid": kid, "use": "sig"}


def jwks() -> Jwks:
    return Jwks.from_json({"keys": [public("first"), public("second")]})


def signed(claims: Mapping[str, Any] = ID_CLAIMS, *, kid: str = "first", signer: str = "") -> str:
    return jwt.encode(dict(claims), key(signer or kid), algorithm="RS256", headers={"kid": kid})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def check(
    token: str | Secret,
    *,
    client_id: str | None = CLIENT,
    token_use: TokenUse | None = "id",
    now: datetime = NOW,
) -> list[str]:
    verified = verify(token, jwks=jwks(), issuer=ISSUER, client_id=client_id, token_use=token_use, now=now)
    return [item.name for item in verified.checks]


def rejected(token: str, **arguments: Any) -> TokenRejected:
    with pytest.raises(TokenRejected) as caught:
        check(token, **arguments)
    return caught.value


def test_a_good_id_token_passes_every_check_in_order() -> None:
    assert check(signed()) == [
        "structure",
        "alg",
        "kid",
        "signature",
        "iss",
        "token_use",
        "aud",
        "exp",
        "iat",
    ]


def test_a_good_access_token_is_held_to_its_client_id() -> None:
    assert "client_id" in check(signed(ACCESS_CLAIMS), token_use="access")
    assert rejected(signed(ACCESS_CLAIMS), token_use="access", client_id="another").check == "client_id"


def test_every_check_tells_what_was_expected_and_what_came() -> None:
    verified = verify(signed(), jwks=jwks(), issuer=ISSUER, client_id=CLIENT, token_use="id", now=NOW)
    told = {item.name: (item.expected, item.actual) for item in verified.checks}
    assert told["aud"] == (CLIENT, CLIENT)
    assert told["kid"] == ("first or second", "first")
    assert told["exp"] == ("after 2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z")
    assert verified.claims["sub"] == "3f2b"


def test_either_key_of_the_pool_will_do() -> None:
    assert check(signed(kid="second"))


def test_a_secret_is_taken_as_it_is() -> None:
    assert check(Secret(signed())) == check(signed())
    assert decode_unverified(Secret(signed())) == decode_unverified(signed())


@pytest.mark.parametrize(
    ("claim", "value", "name"),
    [
        ("iss", "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another12", "iss"),
        ("iss", "", "iss"),
        ("token_use", "access", "token_use"),
        ("token_use", None, "token_use"),
        ("aud", "another-app", "aud"),
        ("aud", [CLIENT], "aud"),
        ("exp", int(NOW.timestamp()), "exp"),
        ("exp", None, "exp"),
        ("exp", "soon", "exp"),
        ("exp", True, "exp"),
        ("exp", float("nan"), "exp"),
        ("nbf", int(NOW.timestamp()) + 301, "nbf"),
        ("iat", int(NOW.timestamp()) + 301, "iat"),
        ("iat", 10**40, "iat"),
    ],
)
def test_one_wrong_claim_is_rejected_by_its_own_check(claim: str, value: object, name: str) -> None:
    assert check(signed())
    error = rejected(signed(ID_CLAIMS | {claim: value}))
    assert error.check == name
    assert f"`{name}`" in str(error)


@pytest.mark.parametrize("claim", ["iss", "token_use", "aud", "exp"])
def test_a_missing_claim_is_rejected(claim: str) -> None:
    assert check(signed())
    without = {key: value for key, value in ID_CLAIMS.items() if key != claim}
    assert rejected(signed(without)).check == claim


def test_a_token_expires_at_its_second() -> None:
    assert check(signed(), now=NOW + timedelta(seconds=3599))
    assert rejected(signed(), now=NOW + timedelta(seconds=3600)).check == "exp"


def test_an_issuers_clock_may_be_five_minutes_ahead() -> None:
    assert check(signed(ID_CLAIMS | {"iat": int(NOW.timestamp()) + 300}))


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = signed().split(".")
    assert check(signed())
    assert rejected(f"{header}.{part(ID_CLAIMS | {'sub': 'admin'})}.{signature}").check == "signature"


def test_a_token_of_another_key_with_our_key_id_breaks_the_signature() -> None:
    assert check(signed(signer="first"))
    assert rejected(signed(signer="forger")).check == "signature"


def test_an_unknown_key_id_is_rejected() -> None:
    assert check(signed())
    assert rejected(signed(kid="forger")).check == "kid"


def test_no_other_algorithm_is_believed() -> None:
    """`none`, and a MAC keyed with the public key: RFC 8725 section 2.1."""
    assert check(signed())
    for algorithm in ("none", "None", "HS256", "RS512", None):
        header = {"alg": algorithm, "kid": "first", "typ": "JWT"}
        assert rejected(f"{part(header)}.{part(ID_CLAIMS)}.AAAA").check == "alg"
    unsigned = jwt.encode(ID_CLAIMS, "", algorithm="none", headers={"kid": "first"})
    assert rejected(unsigned).check == "alg"


@pytest.mark.parametrize("kid", [None, 1, ["first"], {"first": 1}])
def test_a_key_id_that_is_no_string_is_rejected(kid: object) -> None:
    assert check(signed())
    _, claims, signature = signed().split(".")
    assert rejected(f"{part({'alg': 'RS256', 'kid': kid})}.{claims}.{signature}").check in {
        "kid",
        "structure",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no-token",
        "a.b",
        "a.b.c.d",
        "!!.@@.##",
        f"{part({'alg': 'RS256'})}.{part([1, 2])}.AAAA",
        f"{part([1])}.{part({})}.AAAA",
        f"{part({'alg': 'RS256'})}.bm90IGpzb24.AAAA",
        f"{part({'alg': 'RS256'})}.{base64.urlsafe_b64encode(b'[' * 100_000).decode().rstrip('=')}.AAAA",
        signed() + "\n",
        " " + signed(),
        signed().replace(".", "..", 1),
        "é" + signed()[1:],
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_text_that_is_no_token_is_rejected_by_its_structure(text: str) -> None:
    assert decode_unverified(signed()).claims == ID_CLAIMS
    with pytest.raises(TokenRejected) as caught:
        decode_unverified(text)
    assert caught.value.check == "structure"
    assert rejected(text).check == "structure"


def test_a_broken_rsa_key_is_refused_with_a_sentence() -> None:
    assert Jwks.from_json({"keys": [public("first")]}).keys
    with pytest.raises(LabError, match="does not load"):
        Jwks.from_json({"keys": [{"kty": "RSA", "kid": "broken", "e": "AQAB"}]})


def test_a_rejected_text_is_not_printed() -> None:
    with pytest.raises(TokenRejected) as caught:
        decode_unverified("my-secret-password")
    assert "my-secret-password" not in str(caught.value)


def test_what_is_not_asked_is_not_checked_and_not_listed() -> None:
    names = check(signed(ID_CLAIMS | {"aud": "any", "token_use": "any"}), client_id=None, token_use=None)
    assert "aud" not in names
    assert "token_use" not in names
    assert "signature" in names


def test_decoding_reads_a_forged_token_and_gives_another_type_than_verifying() -> None:
    forged = signed(signer="forger")
    assert decode_unverified(forged).claims["sub"] == "3f2b"
    assert not hasattr(decode_unverified(forged), "checks")
    assert rejected(forged).check == "signature"


def test_a_jwks_keeps_its_rsa_keys_and_passes_over_the_rest() -> None:
    kept = Jwks.from_json({"keys": [public("first"), {"kty": "oct", "kid": "mac", "k": "AAAA"}, {}, 7]})
    assert list(kept.keys) == ["first"]
    assert repr(kept) == "Jwks(kids=['first'])"


@pytest.mark.parametrize("document", [{}, {"keys": "none"}, {"message": "not found"}])
def test_a_document_that_is_no_jwks_is_refused(document: dict[str, Any]) -> None:
    assert Jwks.from_json({"keys": [public("first")]}).keys
    with pytest.raises(LabError, match=r"jwks\.json"):
        Jwks.from_json(document)
