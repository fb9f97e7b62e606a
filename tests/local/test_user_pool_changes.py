"""Changing, verifying and deleting attributes.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifyUserAttribute.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import Pool, attributes_of, named, user_pool
from tests.local.test_user_pool_triggers import Recorder, watched

NEW = "new@example.com"
KEEP = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.fixture(scope="session")
def keeping(account: LocalAccount) -> Pool:
    """A pool that keeps the original address until the new one is verified."""
    return user_pool(account, AliasAttributes=["email"], **KEEP)


def signed_in(pool: Pool) -> tuple[str, str]:
    """A new user's name and access token."""
    name = pool.confirmed()
    return name, pool.sign_in(name)["AccessToken"]


def update(pool: Pool, token: str, **changed: str) -> list[dict[str, str]]:
    answer = pool.idp.update_user_attributes(AccessToken=token, UserAttributes=named(**changed))
    return list(answer["CodeDeliveryDetailsList"])


def verify(pool: Pool, token: str, code: str, attribute: str = "email") -> Any:
    return pool.idp.verify_user_attribute(AccessToken=token, AttributeName=attribute, Code=code)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.operation(
    "cognito-idp:VerifyUserAttribute", refuses=["CodeMismatchException", "ExpiredCodeException"]
)
def test_a_changed_address_is_unverified_until_the_code_comes_back(pool: Pool) -> None:
    """ "An email address or phone number attribute can become active and unverified immediately after your
    user changes its value." """
    name, token = signed_in(pool)
    (sent,) = update(pool, token, email=NEW, nickname="ace")
    assert sent == {"Destination": "n***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    found = attributes_of(pool, name)
    assert (found["email"], found["email_verified"], found["nickname"]) == (NEW, "false", "ace")
    code = pool.account.last_code(name)
    wrong = refused(verify, pool=pool, token=token, code=other_than(code))
    assert (wrong.status, wrong.code) == (400, "CodeMismatchException")
    verify(pool, token, code)
    assert attributes_of(pool, name)["email_verified"] == "true"
    assert refused(verify, pool=pool, token=token, code=code).code == "ExpiredCodeException"


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
def test_the_original_address_stays_until_the_new_one_is_verified(keeping: Pool) -> None:
    """ "When you require that users verify an updated attribute, a user can sign in with the original
    attribute value until they verify the new value." """
    name, token = signed_in(keeping)
    old, new = f"{name}@example.com", f"{name}.new@example.com"
    (sent,) = update(keeping, token, email=new)
    assert sent["AttributeName"] == "email"
    found = attributes_of(keeping, name)
    assert (found["email"], found["email_verified"]) == (old, "true")
    assert keeping.sign_in(old)["IdToken"]
    assert refused(keeping.sign_in, username=new).code == "UserNotFoundException"
    message = keeping.account.app.state.outbox.messages(name)[-1]
    assert message.destination == new
    verify(keeping, token, message.code)
    assert attributes_of(keeping, name)["email"] == new
    assert keeping.sign_in(new)["IdToken"]
    assert refused(keeping.sign_in, username=old).code == "UserNotFoundException"


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
def test_what_must_be_verified_first_must_be_verified_at_all(account: LocalAccount) -> None:
    """The text as AWS gave it: https://github.com/aws/aws-cli/issues/7151"""
    assert user_pool(account, **KEEP).id
    answer = refused(user_pool, account=account, AutoVerifiedAttributes=[], **KEEP)
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException",
        "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:VerifyUserAttribute", refuses="AliasExistsException")
