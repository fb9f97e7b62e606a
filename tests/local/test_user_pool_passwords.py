"""Passwords: history, temporary ones, resets by the administrator, invitations.

https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, attributes_of, named, status_of, user_pool

SECOND, THIRD, FOURTH = "Another-horse-2", "Another-horse-3", "Another-horse-4"


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def change(pool: Pool, username: str, old: str, new: str) -> Any:
    token = pool.sign_in(username, old)["AccessToken"]
    return pool.idp.change_password(AccessToken=token, PreviousPassword=old, ProposedPassword=new)


def new_password(pool: Pool, username: str, old: str, new: str, **more: str) -> Any:
    """Answer NEW_PASSWORD_REQUIRED."""
    challenge = pool.start(username, old)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName=challenge["ChallengeName"], Session=challenge["Session"],
        ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": new} | more,
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:AdminConfirmSignUp", "cognito-idp:ForgotPassword")
@pytest.mark.operation("cognito-idp:ConfirmForgotPassword", refuses="UserNotConfirmedException")
@pytest.mark.unconfirmed
def test_who_never_confirmed_the_account_resets_no_password(account: LocalAccount, pool: Pool) -> None:
    """ "This exception is thrown when a user isn't confirmed successfully." Such a user has a code only where
    an administrator vouched for the address.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
    """
    name, verified = pool.sign_up(), [{"Name": "email_verified", "Value": "true"}]
    ids = {"UserPoolId": pool.id, "Username": name}
    pool.admin.admin_update_user_attributes(**ids, UserAttributes=verified)
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    given = {"ClientId": pool.client_id, "Username": name, "Password": SECOND}
    code = account.last_code(name)
    reset = pool.idp.confirm_forgot_password
    answer = refused(reset, **given, ConfirmationCode=code)
    assert (answer.status, answer.code) == (400, "UserNotConfirmedException")
    pool.admin.admin_confirm_sign_up(**ids)
    assert reset(**given, ConfirmationCode=code)
    assert pool.sign_in(name, SECOND)


# --- history ----------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:ForgotPassword")
@pytest.mark.operation(
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:ChangePassword",
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:RespondToAuthChallenge",
    refuses="PasswordHistoryPolicyViolationException",
)
@pytest.mark.unconfirmed
def test_none_of_the_previous_passwords_may_return(account: LocalAccount) -> None:
    """ "Users can't set a password that matches any of n previous passwords, where n is the value of
    PasswordHistorySize." (whether the present one counts, and the text, are not documented)"""
    pool = user_pool(account, Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    name = pool.confirmed()
    change(pool, name, PASSWORD, SECOND)
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    code = account.last_code(name)
    reset = pool.idp.confirm_forgot_password
    for old in (PASSWORD, SECOND):
        answers = [
            refused(change, pool=pool, username=name, old=SECOND, new=old),
            refused(reset, ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=old),
            refused(pool.admin.admin_set_user_password, UserPoolId=pool.id, Username=name, Password=old),
        ]
        for answer in answers:
            assert (answer.status, answer.code) == (400, "PasswordHistoryPolicyViolationException")
    reset(ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=THIRD)
    change(pool, name, THIRD, PASSWORD)  # two passwords ago it was the first
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=FOURTH)
    answer = refused(new_password, pool=pool, username=name, old=FOURTH, new=PASSWORD)
    assert answer.code == "PasswordHistoryPolicyViolationException"
    assert new_password(pool, name, FOURTH, SECOND)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:ChangePassword")
def test_without_a_history_every_password_may_return(pool: Pool) -> None:
    name = pool.confirmed()
    for _ in range(2):
        assert change(pool, name, PASSWORD, PASSWORD)
    assert pool.sign_in(name)["IdToken"]


