"""Signing in through a SAML 2.0 provider.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp.html
"""

from __future__ import annotations

import base64
from urllib.parse import urlencode

import pytest
from cryptography import x509
from lxml import etree

from labkit.local.saml import NAMES, inflated
from tests.local.accounts import LocalAccount, refused
from tests.local.directories import encoded
from tests.local.directory import attributes_of, status_of
from tests.local.federation import (
    ANA,
    BEN,
    CLAIMS,
    CORP,
    details,
    federated,
    form_of,
    provider,
    tokens,
    traveller,
)
from tests.local.managed_login import CALLBACK, CODE, FORM, App, claims, query
from tests.local.test_attacks_on_saml_sign_in import MAIL, staged

MAPPING = {"email": f"{CLAIMS}/emailaddress", "name": f"{CLAIMS}/name"}


@pytest.fixture
def at(account: LocalAccount) -> App:
    return federated(account, "SAML", mapping=MAPPING)


def test_a_person_signs_in_and_is_a_user_of_the_pool(at: App) -> None:
    screen = traveller(at).arrives(at, state="s-1", nonce="n-1")
    assert screen.location.startswith(f"{CALLBACK}?")
    assert screen.query["state"] == "s-1"
    identity = claims(tokens(at, screen)["id_token"])
    name = f"{CORP}_ana@example.com"
    assert (identity["cognito:username"], identity["nonce"]) == (name, "n-1")
    (known,) = identity["identities"]
    assert (known["userId"], known["providerType"]) == ("ana@example.com", "SAML")
    issuer = etree.fromstring(at.account.send("GET", "/_idp/example-corp/saml/metadata").body).get("entityID")
    assert known["issuer"] == issuer
    assert identity["cognito:groups"] == [f"{at.pool.id}_{CORP}"]
    assert status_of(at.pool, name) == "EXTERNAL_PROVIDER"
    kept = attributes_of(at.pool, name)
    assert (kept["email"], kept["name"], kept["email_verified"]) == ("ana@example.com", "Ana Reyes", "false")


def test_the_request_to_the_provider_names_the_pool_and_its_endpoint(at: App) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html"""
    on_the_way = traveller(at)
    on_the_way.departs(at)
    sent = query(on_the_way.visited[-1])
    root = etree.fromstring(inflated(sent["SAMLRequest"]))
    assert root.tag == f"{{{NAMES['samlp']}}}AuthnRequest"
    assert root.findtext("saml:Issuer", None, NAMES) == f"urn:amazon:cognito:sp:{at.pool.id}"
    assert root.get("AssertionConsumerServiceURL") == f"{at.account.endpoint}{at.base}/saml2/idpresponse"
    assert root.get("Destination") == on_the_way.visited[-1].partition("?")[0]
    assert set(sent) == {"SAMLRequest", "RelayState"}
    again = traveller(at)
    again.departs(at)
    other = query(again.visited[-1])
    assert sent["RelayState"] != other["RelayState"]
    assert etree.fromstring(inflated(other["SAMLRequest"])).get("ID") != root.get("ID")


def test_the_way_back_is_open_to_the_browser_that_set_out(at: App) -> None:
    """By a cookie that no script reads; over plain HTTP no other site can bring it along."""
    browser = traveller(at)
    browser.send("GET", at.address("/oauth2/authorize", identity_provider=CORP))
    (cookie,) = browser.received
    assert cookie.startswith("csrf-state-")
    assert {"HttpOnly", "SameSite=Lax", f"Path={at.base}/"} <= set(cookie.split("; "))


@pytest.mark.unconfirmed
def test_a_new_sign_in_is_asked_of_the_provider_too(at: App) -> None:
    """ "This parameter can also be forwarded to your IdPs": in what form to SAML's, AWS does not say.

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    on_the_way = traveller(at)
    for prompt, forced in ((None, None), ("select_account", None), ("login", "true")):
        on_the_way.departs(at, prompt=prompt)
        sent = query(on_the_way.visited[-1])
        assert etree.fromstring(inflated(sent["SAMLRequest"])).get("ForceAuthn") == forced
        assert "login_hint" not in sent


