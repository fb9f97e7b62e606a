"""A User Pool answers "who are you?": users sign up, confirm their address, keep their password.

Each function is the AWS operation of its name. The app's own calls are unsigned, as a mobile app
sends them: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.account import ANONYMOUS, Account
from labkit.flow.recorded import recorded
from labkit.record import Secret, reveal
from labkit.resources import Acknowledgement, AppClient, CodeDelivery, User, UserPool

AUTH_FLOWS = ("ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")


def create_user_pool(account: Account, name: str, **parameters: Any) -> UserPool:
    """A new User Pool that checks e-mail addresses with a code.

    `parameters` go to CreateUserPool under AWS's own names, as in `AccountRecoverySetting`.
    """
    parameters = {"AutoVerifiedAttributes": ["email"], **parameters}
    with recorded(account) as calls:
        answer = account.client("cognito-idp").create_user_pool(PoolName=name, **parameters)
    pool = answer["UserPool"]
    return UserPool(pool["Id"], pool["Name"], pool["Arn"], calls=tuple(calls))


def create_user_pool_client(
    account: Account,
    user_pool: UserPool,
    name: str,
    *,
    explicit_auth_flows: Sequence[str] = AUTH_FLOWS,
    generate_secret: bool = False,
    **parameters: Any,
) -> AppClient:
    """A new app client. One with a secret belongs on a server: whoever has the app has its secret.

    It does not tell which users exist, as one made in AWS's console does not. The API's own default does:
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    """
    parameters = {"PreventUserExistenceErrors": "ENABLED", **parameters}
    with recorded(account) as calls:
        answer = account.client("cognito-idp").create_user_pool_client(
            UserPoolId=user_pool.id,
            ClientName=name,
            ExplicitAuthFlows=list(explicit_auth_flows),
            GenerateSecret=generate_secret,
            **parameters,
        )
    client = answer["UserPoolClient"]
    secret = Secret(client["ClientSecret"]) if "ClientSecret" in client else None
    return AppClient(client["ClientId"], client["ClientName"], user_pool, secret, calls=tuple(calls))


def secret_hash(app_client: AppClient, username: str) -> Secret:
    """What an app client with a secret sends beside a user name: it proves that it has the secret.

    https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
    """
    key = app_client.secret.reveal() if app_client.secret else ""
    digest = hmac.digest(key.encode(), f"{username}{app_client.id}".encode(), "sha256")
    return Secret(base64.b64encode(digest).decode())


def sign_up(
    account: Account,
    app_client: AppClient,
    username: str,
    password: str | Secret,
    attributes: Mapping[str, str],
) -> User:
    """A new user, UNCONFIRMED until the code that was sent comes back (`confirm_sign_up`)."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).sign_up(
            **_app(app_client, username),
            Password=reveal(password),
            UserAttributes=_listed(attributes),
        )
    status = "CONFIRMED" if answer["UserConfirmed"] else "UNCONFIRMED"
    delivery = _delivery(answer)
    return User(username, answer["UserSub"], status, dict(attributes), delivery, calls=tuple(calls))


def confirm_sign_up(
    account: Account, app_client: AppClient, username: str, confirmation_code: str
) -> Acknowledgement:
    """The user has the code, so the address is theirs: the user is CONFIRMED and may sign in."""
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).confirm_sign_up(
            **_app(app_client, username), ConfirmationCode=confirmation_code
        )
    return Acknowledgement("ConfirmSignUp", calls=tuple(calls))


def resend_confirmation_code(account: Account, app_client: AppClient, username: str) -> CodeDelivery | None:
    """Send a new code to a user who is not confirmed yet."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).resend_confirmation_code(
            **_app(app_client, username)
        )
    return _delivery(answer, *calls)


def forgot_password(account: Account, app_client: AppClient, username: str) -> CodeDelivery | None:
    """Send a code that lets the user choose a new password (`confirm_forgot_password`)."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).forgot_password(**_app(app_client, username))
    return _delivery(answer, *calls)


def confirm_forgot_password(
    account: Account,
    app_client: AppClient,
    username: str,
    confirmation_code: str,
    password: str | Secret,
) -> Acknowledgement:
    """A new password for whoever has the code."""
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).confirm_forgot_password(
            **_app(app_client, username), ConfirmationCode=confirmation_code, Password=reveal(password)
        )
    return Acknowledgement("ConfirmForgotPassword", calls=tuple(calls))


