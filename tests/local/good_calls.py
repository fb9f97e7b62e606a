"""One good call of each operation of a user pool, for the tests that then spoil a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.local.accounts import LocalAccount
from tests.local.directories import metadata
from tests.local.directory import PASSWORD, Pool, user_pool
from tests.local.test_user_pool_devices import ALWAYS, Device, confirm, new_device
from tests.local.test_user_pool_mfa import TOTP, code

Parameters = dict[str, Any]

METADATA = metadata("adfs", "https://adfs.example.com", "https://adfs.example.com/sso")
SAML = {"ProviderType": "SAML", "ProviderDetails": {"MetadataFile": METADATA}}
NEW_PASSWORD = "Another-horse-2"


@dataclass(frozen=True)
class Stage:
    """A pool in which every operation finds what it works on."""

    pool: Pool
    user: str
    unconfirmed: str
    token: str
    #: RefreshToken and the DeviceKey that it came with.
    refresh: Parameters
    device: Device
    unused_device: Device

    def named(self, **more: Any) -> Parameters:
        return {"UserPoolId": self.pool.id} | more

    def about(self, **more: Any) -> Parameters:
        """Parameters of an operation on the user."""
        return self.named(Username=self.user) | more

    def challenge(self) -> Parameters:
        """An invited user's answer to NEW_PASSWORD_REQUIRED."""
        name = self.pool.account.name("invited")
        self.pool.admin.admin_create_user(**self.named(Username=name, TemporaryPassword=PASSWORD))
        asked = self.pool.start(name)
        return {
            "ClientId": self.pool.client_id,
            "ChallengeName": asked["ChallengeName"],
            "Session": asked["Session"],
            "ChallengeResponses": {"USERNAME": name, "NEW_PASSWORD": NEW_PASSWORD},
        }

    def by_client(self, username: str, **more: Any) -> Parameters:
        return {"ClientId": self.pool.client_id, "Username": username} | more

    def by_user(self, **more: Any) -> Parameters:
        """Parameters of an operation of the user's own."""
        return {"AccessToken": self.token} | more


def stage(account: LocalAccount, **settings: Any) -> Stage:
    pool = user_pool(account, DeviceConfiguration=ALWAYS, **settings)
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **TOTP)
    user = pool.confirmed()
    admin, ids = pool.admin, {"UserPoolId": pool.id}
    for group in ("members", "readers"):
        admin.create_group(GroupName=group, **ids)
    admin.admin_add_user_to_group(GroupName="readers", Username=user, **ids)
    admin.create_identity_provider(ProviderName="ADFS", IdpIdentifiers=["adfs.example.com"], **SAML, **ids)
    admin.create_resource_server(Identifier="photos", Name="photos", **ids)
    token, device = new_device(pool, user)
    confirm(pool, token, device)
    _, unused = new_device(pool, user)
    last = pool.sign_in(user)
    refresh = {"RefreshToken": last["RefreshToken"], "DeviceKey": last["NewDeviceMetadata"]["DeviceKey"]}
    return Stage(pool, user, pool.sign_up(), token, refresh, device, unused)


