"""ListUsers and ListUsersInGroup: filters, attributes, pages.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import Pool, named, user_pool

PEOPLE: dict[str, dict[str, str]] = {
    "carol": {"email": "Carol@example.com", "family_name": "Reddy", "phone_number": "+13125550100"},
    "anna": {"email": "anna@example.com", "family_name": "Reddy", "preferred_username": "ace"},
    "ben": {"email": "ben@example.org", "family_name": 'O"Neil\\', "given_name": "Ben", "name": "Ben O"},
}


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    """A pool of three: carol is confirmed, anna disabled, ben as the administrator made him."""
    pool = user_pool(account)
    for name in ("carol", "anna"):
        pool.sign_up(name, UserAttributes=named(**PEOPLE[name]))
    ids = {"UserPoolId": pool.id}
    pool.admin.admin_create_user(Username="ben", UserAttributes=named(**PEOPLE["ben"]), **ids)
    pool.admin.admin_confirm_sign_up(Username="carol", **ids)
    pool.admin.admin_disable_user(Username="anna", **ids)
    return pool


def listed(pool: Pool, filtering: str = "", **more: Any) -> list[str]:
    found = pool.admin.list_users(UserPoolId=pool.id, Filter=filtering, **more)["Users"]
    return [user["Username"] for user in found]


@pytest.mark.operation("cognito-idp:ListUsers")
def test_every_user_is_listed_with_every_attribute(pool: Pool) -> None:
    found = pool.admin.list_users(UserPoolId=pool.id)["Users"]
    assert {user["Username"] for user in found} == set(PEOPLE)
    ben = next(user for user in found if user["Username"] == "ben")
    assert {a["Name"]: a["Value"] for a in ben["Attributes"] if a["Name"] != "sub"} == PEOPLE["ben"]
    assert (ben["Enabled"], ben["UserStatus"]) == (True, "FORCE_CHANGE_PASSWORD")
    assert set(ben) == {
        "Username", "Attributes", "UserCreateDate", "UserLastModifiedDate", "Enabled", "UserStatus",
    }  # fmt: skip


@pytest.mark.operation("cognito-idp:ListUsers")
@pytest.mark.parametrize(
    "filtering, expected",
    [
        ("", ["anna", "ben", "carol"]),
        ('username = "anna"', ["anna"]),
        ('username = "Anna"', []),
        ('username ^= "a"', ["anna"]),
        ('email = "carol@example.com"', ["carol"]),
        ('email ^= "ANNA@"', ["anna"]),
        ('phone_number ^= "+1312"', ["carol"]),
        ('name = "Ben O"', ["ben"]),
        ('given_name="Ben"', ["ben"]),
        ('family_name = "reddy"', ["anna", "carol"]),
        ('family_name = "O\\"Neil\\\\"', ["ben"]),
        ('preferred_username = "ace"', ["anna"]),
        ('cognito:user_status = "confirmed"', ["carol"]),
        ('cognito:user_status ^= "F"', ["ben"]),
        ('status = "Disabled"', ["anna"]),
        ('status = "disabled"', []),
        ('status = "Enabled"', ["ben", "carol"]),
        ('given_name ^= ""', ["ben"]),
    ],
)
def test_a_filter_finds_by_one_attribute(pool: Pool, filtering: str, expected: list[str]) -> None:
    """The pages' examples; "username (case-sensitive) … cognito:user_status (… case-insensitive), status (…
    case-sensitive)", and the others: "All searches are case-insensitive." """
    assert sorted(listed(pool, filtering)) == expected


@pytest.mark.operation("cognito-idp:ListUsers")
def test_a_filter_finds_by_sub(pool: Pool) -> None:
    found = pool.admin.admin_get_user(UserPoolId=pool.id, Username="ben")["UserAttributes"]
    sub = {a["Name"]: a["Value"] for a in found}["sub"]
    assert listed(pool, f'sub = "{sub}"') == ["ben"]


@pytest.mark.operation("cognito-idp:ListUsers")
def test_what_is_found_is_sorted_by_the_attribute(pool: Pool) -> None:
    """ "Search results are sorted by the attribute named by the AttributeName string, in ascending order" """
    assert listed(pool, 'username ^= ""') == ["anna", "ben", "carol"]


