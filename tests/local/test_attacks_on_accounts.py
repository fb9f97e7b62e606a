"""Attempts on another account: codes of another address, names that look like an alias, who exists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import ALL_FLOWS, PASSWORD, Pool, attributes_of, named, user_pool

SECOND = "Another-horse-2"


def address(pool: Pool, name: str, **attributes: str) -> None:
    """Give a user another address, as the administrator."""
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username=name, UserAttributes=named(**attributes)
    )


def no_address(pool: Pool, name: str) -> None:
    pool.admin.admin_delete_user_attributes(UserPoolId=pool.id, Username=name, UserAttributeNames=["email"])


Change = Callable[[Pool, str], None]
CHANGES = pytest.mark.parametrize(
    "change",
    [lambda pool, name: address(pool, name, email="victim@example.com"), no_address],
    ids=["changed", "deleted"],
)


@pytest.mark.unconfirmed
@CHANGES
def test_a_sign_up_code_confirms_the_address_that_it_went_to(account: LocalAccount, change: Change) -> None:
    """The code shows that the user owns the address:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html"""
    pool = user_pool(account)
    assert attributes_of(pool, pool.confirmed())["email_verified"] == "true"
    name = pool.sign_up()
    code = account.last_code(name)
    change(pool, name)
    answer = refused(pool.idp.confirm_sign_up, ClientId=pool.client_id, Username=name, ConfirmationCode=code)
    assert (answer.status, answer.code, answer.message) == (
        400, "ExpiredCodeException", "Invalid code provided, please request a code again.",
    )  # fmt: skip


@pytest.mark.unconfirmed
@CHANGES
def test_a_reset_code_is_of_no_use_to_the_owner_of_a_former_address(
    account: LocalAccount, change: Change
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html"""
    pool = user_pool(account)
    name = pool.confirmed()

    def reset(code: str) -> Any:
        given = {"ClientId": pool.client_id, "Username": name, "ConfirmationCode": code}
        return pool.idp.confirm_forgot_password(**given, Password=SECOND)

    for still in (True, False):
        pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
        code = account.last_code(name)
        if still:
            reset(code)
    change(pool, name)
    answer = refused(reset, code=code)
    assert (answer.status, answer.code, answer.message) == (
        400, "ExpiredCodeException", "Invalid code provided, please request a code again.",
    )  # fmt: skip


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "value, noun", [("victim@example.com", "an email"), ("+12065550123", "a phone number")]
)
def test_nobody_is_called_as_somebody_elses_address_may_be(
    account: LocalAccount, value: str, noun: str
) -> None:
    """ "If you select email address as an alias, Amazon Cognito doesn't accept a user name that matches a
    valid email format"; a preferred username stands beside it as a name:
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases"""
    pool = user_pool(account, AliasAttributes=["email", "phone_number", "preferred_username"])
    name = pool.confirmed()
    update, token = pool.idp.update_user_attributes, pool.sign_in(name)["AccessToken"]
    update(AccessToken=token, UserAttributes=named(preferred_username="nick"))
    assert pool.sign_in("nick")
    answer = refused(update, AccessToken=token, UserAttributes=named(preferred_username=value))
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message == refused(pool.sign_up, username=value).message
    plain = user_pool(account, AliasAttributes=["preferred_username"])
    token = plain.sign_in(plain.confirmed())["AccessToken"]
    plain.idp.update_user_attributes(AccessToken=token, UserAttributes=named(preferred_username=value))
    assert plain.sign_in(value)


# --- clients that must not tell who exists ----------------------------------------------------------------

Attempt = Callable[[Pool, str], Any]


def quiet(account: LocalAccount, **settings: Any) -> Pool:
    flows = [*ALL_FLOWS, "ALLOW_USER_AUTH"]
    return user_pool(
        account, {"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": flows}, **settings
    )


def begin(pool: Pool, flow: str, **parameters: str) -> Any:
    return pool.idp.initiate_auth(ClientId=pool.client_id, AuthFlow=flow, AuthParameters=parameters)


