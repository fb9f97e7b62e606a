"""The stages of federation: providers of a User Pool, linked identities, logins of an Identity Pool."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit import course, provision
from labkit.account import Account, open_account
from labkit.errors import LabError, OAuthError
from labkit.flow import federated_logins, federation, identity_pool, managed_login, user_pool
from labkit.flow.redirect_catcher import RedirectCatcher
from labkit.local.app import LocalApp
from labkit.record import Secret
from labkit.resources import AppClient, IdentityProvider, OAuthTokens, UserPool, UserPoolDomain
from labkit.saml import decode_unverified_request, decode_unverified_response
from labkit.tokens import decode_unverified
from tests.flow.remotely import run

SCOPES = ("openid", "email", "profile")
ANA = {"email": "ana@example.com", "password": "correct-horse-1"}
BEN = {"email": "ben@example.com", "password": "correct-horse-2"}
BENS_SUB = "110293847561029384756"
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with open_account(transport="http") as opened:
        yield opened


@pytest.fixture(scope="module")
def listener() -> Iterator[RedirectCatcher]:
    with RedirectCatcher() as listening:
        yield listening


@pytest.fixture
def pool(account: Account) -> UserPool:
    return user_pool.create_user_pool(account, "federated")


@pytest.fixture
def domain(account: Account, pool: UserPool) -> UserPoolDomain:
    return managed_login.create_user_pool_domain(account, pool, f"federated-{next(_numbers)}")


@pytest.fixture
def corp(account: Account) -> Mapping[str, str | Secret]:
    return course.stand_in(account, "example-corp")


@pytest.fixture
def details(corp: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    given = {name: corp[name] for name in ("client_id", "client_secret", "oidc_issuer")}
    return given | {"attributes_request_method": "GET", "authorize_scopes": "openid email profile"}


@pytest.fixture
def oidc(account: Account, pool: UserPool, details: dict[str, str | Secret]) -> IdentityProvider:
    return federation.create_identity_provider(
        account, pool, "ExampleCorp", "OIDC", details,
        attribute_mapping={"email": "email"}, idp_identifiers=["example.com"],
    )  # fmt: skip


@pytest.fixture
def google(account: Account, pool: UserPool) -> IdentityProvider:
    given = {**course.stand_in(account, "google"), "authorize_scopes": "openid email"}
    return federation.create_identity_provider(
        account, pool, "Google", "Google", given, attribute_mapping={"email": "email"}
    )


@pytest.fixture
def saml(account: Account, pool: UserPool, corp: Mapping[str, str | Secret]) -> IdentityProvider:
    return federation.create_identity_provider(
        account, pool, "Saml", "SAML", {"MetadataURL": corp["saml_metadata"]},
        attribute_mapping={"email": f"{CLAIMS}/emailaddress"},
    )  # fmt: skip


def app_for(account: Account, provider: IdentityProvider, listener: RedirectCatcher) -> AppClient:
    return user_pool.create_user_pool_client(
        account, provider.user_pool, "app", CallbackURLs=[listener.redirect_uri],
        AllowedOAuthFlows=["code"], AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthScopes=SCOPES,
        SupportedIdentityProviders=[provider.name],
    )  # fmt: skip


class Trip:
    """A person's way through a provider, and the app at its end."""

    def __init__(
        self, account: Account, domain: UserPoolDomain, app: AppClient, listener: RedirectCatcher
    ) -> None:
        self.account, self.domain, self.app, self.listener = account, domain, app, listener
        self.browser, self.state = course.Browser(), secrets.token_urlsafe(16)

    def sets_out(self, **parameters: Any) -> Trip:
        back = self.listener.redirect_uri
        self.browser.open(
            managed_login.authorization_url(
                self.domain, self.app, back, scopes=SCOPES, state=self.state, **parameters
            )
        )
        return self

    def arrives(self) -> OAuthTokens:
        code = self.listener.wait(self.state, timeout=5)
        back = self.listener.redirect_uri
        return managed_login.exchange_code(self.account, self.domain, self.app, code, back)

    def claims(self) -> Mapping[str, Any]:
        tokens = self.arrives()
        assert tokens.id_token is not None
        return decode_unverified(tokens.id_token).claims


