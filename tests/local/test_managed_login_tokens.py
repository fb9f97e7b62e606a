"""/oauth2/token, /oauth2/userInfo and /oauth2/revoke: tokens for apps, and what they are good for.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
"""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from labkit.local.app import LocalApp
from labkit.local.server import Server
from tests.local.accounts import LocalAccount, Reply, reached, refused
from tests.local.managed_login import App, app, challenge, claims
from tests.local.test_user_pool_triggers import arn

ADMIN = "aws.cognito.signin.user.admin"
BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    """By one way in: what stands at a domain does not depend on it."""
    return reached(served[0], "direct")


@pytest.fixture(scope="module")
def at(account: LocalAccount) -> App:
    return app(account)


@pytest.fixture(scope="module")
def confidential(at: App) -> App:
    return at.another(GenerateSecret=True)


@pytest.fixture(scope="module")
def anna(at: App) -> str:
    return at.pool.confirmed()


def refresh(at: App, token: str, **more: str) -> Reply:
    given = {"grant_type": "refresh_token", "client_id": at.client_id, "refresh_token": token}
    return at.post("/oauth2/token", **given | more)


def error(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["error"]


def test_a_code_becomes_an_id_an_access_and_a_refresh_token(
    at: App, anna: str, account: LocalAccount
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html"""
    made = at.tokens(anna, nonce="n-1")
    assert set(made) == {"id_token", "access_token", "refresh_token", "token_type", "expires_in"}
    assert (made["token_type"], made["expires_in"]) == ("Bearer", 3600)
    keys = jwt.PyJWKSet.from_dict(account.send("GET", f"/{at.pool.id}/.well-known/jwks.json").json)
    kid = jwt.get_unverified_header(made["id_token"])["kid"]
    identity = jwt.decode(
        made["id_token"], keys[kid], ["RS256"], audience=at.client_id, options={"verify_iat": False}
    )
    access = claims(made["access_token"])
    assert (identity["nonce"], identity["cognito:username"], identity["token_use"]) == ("n-1", anna, "id")
    assert (access["client_id"], access["scope"], access["version"]) == (at.client_id, "openid email", 2)
    assert identity["origin_jti"] == access["origin_jti"]
    assert "aud" not in access


def test_the_id_token_is_tied_to_the_access_token_beside_it(at: App, anna: str) -> None:
    """`at_hash`: https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken

    AWS has it among the claims of the ID token:
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
    """
    from authlib.oidc.core.util import create_half_hash

    made = at.tokens(anna)
    assert claims(made["id_token"])["at_hash"] == create_half_hash(made["access_token"], "RS256").decode()


def test_without_openid_there_is_no_id_token(at: App, anna: str) -> None:
    """ "An ID token is only returned if openid scope is requested." """
    made = at.tokens(anna, scope=ADMIN)
    assert set(made) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert "id_token" not in refresh(at, made["refresh_token"]).json
    assert "id_token" in at.tokens(anna, scope=f"openid {ADMIN}")


def test_the_api_takes_only_tokens_of_its_own_scope(at: App, anna: str) -> None:
    """ "The access token can be only used against Amazon Cognito User Pools if aws.cognito.signin.user.admin
    scope is requested." """
    good = at.tokens(anna, scope=f"openid {ADMIN}")["access_token"]
    assert at.pool.idp.get_user(AccessToken=good)["Username"] == anna
    bad = at.tokens(anna, scope="openid email")["access_token"]
    answer = refused(at.pool.idp.get_user, AccessToken=bad)
    assert (answer.code, answer.message) == (
        "NotAuthorizedException", "Access Token does not have required scopes",
    )  # fmt: skip


def test_a_refresh_token_gives_new_tokens_with_the_same_scopes(at: App, anna: str) -> None:
    """ "The token endpoint returns a refresh token only when the grant_type is authorization_code." """
    made = at.tokens(anna)
    again = refresh(at, made["refresh_token"])
    assert (again.status, set(again.json)) == (200, {"id_token", "access_token", "token_type", "expires_in"})
    assert claims(again.json["access_token"])["scope"] == "openid email"
    by_api = at.pool.another_client().refresh  # a refresh token belongs to one client
    assert refused(by_api, refresh_token=made["refresh_token"]).code == "NotAuthorizedException"


@pytest.mark.unconfirmed
def test_a_refreshed_id_token_is_of_the_same_sign_in(at: App, anna: str) -> None:
    """OpenID Connect Core 1.0, section 12.2."""
    made = at.tokens(anna, nonce="n-1")
    first = claims(made["id_token"])
    second = claims(refresh(at, made["refresh_token"]).json["id_token"])
    assert (first["nonce"], second.get("nonce")) == ("n-1", None)
    for name in ("iss", "sub", "aud", "auth_time", "origin_jti"):
        assert second[name] == first[name]
    assert second["jti"] != first["jti"]


def test_refresh_tokens_of_the_api_and_of_the_domain_are_the_same(at: App, anna: str) -> None:
    """ "Users who signed in with … InitiateAuth … can refresh their tokens with the token endpoint when
    remembered devices is not active"."""
    by_api = at.pool.sign_in(anna)
    reply = refresh(at, by_api["RefreshToken"])
    assert reply.status == 200
    assert claims(reply.json["access_token"])["scope"] == ADMIN
    made = at.tokens(anna)
    renewed = at.pool.refresh(made["refresh_token"])["AuthenticationResult"]
    assert claims(renewed["AccessToken"])["scope"] == "openid email"


def test_rotation_gives_a_new_refresh_token_each_time(at: App, anna: str) -> None:
    """ "When refresh token rotation is active, the token endpoint returns a new refresh token." It "is valid
    for the remaining duration of the original refresh token."

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
    """
    settings = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    rotating = at.another(RefreshTokenRotation=settings, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    first = rotating.tokens(anna)["refresh_token"]
    reply = refresh(rotating, first)
    assert reply.status == 200
    assert error(refresh(rotating, first)) == (400, "invalid_grant")
    assert refresh(rotating, reply.json["refresh_token"]).status == 200


@pytest.mark.unconfirmed
def test_a_client_that_must_not_refresh_does_not(at: App, anna: str) -> None:
    """ "unauthorized_client: Client is not allowed for code grant flow or for refreshing tokens."

    By what setting, AWS does not say; here it is the one of the API, ALLOW_REFRESH_TOKEN_AUTH.
    """
    without = at.another(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    made = without.tokens(anna)
    assert error(refresh(without, made["refresh_token"])) == (400, "unauthorized_client")
    assert refresh(at, at.tokens(anna)["refresh_token"]).status == 200


@pytest.mark.parametrize(
    "form, code",
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "no-such-code"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "a.b.c.d.e"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_what_the_token_endpoint_refuses(at: App, anna: str, form: dict[str, str], code: str) -> None:
    """ "HTTP/1.1 400 Bad Request … "error":"invalid_request|invalid_client|invalid_grant|unauthorized_client|
    unsupported_grant_type" """
    assert at.exchange(at.code(anna)).status == 200
    reply = at.post("/oauth2/token", client_id=at.client_id, **form)
    assert error(reply) == (400, code)
    assert reply.headers["Cache-Control"].startswith("no-cache, no-store")


def test_a_client_proves_its_secret_by_basic_or_in_the_form(confidential: App, anna: str) -> None:
    """ "If the client was issued a secret, the client must pass its client_id and client_secret"."""
    at, secret = confidential, str(confidential.pool.client_secret)
    assert at.exchange(at.code(anna), at.basic()).status == 200
    assert at.exchange(at.code(anna), client_id=at.client_id, client_secret=secret).status == 200
    assert error(at.exchange(at.code(anna), at.basic("wrong"))) == (400, "invalid_client")


def test_a_machine_gets_an_access_token_for_custom_scopes(at: App) -> None:
    """ "If the client doesn't request any scopes, the authentication server uses all custom scopes"."""
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
    at.pool.admin.create_resource_server(
        UserPoolId=at.pool.id, Identifier="music", Name="Music", Scopes=scopes
    )
    machine = at.another(
        AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["music/read", "music/write"],
        CallbackURLs=[], GenerateSecret=True,
    )  # fmt: skip

    def asked(**form: str) -> Reply:
        return machine.post("/oauth2/token", machine.basic(), grant_type="client_credentials", **form)

    reply = asked(scope="music/read")
    assert set(reply.json) == {"access_token", "token_type", "expires_in"}
    said = claims(reply.json["access_token"])
    assert (said["sub"], said["client_id"], said["scope"]) == (
        machine.client_id, machine.client_id, "music/read",
    )  # fmt: skip
    assert claims(asked().json["access_token"])["scope"] == "music/read music/write"
    # https://repost.aws/questions/QUnhrxb08MRJaH7hIRtUnCKA/oauth-password-grant-type-with-cognito
    assert error(asked(scope="openid")) == (400, "invalid_scope")
    assert refused(at.pool.idp.get_user, AccessToken=reply.json["access_token"]).code == (
        "NotAuthorizedException"
    )


@pytest.mark.unconfirmed
def test_a_machines_token_is_bound_to_no_resource(account: LocalAccount) -> None:
    """ "You can't request a resource binding with client-credentials M2M grants." How that is refused, AWS
    does not say.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
    """
    machine, _ = with_scopes(account, AllowedOAuthFlows=["client_credentials"], GenerateSecret=True)
    form = {"grant_type": "client_credentials", "scope": "music/read"}
    made = machine.post("/oauth2/token", machine.basic(), **form)
    assert "aud" not in claims(made.json["access_token"])
    bound = machine.post("/oauth2/token", machine.basic(), **form, resource="https://api.example.com")
    assert error(bound) == (400, "invalid_request")


def with_scopes(account: LocalAccount, **settings: Any) -> tuple[App, Any]:
    """An app client for the scopes of a resource server, and what changes the server's scopes."""
    at = app(account)
    ids = {"UserPoolId": at.pool.id, "Identifier": "music", "Name": "Music"}

    def offer(*names: str) -> None:
        scopes = [{"ScopeName": name, "ScopeDescription": name} for name in names]
        at.pool.admin.update_resource_server(**ids, Scopes=scopes)

    at.pool.admin.create_resource_server(**ids)
    offer("read", "write")
    return at.another(**{"AllowedOAuthScopes": ["music/read", "music/write"]} | settings), offer


def test_a_scope_that_a_resource_server_has_no_more_is_in_no_token(account: LocalAccount) -> None:
    """ "Amazon Cognito doesn't add inactive scopes to access tokens, but otherwise proceeds as normal if your
    app requests one. If you add the scope to your resource server again later, then Amazon Cognito again
    writes it to the access token. If you request a scope that you haven't associated with your app client, …
    authentication fails."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
    """
    at, offer = with_scopes(account)
    machine = at.another(
        AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["music/read", "music/write"],
        GenerateSecret=True,
    )  # fmt: skip
    anna, both = at.pool.confirmed(), "music/read music/write"
    kept = at.tokens(anna, scope=both)["refresh_token"]

    def written(scope: str) -> list[str]:
        form = {"grant_type": "client_credentials", "scope": scope}
        replies = [
            at.exchange(at.code(anna, scope=scope)),
            refresh(at, kept),
            machine.post("/oauth2/token", machine.basic(), **form),
        ]
        return [claims(reply.json["access_token"])["scope"] for reply in replies]

    assert written(both) == [both] * 3
    offer("read")
    assert written(both) == ["music/read"] * 3
    offer("read", "write")
    assert written(both) == [both] * 3
    at.pool.admin.delete_resource_server(UserPoolId=at.pool.id, Identifier="music")
    assert claims(refresh(at, kept).json["access_token"])["scope"] == ""
    assert at.browser().open(at.address(scope="music/sing")).query["error"] == "invalid_scope"


def test_a_function_for_machines_tokens_is_not_simulated(account: LocalAccount) -> None:
    """LambdaVersion V3_0 alone hears of client credentials:

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
    """
    config = {"LambdaArn": arn(account, "machines"), "LambdaVersion": "V3_0"}
    scope = [{"ScopeName": "read", "ScopeDescription": "Read"}]
    for settings, status in (({}, 200), ({"LambdaConfig": {"PreTokenGenerationConfig": config}}, 501)):
        at = app(account, **settings)
        at.pool.admin.create_resource_server(
            UserPoolId=at.pool.id, Identifier="api", Name="API", Scopes=scope
        )
        machine = at.another(
            AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["api/read"], GenerateSecret=True
        )
        reply = machine.post("/oauth2/token", machine.basic(), grant_type="client_credentials")
        assert (reply.status, reply.json.get("error")) == (status, "NotSimulated" if settings else None)


def test_custom_scopes_are_for_users_too(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html"""
    at = app(account)
    scope = {"ScopeName": "read", "ScopeDescription": "Read"}
    at.pool.admin.create_resource_server(
        UserPoolId=at.pool.id, Identifier="https://api.example.com", Name="API", Scopes=[scope]
    )
    allowed = at.another(AllowedOAuthScopes=["openid", "https://api.example.com/read"])
    made = allowed.tokens(at.pool.confirmed(), scope=None)
    assert claims(made["access_token"])["scope"] == "openid https://api.example.com/read"


@pytest.mark.parametrize(
    "scope, names",
    [
        ("openid", {"email", "email_verified", "name", "phone_number", "custom:team", "nickname"}),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number"}),
        ("openid profile", {"name", "nickname", "custom:team"}),
        ("openid email phone", {"email", "email_verified", "phone_number"}),
    ],
)
def test_scopes_open_the_claims_of_user_info_and_of_the_id_token(
    account: LocalAccount, scope: str, names: set[str]
) -> None:
    """ "openid: Returns a response that contains all the user attributes that the app client can read." The
    addresses come with their verification, profile with custom attributes."""
    at = app(
        account, {"ReadAttributes": _readable()}, Schema=[{"Name": "team", "AttributeDataType": "String"}]
    )
    attributes = [
        {"Name": "email", "Value": "anna@example.com"}, {"Name": "name", "Value": "Anna"},
        {"Name": "phone_number", "Value": "+12065550100"}, {"Name": "nickname", "Value": "A"},
        {"Name": "custom:team", "Value": "red"}, {"Name": "email_verified", "Value": "true"},
        {"Name": "locale", "Value": "de"},
    ]  # fmt: skip
    anna, admin = account.name("anna"), at.pool.admin
    ids = {"UserPoolId": at.pool.id, "Username": anna}
    admin.admin_create_user(**ids, UserAttributes=attributes, MessageAction="SUPPRESS")
    admin.admin_set_user_password(**ids, Password="Correct-horse-1", Permanent=True)
    made = at.tokens(anna, scope=scope)
    shown = at.user_info(made["access_token"])
    assert set(shown.json) == {"sub", "username"} | names
    assert (shown.json["username"], shown.json.get("email_verified", "true")) == (anna, "true")
    assert {n for n in claims(made["id_token"]) if n in {a["Name"] for a in attributes}} == names


def _readable() -> list[str]:
    verified = ["email_verified", "phone_number_verified"]
    return ["email", "name", "phone_number", "nickname", "custom:team", *verified]


def test_a_client_that_cannot_read_a_scopes_attributes_gets_no_tokens_for_it(at: App, anna: str) -> None:
    """ "… your app requests the email scope and your app client can read the email attribute, but not
    email_verified": invalid_grant."""
    blind = at.another(ReadAttributes=["email"])
    assert error(blind.exchange(blind.code(anna, scope="openid email"))) == (400, "invalid_grant")
    seeing = at.another(ReadAttributes=["email", "email_verified"])
    assert seeing.exchange(seeing.code(anna, scope="openid email")).status == 200


@pytest.mark.unconfirmed
def test_user_info_answers_post_too(at: App, anna: str) -> None:
    """OpenID Connect Core 1.0, section 5.3.1; AWS's page has GET alone."""
    token = at.tokens(anna)["access_token"]
    for method in ("GET", "POST"):
        assert at.user_info(token, method).json["email"] == f"{anna}@example.com"


def test_user_info_says_what_is_wrong_in_www_authenticate(at: App, anna: str) -> None:
    """The header and its texts are the page's own."""
    token = at.tokens(anna)["access_token"]
    assert at.user_info(token).status == 200
    missing = at.account.send("GET", f"{at.base}/oauth2/userInfo")
    assert (missing.status, missing.headers["WWW-Authenticate"]) == (
        400, 'error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"',
    )  # fmt: skip
    bad = at.user_info(f"{token}x")
    assert (bad.status, bad.headers["WWW-Authenticate"]) == (
        401,
        f'error="invalid_token", error_description="{BAD_TOKEN}"',
    )


@pytest.mark.unconfirmed
def test_user_info_wants_the_scope_openid(at: App, anna: str) -> None:
    """ "The openid scope must be one of the access token claims"; InitiateAuth's tokens have none. With which
    error, AWS does not say."""
    assert at.user_info(at.tokens(anna)["access_token"]).status == 200
    for token in (at.tokens(anna, scope=ADMIN)["access_token"], at.pool.sign_in(anna)["AccessToken"]):
        assert error(at.user_info(token)) == (401, "invalid_token")


def test_revocation_ends_the_refresh_token_and_its_access_tokens(at: App, anna: str) -> None:
    """ "… invalidates all of the access tokens generated by the specified refresh token." """
    made, other = at.tokens(anna), at.tokens(anna)
    reply = at.post("/oauth2/revoke", client_id=at.client_id, token=made["refresh_token"])
    assert (reply.status, reply.body) == (200, b"")
    assert error(refresh(at, made["refresh_token"])) == (400, "invalid_grant")
    assert at.user_info(made["access_token"]).status == 401
    assert at.user_info(other["access_token"]).status == 200
    unknown = at.post("/oauth2/revoke", client_id=at.client_id, token="a.b.c.d.e")
    assert unknown.status == 200, "HTTP 200 … if the client submitted an invalid token"


@pytest.mark.parametrize("case", ["no token", "an access token", "wrong secret", "switched off"])
def test_what_revocation_refuses(at: App, anna: str, case: str) -> None:
    """ "HTTP 400 and error invalid_request is returned if the token is not present in the request or if the
    feature is disabled … unsupported_token_type … HTTP 401 and error invalid_client"."""
    client = at.another(GenerateSecret=True, EnableTokenRevocation=case != "switched off")
    made = client.exchange(client.code(anna), client.basic()).json
    form = {"token": made["access_token" if case == "an access token" else "refresh_token"]}
    header = client.basic("wrong" if case == "wrong secret" else None)
    expected = {
        "no token": (400, "invalid_request"),
        "an access token": (400, "unsupported_token_type"),
        "wrong secret": (401, "invalid_client"),
        "switched off": (400, "invalid_request"),
    }[case]
    reply = client.post("/oauth2/revoke", header, **({} if case == "no token" else form))
    assert error(reply) == expected
    good = at.another(GenerateSecret=True)
    token = good.exchange(good.code(anna), good.basic()).json["refresh_token"]
    assert good.post("/oauth2/revoke", good.basic(), token=token).status == 200


def test_web_pages_of_any_origin_may_ask_for_tokens(at: App, anna: str) -> None:
    """ "The token endpoint returns Access-Control-Allow-Origin: * response headers." """
    reply = at.exchange(at.code(anna))
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"):
        asked = at.account.send("OPTIONS", f"{at.base}{path}", headers={"Origin": "https://app.example.com"})
        assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (200, "*")
        assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in at.account.send("GET", at.address("/login")).headers


def test_a_function_changes_the_tokens_of_the_domain_too(account: LocalAccount) -> None:
    """`TokenGeneration_HostedAuth`: "Called during authentication from the … sign-in page."

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
    """
    at = app(account, LambdaConfig={"PreTokenGeneration": arn(account, "tokens")})
    seen: list[str] = []

    def generate(event: dict[str, Any], _: Any) -> dict[str, Any]:
        seen.append(event["triggerSource"])
        event["response"] = {"claimsOverrideDetails": {"claimsToAddOrOverride": {"team": "red"}}}
        return event

    account.app.state.functions[arn(account, "tokens")] = generate
    made = at.tokens(at.pool.confirmed())
    assert claims(made["id_token"])["team"] == "red"
    assert claims(refresh(at, made["refresh_token"]).json["id_token"])["team"] == "red"
    assert seen == ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"]


@pytest.mark.unconfirmed
def test_a_function_that_fails_is_an_invalid_grant(account: LocalAccount) -> None:
    at = app(account, LambdaConfig={"PreTokenGeneration": arn(account, "moody")})
    moods = iter([None, ValueError("not today")])

    def generate(event: dict[str, Any], _: Any) -> dict[str, Any]:
        if mood := next(moods):
            raise mood
        return event

    account.app.state.functions[arn(account, "moody")] = generate
    anna = at.pool.confirmed()
    assert at.exchange(at.code(anna)).status == 200
    assert error(at.exchange(at.code(anna))) == (400, "invalid_grant")


def test_the_code_flow_with_pkce_needs_the_verifier(at: App, anna: str) -> None:
    """RFC 7636; "Amazon Cognito authentication server supports only S256"."""
    verifier = "v" * 43
    code = at.code(anna, **challenge(verifier))
    assert at.exchange(code, code_verifier=verifier).status == 200
