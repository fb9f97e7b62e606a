"""Usernames, addresses in their place, aliases, and the case of letters.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, attributes_of, claims_of, named, user_pool

PHONE = "+14155550101"
TAKEN = ("AliasExistsException", "An account with the email already exists.")


@pytest.fixture(scope="session")
def aliased(account: LocalAccount) -> Pool:
    return user_pool(account, AliasAttributes=["email", "phone_number", "preferred_username"])


@pytest.fixture(scope="session")
def addressed(account: LocalAccount) -> Pool:
    return user_pool(account, UsernameAttributes=["email"])


def confirm(pool: Pool, username: str, **more: Any) -> Any:
    return pool.idp.confirm_sign_up(
        ClientId=pool.client_id, Username=username, ConfirmationCode=pool.account.last_code(username), **more
    )


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
def test_one_kind_of_sign_in_name_a_pool(account: LocalAccount) -> None:
    """The text as reported of CreateUserPool"""
    kinds: list[dict[str, Any]] = [{"AliasAttributes": ["email"]}, {"UsernameAttributes": ["email"]}]
    for kind in kinds:
        assert user_pool(account, **kind).id
    answer = refused(user_pool, account=account, **kinds[0], **kinds[1])
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert (
        answer.message == "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
    )


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_an_update_of_the_pool_leaves_its_sign_in_names_alone(account: LocalAccount) -> None:
    """ "After you create a user pool, you can't change this setting." """
    pool = user_pool(account, AliasAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    name = pool.confirmed()
    pool.admin.update_user_pool(UserPoolId=pool.id, AutoVerifiedAttributes=["email"])
    found = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert found["AliasAttributes"] == ["email"]
    assert found["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool.sign_in(f"{name.upper()}@EXAMPLE.COM")["IdToken"]


# --- aliases ----------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
def test_an_address_signs_in_once_it_is_verified(aliased: Pool) -> None:
    """ "Phone numbers and email addresses only become active aliases for a user after your user verifies"
    them"""
    name = aliased.sign_up()
    address = f"{name}@example.com"
    aliased.admin.admin_confirm_sign_up(UserPoolId=aliased.id, Username=name)
    assert refused(aliased.sign_in, username=address).code == "UserNotFoundException"
    aliased.admin.admin_update_user_attributes(
        UserPoolId=aliased.id, Username=name, UserAttributes=named(email_verified="true")
    )
    assert claims_of(aliased.sign_in(address)["IdToken"])["cognito:username"] == name
    assert attributes_of(aliased, address)["email"] == address


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
@pytest.mark.parametrize("value, noun", [("a@example.com", "email"), (PHONE, "phone")])
def test_a_username_does_not_look_like_an_alias(
    account: LocalAccount, aliased: Pool, value: str, noun: str
) -> None:
    """ "If you select email address as an alias, Amazon Cognito doesn't accept a user name that matches a
    valid email address format." """
    plain = user_pool(account)
    assert plain.sign_up(value, UserAttributes=[])
    answers = [
        refused(aliased.sign_up, username=value),
        refused(aliased.admin.admin_create_user, UserPoolId=aliased.id, Username=value),
    ]
    text = f"Username cannot be of {noun} format, since user pool is configured for {noun} alias."
    for answer in answers:
        assert (answer.status, answer.code, answer.message) == (400, "InvalidParameterException", text)


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:ConfirmSignUp", refuses="AliasExistsException")
def test_an_alias_is_one_users_and_moves_only_by_force(aliased: Pool) -> None:
    """The example of Jie and Shirley on the page about user existence errors; ForceAliasCreation:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html"""
    jie = aliased.confirmed()
    address = f"{jie}@example.com"
    shirley = aliased.sign_up(UserAttributes=named(email=address))
    answer = refused(confirm, pool=aliased, username=shirley)
    assert (answer.status, answer.code, answer.message) == (400, *TAKEN)
    assert claims_of(aliased.sign_in(address)["IdToken"])["cognito:username"] == jie
    confirm(aliased, shirley, ForceAliasCreation=True)
    assert claims_of(aliased.sign_in(address)["IdToken"])["cognito:username"] == shirley
    assert attributes_of(aliased, jie)["email_verified"] == "false"