def test_an_alias_that_was_taken_meanwhile_is_not_verified(keeping: Pool) -> None:
    """VerifyUserAttribute's AliasExistsException; the text is that of the page on user existence errors:
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    (name, token), (_, other) = signed_in(keeping), signed_in(keeping)
    wanted = f"{name}.wanted@example.com"
    update(keeping, token, email=wanted)
    code = keeping.account.last_code(name)
    update(keeping, other, email=wanted)
    verify(keeping, other, keeping.account.last_code(wanted))
    answer = refused(verify, pool=keeping, token=token, code=code)
    assert (answer.status, answer.code, answer.message) == (
        400, "AliasExistsException", "An account with the email already exists.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:UpdateUserAttributes", refuses="AliasExistsException")
def test_an_address_in_the_usernames_place_is_not_anothers(account: LocalAccount) -> None:
    """ "If the email address or phone number isn't already in use, it becomes the new user name":
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    pool = user_pool(account, UsernameAttributes=["email"])
    for address in ("dan@example.com", "eve@example.com"):
        pool.admin.admin_create_user(UserPoolId=pool.id, Username=address)
        pool.admin.admin_set_user_password(
            UserPoolId=pool.id, Username=address, Password="Correct-horse-1", Permanent=True
        )
    token = pool.sign_in("dan@example.com")["AccessToken"]
    update(pool, token, email="dan2@example.com")
    assert pool.sign_in("dan2@example.com")["IdToken"]
    answer = refused(update, pool=pool, token=token, email="eve@example.com")
    assert (answer.status, answer.code, answer.message) == (
        400, "AliasExistsException", "An account with the given email already exists.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:GetUserAttributeVerificationCode")
def test_a_code_is_sent_on_request(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAttributeVerificationCode.html"""
    name, token = signed_in(pool)
    assert update(pool, token, phone_number="+14155550101") == [], "the pool verifies e-mail addresses"
    ask = pool.idp.get_user_attribute_verification_code
    sent = ask(AccessToken=token, AttributeName="phone_number")["CodeDeliveryDetails"]
    assert (sent["DeliveryMedium"], sent["Destination"]) == ("SMS", "+*******0101")
    verify(pool, token, pool.account.last_code(name), "phone_number")
    assert attributes_of(pool, name)["phone_number_verified"] == "true"


@pytest.mark.operation("cognito-idp:GetUserAttributeVerificationCode", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_only_an_address_that_is_there_is_verified(pool: Pool) -> None:
    """InvalidParameterException is documented, its text is not."""
    _, token = signed_in(pool)
    ask = pool.idp.get_user_attribute_verification_code
    assert ask(AccessToken=token, AttributeName="email")
    for attribute in ("phone_number", "nickname"):
        answer = refused(ask, AccessToken=token, AttributeName=attribute)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:GetUserAttributeVerificationCode")
@pytest.mark.operation("cognito-idp:VerifyUserAttribute", refuses="ExpiredCodeException")
@pytest.mark.unconfirmed
def test_a_code_proves_the_address_that_it_went_to(pool: Pool) -> None:
    name, token = signed_in(pool)
    update(pool, token, phone_number="+14155550101")
    pool.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="phone_number")
    code = pool.account.last_code(name)
    update(pool, token, phone_number="+14155550102")
    answer = refused(verify, pool=pool, token=token, code=code, attribute="phone_number")
    assert answer.code == "ExpiredCodeException"
    (_, other) = signed_in(pool)
    update(pool, token, email=NEW)
    assert refused(verify, pool=pool, token=other, code=pool.account.last_code(name)).code == (
        "ExpiredCodeException"
    )
    verify(pool, token, pool.account.last_code(name))


@pytest.mark.operation("cognito-idp:GetUserAttributeVerificationCode")
@pytest.mark.operation("cognito-idp:VerifyUserAttribute", refuses="ExpiredCodeException")
def test_a_verification_code_is_good_for_24_hours(fresh: LocalAccount) -> None:
    """ "The verification code or link is valid for 24 hours." """
    pool = user_pool(fresh)
    day = pool.another_client(AccessTokenValidity=24)
    name = pool.confirmed()
    update(pool, day.sign_in(name)["AccessToken"], email=NEW)
    fresh.advance(hours=24)
    token = day.sign_in(name)["AccessToken"]
    late = refused(verify, pool=pool, token=token, code=fresh.last_code(name))
    assert late.code == "ExpiredCodeException"
    pool.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    fresh.advance(hours=23, minutes=59)
    assert verify(pool, token, fresh.last_code(name))


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes")
def test_the_administrators_word_needs_no_code(keeping: Pool) -> None:
    """ "To skip the verification message and update the value of an attribute that requires verification
    in the same API request, include the email_verified or phone_number_verified attribute, with a value of
    true":
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html"""
    name, _ = signed_in(keeping)
    change, ids = keeping.admin.admin_update_user_attributes, {"UserPoolId": keeping.id, "Username": name}
    first, second = f"{name}.1@example.com", f"{name}.2@example.com"
    change(UserAttributes=named(email=first), **ids)
    assert attributes_of(keeping, name)["email"] == f"{name}@example.com"
    assert keeping.account.app.state.outbox.messages(name)[-1].destination == first
    change(UserAttributes=named(email=second, email_verified="true"), **ids)
    found = attributes_of(keeping, name)
    assert (found["email"], found["email_verified"]) == (second, "true")
    assert keeping.account.app.state.outbox.messages(name)[-1].destination == first


@pytest.mark.operation(
    "cognito-idp:AdminUpdateUserAttributes", "cognito-idp:GetUserAttributeVerificationCode"
)
def test_messages_of_changes_are_the_functions_too(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html"""
    function = Recorder()
    pool = watched(account, {"CustomMessage": function})
    name, token = signed_in(pool)
    update(pool, token, email=NEW)
    pool.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username=name, UserAttributes=named(email="third@example.com")
    )
    kinds = [event["triggerSource"].partition("_")[2] for event in function.events]
    assert kinds == ["SignUp", "UpdateUserAttribute", "VerifyUserAttribute", "UpdateUserAttribute"]


