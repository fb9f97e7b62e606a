"""Signing in through an OpenID Connect provider.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.local.accounts import LocalAccount, Refusal, refused
from tests.local.directory import PASSWORD, attributes_of, status_of
from tests.local.federation import ANA, BEN, CORP, apps, federated, provider, tokens, traveller
from tests.local.managed_login import CALLBACK, App, claims, query
from tests.local.openid_providers import serving

SUB = "e-1001"
ADMIN = "aws.cognito.signin.user.admin"
EVERY_FLOW = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]}


@pytest.fixture
def at(account: LocalAccount) -> App:
    return federated(account)


def user_at(at: App, name: str = f"{CORP}_{SUB}") -> dict[str, str]:
    return attributes_of(at.pool, name)


def test_a_person_signs_in_and_is_a_user_of_the_pool(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html"""
    made = tokens(at, traveller(at).arrives(at))
    identity = claims(made["id_token"])
    assert identity["cognito:username"] == f"{CORP}_{SUB}"
    assert identity["cognito:groups"] == [f"{at.pool.id}_{CORP}"]
    (known,) = identity["identities"]
    assert known.pop("dateCreated").isdigit()
    assert known == {
        "userId": SUB, "providerName": CORP, "providerType": "OIDC", "issuer": None, "primary": "true",
    }  # fmt: skip
    assert claims(made["access_token"])["username"] == f"{CORP}_{SUB}"
    assert status_of(at.pool, f"{CORP}_{SUB}") == "EXTERNAL_PROVIDER"
    kept = user_at(at)
    assert (kept["email"], kept["name"]) == ("ana@example.com", "Ana Reyes")
    assert json.loads(kept["identities"])[0]["primary"] is True


def test_the_request_to_the_provider_is_an_authorization_request_of_its_own(at: App) -> None:
    on_the_way = traveller(at)
    on_the_way.departs(at, state="the-app's", nonce="the-app's", login_hint="ana@example.com")
    sent = query(on_the_way.visited[-1])
    assert sent["redirect_uri"] == f"{at.account.endpoint}{at.base}/oauth2/idpresponse"
    assert (sent["response_type"], sent["scope"]) == ("code", "openid email profile phone")
    assert sent["login_hint"] == "ana@example.com"
    assert "the-app" not in sent["state"] + sent["nonce"]
    again = traveller(at)
    again.departs(at)
    assert not {sent["state"], sent["nonce"]} & set(query(again.visited[-1]).values())


def test_prompt_goes_on_to_the_provider(at: App) -> None:
    """ "Amazon Cognito forwards all values of prompt except none to your IdPs when users select
    authentication with third-party providers. This is true when the URL that users access includes an
    identity_provider …, or when the authorization server redirects them to the Login endpoint and they select
    and IdP".

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    on_the_way = traveller(at)
    on_the_way.departs(at)
    assert "prompt" not in query(on_the_way.visited[-1])
    for prompt in ("login", "select_account", "consent login"):
        on_the_way.departs(at, prompt=prompt)
        assert query(on_the_way.visited[-1])["prompt"] == prompt
    button = on_the_way.go(at.address(prompt="consent")).links[f"Continue with {CORP}"]
    on_the_way.go(button)
    assert query(on_the_way.visited[-1])["prompt"] == "consent"
    screen = on_the_way.departs(at, prompt="none")
    assert screen.query["error"] == "login_required"
    named = {"Domain": at.domain, "UserPoolId": at.pool.id}
    at.pool.admin.update_user_pool_domain(**named, ManagedLoginVersion=1)
    on_the_way.departs(at, prompt="login")
    assert "prompt" not in query(on_the_way.visited[-1]), "the classic hosted UI has none"


def test_the_app_gets_its_own_state_and_nonce_back(at: App) -> None:
    screen = traveller(at).arrives(at, state="s-1", nonce="n-1")
    assert screen.location.startswith(f"{CALLBACK}?")
    assert screen.query["state"] == "s-1"
    assert claims(tokens(at, screen)["id_token"])["nonce"] == "n-1"


def test_an_app_without_a_nonce_gets_the_one_of_the_sign_in(at: App) -> None:
    """ "If you do not provide a nonce value in your request, Amazon Cognito automatically generates and
    validates a nonce when you authenticate through a third-party identity provider, then adds it as a nonce
    claim to the ID token."

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    """
    on_the_way = traveller(at)
    page = on_the_way.departs(at)
    sent = query(on_the_way.visited[-1])["nonce"]
    assert claims(tokens(at, on_the_way.enter(page, ANA))["id_token"])["nonce"] == sent
    local = at.another(SupportedIdentityProviders=["COGNITO"])
    assert "nonce" not in claims(local.tokens(at.pool.confirmed())["id_token"])


def test_an_address_is_verified_only_where_the_provider_says_so_and_it_is_mapped(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html"""
    for mapping, said in (
        ({"email": "email"}, "false"),
        ({"email": "email", "email_verified": "email_verified"}, "true"),
    ):
        at = federated(account, mapping=mapping)
        tokens(at, traveller(at).arrives(at))
        assert user_at(at)["email_verified"] == said