@pytest.mark.operation("cognito-idp:AdminGetUser")
@pytest.mark.operation("cognito-idp:AdminCreateUser", refuses="AliasExistsException")
def test_an_administrator_moves_an_alias_only_by_force(aliased: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
    (ForceAliasCreation, which counts only where the address is verified)"""
    jie, create = aliased.confirmed(), aliased.admin.admin_create_user
    given = {"email": f"{jie}@example.com"}
    unverified = {"UserPoolId": aliased.id, "UserAttributes": named(**given)}
    verified = unverified | {"UserAttributes": named(**given, email_verified="true")}
    assert create(Username=aliased.account.name("made"), **unverified)["User"]
    name = aliased.account.name("made")
    answer = refused(create, Username=name, **verified)
    assert (answer.status, answer.code, answer.message) == (400, *TAKEN)
    assert create(Username=name, ForceAliasCreation=True, **verified)["User"]["Username"] == name
    assert aliased.admin.admin_get_user(UserPoolId=aliased.id, Username=given["email"])["Username"] == name


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:UpdateUserAttributes")
@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_preferred_username_comes_after_confirmation(account: LocalAccount, aliased: Pool) -> None:
    """ "If you select preferred_username as an alias, your user can provide the value only when they
    confirm an account. They can't provide the value during registration." (no text is documented)"""
    given = named(email="a@example.com", preferred_username="ace")
    assert user_pool(account).sign_up(UserAttributes=given)
    answer = refused(aliased.sign_up, UserAttributes=given)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    name, preferred = aliased.confirmed(), aliased.account.name("ace")
    token = aliased.sign_in(name)["AccessToken"]
    aliased.idp.update_user_attributes(AccessToken=token, UserAttributes=named(preferred_username=preferred))
    assert claims_of(aliased.sign_in(preferred)["IdToken"])["cognito:username"] == name


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:UpdateUserAttributes", refuses="AliasExistsException")
@pytest.mark.unconfirmed
def test_a_preferred_username_is_nobody_elses_name(aliased: Pool) -> None:
    """AliasExistsException is documented, which text is whose, is not."""
    (name, other), preferred = (aliased.confirmed(), aliased.confirmed()), aliased.account.name("ace")
    update = aliased.idp.update_user_attributes
    token, second = (aliased.sign_in(n)["AccessToken"] for n in (name, other))
    update(AccessToken=token, UserAttributes=named(preferred_username=preferred))
    for taken in (preferred, name):
        answer = refused(update, AccessToken=second, UserAttributes=named(preferred_username=taken))
        assert (answer.status, answer.code) == (400, "AliasExistsException")
    assert claims_of(aliased.sign_in(preferred)["IdToken"])["cognito:username"] == name
    assert update(AccessToken=token, UserAttributes=named(preferred_username=f"{preferred}-2"))


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_preferred_username_is_required_or_an_alias(account: LocalAccount) -> None:
    """ "You can select preferred_username as required or as an alias, but not both." (no text is
    documented)"""
    required = [{"Name": "preferred_username", "Required": True, "Mutable": True}]
    assert user_pool(account, Schema=required).id
    answer = refused(user_pool, account=account, Schema=required, AliasAttributes=["preferred_username"])
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


# --- addresses in the place of usernames ------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:SignUp")
def test_an_address_in_the_usernames_place_need_not_be_verified(addressed: Pool) -> None:
    """ "The email address or phone number must be unique … It doesn't have to be verified." """
    address = f"{addressed.account.name('carol')}@example.com"
    sub = addressed.idp.sign_up(ClientId=addressed.client_id, Username=address, Password=PASSWORD)["UserSub"]
    addressed.admin.admin_confirm_sign_up(UserPoolId=addressed.id, Username=address)
    claims = claims_of(addressed.sign_in(address)["IdToken"])
    assert (claims["cognito:username"], claims["sub"], claims["email"]) == (sub, sub, address)
    assert "email_verified" not in attributes_of(addressed, address)


@pytest.mark.operation("cognito-idp:SignUp", refuses="UsernameExistsException")
def test_an_address_in_the_usernames_place_is_taken_once(addressed: Pool) -> None:
    """The same page: "If the username string contains an email address … that is already in use, the
    SignUp API returns an exception." The text as AWS gives it."""
    address = f"{addressed.account.name('carol')}@example.com"
    given = {"ClientId": addressed.client_id, "Username": address, "Password": PASSWORD}
    assert addressed.idp.sign_up(**given)["UserSub"]
    expected = (400, "UsernameExistsException", "An account with the given email already exists.")
    answer = refused(addressed.idp.sign_up, **given)
    assert (answer.status, answer.code, answer.message) == expected
    made = refused(addressed.admin.admin_create_user, UserPoolId=addressed.id, Username=address)
    assert (made.status, made.code, made.message) == expected


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "kinds, good, bad, text",
    [
        (["email"], "dan@example.com", PHONE, "Username should be an email."),
        (["phone_number"], PHONE, "dan@example.com", "Username should be a phone number."),
        (["email", "phone_number"], PHONE, "dan", "Username should be an email or a phone number."),
    ],
)
@pytest.mark.unconfirmed
def test_the_username_is_such_an_address(
    account: LocalAccount, kinds: list[str], good: str, bad: str, text: str
) -> None:
    """The same page: "If the username string format isn't in email address or phone number format, the
    SignUp API returns an exception." (the text for both kinds is not documented)"""
    pool = user_pool(account, UsernameAttributes=kinds)
    sign_up = {"ClientId": pool.client_id, "Password": PASSWORD}
    sub = pool.idp.sign_up(Username=good, **sign_up)["UserSub"]
    assert attributes_of(pool, sub)["phone_number" if good == PHONE else "email"] == good
    for call, more in (
        (pool.idp.sign_up, sign_up),
        (pool.admin.admin_create_user, {"UserPoolId": pool.id}),
    ):
        answer = refused(call, Username=bad, **more)
        assert (answer.status, answer.code, answer.message) == (400, "InvalidParameterException", text)


