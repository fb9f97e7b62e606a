"""/oauth2/authorize and /login: what an app may ask for, and who hears of what is wrong.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.local.accounts import LocalAccount, reached
from tests.local.directories import metadata
from tests.local.managed_login import CALLBACK, SCOPES, SIGNED_OUT, App, app, challenge, claims

VERIFIER = "a-verifier-of-at-least-forty-three-characters"


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """By one way in: what stands at a domain does not depend on it."""
    return reached(served[0], "direct")


@pytest.fixture(scope="module")
def at(account: LocalAccount) -> App:
    return app(account, {"AllowedOAuthFlows": ["code", "implicit"]})


@pytest.fixture(scope="module")
def anna(at: App) -> str:
    return at.pool.confirmed()


def sent(at: App, query: str) -> dict[str, str]:
    """What the app hears of an authorization request, or the parameters of the error page."""
    reply = at.account.send("GET", f"{at.base}/oauth2/authorize?{query}")
    assert reply.status == 302, reply.text
    parts = urlsplit(reply.headers["Location"])
    heard = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return heard | {"at": parts._replace(query="").geturl()}


def test_a_person_without_a_session_comes_to_the_sign_in_page_with_the_same_parameters(at: App) -> None:
    """ "Otherwise, it redirects to the Login endpoint with the same URL parameters"."""
    heard = sent(at, urlencode(at.parameters(nonce="n")))
    assert heard.pop("at") == f"{at.base}/login"
    assert heard == at.parameters(nonce="n")


def test_a_sign_in_returns_a_code_and_the_state(at: App, anna: str) -> None:
    """ "The code and state must be returned in the query string parameters and not in the fragment"."""
    screen = at.signed_in(anna, state="a b&c=d/é")
    assert screen.location.startswith(f"{CALLBACK}?code=")
    assert screen.query["state"] == "a b&c=d/é"
    assert "#" not in screen.location
    assert "state" not in at.signed_in(anna, state=None).query


def test_the_implicit_flow_returns_tokens_in_the_fragment_and_no_refresh_token(at: App, anna: str) -> None:
    """ "A refresh token is never returned in this flow. Token and state are returned in the fragment"."""
    screen = at.signed_in(anna, response_type="token", nonce="n-1")
    assert screen.location.startswith(f"{CALLBACK}#id_token=")
    assert set(screen.fragment) == {"id_token", "access_token", "token_type", "expires_in", "state"}
    assert claims(screen.fragment["id_token"])["nonce"] == "n-1"
    assert at.user_info(screen.fragment["access_token"]).status == 200
    without = at.signed_in(anna, response_type="token", scope="aws.cognito.signin.user.admin")
    assert set(without.fragment) == {"access_token", "token_type", "expires_in", "state"}


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "id_token"}, "invalid_request"),
        ({"code_challenge": challenge(VERIFIER)["code_challenge"]}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        (challenge(VERIFIER) | {"code_challenge_method": "plain"}, "invalid_request"),
        (challenge(VERIFIER) | {"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"scope": "photos/read"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "OpenID"}, "invalid_scope"),
    ],
)
def test_other_errors_are_told_to_the_app(at: App, wrong: dict[str, Any], error: str) -> None:
    """ "If client_id and redirect_uri are valid but there are other problems with the request parameters …,
    the authentication server redirects the error to client's redirect_uri." """
    good = at.parameters(**challenge(VERIFIER))
    assert sent(at, urlencode(good))["at"] == f"{at.base}/login"
    heard = sent(at, urlencode(at.parameters(**wrong)))
    assert heard == {"at": CALLBACK, "error": error, "state": "xyz"}