def update_user_attributes(
    account: Account, access_token: str | Secret, attributes: Mapping[str, str]
) -> tuple[CodeDelivery, ...]:
    """Change the signed-in user's attributes; a new address is sent a code (`verify_user_attribute`)."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).update_user_attributes(
            AccessToken=reveal(access_token),
            UserAttributes=_listed(attributes),
        )
    sent = ({"CodeDeliveryDetails": details} for details in answer["CodeDeliveryDetailsList"])
    return tuple(found for details in sent if (found := _delivery(details, *calls)))


def verify_user_attribute(
    account: Account, access_token: str | Secret, attribute: str, code: str
) -> Acknowledgement:
    """The user has the code, so the new address is theirs; `attribute` is `email` or `phone_number`."""
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).verify_user_attribute(
            AccessToken=reveal(access_token), AttributeName=attribute, Code=code
        )
    return Acknowledgement("VerifyUserAttribute", calls=tuple(calls))


def admin_create_user(
    account: Account, user_pool: UserPool, username: str, attributes: Mapping[str, str], **parameters: Any
) -> User:
    """A new user by the administrator, who need not know a code. `MessageAction="SUPPRESS"` sends no
    invitation; `admin_set_user_password` then makes the user CONFIRMED.
    """
    with recorded(account) as calls:
        answer = account.client("cognito-idp").admin_create_user(
            UserPoolId=user_pool.id,
            Username=username,
            UserAttributes=_listed(attributes),
            **parameters,
        )
    made = answer["User"]
    sub = next(item["Value"] for item in made["Attributes"] if item["Name"] == "sub")
    return User(username, sub, made["UserStatus"], dict(attributes), calls=tuple(calls))


def admin_set_user_password(
    account: Account, user_pool: UserPool, username: str, password: str | Secret
) -> Acknowledgement:
    """A password to stay: the user is CONFIRMED and may sign in."""
    with recorded(account) as calls:
        account.client("cognito-idp").admin_set_user_password(
            UserPoolId=user_pool.id, Username=username, Password=reveal(password), Permanent=True
        )
    return Acknowledgement("AdminSetUserPassword", calls=tuple(calls))


def admin_update_user_attributes(
    account: Account, user_pool: UserPool, username: str, attributes: Mapping[str, str]
) -> Acknowledgement:
    """Change a user's attributes, also those that no app client may write; the next ID token has them."""
    with recorded(account) as calls:
        account.client("cognito-idp").admin_update_user_attributes(
            UserPoolId=user_pool.id, Username=username, UserAttributes=_listed(attributes)
        )
    return Acknowledgement("AdminUpdateUserAttributes", calls=tuple(calls))


def create_group(account: Account, user_pool: UserPool, name: str, **parameters: Any) -> Acknowledgement:
    """A new group; `RoleArn` and `Precedence` say which role its users' ID tokens prefer.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
    """
    with recorded(account) as calls:
        account.client("cognito-idp").create_group(UserPoolId=user_pool.id, GroupName=name, **parameters)
    return Acknowledgement("CreateGroup", calls=tuple(calls))


def admin_add_user_to_group(
    account: Account, user_pool: UserPool, username: str, group: str
) -> Acknowledgement:
    """The user's next tokens name the group."""
    with recorded(account) as calls:
        account.client("cognito-idp").admin_add_user_to_group(
            UserPoolId=user_pool.id, Username=username, GroupName=group
        )
    return Acknowledgement("AdminAddUserToGroup", calls=tuple(calls))


def _listed(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def _app(app_client: AppClient, username: str) -> dict[str, str]:
    """Which app speaks, for which user."""
    app = {"ClientId": app_client.id, "Username": username}
    if app_client.secret:
        app["SecretHash"] = secret_hash(app_client, username).reveal()
    return app


def _delivery(answer: Mapping[str, Any], *calls: Any) -> CodeDelivery | None:
    sent = answer.get("CodeDeliveryDetails")
    if not sent:
        return None
    return CodeDelivery(sent["DeliveryMedium"], sent["Destination"], sent["AttributeName"], calls=calls)