def test_several_values_become_one_text(account: LocalAccount) -> None:
    """ "Amazon Cognito flattens all values into a single comma-delimited string enclosed in the
    square-bracket characters [ and ]."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    schema = {"Schema": [{"Name": "groups", "AttributeDataType": "String", "Mutable": True}]}
    at = federated(
        account,
        pool=schema,
        mapping={"custom:groups": "groups"},
        client={"WriteAttributes": ["custom:groups"]},
    )
    traveller(at).arrives(at)
    assert user_at(at)["custom:groups"] == "[staff,research]"


def test_mapped_attributes_are_those_of_the_latest_sign_in(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html"""
    traveller(at).arrives(at)
    at.pool.admin.admin_update_user_attributes(
        UserPoolId=at.pool.id, Username=f"{CORP}_{SUB}",
        UserAttributes=[{"Name": "name", "Value": "Somebody"}, {"Name": "nickname", "Value": "An"}],
    )  # fmt: skip
    assert user_at(at)["name"] == "Somebody"
    first = user_at(at)["sub"]
    tokens(at, traveller(at).arrives(at))
    kept = user_at(at)
    assert (kept["name"], kept["nickname"], kept["sub"]) == ("Ana Reyes", "An", first)


def test_an_immutable_attribute_stands_in_the_way_of_the_second_sign_in(account: LocalAccount) -> None:
    """ "If your IdP sends a value for a mapped immutable attribute, Amazon Cognito returns an error and
    sign-in fails." The text as AWS gave it: https://github.com/amazon-archives/amazon-cognito-auth-js/issues/159

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    schema = {
        "Schema": [{"Name": "name", "AttributeDataType": "String", "Mutable": False, "Required": False}]
    }
    at = federated(account, pool=schema)
    tokens(at, traveller(at).arrives(at))
    screen = traveller(at).arrives(at)
    assert screen.query["error"] == "invalid_request"
    assert (
        screen.query["error_description"] == "Invalid user attributes: name: Attribute cannot be updated.\n "
    )


def test_a_required_attribute_must_be_mapped(account: LocalAccount) -> None:
    """ "When a federated user signs in to your application, a mapping must be present for each user pool
    attribute that your user pool requires." The text is as AWS redirects with it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    schema = {
        "Schema": [{"Name": "nickname", "AttributeDataType": "String", "Mutable": True, "Required": True}]
    }
    at = federated(account, pool=schema, mapping={"nickname": "name"})
    tokens(at, traveller(at).arrives(at))
    at = federated(account, pool=schema)
    assert traveller(at).arrives(at).query["error_description"] == "attributes required: [nickname]"


