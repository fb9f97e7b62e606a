"""SRP: both ends against each other, and the server against pycognito's unmodified client.

What Cognito asks of a client is documented for the wire only:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
The arithmetic is what its published clients compute, so an unmodified one is the judge.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from labkit import srp
from labkit.errors import LabError

#: pycognito still calls `datetime.utcnow()`.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

POOL, USER, PASSWORD = "AbCdEf123", "3f2b-user", "Correct-Horse-9"
SALT = 0xA3F1_0000_1111_2222_3333_4444_5555_6666
BLOCK = base64.b64encode(b"secret block of the challenge").decode()
TIMESTAMP = "Tue Jun 2 09:05:01 UTC 2026"


def server(*, b: int = 0xB0B) -> srp.Server:
    return srp.Server(srp.verifier(POOL, USER, PASSWORD, SALT), b)


def sign(end: srp.Server, client: srp.Client, *, user: str = USER) -> str:
    return client.signature(user, salt=f"{SALT:x}", srp_b=end.srp_b, secret_block=BLOCK, timestamp=TIMESTAMP)


def accepts(end: srp.Server, client: srp.Client, signature: str, **changed: str) -> bool:
    claim = {"pool_name": POOL, "user_id": USER, "secret_block": BLOCK, "timestamp": TIMESTAMP}
    return end.accepts(signature, srp_a=client.srp_a, **(claim | changed))


def test_both_ends_reach_one_key_with_the_right_password_and_two_with_a_wrong_one() -> None:
    end, client = server(), srp.Client(POOL, PASSWORD, a=0xA11CE)
    key = client.session_key(USER, salt=f"{SALT:x}", srp_b=end.srp_b)
    assert len(key) == 16
    assert end.session_key(client.srp_a) == key

    wrong = srp.Client(POOL, "wrong", a=0xA11CE)
    assert end.session_key(wrong.srp_a) != wrong.session_key(USER, salt=f"{SALT:x}", srp_b=end.srp_b)


def test_the_server_accepts_the_right_password_and_refuses_a_wrong_one() -> None:
    end, right, wrong = server(), srp.Client(POOL, PASSWORD), srp.Client(POOL, "wrong")
    assert accepts(end, right, sign(end, right))
    assert not accepts(end, wrong, sign(end, wrong))


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "another-user"},
        {"pool_name": "Another12"},
        {"timestamp": "Tue Jun 2 09:05:02 UTC 2026"},
        {"secret_block": base64.b64encode(b"another sign-in's block").decode()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_signature_holds_for_one_user_pool_time_and_challenge(changed: dict[str, str]) -> None:
    end, client = server(), srp.Client(POOL, PASSWORD)
    signature = sign(end, client)
    assert accepts(end, client, signature)
    assert not accepts(end, client, signature, **changed)


def test_a_signature_of_garbage_is_refused() -> None:
    end, client = server(), srp.Client(POOL, PASSWORD)
    assert accepts(end, client, sign(end, client))
    for garbage in ("", "garbage", "gärbage", sign(end, client)[:-1]):
        assert not accepts(end, client, garbage)


def pycognito_client(password: str) -> Any:
    from pycognito import aws_srp

    untyped: Any = aws_srp
    return untyped.AWSSRP(USER, password, f"eu-central-1_{POOL}", "client-id", client=object())


def pycognito_signs(judge: Any, end: srp.Server, salt: int) -> dict[str, str]:
    challenge = {
        "USERNAME": USER,
        "USER_ID_FOR_SRP": USER,
        "SALT": f"{salt:x}",
        "SRP_B": end.srp_b,
        "SECRET_BLOCK": BLOCK,
    }
    answer: dict[str, str] = judge.process_challenge(challenge, {"USERNAME": USER})
    return answer


@pytest.mark.parametrize("salt", [SALT, 0x7F << 112, 0x80 << 112, 0xABC, 0x1], ids=hex)
def test_pycognito_signs_in_with_the_right_password_only(salt: int) -> None:
    end = srp.Server(srp.verifier(POOL, USER, PASSWORD, salt))
    for password, expected in ((PASSWORD, True), ("wrong", False)):
        judge = pycognito_client(password)
        answer = pycognito_signs(judge, end, salt)
        accepted = end.accepts(
            answer["PASSWORD_CLAIM_SIGNATURE"],
            srp_a=judge.get_auth_params()["SRP_A"],
            pool_name=POOL,
            user_id=USER,
            secret_block=BLOCK,
            timestamp=answer["TIMESTAMP"],
        )
        assert accepted is expected


def test_the_client_computes_what_pycognito_computes() -> None:
    end, judge = server(), pycognito_client(PASSWORD)
    client = srp.Client(POOL, PASSWORD, a=judge.small_a_value)
    assert client.srp_a == judge.get_auth_params()["SRP_A"]
    answer = pycognito_signs(judge, end, SALT)
    ours = client.signature(
        USER, salt=f"{SALT:x}", srp_b=end.srp_b, secret_block=BLOCK, timestamp=answer["TIMESTAMP"]
    )
    assert ours == answer["PASSWORD_CLAIM_SIGNATURE"]


@pytest.mark.parametrize("multiple", [0, 1, 2, 17])
def test_a_public_value_that_is_zero_modulo_n_is_refused_by_either_end(multiple: int) -> None:
    """RFC 5054 section 2.5.4 and 2.5.3: such a value gives the session key away."""
    end, client = server(), srp.Client(POOL, PASSWORD)
    assert end.session_key(client.srp_a)
    assert client.session_key(USER, salt="1", srp_b=end.srp_b)
    with pytest.raises(LabError, match="SRP_A is zero modulo N"):
        end.session_key(f"{multiple * srp.N:x}")
    with pytest.raises(LabError, match="SRP_B is zero modulo N"):
        client.session_key(USER, salt="1", srp_b=f"{multiple * srp.N:x}")


@pytest.mark.parametrize("digits", ["", "xyz", "0x12", "-5", "1_0", " 1f", "1f\n", "١"])
def test_a_public_value_that_is_no_hexadecimal_number_is_refused(digits: str) -> None:
    assert server().session_key("1f")
    with pytest.raises(LabError, match="SRP_A must be hexadecimal digits"):
        server().session_key(digits)


def test_a_secret_block_that_is_not_base64_is_refused() -> None:
    assert srp.claim_signature(b"k", POOL, USER, BLOCK, TIMESTAMP)
    with pytest.raises(LabError, match="PASSWORD_CLAIM_SECRET_BLOCK"):
        srp.claim_signature(b"k", POOL, USER, "no base64!", TIMESTAMP)


def test_timestamps_are_utc_and_english_with_a_bare_day() -> None:
    moment = datetime(2026, 6, 2, 11, 5, 1, tzinfo=timezone(timedelta(hours=2)))
    assert srp.timestamp(moment) == TIMESTAMP
    assert srp.timestamp(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) == "Thu Dec 31 23:59:59 UTC 2026"


def test_neither_end_prints_its_secrets() -> None:
    assert PASSWORD not in repr(srp.Client(POOL, PASSWORD, a=424242))
    assert "424242" not in repr(srp.Client(POOL, PASSWORD, a=424242))
    assert "424242" not in repr(srp.Server(424242, b=424242))
