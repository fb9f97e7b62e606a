"""The calls of AWS's own example of a sign-up with MFA and a tracked device, in its order.

https://github.com/awsdocs/aws-doc-sdk-examples/blob/main/python/example_code/cognito/scenario_signup_user_with_mfa.py
It leaves the arithmetic of SRP to pycognito, with the device in the place of pool and user.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

import boto3
import pyotp
import pytest
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP, generate_hash_device

from tests.clients.served import Served

pytestmark = [pytest.mark.clients]

PASSWORD = "Correct-horse-1"
CALLS = [
    "SignUp",
    "ResendConfirmationCode",
    "ConfirmSignUp",
    "ListUsers",
    "AdminInitiateAuth",
    "AssociateSoftwareToken",
    "VerifySoftwareToken",
    "AdminInitiateAuth",
    "AdminRespondToAuthChallenge",  # the code that set the app up is used: "You might have to wait"
    "AdminRespondToAuthChallenge",
    "ConfirmDevice",
    "InitiateAuth",
    "RespondToAuthChallenge",
    "RespondToAuthChallenge",
]
_numbers = itertools.count(1)


@pytest.fixture
def scenario(served: Served) -> Scenario:
    return Scenario(served, boto3.Session().client("cognito-idp"))


class Scenario:
    """A user who walks through the example in a pool as it asks for: self sign-up, TOTP required, devices."""

    def __init__(self, served: Served, idp: Any) -> None:
        self.served, self.name, self.calls = served, f"dora-{next(_numbers)}", list[str]()
        self.idp = idp
        devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
        pool = self.idp.create_user_pool(
            PoolName="scenario", AutoVerifiedAttributes=["email"], DeviceConfiguration=devices
        )["UserPool"]
        self.pool: dict[str, str] = {"UserPoolId": pool["Id"]}
        self.idp.set_user_pool_mfa_config(
            **self.pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
        app = self.idp.create_user_pool_client(**self.pool, ClientName="app", ExplicitAuthFlows=flows)
        self.client: dict[str, str] = {"ClientId": app["UserPoolClient"]["ClientId"]}
        self.idp.meta.events.register("before-call.cognito-identity-provider", self._note)

    def _note(self, model: Any, **_: object) -> None:
        self.calls.append(model.name)

    def sign_up(self) -> None:
        email = [{"Name": "email", "Value": f"{self.name}@example.com"}]
        who = self.client | {"Username": self.name}
        assert not self.idp.sign_up(**who, Password=PASSWORD, UserAttributes=email)["UserConfirmed"]
        sent = self.idp.resend_confirmation_code(**who)["CodeDeliveryDetails"]
        assert (sent["DeliveryMedium"], sent["AttributeName"]) == ("EMAIL", "email")
        self.idp.confirm_sign_up(**who, ConfirmationCode=self.served.code(self.name))
        (user,) = self.idp.list_users(**self.pool)["Users"]
        assert (user["Username"], user["UserStatus"]) == (self.name, "CONFIRMED")

    def start(self) -> Any:
        password = {"USERNAME": self.name, "PASSWORD": PASSWORD}
        return self.idp.admin_initiate_auth(
            **self.pool, **self.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=password
        )

    def set_up_mfa(self) -> tuple[str, str]:
        """The code that the app shows now, which is then used, and the next one."""
        asked = self.start()
        assert asked["ChallengeName"] == "MFA_SETUP"
        assert "SOFTWARE_TOKEN_MFA" in asked["ChallengeParameters"]["MFAS_CAN_SETUP"]
        begun = self.idp.associate_software_token(Session=asked["Session"])
        totp, now = pyotp.TOTP(begun["SecretCode"]), datetime.fromisoformat(self.served.labkit("clock"))
        shown, following = (totp.generate_otp(totp.timecode(now) + step) for step in (0, 1))
        done = self.idp.verify_software_token(Session=begun["Session"], UserCode=shown)
        assert done["Status"] == "SUCCESS"
        return shown, following

    def answer(self, asked: dict[str, Any], code: str) -> Any:
        return self.idp.admin_respond_to_auth_challenge(
            **self.pool, **self.client, ChallengeName="SOFTWARE_TOKEN_MFA", Session=asked["Session"],
            ChallengeResponses={"USERNAME": self.name, "SOFTWARE_TOKEN_MFA_CODE": code},
        )  # fmt: skip

    def confirm_device(self, tokens: dict[str, Any]) -> tuple[str, str, str]:
        """The device's key, its group's key and its secret."""
        key, group = (tokens["NewDeviceMetadata"][part] for part in ("DeviceKey", "DeviceGroupKey"))
        make: Any = generate_hash_device
        secret, config = make(group, key)
        confirmed = self.idp.confirm_device(
            AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=config
        )
        assert confirmed["UserConfirmationNecessary"] is False
        return key, group, secret

    def sign_in_with_device(self, key: str, group: str, secret: str) -> Any:
        """No code is asked for. The example answers both challenges without their Session."""
        asked = self.idp.initiate_auth(
            **self.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.name, "PASSWORD": PASSWORD, "DEVICE_KEY": key},
        )  # fmt: skip
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        make: Any = AWSSRP
        client_id = self.client["ClientId"]
        device = make(username=self.name, password=secret, pool_id="_", client_id=client_id, client=self.idp)
        asked = self.respond("DEVICE_SRP_AUTH", device.get_auth_params() | {"DEVICE_KEY": key})
        assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        parameters = asked["ChallengeParameters"] | {"USER_ID_FOR_SRP": group + key}
        proof = device.process_challenge(parameters, {"USERNAME": self.name})
        return self.respond("DEVICE_PASSWORD_VERIFIER", proof | {"USERNAME": self.name, "DEVICE_KEY": key})[
            "AuthenticationResult"
        ]

    def respond(self, name: str, responses: dict[str, str]) -> Any:
        return self.idp.respond_to_auth_challenge(
            **self.client, ChallengeName=name, ChallengeResponses=responses
        )


def test_the_steps_of_aws_s_example_of_a_sign_up_with_mfa(scenario: Scenario) -> None:
    scenario.sign_up()
    shown, following = scenario.set_up_mfa()
    asked = scenario.start()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    with pytest.raises(ClientError) as used:
        scenario.answer(asked, shown)
    assert used.value.response["Error"]["Code"] == "ExpiredCodeException"
    tokens = scenario.answer(asked, following)["AuthenticationResult"]
    key, group, secret = scenario.confirm_device(tokens)
    assert scenario.sign_in_with_device(key, group, secret)["AccessToken"]
    assert scenario.calls == CALLS


def test_a_device_with_another_secret_does_not_get_through_aws_s_example(scenario: Scenario) -> None:
    scenario.sign_up()
    _, following = scenario.set_up_mfa()
    tokens = scenario.answer(scenario.start(), following)["AuthenticationResult"]
    key, group, secret = scenario.confirm_device(tokens)
    assert scenario.sign_in_with_device(key, group, secret)["AccessToken"]
    with pytest.raises(ClientError) as refused:
        scenario.sign_in_with_device(key, group, "guess")
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"