@pytest.mark.unconfirmed
def test_what_the_client_must_not_write_stays_unwritten(account: LocalAccount) -> None:
    """ "If your IdP sends a value for a mapped non-writable attribute, Amazon Cognito doesn't set the
    attribute value and proceeds with authentication." Another of AWS's pages says that it "throws an error":

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    mapping = {"email": "email", "name": "name", "email_verified": "email_verified"}
    at = federated(account, mapping=mapping, client={"WriteAttributes": ["email", "name"]})
    tokens(at, traveller(at).arrives(at))
    assert {"email", "name", "email_verified"} <= set(user_at(at))
    at = federated(account, mapping=mapping, client={"WriteAttributes": ["name"]})
    tokens(at, traveller(at).arrives(at))
    assert user_at(at)["name"] == "Ana Reyes"
    assert not {"email", "email_verified"} & set(user_at(at))


@pytest.mark.unconfirmed
def test_an_address_that_the_client_must_not_write_is_not_verified_by_another_one(
    account: LocalAccount,
) -> None:
    """That the provider verified its own address says nothing of the one that the pool has."""
    mapping = {"email": "email", "email_verified": "email_verified"}
    for writable, said in (["email"], "true"), (["name"], "false"):
        at = federated(account, mapping=mapping, client={"WriteAttributes": writable})
        carla, own = account.name("carla"), [{"Name": "email", "Value": "carla@example.com"}]
        at.pool.admin.admin_create_user(
            UserPoolId=at.pool.id, Username=carla, UserAttributes=own, MessageAction="SUPPRESS"
        )
        link(at, carla)
        tokens(at, traveller(at).arrives(at))
        assert attributes_of(at.pool, carla).get("email_verified", "false") == said


def test_a_blank_value_takes_an_attribute_away_and_none_leaves_it(account: LocalAccount) -> None:
    """ "Amazon Cognito doesn't remove attributes from users when the source attribute is no longer sent ….
    The following actions remove the value …: The IdP sends a blank value for the source attribute".

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    with serving() as idp:
        at = federated(account, more=idp.details)
        for more, kept in (({}, "Mallory"), ({"name": None}, "Mallory"), ({"name": ""}, None)):
            on_the_way = traveller(at)
            reply = on_the_way.send("GET", at.address(identity_provider=CORP))
            sent = query(reply.headers["Location"])
            said = idp.claims(sent["nonce"], int(account.app.state.clock.now().timestamp())) | more
            idp.says({n: v for n, v in said.items() if v is not None})
            given = urlencode({"code": "a-code", "state": sent["state"]})
            tokens(at, on_the_way.go(f"{at.base}/oauth2/idpresponse?{given}"))
            assert user_at(at, f"{CORP}_mallory").get("name") == kept


@pytest.mark.parametrize("size, kept", [(2048, True), (2049, False)])
def test_a_value_is_as_long_as_an_attribute_may_be(account: LocalAccount, size: int, kept: bool) -> None:
    """ "For each mapped user pool attribute, the maximum value length of 2,048 characters must be large
    enough for the value that Amazon Cognito obtains from the IdP. Otherwise, Amazon Cognito reports an
    error".

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    with serving() as idp:
        at = federated(account, more=idp.details)
        on_the_way = traveller(at)
        sent = query(on_the_way.send("GET", at.address(identity_provider=CORP)).headers["Location"])
        said = idp.claims(sent["nonce"], int(account.app.state.clock.now().timestamp()))
        idp.says(said | {"name": "x" * size})
        given = urlencode({"code": "a-code", "state": sent["state"]})
        screen = on_the_way.go(f"{at.base}/oauth2/idpresponse?{given}")
        assert ("code" in screen.query) is kept
        assert kept or screen.query["error"] == "invalid_request"


def test_who_cancels_at_the_provider_comes_back_with_its_error(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html"""
    tokens(at, traveller(at).arrives(at))
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.departs(at), BEN, decision="deny")
    assert screen.location.startswith(f"{CALLBACK}?")
    assert (screen.query["error"], screen.query["state"]) == ("access_denied", "xyz")
    assert f"{CORP}_e-1002" not in str(at.pool.admin.list_users(UserPoolId=at.pool.id)["Users"])


def test_a_provider_is_found_by_its_identifier(account: LocalAccount) -> None:
    at = federated(account, IdpIdentifiers=["example.com"])
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.go(at.address(idp_identifier="example.com")), ANA)
    assert claims(tokens(at, screen)["id_token"])["cognito:username"] == f"{CORP}_{SUB}"