@pytest.mark.operation("cognito-idp:GetSigningCertificate")
def test_requests_are_signed_where_the_provider_wants_it(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html"""
    at = federated(account, "SAML", mapping=MAPPING, more={"RequestSigningAlgorithm": "rsa-sha256"})
    tokens(at, traveller(at).arrives(at))
    on_the_way = traveller(at)
    on_the_way.departs(at)
    address = on_the_way.visited[-1]
    assert query(address)["SigAlg"] == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    # The stand-in verifies, and takes no other RelayState.
    changed = address.replace("RelayState=", "RelayState=x")
    assert "no request of a user pool" in on_the_way.go(changed).reply.text
    text = at.pool.admin.get_signing_certificate(UserPoolId=at.pool.id)["Certificate"]
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    assert x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.year == 2035


@pytest.mark.operation("cognito-idp:GetSigningCertificate", refuses="ResourceNotFoundException")
def test_a_pool_that_is_not_there_has_no_certificate(at: App) -> None:
    assert at.pool.admin.get_signing_certificate(UserPoolId=at.pool.id)
    answer = refused(at.pool.admin.get_signing_certificate, UserPoolId="us-east-1_000000000")
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")


@pytest.mark.unconfirmed
def test_who_cancels_at_the_provider_comes_back_with_an_error(at: App) -> None:
    tokens(at, traveller(at).arrives(at))
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.departs(at), BEN, decision="deny")
    assert (screen.query["error"], screen.query["state"]) == ("server_error", "xyz")


def test_a_saml_username_is_the_name_id_and_nothing_else(account: LocalAccount) -> None:
    """The text as AWS gave it: https://github.com/aws-samples/cloudfront-authorization-at-edge/issues/153

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    at = federated(account, "SAML", mapping=MAPPING)
    tokens(at, traveller(at).arrives(at))
    at = federated(account, "SAML", mapping=MAPPING | {"username": f"{CLAIMS}/name"})
    told = traveller(at).arrives(at).query["error_description"]
    assert "Invalid user attributes: username: Attribute does not exist in the schema." in told


def test_what_goes_wrong_after_the_assertion_is_told_as_saml_s_too(account: LocalAccount) -> None:
    """As AWS tells it: https://github.com/aws-samples/aws-genai-llm-chatbot/issues/636"""
    schema = [{"Name": "name", "AttributeDataType": "String", "Mutable": False, "Required": False}]
    at = federated(account, "SAML", mapping=MAPPING, pool={"Schema": schema})
    tokens(at, traveller(at).arrives(at))
    told = traveller(at).arrives(at).query
    text = "Invalid SAML response received: Invalid user attributes: name: Attribute cannot be updated.\n "
    assert (told["error"], told["error_description"]) == ("server_error", text)


def test_several_values_of_an_attribute_become_one_text(account: LocalAccount) -> None:
    """ "Amazon Cognito URL form-encodes the values containing non-alphanumeric characters except for ., -, *,
    and _." One value stays as it is.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    stage = staged(account)
    stage.at.pool.admin.update_identity_provider(
        UserPoolId=stage.at.pool.id, ProviderName=CORP, AttributeMapping={"nickname": "groups"}
    )
    for values, text in (
        (["a b,c", "d.e-f*g_h", "i@j/k"], "[a+b%2Cc,d.e-f*g_h,i%40j%2Fk]"),
        (["a b,c"], "a b,c"),
    ):
        stage.browser.cookies.clear()
        stage.set_out()
        said = stage.statement("ana", attributes={"groups": values})
        assert "code" in stage.back(encoded(stage.response(said))).query
        assert attributes_of(stage.at.pool, f"{CORP}_ana")["nickname"] == text
    schema = {"Schema": [{"Name": "groups", "AttributeDataType": "String", "Mutable": True}]}
    client = {"WriteAttributes": ["custom:groups"]}
    at = federated(account, "SAML", pool=schema, mapping={"custom:groups": "groups"}, client=client)
    traveller(at).arrives(at)
    assert attributes_of(at.pool, f"{CORP}_{ANA[0]}")["custom:groups"] == "[staff,research]"
    traveller(at).arrives(at, BEN)
    assert attributes_of(at.pool, f"{CORP}_{BEN[0]}")["custom:groups"] == "staff"


def test_a_value_has_no_character_of_four_bytes(account: LocalAccount) -> None:
    """ "Amazon Cognito doesn't accept 4-byte UTF-8 characters like 😐 or 𠮷 that your IdP passes as an
    attribute value."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
    """
    stage = staged(account)
    for name, good in (("Ana Ñ 中", True), ("Ana 😐", False), ("𠮷", False)):
        stage.set_out()
        said = {MAIL: ["ana@example.com"], "name": [name]}
        screen = stage.back(encoded(stage.response(stage.statement("ana", attributes=said))))
        assert ("code" in screen.query) is good
        assert good or screen.query["error"] == "server_error"


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.operation("cognito-idp:UpdateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.operation("cognito-idp:UpdateIdentityProvider", refuses="InvalidParameterException")
def test_a_client_at_whose_provider_a_sign_in_may_begin_has_only_saml(account: LocalAccount) -> None:
    """ "You're prevented from adding the user directory in the user pool and all non-SAML external identity
    providers to an app client configured in this way." (That an update of the provider is held to it too is
    unconfirmed.)

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
    """
    at = federated(account, "SAML", mapping=MAPPING, more={"IDPInit": "true"})
    provider(at, "SAML", "Second", mapping={})
    provider(at, "OIDC", "Third")
    assert at.another(SupportedIdentityProviders=[CORP, "Second"]).client_id
    assert at.another(SupportedIdentityProviders=["Second", "Third", "COGNITO"]).client_id
    given = {"UserPoolId": at.pool.id, "ClientId": at.client_id}
    update = at.pool.admin.update_user_pool_client
    assert update(**given, **CODE | {"SupportedIdentityProviders": [CORP, "Second"]})
    for more in ("COGNITO", "Third"):
        answer = refused(at.another, SupportedIdentityProviders=[CORP, more])
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
        assert refused(update, **given, SupportedIdentityProviders=[CORP, more]).code == answer.code
    change, named = at.pool.admin.update_identity_provider, {"UserPoolId": at.pool.id}
    known = details(at.account, "SAML")
    assert change(**named, ProviderName=CORP, ProviderDetails=known | {"IDPInit": "true"})
    answer = refused(change, **named, ProviderName="Second", ProviderDetails=known | {"IDPInit": "true"})
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.parametrize("attribute", ["email", f"{CLAIMS}/emailaddress"])
def test_a_linked_identity_signs_in_its_user(at: App, attribute: str) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminLinkProviderForUser.html

    "… set the user pool attribute name as the value of ProviderAttributeName … For example, `email`."
    """
    carla = at.pool.confirmed()
    at.pool.admin.admin_link_provider_for_user(
        UserPoolId=at.pool.id,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": carla},
        SourceUser={
            "ProviderName": CORP, "ProviderAttributeName": attribute,
            "ProviderAttributeValue": ANA[0],
        },
    )  # fmt: skip
    assert claims(tokens(at, traveller(at).arrives(at))["id_token"])["cognito:username"] == carla