def test_a_flow_that_the_client_must_not_use_is_told_to_the_app(at: App, account: LocalAccount) -> None:
    """ "… it does not have permission for these requests": unauthorized_client."""
    code_only = at.another()
    assert sent(code_only, urlencode(code_only.parameters()))["at"] == f"{at.base}/login"
    heard = sent(code_only, urlencode(code_only.parameters(response_type="token")))
    assert heard == {"at": CALLBACK, "error": "unauthorized_client", "state": "xyz"}
    off = at.another(AllowedOAuthFlowsUserPoolClient=False)
    assert sent(off, urlencode(off.parameters()))["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://x.org/"},
    ],
)
def test_what_is_wrong_with_client_or_address_is_shown_on_a_page(at: App, wrong: dict[str, Any]) -> None:
    """The page and the error as AWS gave them, `redirect_mismatch` for an address:

    https://github.com/aws/aws-aspnet-cognito-identity-provider/issues/167
    """
    assert sent(at, urlencode(at.parameters()))["at"] == f"{at.base}/login"
    heard = sent(at, urlencode(at.parameters(**wrong)))
    assert heard["at"] == f"{at.base}/error"
    if wrong.get("redirect_uri"):
        assert heard == {"at": heard["at"], "error": "redirect_mismatch", "client_id": at.client_id}
    shown = at.browser().open(at.address(**wrong))
    assert (shown.status, shown.title) == (400, "An error was encountered with the requested page.")


@pytest.mark.unconfirmed
def test_a_parameter_that_comes_twice_counts_for_nothing(at: App) -> None:
    """RFC 6749, section 3.1: "parameters MUST NOT be included more than once"."""
    good = urlencode(at.parameters())
    assert sent(at, good)["at"] == f"{at.base}/login"
    assert sent(at, f"{good}&scope=openid")["error"] == "invalid_request"
    assert sent(at, f"{good}&{urlencode({'redirect_uri': CALLBACK})}")["at"] == f"{at.base}/error"
    assert sent(at, f"{good}&client_id={at.client_id}")["at"] == f"{at.base}/error"


@pytest.mark.unconfirmed
def test_a_state_is_no_json(at: App) -> None:
    """ "You can't set the value of a state parameter to a URL-encoded JSON string. To pass a string that
    matches this format in a state parameter, encode the string to base64". What follows, AWS does not say."""
    for good in ("eyJhIjoxfQ==", "1", "null", "{", '"a"', "[" * 5000):
        assert sent(at, urlencode(at.parameters(state=good)))["at"] == f"{at.base}/login"
    for wrong in ('{"a": 1}', "[1]", "{}"):
        heard = sent(at, urlencode(at.parameters(state=wrong)))
        assert (heard["at"], heard["error"]) == (f"{at.base}/error", "invalid_request")


def test_without_a_wish_the_app_gets_all_of_its_scopes(at: App, anna: str) -> None:
    """ "If the client doesn't request any scopes, the authentication server uses all scopes associated"."""
    assert claims(at.tokens(anna, scope=None)["access_token"])["scope"].split() == SCOPES
    assert claims(at.tokens(anna, scope="openid")["access_token"])["scope"] == "openid"


