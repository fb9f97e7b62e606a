"""What single operations of a user pool refuse, each after the same call that is accepted.

The errors of each operation are on its own page:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import Any

import pytest

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.local.accounts import LocalAccount, Refusal, reached, refused
from tests.local.directory import ALL_FLOWS, PASSWORD, Pool, user_pool
from tests.local.good_calls import NEW_PASSWORD, SAML
from tests.local.test_user_pool_choice import choosy
from tests.local.test_user_pool_devices import ALWAYS, prove, remembered, tracking
from tests.local.test_user_pool_mfa import EMAIL, SMS, TOTP, code, enrolled, mfa_pool
from tests.local.test_user_pool_sign_in import claim, start_srp


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """By one way in: what is refused here does not depend on it."""
    return reached(served[0], "direct")


#: Both forms of an operation: the app's and the administrator's.
both = pytest.mark.parametrize("admin", [False, True], ids=["app", "administrator"])


def start(pool: Pool, name: str, *, admin: bool) -> Any:
    """Begin with a password."""
    if not admin:
        return pool.start(name)
    return pool.admin.admin_initiate_auth(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )


def respond(pool: Pool, asked: dict[str, Any], name: str, *, admin: bool, **responses: str) -> Any:
    """Answer the challenge that `asked` is."""
    session = {"Session": asked["Session"]} if "Session" in asked else {}
    given: dict[str, Any] = session | {
        "ClientId": pool.client_id,
        "ChallengeName": asked["ChallengeName"],
        "ChallengeResponses": {"USERNAME": name} | responses,
    }
    if admin:
        return pool.admin.admin_respond_to_auth_challenge(UserPoolId=pool.id, **given)
    return pool.idp.respond_to_auth_challenge(**given)


def tokens(answer: Any) -> Any:
    return answer["AuthenticationResult"]["AccessToken"]


def shown(answer: Refusal) -> tuple[int, str]:
    return answer.status, answer.code


def made(pool: Pool, *, email: str = "", permanent: bool = True) -> str:
    """A user of the administrator's, who has a permanent password or must choose one."""
    name = pool.account.name("made")
    attributes = [{"Name": "email", "Value": email}] if email else []
    ids = {"UserPoolId": pool.id, "Username": name}
    pool.admin.admin_create_user(**ids, MessageAction="SUPPRESS", UserAttributes=attributes)
    pool.admin.admin_set_user_password(**ids, Password=PASSWORD, Permanent=permanent)
    return name


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses=["CodeMismatchException", "ExpiredCodeException"],
)
@both
def test_a_code_of_an_authenticator_app_is_right_and_new(account: LocalAccount, admin: bool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html"""
    pool = mfa_pool(account, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    right = code(account, secret, 1)
    wrong = str((int(right) + 1) % 1_000_000).zfill(6)

    def answer(given: str) -> Any:
        asked = start(pool, name, admin=admin)
        return respond(pool, asked, name, admin=admin, SOFTWARE_TOKEN_MFA_CODE=given)

    assert shown(refused(answer, given=wrong)) == (400, "CodeMismatchException")
    assert tokens(answer(right))
    assert shown(refused(answer, given=right)) == (400, "ExpiredCodeException")


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses="SoftwareTokenMFANotFoundException",
)
@pytest.mark.unconfirmed
@both
def test_an_authenticator_app_is_of_no_use_where_mfa_was_switched_off(
    account: LocalAccount, admin: bool
) -> None:
    """ "This exception is thrown when the … TOTP … MFA isn't activated for the user pool."
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html#API_RespondToAuthChallenge_Errors"""
    pool = mfa_pool(account, "OPTIONAL")
    first, second = pool.confirmed(), pool.confirmed()
    secrets = {name: enrolled(pool, name) for name in (first, second)}

    def answer(name: str, asked: dict[str, Any]) -> Any:
        given = code(account, secrets[name], 1)
        return respond(pool, asked, name, admin=admin, SOFTWARE_TOKEN_MFA_CODE=given)

    assert tokens(answer(first, start(pool, first, admin=admin)))
    asked = start(pool, second, admin=admin)
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF")
    assert shown(refused(answer, name=second, asked=asked)) == (400, "SoftwareTokenMFANotFoundException")


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses="AliasExistsException",
)
@pytest.mark.unconfirmed
@both
def test_a_code_makes_nobody_the_holder_of_another_users_alias(account: LocalAccount, admin: bool) -> None:
    """ "… an email address or phone number that has already been supplied as an alias for a different user":
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html#API_RespondToAuthChallenge_Errors"""
    pool = mfa_pool(account, "OPTIONAL", settings={"EmailMfaConfiguration": {}}, AliasAttributes=["email"])
    holder, first, second = pool.confirmed(), made(pool), made(pool)
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", EmailMfaConfiguration={})

    def choose(name: str, address: str) -> Any:
        asked = respond(pool, start(pool, name, admin=admin), name, admin=admin, EMAIL=address)
        return respond(pool, asked, name, admin=admin, EMAIL_OTP_CODE=account.last_code(name))

    assert tokens(choose(first, f"{first}@example.com"))
    answer = refused(choose, name=second, address=f"{holder}@example.com")
    assert shown(answer) == (400, "AliasExistsException")


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses=["InvalidPasswordException", "PasswordHistoryPolicyViolationException"],
)
@both
def test_a_password_that_must_be_chosen_is_a_good_and_a_new_one(account: LocalAccount, admin: bool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html"""
    pool = user_pool(account, Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}})
    name = made(pool, permanent=False)
    asked = start(pool, name, admin=admin)

    def choose(password: str) -> Any:
        return respond(pool, asked, name, admin=admin, NEW_PASSWORD=password)

    assert shown(refused(choose, password="short")) == (400, "InvalidPasswordException")
    assert shown(refused(choose, password=PASSWORD)) == (400, "PasswordHistoryPolicyViolationException")
    assert tokens(choose(NEW_PASSWORD))


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    "cognito-idp:AdminInitiateAuth",
    refuses="MFAMethodNotFoundException",
)
@pytest.mark.unconfirmed
def test_who_can_have_no_second_factor_does_not_come_in(account: LocalAccount) -> None:
    """ "… they can't complete sign-in with MFA required": the page does not name the error.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-user-outcomes"""
    pool = user_pool(account, **SMS)
    invited = [made(pool, email="a@example.com", permanent=False) for _ in range(4)]
    settled = made(pool, email="b@example.com")
    for admin in (False, True):
        asked = start(pool, invited[admin], admin=admin)
        assert tokens(respond(pool, asked, invited[admin], admin=admin, NEW_PASSWORD=NEW_PASSWORD))
    assert tokens(start(pool, settled, admin=True))
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="ON", SmsMfaConfiguration=SMS
    )  # and nobody has a phone
    for admin in (False, True):
        name = invited[2 + admin]
        answer = refused(
            respond, pool=pool, asked=start(pool, name, admin=admin), name=name, admin=admin,
            NEW_PASSWORD=NEW_PASSWORD,
        )  # fmt: skip
        assert shown(answer) == (400, "MFAMethodNotFoundException")
    answer = refused(start, pool=pool, name=settled, admin=True)
    assert shown(answer) == (400, "MFAMethodNotFoundException")


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses=["PasswordResetRequiredException", "UserNotConfirmedException"],
)
@both
def test_the_proof_of_a_password_does_not_do_for_everybody(account: LocalAccount, admin: bool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html#API_RespondToAuthChallenge_Errors"""
    pool = user_pool(account)
    name, unconfirmed = pool.confirmed(), pool.sign_up()

    def sign_in(username: str) -> Any:
        proof = claim(*start_srp(pool, username))
        asked = {"ChallengeName": "PASSWORD_VERIFIER"}
        return respond(pool, asked, proof.pop("USERNAME"), admin=admin, **proof)

    assert tokens(sign_in(name))
    assert shown(refused(sign_in, username=unconfirmed)) == (400, "UserNotConfirmedException")
    pool.admin.admin_reset_user_password(UserPoolId=pool.id, Username=name)
    assert shown(refused(sign_in, username=name)) == (400, "PasswordResetRequiredException")


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses="UserNotFoundException",
)
@pytest.mark.unconfirmed
@both
def test_who_was_deleted_since_is_not_found_by_a_client_that_tells(
    account: LocalAccount, admin: bool
) -> None:
    """PreventUserExistenceErrors: with LEGACY, authentication returns a UserNotFoundException.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    pool = user_pool(account)
    quiet = pool.another_client(PreventUserExistenceErrors="ENABLED")
    expected = ((pool, "UserNotFoundException"), (quiet, "NotAuthorizedException"))
    for client, refusal in expected:
        kept, deleted = made(pool, permanent=False), made(pool, permanent=False)
        asked = {name: start(client, name, admin=admin) for name in (kept, deleted)}
        assert tokens(respond(client, asked[kept], kept, admin=admin, NEW_PASSWORD=NEW_PASSWORD))
        pool.admin.admin_delete_user(UserPoolId=pool.id, Username=deleted)
        answer = refused(
            respond, pool=client, asked=asked[deleted], name=deleted, admin=admin, NEW_PASSWORD=NEW_PASSWORD
        )
        assert shown(answer) == (400, refusal)


@pytest.mark.operation(
    "cognito-idp:AdminRespondToAuthChallenge",
    "cognito-idp:RespondToAuthChallenge",
    refuses="InvalidUserPoolConfigurationException",
)
@pytest.mark.unconfirmed
@both
def test_a_device_does_not_answer_where_the_pool_no_longer_tracks_any(
    account: LocalAccount, admin: bool
) -> None:
    """As the operations on devices refuse it:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html#API_RespondToAuthChallenge_Errors"""
    pool = tracking(account, ALWAYS)
    name = pool.confirmed()
    _, device = remembered(pool, name)

    def ask() -> Any:
        return pool.start(name, DEVICE_KEY=device.key)

    def begin(asked: dict[str, Any]) -> Any:
        given = {"DEVICE_KEY": device.key, "SRP_A": "2"}
        return respond(pool, asked, name, admin=admin, **given)

    assert tokens(prove(pool, name, device, ask()["Session"]))
    assert begin(ask())["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    asked = ask()
    pool.admin.update_user_pool(UserPoolId=pool.id)
    answer = refused(begin, asked=asked)
    assert shown(answer) == (400, "InvalidUserPoolConfigurationException")


@pytest.mark.operation(
    "cognito-idp:AdminInitiateAuth",
    "cognito-idp:InitiateAuth",
    refuses="FeatureUnavailableInTierException",
)
@pytest.mark.unconfirmed
@both
def test_a_lite_pool_lets_nobody_choose_how_to_sign_in(account: LocalAccount, admin: bool) -> None:
    """ "You make a request that uses a feature that requires a higher feature plan."
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors"""
    pool = choosy(account, ["PASSWORD"])
    name, plain = pool.confirmed(), {"ExplicitAuthFlows": ALL_FLOWS}

    def choose() -> Any:
        given = {"ClientId": pool.client_id, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": name}}
        if admin:
            return pool.admin.admin_initiate_auth(UserPoolId=pool.id, **given)
        return pool.idp.initiate_auth(**given)

    assert choose()["ChallengeName"] == "SELECT_CHALLENGE"
    pool.admin.update_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id, **plain)
    pool.admin.update_user_pool(UserPoolId=pool.id, UserPoolTier="LITE")
    assert shown(refused(choose)) == (400, "FeatureUnavailableInTierException")


@pytest.mark.operation("cognito-idp:UpdateUserPoolClient", refuses="FeatureUnavailableInTierException")
def test_a_client_gets_no_choice_that_its_pool_has_no_plan_for(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html#API_UpdateUserPoolClient_Errors"""
    flows = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH", *ALL_FLOWS]}
    for tier, accepted in (("ESSENTIALS", True), ("LITE", False)):
        pool = user_pool(account, UserPoolTier=tier)
        update = pool.admin.update_user_pool_client
        given = {"UserPoolId": pool.id, "ClientId": pool.client_id} | flows
        if accepted:
            assert update(**given)
        else:
            assert shown(refused(update, **given)) == (400, "FeatureUnavailableInTierException")


@pytest.mark.operation(
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:UpdateUserPoolClient",
    refuses=["InvalidOAuthFlowException", "ScopeDoesNotExistException"],
)
@pytest.mark.unconfirmed
def test_a_client_for_machines_has_a_secret_and_scopes_that_are_there(account: LocalAccount) -> None:
    """The text of the first as AWS gave it; no page says which of the errors it comes with.
    https://jobairkhan.com/2019/02/10/aws-cognito-user-pools-client-credentials"""
    pool = user_pool(account)
    scope = {"ScopeName": "read", "ScopeDescription": "See photos"}
    pool.admin.create_resource_server(UserPoolId=pool.id, Identifier="photos", Name="photos", Scopes=[scope])
    good = {
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthScopes": ["photos/read"],
    }
    bad = good | {"AllowedOAuthScopes": ["photos/write"]}
    secret, open_ = pool.another_client(GenerateSecret=True, **good), pool.another_client()
    text = "client_credentials flow can not be selected if client does not have a client secret."

    def update(client: Pool, **settings: Any) -> Any:
        return pool.admin.update_user_pool_client(UserPoolId=pool.id, ClientId=client.client_id, **settings)

    assert update(secret, **good)
    for answer in (refused(pool.another_client, **good), refused(update, client=open_, **good)):
        assert (answer.code, answer.message) == ("InvalidOAuthFlowException", text)
    for answer in (
        refused(pool.another_client, GenerateSecret=True, **bad),
        refused(update, client=secret, **bad),
    ):
        assert shown(answer) == (400, "ScopeDoesNotExistException")


@pytest.mark.operation(
    "cognito-idp:CreateUserPool", "cognito-idp:UpdateUserPool", refuses="UserPoolTaggingException"
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("tags", [{"aws:owner": "me"}, {f"key-{n}": "x" for n in range(51)}])
def test_a_pool_has_fifty_tags_at_most_and_none_of_awss_own(
    account: LocalAccount, tags: dict[str, str]
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TagResource.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html"""
    good = {f"key-{n}": "x" for n in range(50)}
    pool = user_pool(account, UserPoolTags=good)
    assert pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]["UserPoolTags"] == good
    assert pool.admin.update_user_pool(UserPoolId=pool.id, UserPoolTags=good)
    answer = refused(user_pool, account=account, UserPoolTags=tags)
    assert shown(answer) == (400, "UserPoolTaggingException")
    answer = refused(pool.admin.update_user_pool, UserPoolId=pool.id, UserPoolTags=tags)
    assert shown(answer) == (400, "UserPoolTaggingException")


@pytest.mark.operation(
    "cognito-idp:AdminSetUserMFAPreference",
    refuses=["PasswordResetRequiredException", "UserNotConfirmedException"],
)
@pytest.mark.unconfirmed
def test_a_preference_is_for_users_who_could_sign_in(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserMFAPreference.html#API_AdminSetUserMFAPreference_Errors"""
    pool = mfa_pool(account, "OPTIONAL", settings=TOTP | {"EmailMfaConfiguration": {}})
    name, unconfirmed = pool.confirmed(), pool.sign_up()

    def prefer(username: str) -> Any:
        return pool.admin.admin_set_user_mfa_preference(
            UserPoolId=pool.id, Username=username, EmailMfaSettings={"Enabled": True}
        )

    assert prefer(name)
    assert shown(refused(prefer, username=unconfirmed)) == (400, "UserNotConfirmedException")
    pool.admin.admin_reset_user_password(UserPoolId=pool.id, Username=name)
    assert shown(refused(prefer, username=name)) == (400, "PasswordResetRequiredException")


@pytest.mark.operation("cognito-idp:AdminDisableProviderForUser", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_link_is_undone_of_a_provider_that_the_pool_has(account: LocalAccount) -> None:
    """ "The value of ProviderName must match the name of a user pool IdP. … The ProviderAttributeName must
    always be Cognito_Subject for social IdPs."
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableProviderForUser.html"""
    pool = user_pool(account, **EMAIL)
    google = {"client_id": "x", "client_secret": "y", "authorize_scopes": "openid"}
    named = {"UserPoolId": pool.id}
    pool.admin.create_identity_provider(**named, ProviderName="ADFS", **SAML)
    pool.admin.create_identity_provider(
        **named, ProviderName="Google", ProviderType="Google", ProviderDetails=google
    )
    name = pool.confirmed()
    target = {"ProviderName": "Cognito", "ProviderAttributeValue": name}

    def identity(provider: str, attribute: str, value: str = "a@x.org") -> dict[str, str]:
        return {
            "ProviderName": provider, "ProviderAttributeName": attribute, "ProviderAttributeValue": value,
        }  # fmt: skip

    def undo(user: dict[str, str]) -> Any:
        return pool.admin.admin_disable_provider_for_user(**named, User=user)

    linked = identity("ADFS", "email")
    pool.admin.admin_link_provider_for_user(**named, SourceUser=linked, DestinationUser=target)
    assert undo(linked)
    for bad in (identity("Okta", "email"), identity("Google", "email")):
        assert shown(refused(undo, user=bad)) == (400, "InvalidParameterException")
