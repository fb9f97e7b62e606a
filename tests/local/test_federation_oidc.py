"""Signing in through an OpenID Connect provider.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from tests.local.accounts import LocalAccount, Refusal, refused
from tests.local.directory import PASSWORD, attributes_of, status_of
from tests.local.federation import ANA, BEN, CORP, apps, federated, provider, query, tokens, traveller
from tests.local.managed_login import CALLBACK, App, claims

SUB = "e-1001"


@pytest.fixture
def at(account: LocalAccount) -> App:
    return federated(account)


def user_at(at: App, name: str = f"{CORP}_{SUB}") -> dict[str, str]:
    return attributes_of(at.pool, name)


def test_a_person_signs_in_and_is_a_user_of_the_pool(at: App) -> None:
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


def test_the_app_gets_its_own_state_and_nonce_back(at: App) -> None:
    screen = traveller(at).arrives(at, state="s-1", nonce="n-1")
    assert screen.location.startswith(f"{CALLBACK}?")
    assert screen.query["state"] == "s-1"
    assert claims(tokens(at, screen)["id_token"])["nonce"] == "n-1"


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


@pytest.mark.unconfirmed
def test_several_values_become_one_text(account: LocalAccount) -> None:
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
    """https://github.com/amazon-archives/amazon-cognito-auth-js/issues/159"""
    schema = {
        "Schema": [{"Name": "name", "AttributeDataType": "String", "Mutable": False, "Required": False}]
    }
    at = federated(account, pool=schema)
    tokens(at, traveller(at).arrives(at))
    screen = traveller(at).arrives(at)
    assert screen.query["error"] == "invalid_request"
    assert (
        screen.query["error_description"] == "Invalid user attributes: name: Attribute cannot be updated.\n"
    )


@pytest.mark.unconfirmed
def test_a_required_attribute_must_be_mapped(account: LocalAccount) -> None:
    schema = {
        "Schema": [{"Name": "nickname", "AttributeDataType": "String", "Mutable": True, "Required": True}]
    }
    at = federated(account, pool=schema, mapping={"nickname": "name"})
    tokens(at, traveller(at).arrives(at))
    at = federated(account, pool=schema)
    assert traveller(at).arrives(at).query["error_description"] == "attributes required: [nickname]"


@pytest.mark.unconfirmed
def test_the_client_must_be_allowed_to_write_what_is_mapped(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    at = federated(account, client={"WriteAttributes": ["email", "name"]})
    tokens(at, traveller(at).arrives(at))
    at = federated(account, client={"WriteAttributes": ["email"]})
    screen = traveller(at).arrives(at)
    assert "A client attempted to write unauthorized attribute" in screen.query["error_description"]


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
    on_the_way = traveller(at)
    on_the_way.arrives(at)
    assert "code" in on_the_way.go(at.address(identity_provider=CORP)).query
    at.pool.admin.admin_delete_user(UserPoolId=at.pool.id, Username=f"{CORP}_{SUB}")
    assert on_the_way.go(at.address(identity_provider=CORP)).title == "Example Corp"


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


@pytest.mark.unconfirmed
def test_a_federated_user_signs_in_by_no_other_way(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html"""
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    mapping = {"email": "email", "email_verified": "email_verified"}
    flows = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}
    at = federated(account, mapping=mapping, pool={"Policies": policies}, client=flows)
    native = at.pool.confirmed()
    tokens(at, traveller(at).arrives(at))

    def choose(username: str) -> list[str]:
        given = {"USERNAME": username}
        answer = at.pool.idp.initiate_auth(
            ClientId=at.pool.client_id, AuthFlow="USER_AUTH", AuthParameters=given
        )
        return list(answer.get("AvailableChallenges") or [])

    assert "EMAIL_OTP" in choose(native)
    assert choose(f"{CORP}_{SUB}") == []
    at.pool.idp.forgot_password(ClientId=at.pool.client_id, Username=native)
    answer = refused(at.pool.idp.forgot_password, ClientId=at.pool.client_id, Username=f"{CORP}_{SUB}")
    text = "User password cannot be reset in the current state."
    assert answer == Refusal(400, "NotAuthorizedException", text)


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


def test_functions_hear_of_a_federated_sign_up(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html"""
    names = ("PreSignUp", "PostConfirmation", "PreTokenGeneration", "PostAuthentication")
    config, events = heard(account, names, {"PreSignUp_ExternalProvider": {"autoVerifyEmail": True}})
    at = federated(account, pool={"LambdaConfig": config})
    tokens(at, traveller(at).arrives(at))
    sources = [event["triggerSource"] for event in events]
    assert sources == [
        "PreSignUp_ExternalProvider",
        "PostConfirmation_ConfirmSignUp",
        "TokenGeneration_HostedAuth",
    ]
    assert events[0]["userName"] == f"{CORP}_{SUB}"
    assert events[0]["request"]["userAttributes"]["email"] == "ana@example.com"
    assert user_at(at)["email_verified"] == "true"
    assert events[1]["request"]["userAttributes"]["cognito:user_status"] == "EXTERNAL_PROVIDER"
    events.clear()
    tokens(at, traveller(at).arrives(at))
    sources = [event["triggerSource"] for event in events]
    assert sources == ["PostAuthentication_Authentication", "TokenGeneration_HostedAuth"]


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
    assert screen.query["error_description"] == "PreSignUp failed with error strangers are not welcome."


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