def test_the_default_redirect_uri_stands_in_where_there_is_one_provider(at: App, anna: str) -> None:
    """ "In app clients with one assigned IdP, replaces redirect_uri in authentication requests."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    two = [CALLBACK, "https://app.example.com/"]
    with_default = at.another(CallbackURLs=two, DefaultRedirectURI=CALLBACK)
    screen = with_default.signed_in(anna, redirect_uri=None)
    assert screen.location.startswith(f"{CALLBACK}?code=")
    without = at.another(CallbackURLs=two)
    assert without.browser().open(without.address(redirect_uri=None)).status == 400


def test_the_only_callback_url_stands_in_where_there_is_one_provider(at: App, anna: str) -> None:
    """ "Your app client has one identity provider assigned and one callback URLs defined. … Requests that
    don't include a redirect_uri parameter redirect to the one available callback URL."

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html
    """
    screen = at.signed_in(anna, redirect_uri=None)
    assert screen.location.startswith(f"{CALLBACK}?code=")
    none = at.another(SupportedIdentityProviders=[])
    assert none.browser().open(none.address(redirect_uri=None)).status == 400


def test_a_session_spares_the_second_sign_in_at_every_client_of_the_pool(at: App, anna: str) -> None:
    """ "… a managed login session cookie" is good "for one hour"."""
    browser, other = at.browser(), at.another()
    at.signed_in(anna, browser)
    for client in (at, other):
        again = browser.open(client.address())
        assert again.location.startswith(f"{CALLBACK}?code="), client
        assert client.exchange(again.query["code"]).status == 200
    assert at.browser().open(at.address()).title.startswith("Sign in")


def test_a_session_of_the_pool_is_none_where_only_others_sign_people_in(at: App, anna: str) -> None:
    """ "… users can only sign in with an IdP that you assigned to their app client."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    browser, without = at.browser(), at.another(SupportedIdentityProviders=[])
    at.signed_in(anna, browser)
    assert "code" in browser.open(at.address()).query
    assert browser.open(without.address()).actions == []
    assert browser.open(without.address(prompt="none")).query["error"] == "login_required"


def test_prompt_decides_whether_a_person_is_asked(at: App, anna: str) -> None:
    """ "none: Amazon Cognito silently continues … If the user isn't already authenticated, the authorization
    server returns a login_required error. login: … users must re-authenticate"."""
    browser = at.browser()
    assert browser.open(at.address(prompt="none")).query == {"error": "login_required", "state": "xyz"}
    at.signed_in(anna, browser)
    assert "code" in browser.open(at.address(prompt="none")).query
    assert browser.open(at.address(prompt="login")).title.startswith("Sign in")
    assert "code" in browser.open(at.address(prompt="select_account")).query, "it is for other providers"
    assert "code" in at.signed_in(anna, browser, prompt="login").query
    assert browser.open(at.address(prompt="login consent")).title.startswith("Sign in")


@pytest.mark.unconfirmed
def test_none_of_prompt_stands_alone(at: App) -> None:
    """OpenID Connect Core 1.0, section 3.1.2.1; what AWS does about others it does not say."""
    assert sent(at, urlencode(at.parameters(prompt="login consent")))["at"] == f"{at.base}/login"
    for wrong in ("none login", "maybe"):
        assert sent(at, urlencode(at.parameters(prompt=wrong)))["error"] == "invalid_request"


def test_the_classic_hosted_ui_has_no_prompt_and_a_change_of_branding_ends_sessions(
    account: LocalAccount,
) -> None:
    """ "Available in the managed login branding version only". "When you switch …, Amazon Cognito doesn't
    maintain user sessions."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    at = app(account)
    browser = at.browser()
    at.signed_in(at.pool.confirmed(), browser)
    assert "code" in browser.open(at.address()).query
    named = {"Domain": at.domain, "UserPoolId": at.pool.id}
    at.pool.admin.update_user_pool_domain(**named, ManagedLoginVersion=2)
    assert "code" in browser.open(at.address()).query, "nothing was switched"
    at.pool.admin.update_user_pool_domain(**named, ManagedLoginVersion=1)
    assert browser.open(at.address()).actions
    assert browser.open(at.address(prompt="none")).actions


def test_signing_in_again_gives_another_session(at: App, anna: str) -> None:
    """ "When a user who has an existing session signs in again, Amazon Cognito assigns them a new session
    cookie." """
    browser = at.browser()
    at.signed_in(anna, browser)
    first = browser.cookies["cognito"]
    at.signed_in(anna, browser, prompt="login")
    assert browser.cookies["cognito"] != first


