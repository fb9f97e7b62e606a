"""User pools, app clients, users and identity pools for the tests."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import Any

import jwt

from tests.local.accounts import LocalAccount, document, role

PASSWORD = "Correct-horse-1"
ALL_FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
]  # fmt: skip
FEDERATED = "cognito-identity.amazonaws.com"


@dataclass(frozen=True)
class Pool:
    """A user pool with one app client."""

    account: LocalAccount
    id: str
    client_id: str
    client_secret: str | None = None

    @property
    def provider(self) -> str:
        return f"cognito-idp.us-east-1.amazonaws.com/{self.id}"

    @property
    def idp(self) -> Any:
        """What an app calls: unsigned."""
        return self.account.anonymous("cognito-idp")

    @property
    def admin(self) -> Any:
        return self.account.client("cognito-idp")

    def secret_hash(self, username: str) -> str:
        assert self.client_secret
        message = f"{username}{self.client_id}".encode()
        return base64.b64encode(hmac.digest(self.client_secret.encode(), message, "sha256")).decode()

    def sign_up(self, username: str | None = None, **more: Any) -> str:
        """A new unconfirmed user with an e-mail address."""
        name = username or self.account.name("learner")
        attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
        given = {"Password": PASSWORD, "UserAttributes": attributes} | more
        self.idp.sign_up(ClientId=self.client_id, Username=name, **given)
        return name

    def confirmed(self, username: str | None = None) -> str:
        """A new user who confirmed the e-mail address."""
        name = self.sign_up(username)
        code = self.account.last_code(name)
        self.idp.confirm_sign_up(ClientId=self.client_id, Username=name, ConfirmationCode=code)
        return name

    def start(self, username: str, password: str = PASSWORD, **more: str) -> Any:
        """InitiateAuth with a password."""
        return self.idp.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password} | more,
        )

    def sign_in(self, username: str, password: str = PASSWORD) -> dict[str, Any]:
        """The tokens of a sign-in."""
        return dict(self.start(username, password)["AuthenticationResult"])

    def refresh(self, refresh_token: str, client_id: str | None = None) -> Any:
        return self.idp.initiate_auth(
            ClientId=client_id or self.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )

    def another_client(self, **settings: Any) -> Pool:
        """The same pool through another app client."""
        return app_client(self.account, self.id, **settings)


def app_client(account: LocalAccount, pool_id: str, **settings: Any) -> Pool:
    made = account.client("cognito-idp").create_user_pool_client(
        UserPoolId=pool_id, **{"ClientName": account.name("app"), "ExplicitAuthFlows": ALL_FLOWS} | settings
    )["UserPoolClient"]
    return Pool(account, pool_id, made["ClientId"], made.get("ClientSecret"))


def user_pool(account: LocalAccount, client: dict[str, Any] | None = None, **settings: Any) -> Pool:
    """A new pool that confirms e-mail addresses, with one app client for every flow."""
    given = {"PoolName": account.name("pool"), "AutoVerifiedAttributes": ["email"]} | settings
    pool_id = account.client("cognito-idp").create_user_pool(**given)["UserPool"]["Id"]
    return app_client(account, pool_id, **client or {})


@dataclass(frozen=True)
class IdentityPool:
    """An identity pool that trusts one user pool."""

    account: LocalAccount
    id: str
    users: Pool

    @property
    def api(self) -> Any:
        """What an app calls: unsigned."""
        return self.account.anonymous("cognito-identity")

    @property
    def admin(self) -> Any:
        return self.account.client("cognito-identity")

    def logins(self, username: str) -> dict[str, str]:
        return {self.users.provider: self.users.sign_in(username)["IdToken"]}

    def trust(self, amr: str, **more: Any) -> str:
        """A trust policy as the console writes it."""
        condition = {
            "StringEquals": {f"{FEDERATED}:aud": self.id},
            "ForAnyValue:StringLike": {f"{FEDERATED}:amr": amr},
        }
        return document(
            {
                "Effect": "Allow",
                "Principal": {"Federated": FEDERATED},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": condition,
            }
            | more
        )

    def give_roles(self, *, member: list[dict[str, Any]], guest: list[dict[str, Any]]) -> None:
        """Attach an authenticated and a guest role with these statements."""
        roles = {
            "authenticated": role(self.account, self.trust("authenticated"), *member),
            "unauthenticated": role(self.account, self.trust("unauthenticated"), *guest),
        }
        self.admin.set_identity_pool_roles(IdentityPoolId=self.id, Roles=roles)


def identity_pool(users: Pool, *, guests: bool = True, check: bool = False, **settings: Any) -> IdentityPool:
    account = users.account
    provider = {"ProviderName": users.provider, "ClientId": users.client_id, "ServerSideTokenCheck": check}
    given = {"IdentityPoolName": account.name("identities"), "CognitoIdentityProviders": [provider]}
    made = account.client("cognito-identity").create_identity_pool(
        AllowUnauthenticatedIdentities=guests, **given | settings
    )
    return IdentityPool(account, made["IdentityPoolId"], users)


def named(**attributes: str) -> list[dict[str, str]]:
    """AWS's list of attributes; `custom__team` is `custom:team`."""
    return [{"Name": name.replace("__", ":"), "Value": value} for name, value in attributes.items()]


def attributes_of(pool: Pool, username: str) -> dict[str, str]:
    found = pool.admin.admin_get_user(UserPoolId=pool.id, Username=username)["UserAttributes"]
    return {a["Name"]: a["Value"] for a in found}


def status_of(pool: Pool, username: str) -> str:
    return str(pool.admin.admin_get_user(UserPoolId=pool.id, Username=username)["UserStatus"])


def claims_of(token: str) -> dict[str, Any]:
    """A token's claims, whatever its signature."""
    return jwt.decode(token, options={"verify_signature": False})


def tampered(token: str, **claims: Any) -> str:
    """The token with other claims and its old signature."""
    header, _, signature = token.split(".")
    forged = jwt.encode(claims_of(token) | claims, "x" * 32).split(".")[1]
    return f"{header}.{forged}.{signature}"
