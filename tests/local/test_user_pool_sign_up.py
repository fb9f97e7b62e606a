"""SignUp, ConfirmSignUp, ResendConfirmationCode, ForgotPassword and ConfirmForgotPassword.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html (how long codes are good)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, app_client, attributes_of, named, status_of, user_pool


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def confirm(pool: Pool, username: str, code: str) -> Any:
    return pool.idp.confirm_sign_up(ClientId=pool.client_id, Username=username, ConfirmationCode=code)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.operation("cognito-idp:SignUp")
def test_sign_up_sends_a_code_and_tells_where(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html"""
    name = pool.account.name("learner")
    answer = pool.idp.sign_up(
        ClientId=pool.client_id,
        Username=name,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "carol@example.com"}],
    )
    assert answer["UserConfirmed"] is False
    assert answer["UserSub"] == attributes_of(pool, name)["sub"]
    assert answer["CodeDeliveryDetails"] == {
        "Destination": "c***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email",
    }  # fmt: skip
    assert status_of(pool, name) == "UNCONFIRMED"
    assert pool.account.last_code(name).isdigit()


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "attribute, good, bad, text",
    [
        ("email", "carol@example.com", "no-address", "Invalid email address format."),
        ("phone_number", "+14155550101", "4155550101", "Invalid phone number format."),
    ],
)
def test_an_address_must_look_like_one(pool: Pool, attribute: str, good: str, bad: str, text: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""

    def sign_up(value: str) -> dict[str, Any]:
        given = [{"Name": attribute, "Value": value}]
        name = pool.account.name("learner")
        return {
            "ClientId": pool.client_id, "Username": name, "Password": PASSWORD, "UserAttributes": given,
        }  # fmt: skip

    assert pool.idp.sign_up(**sign_up(good))["UserSub"]
    answer = refused(pool.idp.sign_up, **sign_up(bad))
    assert (answer.status, answer.code, answer.message) == (400, "InvalidParameterException", text)


@pytest.mark.operation("cognito-idp:SignUp")
@pytest.mark.operation(
    "cognito-idp:ConfirmSignUp", refuses=["CodeMismatchException", "NotAuthorizedException"]
)
def test_the_right_code_confirms_and_verifies_the_address_once(pool: Pool) -> None:
    name = pool.sign_up()
    code = pool.account.last_code(name)
    answer = refused(confirm, pool=pool, username=name, code=other_than(code))
    assert (answer.status, answer.code) == (400, "CodeMismatchException")
    assert answer.message == "Invalid verification code provided, please try again."
    assert status_of(pool, name) == "UNCONFIRMED"
    confirm(pool, name, code)
    assert status_of(pool, name) == "CONFIRMED"
    assert attributes_of(pool, name)["email_verified"] == "true"
    again = refused(confirm, pool=pool, username=name, code=code)
    assert (again.code, again.message) == (
        "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:ConfirmSignUp", refuses="CodeMismatchException")
@pytest.mark.unconfirmed
def test_the_code_of_another_user_confirms_nobody(pool: Pool) -> None:
    one, other = pool.sign_up(), pool.sign_up()
    while pool.account.last_code(one) == pool.account.last_code(other):
        pool.idp.resend_confirmation_code(ClientId=pool.client_id, Username=one)
    answer = refused(confirm, pool=pool, username=one, code=pool.account.last_code(other))
    assert answer.code == "CodeMismatchException"
    confirm(pool, other, pool.account.last_code(other))
    assert (status_of(pool, one), status_of(pool, other)) == ("UNCONFIRMED", "CONFIRMED")


@pytest.mark.operation("cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:ConfirmSignUp", refuses="CodeMismatchException")
@pytest.mark.operation("cognito-idp:ResendConfirmationCode", refuses="InvalidParameterException")
def test_a_new_code_replaces_the_one_before(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ResendConfirmationCode.html"""
    name = pool.sign_up()
    first = pool.account.last_code(name)
    while pool.account.last_code(name) == first:
        answer = pool.idp.resend_confirmation_code(ClientId=pool.client_id, Username=name)
        assert answer["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert refused(confirm, pool=pool, username=name, code=first).code == "CodeMismatchException"
    confirm(pool, name, pool.account.last_code(name))
    resend = refused(pool.idp.resend_confirmation_code, ClientId=pool.client_id, Username=name)
    assert (resend.code, resend.message) == ("InvalidParameterException", "User is already confirmed.")


@pytest.mark.operation("cognito-idp:ResendConfirmationCode", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:ConfirmSignUp", refuses="ExpiredCodeException")
def test_a_sign_up_code_is_good_for_24_hours(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html"""
    pool = user_pool(fresh)
    in_time, late = pool.sign_up(), pool.sign_up()
    fresh.advance(hours=23, minutes=59)
    confirm(pool, in_time, fresh.last_code(in_time))
    fresh.advance(minutes=1)
    answer = refused(confirm, pool=pool, username=late, code=fresh.last_code(late))
    assert answer.code == "ExpiredCodeException"
    assert answer.message == "Invalid code provided, please request a code again."
    pool.idp.resend_confirmation_code(ClientId=pool.client_id, Username=late)
    confirm(pool, late, fresh.last_code(late))


@pytest.mark.operation("cognito-idp:SignUp", refuses="UsernameExistsException")
def test_a_username_is_taken_once(pool: Pool) -> None:
    name = pool.sign_up()
    answer = refused(pool.sign_up, username=name)
    assert (answer.status, answer.code) == (400, "UsernameExistsException")
    assert answer.message == "User already exists"


@pytest.mark.operation("cognito-idp:AdminConfirmSignUp", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotConfirmedException")
def test_an_unconfirmed_user_cannot_sign_in_until_confirmed(pool: Pool) -> None:
    name = pool.sign_up()
    answer = refused(pool.sign_in, username=name)
    assert (answer.code, answer.message) == ("UserNotConfirmedException", "User is not confirmed.")
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=name)
    assert pool.sign_in(name)["AccessToken"]


def test_a_pool_for_administrators_only_refuses_sign_up(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-admin-create-user-policy.html"""
    closed = user_pool(account, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    assert closed.admin.admin_create_user(UserPoolId=closed.id, Username="made")["User"]
    answer = refused(closed.sign_up)
    assert (answer.code, answer.message) == (
        "NotAuthorizedException", "SignUp is not permitted for this user pool",
    )  # fmt: skip


POLICY = {
    "MinimumLength": 10,
    "RequireLowercase": True,
    "RequireUppercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
}
BROKEN = {
    "Sh0rt-pwd": "Password not long enough",
    "UPPER-CASE-1": "Password must have lowercase characters",
    "lower-case-1": "Password must have uppercase characters",
    "No-numbers-here": "Password must have numeric characters",
    "NoSymbols123": "Password must have symbol characters",
}


@pytest.fixture(scope="session")
def strict(account: LocalAccount) -> Pool:
    return user_pool(account, Policies={"PasswordPolicy": POLICY})


@pytest.mark.operation("cognito-idp:ForgotPassword")
@pytest.mark.operation(
    "cognito-idp:ConfirmForgotPassword", "cognito-idp:SignUp", refuses="InvalidPasswordException"
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("password", BROKEN)
def test_a_password_must_conform_with_the_pools_policy_everywhere(strict: Pool, password: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html"""
    text = f"Password did not conform with policy: {BROKEN[password]}"
    name, good = strict.confirmed(), "Good-password-2"
    token = strict.sign_in(name)["AccessToken"]
    strict.idp.forgot_password(ClientId=strict.client_id, Username=name)
    code = strict.account.last_code(name)
    refusals = [
        refused(strict.sign_up, Password=password),
        refused(
            strict.idp.change_password,
            AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=password,
        ),
        refused(
            strict.idp.confirm_forgot_password,
            ClientId=strict.client_id, Username=name, ConfirmationCode=code, Password=password,
        ),
        refused(
            strict.admin.admin_set_user_password,
            UserPoolId=strict.id, Username=name, Password=password, Permanent=True,
        ),
        refused(
            strict.admin.admin_create_user,
            UserPoolId=strict.id, Username=strict.account.name("new"), TemporaryPassword=password,
        ),
    ]  # fmt: skip
    for answer in refusals:
        assert (answer.status, answer.code, answer.message) == (400, "InvalidPasswordException", text)
    strict.idp.confirm_forgot_password(
        ClientId=strict.client_id, Username=name, ConfirmationCode=code, Password=good
    )
    assert strict.sign_in(name, good)["IdToken"]


@pytest.mark.operation("cognito-idp:ForgotPassword")
@pytest.mark.operation(
    "cognito-idp:ConfirmForgotPassword", refuses=["CodeMismatchException", "ExpiredCodeException"]
)
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_a_reset_code_sets_a_new_password_once(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html"""
    name = pool.confirmed()
    sent = pool.idp.forgot_password(ClientId=pool.client_id, Username=name)["CodeDeliveryDetails"]
    assert (sent["DeliveryMedium"], sent["AttributeName"]) == ("EMAIL", "email")
    code = pool.account.last_code(name)
    given = {"ClientId": pool.client_id, "Username": name, "Password": "Another-horse-2"}
    reset = pool.idp.confirm_forgot_password
    assert refused(reset, ConfirmationCode=other_than(code), **given).code == "CodeMismatchException"
    assert pool.sign_in(name)["IdToken"]
    reset(ConfirmationCode=code, **given)
    assert pool.sign_in(name, "Another-horse-2")["IdToken"]
    assert refused(pool.sign_in, username=name).code == "NotAuthorizedException"
    assert refused(reset, ConfirmationCode=code, **given).code == "ExpiredCodeException"


@pytest.mark.operation("cognito-idp:ForgotPassword")
@pytest.mark.operation("cognito-idp:ConfirmForgotPassword", refuses="ExpiredCodeException")
def test_a_reset_code_is_good_for_an_hour(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html"""
    pool = user_pool(fresh)
    name = pool.confirmed()
    given = {"ClientId": pool.client_id, "Username": name, "Password": "Another-horse-2"}
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    fresh.advance(minutes=59)
    pool.idp.confirm_forgot_password(ConfirmationCode=fresh.last_code(name), **given)
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    fresh.advance(hours=1)
    answer = refused(pool.idp.confirm_forgot_password, ConfirmationCode=fresh.last_code(name), **given)
    assert answer.code == "ExpiredCodeException"


@pytest.mark.operation("cognito-idp:SignUp")
@pytest.mark.unconfirmed
def test_a_sign_up_code_resets_no_password(pool: Pool) -> None:
    name = pool.sign_up()
    code = pool.account.last_code(name)
    answer = refused(
        pool.idp.confirm_forgot_password,
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password="Another-horse-2",
    )  # fmt: skip
    assert answer.code == "ExpiredCodeException"
    confirm(pool, name, code)


@pytest.mark.operation("cognito-idp:AdminConfirmSignUp", "cognito-idp:SignUp")
@pytest.mark.operation("cognito-idp:ForgotPassword", refuses="InvalidParameterException")
def test_a_reset_needs_a_verified_address(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html"""
    verified, unverified = pool.confirmed(), pool.sign_up()
    assert pool.idp.forgot_password(ClientId=pool.client_id, Username=verified)
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=unverified)
    answer = refused(pool.idp.forgot_password, ClientId=pool.client_id, Username=unverified)
    assert answer.code == "InvalidParameterException"
    assert answer.message == (
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )


UNAUTHORIZED = ("NotAuthorizedException", "A client attempted to write unauthorized attribute")


@pytest.mark.operation("cognito-idp:AdminConfirmSignUp")
@pytest.mark.operation(
    "cognito-idp:SignUp", "cognito-idp:UpdateUserAttributes", refuses="NotAuthorizedException"
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("flag", ["email_verified", "phone_number_verified"])
def test_nobody_declares_the_own_address_verified(pool: Pool, flag: str) -> None:
    """Two operations set it:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifyUserAttribute.html
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html"""
    given = named(email="a@example.com", phone_number="+14155550101")
    name = pool.sign_up(UserAttributes=given)
    answer = refused(pool.sign_up, UserAttributes=given + named(**{flag: "true"}))
    assert (answer.code, answer.message) == UNAUTHORIZED
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=name)
    token = pool.sign_in(name)["AccessToken"]
    change = pool.idp.update_user_attributes
    assert change(AccessToken=token, UserAttributes=named(nickname="x"))
    answer = refused(change, AccessToken=token, UserAttributes=named(**{flag: "true"}))
    assert (answer.code, answer.message) == UNAUTHORIZED
    assert flag not in attributes_of(pool, name)
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username=name, UserAttributes=named(**{flag: "true"})
    )
    assert attributes_of(pool, name)[flag] == "true"


@pytest.mark.operation(
    "cognito-idp:SignUp", "cognito-idp:UpdateUserAttributes", refuses="NotAuthorizedException"
)
def test_a_client_writes_and_reads_only_what_it_may(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    (ReadAttributes, WriteAttributes)"""
    narrow = pool.another_client(
        WriteAttributes=["email", "nickname"], ReadAttributes=["nickname", "email_verified"]
    )
    name = narrow.sign_up(UserAttributes=named(email="a@example.com", nickname="ace"))
    answer = refused(narrow.sign_up, UserAttributes=named(email="a@example.com", name="Ada"))
    assert (answer.code, answer.message) == UNAUTHORIZED
    assert pool.sign_up(UserAttributes=named(email="a@example.com", name="Ada"))
    confirm(narrow, name, pool.account.last_code(name))
    token = narrow.sign_in(name)["AccessToken"]
    change = pool.idp.update_user_attributes
    assert change(AccessToken=token, UserAttributes=named(nickname="queen"))
    answer = refused(change, AccessToken=token, UserAttributes=named(name="Ada"))
    assert (answer.code, answer.message) == UNAUTHORIZED
    seen = pool.idp.get_user(AccessToken=token)["UserAttributes"]
    assert {a["Name"] for a in seen} == {"sub", "nickname", "email_verified"}
    wide = pool.idp.get_user(AccessToken=pool.sign_in(name)["AccessToken"])["UserAttributes"]
    assert "email" in {a["Name"] for a in wide}


SCHEMA = [
    {
        "Name": "age", "AttributeDataType": "Number", "Mutable": True,
        "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "120"},
    },
    {
        "Name": "team", "AttributeDataType": "String", "Mutable": True,
        "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "3"},
    },
]  # fmt: skip


@pytest.mark.operation(
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:SignUp",
    "cognito-idp:UpdateUserAttributes",
    refuses="InvalidParameterException",
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("custom:age", "42", "old"),
        ("custom:age", "1", "0"),
        ("custom:age", "120", "121"),
        ("custom:team", "red", "blue"),
        ("custom:team", "ab", "a"),
        ("birthdate", "1969-07-20", "July 20"),
        ("updated_at", "1", "yesterday"),
    ],
)
def test_a_value_must_conform_to_the_schema_everywhere(
    account: LocalAccount, name: str, good: str, bad: str
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html
    (the texts behind the first words are not documented)"""
    writable = ["email", "birthdate", "updated_at", "custom:age", "custom:team"]
    pool = user_pool(account, {"WriteAttributes": writable}, Schema=SCHEMA)
    user = pool.confirmed()
    token, ids = pool.sign_in(user)["AccessToken"], {"UserPoolId": pool.id}
    calls: list[Callable[[Any], Any]] = [
        lambda value: pool.sign_up(UserAttributes=value),
        lambda value: pool.idp.update_user_attributes(AccessToken=token, UserAttributes=value),
        lambda value: pool.admin.admin_update_user_attributes(Username=user, UserAttributes=value, **ids),
        lambda value: pool.admin.admin_create_user(
            Username=account.name("made"), UserAttributes=value, **ids
        ),
    ]
    for call in calls:
        assert call([{"Name": name, "Value": good}])
        answer = refused(lambda call=call: call([{"Name": name, "Value": bad}]))
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
        assert answer.message.startswith(f"Attributes did not conform to the schema: {name}: ")


@pytest.mark.operation("cognito-idp:ResendConfirmationCode", "cognito-idp:SignUp")
@pytest.mark.operation(
    "cognito-idp:ConfirmSignUp", refuses=["CodeMismatchException", "LimitExceededException"]
)
@pytest.mark.unconfirmed
def test_codes_cannot_be_guessed_without_end(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html sets limits for an hour,
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html
    names LimitExceededException; the number is our reading"""
    pool = user_pool(fresh)
    name, other = pool.sign_up(), pool.sign_up()
    for _ in range(20):
        wrong = other_than(fresh.last_code(name))
        assert refused(confirm, pool=pool, username=name, code=wrong).code == "CodeMismatchException"
    pool.idp.resend_confirmation_code(ClientId=pool.client_id, Username=name)
    answer = refused(confirm, pool=pool, username=name, code=fresh.last_code(name))
    assert (answer.status, answer.code) == (400, "LimitExceededException")
    assert answer.message == "Attempt limit exceeded, please try after some time."
    confirm(pool, other, fresh.last_code(other))
    fresh.advance(hours=1)
    confirm(pool, name, fresh.last_code(name))


@pytest.mark.operation("cognito-idp:SignUp")
def test_expired_codes_are_forgotten(fresh: LocalAccount) -> None:
    pool = user_pool(fresh)
    for _ in range(3):
        pool.sign_up()
    kept = fresh.app.state.user_pools[pool.id]
    assert len(kept.codes) == 3
    fresh.advance(days=2)
    pool.sign_up()
    assert len(kept.codes) == 1


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
@pytest.mark.parametrize("name", ["sub", "custom:team", "shoe_size"])
def test_an_attribute_outside_the_schema_is_refused(pool: Pool, name: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    assert pool.sign_up(UserAttributes=[{"Name": "nickname", "Value": "x"}])
    answer = refused(pool.sign_up, UserAttributes=[{"Name": name, "Value": "x"}])
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
def test_a_required_attribute_must_be_there(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    pool = user_pool(
        account,
        Schema=[{"Name": "family_name", "Required": True, "Mutable": True, "AttributeDataType": "String"}],
    )
    email = {"Name": "email", "Value": "a@example.com"}
    assert pool.sign_up(UserAttributes=[email, {"Name": "family_name", "Value": "Curie"}])
    answer = refused(pool.sign_up, UserAttributes=[email])
    assert answer.code == "InvalidParameterException"
    assert answer.message.startswith("Attributes did not conform to the schema: family_name: ")


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidParameterException")
def test_with_email_as_username_the_address_signs_in(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases"""
    pool = user_pool(account, UsernameAttributes=["email"])
    address = f"{account.name('carol')}@example.com"
    sign_up = {"ClientId": pool.client_id, "Password": PASSWORD}
    sub = pool.idp.sign_up(Username=address, **sign_up)["UserSub"]
    username = pool.admin.list_users(UserPoolId=pool.id)["Users"][0]["Username"]
    confirm(pool, address, account.last_code(username))
    assert pool.sign_in(address)["IdToken"]
    assert attributes_of(pool, address)["sub"] == sub
    answer = refused(pool.idp.sign_up, Username="no-address", **sign_up)
    assert (answer.code, answer.message) == ("InvalidParameterException", "Username should be an email.")


HIDDEN: dict[str, tuple[str, dict[str, Any]]] = {
    "ConfirmSignUp": ("confirm_sign_up", {"ConfirmationCode": "123456"}),
    "ResendConfirmationCode": ("resend_confirmation_code", {}),
    "ForgotPassword": ("forgot_password", {}),
    "ConfirmForgotPassword": (
        "confirm_forgot_password", {"ConfirmationCode": "123456", "Password": "Another-horse-2"},
    ),
    "InitiateAuth": (
        "initiate_auth",
        {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "nobody", "PASSWORD": "x"}},
    ),
}  # fmt: skip


@pytest.mark.operation(
    "cognito-idp:ForgotPassword", "cognito-idp:ResendConfirmationCode", refuses="UserNotFoundException"
)
@pytest.mark.parametrize("case", HIDDEN)
def test_a_client_that_prevents_user_existence_errors_does_not_tell_who_exists(
    account: LocalAccount, pool: Pool, case: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    operation, parameters = HIDDEN[case]
    named = {} if "AuthParameters" in parameters else {"Username": "nobody"}
    call = getattr(pool.idp, operation)
    open_client = app_client(account, pool.id, PreventUserExistenceErrors="LEGACY")
    told = refused(call, ClientId=open_client.client_id, **named, **parameters)
    assert told.code == "UserNotFoundException"
    quiet = app_client(account, pool.id, PreventUserExistenceErrors="ENABLED")
    if case in ("ResendConfirmationCode", "ForgotPassword"):
        answer = call(ClientId=quiet.client_id, **named, **parameters)
        assert answer["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    else:
        answer = refused(call, ClientId=quiet.client_id, **named, **parameters)
        assert answer.code in ("CodeMismatchException", "NotAuthorizedException")


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_a_wrong_password_and_an_unknown_user_look_the_same_to_a_quiet_client(
    account: LocalAccount, pool: Pool
) -> None:
    quiet = app_client(account, pool.id, PreventUserExistenceErrors="ENABLED")
    name = pool.confirmed()
    assert quiet.sign_in(name)["IdToken"]
    wrong = refused(quiet.sign_in, username=name, password="Wrong-horse-1")
    unknown = refused(quiet.sign_in, username="nobody", password="Wrong-horse-1")
    assert wrong == unknown
    assert (wrong.code, wrong.message) == ("NotAuthorizedException", "Incorrect username or password.")


@pytest.mark.operation("cognito-idp:SignUp", refuses="ResourceNotFoundException")
def test_an_unknown_client_is_refused(pool: Pool) -> None:
    assert pool.sign_up()
    answer = refused(pool.idp.sign_up, ClientId="x" * 26, Username="anna", Password=PASSWORD)
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    assert answer.message == f"User pool client {'x' * 26} does not exist."


@pytest.mark.operation("cognito-idp:ForgotPassword")
@pytest.mark.operation("cognito-idp:ConfirmForgotPassword", refuses="ExpiredCodeException")
@pytest.mark.unconfirmed
def test_a_deleted_users_reset_code_does_not_serve_a_new_user_of_that_name(pool: Pool) -> None:
    name = pool.confirmed()
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    given = {
        "ClientId": pool.client_id, "Username": name, "Password": "Another-horse-2",
        "ConfirmationCode": pool.account.last_code(name),
    }  # fmt: skip
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username=name)
    pool.confirmed(name)
    assert refused(pool.idp.confirm_forgot_password, **given).code == "ExpiredCodeException"
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    given["ConfirmationCode"] = pool.account.last_code(name)
    assert pool.idp.confirm_forgot_password(**given)