def test_the_browser_is_known_for_an_hour_after(at: App) -> None:
    """ "When a user signs in with your login pages or a third-party provider, Amazon Cognito sets a cookie in
    their browser."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    on_the_way = traveller(at)
    on_the_way.arrives(at)
    assert "code" in on_the_way.go(at.address(identity_provider=CORP)).query
    at.pool.admin.admin_delete_user(UserPoolId=at.pool.id, Username=f"{CORP}_{SUB}")
    assert on_the_way.go(at.address(identity_provider=CORP)).title == "Example Corp"


def test_a_session_serves_the_clients_that_take_its_provider(at: App) -> None:
    """ "You can assign any of your user pool IdPs to any app client, and users can only sign in with an IdP
    that you assigned to their app client. … If your user signs in again with a different IdP, including a
    switch to or from local user pool sign-in, they must provide credentials".

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    on_the_way = traveller(at)
    on_the_way.arrives(at)
    both = at.another(SupportedIdentityProviders=["COGNITO", CORP])
    assert "code" in on_the_way.go(both.address()).query
    assert on_the_way.go(both.address(identity_provider="COGNITO")).title.startswith("Sign in")
    native = at.another(SupportedIdentityProviders=["COGNITO"])
    assert on_the_way.go(native.address()).title.startswith("Sign in")
    assert on_the_way.go(native.address(prompt="none")).query["error"] == "login_required"
    at.pool.admin.delete_identity_provider(UserPoolId=at.pool.id, ProviderName=CORP)
    assert on_the_way.go(both.address()).title.startswith("Sign in")


@pytest.mark.unconfirmed
def test_a_disabled_user_stays_outside(at: App) -> None:
    tokens(at, traveller(at).arrives(at))
    at.pool.admin.admin_disable_user(UserPoolId=at.pool.id, Username=f"{CORP}_{SUB}")
    assert traveller(at).arrives(at).query["error_description"] == "User is disabled."


# --- links ------------------------------------------------------------------------------------------------


def link(at: App, username: str, attribute: str = "Cognito_Subject", value: str = SUB) -> None:
    at.pool.admin.admin_link_provider_for_user(
        UserPoolId=at.pool.id,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
        SourceUser={
            "ProviderName": CORP, "ProviderAttributeName": attribute, "ProviderAttributeValue": value,
        },
    )  # fmt: skip


@pytest.mark.parametrize("by", [("Cognito_Subject", SUB), ("email", "ana@example.com")])
def test_a_linked_identity_signs_in_its_user(at: App, by: tuple[str, str]) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html"""
    carla = at.pool.confirmed()
    link(at, carla, *by)
    identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert identity["cognito:username"] == carla
    assert identity["identities"][0]["primary"] == "false"
    assert attributes_of(at.pool, carla)["name"] == "Ana Reyes"
    assert status_of(at.pool, carla) == "CONFIRMED"
    # Nobody else is that user for it.
    other = claims(tokens(at, traveller(at).arrives(at, BEN))["id_token"])
    assert other["cognito:username"] == f"{CORP}_e-1002"


def test_an_address_alone_makes_nobody_the_same_user(account: LocalAccount) -> None:
    """A provider's e-mail address signs nobody in to a native user's account that was not linked."""
    at = federated(account, pool={"UsernameAttributes": ["email"]})
    at.pool.idp.sign_up(ClientId=at.pool.client_id, Username=ANA[0], Password="Correct-horse-1")
    native = at.pool.admin.list_users(UserPoolId=at.pool.id)["Users"][0]["Username"]
    identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert identity["cognito:username"] == f"{CORP}_{SUB}" != native
    found = at.pool.admin.admin_get_user(UserPoolId=at.pool.id, Username=ANA[0])
    assert found["Username"] == native


def test_a_federated_user_has_no_password_before_an_administrator_sets_one(at: App) -> None:
    """ "When you set a password, the federated user's status changes from EXTERNAL_PROVIDER to CONFIRMED."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
    """
    tokens(at, traveller(at).arrives(at))
    name = f"{CORP}_{SUB}"
    for password in (PASSWORD, "None"):
        answer = refused(at.pool.start, username=name, password=password)
        assert answer == Refusal(400, "NotAuthorizedException", "Incorrect username or password.")
    at.pool.admin.admin_set_user_password(
        UserPoolId=at.pool.id, Username=name, Password=PASSWORD, Permanent=True
    )
    assert status_of(at.pool, name) == "CONFIRMED"
    assert at.pool.sign_in(name)["IdToken"]
    identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert identity["cognito:username"] == name


def test_a_federated_user_signs_in_by_no_other_way(account: LocalAccount) -> None:
    """ "You can't sign in federated users with API operations like InitiateAuth and AdminInitiateAuth."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    mapping = {"email": "email", "email_verified": "email_verified"}
    at = federated(account, mapping=mapping, pool={"Policies": policies}, client=EVERY_FLOW)
    native, name = at.pool.confirmed(), f"{CORP}_{SUB}"
    tokens(at, traveller(at).arrives(at))

    def choose(username: str) -> list[str]:
        given = {"USERNAME": username}
        answer = at.pool.idp.initiate_auth(
            ClientId=at.pool.client_id, AuthFlow="USER_AUTH", AuthParameters=given
        )
        return list(answer.get("AvailableChallenges") or [])

    assert "EMAIL_OTP" in choose(native)
    assert choose(name) == []
    given = {"UserPoolId": at.pool.id, "ClientId": at.pool.client_id, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    start = at.pool.admin.admin_initiate_auth
    assert start(**given, AuthParameters={"USERNAME": native, "PASSWORD": PASSWORD})["AuthenticationResult"]
    answer = refused(start, **given, AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD})
    assert answer == Refusal(400, "NotAuthorizedException", "Incorrect username or password.")


