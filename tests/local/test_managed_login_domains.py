"""User pool domains and resource servers: the operations, and the app clients' OAuth settings.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import Pool, app_client, user_pool
from tests.local.managed_login import CALLBACK, CODE, App, app

INVALID, NOT_FOUND = (400, "InvalidParameterException"), (400, "ResourceNotFoundException")


def answered(call: Any, **parameters: Any) -> tuple[int, str]:
    answer = refused(call, **parameters)
    return answer.status, answer.code


@pytest.mark.operation(
    "cognito-idp:CreateUserPoolDomain", refuses=["InvalidParameterException", "ResourceNotFoundException"]
)
@pytest.mark.operation("cognito-idp:DescribeUserPoolDomain", "cognito-idp:DescribeUserPool")
def test_a_domain_belongs_to_one_pool_and_is_named_by_it(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html"""
    pool, other, name = user_pool(account), user_pool(account), account.name("lab")
    made = pool.admin.create_user_pool_domain(Domain=name, UserPoolId=pool.id)
    assert made["ManagedLoginVersion"] == 1
    described = pool.admin.describe_user_pool_domain(Domain=name)["DomainDescription"]
    assert described["UserPoolId"] == pool.id
    assert (described["Domain"], described["Status"]) == (name, "ACTIVE")
    assert pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Domain"] == name
    assert "Domain" not in pool.admin.describe_user_pool(UserPoolId=other.id)["UserPool"]
    taken = refused(pool.admin.create_user_pool_domain, Domain=name, UserPoolId=other.id)
    assert (taken.code, taken.message) == (
        "InvalidParameterException", "Domain already associated with another user pool.",
    )  # fmt: skip
    second = answered(pool.admin.create_user_pool_domain, Domain=account.name("lab"), UserPoolId=pool.id)
    assert second == INVALID
    nowhere = {"Domain": account.name("lab"), "UserPoolId": "us-east-1_000000000"}
    assert answered(pool.admin.create_user_pool_domain, **nowhere) == NOT_FOUND


@pytest.mark.parametrize("name", ["my-aws-app", "amazonas", "cognito-lab", "Lab", "my.lab", "-lab", "lab_1"])
def test_a_domain_prefix_has_a_grammar_and_reserved_words(account: LocalAccount, name: str) -> None:
    """ "You can't use the text aws, amazon, or cognito in the domain prefix."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
    """
    pool, good = user_pool(account), account.name("lab")
    answer = refused(pool.admin.create_user_pool_domain, Domain=name, UserPoolId=pool.id)
    assert (answer.status, answer.code) == INVALID
    if name.islower() and "." not in name and name[0] != "-" and "_" not in name:
        assert answer.message.startswith("Domain cannot contain reserved word: ")
    assert pool.admin.create_user_pool_domain(Domain=good, UserPoolId=pool.id)