def reset_to(pool: Pool, name: str, password: str) -> Any:
    given = {"ClientId": pool.client_id, "Username": name, "ConfirmationCode": "000000"}
    return pool.idp.confirm_forgot_password(**given, Password=password)


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "attempt",
    [
        lambda pool, name: pool.start(name, "Wrong-horse-1"),
        lambda pool, name: begin(pool, "USER_PASSWORD_AUTH", USERNAME=name),
        lambda pool, name: begin(pool, "USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD"),
        lambda pool, name: begin(pool, "USER_SRP_AUTH", USERNAME=name),
        lambda pool, name: reset_to(pool, name, "weak"),
    ],
    ids=["wrong password", "no password", "no password chosen", "no SRP_A", "weak new password"],
)
def test_a_quiet_client_answers_the_same_for_somebody_and_nobody(
    account: LocalAccount, attempt: Attempt
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    pool = quiet(account)
    name = pool.confirmed()
    assert pool.sign_in(name)
    assert refused(attempt, pool=pool, name=name) == refused(attempt, pool=pool, name="nobody")


@pytest.mark.unconfirmed
def test_nobody_is_locked_out_like_somebody(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
    (of users who do not exist the page says nothing)"""
    pool = quiet(fresh)
    name = pool.confirmed()
    assert pool.sign_in(name)
    heard = {}
    for who in (name, "nobody"):
        heard[who] = [refused(pool.start, username=who, password="Wrong-horse-1") for _ in range(7)]
    assert heard[name] == heard["nobody"]
    assert heard["nobody"][-1].message == "Password attempts exceeded"
    fresh.advance(minutes=16)
    assert refused(pool.start, username="nobody").message == "Incorrect username or password."


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "settings, shape",
    [
        ({"UsernameConfiguration": {"CaseSensitive": False}}, "{}"),
        (
            {"UsernameAttributes": ["email"], "UsernameConfiguration": {"CaseSensitive": False}},
            "{}@example.com",
        ),
    ],
    ids=["any case", "addresses"],
)
def test_srp_shows_the_same_of_nobody_as_of_somebody(
    account: LocalAccount, settings: dict[str, Any], shape: str
) -> None:
    """ "Amazon Cognito returns the same 'salt' and internal user id in … (UUID) format for the same user name
    and user pool combination" (read here: a UUID where other usernames are UUIDs):
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    pool = quiet(account, **settings)
    name = shape.format(account.name("learner"))
    pool.idp.sign_up(
        ClientId=pool.client_id, Username=name, Password=PASSWORD,
        UserAttributes=named(email=name if "@" in name else f"{name}@example.com"),
    )  # fmt: skip
    shown = {}
    for who in (name, shape.format("nobody")):
        for spelling in (who, who.upper()):
            found = begin(pool, "USER_SRP_AUTH", USERNAME=spelling, SRP_A="ab" * 128)["ChallengeParameters"]
            shown[spelling] = found["SALT"], found["USERNAME"], found["USER_ID_FOR_SRP"]
        assert shown[who] == shown[who.upper()]
    ids = [shown[name][1], shown[shape.format("nobody")][1]]
    assert [len(i) == 36 and i != n for i, n in zip(ids, (name, "nobody"), strict=True)] == (
        ["UsernameAttributes" in settings] * 2
    )


# --- guessing ---------------------------------------------------------------------------------------------

Guess = Callable[[Pool, str, str], Any]


def change(pool: Pool, name: str, token: str) -> Any:
    return pool.idp.change_password(
        AccessToken=token, PreviousPassword="Wrong-horse-1", ProposedPassword=SECOND
    )


def verify(pool: Pool, name: str, token: str) -> Any:
    wrong = str((int(pool.account.last_code(name)) + 1) % 10**6).zfill(6)
    return pool.idp.verify_user_attribute(AccessToken=token, AttributeName="email", Code=wrong)


def reset(pool: Pool, name: str, token: str) -> Any:
    wrong = str((int(pool.account.last_code(name)) + 1) % 10**6).zfill(6)
    given = {"ClientId": pool.client_id, "Username": name, "ConfirmationCode": wrong}
    return pool.idp.confirm_forgot_password(**given, Password=SECOND)


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "guess, code",
    [
        (change, "NotAuthorizedException"),
        (verify, "CodeMismatchException"),
        (reset, "CodeMismatchException"),
    ],
)
def test_nobody_guesses_for_long(fresh: LocalAccount, guess: Guess, code: str) -> None:
    """How many guesses there are, and within which time, is not documented; that there is an end is:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
    (the text is AWS's: https://github.com/aws-amplify/aws-sdk-android/issues/627)"""
    pool = user_pool(fresh, {"AccessTokenValidity": 24})
    name = pool.confirmed()
    token = pool.sign_in(name)["AccessToken"]
    honest = {"AccessToken": token, "PreviousPassword": PASSWORD, "ProposedPassword": SECOND}
    assert pool.idp.change_password(**honest)
    pool.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    for _ in range(20):
        answer = refused(guess, pool=pool, name=name, token=token)
        assert answer.code == code
    answer = refused(guess, pool=pool, name=name, token=token)
    assert (answer.status, answer.code, answer.message) == (
        400, "LimitExceededException", "Attempt limit exceeded, please try after some time.",
    )  # fmt: skip
