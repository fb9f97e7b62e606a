"""Teams of the course: whoever comes in by the four steps, with the tags that the Identity Pool gives."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit import course, explain
from labkit.account import Account, open_account
from labkit.course import Person, Teams, four_steps, tag_session
from labkit.errors import LabError
from labkit.flow import access, identity_pool, principal_tags
from labkit.flow.role_mapping import Rule, by_rules, provider_of
from labkit.local.app import LocalApp
from labkit.policy import Policy, PolicySet
from labkit.provision import Lab, checkpoint
from tests.flow.remotely import run


@pytest.fixture
def made(account: Account, lab: Lab) -> Teams:
    return course.teams(account, lab)


def enter(account: Account, made: Teams, username: str, **custom: Any) -> Person:
    return four_steps(account, made.app_client, made.identity_pool, username, made.password, **custom)


def tagged(account: Account, lab: Lab, made: Teams, *, trusted: bool) -> None:
    """Everybody is a `member`, and the team is mapped to a tag."""
    member, pool = made.roles["member"], made.identity_pool
    statement = {
        "Sid": "OwnTeam",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{lab.bucket}/${{aws:PrincipalTag/team}}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    identity_pool.put_role_policy(account, member, "plans", document)
    trust = identity_pool.authenticated_trust(pool, tag_sessions=trusted)
    identity_pool.update_assume_role_policy(account, member, trust)
    identity_pool.set_identity_pool_roles(account, pool, authenticated=member, unauthenticated=None)
    provider = made.user_pool.provider_name
    principal_tags.set_principal_tag_attribute_map(account, pool, provider, {"team": "custom:team"})


def test_teams_need_the_whole_lab() -> None:
    with pytest.raises(LabError, match="identity-pool"):
        course.teams(None, Lab("user-pool"))  # type: ignore[arg-type]


def test_teams_may_be_made_again_and_are_in_the_ledger(account: Account, lab: Lab, made: Teams) -> None:
    again = course.teams(account, lab)
    assert again.identity_pool.id != made.identity_pool.id
    noted = {entry.id for entry in account.ledger.entries}
    for each in (made, again):
        assert {each.user_pool.id, each.identity_pool.id} <= noted
        assert {role.name for role in each.roles.values()} <= noted


def test_the_four_steps_tell_whose_role_it_is(account: Account, made: Teams) -> None:
    alice = enter(account, made, "alice")
    assert (alice.role, alice.tags) == (made.roles["nobody"], {})
    reader, editor = made.roles["reader"], made.roles["editor"]
    rules = [Rule("custom:team", "Equals", "red", role) for role in (reader, editor)]
    identity_pool.set_identity_pool_roles(
        account,
        made.identity_pool,
        authenticated=made.roles["nobody"],
        unauthenticated=None,
        role_mappings={provider_of(made.app_client): by_rules(*rules, ambiguous="AuthenticatedRole")},
    )
    assert enter(account, made, "alice").role == reader
    assert enter(account, made, "alice", custom_role_arn=editor.arn).role == editor
    assert enter(account, made, "bob").role == made.roles["nobody"]


def test_a_tagged_persons_question_is_decided_and_told_as_the_account_decided_the_call(
    account: Account, lab: Lab, made: Teams
) -> None:
    tagged(account, lab, made, trusted=True)
    alice, bob, carol = (enter(account, made, name) for name in ("alice", "bob", "carol"))
    assert [who.tags for who in (alice, bob, carol)] == [{"team": "red"}, {"team": "blue"}, {}]
    for who, allowed in ((alice, True), (bob, False), (carol, False)):
        answer = access.get_object(account, who.keys, str(lab.bucket), "red/plan.txt")
        assert answer.allowed is allowed
        assert str(who.why(answer)) == str(explain(answer, account=account))
        assert ("claim `custom:team`" in str(who.why(answer))) is (who is not carol)


def test_the_question_about_tags_is_the_one_that_the_trust_policy_refused(
    account: Account, lab: Lab, made: Teams
) -> None:
    alice = enter(account, made, "alice")
    tagged(account, lab, made, trusted=False)
    with pytest.raises(ClientError) as caught:
        enter(account, made, "alice")
    found, asked = explain(caught.value), tag_session(made.roles["member"], alice.identity, {"team": "red"})
    assert not found.allowed
    assert (found.request.principal, found.request.action, found.request.resource) == (
        asked.principal,
        asked.action,
        asked.resource,
    )
    assert found.request.context["aws:RequestTag/team"] == asked.context["aws:RequestTag/team"]

    for trusted in (False, True):
        trust = identity_pool.authenticated_trust(made.identity_pool, tag_sessions=trusted)
        policies = PolicySet(resource=Policy.parse(trust, name="trust policy"))
        assert explain(asked, policies=policies).allowed is trusted


def test_a_real_account_is_asked_once_and_a_no_makes_nothing(
    remote: LocalApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []

    def person(question: str) -> bool:
        questions.append(question)
        return len(questions) < 4

    monkeypatch.setattr("time.sleep", lambda _: None)
    account = open_account("aws", profile="workshop", confirm=person)
    lab = checkpoint(account, "identity-pool")
    assert course.teams(account, lab).roles
    assert len(questions) == 3, "the account, the plan, the teams"
    assert "5 roles" in questions[-1]
    before = account.ledger.entries
    with pytest.raises(LabError, match="you said no"):
        course.teams(account, lab)
    assert account.ledger.entries == before


def test_notebook_07_runs_on_a_real_account_too(remote: LocalApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """There nobody tells the decisions, a person agrees to each change, and changes take their time."""
    found = run("07-groups-roles-and-tags", monkeypatch)
    cell, questions, waits = found.cell, found.questions, found.waits

    assert [answer.allowed for answer in cell["answers"]] == [True, True, True, False]
    assert cell["opens"] == [False, True]
    assert cell["refusal"].error.response["Error"]["Code"] == "InvalidIdentityPoolConfigurationException"
    assert checkpoint(found.account, "identity-pool") == cell["lab"], "the lab is as it was"
    assert not [asked for asked in questions if asked.startswith("CreateRole")], "course.teams asks once"
    assert [asked for asked in questions if asked.startswith("UpdateAssumeRolePolicy")]
    assert len(waits) >= 2
