"""The User Pools API (`cognito-idp`): what labkit does itself, what moto does, and what nobody does.

moto keeps the directory: pools, app clients, users, groups, providers. Whatever proves an identity
or issues a token is done here.
"""

from __future__ import annotations

from labkit.local.loading import handlers

#: Operations that are answered here, by AWS's name.
OPERATIONS = handlers(
    "labkit.local.user_pools",
    {
        "AdminConfirmSignUp": "sign_up.sign_up:admin_confirm_sign_up",
        "AdminCreateUser": "directory.invitations:admin_create_user",
        "AdminDeleteUserAttributes": "directory.changes:admin_delete_user_attributes",
        "AdminDisableProviderForUser": "directory.links:admin_disable_provider_for_user",
        "AdminForgetDevice": "factors.devices:admin_forget_device",
        "AdminGetDevice": "factors.devices:admin_get_device",
        "AdminInitiateAuth": "sign_in.sign_in:admin_initiate_auth",
        "AdminLinkProviderForUser": "directory.links:admin_link_provider_for_user",
        "AdminListDevices": "factors.devices:admin_list_devices",
        "AdminResetUserPassword": "directory.passwords:admin_reset_user_password",
        "AdminRespondToAuthChallenge": "sign_in.sign_in:admin_respond_to_auth_challenge",
        "AdminSetUserMFAPreference": "factors.mfa_preferences:admin_set_user_mfa_preference",
        "AdminSetUserPassword": "directory.passwords:admin_set_user_password",
        "AdminSetUserSettings": "factors.mfa_preferences:admin_set_user_settings",
        "AdminUpdateDeviceStatus": "factors.devices:admin_update_device_status",
        "AdminUpdateUserAttributes": "directory.changes:admin_update_user_attributes",
        "AdminUserGlobalSignOut": "tokens.sign_out:admin_user_global_sign_out",
        "AssociateSoftwareToken": "factors.software_tokens:associate_software_token",
        "ChangePassword": "directory.passwords:change_password",
        "CompleteWebAuthnRegistration": "factors.passkeys:complete_registration",
        "ConfirmDevice": "factors.devices:confirm_device",
        "ConfirmForgotPassword": "directory.passwords:confirm_forgot_password",
        "ConfirmSignUp": "sign_up.sign_up:confirm_sign_up",
        "CreateUserImportJob": "directory.user_import:create_user_import_job",
        "CreateUserPoolClient": "directory.administration:create_user_pool_client",
        "DeleteUser": "directory.profile:delete_user",
        "DeleteUserAttributes": "directory.changes:delete_user_attributes",
        "DeleteWebAuthnCredential": "factors.passkeys:delete_credential",
        "DescribeUserImportJob": "directory.user_import:describe_user_import_job",
        "ForgetDevice": "factors.devices:forget_device",
        "ForgotPassword": "directory.passwords:forgot_password",
        "GetCSVHeader": "directory.user_import:get_csv_header",
        "GetDevice": "factors.devices:get_device",
        "GetTokensFromRefreshToken": "tokens.refresh:get_tokens_from_refresh_token",
        "GetUser": "directory.profile:get_user",
        "GetUserAttributeVerificationCode": "directory.verification:get_user_attribute_verification_code",
        "GetUserAuthFactors": "sign_in.choice:get_user_auth_factors",
        "GetUserPoolMfaConfig": "factors.mfa_settings:get_user_pool_mfa_config",
        "GlobalSignOut": "tokens.sign_out:global_sign_out",
        "InitiateAuth": "sign_in.sign_in:initiate_auth",
        "ListDevices": "factors.devices:list_devices",
        "ListUserImportJobs": "directory.user_import:list_user_import_jobs",
        "ListUsers": "directory.listing:list_users",
        "ListUsersInGroup": "directory.listing:list_users_in_group",
        "ListWebAuthnCredentials": "factors.passkeys:list_credentials",
        "ResendConfirmationCode": "sign_up.sign_up:resend_confirmation_code",
        "RespondToAuthChallenge": "sign_in.sign_in:respond_to_auth_challenge",
        "RevokeToken": "tokens.sign_out:revoke_token",
        "SetUserMFAPreference": "factors.mfa_preferences:set_user_mfa_preference",
        "SetUserPoolMfaConfig": "factors.mfa_settings:set_user_pool_mfa_config",
        "SetUserSettings": "factors.mfa_preferences:set_user_settings",
        "SignUp": "sign_up.sign_up:sign_up",
        "StartUserImportJob": "directory.user_import:start_user_import_job",
        "StartWebAuthnRegistration": "factors.passkeys:start_registration",
        "StopUserImportJob": "directory.user_import:stop_user_import_job",
        "UpdateDeviceStatus": "factors.devices:update_device_status",
        "UpdateUserAttributes": "directory.changes:update_user_attributes",
        "UpdateUserPoolClient": "directory.administration:update_user_pool_client",
        "VerifySoftwareToken": "factors.software_tokens:verify_software_token",
        "VerifyUserAttribute": "directory.verification:verify_user_attribute",
    },
) | handlers(
    "labkit.local",
    {
        "CreateIdentityProvider": "federation.providers:create_identity_provider",
        "CreateManagedLoginBranding": "managed_login.branding:create_managed_login_branding",
        "CreateResourceServer": "managed_login.resource_servers:create_resource_server",
        "CreateUserPoolDomain": "managed_login.domains:create_user_pool_domain",
        "DeleteIdentityProvider": "federation.providers:delete_identity_provider",
        "DeleteManagedLoginBranding": "managed_login.branding:delete_managed_login_branding",
        "DeleteResourceServer": "managed_login.resource_servers:delete_resource_server",
        "DeleteUserPoolDomain": "managed_login.domains:delete_user_pool_domain",
        "DescribeIdentityProvider": "federation.providers:describe_identity_provider",
        "DescribeManagedLoginBranding": "managed_login.branding:describe_managed_login_branding",
        "DescribeManagedLoginBrandingByClient": (
            "managed_login.branding:describe_managed_login_branding_by_client"
        ),
        "DescribeResourceServer": "managed_login.resource_servers:describe_resource_server",
        "DescribeUserPoolDomain": "managed_login.domains:describe_user_pool_domain",
        "GetIdentityProviderByIdentifier": "federation.providers:get_identity_provider_by_identifier",
        "GetSigningCertificate": "federation.authn_request:get_signing_certificate",
        "ListIdentityProviders": "federation.providers:list_identity_providers",
        "ListResourceServers": "managed_login.resource_servers:list_resource_servers",
        "UpdateIdentityProvider": "federation.providers:update_identity_provider",
        "UpdateManagedLoginBranding": "managed_login.branding:update_managed_login_branding",
        "UpdateResourceServer": "managed_login.resource_servers:update_resource_server",
        "UpdateUserPoolDomain": "managed_login.domains:update_user_pool_domain",
    },
)

