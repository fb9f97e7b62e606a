"""AdminLinkProviderForUser and AdminDisableProviderForUser, as far as they are data.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminLinkProviderForUser.html
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, attributes_of, user_pool
from tests.local.good_calls import NEW_PASSWORD, SAML
from tests.local.test_user_pool_sign_in import claim, respond, start_srp

CARLOS = "msp_carlos@example.com"


@pytest.fixture
def pool(account: LocalAccount) -> Pool:
    """A pool with a SAML provider, a Google and its user Carlos."""
    pool = user_pool(account)
    details: dict[str, dict[str, Any]] = {
        "ADFS1": SAML,
        "Google": {
            "ProviderType": "Google",
            "ProviderDetails": {"client_id": "x", "client_secret": "y", "authorize_scopes": "openid"},
        },
    }
    for name, provider in details.items():
        pool.admin.create_identity_provider(UserPoolId=pool.id, ProviderName=name, **provider)
    pool.confirmed("Carlos")
    return pool


def source(value: str = CARLOS, provider: str = "ADFS1", attribute: str = "email") -> dict[str, str]:
    return {
        "ProviderName": provider, "ProviderAttributeName": attribute, "ProviderAttributeValue": value,
    }  # fmt: skip


def link(pool: Pool, identity: dict[str, str], username: str = "Carlos") -> Any:
    return pool.admin.admin_link_provider_for_user(
        UserPoolId=pool.id, SourceUser=identity,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
    )  # fmt: skip


def identities(pool: Pool) -> list[dict[str, Any]]:
    return list(json.loads(attributes_of(pool, "Carlos").get("identities", "[]")))


@pytest.mark.operation("cognito-idp:AdminDisableProviderForUser", refuses="UserNotFoundException")
def test_a_linked_identity_shows_in_the_profile_until_it_is_taken_away(pool: Pool) -> None:
    """The first page's example of Carlos."""
    link(pool, source())
    (shown,) = identities(pool)
    assert isinstance(shown.pop("dateCreated"), int)
    assert shown == {
        "userId": CARLOS, "providerName": "ADFS1", "providerType": "SAML",
        "issuer": "https://adfs.example.com", "primary": False,
    }  # fmt: skip
    link(pool, source("1234", "Google", "Cognito_Subject"))
    assert [i["providerName"] for i in identities(pool)] == ["ADFS1", "Google"]
    unlink = pool.admin.admin_disable_provider_for_user
    unlink(UserPoolId=pool.id, User=source())
    assert [i["providerName"] for i in identities(pool)] == ["Google"]
    answer = refused(unlink, UserPoolId=pool.id, User=source())
    assert (answer.status, answer.code) == (400, "UserNotFoundException")
    unlink(UserPoolId=pool.id, User=source("1234", "Google", "Cognito_Subject"))
    assert "identities" not in attributes_of(pool, "Carlos")


@pytest.mark.operation(
    "cognito-idp:AdminLinkProviderForUser", refuses=["AliasExistsException", "InvalidParameterException"]
)
@pytest.mark.unconfirmed
def test_an_identity_is_linked_once(pool: Pool) -> None:
    """The text as AWS gave it to many; no page has it. AliasExistsException came to
    https://github.com/aws-amplify/amplify-js/issues/497; that another user had the identity is our reading.
    """
    other = pool.confirmed()
    link(pool, source())
    answer = refused(link, pool=pool, identity=source(), username="Carlos")
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterException", "SourceUser is already linked to DestinationUser",
    )  # fmt: skip
    answer = refused(link, pool=pool, identity=source(), username=other)
    assert (answer.status, answer.code) == (400, "AliasExistsException")


@pytest.mark.operation("cognito-idp:AdminLinkProviderForUser", refuses="AliasExistsException")
@pytest.mark.unconfirmed
def test_the_identity_of_a_deleted_user_is_free_again(pool: Pool) -> None:
    other = pool.confirmed()
    link(pool, source(), other)
    assert refused(link, pool=pool, identity=source()).code == "AliasExistsException"
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username=other)
    assert link(pool, source())


