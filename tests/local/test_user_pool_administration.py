"""What administrators are refused that no other file shows, and what is kept without effect.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import Any

import pytest

from labkit.course.authenticator import Authenticator
from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, named, user_pool
from tests.local.good_calls import NEW_PASSWORD, SAML, Stage, of_user, signed, stage
from tests.local.test_user_pool_import import act, create, table, upload
from tests.local.test_user_pool_passkeys import RP, begin, complete, passkey_pool

WEAK = "weak"


@pytest.fixture
def on(account: LocalAccount) -> Stage:
    return stage(account)


def answered(call: Any, **parameters: Any) -> tuple[int, str]:
    answer = refused(call, **parameters)
    return answer.status, answer.code


@pytest.mark.operation(
    "cognito-idp:AdminCreateUser", refuses=["InvalidPasswordException", "UsernameExistsException"]
)
@pytest.mark.operation("cognito-idp:AdminSetUserPassword", refuses="InvalidPasswordException")
@pytest.mark.operation("cognito-idp:ChangePassword", refuses="InvalidPasswordException")
@pytest.mark.operation("cognito-idp:AdminRespondToAuthChallenge", refuses="InvalidPasswordException")
def test_every_new_password_is_one_that_the_policy_allows(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html"""
    admin, invited = on.pool.admin, on.named(Username="invited")
    weak = (400, "InvalidPasswordException")
    assert answered(admin.admin_create_user, **invited, TemporaryPassword=WEAK) == weak
    assert admin.admin_create_user(**invited, TemporaryPassword=PASSWORD)
    assert answered(admin.admin_create_user, **invited) == (400, "UsernameExistsException")
    challenge = on.named(**on.challenge())
    answers = {"ChallengeResponses": challenge["ChallengeResponses"] | {"NEW_PASSWORD": "weak12"}}
    assert answered(admin.admin_respond_to_auth_challenge, **challenge | answers) == weak
    assert admin.admin_respond_to_auth_challenge(**on.named(**on.challenge()))["AuthenticationResult"]
    own = on.by_user(PreviousPassword=PASSWORD)
    assert answered(on.pool.idp.change_password, **own, ProposedPassword="weak12") == weak
    assert on.pool.idp.change_password(**own, ProposedPassword=NEW_PASSWORD)
    assert answered(admin.admin_set_user_password, **on.about(Password="weak12")) == weak
    assert admin.admin_set_user_password(**on.about(Password=PASSWORD))


