"""The functions that run when users register and when messages are sent.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, attributes_of, claims_of, named, status_of
from tests.local.test_user_pool_triggers import Recorder, refuse, watched


def answering(**response: Any) -> Recorder:
    """A function that answers these members."""
    return Recorder(lambda event: event | {"response": event["response"] | response})


def messages(pool: Pool, username: str) -> list[tuple[str, str, str]]:
    """Kind, text and subject of a user's messages, the oldest first."""
    found = pool.account.app.state.outbox.messages(username)
    return [(m.kind, m.text.replace(m.code, "CODE"), m.subject) for m in found]


@pytest.mark.operation("cognito-idp:AdminCreateUser", "cognito-idp:SignUp")
def test_pre_sign_up_hears_of_a_user_who_is_about_to_be_made(account: LocalAccount) -> None:
    function = Recorder()
    pool = watched(account, {"PreSignUp": function})
    name = pool.sign_up(ValidationData=named(invited="yes"), ClientMetadata={"from": "here"})
    (event,) = function.events
    assert (event["triggerSource"], event["userName"]) == ("PreSignUp_SignUp", name)
    assert event["request"] == {
        "userAttributes": {"email": f"{name}@example.com"},
        "validationData": {"invited": "yes"},
        "clientMetadata": {"from": "here"},
    }
    assert event["response"] == {"autoConfirmUser": None, "autoVerifyEmail": None, "autoVerifyPhone": None}
    made = account.name("made")
    pool.admin.admin_create_user(UserPoolId=pool.id, Username=made)
    assert function.events[1]["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert function.events[1]["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


@pytest.mark.operation("cognito-idp:SignUp", refuses="UserLambdaValidationException")
def test_pre_sign_up_may_refuse(account: LocalAccount) -> None:
    name = account.name("learner")
    assert watched(account, {"PreSignUp": Recorder()}).sign_up(name)
    pool = watched(account, {"PreSignUp": Recorder(refuse)})
    answer = refused(pool.sign_up, username=name)
    assert (answer.status, answer.code) == (400, "UserLambdaValidationException")
    assert answer.message == "PreSignUp failed with error not today."
    assert pool.admin.list_users(UserPoolId=pool.id)["Users"] == []


@pytest.mark.operation("cognito-idp:SignUp")
def test_pre_sign_up_may_confirm_and_verify(account: LocalAccount) -> None:
    after = Recorder()
    before = answering(autoConfirmUser=True, autoVerifyEmail=True)
    pool = watched(account, {"PreSignUp": before, "PostConfirmation": after})
    answer = pool.idp.sign_up(
        ClientId=pool.client_id, Username="anna", Password=PASSWORD,
        UserAttributes=named(email="anna@example.com"),
    )  # fmt: skip
    assert (answer["UserConfirmed"], "CodeDeliveryDetails" in answer) == (True, False)
    assert attributes_of(pool, "anna")["email_verified"] == "true"
    assert pool.sign_in("anna")["IdToken"]
    assert [event["triggerSource"] for event in after.events] == ["PostConfirmation_ConfirmSignUp"]


@pytest.mark.operation("cognito-idp:AdminCreateUser")
def test_for_the_administrators_users_it_neither_confirms_nor_verifies(account: LocalAccount) -> None:
    """ "Response parameters … are ignored by Amazon Cognito when the Pre Sign-up lambda is triggered by the
    AdminCreateUser API." """
    function = answering(autoConfirmUser=True, autoVerifyEmail=True)
    pool = watched(account, {"PreSignUp": function})
    given = {"UserPoolId": pool.id, "UserAttributes": named(email="a@example.com")}
    assert pool.admin.admin_create_user(Username="ben", **given)["User"]["UserStatus"] == (
        "FORCE_CHANGE_PASSWORD"
    )
    assert "email_verified" not in attributes_of(pool, "ben")


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidLambdaResponseException")
@pytest.mark.unconfirmed
def test_an_address_that_is_not_there_cannot_be_verified(account: LocalAccount) -> None:
    """ "Otherwise an error will occur and the user will not be able to complete sign-up." """
    pool = watched(account, {"PreSignUp": answering(autoVerifyPhone=True)})
    assert pool.sign_up(UserAttributes=named(phone_number="+14155550101"))
    answer = refused(pool.sign_up, UserAttributes=named(email="a@example.com"))
    assert (answer.status, answer.code) == (400, "InvalidLambdaResponseException")


@pytest.mark.operation("cognito-idp:SignUp")
def test_an_alias_moves_to_the_user_whom_the_function_verifies(account: LocalAccount) -> None:
    """ "If an alias with that email address already exists, the alias will be moved to the new user and the
    previous user's email address will be marked as unverified." """
    function = answering(autoConfirmUser=True, autoVerifyEmail=True)
    pool = watched(account, {"PreSignUp": function}, pool={"AliasAttributes": ["email"]})
    for name in ("jie", "shirley"):
        pool.sign_up(name, UserAttributes=named(email="jie@example.com"))
        assert claims_of(pool.sign_in("jie@example.com")["IdToken"])["cognito:username"] == name
    assert attributes_of(pool, "jie")["email_verified"] == "false"


@pytest.mark.operation(
    "cognito-idp:AdminConfirmSignUp",
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:ConfirmSignUp",
    "cognito-idp:ForgotPassword",
    "cognito-idp:SignUp",
)
def test_post_confirmation_hears_of_a_confirmed_user_and_of_a_reset_password(account: LocalAccount) -> None:
    function = Recorder()
    pool = watched(account, {"PostConfirmation": function})
    name = pool.sign_up()
    pool.idp.confirm_sign_up(
        ClientId=pool.client_id, Username=name, ConfirmationCode=account.last_code(name),
        ClientMetadata={"from": "here"},
    )  # fmt: skip
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=account.last_code(name),
        Password="Another-horse-2",
    )  # fmt: skip
    other = pool.sign_up()
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=other)
    seen = [(event["triggerSource"], event["userName"]) for event in function.events]
    assert seen == [
        ("PostConfirmation_ConfirmSignUp", name),
        ("PostConfirmation_ConfirmForgotPassword", name),
        ("PostConfirmation_ConfirmSignUp", other),
    ]
    request = function.events[0]["request"]
    assert request["clientMetadata"] == {"from": "here"}
    assert request["userAttributes"]["cognito:user_status"] == "CONFIRMED"
    assert request["userAttributes"]["email_verified"] == "true"


