"""A mark that claims more than its test shows fails the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.claims import ACCEPTED, NOT_SIMULATED, Answer, Claims, overheard

GET_ID, INITIATE = "cognito-identity:GetId", "cognito-idp:InitiateAuth"
REFUSED = "NotAuthorizedException"
ROLE = "arn:aws:iam::111122223333:role/nobodys"


@dataclass
class Case:
    """What the claims see of a test item."""

    nodeid: str
    marks: tuple[pytest.MarkDecorator, ...]

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        return [decorator.mark for decorator in self.marks if decorator.mark.name == name]


def settled(mark: pytest.MarkDecorator, *answers: list[Answer]) -> None:
    """A test function with one case for each list of answers."""
    claims, items = Claims(), [Case(f"test_x.py::test_y[{i}]", (mark,)) for i in range(len(answers))]
    given: Any = items
    claims.expect(given)
    for item, heard in zip(given, answers, strict=True):
        claims.begin()
        for answer in heard:
            claims.hear(answer)
        claims.settle(item)


def test_a_mark_claims_that_its_operations_are_accepted() -> None:
    settled(pytest.mark.operation(GET_ID), [Answer(GET_ID, ACCEPTED)])
    for heard in (
        [],
        [Answer(INITIATE, ACCEPTED)],
        [Answer(GET_ID, REFUSED)],
        [Answer(GET_ID, NOT_SIMULATED)],
    ):
        with pytest.raises(pytest.fail.Exception, match=f"never answered: {GET_ID} → accepted"):
            settled(pytest.mark.operation(GET_ID), heard)


def test_a_refusal_is_shown_beside_what_is_accepted() -> None:
    both = [Answer(GET_ID, ACCEPTED), Answer(GET_ID, REFUSED)]
    settled(pytest.mark.operation(GET_ID, refuses=REFUSED), both)
    for heard in ([both[0]], [both[1]], [both[0], Answer(INITIATE, REFUSED)]):
        with pytest.raises(pytest.fail.Exception, match="never answered"):
            settled(pytest.mark.operation(GET_ID, refuses=[REFUSED]), heard)


def test_what_is_missing_is_shown_by_the_answer_that_says_so() -> None:
    settled(pytest.mark.operation(GET_ID, missing="Twitter"), [Answer(GET_ID, NOT_SIMULATED)])
    settled(pytest.mark.operation(GET_ID, missing="Twitter"), [Answer(GET_ID, ACCEPTED)])
    with pytest.raises(pytest.fail.Exception, match="never answered"):
        settled(pytest.mark.operation(GET_ID, missing="Twitter"), [Answer(GET_ID, REFUSED)])


def test_the_cases_of_a_function_show_it_together() -> None:
    mark = pytest.mark.operation(GET_ID, refuses=REFUSED)
    settled(mark, [Answer(GET_ID, ACCEPTED)], [Answer(GET_ID, REFUSED)])
    with pytest.raises(pytest.fail.Exception, match="never answered"):
        settled(mark, [Answer(GET_ID, ACCEPTED)], [])


def test_each_protocol_is_overheard(account: LocalAccount) -> None:
    heard: list[Answer] = []
    app: Any = account.app
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(app), "__call__", overheard(heard.append))
        account.client("sts").get_caller_identity()
        refused(account.client("sts").assume_role, RoleArn=ROLE, RoleSessionName="tester")
        account.client("cognito-idp").list_user_pools(MaxResults=1)
        refused(account.client("cognito-idp").describe_user_pool, UserPoolId="us-east-1_000000000")
        refused(account.client("sts").decode_authorization_message, EncodedMessage="x")
        account.client("iam").list_users()
    assert heard == [
        Answer("sts:GetCallerIdentity", ACCEPTED),
        Answer("sts:AssumeRole", "AccessDenied"),
        Answer("cognito-idp:ListUserPools", ACCEPTED),
        Answer("cognito-idp:DescribeUserPool", "ResourceNotFoundException"),
        Answer("sts:DecodeAuthorizationMessage", NOT_SIMULATED),
    ]