#: Checks before moto answers.
CHECKS = handlers(
    "labkit.local.user_pools",
    {
        "AddCustomAttributes": "settings.schema:check_custom",
        "AdminAddUserToGroup": "directory.listing:require_member_and_group",
        "AdminDeleteUser": "pools:name_user",
        "AdminDisableUser": "tokens.sign_out:check_disable_user",
        "AdminEnableUser": "pools:name_user",
        "AdminGetUser": "pools:name_user",
        "AdminListGroupsForUser": "pools:name_user",
        "AdminRemoveUserFromGroup": "directory.listing:require_member_and_group",
        "CreateUserPool": "directory.administration:check_user_pool",
        "DeleteGroup": "directory.listing:require_group",
        "DeleteUserPool": "directory.administration:check_delete_user_pool",
        "GetGroup": "directory.listing:require_group",
        "UpdateGroup": "directory.listing:require_group",
        "UpdateUserPool": "directory.administration:check_user_pool",
    },
)

#: What moto's answer is changed into.
AMENDMENTS = handlers(
    "labkit.local",
    {
        "AdminGetUser": "user_pools.factors.mfa_preferences:amend_admin_get_user",
        "CreateUserPool": "user_pools.directory.administration:name_as_aws_does",
        "DeleteUserPool": "user_pools.directory.administration:forget_user_pool",
        "DescribeUserPool": "managed_login.domains:amend_describe_user_pool",
        "UpdateUserPool": "user_pools.factors.mfa_settings:note_mode",
    },
)

#: Members that change what an operation does, in a way that the account has no behaviour for.
NOT_SIMULATED_MEMBERS = {
    "CreateIdentityProvider": ("AcrMapping",),
    "CreateUserPool": ("AcrConfiguration",),
    "CreateUserPoolDomain": ("CustomDomainConfig", "Routing"),
    "UpdateIdentityProvider": ("AcrMapping",),
    "UpdateUserPool": ("AcrConfiguration",),
    "UpdateUserPoolDomain": ("CustomDomainConfig", "Routing"),
}