def test_a_session_ends_after_an_hour(fresh: LocalAccount) -> None:
    """ "Authentication with the session cookie doesn't reset the cookie duration to an additional hour."
    Tokens that are refreshed do not either.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    at = app(fresh)
    anna, browser = at.pool.confirmed(), at.browser()
    at.signed_in(anna, browser)
    fresh.advance(minutes=59)
    assert "code" in browser.open(at.address()).query
    fresh.advance(minutes=1)
    assert browser.open(at.address()).title.startswith("Sign in")


@pytest.mark.unconfirmed
def test_a_session_ends_with_its_user(at: App) -> None:
    """AWS says of changes to a user that they "have no effect on their ability to sign in again with their
    browser cookie", and of disabled and deleted users nothing.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    for act in ("admin_disable_user", "admin_delete_user"):
        berta, browser = at.pool.confirmed(), at.browser()
        at.signed_in(berta, browser)
        assert "code" in browser.open(at.address()).query
        getattr(at.pool.admin, act)(UserPoolId=at.pool.id, Username=berta)
        assert browser.open(at.address()).title.startswith("Sign in")


def test_changes_to_a_user_leave_the_session_alone(at: App) -> None:
    """ "Changes to user attributes or authentication factors have no effect on their ability to sign in again
    with their browser cookie."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    berta, browser = at.pool.confirmed(), at.browser()
    at.signed_in(berta, browser)
    named, admin = {"UserPoolId": at.pool.id, "Username": berta}, at.pool.admin
    changed = [{"Name": "email", "Value": "other@example.com"}]
    admin.admin_update_user_attributes(**named, UserAttributes=changed)
    admin.admin_set_user_password(**named, Password="Another-horse-2", Permanent=True)
    assert "code" in browser.open(at.address()).query


def test_global_sign_out_leaves_the_session_alone(at: App, anna: str) -> None:
    """ "Because managed login session cookies don't expire automatically, your user can re-authenticate with
    a session cookie, with no additional prompt for credentials."

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
    """
    browser = at.browser()
    screen = at.signed_in(anna, browser, scope="openid aws.cognito.signin.user.admin")
    token = at.exchange(screen.query["code"]).json["access_token"]
    at.pool.idp.global_sign_out(AccessToken=token)
    assert at.user_info(token).status == 401
    assert "code" in browser.open(at.address()).query


def test_signing_out_ends_the_session_and_returns_to_the_app(at: App, anna: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html"""
    browser = at.browser()
    at.signed_in(anna, browser)
    stolen = dict(browser.cookies)
    out = browser.open(f"{at.base}/logout?{urlencode({'client_id': at.client_id, 'logout_uri': SIGNED_OUT})}")
    assert out.location == SIGNED_OUT
    assert "cognito" not in browser.cookies
    assert browser.open(at.address()).title.startswith("Sign in")
    browser.cookies = stolen
    assert browser.open(at.address()).title.startswith("Sign in"), "the cookie is worth nothing any more"


@pytest.mark.unconfirmed
def test_a_bad_request_signs_nobody_out(at: App, anna: str) -> None:
    browser = at.browser()
    at.signed_in(anna, browser)
    bad = urlencode({"client_id": at.client_id, "logout_uri": "https://evil.example.com/"})
    assert browser.open(f"{at.base}/logout?{bad}").status == 400
    assert "code" in browser.open(at.address()).query
    good = urlencode({"client_id": at.client_id, "logout_uri": SIGNED_OUT})
    assert browser.open(f"{at.base}/logout?{good}").location == SIGNED_OUT
    assert browser.open(at.address()).actions


def test_signing_out_can_lead_to_the_next_sign_in(at: App, anna: str) -> None:
    """ "… shows the login screen, using the same parameters as for GET /oauth2/authorize"."""
    browser = at.browser()
    at.signed_in(anna, browser)
    screen = browser.open(at.address("/logout"))
    assert screen.title.startswith("Sign in")
    assert "cognito" not in browser.cookies
    both = browser.open(at.address("/logout", logout_uri=SIGNED_OUT))
    assert both.location == SIGNED_OUT, "logout_uri counts where both are given"
    nothing = browser.open(f"{at.base}/logout?{urlencode({'client_id': at.client_id})}")
    assert (nothing.status, nothing.title) == (400, "An error was encountered with the requested page.")


