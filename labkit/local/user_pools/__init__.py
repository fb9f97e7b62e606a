"""The User Pools API (`cognito-idp`): what labkit does itself, what moto does, and what nobody does.

moto keeps the directory: pools, app clients, users, groups, providers. Whatever proves an identity
or issues a token is done here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response
from labkit.local.federation import authn_request, providers
from labkit.local.managed_login import branding, domains, resource_servers
from labkit.local.operations import Call
from labkit.local.user_pools.directory import (
    administration,
    changes,
    invitations,
    links,
    listing,
    passwords,
    profile,
    user_import,
    verification,
)
from labkit.local.user_pools.factors import devices, mfa_preferences, mfa_settings, passkeys, software_tokens
from labkit.local.user_pools.pools import name_user
from labkit.local.user_pools.settings import schema
from labkit.local.user_pools.sign_in import choice
from labkit.local.user_pools.sign_in import sign_in as signing_in
from labkit.local.user_pools.sign_up import sign_up as signing_up
from labkit.local.user_pools.tokens import refresh, sign_out

if TYPE_CHECKING:
    from labkit.local.state import State

#: Operations that are answered here, by AWS's name.
OPERATIONS: dict[str, Callable[[Call, State], dict[str, Any]]] = {
    "AdminConfirmSignUp": signing_up.admin_confirm_sign_up,
    "AdminCreateUser": invitations.admin_create_user,
    "AdminDeleteUserAttributes": changes.admin_delete_user_attributes,
    "AdminDisableProviderForUser": links.admin_disable_provider_for_user,
    "AdminForgetDevice": devices.admin_forget_device,
    "AdminGetDevice": devices.admin_get_device,
    "AdminInitiateAuth": signing_in.admin_initiate_auth,
    "AdminLinkProviderForUser": links.admin_link_provider_for_user,
    "AdminListDevices": devices.admin_list_devices,
    "AdminResetUserPassword": passwords.admin_reset_user_password,
    "AdminRespondToAuthChallenge": signing_in.admin_respond_to_auth_challenge,
    "AdminSetUserMFAPreference": mfa_preferences.admin_set_user_mfa_preference,
    "AdminSetUserPassword": passwords.admin_set_user_password,
    "AdminSetUserSettings": mfa_preferences.admin_set_user_settings,
    "AdminUpdateDeviceStatus": devices.admin_update_device_status,
    "AdminUpdateUserAttributes": changes.admin_update_user_attributes,
    "AdminUserGlobalSignOut": sign_out.admin_user_global_sign_out,
    "AssociateSoftwareToken": software_tokens.associate_software_token,
    "ChangePassword": passwords.change_password,
    "CompleteWebAuthnRegistration": passkeys.complete_registration,
    "ConfirmDevice": devices.confirm_device,
    "ConfirmForgotPassword": passwords.confirm_forgot_password,
    "ConfirmSignUp": signing_up.confirm_sign_up,
    "CreateIdentityProvider": providers.create_identity_provider,
    "CreateManagedLoginBranding": branding.create_managed_login_branding,
    "CreateResourceServer": resource_servers.create_resource_server,
    "CreateUserImportJob": user_import.create_user_import_job,
    "CreateUserPoolClient": administration.create_user_pool_client,
    "CreateUserPoolDomain": domains.create_user_pool_domain,
    "DeleteIdentityProvider": providers.delete_identity_provider,
    "DeleteManagedLoginBranding": branding.delete_managed_login_branding,
    "DeleteResourceServer": resource_servers.delete_resource_server,
    "DeleteUser": profile.delete_user,
    "DeleteUserAttributes": changes.delete_user_attributes,
    "DeleteUserPoolDomain": domains.delete_user_pool_domain,
    "DeleteWebAuthnCredential": passkeys.delete_credential,
    "DescribeIdentityProvider": providers.describe_identity_provider,
    "DescribeManagedLoginBranding": branding.describe_managed_login_branding,
    "DescribeManagedLoginBrandingByClient": branding.describe_managed_login_branding_by_client,
    "DescribeResourceServer": resource_servers.describe_resource_server,
    "DescribeUserImportJob": user_import.describe_user_import_job,
    "DescribeUserPoolDomain": domains.describe_user_pool_domain,
    "ForgetDevice": devices.forget_device,
    "ForgotPassword": passwords.forgot_password,
    "GetCSVHeader": user_import.get_csv_header,
    "GetDevice": devices.get_device,
    "GetIdentityProviderByIdentifier": providers.get_identity_provider_by_identifier,
    "GetSigningCertificate": authn_request.get_signing_certificate,
    "GetTokensFromRefreshToken": refresh.get_tokens_from_refresh_token,
    "GetUser": profile.get_user,
    "GetUserAttributeVerificationCode": verification.get_user_attribute_verification_code,
    "GetUserAuthFactors": choice.get_user_auth_factors,
    "GetUserPoolMfaConfig": mfa_settings.get_user_pool_mfa_config,
    "GlobalSignOut": sign_out.global_sign_out,
    "InitiateAuth": signing_in.initiate_auth,
    "ListDevices": devices.list_devices,
    "ListIdentityProviders": providers.list_identity_providers,
    "ListResourceServers": resource_servers.list_resource_servers,
    "ListUserImportJobs": user_import.list_user_import_jobs,
    "ListUsers": listing.list_users,
    "ListUsersInGroup": listing.list_users_in_group,
    "ListWebAuthnCredentials": passkeys.list_credentials,
    "ResendConfirmationCode": signing_up.resend_confirmation_code,
    "RespondToAuthChallenge": signing_in.respond_to_auth_challenge,
    "RevokeToken": sign_out.revoke_token,
    "SetUserMFAPreference": mfa_preferences.set_user_mfa_preference,
    "SetUserPoolMfaConfig": mfa_settings.set_user_pool_mfa_config,
    "SetUserSettings": mfa_preferences.set_user_settings,
    "SignUp": signing_up.sign_up,
    "StartUserImportJob": user_import.start_user_import_job,
    "StartWebAuthnRegistration": passkeys.start_registration,
    "StopUserImportJob": user_import.stop_user_import_job,
    "UpdateDeviceStatus": devices.update_device_status,
    "UpdateIdentityProvider": providers.update_identity_provider,
    "UpdateManagedLoginBranding": branding.update_managed_login_branding,
    "UpdateResourceServer": resource_servers.update_resource_server,
    "UpdateUserAttributes": changes.update_user_attributes,
    "UpdateUserPoolClient": administration.update_user_pool_client,
    "UpdateUserPoolDomain": domains.update_user_pool_domain,
    "VerifySoftwareToken": software_tokens.verify_software_token,
    "VerifyUserAttribute": verification.verify_user_attribute,
}

#: Checks before moto answers.
CHECKS: dict[str, Callable[[Call, State], None]] = {
    "AddCustomAttributes": schema.check_custom,
    "AdminAddUserToGroup": listing.require_member_and_group,
    "AdminDeleteUser": name_user,
    "AdminDisableUser": sign_out.check_disable_user,
    "AdminEnableUser": name_user,
    "AdminGetUser": name_user,
    "AdminListGroupsForUser": name_user,
    "AdminRemoveUserFromGroup": listing.require_member_and_group,
    "CreateUserPool": administration.check_user_pool,
    "DeleteGroup": listing.require_group,
    "DeleteUserPool": administration.check_delete_user_pool,
    "GetGroup": listing.require_group,
    "UpdateGroup": listing.require_group,
    "UpdateUserPool": administration.check_user_pool,
}

#: What moto's answer is changed into.
AMENDMENTS: dict[str, Callable[[Call, State, Response], Response]] = {
    "AdminGetUser": mfa_preferences.amend_admin_get_user,
    "CreateUserPool": administration.name_as_aws_does,
    "DeleteUserPool": administration.forget_user_pool,
    "DescribeUserPool": domains.amend_describe_user_pool,
    "UpdateUserPool": mfa_settings.note_mode,
}

#: Members that change what an operation does, in a way that the account has no behaviour for.
NOT_SIMULATED_MEMBERS = {
    "CreateIdentityProvider": ("AcrMapping",),
    "CreateUserPoolDomain": ("CustomDomainConfig", "Routing"),
    "UpdateIdentityProvider": ("AcrMapping",),
    "UpdateUserPoolDomain": ("CustomDomainConfig", "Routing"),
}