@pytest.mark.operation("cognito-idp:ListUsers", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "filtering, text",
    [
        ("email = anna@example.com", "Error while parsing filter."),
        ('email == "anna@example.com"', "Error while parsing filter."),
        ('email = "anna', "Error while parsing filter."),
        ('email = "a" and name = "b"', "Error while parsing filter."),
        ('email ~ "a"', "Error while parsing filter."),
        ("email", "Error while parsing filter."),
        ('nickname = "a"', "Invalid search attribute: nickname"),
        ('custom:team = "a"', "Invalid search attribute: custom:team"),
    ],
)
def test_a_filter_that_is_none_is_refused(pool: Pool, filtering: str, text: str) -> None:
    """ "Custom attributes aren't searchable"; the texts are not documented."""
    assert listed(pool, 'email ^= "anna"') == ["anna"]
    answer = refused(pool.admin.list_users, UserPoolId=pool.id, Filter=filtering)
    assert (answer.status, answer.code, answer.message) == (400, "InvalidParameterException", text)


@pytest.mark.operation("cognito-idp:ListUsers", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_the_attributes_that_were_asked_for_are_shown(pool: Pool) -> None:
    """ "Amazon Cognito returns an error if not all users in the results have set a value for the attribute
    you request." (It does not say which error.)"""
    call = pool.admin.list_users
    found = call(UserPoolId=pool.id, AttributesToGet=["email", "family_name"])["Users"]
    assert all({a["Name"] for a in user["Attributes"]} == {"email", "family_name"} for user in found)
    by_name = call(UserPoolId=pool.id, AttributesToGet=["given_name"], Filter='given_name = "Ben"')["Users"]
    assert [a["Value"] for a in by_name[0]["Attributes"]] == ["Ben"]
    for name in ("given_name", "custom:nobody"):
        answer = refused(call, UserPoolId=pool.id, AttributesToGet=[name])
        assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:ListUsers")
def test_a_list_comes_in_pages(pool: Pool) -> None:
    pages = pool.admin.get_paginator("list_users").paginate(
        UserPoolId=pool.id, PaginationConfig={"PageSize": 2}
    )
    sizes = [[user["Username"] for user in page["Users"]] for page in pages]
    assert [len(names) for names in sizes] == [2, 1]
    assert {name for names in sizes for name in names} == set(PEOPLE)
    first = pool.admin.list_users(UserPoolId=pool.id, Limit=1, Filter='family_name = "Reddy"')
    token = first["PaginationToken"]
    second = pool.admin.list_users(
        UserPoolId=pool.id, Limit=1, Filter='family_name = "Reddy"', PaginationToken=token
    )
    names = [page["Users"][0]["Username"] for page in (first, second)]
    assert sorted(names) == ["anna", "carol"]
    assert "PaginationToken" not in second


@pytest.mark.operation("cognito-idp:ListUsers", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_pagination_token_is_good_for_an_hour(fresh: LocalAccount) -> None:
    """ "Amazon Cognito expires the pagination token after one hour." (no text is documented)"""
    pool = user_pool(fresh)
    for _ in range(2):
        pool.sign_up()
    call = pool.admin.list_users
    token = call(UserPoolId=pool.id, Limit=1)["PaginationToken"]
    fresh.advance(minutes=59)
    assert call(UserPoolId=pool.id, PaginationToken=token)["Users"]
    fresh.advance(minutes=1)
    for bad in (token, "nonsense"):
        answer = refused(call, UserPoolId=pool.id, PaginationToken=bad)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:AdminAddUserToGroup", "cognito-idp:CreateGroup")
@pytest.mark.operation(
    "cognito-idp:DeleteGroup",
    "cognito-idp:GetGroup",
    "cognito-idp:ListUsersInGroup",
    "cognito-idp:UpdateGroup",
    refuses="ResourceNotFoundException",
)
def test_the_users_of_a_group_are_listed(account: LocalAccount, pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsersInGroup.html"""
    ids, admin = {"UserPoolId": pool.id, "GroupName": account.name("group")}, pool.admin
    admin.create_group(**ids)
    for name in ("anna", "ben"):
        admin.admin_add_user_to_group(Username=name, **ids)
    first = admin.list_users_in_group(Limit=1, **ids)
    second = admin.list_users_in_group(Limit=1, NextToken=first["NextToken"], **ids)
    names = [page["Users"][0]["Username"] for page in (first, second)]
    assert (sorted(names), "NextToken" in second) == (["anna", "ben"], False)
    calls = [admin.list_users_in_group, admin.get_group, admin.update_group, admin.delete_group]
    for call in calls:
        assert call(**ids)
        answer = refused(call, UserPoolId=pool.id, GroupName="nobody")
        assert (answer.status, answer.code, answer.message) == (
            400, "ResourceNotFoundException", "Group not found.",
        )  # fmt: skip
