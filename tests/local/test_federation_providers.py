"""Identity providers of a user pool.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, Refusal, refused
from tests.local.directories import metadata
from tests.local.federation import details, provider
from tests.local.managed_login import App, app

INVALID = "InvalidParameterException"


@pytest.fixture
def at(account: LocalAccount) -> App:
    return app(account)


def create(at: App, kind: str, name: str = "", **more: Any) -> Any:
    given = {"ProviderDetails": details(at.account, kind)} | more
    return at.pool.admin.create_identity_provider(
        UserPoolId=at.pool.id, ProviderName=name or ("Corp" if kind in ("OIDC", "SAML") else kind),
        ProviderType=kind, **given,
    )["IdentityProvider"]  # fmt: skip


@pytest.mark.operation("cognito-idp:CreateIdentityProvider")
@pytest.mark.operation("cognito-idp:DescribeIdentityProvider")
@pytest.mark.parametrize(
    ("kind", "added"),
    [
        ("Facebook", ["https://www.facebook.com/v17.0/dialog/oauth", "https://graph.facebook.com/v17.0/oauth/access_token"]),
        ("Google", ["https://accounts.google.com/o/oauth2/v2/auth", "https://www.googleapis.com/oauth2/v4/token"]),
        ("LoginWithAmazon", ["https://www.amazon.com/ap/oa", "https://api.amazon.com/auth/o2/token"]),
        ("SignInWithApple", ["https://appleid.apple.com/auth/authorize", "https://appleid.apple.com/auth/token"]),
    ],
)  # fmt: skip
def test_a_social_provider_is_described_with_its_addresses(at: App, kind: str, added: list[str]) -> None:
    create(at, kind)
    known = at.pool.admin.describe_identity_provider(UserPoolId=at.pool.id, ProviderName=kind)[
        "IdentityProvider"
    ]
    assert [known["ProviderDetails"][name] for name in ("authorize_url", "token_url")] == added
    assert known["ProviderType"] == kind
    assert "private_key" not in known["ProviderDetails"]


@pytest.mark.operation("cognito-idp:CreateIdentityProvider")
def test_the_endpoints_of_an_issuer_are_found_by_discovery(at: App) -> None:
    known = create(at, "OIDC")["ProviderDetails"]
    there = known["oidc_issuer"]
    assert known["authorize_url"] == f"{there}/authorize"
    assert (known["token_url"], known["attributes_url"]) == (f"{there}/token", f"{there}/userinfo")
    assert (known["jwks_uri"], known["attributes_url_add_attributes"]) == (f"{there}/jwks.json", "false")


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("Google", {"client_id": ""}),
        ("Google", {"client_secret": ""}),
        ("Facebook", {"authorize_scopes": ""}),
        ("SignInWithApple", {"private_key": ""}),
        ("OIDC", {"attributes_request_method": "PUT"}),
        ("OIDC", {"authorize_scopes": "email"}),
        ("OIDC", {"oidc_issuer": "http://idp.example.com"}),
        ("OIDC", {"token_url": "ftp://idp.example.com"}),
        ("SAML", {"IDPInit": "perhaps"}),
        ("SAML", {"RequestSigningAlgorithm": "rsa-sha1"}),
        ("SAML", {"MetadataFile": "<EntityDescriptor/>"}),
        ("SAML", {"MetadataFile": "no XML"}),
    ],
)  # fmt: skip
@pytest.mark.unconfirmed
def test_details_that_cannot_work_are_refused(at: App, kind: str, wrong: dict[str, str]) -> None:
    good = details(at.account, kind)
    answer = refused(create, at=at, kind=kind, ProviderDetails=good | wrong)
    assert (answer.status, answer.code) == (400, INVALID)
    assert create(at, kind, ProviderDetails=good)


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="InvalidParameterException")
def test_saml_needs_metadata(at: App) -> None:
    """https://github.com/hashicorp/terraform-provider-aws/issues/4815"""
    assert create(at, "SAML")
    answer = refused(create, at=at, kind="SAML", name="Other", ProviderDetails={"IDPInit": "true"})
    text = "At least one of the MetadataURL or MetadataFile should be provided."
    assert answer == Refusal(400, INVALID, text)


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="InvalidParameterException")
def test_metadata_that_are_not_there_are_said_to_be_missing(at: App) -> None:
    """https://github.com/aws-solutions/aws-data-lake-solution/issues/31"""
    url = details(at.account, "SAML")["MetadataURL"]
    assert create(at, "SAML")["ProviderDetails"]["SSORedirectBindingURI"] == url.replace("/metadata", "/sso")
    answer = refused(create, at=at, kind="SAML", name="Other", ProviderDetails={"MetadataURL": f"{url}/none"})
    assert answer.message == f"Non-ok status code 400 returned from remote metadata source {url}/none"


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="InvalidParameterException")
def test_an_expired_certificate_is_refused(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html"""
    at = app(fresh)
    given = {"MetadataFile": metadata("expiring", "https://idp.example.com")}
    assert create(at, "SAML", ProviderDetails=given)
    fresh.advance(days=400)
    assert refused(create, at=at, kind="SAML", name="Other", ProviderDetails=given).code == INVALID


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="InvalidParameterException")
def test_a_social_provider_has_the_name_of_its_type(at: App) -> None:
    """https://github.com/aws/aws-cli/issues/3179"""
    assert create(at, "Google")
    answer = refused(create, at=at, kind="Google", name="NameOfGP")
    assert answer == Refusal(400, INVALID, "Provider NameOfGP cannot be of type Google.")
    assert refused(create, at=at, kind="OIDC", name="Facebook").code == INVALID


@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_attributes_are_mapped_to_those_of_the_pool(at: App) -> None:
    assert create(at, "OIDC", AttributeMapping={"email": "email"})["AttributeMapping"] == {
        "email": "email", "username": "sub",
    }  # fmt: skip
    for name in ("custom:none", "sub", "identities"):
        answer = refused(create, at=at, kind="SAML", name="Other", AttributeMapping={name: "x"})
        assert (answer.status, answer.code) == (400, INVALID)


@pytest.mark.operation("cognito-idp:GetIdentityProviderByIdentifier", refuses="ResourceNotFoundException")
def test_a_provider_is_found_by_each_of_its_identifiers(at: App) -> None:
    """ "Identifiers are friendly names that you can pass in the idp_identifier query parameter".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
    """
    get = at.pool.admin.get_identity_provider_by_identifier
    create(at, "OIDC", IdpIdentifiers=["example.com", "corp"])
    found = get(UserPoolId=at.pool.id, IdpIdentifier="corp")["IdentityProvider"]
    assert (found["ProviderName"], found["UserPoolId"]) == ("Corp", at.pool.id)
    answer = refused(get, UserPoolId=at.pool.id, IdpIdentifier="Corp")
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")


@pytest.mark.unconfirmed
@pytest.mark.operation("cognito-idp:CreateIdentityProvider", refuses="DuplicateProviderException")
def test_an_identifier_names_one_provider(at: App) -> None:
    create(at, "OIDC", IdpIdentifiers=["example.com", "corp"])
    answer = refused(create, at=at, kind="SAML", name="Other", IdpIdentifiers=["corp"])
    assert (answer.status, answer.code) == (400, "DuplicateProviderException")


@pytest.mark.operation("cognito-idp:UpdateIdentityProvider", refuses="InvalidParameterException")
def test_an_update_changes_what_it_names(at: App) -> None:
    create(at, "OIDC", IdpIdentifiers=["corp"], AttributeMapping={"email": "email"})
    update = at.pool.admin.update_identity_provider
    given = {"UserPoolId": at.pool.id, "ProviderName": "Corp"}
    changed = update(**given, AttributeMapping={"name": "name"})["IdentityProvider"]
    assert changed["AttributeMapping"] == {"name": "name", "username": "sub"}
    assert (changed["IdpIdentifiers"], changed["ProviderType"]) == (["corp"], "OIDC")
    assert changed["ProviderDetails"]["client_id"] == details(at.account, "OIDC")["client_id"]
    assert update(**given, IdpIdentifiers=["corp", "other"])
    assert refused(update, **given, ProviderDetails={"client_id": "x"}).code == INVALID


@pytest.mark.operation("cognito-idp:ListIdentityProviders")
@pytest.mark.operation("cognito-idp:DeleteIdentityProvider")
def test_providers_are_listed_in_pages_until_they_are_deleted(at: App) -> None:
    names = ["Corp1", "Corp2", "Corp3"]
    for name in names:
        provider(at, "OIDC", name)
    first = at.pool.admin.list_identity_providers(UserPoolId=at.pool.id, MaxResults=2)
    rest = at.pool.admin.list_identity_providers(UserPoolId=at.pool.id, NextToken=first["NextToken"])
    assert [known["ProviderName"] for known in first["Providers"] + rest["Providers"]] == names
    at.pool.admin.delete_identity_provider(UserPoolId=at.pool.id, ProviderName="Corp2")
    left = at.pool.admin.list_identity_providers(UserPoolId=at.pool.id)["Providers"]
    assert [known["ProviderName"] for known in left] == ["Corp1", "Corp3"]


@pytest.mark.operation(
    "cognito-idp:CreateIdentityProvider",
    "cognito-idp:UpdateIdentityProvider",
    missing="AcrMapping; what is not on this machine",
)
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("OIDC", {"AcrMapping": {"Level1": "low"}}),
        ("OIDC", {"AttributeMapping": {"username": "email"}}),
        ("SAML", {"ProviderDetails": {"MetadataURL": "https://idp.example.com/metadata"}}),
    ],
)
def test_what_is_not_simulated_is_said_to_be_so(at: App, kind: str, more: dict[str, Any]) -> None:
    assert create(at, kind)
    answer = refused(create, at=at, kind=kind, name="Other", **more)
    assert (answer.status, answer.code) == (501, "NotSimulated")
    given = {"UserPoolId": at.pool.id, "ProviderName": "Corp"}
    answer = refused(at.pool.admin.update_identity_provider, **given, **more)
    assert (answer.status, answer.code) == (501, "NotSimulated")