# --- what the administrator sets --------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation("cognito-idp:AdminSetUserPassword", refuses="UserNotFoundException")
def test_a_password_of_the_administrators_is_temporary_or_permanent(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html"""
    name, ids = pool.sign_up(), {"UserPoolId": pool.id}
    pool.admin.admin_set_user_password(Username=name, Password=SECOND, Permanent=True, **ids)
    assert status_of(pool, name) == "CONFIRMED"
    assert pool.sign_in(name, SECOND)["IdToken"]
    pool.admin.admin_set_user_password(Username=name, Password=THIRD, **ids)
    assert status_of(pool, name) == "FORCE_CHANGE_PASSWORD"
    assert new_password(pool, name, THIRD, FOURTH)["AuthenticationResult"]
    assert status_of(pool, name) == "CONFIRMED"
    answer = refused(pool.admin.admin_set_user_password, Username="nobody", Password=SECOND, **ids)
    assert (answer.status, answer.code) == (400, "UserNotFoundException")


@pytest.mark.operation("cognito-idp:AdminCreateUser", "cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
@pytest.mark.parametrize("days", [None, 2])
def test_a_temporary_password_is_good_for_the_days_of_the_policy(
    fresh: LocalAccount, days: int | None
) -> None:
    """ "Defaults to 7. If you submit a value of 0, Amazon Cognito … sets TemporaryPasswordValidityDays to its
    default value." """
    policy = {"MinimumLength": 8, "TemporaryPasswordValidityDays": days or 0}
    pool = user_pool(fresh, Policies={"PasswordPolicy": policy})
    for name in ("in time", "late"):
        username = name.replace(" ", "-")
        pool.admin.admin_create_user(UserPoolId=pool.id, Username=username, TemporaryPassword=PASSWORD)
    fresh.advance(days=(days or 7) - 1, hours=23)
    assert new_password(pool, "in-time", PASSWORD, SECOND)["AuthenticationResult"]
    fresh.advance(hours=1)
    answer = refused(pool.start, username="late")
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )  # fmt: skip
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="late", TemporaryPassword=THIRD, MessageAction="RESEND"
    )
    assert new_password(pool, "late", THIRD, FOURTH)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:AdminResetUserPassword", "cognito-idp:ConfirmForgotPassword")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="PasswordResetRequiredException")