@pytest.mark.operation("cognito-idp:AdminCreateUser", refuses="UnsupportedUserStateException")
def test_only_who_has_not_come_yet_is_invited_again(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
    (MessageAction)"""
    invited = on.named(Username="invited", UserAttributes=named(email="invited@example.com"))
    again = {"MessageAction": "RESEND"}
    assert on.pool.admin.admin_create_user(**invited)
    assert on.pool.admin.admin_create_user(**invited, **again)
    assert answered(on.pool.admin.admin_create_user, **on.about(), **again) == (
        400, "UnsupportedUserStateException",
    )  # fmt: skip


@pytest.mark.operation(
    "cognito-idp:AdminInitiateAuth",
    refuses=[
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    ],
)
def test_administrators_sign_nobody_in_who_could_not_sign_in(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html"""
    initiate, good = on.pool.admin.admin_initiate_auth, signed(on)["AdminInitiateAuth"]

    def given(username: str, password: str = PASSWORD) -> dict[str, Any]:
        return good | {"AuthParameters": {"USERNAME": username, "PASSWORD": password}}

    assert initiate(**given(on.user))["AuthenticationResult"]
    assert answered(initiate, **given(on.user, NEW_PASSWORD)) == (400, "NotAuthorizedException")
    assert answered(initiate, **given("nobody")) == (400, "UserNotFoundException")
    assert answered(initiate, **given(on.unconfirmed)) == (400, "UserNotConfirmedException")
    on.pool.admin.admin_reset_user_password(**on.about())
    assert answered(initiate, **given(on.user)) == (400, "PasswordResetRequiredException")


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes", refuses="AliasExistsException")
def test_an_administrator_too_gives_an_alias_to_one_user_only(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    pool = user_pool(account, AliasAttributes=["email"])
    first, second = pool.confirmed(), pool.confirmed()
    update = pool.admin.admin_update_user_attributes
    ids = {"UserPoolId": pool.id, "Username": second}
    free, taken = (named(email=f"{name}@example.com", email_verified="true") for name in ("free", first))
    assert update(**ids, UserAttributes=free)
    assert answered(update, **ids, UserAttributes=taken) == (400, "AliasExistsException")


@pytest.mark.operation("cognito-idp:CreateGroup", refuses="GroupExistsException")
def test_a_group_has_a_name_of_its_own(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html"""
    group = on.named(GroupName="authors")
    assert on.pool.admin.create_group(**group)
    assert answered(on.pool.admin.create_group, **group) == (400, "GroupExistsException")


@pytest.mark.operation(
    "cognito-idp:DeleteUserPool", "cognito-idp:UpdateUserPool", refuses="UserImportInProgressException"
)
def test_a_pool_does_not_change_while_users_are_imported(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html
    """
    pool = user_pool(account)
    job = create(pool)
    upload(pool, job, table(pool, {"cognito:username": "ann"}))
    act(pool, "start", job)
    changes = (pool.admin.update_user_pool, pool.admin.delete_user_pool)
    for change in changes:
        assert answered(change, UserPoolId=pool.id) == (400, "UserImportInProgressException")
    assert act(pool, "describe", job)["Status"] == "Succeeded"
    for change in changes:
        assert change(UserPoolId=pool.id)


@pytest.mark.operation(
    "cognito-idp:DescribeUserImportJob",
    "cognito-idp:StartUserImportJob",
    "cognito-idp:StopUserImportJob",
    refuses=["InvalidParameterException", "ResourceNotFoundException"],
)
def test_an_import_job_must_be_there(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserImportJob.html"""
    pool = user_pool(account)
    job = create(pool)
    upload(pool, job, table(pool, {"cognito:username": "ann"}))
    for operation in ("describe", "start", "stop"):
        call = getattr(pool.admin, f"{operation}_user_import_job")
        assert answered(call, UserPoolId=pool.id, JobId="no good") == (400, "InvalidParameterException")
        assert answered(call, UserPoolId=pool.id, JobId="import-0") == (400, "ResourceNotFoundException")
        assert act(pool, operation, job)["JobId"] == job["JobId"]


def passkeys(account: LocalAccount) -> tuple[Pool, str, dict[str, dict[str, Any]]]:
    """A pool, a user of it, and good calls of the user about passkeys."""
    pool = passkey_pool(account)
    name = pool.confirmed()
    token = pool.sign_in(name)["AccessToken"]
    complete(pool, token, Authenticator().register(begin(pool, token)))
    (kept,) = pool.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    own = {"AccessToken": token}
    return (
        pool,
        name,
        {
            "start_web_authn_registration": own,
            "complete_web_authn_registration": own
            | {
                "Credential": Authenticator(credential_id=b"another passkey of sixteen bytes").register(
                    begin(pool, token)
                )
            },
            "delete_web_authn_credential": own | {"CredentialId": kept["CredentialId"]},
        },
    )


@pytest.mark.operation(
    "cognito-idp:CompleteWebAuthnRegistration",
    "cognito-idp:DeleteWebAuthnCredential",
    "cognito-idp:StartWebAuthnRegistration",
    refuses=["InvalidParameterException", "NotAuthorizedException", "PasswordResetRequiredException"],
)
@pytest.mark.parametrize("operation", ["start", "complete", "delete"])
def test_passkeys_are_a_user_s_own_by_an_access_token(account: LocalAccount, operation: str) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartWebAuthnRegistration.html"""
    pool, name, calls = passkeys(account)
    method = next(known for known in calls if known.startswith(operation))
    call, good = getattr(pool.idp, method), calls[method]
    assert answered(call, **good | {"AccessToken": "no good"}) == (400, "InvalidParameterException")
    assert answered(call, **good | {"AccessToken": "a.b.c"}) == (400, "NotAuthorizedException")
    user = {"UserPoolId": pool.id, "Username": name}
    pool.admin.admin_reset_user_password(**user)
    assert answered(call, **good) == (400, "PasswordResetRequiredException")
    pool.admin.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
    assert call(**good)


@pytest.mark.operation("cognito-idp:CompleteWebAuthnRegistration", refuses="WebAuthnNotEnabledException")
def test_a_registration_ends_where_passkeys_were_switched_off(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html"""
    pool, _, calls = passkeys(account)
    call, good = pool.idp.complete_web_authn_registration, calls["complete_web_authn_registration"]
    policies = (
        {"SignInPolicy": {"AllowedFirstAuthFactors": f}} for f in (["PASSWORD"], ["PASSWORD", "WEB_AUTHN"])
    )
    without, allowed = policies
    pool.admin.update_user_pool(UserPoolId=pool.id, Policies=without)
    assert answered(call, **good) == (400, "WebAuthnNotEnabledException")
    pool.admin.update_user_pool(UserPoolId=pool.id, Policies=allowed)
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF", WebAuthnConfiguration=RP)
    assert call(**good)


@pytest.mark.operation("cognito-idp:VerifySoftwareToken", refuses="SoftwareTokenMFANotFoundException")
def test_an_authenticator_app_is_verified_after_it_was_associated(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html"""
    verify = on.pool.idp.verify_software_token
    assert answered(verify, **on.by_user(UserCode="123456")) == (400, "SoftwareTokenMFANotFoundException")
    assert verify(**of_user(on)["VerifySoftwareToken"])["Status"] == "SUCCESS"


@pytest.mark.operation("cognito-idp:RevokeToken", refuses="InvalidParameterException")
@pytest.mark.operation("cognito-idp:ListUserPools", refuses="InvalidParameterException")
def test_parameters_are_what_the_model_says(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPools.html
    """
    idp = account.client("cognito-idp", parameter_validation=False)
    pool = user_pool(account)
    token = pool.sign_in(pool.confirmed())["RefreshToken"]
    revoke = {"ClientId": pool.client_id}
    assert answered(idp.revoke_token, **revoke, Token="no good") == (400, "InvalidParameterException")
    assert idp.revoke_token(**revoke, Token=token)
    for number in (0, 61):
        assert answered(idp.list_user_pools, MaxResults=number) == (400, "InvalidParameterException")
    assert idp.list_user_pools(MaxResults=60)["UserPools"]


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="DuplicateProviderException")
@pytest.mark.operation(
    "cognito-idp:DeleteIdentityProvider",
    "cognito-idp:DescribeIdentityProvider",
    "cognito-idp:UpdateIdentityProvider",
    refuses="ResourceNotFoundException",
)
def test_identity_providers_are_kept(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html"""
    admin, other = on.pool.admin, on.named(ProviderName="Okta")
    assert admin.create_identity_provider(**other, **SAML)
    assert answered(admin.create_identity_provider, **other, **SAML) == (400, "DuplicateProviderException")
    for call in (
        admin.describe_identity_provider,
        admin.update_identity_provider,
        admin.delete_identity_provider,
    ):
        nobody = on.named(ProviderName="Nobody")
        assert answered(call, **nobody) == (400, "ResourceNotFoundException")
        assert call(**other)
    listed = admin.list_identity_providers(**on.named())["Providers"]
    assert [provider["ProviderName"] for provider in listed] == ["ADFS"]


@pytest.mark.operation("cognito-idp:AdminDisableProviderForUser", refuses="ResourceNotFoundException")
def test_a_link_is_undone_in_a_pool_that_is_there(on: Stage) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableProviderForUser.html"""
    link = signed(on)["AdminLinkProviderForUser"]
    on.pool.admin.admin_link_provider_for_user(**link)
    unlink = on.pool.admin.admin_disable_provider_for_user
    nowhere = {"UserPoolId": "us-east-1_000000000", "User": link["SourceUser"]}
    assert answered(unlink, **nowhere) == (400, "ResourceNotFoundException")
    assert unlink(**on.named(User=link["SourceUser"]))