# --- case -------------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:SignUp", refuses="UsernameExistsException")
def test_a_pool_that_takes_any_case_knows_a_name_in_all_of_them(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UsernameConfigurationType.html"""
    pool = user_pool(account, UsernameConfiguration={"CaseSensitive": False}, AliasAttributes=["email"])
    name = pool.account.name("Learner")
    pool.sign_up(name, UserAttributes=named(email=f"{name}@Example.com"))
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=name.upper())
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username=name.lower(), UserAttributes=named(email_verified="true")
    )
    for known in (name, name.lower(), name.upper(), f"{name}@example.COM"):
        assert pool.sign_in(known)["IdToken"]
    answer = refused(pool.sign_up, username=name.upper())
    assert (answer.code, answer.message) == ("UsernameExistsException", "User already exists")


@pytest.mark.operation("cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
@pytest.mark.parametrize("settings", [{}, {"UsernameConfiguration": {"CaseSensitive": True}}])
def test_a_pool_tells_case_where_nothing_says_otherwise(
    account: LocalAccount, settings: dict[str, Any]
) -> None:
    """The same page: true "is the default value"."""
    pool = user_pool(account, **settings)
    name = pool.confirmed()
    assert pool.sign_in(name)["IdToken"]
    assert refused(pool.sign_in, username=name.upper()).code == "UserNotFoundException"
    assert pool.sign_up(name.upper())


@pytest.mark.operation("cognito-idp:AdminRemoveUserFromGroup")
@pytest.mark.operation("cognito-idp:AdminGetUser", refuses="UserNotFoundException")
def test_every_operation_of_the_administrator_knows_a_user_by_each_name(aliased: Pool) -> None:
    """ "The value of this parameter is typically your user's username, but it can be any of their alias
    attributes. If username isn't an alias attribute in your user pool, this value must be the sub":
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html"""
    name = aliased.confirmed()
    group = aliased.account.name("group")
    aliased.admin.create_group(UserPoolId=aliased.id, GroupName=group)
    sub = attributes_of(aliased, name)["sub"]
    for known in (name, f"{name}@example.com", sub):
        ids = {"UserPoolId": aliased.id, "Username": known}
        admin = aliased.admin
        assert admin.admin_get_user(**ids)["Username"] == name
        admin.admin_disable_user(**ids)
        assert admin.admin_get_user(**ids)["Enabled"] is False
        admin.admin_enable_user(**ids)
        admin.admin_add_user_to_group(GroupName=group, **ids)
        assert [g["GroupName"] for g in admin.admin_list_groups_for_user(**ids)["Groups"]] == [group]
        admin.admin_remove_user_from_group(GroupName=group, **ids)
        assert admin.admin_list_groups_for_user(**ids)["Groups"] == []
    answer = refused(aliased.admin.admin_get_user, UserPoolId=aliased.id, Username="nobody")
    assert (answer.status, answer.code, answer.message) == (
        400, "UserNotFoundException", "User does not exist.",
    )  # fmt: skip
    aliased.admin.admin_delete_user(UserPoolId=aliased.id, Username=sub)
    gone = refused(aliased.admin.admin_get_user, UserPoolId=aliased.id, Username=name)
    assert gone.code == "UserNotFoundException"