@pytest.mark.operation("cognito-idp:AdminLinkProviderForUser", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_who_is_a_user_of_their_own_already_is_not_linked(pool: Pool) -> None:
    """SourceUser: "An external IdP account for a user who doesn't exist yet in the user pool." """
    pool.admin.admin_create_user(UserPoolId=pool.id, Username="Google_77")
    assert link(pool, source("78", "Google", "Cognito_Subject"))
    answer = refused(link, pool=pool, identity=source("77", "Google", "Cognito_Subject"))
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message.startswith("Merging is not currently supported")


@pytest.mark.operation("cognito-idp:AdminLinkProviderForUser", refuses="LimitExceededException")
def test_a_user_has_five_linked_identities_at_most(pool: Pool) -> None:
    """ "The maximum number of federated identities linked to a user is five." """
    for i in range(5):
        assert link(pool, source(f"{i}@example.com"))
    answer = refused(link, pool=pool, identity=source("6@example.com"))
    assert (answer.status, answer.code) == (400, "LimitExceededException")


@pytest.mark.operation("cognito-idp:AdminLinkProviderForUser", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "identity",
    [
        source(provider="Cognito"),
        source(provider="Nobody"),
        source(provider="Google"),
        source(attribute=""),
        source(""),
    ],
)
def test_a_source_is_an_identity_of_a_provider_of_the_pool(pool: Pool, identity: dict[str, str]) -> None:
    """ "This user must be a federated user …, not another native user." "If the SourceUser is using a
    federated social IdP …, you must set the ProviderAttributeName to Cognito_Subject." (no texts are
    documented)"""
    assert link(pool, source())
    answer = refused(link, pool=pool, identity=identity)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:AdminLinkProviderForUser", refuses="UserNotFoundException")
def test_a_destination_is_a_user_of_the_pool(pool: Pool) -> None:
    """ "If the user doesn't exist, Amazon Cognito generates an exception." """
    assert link(pool, source())
    answer = refused(link, pool=pool, identity=source("other@example.com"), username="nobody")
    assert (answer.status, answer.code) == (400, "UserNotFoundException")


# --- native users -----------------------------------------------------------------------------------------


def disable(pool: Pool, username: str, attribute: str = "Cognito_Subject") -> Any:
    user = source(username, "Cognito", attribute)
    return pool.admin.admin_disable_provider_for_user(UserPoolId=pool.id, User=user)


@pytest.mark.operation("cognito-idp:AdminDisableProviderForUser", "cognito-idp:AdminSetUserPassword")
@pytest.mark.operation(
    "cognito-idp:ChangePassword",
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:InitiateAuth",
    refuses="NotAuthorizedException",
)
@pytest.mark.unconfirmed
def test_a_native_user_can_be_kept_from_using_a_password(pool: Pool) -> None:
    """ "If the user that you want to deactivate is a Amazon Cognito user pools native username + password
    user, they can't use their password to sign in." (Nor set another: our reading. No text is documented.)

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableProviderForUser.html
    """
    tokens, app = pool.sign_in("Carlos"), {"ClientId": pool.client_id, "Username": "Carlos"}
    token = {"AccessToken": tokens["AccessToken"]}
    pool.idp.forgot_password(**app)
    code, change = pool.account.last_code("Carlos"), pool.idp.change_password
    assert change(**token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)
    disable(pool, "Carlos")
    for attempt in (
        partial(pool.start, "Carlos", NEW_PASSWORD),
        partial(change, **token, PreviousPassword=NEW_PASSWORD, ProposedPassword=PASSWORD),
        partial(change, **token, ProposedPassword=PASSWORD),
        partial(pool.idp.confirm_forgot_password, **app, Password=PASSWORD, ConfirmationCode=code),
    ):
        answer = refused(attempt)
        assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    given = {"UserPoolId": pool.id, "Username": "Carlos", "Password": PASSWORD, "Permanent": True}
    pool.admin.admin_set_user_password(**given)
    assert pool.sign_in("Carlos")
    assert pool.idp.confirm_forgot_password(**app, Password=NEW_PASSWORD, ConfirmationCode=code)


@pytest.mark.operation("cognito-idp:AdminDisableProviderForUser", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_nor_does_a_proof_of_the_password_sign_a_disabled_native_user_in(pool: Pool) -> None:
    for disabled in (False, True):
        client, asked = start_srp(pool, "Carlos")
        responses = claim(client, asked)
        if not disabled:
            assert respond(pool, responses)["AuthenticationResult"]
            disable(pool, "Carlos")
    answer = refused(respond, pool=pool, responses=responses)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation(
    "cognito-idp:AdminDisableProviderForUser", refuses=["InvalidParameterException", "UserNotFoundException"]
)
def test_a_native_user_is_named_by_username_as_cognito_subject(pool: Pool) -> None:
    """ "… set ProviderName to Cognito and the ProviderAttributeName to Cognito_Subject. The
    ProviderAttributeValue must be user's local username." """
    answer = refused(disable, pool=pool, username="Carlos", attribute="email")
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    answer = refused(disable, pool=pool, username="nobody")
    assert (answer.status, answer.code) == (400, "UserNotFoundException")
    assert pool.sign_in("Carlos")
    assert disable(pool, "Carlos")
