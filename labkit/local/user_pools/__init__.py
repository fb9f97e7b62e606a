"""The User Pools API (`cognito-idp`): what labkit does itself, what moto does, and what nobody does.

moto keeps the directory: pools, app clients, users, groups, providers. Whatever proves an identity
or issues a token is done here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response
from labkit.local.operations import Call
from labkit.local.user_pools import (
    administration,
    choice,
    mfa_preferences,
    mfa_settings,
    passwords,
    profile,
    sign_in,
    sign_out,
    sign_up,
    software_tokens,
)

if TYPE_CHECKING:
    from labkit.local.state import State

#: Operations that are answered here, by AWS's name.
OPERATIONS: dict[str, Callable[[Call, State], dict[str, Any]]] = {
    "AdminConfirmSignUp": sign_up.admin_confirm_sign_up,
    "AdminInitiateAuth": sign_in.admin_initiate_auth,
    "AdminRespondToAuthChallenge": sign_in.admin_respond_to_auth_challenge,
    "AdminSetUserMFAPreference": mfa_preferences.admin_set_user_mfa_preference,
    "AdminSetUserSettings": mfa_preferences.admin_set_user_settings,
    "AdminUserGlobalSignOut": sign_out.admin_user_global_sign_out,
    "AssociateSoftwareToken": software_tokens.associate_software_token,
    "ChangePassword": passwords.change_password,
    "ConfirmForgotPassword": passwords.confirm_forgot_password,
    "ConfirmSignUp": sign_up.confirm_sign_up,
    "CreateUserPoolClient": administration.create_user_pool_client,
    "DeleteUser": profile.delete_user,
    "ForgotPassword": passwords.forgot_password,
    "GetUser": profile.get_user,
    "GetUserAuthFactors": choice.get_user_auth_factors,
    "GetUserPoolMfaConfig": mfa_settings.get_user_pool_mfa_config,
    "GlobalSignOut": sign_out.global_sign_out,
    "InitiateAuth": sign_in.initiate_auth,
    "ResendConfirmationCode": sign_up.resend_confirmation_code,
    "RespondToAuthChallenge": sign_in.respond_to_auth_challenge,
    "RevokeToken": sign_out.revoke_token,
    "SetUserMFAPreference": mfa_preferences.set_user_mfa_preference,
    "SetUserPoolMfaConfig": mfa_settings.set_user_pool_mfa_config,
    "SetUserSettings": mfa_preferences.set_user_settings,
    "SignUp": sign_up.sign_up,
    "UpdateUserAttributes": profile.update_user_attributes,
    "UpdateUserPoolClient": administration.update_user_pool_client,
    "VerifySoftwareToken": software_tokens.verify_software_token,
}

#: Checks before moto answers.
CHECKS: dict[str, Callable[[Call, State], None]] = {
    "AdminCreateUser": administration.check_create_user,
    "AdminDisableUser": sign_out.check_disable_user,
    "AdminSetUserPassword": administration.check_set_password,
    "AdminUpdateUserAttributes": administration.check_update_attributes,
    "CreateUserPool": administration.check_user_pool,
    "DeleteUserPool": administration.check_delete_user_pool,
    "UpdateUserPool": administration.check_user_pool,
}

#: What moto's answer is changed into.
AMENDMENTS: dict[str, Callable[[Call, State, Response], Response]] = {
    "AdminCreateUser": administration.note_temporary_password,
    "AdminGetUser": mfa_preferences.amend_admin_get_user,
    "AdminSetUserPassword": administration.note_temporary_password,
    "CreateUserPool": administration.name_as_aws_does,
    "DeleteUserPool": administration.forget_user_pool,
    "UpdateUserPool": mfa_settings.note_mode,
}

#: moto answers these with success whatever they are given; the account would rather say so.
NOT_SIMULATED = frozenset(
    {
        "AdminResetUserPassword",
        "CreateUserPoolDomain",  # a domain at which no managed login answers
    }
)