def test_a_reset_by_the_administrator_sends_a_code_and_stops_sign_in(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminResetUserPassword.html"""
    name, reset = pool.confirmed(), pool.admin.admin_reset_user_password
    assert pool.sign_in(name)["IdToken"]
    reset(UserPoolId=pool.id, Username=name)
    assert status_of(pool, name) == "RESET_REQUIRED"
    answer = refused(pool.sign_in, username=name)
    assert (answer.code, answer.message) == (
        "PasswordResetRequiredException", "Password reset required for the user",
    )  # fmt: skip
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, Password=SECOND, ConfirmationCode=pool.account.last_code(name)
    )
    assert pool.sign_in(name, SECOND)["IdToken"]


@pytest.mark.operation(
    "cognito-idp:AdminResetUserPassword",
    refuses=["InvalidParameterException", "NotAuthorizedException", "UserNotFoundException"],
)
@pytest.mark.unconfirmed
def test_a_reset_needs_a_confirmed_enabled_user_with_a_verified_address(pool: Pool) -> None:
    """The same page names the errors, not the texts."""
    ids, reset = {"UserPoolId": pool.id}, pool.admin.admin_reset_user_password
    confirmed, bare, new, disabled = pool.confirmed(), pool.sign_up(), pool.sign_up(), pool.confirmed()
    pool.admin.admin_confirm_sign_up(Username=bare, **ids)
    pool.admin.admin_disable_user(Username=disabled, **ids)
    assert reset(Username=confirmed, **ids)
    assert refused(reset, Username=bare, **ids).code == "InvalidParameterException"
    assert refused(reset, Username=new, **ids).code == "NotAuthorizedException"
    assert refused(reset, Username=disabled, **ids).code == "NotAuthorizedException"
    assert refused(reset, Username="nobody", **ids).code == "UserNotFoundException"


# --- invitations ------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:AdminCreateUser", "cognito-idp:RespondToAuthChallenge")
def test_an_invitation_goes_where_it_is_wanted(account: LocalAccount, pool: Pool) -> None:
    phone = "+14155550101"
    name = account.name("made")
    answer = pool.admin.admin_create_user(
        UserPoolId=pool.id, Username=name, DesiredDeliveryMediums=["EMAIL", "SMS"],
        UserAttributes=named(email="made@example.com", phone_number=phone),
    )["User"]  # fmt: skip
    assert (answer["Username"], answer["UserStatus"], answer["Enabled"]) == (
        name, "FORCE_CHANGE_PASSWORD", True,
    )  # fmt: skip
    assert {a["Name"] for a in answer["Attributes"]} == {"sub", "email", "phone_number"}
    sent = account.app.state.outbox.messages(name)
    assert [(m.kind, m.medium, m.destination) for m in sent] == [
        ("AdminCreateUser", "EMAIL", "made@example.com"), ("AdminCreateUser", "SMS", phone),
    ]  # fmt: skip
    assert new_password(pool, name, sent[0].code, SECOND)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:AdminCreateUser", "cognito-idp:RespondToAuthChallenge")
def test_no_invitation_is_sent_where_it_is_suppressed(account: LocalAccount, pool: Pool) -> None:
    name = account.name("made")
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username=name, MessageAction="SUPPRESS", DesiredDeliveryMediums=["EMAIL"],
        UserAttributes=named(email="made@example.com"), TemporaryPassword=PASSWORD,
    )  # fmt: skip
    assert account.app.state.outbox.messages(name) == []
    assert new_password(pool, name, PASSWORD, SECOND)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation("cognito-idp:AdminCreateUser", refuses="UserNotFoundException")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_an_invitation_is_sent_again_with_a_new_password(account: LocalAccount, pool: Pool) -> None:
    """ "Set to RESEND to resend the invitation message to a user that already exists, and to reset the
    temporary-password duration with a new temporary password." """
    name = account.name("made")
    given = {"UserPoolId": pool.id, "Username": name, "DesiredDeliveryMediums": ["EMAIL"]}
    answer = refused(pool.admin.admin_create_user, MessageAction="RESEND", **given)
    assert (answer.status, answer.code) == (400, "UserNotFoundException")
    pool.admin.admin_create_user(UserAttributes=named(email=f"{name}@example.com"), **given)
    first = account.last_code(name)
    pool.admin.admin_create_user(MessageAction="RESEND", **given)
    second = account.last_code(name)
    assert first != second
    assert refused(pool.start, username=name, password=first).code == "NotAuthorizedException"
    assert new_password(pool, name, second, SECOND)["AuthenticationResult"]


@pytest.mark.unconfirmed
def test_an_invitation_is_not_sent_again_to_who_has_come(pool: Pool) -> None:
    """UnsupportedUserStateException is documented, its text is as reported."""
    name = pool.confirmed()
    answer = refused(pool.admin.admin_create_user, UserPoolId=pool.id, Username=name, MessageAction="RESEND")
    assert (answer.status, answer.code, answer.message) == (
        400, "UnsupportedUserStateException",
        f"Resend not possible. {name} status is not FORCE_CHANGE_PASSWORD",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:AdminCreateUser", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("attribute, value", [("email", "a@example.com"), ("phone_number", "+14155550101")])
def test_an_address_is_verified_where_there_is_one(pool: Pool, attribute: str, value: str) -> None:
    """ "You must provide a value for email when you want to set email_verified to true" (no text is
    documented)"""
    given, flag = {"UserPoolId": pool.id}, {f"{attribute}_verified": "true"}
    name, other = pool.account.name("made"), pool.account.name("made")
    pool.admin.admin_create_user(Username=name, UserAttributes=named(**{attribute: value}, **flag), **given)
    assert attributes_of(pool, name)[f"{attribute}_verified"] == "true"
    answer = refused(pool.admin.admin_create_user, Username=other, UserAttributes=named(**flag), **given)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert "is required to verify/un-verify" in answer.message


# --- clients that must not tell ---------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-idp:ForgotPassword",
    refuses=["InvalidParameterException", "NotAuthorizedException", "UserNotFoundException"],
)
@pytest.mark.operation(
    "cognito-idp:ResendConfirmationCode", refuses=["NotAuthorizedException", "UserNotFoundException"]
)
def test_a_quiet_client_does_not_tell_who_is_disabled_or_has_no_verified_address(pool: Pool) -> None:
    """ "When a user isn't found, is deactivated, or doesn't have a verified delivery mechanism to recover
    their password, Amazon Cognito returns CodeDeliveryDetails with a simulated delivery medium";
    ConfirmForgotPassword "returns the CodeMismatchException error for users that don't exist or are
    disabled":
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    quiet = pool.another_client(PreventUserExistenceErrors="ENABLED")
    disabled, bare, new = pool.confirmed(), pool.sign_up(), pool.sign_up()
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=bare)
    for name in (disabled, new):
        pool.admin.admin_disable_user(UserPoolId=pool.id, Username=name)
    sent = len(pool.account.app.state.outbox.messages())
    for name in (disabled, bare, "nobody"):
        told = refused(pool.idp.forgot_password, ClientId=pool.client_id, Username=name)
        assert told.code in ("NotAuthorizedException", "InvalidParameterException", "UserNotFoundException")
        details = quiet.idp.forgot_password(ClientId=quiet.client_id, Username=name)["CodeDeliveryDetails"]
        assert details["DeliveryMedium"] == "EMAIL"
    for name in (new, "nobody"):
        told = refused(pool.idp.resend_confirmation_code, ClientId=pool.client_id, Username=name)
        assert told.code in ("NotAuthorizedException", "UserNotFoundException")
        answer = quiet.idp.resend_confirmation_code(ClientId=quiet.client_id, Username=name)
        assert answer["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert len(pool.account.app.state.outbox.messages()) == sent
    for name in (disabled, "nobody"):
        answer = refused(
            quiet.idp.confirm_forgot_password,
            ClientId=quiet.client_id, Username=name, ConfirmationCode="123456", Password=SECOND,
        )  # fmt: skip
        assert answer.code == "CodeMismatchException"


@pytest.mark.operation("cognito-idp:ForgotPassword")
def test_the_pretended_medium_is_that_of_the_name(account: LocalAccount) -> None:
    """ "The simulated delivery medium is determined by the input user name format and verification
    settings of the user pool." """
    quiet = {"PreventUserExistenceErrors": "ENABLED"}
    for verified, name, medium in (
        (["email"], "nobody", "EMAIL"),
        (["phone_number"], "nobody", "SMS"),
        (["email"], "+14155550101", "SMS"),
        (["phone_number"], "nobody@example.com", "EMAIL"),
    ):
        pool = user_pool(account, quiet, AutoVerifiedAttributes=verified)
        answer = pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
        assert answer["CodeDeliveryDetails"]["DeliveryMedium"] == medium


# --- what comes with the first own password ---------------------------------------------------------------


@pytest.mark.operation("cognito-idp:AdminCreateUser")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["InvalidParameterException", "NotAuthorizedException"]
)
@pytest.mark.unconfirmed
def test_a_first_sign_in_adds_what_is_required_and_changes_no_address(account: LocalAccount) -> None:
    """ "In a NEW_PASSWORD_REQUIRED challenge response, you can't modify a required attribute that already
    has a value. In AdminRespondToAuthChallenge or RespondToAuthChallenge, set a value for any keys that
    Amazon Cognito returned in the requiredAttributes parameter": the page of RespondToAuthChallenge; the
    texts are as reported:
    https://github.com/pmill/aws-cognito/issues/25"""
    pool = user_pool(account, Schema=[{"Name": "name", "Required": True, "Mutable": True}])
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="ben", TemporaryPassword=PASSWORD,
        UserAttributes=named(email="ben@example.com", email_verified="true"),
    )  # fmt: skip
    answer = refused(new_password, pool=pool, username="ben", old=PASSWORD, new=SECOND)
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException", "Invalid attributes given, name is missing",
    )  # fmt: skip
    given = {"userAttributes.name": "Ben", "userAttributes.email": "victim@example.com"}
    answer = refused(lambda: new_password(pool, "ben", PASSWORD, SECOND, **given))
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Cannot modify an already provided email",
    )  # fmt: skip
    assert new_password(pool, "ben", PASSWORD, SECOND, **{"userAttributes.name": "Ben"})
    found = attributes_of(pool, "ben")
    assert (found["name"], found["email"]) == ("Ben", "ben@example.com")