def test_a_pools_own_functions_may_sign_in_a_federated_user(account: LocalAccount) -> None:
    """ "If you use CUSTOM_AUTH, your triggers control the outcome. They are responsible for whether the
    service issues a token to any user (federated or not)."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    answer = {"DefineAuthChallenge_Authentication": {"issueTokens": True, "failAuthentication": False}}
    config, _ = heard(account, ("DefineAuthChallenge",), answer)
    at = federated(account, pool={"LambdaConfig": config}, client=EVERY_FLOW)
    tokens(at, traveller(at).arrives(at))
    given = {"USERNAME": f"{CORP}_{SUB}"}
    made = at.pool.idp.initiate_auth(ClientId=at.pool.client_id, AuthFlow="CUSTOM_AUTH", AuthParameters=given)
    identity = claims(made["AuthenticationResult"]["IdToken"])
    assert identity["cognito:username"] == f"{CORP}_{SUB}"


def test_a_federated_user_forgets_no_password(account: LocalAccount) -> None:
    """The text as AWS gave it: https://github.com/aws-amplify/amplify-js/issues/2383"""
    at = federated(account, mapping={"email": "email", "email_verified": "email_verified"})
    native, name = at.pool.confirmed(), f"{CORP}_{SUB}"
    tokens(at, traveller(at).arrives(at))
    text = "User password cannot be reset in the current state."
    at.pool.idp.forgot_password(ClientId=at.pool.client_id, Username=native)
    answer = refused(at.pool.idp.forgot_password, ClientId=at.pool.client_id, Username=name)
    assert answer == Refusal(400, "NotAuthorizedException", text)


@pytest.mark.unconfirmed
def test_a_federated_users_password_is_not_reset(account: LocalAccount) -> None:
    at = federated(account, mapping={"email": "email", "email_verified": "email_verified"})
    native, name = at.pool.confirmed(), f"{CORP}_{SUB}"
    tokens(at, traveller(at).arrives(at))
    at.pool.admin.admin_reset_user_password(UserPoolId=at.pool.id, Username=native)
    answer = refused(at.pool.admin.admin_reset_user_password, UserPoolId=at.pool.id, Username=name)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert status_of(at.pool, name) == "EXTERNAL_PROVIDER"


@pytest.mark.operation("cognito-idp:ChangePassword", refuses="NotAuthorizedException")
def test_a_federated_user_gives_themselves_no_password(at: App) -> None:
    """With a password, users "can also modify their password and attributes in token-authenticated API
    requests". Without, as AWS said it: https://github.com/aws-amplify/amplify-js/issues/2464

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
    """
    name = f"{CORP}_{SUB}"
    token = tokens(at, traveller(at).arrives(at, scope=f"openid {ADMIN}"))["access_token"]
    change = {"AccessToken": token, "ProposedPassword": "Another-horse-2"}
    for given in (change, change | {"PreviousPassword": PASSWORD}):
        answer = refused(at.pool.idp.change_password, **given)
        text = "User is not authorized to change password."
        assert answer == Refusal(400, "NotAuthorizedException", text)
    assert refused(at.pool.start, username=name, password="Another-horse-2").code == "NotAuthorizedException"
    at.pool.admin.admin_set_user_password(
        UserPoolId=at.pool.id, Username=name, Password=PASSWORD, Permanent=True
    )
    assert at.pool.idp.change_password(**change, PreviousPassword=PASSWORD)
    assert at.pool.sign_in(name, "Another-horse-2")


