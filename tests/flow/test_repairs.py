"""Policies of the course: put onto the role for a while, repaired, and tried by the people of the lab."""

from __future__ import annotations

import re
from typing import Any

import pytest

import labkit
from labkit import course
from labkit.account import Account, open_account
from labkit.course import Person, people, role_policy
from labkit.errors import LabError
from labkit.flow import access
from labkit.local.app import LocalApp
from labkit.policy import matrix
from labkit.provision import Lab, checkpoint
from tests.flow.remotely import run

ME = "${cognito-identity.amazonaws.com:sub}"


@pytest.fixture(scope="module")
def two(account: Account, lab: Lab) -> tuple[Person, Person]:
    return people(account, lab)


def allow(action: object, resource: object, **more: object) -> dict[str, Any]:
    statement = {"Sid": "Mine", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def on_role(account: Account, lab: Lab) -> Any:
    role = lab.roles["authenticated"].name
    return account.client("iam").get_role_policy(RoleName=role, PolicyName="own-data")["PolicyDocument"]


def solution(name: str, account: Account, lab: Lab) -> Any:
    """What the solution's cell leaves in `repaired`."""
    cell: dict[str, Any] = {
        "account": account,
        "lab": lab,
        "bucket": f"arn:aws:s3:::{lab.bucket}",
        "me": ME,
    }
    exec(course.exercise(name).solution, cell)
    return cell["repaired"]


def test_people_bring_their_ids_their_keys_and_something_to_look_at(
    account: Account, lab: Lab, two: tuple[Person, Person]
) -> None:
    alice, bob = two
    assert (alice.username, alice.sub) == ("alice", lab.users["alice"].sub)
    assert alice.id != bob.id
    assert access.get_object(account, alice.keys, str(lab.bucket), f"{alice.id}/diary.txt").allowed
    assert access.query(account, bob.keys, str(lab.table), "owner", bob.id).output[0]["text"] == "bob"


def test_people_need_the_whole_lab() -> None:
    with open_account(transport="direct") as account, pytest.raises(LabError, match="checkpoint"):
        people(account, checkpoint(account, "user-pool"))


def test_a_persons_question_is_decided_as_the_account_decided_the_call(
    account: Account, lab: Lab, two: tuple[Person, Person]
) -> None:
    """What the course takes from a call (Cognito's keys, prefix, leading keys) is what the account saw."""
    alice, bob = two
    bucket, table = str(lab.bucket), str(lab.table)
    for attempt in (
        access.get_object(account, bob.keys, bucket, f"{bob.id}/diary.txt"),
        access.get_object(account, bob.keys, bucket, f"{alice.id}/diary.txt"),
        access.list_objects(account, bob.keys, bucket, f"{bob.id}/"),
        access.list_objects(account, bob.keys, bucket),
        access.query(account, bob.keys, table, "owner", bob.id),
        access.query(account, bob.keys, table, "owner", alice.id),
        access.get_item(account, bob.keys, table, {"owner": bob.id, "note": "today"}),
        access.put_item(account, bob.keys, table, {"owner": alice.id, "note": "today"}),
        access.scan(account, bob.keys, table),
    ):
        mine, theirs = bob.why(attempt), labkit.explain(attempt, account=account)
        assert mine.verdict is theirs.verdict, attempt
        assert mine.allowed is attempt.allowed
        assert mine.request.principal == theirs.request.principal
        assert dict(theirs.request.question.context) | dict(mine.request.question.context) == dict(
            theirs.request.question.context
        )


def test_a_persons_row_of_a_matrix_is_decided_as_the_questions_are(
    account: Account, lab: Lab, two: tuple[Person, Person]
) -> None:
    alice, bob = two
    diaries = [f"arn:aws:s3:::{lab.bucket}/{who.id}/diary.txt" for who in two]
    found = matrix([alice.row(alice.policies), bob.row(bob.policies)], ["s3:GetObject"], diaries)

    assert [cell.decision.allowed for cell in found] == [True, False, False, True]
    assert found.cells[3].decision.request == bob.request("s3:GetObject", diaries[1])


def test_a_policy_is_on_the_role_for_the_block_only_also_where_the_block_fails(
    account: Account, lab: Lab, two: tuple[Person, Person]
) -> None:
    alice, before = two[0], on_role(account, lab)
    nothing = allow("s3:ListAllMyBuckets", "*")

    def fail() -> None:
        with role_policy(account, lab, nothing):
            assert on_role(account, lab) == nothing
            assert not access.list_objects(account, alice.keys, str(lab.bucket), f"{alice.id}/").allowed
            raise RuntimeError

    assert access.list_objects(account, alice.keys, str(lab.bucket), f"{alice.id}/").allowed
    with pytest.raises(RuntimeError):
        fail()

    assert on_role(account, lab) == before


@pytest.mark.parametrize("name", ["05a", "05b", "05c"])
def test_the_solution_repairs_and_the_role_has_its_own_policy_again(
    name: str, account: Account, lab: Lab
) -> None:
    before = on_role(account, lab)

    assert course.exercise(name).check(solution(name, account, lab), account, lab).solved
    assert on_role(account, lab) == before


@pytest.mark.parametrize("name", ["05a", "05b", "05c"])
def test_a_repair_that_opens_everything_is_told_so(name: str, account: Account, lab: Lab) -> None:
    feedback = course.exercise(name).check(allow("*", "*"), account, lab)

    assert not feedback.solved
    assert re.fullmatch(r"This opens too much\. Bob .*: allowed by statement `Mine`\.", feedback.text)


def test_a_listing_without_a_condition_opens_too_much(account: Account, lab: Lab) -> None:
    feedback = course.exercise("05a").check(
        allow("s3:ListBucket", f"arn:aws:s3:::{lab.bucket}"), account, lab
    )
    assert "opens too much. Bob lists Alice's folder" in feedback.text


def test_what_works_for_alice_alone_is_no_repair(
    account: Account, lab: Lab, two: tuple[Person, Person]
) -> None:
    hers = allow("s3:GetObject", f"arn:aws:s3:::{lab.bucket}/{two[0].id}/*")
    feedback = course.exercise("05b").check(hers, account, lab)

    assert "Bob gets his diary: refused; statement `Mine` matched the action; the resource" in feedback.text


def test_a_deny_is_named_where_it_stands_in_the_way(account: Account, lab: Lab) -> None:
    policy = solution("05c", account, lab)
    policy["Statement"].append({"Sid": "Never", "Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"})

    feedback = course.exercise("05c").check(policy, account, lab)
    assert feedback.text == "Alice queries her own notes: denied by statement `Never`."


def test_a_policy_of_nothing_that_matters_says_so(account: Account, lab: Lab) -> None:
    feedback = course.exercise("05b").check(allow("sqs:SendMessage", "*"), account, lab)
    assert feedback.text.startswith("Alice gets her diary: refused; ")


@pytest.mark.parametrize(
    "answer, said", [({"Statement": [{"Effect": "Maybe"}]}, "Effect"), (42, "policy"), ("{", "policy")]
)
def test_what_is_no_policy_gets_a_sentence_and_never_reaches_the_role(
    answer: Any, said: str, account: Account, lab: Lab
) -> None:
    before = on_role(account, lab)
    feedback = course.exercise("05a").check(answer, account, lab)

    assert not feedback.solved
    assert said in feedback.text
    assert on_role(account, lab) == before


def test_notebook_05_runs_on_a_real_account_too(remote: LocalApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """There nobody tells the decisions, a person agrees to each change, and changes take their time."""
    found = run("05-policy-decisions", monkeypatch)
    cell, questions, waits = found.cell, found.questions, found.waits

    assert [answer.allowed for answer in cell["answers"]] == [True, False, True, False, False]
    assert (cell["read"].allowed, cell["written"].allowed, cell["after"].allowed) == (True, True, False)
    assert [mistake.mistakes[0].name for mistake in cell["ideas"]] == [
        "bucket_for_object",
        "pool_sub_for_identity_id",
        "user_name_in_a_session",
        "no_version",
    ]
    assert checkpoint(found.account, "identity-pool") == cell["lab"], "what it changed is as it was"
    assert sum("PutRolePolicy" in question for question in questions) >= 3
    assert len(waits) >= 6