@pytest.mark.operation("cognito-idp:UpdateUserAttributes", refuses="InvalidParameterException")
def test_a_blank_value_deletes(account: LocalAccount) -> None:
    """ "To delete an attribute from your user, submit the attribute in your API request with a blank
    value." """
    required = [{"Name": "name", "Required": True, "Mutable": True}]
    pool = user_pool(account, Schema=required)
    name = pool.sign_up(UserAttributes=named(email="a@example.com", name="Ann", nickname="ace"))
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=name)
    token = pool.sign_in(name)["AccessToken"]
    update(pool, token, nickname="")
    assert "nickname" not in attributes_of(pool, name)
    answer = refused(update, pool=pool, token=token, name="")
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException",
        "Attributes did not conform to the schema: name: The attribute is required\n",
    )  # fmt: skip


@pytest.mark.operation(
    "cognito-idp:AdminDeleteUserAttributes",
    "cognito-idp:DeleteUserAttributes",
    refuses="InvalidParameterException",
)
@pytest.mark.parametrize("by", ["user", "administrator"])
def test_attributes_are_deleted_unless_they_must_stay(account: LocalAccount, by: str) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserAttributes.html
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUserAttributes.html"""
    schema = [{"Name": "badge", "AttributeDataType": "String", "Mutable": False}]
    pool = user_pool(account, Schema=schema)
    name, token = signed_in(pool)
    update(pool, token, nickname="ace")

    def delete(*names: str) -> Any:
        if by == "user":
            return pool.idp.delete_user_attributes(AccessToken=token, UserAttributeNames=list(names))
        return pool.admin.admin_delete_user_attributes(
            UserPoolId=pool.id, Username=name, UserAttributeNames=list(names)
        )

    for bad in ("sub", "custom:badge", "custom:shoe"):
        answer = refused(lambda bad=bad: delete("nickname", bad))
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert attributes_of(pool, name)["nickname"] == "ace"
    delete("nickname", "email", "website")
    assert set(attributes_of(pool, name)) == {"sub"}


@pytest.mark.operation("cognito-idp:DeleteUserAttributes", refuses="NotAuthorizedException")
def test_a_user_deletes_only_what_the_client_may_write(pool: Pool) -> None:
    name, token = signed_in(pool)
    update(pool, token, nickname="ace")
    narrow = pool.another_client(WriteAttributes=["email"])
    delete = pool.idp.delete_user_attributes
    answer = refused(delete, AccessToken=narrow.sign_in(name)["AccessToken"], UserAttributeNames=["nickname"])
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert delete(AccessToken=token, UserAttributeNames=["nickname"])


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes")
@pytest.mark.unconfirmed
def test_the_address_before_withdraws_the_one_that_waits(keeping: Pool) -> None:
    name, token = signed_in(keeping)
    update(keeping, token, email=f"{name}.new@example.com")
    first = keeping.account.last_code(name)
    keeping.admin.admin_update_user_attributes(
        UserPoolId=keeping.id, Username=name,
        UserAttributes=named(email=f"{name}.own@example.com", email_verified="true"),
    )  # fmt: skip
    assert refused(verify, pool=keeping, token=token, code=first).code == "ExpiredCodeException"
    assert attributes_of(keeping, name)["email"] == f"{name}.own@example.com"