# --- begun at the provider --------------------------------------------------------------------------------


def portal(at: App, **more: str) -> str:
    """The address of the app's tile in the company's portal."""
    relay = {
        "identity_provider": CORP, "client_id": at.client_id, "redirect_uri": CALLBACK,
        "response_type": "code", "scope": "openid email",
    }  # fmt: skip
    given = {
        "sp": f"urn:amazon:cognito:sp:{at.pool.id}",
        "acs": f"{at.account.endpoint}{at.base}/saml2/idpresponse",
        "RelayState": urlencode(relay | more),
    }
    return f"/_idp/example-corp/saml/start?{urlencode(given)}"


def test_a_sign_in_may_begin_at_the_provider_where_that_is_enabled(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-session-initiation.html"""
    at = federated(account, "SAML", mapping=MAPPING, more={"IDPInit": "true"})
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.go(portal(at)), ANA)
    assert claims(tokens(at, screen)["id_token"])["cognito:username"] == f"{CORP}_{ANA[0]}"
    assert "code" in traveller(at).arrives(at).query  # as it may begin at the app


def test_a_sign_in_does_not_begin_at_the_provider_elsewhere(at: App) -> None:
    tokens(at, traveller(at).arrives(at))
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.go(portal(at)), ANA)
    assert (screen.status, screen.location) == (400, "")


@pytest.mark.parametrize("wrong", [{"redirect_uri": "https://evil.example.com"}, {"client_id": "another"}])
def test_a_relay_state_is_held_to_what_an_authorization_request_is(
    account: LocalAccount, wrong: dict[str, str]
) -> None:
    at = federated(account, "SAML", mapping=MAPPING, more={"IDPInit": "true"})
    on_the_way = traveller(at)
    assert "code" in on_the_way.enter(on_the_way.go(portal(at)), ANA).query
    on_the_way = traveller(at)
    screen = on_the_way.enter(on_the_way.go(portal(at, **wrong)), ANA)
    assert (screen.status, screen.location) == (400, "")


def test_aws_is_a_tile_of_the_portal_too(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_relying-party.html"""
    at = federated(account, "SAML", mapping=MAPPING)
    tile = {"sp": "urn:amazon:webservices", "acs": "https://signin.aws.amazon.com/saml"}
    on_the_way = traveller(at)
    address = f"/_idp/example-corp/saml/start?{urlencode(tile)}"
    on_the_way.go(address)
    body = urlencode({"email": ANA[0], "password": ANA[1]})
    to, fields = form_of(on_the_way.send("POST", address, body, FORM)) or ("", {})
    assert to == tile["acs"]
    said = etree.fromstring(base64.b64decode(fields["SAMLResponse"]))
    assert said.findtext(".//saml:Audience", None, NAMES) == tile["sp"]
    assert said.find(".//saml:SubjectConfirmationData", NAMES).get("Recipient") == tile["acs"]
    for wrong in ({"sp": "urn:other"}, {"acs": "https://signin.aws.amazon.com.evil.example.com/saml"}):
        page = on_the_way.go(f"/_idp/example-corp/saml/start?{urlencode(tile | wrong)}")
        assert (page.status, page.location) == (400, "")


# --- encrypted assertions ---------------------------------------------------------------------------------


def test_assertions_are_encrypted_where_the_pool_wants_it(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html"""
    at = federated(account, "SAML", mapping=MAPPING, more={"EncryptedResponses": "true"})
    known = at.pool.admin.describe_identity_provider(UserPoolId=at.pool.id, ProviderName=CORP)
    text = known["IdentityProvider"]["ProviderDetails"]["ActiveEncryptionCertificate"]
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    assert x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string() == f"CN={at.pool.id}"
    on_the_way = traveller(at)
    page = on_the_way.departs(at)
    body = urlencode({"email": ANA[0], "password": ANA[1]})
    _, fields = form_of(on_the_way.send("POST", on_the_way.visited[-1], body, FORM)) or ("", {})
    sent = base64.b64decode(fields["SAMLResponse"])
    assert b"EncryptedAssertion" in sent
    assert b"ana@example.com" not in sent
    identity = claims(tokens(at, on_the_way.enter(page, ANA))["id_token"])
    assert identity["cognito:username"] == f"{CORP}_ana@example.com"