@pytest.mark.operation("cognito-idp:CreateUserPoolDomain", refuses="FeatureUnavailableInTierException")
@pytest.mark.operation(
    "cognito-idp:UpdateUserPoolDomain",
    refuses=[
        "FeatureUnavailableInTierException", "InvalidParameterException", "ResourceNotFoundException",
    ],
)  # fmt: skip
def test_managed_login_needs_more_than_the_lite_plan(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolDomain.html"""
    pool, lite = user_pool(account), user_pool(account, UserPoolTier="LITE")
    admin, names = pool.admin, [account.name("lab"), account.name("lab")]
    tier = (400, "FeatureUnavailableInTierException")
    on_lite = {"Domain": names[0], "UserPoolId": lite.id}
    assert answered(admin.create_user_pool_domain, **on_lite, ManagedLoginVersion=2) == tier
    admin.create_user_pool_domain(**on_lite)
    assert answered(admin.update_user_pool_domain, **on_lite, ManagedLoginVersion=2) == tier
    on_pool = {"Domain": names[1], "UserPoolId": pool.id}
    admin.create_user_pool_domain(**on_pool)
    assert admin.update_user_pool_domain(**on_pool, ManagedLoginVersion=2)["ManagedLoginVersion"] == 2
    described = admin.describe_user_pool_domain(Domain=names[1])["DomainDescription"]
    assert described["ManagedLoginVersion"] == 2
    assert answered(admin.update_user_pool_domain, **on_pool, ManagedLoginVersion=3) == INVALID
    foreign = {"Domain": names[0], "UserPoolId": pool.id}
    assert answered(admin.update_user_pool_domain, **foreign, ManagedLoginVersion=1) == NOT_FOUND


@pytest.mark.operation(
    "cognito-idp:CreateUserPoolDomain", "cognito-idp:UpdateUserPoolDomain",
    missing="custom domains; the pages are the account's own in either version",
)  # fmt: skip
def test_custom_domains_are_not_simulated(account: LocalAccount) -> None:
    pool, name = user_pool(account), account.name("lab")
    certificate = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"}
    given = {"Domain": name, "UserPoolId": pool.id}
    for call in (pool.admin.create_user_pool_domain, pool.admin.update_user_pool_domain):
        answer = refused(call, **given, CustomDomainConfig=certificate)
        assert (answer.status, answer.code) == (501, "NotSimulated")
    assert pool.admin.create_user_pool_domain(**given)


@pytest.mark.operation(
    "cognito-idp:DeleteUserPoolDomain", refuses=["InvalidParameterException", "ResourceNotFoundException"]
)
@pytest.mark.operation("cognito-idp:DeleteUserPool", refuses="InvalidParameterException")
def test_a_domain_is_deleted_before_its_pool(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolDomain.html"""
    at = app(account)
    admin, ids = at.pool.admin, {"UserPoolId": at.pool.id}
    username = at.pool.confirmed()
    browser = at.browser()
    at.signed_in(username, browser)
    kept = refused(admin.delete_user_pool, **ids)
    assert (kept.status, kept.code, kept.message) == (
        *INVALID, "User pool cannot be deleted. It has a domain configured that should be deleted first.",
    )  # fmt: skip
    assert answered(admin.delete_user_pool_domain, Domain="another", **ids) == NOT_FOUND
    assert answered(admin.delete_user_pool_domain, Domain="UPPER", **ids) == INVALID
    admin.delete_user_pool_domain(Domain=at.domain, **ids)
    assert admin.describe_user_pool_domain(Domain=at.domain)["DomainDescription"] == {}
    assert browser.open(at.address()).status == 404
    admin.create_user_pool_domain(Domain=at.domain, **ids)
    assert browser.open(at.address()).title.startswith("Sign in"), "the session went with the domain"
    admin.delete_user_pool_domain(Domain=at.domain, **ids)
    admin.delete_user_pool(**ids)


@pytest.mark.unconfirmed
@pytest.mark.operation("cognito-idp:DescribeUserPoolDomain", refuses="InvalidParameterException")
def test_an_unknown_domain_is_described_as_nothing(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolDomain.html"""
    admin = account.client("cognito-idp")
    assert admin.describe_user_pool_domain(Domain="no-such-domain")["DomainDescription"] == {}
    assert answered(admin.describe_user_pool_domain, Domain="No Such Domain") == INVALID


def test_a_domain_answers_at_its_own_host_too(account: LocalAccount) -> None:
    """`https://my-lab.auth.us-east-1.amazoncognito.com`, for whoever brings the name here."""
    at = app(account)
    host = {"Host": f"{at.domain}.auth.us-east-1.amazoncognito.com"}
    path = at.address().removeprefix(at.base)
    reply = account.send("GET", path, headers=host)
    assert reply.status == 302
    assert reply.headers["Location"].startswith("/login?")
    elsewhere = account.send("GET", path, headers={"Host": "nobodys.auth.us-east-1.amazoncognito.com"})
    assert (elsewhere.status, "There is no such domain" in elsewhere.text) == (404, True)


@pytest.mark.operation("cognito-idp:CreateResourceServer", refuses="InvalidParameterException")
@pytest.mark.operation("cognito-idp:DescribeResourceServer", refuses="ResourceNotFoundException")
@pytest.mark.operation(
    "cognito-idp:UpdateResourceServer",
    "cognito-idp:DeleteResourceServer",
    refuses=["InvalidParameterException", "ResourceNotFoundException"],
)
@pytest.mark.operation("cognito-idp:ListResourceServers", refuses="InvalidParameterException")
def test_resource_servers_are_made_changed_listed_and_deleted(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateResourceServer.html"""
    pool = user_pool(account)
    admin, ids = pool.admin, {"UserPoolId": pool.id}
    music, read = ids | {"Identifier": "music"}, {"ScopeName": "read", "ScopeDescription": "Read"}
    made = admin.create_resource_server(**music, Name="Music", Scopes=[read])["ResourceServer"]
    assert made["Scopes"] == [read]
    assert answered(admin.create_resource_server, **music, Name="Music") == INVALID
    admin.create_resource_server(**ids, Identifier="https://photos.example.com", Name="Photos")
    first = admin.list_resource_servers(**ids, MaxResults=1)
    assert [server["Identifier"] for server in first["ResourceServers"]] == ["music"]
    rest = admin.list_resource_servers(**ids, MaxResults=1, NextToken=first["NextToken"])
    assert [server["Name"] for server in rest["ResourceServers"]] == ["Photos"]
    assert answered(admin.list_resource_servers, **ids, MaxResults=5, NextToken="x") == INVALID
    changed = admin.update_resource_server(**music, Name="Songs")["ResourceServer"]
    assert (changed["Name"], changed.get("Scopes")) == ("Songs", None)
    assert admin.describe_resource_server(**music)["ResourceServer"]["Name"] == "Songs"
    admin.delete_resource_server(**music)
    for call, more in (
        (admin.describe_resource_server, {}),
        (admin.update_resource_server, {"Name": "x"}),
        (admin.delete_resource_server, {}),
    ):
        assert answered(call, **music, **more) == NOT_FOUND
        assert answered(call, **ids, Identifier="two words", **more) == INVALID


@pytest.mark.unconfirmed
@pytest.mark.operation("cognito-idp:CreateResourceServer", refuses="InvalidParameterException")
@pytest.mark.parametrize("wrong", [{"Scopes": ["read", "read"]}, {"Identifier": "openid"}])
def test_a_scope_of_a_resource_server_has_a_name_of_its_own(account: LocalAccount, wrong: Any) -> None:
    admin, ids = user_pool(account).admin, {"UserPoolId": user_pool(account).id}
    given = {"Identifier": "music", "Scopes": ["read"]} | wrong
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in given["Scopes"]]
    assert admin.create_resource_server(**ids, Identifier="other", Name="Music", Scopes=scopes[:1])
    named = ids | {"Identifier": given["Identifier"], "Name": "Music"}
    assert answered(admin.create_resource_server, **named, Scopes=scopes) == INVALID


@pytest.fixture(scope="module")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.operation("cognito-idp:UpdateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "settings, text",
    [
        ({"CallbackURLs": ["http://x.example.com/"]}, "http://x.example.com/ cannot use the HTTP protocol."),
        ({"CallbackURLs": ["https://app.example.com/#x"]}, "must not include a fragment"),
        ({"CallbackURLs": ["/callback"]}, "is not a valid URL"),
        ({"CallbackURLs": ["javascript:alert(1)"]}, "is not a valid URL"),
        ({"CallbackURLs": ["https://app.example.com/\r\nSet-Cookie: a=b"]}, "is not a valid URL"),
        ({"LogoutURLs": ["http://app.example.com/"]}, "cannot use the HTTP protocol."),
        ({"DefaultRedirectURI": "https://other.example.com/"}, "DefaultRedirectURI"),
        ({"SupportedIdentityProviders": ["Google"]}, "The provider Google does not exist for User Pool "),
    ],
)  # fmt: skip
def test_addresses_and_providers_of_a_client_are_checked(
    pool: Pool, settings: dict[str, Any], text: str
) -> None:
    """ "Be an absolute URI. … Not include a fragment component. … Amazon Cognito requires HTTPS over HTTP
    except for callback URLs to http://localhost, http://127.0.0.1 and http://[::1]."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    urls = ["https://app.example.com/", "http://localhost:3000/", "http://127.0.0.1:1/", "http://[::1]/"]
    good = CODE | {"CallbackURLs": [*urls, "myapp://example"], "DefaultRedirectURI": urls[0]}
    client = app_client(pool.account, pool.id, **good)
    ids = {"UserPoolId": pool.id, "ClientId": client.client_id}
    assert (
        pool.admin.describe_user_pool_client(**ids)["UserPoolClient"]["CallbackURLs"] == good["CallbackURLs"]
    )
    named = {"UserPoolId": pool.id, "ClientName": "app"}
    for answer in (
        refused(pool.admin.create_user_pool_client, **named, **good | settings),
        refused(pool.admin.update_user_pool_client, **ids, **good | settings),
    ):
        assert pool.admin.update_user_pool_client(**ids, **good)
        assert (answer.code, text in answer.message) == ("InvalidParameterException", True), answer


MACHINE = {
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthScopes": ["photos/read"],
    "GenerateSecret": True,
}


@pytest.mark.operation(
    "cognito-idp:CreateUserPoolClient", refuses=["InvalidOAuthFlowException", "ScopeDoesNotExistException"]
)
@pytest.mark.parametrize(
    "settings, code, text",
    [
        ({"GenerateSecret": False}, "InvalidOAuthFlowException", "does not have a client secret"),
        ({"AllowedOAuthFlows": ["client_credentials", "code"], "CallbackURLs": [CALLBACK]},
         "InvalidOAuthFlowException", "can not be selected along with"),
        ({"AllowedOAuthFlows": ["code"]}, "InvalidOAuthFlowException",
         "CallbackUrls can not be empty when code flow or implicit flow is selected"),
        ({"AllowedOAuthScopes": ["openid"]}, "InvalidOAuthFlowException",
         "openid is not supported with client_credentials flow"),
        ({"AllowedOAuthScopes": ["photos/write"]}, "ScopeDoesNotExistException",
         "Invalid scope requested: photos/write"),
        ({"AllowedOAuthScopes": []}, "InvalidOAuthFlowException", "AllowedOAuthScopes are required"),
    ],
)  # fmt: skip
def test_flows_and_scopes_of_a_client_fit_together(
    account: LocalAccount, settings: dict[str, Any], code: str, text: str
) -> None:
    """ "… you must add client_credentials as the only allowed OAuth flow."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    pool = user_pool(account)
    scope = {"ScopeName": "read", "ScopeDescription": "Read"}
    pool.admin.create_resource_server(UserPoolId=pool.id, Identifier="photos", Name="Photos", Scopes=[scope])
    named = {"UserPoolId": pool.id, "ClientName": "machine"}
    assert pool.admin.create_user_pool_client(**named, **MACHINE)
    answer = refused(pool.admin.create_user_pool_client, **named, **MACHINE | settings)
    assert (answer.status, answer.code, text in answer.message) == (400, code, True), answer


def test_a_client_of_the_api_needs_no_oauth_settings(account: LocalAccount) -> None:
    at: App = app(account)
    plain = at.pool.another_client()
    assert plain.sign_in(at.pool.confirmed())