def test_a_federated_user_changes_attributes_until_the_next_sign_in(at: App) -> None:
    """ "When a user signs in through an IdP, Amazon Cognito updates the mapped attributes with the latest
    information from the IdP." That users may change theirs: https://github.com/aws-amplify/amplify-js/issues/6444

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    token = tokens(at, traveller(at).arrives(at, scope=f"openid {ADMIN}"))["access_token"]
    changed = [{"Name": "name", "Value": "Somebody"}, {"Name": "nickname", "Value": "An"}]
    at.pool.idp.update_user_attributes(AccessToken=token, UserAttributes=changed)
    assert (user_at(at)["name"], user_at(at)["nickname"]) == ("Somebody", "An")
    tokens(at, traveller(at).arrives(at))
    assert (user_at(at)["name"], user_at(at)["nickname"]) == ("Ana Reyes", "An")


def test_a_pool_that_demands_a_second_factor_leaves_it_to_the_provider(account: LocalAccount) -> None:
    """ "In the case of federated users, Amazon Cognito delegates all authentication processes to the IdP and
    doesn't offer them additional authentication factors."

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
    """
    at = federated(account)
    at.pool.admin.set_user_pool_mfa_config(
        UserPoolId=at.pool.id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    assert at.pool.start(at.pool.confirmed())["ChallengeName"] == "MFA_SETUP"
    for _ in range(2):
        tokens(at, traveller(at).arrives(at))


def test_a_pool_that_takes_any_case_writes_the_whole_name_small(account: LocalAccount) -> None:
    """ "When a user pool is case insensitive, Amazon Cognito converts the entire automatically generated
    username of a federated user to lowercase, including the IdP name prefix." "To link a federated user who
    has previously signed in, you must first delete their existing profile."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
    """
    at = federated(account, pool={"UsernameConfiguration": {"CaseSensitive": False}})
    native = at.pool.confirmed()
    for _ in range(2):
        identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
        assert identity["cognito:username"] == f"{CORP}_{SUB}".lower()
    answer = refused(link, at=at, username=native)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    at.pool.admin.admin_delete_user(UserPoolId=at.pool.id, Username=f"{CORP}_{SUB}".lower())
    link(at, native)
    identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert identity["cognito:username"] == native


@pytest.mark.unconfirmed
def test_who_took_the_name_before_is_not_the_providers_user(account: LocalAccount) -> None:
    """Or else whoever signs up as `PROVIDER_subject` in time has a password to that person's account."""
    at, free = federated(account), federated(account)
    mallory = at.pool.confirmed(f"{CORP}_{SUB}")
    screen = traveller(at).arrives(at)
    assert screen.query["error_description"] == f"Already found an entry for username {mallory}"
    assert "name" not in user_at(at)
    tokens(free, traveller(free).arrives(free))


def test_a_deleted_users_link_leads_to_nobody_who_took_its_sub_for_a_name(account: LocalAccount) -> None:
    at = federated(account, client={"SupportedIdentityProviders": ["COGNITO", CORP]})
    carla = at.pool.confirmed()
    link(at, carla)
    linked = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert linked["cognito:username"] == carla
    at.pool.admin.admin_delete_user(UserPoolId=at.pool.id, Username=carla)
    mallory = at.pool.confirmed(linked["sub"])
    assert mallory == linked["sub"]
    found = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert found["cognito:username"] == f"{CORP}_{SUB}"


def test_a_function_that_links_the_identity_lets_the_next_sign_in_through(account: LocalAccount) -> None:
    """https://github.com/aws-amplify/amplify-flutter/issues/1716"""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{account.name('f')}"
    at = federated(account, pool={"LambdaConfig": {"PreSignUp": arn}})
    account.app.state.functions[arn] = lambda event, context: event
    native = at.pool.confirmed()

    def joined(event: dict[str, Any], context: object) -> dict[str, Any]:
        link(at, native)
        return event

    account.app.state.functions[arn] = joined
    refusal = traveller(at).arrives(at).query["error_description"]
    assert refusal == f"Already found an entry for username {CORP}_{SUB}"
    identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert identity["cognito:username"] == native


