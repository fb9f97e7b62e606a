"""pycognito, unmodified, where a password is not enough: authenticator apps, codes by SMS, and devices.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
"""

from __future__ import annotations

import itertools
from typing import Any

import boto3
import jwt
import pycognito
import pyotp
import pytest
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import SMSMFAChallengeException, SoftwareTokenMFAChallengeException

from tests.clients.served import Served, create_client, key_set

pytestmark = [pytest.mark.clients]

PASSWORD = "Correct-horse-1"
_numbers = itertools.count(1)


@pytest.fixture
def pool_id(served: Served) -> str:
    """A pool with optional MFA that remembers devices."""
    idp = boto3.Session().client("cognito-idp")
    pool = idp.create_user_pool(
        PoolName="factors",
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
    )["UserPool"]
    sms = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
    idp.set_user_pool_mfa_config(
        UserPoolId=pool["Id"],
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        SmsMfaConfiguration=sms,  # type: ignore[arg-type]
    )
    return str(pool["Id"])


@pytest.fixture
def client_id(pool_id: str) -> str:
    return create_client(boto3.Session(), pool_id)["ClientId"]


@pytest.fixture
def alice(pool_id: str, client_id: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A signed-in user with a phone number."""
    monkeypatch.setenv("COGNITO_JWKS", key_set(pool_id))
    idp, name = boto3.Session().client("cognito-idp"), f"alice-{next(_numbers)}"
    phone = [{"Name": "phone_number", "Value": "+12065550100"}]
    ids = {"UserPoolId": pool_id, "Username": name}
    idp.admin_create_user(**ids, MessageAction="SUPPRESS", UserAttributes=phone)  # type: ignore[arg-type]
    idp.admin_set_user_password(**ids, Password=PASSWORD, Permanent=True)
    make: Any = pycognito.Cognito
    user = make(pool_id, client_id, username=name, session=boto3.Session())
    user.authenticate(PASSWORD)
    return user


def code(user: Any, secret: str, step: int = 0) -> str:
    """What an authenticator app shows by the account's clock, which the newest token tells."""
    issued = jwt.decode(user.access_token, options={"verify_signature": False})["iat"]
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(issued // 30 + step)


def test_an_authenticator_app_is_set_up_and_asked_for(alice: Any) -> None:
    secret = alice.associate_software_token()
    with pytest.raises(ClientError) as wrong:
        alice.verify_software_token(str((int(code(alice, secret)) + 1) % 1_000_000).zfill(6))
    assert wrong.value.response["Error"]["Code"] == "EnableSoftwareTokenMFAException"
    assert alice.verify_software_token(code(alice, secret), "phone")
    alice.set_user_mfa_preference(False, True, "SOFTWARE_TOKEN")
    with pytest.raises(SoftwareTokenMFAChallengeException):
        alice.authenticate(PASSWORD)
    with pytest.raises(ClientError) as used:
        alice.respond_to_software_token_mfa_challenge(code(alice, secret))
    assert used.value.response["Error"]["Code"] == "ExpiredCodeException"
    alice.respond_to_software_token_mfa_challenge(code(alice, secret, 1))
    assert alice.id_claims["cognito:username"] == alice.username


def test_a_code_by_sms_is_asked_for_and_checked(alice: Any, served: Served) -> None:
    alice.set_user_mfa_preference(True, False, "SMS")
    with pytest.raises(SMSMFAChallengeException):
        alice.authenticate(PASSWORD)
    sent = served.code(alice.username)
    with pytest.raises(ClientError) as wrong:
        alice.respond_to_sms_mfa_challenge(str((int(sent) + 1) % 1_000_000).zfill(6))
    assert wrong.value.response["Error"]["Code"] == "CodeMismatchException"
    alice.respond_to_sms_mfa_challenge(sent)
    assert alice.id_claims["phone_number_verified"] is True


def test_a_remembered_device_signs_in_with_its_own_secret(
    alice: Any, pool_id: str, client_id: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pycognito writes AWS's address into its calls for devices: here it leads to the local account."""
    import requests

    to_aws = requests.post

    def post(url: str, **given: Any) -> requests.Response:
        assert url == "https://cognito-idp.us-east-1.amazonaws.com/"
        return to_aws(f"{served.endpoint}/", **given)

    monkeypatch.setattr("pycognito.aws_srp.requests.post", post)
    idp = boto3.Session().client("cognito-idp")
    user: dict[str, Any] = {
        "username": alice.username, "password": PASSWORD, "pool_id": pool_id, "client_id": client_id,
        "client": idp,
    }  # fmt: skip
    make: Any = AWSSRP
    first = make(**user)
    tokens = first.authenticate_user()
    response, secret = first.confirm_device(tokens, "laptop")
    assert (response.status_code, response.json()) == (200, {"UserConfirmationNecessary": False})
    device = {"device_key": first.device_key, "device_group_key": first.device_group_key}
    again = make(**user, **device, device_password=secret).authenticate_user()["AuthenticationResult"]
    assert "NewDeviceMetadata" not in again
    with pytest.raises(ClientError) as wrong:
        make(**user, **device, device_password="guess").authenticate_user()
    assert wrong.value.response["Error"]["Code"] == "NotAuthorizedException"
    first.forget_device(again["AccessToken"], first.device_key)
    assert idp.list_devices(AccessToken=again["AccessToken"])["Devices"] == []
