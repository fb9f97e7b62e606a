"""The benchmark of sign-ins at a user pool's domain runs, and takes no server that leaves a check out.

Nothing here asserts a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import jwt
import pytest

from bench import oauth, servers
from bench.oauth_client import Answer, App

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def subject() -> Iterator[oauth.Subject]:
    with ExitStack() as stack:
        yield oauth.started(servers.labkit(), stack)


def test_a_sign_in_takes_four_requests_of_which_the_form_and_the_code_are_two(subject: oauth.Subject) -> None:
    tables = oauth.compared([subject], rounds=1, count=2)
    assert [row.figures["requests"] for table in tables for row in table.rows] == [4, 2]
    assert all(row.figures["ms"] > 0 and row.figures["CPU ms"] >= 0 for t in tables for row in t.rows)
    assert re.search(r"labkit +4\.0 +\d+\.\d +\d+\.\d", str(tables[0]))


def test_a_server_that_is_good_with_any_verifier_is_not_measured(subject: oauth.Subject) -> None:
    page = subject.app.page()
    code = subject.app.code(page)
    assert subject.app.redeem(code, page.verifier).status == 200

    class Lax(App):
        def redeem(self, code: str, verifier: str) -> Answer:
            return super().redeem(code, verifier.removesuffix("x"))

    lax = Lax(subject.app.client_id, subject.app.base, subject.app.connection)
    with pytest.raises(RuntimeError, match="another verifier"):
        oauth.require_checks(lax, "us-east-1_unknown")


def test_a_server_that_takes_a_code_twice_is_not_measured(subject: oauth.Subject) -> None:
    class Lax(App):
        def redeem(self, code: str, verifier: str) -> Answer:
            answer = super().redeem(code, verifier)
            return answer if answer.status == 200 or verifier.endswith("x") else Answer("", 200, {}, "")

    lax = Lax(subject.app.client_id, subject.app.base, subject.app.connection)
    with pytest.raises(RuntimeError, match="twice"):
        oauth.require_checks(lax, "us-east-1_unknown")


def test_a_token_that_its_pool_did_not_sign_is_not_verified(subject: oauth.Subject) -> None:
    pool_id = jwt.decode(subject.app.journey()["id_token"], options={"verify_signature": False})["iss"]
    key_set = subject.app.connection.send(f"/{pool_id.rpartition('/')[2]}/.well-known/jwks.json").text
    token = subject.app.journey()["id_token"]
    assert oauth._verified(token, key_set, subject.app.client_id)["token_use"] == "id"
    with pytest.raises(jwt.InvalidSignatureError):
        oauth._verified(token[:-8] + "AAAAAAAA", key_set, subject.app.client_id)
    with pytest.raises(RuntimeError, match="another client's"):
        oauth._verified(token, key_set, "somebody")


def test_a_form_that_is_not_answered_with_the_apps_own_state_is_an_error(subject: oauth.Subject) -> None:
    page = subject.app.page()
    assert subject.app.code(page)
    with pytest.raises(RuntimeError, match="answered 403 and not sent back"):
        subject.app.code(page)