def test_a_federated_profile_shows_all_of_its_identities(at: App) -> None:
    """ "You can link federated users to either an existing federated user profile, or to a local user. … Your
    user's ID token contains all of their associated providers in the identities claim."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
    """
    tokens(at, traveller(at).arrives(at))
    other = provider(at, "SAML", "Other", mapping={})
    at.pool.admin.admin_link_provider_for_user(
        UserPoolId=at.pool.id,
        DestinationUser={"ProviderName": CORP, "ProviderAttributeValue": SUB},
        SourceUser={
            "ProviderName": other, "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "x",
        },
    )  # fmt: skip
    identity = claims(tokens(at, traveller(at).arrives(at))["id_token"])
    assert identity["cognito:username"] == f"{CORP}_{SUB}"
    known = [(i["providerName"], i["userId"], i["primary"]) for i in identity["identities"]]
    assert known == [(CORP, SUB, "true"), (other, "x", "false")]


# --- triggers ---------------------------------------------------------------------------------------------


def heard(
    at_account: LocalAccount, names: tuple[str, ...], answer: dict[str, Any]
) -> tuple[dict[str, str], list[Any]]:
    """Functions for these triggers, and the events that they hear."""
    events: list[Any] = []

    def function(event: dict[str, Any], context: object) -> dict[str, Any]:
        events.append(event)
        return event | {"response": event["response"] | answer.get(event["triggerSource"], {})}

    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{at_account.name('f')}"
    at_account.app.state.functions[arn] = function
    return dict.fromkeys(names, arn), events


#: Every trigger of sign-up, sign-in and messages.
TRIGGERS = (
    "PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration",
    "CustomMessage", "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse",
    "UserMigration",
)  # fmt: skip


def test_functions_hear_of_a_federated_sign_up_and_of_each_sign_in(account: LocalAccount) -> None:
    """ "Federated sign-in does not invoke any Custom authentication challenge Lambda triggers, Migrate user
    Lambda trigger, Custom message Lambda trigger".

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html#lambda-triggers-for-federated-users
    """
    config, events = heard(account, TRIGGERS, {"PreSignUp_ExternalProvider": {"autoVerifyEmail": True}})
    at = federated(account, pool={"LambdaConfig": config})
    tokens(at, traveller(at).arrives(at))
    assert [event["triggerSource"] for event in events] == [
        "PreSignUp_ExternalProvider",
        "PostConfirmation_ConfirmSignUp",
        "TokenGeneration_HostedAuth",
    ]
    assert events[0]["userName"] == f"{CORP}_{SUB}"
    assert events[0]["request"]["userAttributes"]["email"] == "ana@example.com"
    assert user_at(at)["email_verified"] == "true"
    assert events[1]["request"]["userAttributes"]["cognito:user_status"] == "EXTERNAL_PROVIDER"
    assert {event["callerContext"]["clientId"] for event in events} == {at.client_id}
    events.clear()
    on_the_way = traveller(at)
    tokens(at, on_the_way.arrives(at))
    assert [event["triggerSource"] for event in events] == [
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_HostedAuth",
    ]
    events.clear()
    tokens(at, on_the_way.go(at.address(identity_provider=CORP)))
    # "Renewal of an existing authentication session also doesn't activate this trigger."
    assert [event["triggerSource"] for event in events] == ["TokenGeneration_HostedAuth"]


