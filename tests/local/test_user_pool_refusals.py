"""What every operation of a user pool refuses: what is not there, bad tokens, failing functions.

The errors of each operation are on its own page:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from labkit.local.app import LocalApp
from labkit.local.server import Server
from labkit.local.user_pools import triggers
from tests.local.accounts import LocalAccount, Refusal, reached, refused
from tests.local.directory import PASSWORD
from tests.local.good_calls import of_client, of_user, signed, stage
from tests.local.test_user_pool_devices import ALWAYS, NO_DEVICE
from tests.local.test_user_pool_triggers import Recorder, arn, refuse

NO_POOL = "us-east-1_000000000"
MALFORMED = "no good"


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """By one way in: what is refused here does not depend on it."""
    return reached(served[0], "direct")


def operation(client: Any, name: str) -> Any:
    return getattr(client, xform_name(name))


def answered(client: Any, name: str, parameters: dict[str, Any]) -> tuple[int, str, str]:
    answer: Refusal = refused(operation(client, name), **parameters)
    return answer.status, answer.code, answer.message


SIGNED = [
    "AddCustomAttributes",
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminForgetDevice",
    "AdminGetDevice",
    "AdminGetUser",
    "AdminInitiateAuth",
    "AdminLinkProviderForUser",
    "AdminListDevices",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminResetUserPassword",
    "AdminRespondToAuthChallenge",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminSetUserSettings",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
    "CreateGroup",
    "CreateIdentityProvider",
    "CreateResourceServer",
    "CreateUserImportJob",
    "CreateUserPoolClient",
    "DeleteGroup",
    "DeleteIdentityProvider",
    "DeleteUserPool",
    "DeleteUserPoolClient",
    "DescribeIdentityProvider",
    "DescribeResourceServer",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetCSVHeader",
    "GetGroup",
    "GetIdentityProviderByIdentifier",
    "GetSigningCertificate",
    "GetUserPoolMfaConfig",
    "ListGroups",
    "ListIdentityProviders",
    "ListResourceServers",
    "ListUserImportJobs",
    "ListUserPoolClients",
    "ListUsers",
    "ListUsersInGroup",
    "SetUserPoolMfaConfig",
    "UpdateGroup",
    "UpdateIdentityProvider",
    "UpdateUserPool",
    "UpdateUserPoolClient",
]
OF_USERS = [
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminForgetDevice",
    "AdminGetDevice",
    "AdminGetUser",
    "AdminListDevices",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminResetUserPassword",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminSetUserSettings",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
]
OF_CLIENTS = [
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "ForgotPassword",
    "GetTokensFromRefreshToken",
    "InitiateAuth",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "SignUp",
]
OF_TOKENS = [
    "AssociateSoftwareToken",
    "ChangePassword",
    "ConfirmDevice",
    "DeleteUser",
    "DeleteUserAttributes",
    "ForgetDevice",
    "GetDevice",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GetUserAuthFactors",
    "GlobalSignOut",
    "ListDevices",
    "ListWebAuthnCredentials",
    "SetUserMFAPreference",
    "SetUserSettings",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
]


@pytest.mark.operation(
    "cognito-idp:AddCustomAttributes",
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminConfirmSignUp",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDeleteUser",
    "cognito-idp:AdminDeleteUserAttributes",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
    "cognito-idp:AdminForgetDevice",
    "cognito-idp:AdminGetDevice",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminInitiateAuth",
    "cognito-idp:AdminLinkProviderForUser",
    "cognito-idp:AdminListDevices",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:AdminRemoveUserFromGroup",
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:AdminSetUserMFAPreference",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminSetUserSettings",
    "cognito-idp:AdminUpdateDeviceStatus",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:CreateGroup",
    "cognito-idp:CreateIdentityProvider",
    "cognito-idp:CreateResourceServer",
    "cognito-idp:CreateUserImportJob",
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:DeleteGroup",
    "cognito-idp:DeleteIdentityProvider",
    "cognito-idp:DeleteUserPool",
    "cognito-idp:DeleteUserPoolClient",
    "cognito-idp:DescribeIdentityProvider",
    "cognito-idp:DescribeResourceServer",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:GetCSVHeader",
    "cognito-idp:GetGroup",
    "cognito-idp:GetIdentityProviderByIdentifier",
    "cognito-idp:GetSigningCertificate",
    "cognito-idp:GetUserPoolMfaConfig",
    "cognito-idp:ListGroups",
    "cognito-idp:ListIdentityProviders",
    "cognito-idp:ListResourceServers",
    "cognito-idp:ListUserImportJobs",
    "cognito-idp:ListUserPoolClients",
    "cognito-idp:ListUsers",
    "cognito-idp:ListUsersInGroup",
    "cognito-idp:SetUserPoolMfaConfig",
    "cognito-idp:UpdateGroup",
    "cognito-idp:UpdateIdentityProvider",
    "cognito-idp:UpdateUserPool",
    "cognito-idp:UpdateUserPoolClient",
    refuses="ResourceNotFoundException",
)
@pytest.mark.operation(
    "cognito-idp:AddCustomAttributes",
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminConfirmSignUp",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDeleteUser",
    "cognito-idp:AdminDeleteUserAttributes",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
    "cognito-idp:AdminForgetDevice",
    "cognito-idp:AdminGetDevice",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminInitiateAuth",
    "cognito-idp:AdminListDevices",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:AdminRemoveUserFromGroup",
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:AdminSetUserMFAPreference",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminSetUserSettings",
    "cognito-idp:AdminUpdateDeviceStatus",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:CreateGroup",
    "cognito-idp:CreateIdentityProvider",
    "cognito-idp:CreateResourceServer",
    "cognito-idp:CreateUserImportJob",
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:DeleteGroup",
    "cognito-idp:DeleteIdentityProvider",
    "cognito-idp:DeleteUserPool",
    "cognito-idp:DeleteUserPoolClient",
    "cognito-idp:DescribeIdentityProvider",
    "cognito-idp:DescribeResourceServer",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:GetCSVHeader",
    "cognito-idp:GetGroup",
    "cognito-idp:GetIdentityProviderByIdentifier",
    "cognito-idp:GetSigningCertificate",
    "cognito-idp:GetUserPoolMfaConfig",
    "cognito-idp:ListGroups",
    "cognito-idp:ListIdentityProviders",
    "cognito-idp:ListResourceServers",
    "cognito-idp:ListUserImportJobs",
    "cognito-idp:ListUserPoolClients",
    "cognito-idp:ListUsers",
    "cognito-idp:ListUsersInGroup",
    "cognito-idp:SetUserPoolMfaConfig",
    "cognito-idp:UpdateGroup",
    "cognito-idp:UpdateIdentityProvider",
    "cognito-idp:UpdateUserPool",
    "cognito-idp:UpdateUserPoolClient",
    refuses="InvalidParameterException",
)
@pytest.mark.parametrize("name", SIGNED)
def test_a_pool_must_be_there(account: LocalAccount, name: str) -> None:
    on = stage(account)
    good, admin = signed(on)[name], on.pool.admin
    assert answered(admin, name, good | {"UserPoolId": NO_POOL}) == (
        400, "ResourceNotFoundException", f"User pool {NO_POOL} does not exist.",
    )  # fmt: skip
    if name != "AdminLinkProviderForUser":  # whose UserPoolId has no pattern in AWS's model
        status, code, message = answered(admin, name, good | {"UserPoolId": MALFORMED})
        assert (status, code) == (400, "InvalidParameterException")
        assert "'userPoolId' failed to satisfy constraint" in message
    assert operation(admin, name)(**good)


@pytest.mark.operation(
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminConfirmSignUp",
    "cognito-idp:AdminDeleteUser",
    "cognito-idp:AdminDeleteUserAttributes",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
    "cognito-idp:AdminForgetDevice",
    "cognito-idp:AdminGetDevice",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListDevices",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:AdminRemoveUserFromGroup",
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:AdminSetUserMFAPreference",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminSetUserSettings",
    "cognito-idp:AdminUpdateDeviceStatus",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:AdminUserGlobalSignOut",
    refuses="UserNotFoundException",
)
@pytest.mark.parametrize("name", OF_USERS)
def test_a_user_must_be_there(account: LocalAccount, name: str) -> None:
    on = stage(account)
    good = signed(on)[name]
    assert answered(on.pool.admin, name, good | {"Username": "nobody"}) == (
        400, "UserNotFoundException", "User does not exist.",
    )  # fmt: skip
    assert operation(on.pool.admin, name)(**good)


@pytest.mark.operation(
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:ConfirmSignUp",
    "cognito-idp:ForgotPassword",
    "cognito-idp:GetTokensFromRefreshToken",
    "cognito-idp:InitiateAuth",
    "cognito-idp:ResendConfirmationCode",
    "cognito-idp:RespondToAuthChallenge",
    "cognito-idp:SignUp",
    refuses=["ResourceNotFoundException", "InvalidParameterException"],
)
@pytest.mark.parametrize("name", OF_CLIENTS)
def test_an_app_client_must_be_there(account: LocalAccount, name: str) -> None:
    on = stage(account)
    good, idp = of_client(on)[name], on.pool.idp
    assert answered(idp, name, good | {"ClientId": "nobodys"}) == (
        400, "ResourceNotFoundException", "User pool client nobodys does not exist.",
    )  # fmt: skip
    status, code, message = answered(idp, name, good | {"ClientId": MALFORMED})
    assert (status, code) == (400, "InvalidParameterException")
    assert "'clientId' failed to satisfy constraint" in message
    assert operation(idp, name)(**good)


@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken",
    "cognito-idp:ChangePassword",
    "cognito-idp:ConfirmDevice",
    "cognito-idp:DeleteUser",
    "cognito-idp:DeleteUserAttributes",
    "cognito-idp:ForgetDevice",
    "cognito-idp:GetDevice",
    "cognito-idp:GetUser",
    "cognito-idp:GetUserAttributeVerificationCode",
    "cognito-idp:GetUserAuthFactors",
    "cognito-idp:GlobalSignOut",
    "cognito-idp:ListDevices",
    "cognito-idp:ListWebAuthnCredentials",
    "cognito-idp:SetUserMFAPreference",
    "cognito-idp:SetUserSettings",
    "cognito-idp:UpdateDeviceStatus",
    "cognito-idp:UpdateUserAttributes",
    "cognito-idp:VerifySoftwareToken",
    "cognito-idp:VerifyUserAttribute",
    refuses=["NotAuthorizedException", "InvalidParameterException"],
)
@pytest.mark.parametrize("name", OF_TOKENS)
def test_an_access_token_must_hold(account: LocalAccount, name: str) -> None:
    on = stage(account)
    good, idp = of_user(on)[name], on.pool.idp
    status, code, message = answered(idp, name, good | {"AccessToken": on.token[:-8] + "AAAAAAAA"})
    assert (status, code, message) == (
        400, "NotAuthorizedException", "Could not verify signature for Access Token",
    )  # fmt: skip
    status, code, message = answered(idp, name, good | {"AccessToken": MALFORMED})
    assert (status, code) == (400, "InvalidParameterException")
    assert "'accessToken' failed to satisfy constraint" in message
    assert operation(idp, name)(**good)


@pytest.mark.operation(
    "cognito-idp:ChangePassword",
    "cognito-idp:ConfirmDevice",
    "cognito-idp:DeleteUser",
    "cognito-idp:DeleteUserAttributes",
    "cognito-idp:ForgetDevice",
    "cognito-idp:GetDevice",
    "cognito-idp:GetUser",
    "cognito-idp:GetUserAttributeVerificationCode",
    "cognito-idp:GetUserAuthFactors",
    "cognito-idp:GlobalSignOut",
    "cognito-idp:ListDevices",
    "cognito-idp:ListWebAuthnCredentials",
    "cognito-idp:SetUserMFAPreference",
    "cognito-idp:SetUserSettings",
    "cognito-idp:UpdateDeviceStatus",
    "cognito-idp:UpdateUserAttributes",
    "cognito-idp:VerifySoftwareToken",
    "cognito-idp:VerifyUserAttribute",
    refuses=["PasswordResetRequiredException", "UserNotFoundException"],
)
@pytest.mark.parametrize("name", [name for name in OF_TOKENS if name != "AssociateSoftwareToken"])
def test_a_token_outlives_neither_its_user_nor_a_reset_of_the_password(
    account: LocalAccount, name: str
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html#API_GetUser_Errors

    The texts as AWS gave them: https://github.com/aws-amplify/amplify-js/issues/11456
    """
    on = stage(account)
    good, idp, user = of_user(on)[name], on.pool.idp, on.about()
    on.pool.admin.admin_reset_user_password(**user)
    assert answered(idp, name, good) == (
        400, "PasswordResetRequiredException", "Password reset required for the user",
    )  # fmt: skip
    on.pool.admin.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
    assert operation(idp, name)(**good)
    if name != "DeleteUser":
        on.pool.admin.admin_delete_user(**user)
    assert answered(idp, name, good) == (400, "UserNotFoundException", "User does not exist.")


