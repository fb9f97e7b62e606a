"""pycognito, unmodified: real SRP, and every refusal that its users rely on.

It finds the account by AWS_ENDPOINT_URL and the pool's keys by COGNITO_JWKS, its own setting. Error codes:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html, and the
pages of ConfirmSignUp, ChangePassword and ConfirmForgotPassword beside it.
"""

from __future__ import annotations

import itertools
from typing import Any

import boto3
import pycognito
import pytest
from botocore.exceptions import ClientError
from pycognito.exceptions import ForceChangePasswordException, TokenVerificationException

from tests.clients.served import Lab, Served, create_client

pytestmark = [pytest.mark.clients]

PASSWORD, OTHER_PASSWORD = "Correct-horse-1", "Battery-staple-2"
#: pycognito has no types.
Cognito = Any
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _keys_of_the_pool(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COGNITO_JWKS", lab.jwks)


def cognito(
    lab: Lab, username: str, *, client_id: str | None = None, client_secret: str | None = None
) -> Cognito:
    make: Any = pycognito.Cognito
    return make(
        lab.user_pool_id,
        client_id or lab.client_id,
        username=username,
        client_secret=client_secret,
        session=boto3.Session(),
    )


@pytest.fixture
def alice(lab: Lab, served: Served) -> Cognito:
    """A confirmed user who has not signed in yet."""
    user = cognito(lab, f"alice-{next(_numbers)}")
    register(user)
    user.confirm_sign_up(served.code(user.username))
    return user


def register(user: Cognito) -> None:
    user.set_base_attributes(email=f"{user.username}@example.com")
    user.register(user.username, PASSWORD)


def another(code: str) -> str:
    """A code that is surely not this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_srp_signs_in_with_the_right_password_and_refuses_a_wrong_one(alice: Cognito) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    alice.authenticate(PASSWORD)
    assert alice.id_claims["cognito:username"] == alice.username
    assert alice.access_claims["token_use"] == "access"
    alice.access_token = None
    with pytest.raises(ClientError) as error:
        alice.authenticate(OTHER_PASSWORD)
    assert code_of(error) == "NotAuthorizedException"
    assert error.value.response["Error"]["Message"] == "Incorrect username or password."
    assert alice.access_token is None


def test_nobody_signs_in_before_the_right_code_was_given(alice: Cognito, lab: Lab, served: Served) -> None:
    alice.authenticate(PASSWORD)
    assert alice.get_user().email_verified is True
    bob = cognito(lab, f"bob-{next(_numbers)}")
    register(bob)
    with pytest.raises(ClientError) as error:
        bob.confirm_sign_up(another(served.code(bob.username)))
    assert code_of(error) == "CodeMismatchException"
    with pytest.raises(ClientError) as error:
        bob.authenticate(PASSWORD)
    assert code_of(error) == "UserNotConfirmedException"
    bob.confirm_sign_up(served.code(bob.username))
    bob.authenticate(PASSWORD)


def test_refresh_gives_a_new_access_token_and_refuses_an_invented_refresh_token(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)
    before = alice.access_token
    alice.renew_access_token()
    assert alice.access_token != before
    alice.refresh_token = alice.refresh_token[:-4] + "AAAA"
    with pytest.raises(ClientError) as error:
        alice.renew_access_token()
    assert code_of(error) == "NotAuthorizedException"


def test_a_changed_password_replaces_the_old_one(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)
    alice.change_password(PASSWORD, OTHER_PASSWORD)
    with pytest.raises(ClientError) as error:
        alice.change_password(PASSWORD, "Third-password-3")
    assert code_of(error) == "NotAuthorizedException"
    alice.authenticate(OTHER_PASSWORD)
    with pytest.raises(ClientError) as error:
        alice.authenticate(PASSWORD)
    assert code_of(error) == "NotAuthorizedException"


def test_a_forgotten_password_is_reset_with_the_code_that_was_sent_and_with_no_other(
    alice: Cognito, served: Served
) -> None:
    alice.initiate_forgot_password()
    alice.confirm_forgot_password(served.code(alice.username), OTHER_PASSWORD)
    alice.authenticate(OTHER_PASSWORD)
    alice.initiate_forgot_password()
    with pytest.raises(ClientError) as error:
        alice.confirm_forgot_password(another(served.code(alice.username)), PASSWORD)
    assert code_of(error) == "CodeMismatchException"
    with pytest.raises(ClientError) as error:
        alice.authenticate(PASSWORD)
    assert code_of(error) == "NotAuthorizedException"


def test_an_app_client_with_a_secret_asks_for_the_secret_hash(lab: Lab, served: Served) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html"""
    app = create_client(boto3.Session(), lab.user_pool_id, secret=True)
    client_id, client_secret = app["ClientId"], app["ClientSecret"]
    carol = cognito(lab, "carol", client_id=client_id, client_secret=client_secret)
    register(carol)
    carol.confirm_sign_up(served.code("carol"))
    carol.authenticate(PASSWORD)
    carol.renew_access_token()
    for wrong in (None, client_secret[:-1] + "#"):
        with pytest.raises(ClientError) as error:
            cognito(lab, "carol", client_id=client_id, client_secret=wrong).authenticate(PASSWORD)
        assert code_of(error) == "NotAuthorizedException"


def test_a_user_made_by_the_administrator_must_choose_a_password(lab: Lab) -> None:
    username = f"dave-{next(_numbers)}"
    boto3.Session().client("cognito-idp").admin_create_user(
        UserPoolId=lab.user_pool_id, Username=username, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    dave = cognito(lab, username)
    with pytest.raises(ForceChangePasswordException):
        dave.authenticate(PASSWORD)
    dave.new_password_challenge(PASSWORD, OTHER_PASSWORD)
    dave.authenticate(OTHER_PASSWORD)
    assert dave.id_claims["cognito:username"] == username


def test_after_sign_out_the_access_token_no_longer_works(alice: Cognito) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html"""
    alice.authenticate(PASSWORD)
    token = alice.access_token
    assert alice.get_user().sub == alice.id_claims["sub"]
    alice.logout()
    alice.access_token = token
    with pytest.raises(ClientError) as error:
        alice.get_user()
    assert code_of(error) == "NotAuthorizedException"


def test_an_access_token_expires_when_the_account_s_clock_has_passed_an_hour(
    alice: Cognito, served: Served
) -> None:
    alice.authenticate(PASSWORD)
    assert alice.get_user().email_verified is True
    served.advance("1h")
    with pytest.raises(ClientError) as error:
        alice.get_user()
    assert code_of(error) == "NotAuthorizedException"
    alice.renew_access_token()
    assert alice.get_user().email_verified is True


def test_pycognito_itself_verifies_the_signature_and_refuses_a_changed_token(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)
    assert alice.verify_token(alice.id_token, "id_token", "id")["sub"] == alice.id_claims["sub"]
    head, payload, signature = alice.id_token.split(".")
    changed = f"{head}.{payload}.{signature[:-8]}{'A' * 8}"
    with pytest.raises(TokenVerificationException):
        alice.verify_token(changed, "id_token", "id")


def test_attributes_are_changed_and_verified_by_the_code_sent(alice: Cognito, served: Served) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html"""
    alice.authenticate(PASSWORD)
    alice.update_profile({"name": "Alice", "email": "alice@example.org"})
    user = alice.get_user()
    assert (user.name, user.email, user.email_verified) == ("Alice", "alice@example.org", False)
    with pytest.raises(ClientError) as error:
        alice.validate_verification(another(served.code(alice.username)))
    assert code_of(error) == "CodeMismatchException"
    alice.send_verification("email")
    alice.validate_verification(served.code(alice.username))
    assert alice.get_user().email_verified is True
    with pytest.raises(ClientError) as error:
        alice.update_profile({"sub": "me"})
    assert code_of(error) == "InvalidParameterException"


def test_a_new_code_is_sent_on_request_until_the_user_is_confirmed(lab: Lab, served: Served) -> None:
    erin = cognito(lab, f"erin-{next(_numbers)}")
    register(erin)
    erin.resend_confirmation_code(erin.username)
    erin.confirm_sign_up(served.code(erin.username))
    with pytest.raises(ClientError) as error:
        erin.resend_confirmation_code(erin.username)
    assert code_of(error) == "InvalidParameterException"


def test_sign_out_revokes_the_refresh_token(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)
    alice.renew_access_token()
    refresh_token = alice.refresh_token
    alice.logout()
    alice.refresh_token = refresh_token
    with pytest.raises(ClientError) as error:
        alice.renew_access_token()
    assert code_of(error) == "NotAuthorizedException"


def test_the_administrator_puts_a_user_into_a_group_and_disables_the_user(alice: Cognito) -> None:
    alice.admin_add_user_to_group(alice.username, "readers")
    alice.authenticate(PASSWORD)
    assert alice.id_claims["cognito:groups"] == ["readers"]
    assert alice.admin_list_groups_for_user(alice.username) == ["readers"]
    alice.admin_disable_user(alice.username)
    with pytest.raises(ClientError) as error:
        alice.authenticate(PASSWORD)
    assert (code_of(error), error.value.response["Error"]["Message"]) == (
        "NotAuthorizedException", "User is disabled.",
    )  # fmt: skip


def test_a_user_who_is_deleted_cannot_sign_in_any_more(alice: Cognito) -> None:
    alice.authenticate(PASSWORD)
    alice.delete_user()
    with pytest.raises(ClientError) as error:
        alice.authenticate(PASSWORD)
    assert code_of(error) == "UserNotFoundException"
