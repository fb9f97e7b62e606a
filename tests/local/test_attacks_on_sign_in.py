"""Attempts at tokens that a sign-in would not have given: second factors, devices, codes, rotation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import ALL_FLOWS, PASSWORD, Pool, attributes_of, user_pool
from tests.local.test_user_pool_devices import ALWAYS, confirm, new_device, prove, remembered, tracking
from tests.local.test_user_pool_mfa import code, mfa_pool, respond, set_up


def begin(pool: Pool, name: str, **more: str) -> dict[str, Any]:
    """The challenge after the password."""
    return dict(pool.start(name, **more))


@pytest.mark.unconfirmed
def test_a_device_that_is_not_remembered_does_not_answer_for_one_that_is(account: LocalAccount) -> None:
    """A remembered device takes the place of the second factor, and no other one:
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html"""
    pool = tracking(account, ALWAYS)
    name = pool.confirmed()
    _, known = remembered(pool, name)
    token, other = new_device(pool, name)
    confirm(pool, token, other)
    pool.idp.update_device_status(
        AccessToken=token, DeviceKey=other.key, DeviceRememberedStatus="not_remembered"
    )
    asked = begin(pool, name, DEVICE_KEY=known.key)
    assert prove(pool, name, known, asked["Session"])["AuthenticationResult"]
    asked = begin(pool, name, DEVICE_KEY=known.key)
    answer = refused(lambda: prove(pool, name, other, asked["Session"]))
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Invalid session for the user.",
    )  # fmt: skip


@pytest.mark.unconfirmed
def test_a_token_that_was_rotated_out_stays_out_when_the_client_stops_rotating(account: LocalAccount) -> None:
    """What was rotated out is good for the grace period alone:
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html"""
    rotating = {
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    }
    pool = user_pool(account, rotating)
    old = pool.sign_in(pool.confirmed())["RefreshToken"]
    renew = pool.idp.get_tokens_from_refresh_token
    new = renew(ClientId=pool.client_id, RefreshToken=old)["AuthenticationResult"]["RefreshToken"]
    again = refused(renew, ClientId=pool.client_id, RefreshToken=old)
    assert again.code == "RefreshTokenReuseException"
    pool.admin.update_user_pool_client(
        UserPoolId=pool.id, ClientId=pool.client_id, ExplicitAuthFlows=ALL_FLOWS
    )
    assert pool.refresh(new)["AuthenticationResult"]
    answer = refused(pool.refresh, refresh_token=old)
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Invalid Refresh Token",
    )  # fmt: skip


@pytest.mark.unconfirmed
def test_who_knows_the_password_does_not_set_a_second_factor_up_after_the_user_did(
    account: LocalAccount,
) -> None:
    """Who has no factor is asked to set one up; once there is one, an older session must not replace it:
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-user-outcomes"""
    pool = mfa_pool(account, "ON")
    name = pool.confirmed()
    waiting, stealing = begin(pool, name), begin(pool, name)
    begun = pool.idp.associate_software_token(Session=stealing["Session"])
    secret, outcome = set_up(pool, name, waiting)
    assert outcome["AuthenticationResult"]
    for call, more in (
        (pool.idp.associate_software_token, {}),
        (pool.idp.verify_software_token, {"UserCode": code(account, begun["SecretCode"])}),
    ):
        answer = refused(call, Session=begun["Session"], **more)
        assert (answer.status, answer.code, answer.message) == (
            400, "NotAuthorizedException", "Invalid session for the user.",
        )  # fmt: skip
    asked = begin(pool, name)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    right = code(account, secret, step=1)
    assert respond(pool, asked, name, SOFTWARE_TOKEN_MFA_CODE=right)["AuthenticationResult"]


@pytest.mark.unconfirmed
def test_a_code_verifies_no_address_that_is_another_users_alias(account: LocalAccount) -> None:
    """RespondToAuthChallenge knows AliasExistsException:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html"""
    pool = mfa_pool(account, "OPTIONAL", settings={"EmailMfaConfiguration": {}}, AliasAttributes=["email"])
    holder, first, second = pool.confirmed(), account.name("made"), account.name("made")
    for name in (first, second):
        pool.admin.admin_create_user(UserPoolId=pool.id, Username=name, MessageAction="SUPPRESS")
        pool.admin.admin_set_user_password(
            UserPoolId=pool.id, Username=name, Password=PASSWORD, Permanent=True
        )
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", EmailMfaConfiguration={})

    def choose(name: str, address: str) -> Any:
        asked = respond(pool, begin(pool, name), name, EMAIL=address)
        return respond(pool, asked, name, EMAIL_OTP_CODE=account.last_code(name))

    assert choose(first, f"{first}@example.com")["AuthenticationResult"]
    assert attributes_of(pool, first)["email_verified"] == "true"
    answer = refused(choose, name=second, address=f"{holder}@example.com")
    assert (answer.status, answer.code) == (400, "AliasExistsException")
    assert attributes_of(pool, second).get("email_verified") != "true"
    found = pool.admin.admin_get_user(UserPoolId=pool.id, Username=f"{holder}@example.com")
    assert found["Username"] == holder


@pytest.mark.unconfirmed
@pytest.mark.parametrize("first", [True, False])
def test_a_code_verifies_the_address_that_it_went_to_and_no_later_one(
    account: LocalAccount, first: bool
) -> None:
    """ "Phone numbers and email addresses only become active aliases … after your user verifies" them:
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases"""
    pool = quick(account, first)
    name = pool.confirmed()
    token = pool.sign_in(name)["AccessToken"]
    if not first:
        on = {"EmailMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        pool.admin.admin_set_user_mfa_preference(UserPoolId=pool.id, Username=name, **on)
    asked = by_code(pool, name, first)
    honest = respond(pool, asked, name, EMAIL_OTP_CODE=account.last_code(name))
    assert honest["AuthenticationResult"]
    asked = by_code(pool, name, first)
    own = account.last_code(name)
    mine = [{"Name": "email", "Value": "somebody.else@example.com"}]
    pool.idp.update_user_attributes(AccessToken=token, UserAttributes=mine)
    answer = refused(lambda: respond(pool, asked, name, EMAIL_OTP_CODE=own))
    assert (answer.status, answer.code, answer.message) == (
        400, "NotAuthorizedException", "Invalid session for the user.",
    )  # fmt: skip
    assert attributes_of(pool, name)["email_verified"] == "false"


def quick(account: LocalAccount, first: bool) -> Pool:
    """A pool with codes by e-mail as a first or as a second factor."""
    if not first:
        return mfa_pool(
            account, "OPTIONAL", settings={"EmailMfaConfiguration": {}}, AliasAttributes=["email"]
        )
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    flows = {"ExplicitAuthFlows": [*ALL_FLOWS, "ALLOW_USER_AUTH"]}
    return user_pool(account, flows, Policies=policy, AliasAttributes=["email"])


def by_code(pool: Pool, name: str, first: bool) -> dict[str, Any]:
    """The EMAIL_OTP challenge."""
    if not first:
        return begin(pool, name)
    given = {"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    return dict(pool.idp.initiate_auth(ClientId=pool.client_id, AuthFlow="USER_AUTH", AuthParameters=given))