@pytest.fixture
def trip(account: Account, domain: UserPoolDomain, listener: RedirectCatcher) -> Any:
    def begun(provider: IdentityProvider, **more: str) -> Trip:
        app = app_for(account, provider, listener)
        made = Trip(account, domain, app, listener)
        return made.sets_out(**(more or {"identity_provider": provider.name}))

    return begun


# --- providers --------------------------------------------------------------------------------------------


def test_a_provider_is_described_and_found_by_its_identifier(
    account: Account, oidc: IdentityProvider
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetIdentityProviderByIdentifier.html"""
    assert (oidc.name, oidc.type, oidc.idp_identifiers) == ("ExampleCorp", "OIDC", ("example.com",))
    assert oidc.attribute_mapping == {"username": "sub", "email": "email"}
    assert oidc.details["token_url"].endswith("/_idp/example-corp/token")
    pool = oidc.user_pool
    assert federation.describe_identity_provider(account, pool, "ExampleCorp") == oidc
    assert federation.get_identity_provider_by_identifier(account, pool, "example.com") == oidc
    with pytest.raises(ClientError, match="ResourceNotFoundException") as nowhere:
        federation.get_identity_provider_by_identifier(account, pool, "example.org")
    assert "run again from the first cell" in nowhere.value.__notes__[0]
    with pytest.raises(ClientError, match="DuplicateProviderException") as twice:
        federation.create_identity_provider(
            account, pool, "ExampleCorp", "OIDC", oidc.details, attribute_mapping={}
        )
    assert "run again from the cell that makes the User Pool" in twice.value.__notes__[0]


def test_its_secrets_stand_in_no_record(
    account: Account, pool: UserPool, oidc: IdentityProvider, details: dict[str, str | Secret]
) -> None:
    apple_key = course.stand_in(account, "apple")
    apple = federation.create_identity_provider(
        account, pool, "SignInWithApple", "SignInWithApple", {**apple_key, "authorize_scopes": "email"},
        attribute_mapping={"email": "email"},
    )  # fmt: skip
    described = federation.describe_identity_provider(account, pool, oidc.name)
    calls = [*oidc.calls, *described.calls, *apple.calls]
    shown = f"{oidc.details} {apple.details} {[(call.request, call.response) for call in calls]}"
    for secret in (details["client_secret"], apple_key["private_key"]):
        assert isinstance(secret, Secret)
        assert secret.reveal() not in shown
    assert [call.operation for call in oidc.calls] == ["CreateIdentityProvider"]


def test_addresses_and_names_are_those_to_register(domain: UserPoolDomain, pool: UserPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp.html"""
    assert federation.oidc_redirect_uri(domain) == f"{domain.url}/oauth2/idpresponse"
    assert federation.saml_acs_url(domain) == f"{domain.url}/saml2/idpresponse"
    assert federation.saml_entity_id(pool) == f"urn:amazon:cognito:sp:{pool.id}"


def test_a_provider_goes_and_its_name_is_free_again(
    account: Account, oidc: IdentityProvider, details: dict[str, str | Secret]
) -> None:
    def again() -> IdentityProvider:
        return federation.create_identity_provider(
            account, oidc.user_pool, oidc.name, "OIDC", details, attribute_mapping={}
        )

    with pytest.raises(ClientError, match="DuplicateProviderException"):
        again()
    assert federation.delete_identity_provider(account, oidc).operation == "DeleteIdentityProvider"
    assert again().idp_identifiers == ()


# --- signing in -------------------------------------------------------------------------------------------


def test_a_person_signs_in_by_the_providers_identifier(oidc: IdentityProvider, trip: Any) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html"""
    on_the_way = trip(oidc, idp_identifier="example.com")
    assert on_the_way.browser.page.title == "Example Corp"
    on_the_way.browser.fill(**ANA)
    claims = on_the_way.claims()
    assert claims["cognito:username"] == oidc.username("e-1001")
    assert (claims["email"], "name" in claims) == ("ana@example.com", False)
    (known,) = claims["identities"]
    assert (known["userId"], known["providerName"]) == ("e-1001", "ExampleCorp")


def test_another_mapping_shows_at_the_next_sign_in(
    account: Account, oidc: IdentityProvider, trip: Any
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html

    "By default, mapped email addresses are unverified."
    """
    first = trip(oidc)
    first.browser.fill(**ANA)
    assert first.claims()["email_verified"] is False
    more = {"email": "email", "email_verified": "email_verified", "name": "name"}
    changed = federation.update_identity_provider(account, oidc, attribute_mapping=more)
    assert changed.attribute_mapping == {"username": "sub"} | more
    second = trip(oidc)
    second.browser.fill(**ANA)
    claims = second.claims()
    assert (claims["email_verified"], claims["name"]) == (True, "Ana Reyes")


def test_other_details_take_the_place_of_those_before(
    account: Account, oidc: IdentityProvider, details: dict[str, str | Secret], trip: Any
) -> None:
    trip(oidc).browser.fill(**ANA)
    federation.update_identity_provider(account, oidc, details={**details, "client_secret": "another"})
    on_the_way = trip(oidc)
    on_the_way.browser.fill(**ANA)
    with pytest.raises(OAuthError, match="ExampleCorp Error - 400 invalid_client") as refused:
        on_the_way.arrives()
    assert refused.value.error == "invalid_client"


def test_the_listener_takes_one_sign_in_after_another(oidc: IdentityProvider, trip: Any) -> None:
    refused = trip(oidc)
    refused.browser.fill(**ANA, decision="deny")
    with pytest.raises(OAuthError, match="access_denied"):
        refused.arrives()
    for _ in range(2):
        on_the_way = trip(oidc)
        on_the_way.browser.fill(**ANA)
        assert on_the_way.claims()["cognito:username"] == "ExampleCorp_e-1001"


def test_a_saml_sign_in_can_be_read_on_its_way(
    account: Account, pool: UserPool, domain: UserPoolDomain, saml: IdentityProvider, trip: Any
) -> None:
    on_the_way = trip(saml)
    asked = decode_unverified_request(on_the_way.browser.visits[0].location)
    assert asked.issuer == federation.saml_entity_id(pool)
    assert asked.assertion_consumer_service_url == federation.saml_acs_url(domain)
    response = on_the_way.browser.fill(**ANA).form.fields["SAMLResponse"]
    said = decode_unverified_response(response)
    assert (said.audience, said.recipient) == (asked.issuer, asked.assertion_consumer_service_url)
    assert (said.in_response_to, said.subject) == (asked.id, "ana@example.com")
    assert (said.signed, said.attributes["groups"]) == (("Assertion",), ("staff", "research"))
    on_the_way.browser.fill()
    assert on_the_way.claims()["cognito:username"] == saml.username("ana@example.com")


def test_a_response_of_another_sign_in_is_refused(saml: IdentityProvider, trip: Any) -> None:
    first = trip(saml)
    old = first.browser.fill(**ANA).form.fields["SAMLResponse"]
    first.browser.fill()
    assert first.claims()["email"] == "ana@example.com"
    second = trip(saml)
    second.browser.fill(**ANA)
    second.browser.fill(SAMLResponse=old)
    with pytest.raises(OAuthError, match="InResponseTo is invalid") as refused:
        second.arrives()
    assert (refused.value.endpoint, refused.value.error) == ("/oauth2/authorize", "server_error")


# --- linking ----------------------------------------------------------------------------------------------


def test_a_linked_identity_signs_in_its_user_until_the_link_ends(
    account: Account, pool: UserPool, google: IdentityProvider, trip: Any
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html"""
    user_pool.admin_create_user(account, pool, "ben", {}, MessageAction="SUPPRESS")
    linked = federation.admin_link_provider_for_user(account, google, BENS_SUB, "ben")
    assert linked.operation == "AdminLinkProviderForUser"
    on_the_way = trip(google)
    on_the_way.browser.fill(**BEN)
    claims = on_the_way.claims()
    assert claims["cognito:username"] == "ben"
    assert [known["userId"] for known in claims["identities"]] == [BENS_SUB]
    federation.admin_disable_provider_for_user(account, google, BENS_SUB)
    on_the_way = trip(google)
    on_the_way.browser.fill(**BEN)
    assert on_the_way.claims()["cognito:username"] == google.username(BENS_SUB)
    with pytest.raises(ClientError, match="Merging is not currently supported"):
        federation.admin_link_provider_for_user(account, google, BENS_SUB, "ben")


# --- an Identity Pool takes a provider directly -----------------------------------------------------------


def test_the_keys_of_the_logins_map_are_aws_own() -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html"""
    assert federated_logins.google_logins("t") == {"accounts.google.com": "t"}
    assert federated_logins.apple_logins("t") == {"appleid.apple.com": "t"}
    assert federated_logins.facebook_logins("t") == {"graph.facebook.com": "t"}
    assert federated_logins.amazon_logins("t") == {"www.amazon.com": "t"}
    assert federated_logins.oidc_logins("https://idp.example.com/a", "t") == {"idp.example.com/a": "t"}


@pytest.fixture
def saml_response(corp: Mapping[str, str | Secret]) -> str:
    """What Example Corp posts to AWS."""
    browser = course.Browser()
    tile = "sp=urn:amazon:webservices&acs=https://signin.aws.amazon.com/saml"
    browser.open(f"{corp['saml_portal']}?{tile}")
    return browser.fill(**ANA).form.fields["SAMLResponse"]


def test_googles_token_and_a_saml_response_are_logins(
    account: Account, corp: Mapping[str, str | Secret], saml_response: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html"""
    metadata = course.fetch(str(corp["saml_metadata"]))
    in_iam = federated_logins.create_saml_provider(account, f"corp-{next(_numbers)}", metadata)
    pool = identity_pool.create_identity_pool(
        account, "direct", app_clients=[], allow_guests=False, SamlProviderARNs=[in_iam.arn],
        SupportedLoginProviders={
            federated_logins.GOOGLE: course.stand_in(account, "google")["client_id"]
        },
    )  # fmt: skip
    trust = identity_pool.authenticated_trust(pool)
    role = identity_pool.create_role(account, f"direct-{next(_numbers)}", trust)
    identity_pool.set_identity_pool_roles(account, pool, authenticated=role, unauthenticated=None)
    token = course.google_id_token(account, **BEN)
    by_google = federated_logins.google_logins(token)
    with pytest.raises(ClientError, match="verify signed token"):
        identity_pool.get_id(account, pool, by_google)
    account.tell_issuer_keys("https://accounts.google.com", course.google_keys(account))
    for login in (by_google, federated_logins.saml_logins(in_iam, saml_response)):
        identity = identity_pool.get_id(account, pool, login)
        keys = identity_pool.get_credentials_for_identity(account, identity, login)
        assert f"assumed-role/{role.name}/" in account.client("sts", keys).get_caller_identity()["Arn"]
    assert decode_unverified(token).claims["sub"] == BENS_SUB


def test_notebook_09_leaves_a_real_account_as_it_is(
    remote: LocalApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run("09-federation", monkeypatch)
    assert found.cell["account"].kind == "local"
    assert found.cell["claims_of"](found.cell["tokens"])["email"] == "ana@example.com"
    assert len(found.questions) == 1, "whether to open the account"
    assert found.account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"] == []


# --- the stand-ins ----------------------------------------------------------------------------------------


def test_a_real_account_has_no_stand_ins(account: Account) -> None:
    assert course.stand_in(account, "google")["client_id"]
    with pytest.raises(LabError, match="expected one of google, facebook"):
        course.stand_in(account, "nobody")
    with pytest.raises(LabError, match="AWS cannot reach them"):
        course.stand_in(replace(account, kind="aws"), "google")


def test_what_is_fetched_is_on_this_machine(account: Account) -> None:
    assert "issuer" in course.fetch(f"{account.endpoint}/_idp/google/.well-known/openid-configuration")
    with pytest.raises(LabError, match="is not on this machine"):
        course.fetch("https://accounts.google.com/")


def test_what_iam_keeps_of_providers_is_destroyed_with_the_lab(
    corp: Mapping[str, str | Secret],
) -> None:
    metadata = course.fetch(str(corp["saml_metadata"]))
    with open_account(transport="http", lab="iam-providers") as neighbour:
        by_saml = federated_logins.create_saml_provider(neighbour, "iam-providers", metadata)
        issuer = "https://iam-providers.example.com"
        by_oidc = federated_logins.create_open_id_connect_provider(neighbour, issuer, ["app"])
        gone = {step.id for step in provision.destroy(neighbour).steps}
        assert {by_saml.arn, by_oidc.arn} <= gone
        assert neighbour.ledger.entries == ()
        iam = neighbour.client("iam")
        assert by_saml.arn not in [each["Arn"] for each in iam.list_saml_providers()["SAMLProviderList"]]