def test_the_next_sign_in_after_signing_out_is_at_the_page(at: App) -> None:
    """ "If you don't include a scope parameter, Amazon Cognito redirects your user to the /login endpoint
    with a scope parameter. … the logout endpoint doesn't support automatic IdP redirect with
    identity_provider or idp_identifier parameters."

    https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    """
    address = at.address("/logout", scope=None, identity_provider="Google", nonce="n")
    reply = at.account.send("GET", address)
    heard = {name: value for name, (value,) in parse_qs(urlsplit(reply.headers["Location"]).query).items()}
    assert heard == at.parameters(scope=" ".join(SCOPES), nonce="n")
    assert at.browser().open(address).title.startswith("Sign in")


def test_a_provider_may_be_named_that_the_client_has(at: App) -> None:
    """ "For Amazon Cognito user pools, use the value COGNITO." """
    assert at.browser().open(at.address(identity_provider="COGNITO")).title.startswith("Sign in")


@pytest.mark.unconfirmed
def test_a_provider_that_the_client_has_not_is_an_invalid_request(at: App) -> None:
    """ "… users can only sign in with an IdP that you assigned to their app client."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    assert sent(at, urlencode(at.parameters(identity_provider="COGNITO")))["at"] == f"{at.base}/login"
    for wrong in ({"identity_provider": "Google"}, {"idp_identifier": "example.com"}):
        assert sent(at, urlencode(at.parameters(**wrong)))["error"] == "invalid_request"


ADFS = "https://adfs.example.com/sso"


@pytest.mark.parametrize("parameter", [{"identity_provider": "ADFS"}, {"idp_identifier": "example.com"}])
def test_another_provider_is_found_by_name_and_by_identifier(account: LocalAccount, parameter: Any) -> None:
    """ "… to redirect to a provider with an alternative name for the identity_provider name." """
    at = app(account)
    at.pool.admin.create_identity_provider(
        UserPoolId=at.pool.id, ProviderName="ADFS", ProviderType="SAML", IdpIdentifiers=["example.com"],
        ProviderDetails={"MetadataFile": metadata("adfs", "https://adfs.example.com", ADFS)},
    )  # fmt: skip
    client = at.another(SupportedIdentityProviders=["COGNITO", "ADFS"])
    links = client.browser().open(client.address()).links
    assert "identity_provider=ADFS" in links["Continue with ADFS"]
    shown = client.browser().open(client.address(**parameter))
    assert shown.location.startswith(f"{ADFS}?SAMLRequest=")
    assert (
        client.browser().open(client.address(prompt="none", **parameter)).query["error"] == "login_required"
    )
    assert "code" not in at.browser().open(at.address(**parameter)).query, "not this client's"


def test_a_login_hint_fills_in_the_username(at: App) -> None:
    """ "A username prompt that you want to pass to the authorization server." """
    screen = at.browser().open(at.address(login_hint='anna"><b>'))
    assert 'value="anna&#34;&gt;&lt;b&gt;"' in screen.reply.text


def test_a_page_says_that_it_is_in_no_other_language(account: LocalAccount) -> None:
    """ "The language that you want to display user-interactive pages in. Managed login pages can be
    localized, but hosted UI (classic) pages can't." """
    at = app(account)

    def says(**more: str) -> bool:
        return "is not simulated" in at.browser().open(at.address(**more)).reply.text

    assert (says(), says(lang="en"), says(lang="de"), says(lang="pt-BR")) == (False, False, True, True)
    assert "<b>" not in at.browser().open(at.address(lang="<b>")).reply.text
    named = {"Domain": at.domain, "UserPoolId": at.pool.id}
    at.pool.admin.update_user_pool_domain(**named, ManagedLoginVersion=1)
    assert not says(lang="de")