@pytest.mark.operation(
    "cognito-idp:AssociateSoftwareToken",
    "cognito-idp:ChangePassword",
    "cognito-idp:ConfirmDevice",
    "cognito-idp:DeleteUser",
    "cognito-idp:DeleteUserAttributes",
    "cognito-idp:ForgetDevice",
    "cognito-idp:GetDevice",
    "cognito-idp:GetUser",
    "cognito-idp:GetUserAttributeVerificationCode",
    "cognito-idp:GetUserAuthFactors",
    "cognito-idp:GlobalSignOut",
    "cognito-idp:ListDevices",
    "cognito-idp:ListWebAuthnCredentials",
    "cognito-idp:SetUserMFAPreference",
    "cognito-idp:SetUserSettings",
    "cognito-idp:UpdateDeviceStatus",
    "cognito-idp:UpdateUserAttributes",
    "cognito-idp:VerifySoftwareToken",
    "cognito-idp:VerifyUserAttribute",
    refuses="ResourceNotFoundException",
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("name", OF_TOKENS)
def test_a_token_does_not_outlive_its_app_client(account: LocalAccount, name: str) -> None:
    """ResourceNotFoundException is documented for these; that a deleted client is meant is our reading."""
    for deleted in (False, True):
        on = stage(account)
        good, idp = of_user(on)[name], on.pool.idp
        if not deleted:
            assert operation(idp, name)(**good)
            continue
        on.pool.admin.delete_user_pool_client(UserPoolId=on.pool.id, ClientId=on.pool.client_id)
        text = f"User pool client {on.pool.client_id} does not exist."
        assert answered(idp, name, good) == (400, "ResourceNotFoundException", text)


@pytest.mark.operation(
    "cognito-idp:AdminForgetDevice",
    "cognito-idp:AdminGetDevice",
    "cognito-idp:AdminUpdateDeviceStatus",
    "cognito-idp:ConfirmDevice",
    "cognito-idp:ForgetDevice",
    "cognito-idp:GetDevice",
    "cognito-idp:UpdateDeviceStatus",
    refuses="ResourceNotFoundException",
)
@pytest.mark.parametrize(
    "name",
    [
        "ConfirmDevice",
        "ForgetDevice",
        "GetDevice",
        "UpdateDeviceStatus",
        "AdminForgetDevice",
        "AdminGetDevice",
        "AdminUpdateDeviceStatus",
    ],
)
def test_a_device_must_be_there(account: LocalAccount, name: str) -> None:
    on = stage(account)
    good = (signed(on) | of_user(on))[name]
    answer = answered(on.pool.admin, name, good | {"DeviceKey": NO_DEVICE})
    assert answer == (400, "ResourceNotFoundException", "Device does not exist.")
    assert operation(on.pool.admin, name)(**good)


@pytest.mark.operation(
    "cognito-idp:AdminForgetDevice",
    "cognito-idp:AdminGetDevice",
    "cognito-idp:AdminListDevices",
    "cognito-idp:AdminUpdateDeviceStatus",
    "cognito-idp:ConfirmDevice",
    "cognito-idp:ForgetDevice",
    "cognito-idp:GetDevice",
    "cognito-idp:ListDevices",
    "cognito-idp:UpdateDeviceStatus",
    refuses="InvalidUserPoolConfigurationException",
)
@pytest.mark.parametrize(
    "name",
    [
        "ConfirmDevice",
        "ForgetDevice",
        "GetDevice",
        "UpdateDeviceStatus",
        "AdminForgetDevice",
        "AdminGetDevice",
        "AdminUpdateDeviceStatus",
        "AdminListDevices",
        "ListDevices",
    ],
)
def test_a_pool_that_tracks_no_devices_has_none(account: LocalAccount, name: str) -> None:
    on = stage(account)
    good = (signed(on) | of_user(on))[name]
    on.pool.admin.update_user_pool(UserPoolId=on.pool.id)
    status, code, _ = answered(on.pool.admin, name, good)
    assert (status, code) == (400, "InvalidUserPoolConfigurationException")
    on.pool.admin.update_user_pool(UserPoolId=on.pool.id, DeviceConfiguration=ALWAYS)
    assert operation(on.pool.admin, name)(**good)


@pytest.mark.operation(
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:ConfirmSignUp",
    "cognito-idp:ForgotPassword",
    "cognito-idp:ResendConfirmationCode",
    refuses="UserNotFoundException",
)
@pytest.mark.parametrize(
    "name", ["ConfirmForgotPassword", "ConfirmSignUp", "ForgotPassword", "ResendConfirmationCode"]
)
def test_a_talkative_client_tells_that_there_is_no_such_user(account: LocalAccount, name: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    on = stage(account)
    good = of_client(on)[name]
    status, code, _ = answered(on.pool.idp, name, good | {"Username": "nobody"})
    assert (status, code) == (400, "UserNotFoundException")
    assert operation(on.pool.idp, name)(**good)


#: The trigger whose function each operation runs.
TRIGGERS = {
    "AdminConfirmSignUp": "PostConfirmation",
    "AdminCreateUser": "PreSignUp",
    "AdminInitiateAuth": "PreAuthentication",
    "AdminResetUserPassword": "CustomMessage",
    "AdminRespondToAuthChallenge": "PreTokenGeneration",
    "AdminUpdateUserAttributes": "CustomMessage",
    "ConfirmForgotPassword": "PostConfirmation",
    "ConfirmSignUp": "PostConfirmation",
    "ForgotPassword": "CustomMessage",
    "GetTokensFromRefreshToken": "PreTokenGeneration",
    "GetUserAttributeVerificationCode": "CustomMessage",
    "InitiateAuth": "PreAuthentication",
    "ResendConfirmationCode": "CustomMessage",
    "RespondToAuthChallenge": "PreTokenGeneration",
    "SignUp": "PreSignUp",
    "UpdateUserAttributes": "CustomMessage",
}
ADDRESS = {"UserAttributes": [{"Name": "email", "Value": "new@example.com"}]}


def running(account: LocalAccount, name: str) -> tuple[Any, dict[str, Any], str]:
    """A client, a good call that runs the operation's trigger, and the function's ARN."""
    function = arn(account, account.name("function"))
    triggers.register(function, Recorder(), account.app.state)
    on = stage(account, LambdaConfig={TRIGGERS[name]: function})
    good = (signed(on) | of_client(on) | of_user(on))[name]
    return on.pool.admin, good | (ADDRESS if name.endswith("UpdateUserAttributes") else {}), function


@pytest.mark.operation(
    "cognito-idp:AdminConfirmSignUp",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminInitiateAuth",
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:ConfirmSignUp",
    "cognito-idp:ForgotPassword",
    "cognito-idp:GetTokensFromRefreshToken",
    "cognito-idp:GetUserAttributeVerificationCode",
    "cognito-idp:InitiateAuth",
    "cognito-idp:ResendConfirmationCode",
    "cognito-idp:RespondToAuthChallenge",
    "cognito-idp:SignUp",
    "cognito-idp:UpdateUserAttributes",
    refuses=["InvalidLambdaResponseException", "UnexpectedLambdaException", "UserLambdaValidationException"],
)
@pytest.mark.parametrize("name", TRIGGERS)
def test_a_function_that_fails_fails_its_operation(account: LocalAccount, name: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html"""
    client, good, function = running(account, name)
    assert operation(client, name)(**good)
    failing: dict[str, Any] = {
        "UserLambdaValidationException": Recorder(refuse),
        "InvalidLambdaResponseException": Recorder(lambda event: "no event"),
    }
    for code, stand_in in failing.items():
        client, good, function = running(account, name)
        triggers.register(function, stand_in, account.app.state)
        assert answered(client, name, good)[:2] == (400, code)
        assert stand_in.events
    client, good, function = running(account, name)
    del account.app.state.functions[function]
    assert answered(client, name, good)[:2] == (400, "UnexpectedLambdaException")