@pytest.mark.operation("cognito-idp:SignUp")
@pytest.mark.unconfirmed
def test_a_failure_after_confirmation_is_told_and_undoes_nothing(account: LocalAccount) -> None:
    pool = watched(account, {"PostConfirmation": Recorder(refuse)})
    name = pool.sign_up()
    answer = refused(pool.admin.admin_confirm_sign_up, UserPoolId=pool.id, Username=name)
    assert (answer.status, answer.code) == (400, "UserLambdaValidationException")
    assert status_of(pool, name) == "CONFIRMED"


@pytest.mark.operation(
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:ConfirmSignUp",
    "cognito-idp:ForgotPassword",
    "cognito-idp:ResendConfirmationCode",
    "cognito-idp:SignUp",
)
def test_a_custom_message_is_sent_in_the_functions_words(account: LocalAccount) -> None:
    function = answering(emailMessage="Take {####}, {username}", emailSubject="Welcome")
    pool = watched(account, {"CustomMessage": function})
    name = pool.sign_up(ClientMetadata={"from": "here"})
    pool.idp.resend_confirmation_code(ClientId=pool.client_id, Username=name)
    pool.idp.confirm_sign_up(ClientId=pool.client_id, Username=name, ConfirmationCode=account.last_code(name))
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    pool.admin.admin_reset_user_password(UserPoolId=pool.id, Username=name)
    kinds = ["SignUp", "ResendCode", "ForgotPassword", "ForgotPassword"]
    assert messages(pool, name) == [(kind, f"Take CODE, {name}", "Welcome") for kind in kinds]
    assert [event["triggerSource"] for event in function.events] == [
        f"CustomMessage_{kind}" for kind in kinds
    ]
    request = function.events[0]["request"]
    assert (request["codeParameter"], request["usernameParameter"]) == ("{####}", None)
    assert request["clientMetadata"] == {"from": "here"}


@pytest.mark.operation("cognito-idp:AdminCreateUser", refuses="InvalidLambdaResponseException")
def test_an_invitation_names_the_user_and_the_password(account: LocalAccount) -> None:
    """ "… the response from your function must include both request.usernameParameter and
    request.codeParameter." """
    good, bad = "{username} has {####}", "somebody has {####}"
    given = {
        "UserAttributes": named(email="a@example.com"), "DesiredDeliveryMediums": ["EMAIL"],
        "TemporaryPassword": PASSWORD,
    }  # fmt: skip
    pool = watched(account, {"CustomMessage": answering(emailMessage=good)})
    pool.admin.admin_create_user(UserPoolId=pool.id, Username="ben", **given)
    assert messages(pool, "ben")[-1] == ("AdminCreateUser", "ben has CODE", "")
    other = watched(account, {"CustomMessage": answering(emailMessage=bad)})
    answer = refused(other.admin.admin_create_user, UserPoolId=other.id, Username="ben", **given)
    assert (answer.status, answer.code) == (400, "InvalidLambdaResponseException")


@pytest.mark.operation("cognito-idp:SignUp", refuses="InvalidLambdaResponseException")
def test_a_custom_message_without_the_code_is_none(account: LocalAccount) -> None:
    """ "The message must include the code parameter" """
    pool = watched(account, {"CustomMessage": answering(emailMessage="{####}")})
    assert pool.sign_up()
    other = watched(account, {"CustomMessage": answering(emailMessage="Welcome!")})
    assert refused(other.sign_up).code == "InvalidLambdaResponseException"
