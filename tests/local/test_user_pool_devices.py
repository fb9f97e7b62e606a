"""Devices: getting a key, confirming, remembering, signing in with one, listing and forgetting.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from labkit import srp
from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, claims_of, user_pool
from tests.local.test_user_pool_custom_auth import CUSTOM, Functions
from tests.local.test_user_pool_custom_auth import respond as answer_riddle
from tests.local.test_user_pool_mfa import SMS
from tests.local.test_user_pool_triggers import Recorder, watched

ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
OPT_IN = ALWAYS | {"DeviceOnlyRememberedOnUserPrompt": True}
NO_DEVICE = "us-east-1_00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Device:
    """A device's key and its own secret, as an app keeps them."""

    key: str
    group_key: str
    secret: str = "a device's own secret"

    @property
    def config(self) -> dict[str, str]:
        """DeviceSecretVerifierConfig for ConfirmDevice."""
        salt = 0x1234567890ABCDEF
        verifier = srp.verifier(self.group_key, self.key, self.secret, salt)
        return {"PasswordVerifier": _base64(verifier), "Salt": _base64(salt)}


def _base64(number: int) -> str:
    return base64.b64encode(number.to_bytes(number.bit_length() // 8 + 1)).decode()


def tracking(account: LocalAccount, setting: dict[str, bool] | None = None, **more: Any) -> Pool:
    return user_pool(account, DeviceConfiguration=setting or ALWAYS, **more)


def new_device(pool: Pool, name: str) -> tuple[str, Device]:
    """Sign in on a new device: the access token and the device."""
    result = pool.sign_in(name)
    made = result["NewDeviceMetadata"]
    return result["AccessToken"], Device(made["DeviceKey"], made["DeviceGroupKey"])


def confirm(pool: Pool, token: str, device: Device, **more: Any) -> Any:
    return pool.idp.confirm_device(
        AccessToken=token, DeviceKey=device.key, DeviceSecretVerifierConfig=device.config, **more
    )


def remembered(pool: Pool, name: str) -> tuple[str, Device]:
    token, device = new_device(pool, name)
    confirm(pool, token, device)
    return token, device


def respond(pool: Pool, challenge: str, session: str | None, **responses: str) -> Any:
    given = {"Session": session} if session else {}
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName=challenge, ChallengeResponses=responses, **given
    )


def prove(
    pool: Pool, name: str, device: Device, session: str | None, secret: str | None = None, **more: str
) -> Any:
    """Answer DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER."""
    client = srp.Client(device.group_key, secret or device.secret)
    given = {"USERNAME": name, "DEVICE_KEY": device.key}
    asked = respond(pool, "DEVICE_SRP_AUTH", session, **given, SRP_A=client.srp_a)
    assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    parameters, when = asked["ChallengeParameters"], srp.timestamp(datetime.now(UTC))
    signature = client.signature(
        device.key, salt=parameters["SALT"], srp_b=parameters["SRP_B"],
        secret_block=parameters["SECRET_BLOCK"], timestamp=when,
    )  # fmt: skip
    proof = {
        "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "TIMESTAMP": when,
    }
    return respond(pool, "DEVICE_PASSWORD_VERIFIER", None, **given | proof | more)


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_a_sign_in_without_a_device_gets_a_key_for_one(account: LocalAccount) -> None:
    pool = tracking(account)
    name = pool.confirmed()
    result = pool.sign_in(name)
    made = result["NewDeviceMetadata"]
    assert made["DeviceKey"].startswith("us-east-1_")
    assert made["DeviceGroupKey"]
    assert claims_of(result["AccessToken"])["device_key"] == made["DeviceKey"]
    assert pool.sign_in(name)["NewDeviceMetadata"]["DeviceKey"] != made["DeviceKey"]
    plain = user_pool(account)
    assert "NewDeviceMetadata" not in plain.sign_in(plain.confirmed())


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_remembered_device_proves_its_secret_after_the_password(account: LocalAccount) -> None:
    pool = tracking(account)
    name = pool.confirmed()
    token, device = new_device(pool, name)
    assert confirm(pool, token, device)["UserConfirmationNecessary"] is False
    asked = pool.start(name, DEVICE_KEY=device.key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert "AuthenticationResult" not in asked
    result = prove(pool, name, device, asked["Session"])["AuthenticationResult"]
    assert "NewDeviceMetadata" not in result
    assert claims_of(result["AccessToken"])["device_key"] == device.key
    asked = pool.start(name, DEVICE_KEY=device.key)
    wrong = refused(prove, pool=pool, name=name, device=device, session=asked["Session"], secret="guess")
    assert (wrong.status, wrong.code, wrong.message) == (
        400, "NotAuthorizedException", "Incorrect username or password.",
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="ResourceNotFoundException")
def test_srp_may_name_the_device_with_the_proof(account: LocalAccount) -> None:
    """ "You can also pass DEVICE_KEY in the parameters of a PASSWORD_VERIFIER response"."""
    from tests.local.test_user_pool_sign_in import claim, start_srp
    from tests.local.test_user_pool_sign_in import respond as answer_srp

    pool = tracking(account)
    name = pool.confirmed()
    _, device = remembered(pool, name)
    asked = answer_srp(pool, claim(*start_srp(pool, name)) | {"DEVICE_KEY": device.key})
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert prove(pool, name, device, asked["Session"])["AuthenticationResult"]
    proof = claim(*start_srp(pool, name))
    unknown = refused(answer_srp, pool=pool, responses=proof | {"DEVICE_KEY": NO_DEVICE})
    assert (unknown.status, unknown.code, unknown.message) == (
        400, "ResourceNotFoundException", "Device does not exist.",
    )  # fmt: skip
    assert answer_srp(pool, proof)["AuthenticationResult"]  # as amazon-cognito-identity-js goes on


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_client_that_keeps_no_session_is_known_by_user_and_device(account: LocalAccount) -> None:
    """AWS's own example answers DEVICE_SRP_AUTH without the Session, and so does pycognito:
    https://github.com/awsdocs/aws-doc-sdk-examples/blob/main/python/example_code/cognito/cognito_idp_actions.py"""
    pool = tracking(account)
    name, other = pool.confirmed(), pool.confirmed()
    _, device = remembered(pool, name)
    alone = refused(prove, pool=pool, name=name, device=device, session=None)
    assert (alone.code, alone.message) == ("NotAuthorizedException", "Invalid session for the user.")
    pool.start(name, DEVICE_KEY=device.key)
    assert refused(prove, pool=pool, name=other, device=device, session=None).code == (
        "NotAuthorizedException"
    )
    elsewhere = pool.another_client()
    assert refused(prove, pool=elsewhere, name=name, device=device, session=None).code == (
        "NotAuthorizedException"
    )
    assert prove(pool, name, device, None)["AuthenticationResult"]
    assert refused(prove, pool=pool, name=name, device=device, session=None).code == (
        "NotAuthorizedException"
    )


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="ResourceNotFoundException")
def test_a_device_is_its_own_user_s_alone(account: LocalAccount) -> None:
    pool = tracking(account)
    name, thief = pool.confirmed(), pool.confirmed()
    _, device = remembered(pool, name)
    assert pool.start(name, DEVICE_KEY=device.key)["ChallengeName"] == "DEVICE_SRP_AUTH"
    answer = refused(pool.start, username=thief, DEVICE_KEY=device.key)
    assert (answer.code, answer.message) == ("ResourceNotFoundException", "Device does not exist.")
    assert pool.sign_in(thief)


def sms_pool(account: LocalAccount, setting: dict[str, bool]) -> tuple[Pool, str]:
    """A pool with optional SMS codes, and a user who has them."""
    pool = tracking(account, setting)
    name = pool.confirmed()
    ids = {"UserPoolId": pool.id, "Username": name}
    config = {"SmsMfaConfiguration": SMS}
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **config)
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    pool.admin.admin_update_user_attributes(**ids, UserAttributes=phone)
    pool.admin.admin_set_user_mfa_preference(**ids, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    return pool, name


def by_sms(pool: Pool, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    assert asked["ChallengeName"] == "SMS_MFA"
    code = pool.account.last_code(name)
    answer = respond(pool, "SMS_MFA", asked["Session"], USERNAME=name, SMS_MFA_CODE=code)
    return dict(answer["AuthenticationResult"])


@pytest.mark.operation(
    "cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge", "cognito-idp:UpdateDeviceStatus"
)
@pytest.mark.parametrize("replaces", [True, False])
def test_a_remembered_device_takes_the_place_of_the_code_where_the_pool_says_so(
    account: LocalAccount, replaces: bool
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeviceConfigurationType.html
    (ChallengeRequiredOnNewDevice)"""
    pool, name = sms_pool(account, ALWAYS | {"ChallengeRequiredOnNewDevice": replaces})
    result = by_sms(pool, name, pool.start(name))
    made = result["NewDeviceMetadata"]
    device = Device(made["DeviceKey"], made["DeviceGroupKey"])
    confirm(pool, result["AccessToken"], device)
    asked = pool.start(name, DEVICE_KEY=device.key)
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    outcome = prove(pool, name, device, asked["Session"])
    assert outcome["AuthenticationResult"] if replaces else by_sms(pool, name, outcome)
    pool.idp.update_device_status(
        AccessToken=result["AccessToken"], DeviceKey=device.key, DeviceRememberedStatus="not_remembered"
    )
    assert by_sms(pool, name, pool.start(name, DEVICE_KEY=device.key))


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:UpdateDeviceStatus")
def test_where_users_opt_in_a_device_is_remembered_once_they_say_so(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmDevice.html
    (UserConfirmationNecessary)"""
    pool = tracking(account, OPT_IN)
    name = pool.confirmed()
    token, device = new_device(pool, name)
    assert confirm(pool, token, device)["UserConfirmationNecessary"] is True
    plain = pool.start(name, DEVICE_KEY=device.key)["AuthenticationResult"]
    assert "NewDeviceMetadata" not in plain
    pool.idp.update_device_status(
        AccessToken=token, DeviceKey=device.key, DeviceRememberedStatus="remembered"
    )
    assert pool.start(name, DEVICE_KEY=device.key)["ChallengeName"] == "DEVICE_SRP_AUTH"


@pytest.mark.operation(
    "cognito-idp:ConfirmDevice",
    refuses=["DeviceKeyExistsException", "InvalidParameterException", "ResourceNotFoundException"],
)
@pytest.mark.unconfirmed
def test_only_a_key_that_was_given_to_the_user_is_confirmed_and_once(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmDevice.html
    (DeviceKeyExistsException)"""
    pool = tracking(account)
    name, thief = pool.confirmed(), pool.confirmed()
    token, device = new_device(pool, name)
    other_token, _ = new_device(pool, thief)
    foreign = refused(confirm, pool=pool, token=other_token, device=device)
    assert (foreign.code, foreign.message) == ("ResourceNotFoundException", "Device does not exist.")
    invented = Device(NO_DEVICE, device.group_key)
    assert refused(confirm, pool=pool, token=token, device=invented).code == "ResourceNotFoundException"
    bare = refused(pool.idp.confirm_device, AccessToken=token, DeviceKey=device.key)
    assert bare.code == "InvalidParameterException"
    assert confirm(pool, token, device)
    assert refused(confirm, pool=pool, token=token, device=device).code == "DeviceKeyExistsException"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:ConfirmDevice", refuses="InvalidUserPoolConfigurationException")
def test_a_pool_that_tracks_no_devices_confirms_none(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmDevice.html
    (InvalidUserPoolConfigurationException)"""
    pool, plain = tracking(account), user_pool(account)
    token, device = new_device(pool, pool.confirmed())
    assert confirm(pool, token, device)
    other = plain.sign_in(plain.confirmed())["AccessToken"]
    answer = refused(confirm, pool=plain, token=other, device=device)
    assert (answer.status, answer.code) == (400, "InvalidUserPoolConfigurationException")


@pytest.mark.operation(
    "cognito-idp:AdminGetDevice",
    "cognito-idp:AdminListDevices",
    "cognito-idp:GetDevice",
    "cognito-idp:ListDevices",
)
def test_users_and_administrators_see_the_devices(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeviceType.html"""
    pool = tracking(account)
    name = pool.confirmed()
    token, device = new_device(pool, name)
    new_device(pool, name)
    ids = {"UserPoolId": pool.id, "Username": name}
    assert pool.idp.list_devices(AccessToken=token)["Devices"] == []
    confirm(pool, token, device, DeviceName="phone")
    lists: list[Callable[[], Any]] = [
        lambda: pool.idp.list_devices(AccessToken=token),
        lambda: pool.admin.admin_list_devices(**ids),
    ]
    gets: list[Callable[[], Any]] = [
        lambda: pool.idp.get_device(AccessToken=token, DeviceKey=device.key),
        lambda: pool.admin.admin_get_device(**ids, DeviceKey=device.key),
    ]
    for listed, got in zip(lists, gets, strict=True):
        (found,) = listed()["Devices"]
        assert found == got()["Device"]
        assert found["DeviceKey"] == device.key
        attributes = {a["Name"]: a["Value"] for a in found["DeviceAttributes"]}
        assert (attributes["device_status"], attributes["device_name"]) == ("valid", "phone")
        assert attributes["dev:device_remembered_status"] == "remembered"
        assert isinstance(found["DeviceCreateDate"], datetime)


@pytest.mark.operation("cognito-idp:ListDevices", refuses="InvalidParameterException")
def test_devices_come_in_pages(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListDevices.html"""
    pool = tracking(account)
    name = pool.confirmed()
    made = [remembered(pool, name) for _ in range(3)]
    token, keys = made[0][0], [device.key for _, device in made]
    first = pool.idp.list_devices(AccessToken=token, Limit=2)
    rest = pool.idp.list_devices(AccessToken=token, PaginationToken=first["PaginationToken"])
    assert [d["DeviceKey"] for d in first["Devices"] + rest["Devices"]] == keys
    assert "PaginationToken" not in rest
    bad = refused(pool.idp.list_devices, AccessToken=token, PaginationToken="nonsense")
    assert bad.code == "InvalidParameterException"


@pytest.mark.operation("cognito-idp:AdminForgetDevice", "cognito-idp:AdminUpdateDeviceStatus")
@pytest.mark.operation(
    "cognito-idp:ForgetDevice", "cognito-idp:InitiateAuth", refuses="ResourceNotFoundException"
)
@pytest.mark.parametrize("administrator", [False, True])
def test_a_forgotten_device_is_nobody_s(account: LocalAccount, administrator: bool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgetDevice.html"""
    pool = tracking(account)
    name = pool.confirmed()
    token, device = remembered(pool, name)
    ids = {"UserPoolId": pool.id, "Username": name, "DeviceKey": device.key}
    if administrator:
        pool.admin.admin_update_device_status(**ids, DeviceRememberedStatus="not_remembered")
        pool.admin.admin_forget_device(**ids)
    else:
        pool.idp.forget_device(AccessToken=token, DeviceKey=device.key)
    calls: list[Callable[[], Any]] = [
        lambda: pool.idp.get_device(AccessToken=token, DeviceKey=device.key),
        lambda: pool.idp.update_device_status(AccessToken=token, DeviceKey=device.key),
        lambda: pool.idp.forget_device(AccessToken=token, DeviceKey=device.key),
        lambda: pool.admin.admin_get_device(**ids),
        lambda: pool.start(name, DEVICE_KEY=device.key),
    ]
    for call in calls:
        answer = refused(call)
        assert (answer.status, answer.code, answer.message) == (
            400, "ResourceNotFoundException", "Device does not exist.",
        )  # fmt: skip
    assert pool.sign_in(name)["NewDeviceMetadata"]


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_refresh_names_the_device_of_the_sign_in(account: LocalAccount) -> None:
    """The page on devices: "Choose an AuthFlow of … REFRESH_TOKEN_AUTH … add your user's device key"."""
    pool = tracking(account)
    result = pool.sign_in(pool.confirmed())
    given = {"REFRESH_TOKEN": result["RefreshToken"]}
    key = {"DEVICE_KEY": result["NewDeviceMetadata"]["DeviceKey"]}
    start = {"ClientId": pool.client_id, "AuthFlow": "REFRESH_TOKEN_AUTH"}
    fresh = pool.idp.initiate_auth(**start, AuthParameters=given | key)["AuthenticationResult"]
    assert claims_of(fresh["AccessToken"])["device_key"] == key["DEVICE_KEY"]
    for wrong in ({}, {"DEVICE_KEY": NO_DEVICE}):
        answer = refused(pool.idp.initiate_auth, **start, AuthParameters=given | wrong)
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Invalid Refresh Token")


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_post_authentication_hears_whether_the_device_is_new(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html
    (newDeviceUsed)"""
    function = Recorder()
    pool = watched(account, {"PostAuthentication": function}, {"DeviceConfiguration": ALWAYS})
    name = pool.confirmed()
    _, device = remembered(pool, name)
    prove(pool, name, device, pool.start(name, DEVICE_KEY=device.key)["Session"])
    assert [event["request"]["newDeviceUsed"] for event in function.events] == [True, False]


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_custom_authentication_ends_with_the_device(account: LocalAccount) -> None:
    """ "After … the CUSTOM_CHALLENGE challenge returns an issueTokens value of true, Amazon Cognito returns
    one final DEVICE_SRP_AUTH challenge"."""
    functions = Functions()
    triggers = {
        "DefineAuthChallenge": functions.define,
        "CreateAuthChallenge": functions.create,
        "VerifyAuthChallengeResponse": functions.verify,
    }
    pool = watched(account, triggers, {"DeviceConfiguration": ALWAYS}, **CUSTOM)
    name = pool.confirmed()
    _, device = remembered(pool, name)
    asked = pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": name, "DEVICE_KEY": device.key},
    )  # fmt: skip
    asked = answer_riddle(pool, name, asked, ANSWER="42")
    assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert prove(pool, name, device, asked["Session"])["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:ConfirmDevice", "cognito-idp:InitiateAuth")
def test_no_device_secret_lies_about_in_the_clear(account: LocalAccount) -> None:
    pool = tracking(account)
    remembered(pool, pool.confirmed())
    kept = account.app.state.user_pools[pool.id]
    (found,) = (d for factors in kept.factors.values() for d in factors.devices.values())
    assert found.verifier
    assert str(found.verifier) not in repr(kept)
    assert PASSWORD not in repr(kept)


@pytest.mark.operation("cognito-idp:ConfirmDevice")
def test_a_bearer_token_in_the_header_is_no_signature(account: LocalAccount) -> None:
    """pycognito sends one with ConfirmDevice, which AWS takes unsigned."""
    pool = tracking(account)
    token, device = new_device(pool, pool.confirmed())
    body = {"AccessToken": token, "DeviceKey": device.key, "DeviceSecretVerifierConfig": device.config}
    header = {"Authorization": f"Bearer {token}"}
    assert account.json_call("cognito-idp", "ConfirmDevice", body, **header).status == 200
    listing = account.json_call("cognito-idp", "ListUserPools", {"MaxResults": 1}, **header)
    assert (listing.status, listing.json["__type"]) == (400, "MissingAuthenticationTokenException")