def test_a_function_comes_before_the_attributes_of_a_sign_in(account: LocalAccount) -> None:
    """ "… you can use the Pre-Authentication Lambda trigger to delete the custom attribute during
    authentication and allow these attributes to repopulate from the incoming token."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{account.name('f')}"
    at = federated(account, pool={"LambdaConfig": {"PreAuthentication": arn}})
    named = {"UserPoolId": at.pool.id, "Username": f"{CORP}_{SUB}"}

    def forget(event: dict[str, Any], context: object) -> dict[str, Any]:
        names = ["name", "nickname"]
        at.pool.admin.admin_delete_user_attributes(**named, UserAttributeNames=names)
        return event

    account.app.state.functions[arn] = forget
    tokens(at, traveller(at).arrives(at))
    changed = [{"Name": "nickname", "Value": "An"}]
    at.pool.admin.admin_update_user_attributes(**named, UserAttributes=changed)
    tokens(at, traveller(at).arrives(at))
    assert (user_at(at)["name"], user_at(at).get("nickname")) == ("Ana Reyes", None)


@pytest.mark.parametrize("act", ["admin_delete_user", "admin_disable_user"])
def test_a_user_who_goes_while_a_function_runs_is_not_signed_in(account: LocalAccount, act: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{account.name('f')}"
    at = federated(account, pool={"LambdaConfig": {"PreAuthentication": arn}})
    account.app.state.functions[arn] = lambda event, context: event
    for _ in range(2):
        tokens(at, traveller(at).arrives(at))

    def remove(event: dict[str, Any], context: object) -> dict[str, Any]:
        getattr(at.pool.admin, act)(UserPoolId=at.pool.id, Username=event["userName"])
        return event

    account.app.state.functions[arn] = remove
    assert traveller(at).arrives(at).query["error"] == "invalid_request"


def test_a_function_may_refuse_a_federated_sign_in(account: LocalAccount) -> None:
    """ "Your function can return an error to reject the sign-in attempt".

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html
    """
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{account.name('f')}"

    def refuse(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise ValueError("not today")

    account.app.state.functions[arn] = refuse
    at = federated(account, pool={"LambdaConfig": {"PreAuthentication": arn}})
    tokens(at, traveller(at).arrives(at))  # it hears of no first sign-in
    screen = traveller(at).arrives(at)
    assert screen.query["error_description"] == "PreAuthentication failed with error not today. "


def test_a_function_may_refuse_a_federated_sign_up(account: LocalAccount) -> None:
    def only_ana(event: dict[str, Any], context: object) -> dict[str, Any]:
        if event["request"]["userAttributes"]["email"] != ANA[0]:
            raise ValueError("strangers are not welcome")
        return event

    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{account.name('f')}"
    account.app.state.functions[arn] = only_ana
    at = federated(account, pool={"LambdaConfig": {"PreSignUp": arn}})
    tokens(at, traveller(at).arrives(at))
    screen = traveller(at).arrives(at, BEN)
    assert screen.query["error"] == "invalid_request"
    assert screen.query["error_description"] == "PreSignUp failed with error strangers are not welcome. "


# --- the provider -----------------------------------------------------------------------------------------


def test_endpoints_may_be_given_in_the_place_of_discovery(account: LocalAccount) -> None:
    there = apps(account)["example-corp"]["oidc_issuer"]
    more = {
        "authorize_url": f"{there}/authorize", "token_url": f"{there}/token",
        "attributes_url": f"{there}/userinfo", "jwks_uri": f"{there}/jwks.json",
    }  # fmt: skip
    at = federated(account, more=more)
    assert tokens(at, traveller(at).arrives(at))


def test_a_wrong_secret_is_told_as_the_provider_says_it(account: LocalAccount) -> None:
    """ "Amazon Cognito adds the provider name and HTTP error code to the existing error strings."

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
    """
    at = federated(account)
    tokens(at, traveller(at).arrives(at))
    at = federated(account, more={"client_secret": "wrong"})
    screen = traveller(at).arrives(at)
    assert screen.query["error"] == "invalid_client"
    assert screen.query["error_description"].startswith(f"{CORP} Error - 400 invalid_client")


def test_one_user_pool_may_be_the_provider_of_another(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-idp.html"""
    at = federated(account)
    upstream = federated(account)
    redirect = f"{account.endpoint}{at.base}/oauth2/idpresponse"
    inner = upstream.pool.another_client(
        GenerateSecret=True, AllowedOAuthFlows=["code"], AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid", "email", "profile"], CallbackURLs=[redirect],
        SupportedIdentityProviders=[CORP],
    )  # fmt: skip
    assert inner.client_secret
    App(inner, upstream.domain).styled()
    name = provider(
        at, name="Upstream",
        more={
            "client_id": inner.client_id, "client_secret": inner.client_secret,
            "oidc_issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{upstream.pool.id}",
            "authorize_scopes": "openid email profile",
        },
    )  # fmt: skip
    outer = at.another(SupportedIdentityProviders=[name])
    on_the_way = traveller(outer)
    page = on_the_way.departs(outer, name)
    onward = unescape(re.findall(rf'href="([^"]*identity_provider={CORP})"', page.reply.text)[0])
    identity = claims(tokens(outer, on_the_way.enter(on_the_way.go(onward), ANA))["id_token"])
    assert identity["cognito:username"].startswith("Upstream_")
    assert identity["email"] == ANA[0]
