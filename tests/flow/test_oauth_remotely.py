"""Notebook 08 on a real account: a person opens each address, in a browser of their own."""

from __future__ import annotations

import pytest

from labkit import course, provision
from labkit.account import Account
from labkit.course import visiting
from labkit.local.app import LocalApp
from tests.flow.remotely import run


class Person:
    """Reads what the notebook prints, and does it."""

    def __init__(self) -> None:
        self.browser = course.Browser()
        self.typed = 0

    def reads(self, text: str) -> None:
        told, address = text.split("\n")
        page = self.browser.open(address)
        if page.forms and "sign in as `alice`" in told:
            self.typed += 1
            self.browser.fill(username="alice", password="Alice-in-labkit-1")


@pytest.fixture
def person(remote: LocalApp, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Domains of the account that plays the real one are as far away as AWS's for the course's browser."""
    endpoint = Account.client

    def domain_url(account: Account, domain: str) -> str:
        return f"{endpoint(account, 'cognito-idp').meta.endpoint_url}/_domain/{domain}"

    reader = Person()
    monkeypatch.setattr(Account, "domain_url", domain_url)
    monkeypatch.setattr(visiting, "is_here", lambda _: False)
    monkeypatch.setattr(visiting, "print", reader.reads, raising=False)
    return reader


def test_a_person_signs_in_once_and_everything_can_be_destroyed(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run("08-oauth-and-managed-login", monkeypatch)
    assert person.typed == 1, "then there is the session of their own browser"
    assert found.cell["browser"].visits == []
    assert "photos/read" in found.cell["claims"]["scope"]
    for asked in ("CreateUserPool ", "CreateUserPoolDomain", "CreateResourceServer", "CreateUserPoolClient"):
        assert [question for question in found.questions if question.startswith(asked)]
    assert {step.operation for step in provision.destroy(found.account).steps} == {"DeleteUserPool"}
    assert provision.destroy(found.account).steps == ()