def test_a_client_without_the_pool_as_provider_offers_no_sign_in(at: App, anna: str) -> None:
    """SupportedIdentityProviders "sets the IdPs that managed login will display on the login page".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    assert at.browser().open(at.address()).actions
    without = at.another(SupportedIdentityProviders=[])
    screen = without.browser().open(without.address())
    assert (screen.actions, "Login option is not available" in screen.reply.text) == ([], True)


@pytest.mark.parametrize("wrong", ["http://api.example.com", "api", "https://api.example.com/#x"])
def test_a_resource_becomes_the_audience_of_the_access_token(at: App, anna: str, wrong: str) -> None:
    """ "… validates that the value is a URL and sets the audience of the resulting access token"."""
    made = at.tokens(anna, resource="https://api.example.com")
    assert claims(made["access_token"])["aud"] == "https://api.example.com"
    assert claims(made["id_token"])["aud"] == at.client_id
    refreshed = at.post(
        "/oauth2/token", grant_type="refresh_token", client_id=at.client_id,
        refresh_token=made["refresh_token"],
    ).json  # fmt: skip
    assert claims(refreshed["access_token"])["aud"] == "https://api.example.com"
    assert sent(at, urlencode(at.parameters(resource=wrong)))["error"] == "invalid_request"


@pytest.mark.parametrize("step_up", [{"acr_values": "urn:cognito:loa:3"}, {"max_age": "60"}])
def test_step_up_authentication_is_not_simulated(at: App, step_up: dict[str, str]) -> None:
    """An app that asks for a level, and gets tokens without a word of it, would think that it has it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
    """
    assert at.browser().open(at.address()).status == 200
    for path in ("/oauth2/authorize", "/login"):
        reply = at.account.send("GET", at.address(path, **step_up))
        assert (reply.status, "does not simulate" in reply.text) == (501, True)
        assert next(iter(step_up)) in reply.text


def test_a_lite_plan_ignores_a_wish_for_a_level(account: LocalAccount) -> None:
    """ "The managed login authorize endpoint silently ignores acr_values and proceeds with normal
    authentication, without an error."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
    """
    at = app(account)
    step_up = {"acr_values": "urn:cognito:loa:3"}
    assert at.account.send("GET", at.address(**step_up)).status == 501
    named = {"UserPoolId": at.pool.id}
    at.pool.admin.update_user_pool_domain(**named, Domain=at.domain, ManagedLoginVersion=1)
    at.pool.admin.update_user_pool(**named, UserPoolTier="LITE")
    assert at.browser().open(at.address(**step_up)).title.startswith("Sign in")


def test_the_pool_names_its_endpoints_once_it_has_a_domain(at: App, account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html"""
    document = account.send("GET", f"/{at.pool.id}/.well-known/openid-configuration").json
    assert document["issuer"].endswith(at.pool.id)
    assert document["token_endpoint"] == f"{account.endpoint}{at.base}/oauth2/token"
    assert document["userinfo_endpoint"].endswith("/oauth2/userInfo")
    pool_without = account.client("cognito-idp").create_user_pool(PoolName="bare")["UserPool"]["Id"]
    assert (
        "token_endpoint" not in account.send("GET", f"/{pool_without}/.well-known/openid-configuration").json
    )


@pytest.mark.parametrize(
    "method, path", [("POST", "/oauth2/authorize"), ("GET", "/oauth2/token"), ("PUT", "/login")]
)
def test_an_endpoint_has_its_methods(at: App, method: str, path: str) -> None:
    """ "The /oauth2/authorize endpoint only supports HTTPS GET", the token endpoint POST."""
    reply = at.account.send(method, f"{at.base}{path}")
    assert (reply.status, reply.headers["Allow"]) == (
        405,
        {"/oauth2/authorize": "GET", "/oauth2/token": "POST"}.get(path, "GET, POST"),
    )
    assert at.account.send("GET", f"{at.base}/no/such/page").status == 404
    assert at.account.send("HEAD", at.address("/login")).status == 200