def signed(on: Stage) -> dict[str, Parameters]:
    """Operations that name the pool."""
    named, about, key = on.named, on.about, {"DeviceKey": on.device.key}
    source = {"ProviderName": "ADFS", "ProviderAttributeName": "email", "ProviderAttributeValue": "a@x.org"}
    target = {"ProviderName": "Cognito", "ProviderAttributeValue": on.user}
    login = {"USERNAME": on.user, "PASSWORD": PASSWORD}
    client = {"ClientId": on.pool.another_client().client_id}
    return {
        "AddCustomAttributes": named(CustomAttributes=[{"Name": "team", "AttributeDataType": "String"}]),
        "AdminAddUserToGroup": about(GroupName="members"),
        "AdminConfirmSignUp": named(Username=on.unconfirmed),
        "AdminCreateUser": named(Username="invited"),
        "AdminDeleteUser": about(),
        "AdminDeleteUserAttributes": about(UserAttributeNames=["nickname"]),
        "AdminDisableUser": about(),
        "AdminEnableUser": about(),
        "AdminForgetDevice": about(**key),
        "AdminGetDevice": about(**key),
        "AdminGetUser": about(),
        "AdminInitiateAuth": named(
            ClientId=on.pool.client_id, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=login
        ),
        "AdminLinkProviderForUser": named(SourceUser=source, DestinationUser=target),
        "AdminListDevices": about(),
        "AdminListGroupsForUser": about(),
        "AdminRemoveUserFromGroup": about(GroupName="readers"),
        "AdminResetUserPassword": about(),
        "AdminRespondToAuthChallenge": named(**on.challenge()),
        "AdminSetUserMFAPreference": about(),
        "AdminSetUserPassword": about(Password=NEW_PASSWORD),
        "AdminSetUserSettings": about(MFAOptions=[]),
        "AdminUpdateDeviceStatus": about(**key),
        "AdminUpdateUserAttributes": about(UserAttributes=[]),
        "AdminUserGlobalSignOut": about(),
        "CreateGroup": named(GroupName="writers"),
        "CreateIdentityProvider": named(ProviderName="Other", **SAML),
        "CreateResourceServer": named(Identifier="music", Name="music"),
        "CreateUserImportJob": named(
            JobName="job", CloudWatchLogsRoleArn="arn:aws:iam::111122223333:role/import"
        ),
        "CreateUserPoolClient": named(ClientName="app"),
        "CreateUserPoolDomain": named(Domain="its-own"),
        "DeleteGroup": named(GroupName="readers"),
        "DeleteIdentityProvider": named(ProviderName="ADFS"),
        "DeleteResourceServer": named(Identifier="photos"),
        "DeleteUserPool": named(),
        "DeleteUserPoolClient": named(**client),
        "DescribeIdentityProvider": named(ProviderName="ADFS"),
        "DescribeResourceServer": named(Identifier="photos"),
        "DescribeUserPool": named(),
        "DescribeUserPoolClient": named(**client),
        "GetCSVHeader": named(),
        "GetGroup": named(GroupName="readers"),
        "GetUserPoolMfaConfig": named(),
        "ListGroups": named(),
        "GetIdentityProviderByIdentifier": named(IdpIdentifier="adfs.example.com"),
        "GetSigningCertificate": named(),
        "ListIdentityProviders": named(),
        "ListResourceServers": named(MaxResults=5),
        "ListUserImportJobs": named(MaxResults=5),
        "ListUserPoolClients": named(),
        "ListUsers": named(),
        "ListUsersInGroup": named(GroupName="readers"),
        "SetUserPoolMfaConfig": named(MfaConfiguration="OFF"),
        "UpdateGroup": named(GroupName="readers"),
        "UpdateResourceServer": named(Identifier="photos", Name="Photos"),
        "UpdateIdentityProvider": named(
            ProviderName="ADFS", ProviderDetails={"MetadataFile": METADATA, "IDPInit": "true"}
        ),
        "UpdateUserPool": named(),
        "UpdateUserPoolClient": named(**client),
    }


def of_client(on: Stage) -> dict[str, Parameters]:
    """Operations that name an app client and need no signature."""
    sent = on.pool.account.last_code(on.unconfirmed)
    on.pool.idp.forgot_password(**on.by_client(on.user))
    reset = on.pool.account.last_code(on.user)
    client = {"ClientId": on.pool.client_id}
    return {
        "ConfirmForgotPassword": on.by_client(on.user, ConfirmationCode=reset, Password=NEW_PASSWORD),
        "ConfirmSignUp": on.by_client(on.unconfirmed, ConfirmationCode=sent),
        "ForgotPassword": on.by_client(on.user),
        "GetTokensFromRefreshToken": client | on.refresh,
        "InitiateAuth": client
        | {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": on.user, "PASSWORD": PASSWORD}},
        "ResendConfirmationCode": on.by_client(on.unconfirmed),
        "RespondToAuthChallenge": on.challenge(),
        "SignUp": on.by_client("newcomer", Password=PASSWORD),
    }


def of_user(on: Stage) -> dict[str, Parameters]:
    """Operations of a user's own, which an access token allows."""
    own, key = on.by_user, {"DeviceKey": on.device.key}
    idp = on.pool.idp
    idp.get_user_attribute_verification_code(AccessToken=on.token, AttributeName="email")
    sent = on.pool.account.last_code(on.user)
    secret = idp.associate_software_token(AccessToken=on.token)["SecretCode"]
    return {
        "AssociateSoftwareToken": own(),
        "ChangePassword": own(PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD),
        "ConfirmDevice": own(
            DeviceKey=on.unused_device.key, DeviceSecretVerifierConfig=on.unused_device.config
        ),
        "DeleteUser": own(),
        "DeleteUserAttributes": own(UserAttributeNames=["nickname"]),
        "ForgetDevice": own(**key),
        "GetDevice": own(**key),
        "GetUser": own(),
        "GetUserAttributeVerificationCode": own(AttributeName="email"),
        "GetUserAuthFactors": own(),
        "GlobalSignOut": own(),
        "ListDevices": own(),
        "ListWebAuthnCredentials": own(),
        "SetUserMFAPreference": own(),
        "SetUserSettings": own(MFAOptions=[]),
        "UpdateDeviceStatus": own(**key),
        "UpdateUserAttributes": own(UserAttributes=[{"Name": "nickname", "Value": "ann"}]),
        "VerifySoftwareToken": own(UserCode=code(on.pool.account, secret)),
        "VerifyUserAttribute": own(AttributeName="email", Code=sent),
    }
