"""ID, access and refresh tokens: what is in them, how long they are good, and what is refused.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.local.accounts import LocalAccount, Refusal, anybody_here, refused, role
from tests.local.directory import PASSWORD, Pool, app_client, claims_of, tampered, user_pool


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def jwks(pool: Pool) -> dict[str, Any]:
    return dict(pool.account.send("GET", f"/{pool.id}/.well-known/jwks.json").json)


def verified(pool: Pool, token: str, **checks: Any) -> dict[str, Any]:
    """The claims, once PyJWT has verified the signature with the pool's own key."""
    key = jwt.PyJWKSet.from_dict(jwks(pool)).keys[0]
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": key.key_id}
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False}, **checks)


COMMON = {"sub", "iss", "event_id", "auth_time", "origin_jti", "jti", "exp", "iat", "token_use"}


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_the_id_token_has_exactly_these_claims(pool: Pool) -> None:
    name = pool.confirmed()
    claims = verified(pool, pool.sign_in(name)["IdToken"])
    assert set(claims) == COMMON | {"aud", "cognito:username", "email", "email_verified"}
    found = pool.admin.admin_get_user(UserPoolId=pool.id, Username=name)["UserAttributes"]
    assert claims["sub"] == {a["Name"]: a["Value"] for a in found}["sub"]
    assert claims["iss"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert (claims["aud"], claims["token_use"]) == (pool.client_id, "id")
    assert (claims["cognito:username"], claims["email"]) == (name, f"{name}@example.com")
    assert claims["email_verified"] is True


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_the_access_token_has_exactly_these_claims(pool: Pool) -> None:
    name = pool.confirmed()
    tokens = pool.sign_in(name)
    claims = verified(pool, tokens["AccessToken"])
    assert set(claims) == COMMON | {"client_id", "username", "scope"}
    assert (claims["client_id"], claims["username"]) == (pool.client_id, name)
    assert (claims["token_use"], claims["scope"]) == ("access", "aws.cognito.signin.user.admin")
    identity = verified(pool, tokens["IdToken"])
    for shared in ("sub", "iss", "event_id", "auth_time", "origin_jti", "iat"):
        assert claims[shared] == identity[shared]
    assert claims["jti"] != identity["jti"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_a_client_without_revocation_leaves_origin_jti_out(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html"""
    name, plain = pool.confirmed(), pool.another_client(EnableTokenRevocation=False)
    assert "origin_jti" in claims_of(pool.sign_in(name)["AccessToken"])
    assert "origin_jti" not in claims_of(plain.sign_in(name)["AccessToken"])


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_the_client_sees_the_attributes_that_it_may_read(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    name = pool.account.name("learner")
    given = {"email": f"{name}@example.com", "nickname": "ace", "address": "1 Main St", "updated_at": "5"}
    pool.sign_up(name, UserAttributes=[{"Name": k, "Value": v} for k, v in given.items()])
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username=name)
    claims = claims_of(pool.sign_in(name)["IdToken"])
    assert (claims["nickname"], claims["updated_at"]) == ("ace", 5)
    assert claims["address"] == {"formatted": "1 Main St"}
    narrow = pool.another_client(ReadAttributes=["email"])
    seen = claims_of(narrow.sign_in(name)["IdToken"])
    assert "email" in seen
    assert "nickname" not in seen


def in_group(pool: Pool, name: str, group: str, precedence: int | None, arn: str | None) -> None:
    given: dict[str, Any] = {"Precedence": precedence} if precedence is not None else {}
    given |= {"RoleArn": arn} if arn else {}
    pool.admin.create_group(UserPoolId=pool.id, GroupName=group, **given)
    pool.admin.admin_add_user_to_group(UserPoolId=pool.id, Username=name, GroupName=group)


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:UpdateGroup")
def test_groups_show_in_both_tokens_and_their_roles_in_the_id_token(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html"""
    pool = user_pool(account)
    name, reader, writer = pool.confirmed(), *(role(account, anybody_here(account)) for _ in range(2))
    in_group(pool, name, "readers", 5, reader)
    in_group(pool, name, "writers", 1, writer)
    in_group(pool, name, "others", None, None)
    tokens = pool.sign_in(name)
    claims, access = claims_of(tokens["IdToken"]), claims_of(tokens["AccessToken"])
    assert sorted(claims["cognito:groups"]) == ["others", "readers", "writers"]
    assert sorted(access["cognito:groups"]) == ["others", "readers", "writers"]
    assert sorted(claims["cognito:roles"]) == sorted([reader, writer])
    assert claims["cognito:preferred_role"] == writer
    assert "cognito:roles" not in access
    pool.admin.update_group(UserPoolId=pool.id, GroupName="readers", Precedence=1, RoleArn=reader)
    tied = claims_of(pool.sign_in(name)["IdToken"])
    assert "cognito:preferred_role" not in tied
    assert sorted(tied["cognito:roles"]) == sorted([reader, writer])


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.parametrize(
    "settings, access, identity",
    [
        ({}, 3600, 3600),
        ({"AccessTokenValidity": 2, "IdTokenValidity": 3}, 7200, 10800),
        (
            {
                "AccessTokenValidity": 5, "IdTokenValidity": 600,
                "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "seconds"},
            },
            300, 600,
        ),
        (
            {
                "AccessTokenValidity": 1, "IdTokenValidity": 24,
                "TokenValidityUnits": {"AccessToken": "days", "IdToken": "hours"},
            },
            86400, 86400,
        ),
    ],
)  # fmt: skip
def test_the_client_sets_how_long_tokens_live(
    pool: Pool, settings: dict[str, Any], access: int, identity: int
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""
    tokens = pool.another_client(**settings).sign_in(pool.confirmed())
    assert tokens["ExpiresIn"] == access
    for name, seconds in (("AccessToken", access), ("IdToken", identity)):
        claims = claims_of(tokens[name])
        assert claims["exp"] - claims["iat"] == seconds


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "settings",
    [
        {"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}},
        {"IdTokenValidity": 25, "TokenValidityUnits": {"IdToken": "hours"}},
        {"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}},
        {"RefreshTokenValidity": 3651},
    ],
)
def test_lifetimes_outside_the_limits_are_refused(pool: Pool, settings: dict[str, Any]) -> None:
    """The same page: 5 minutes to 1 day; refresh tokens 60 minutes to 10 years."""
    assert pool.another_client(RefreshTokenValidity=3650).client_id
    answer = refused(pool.another_client, **settings)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


#: Operations that an access token authorises, with harmless parameters.
AUTHORISED: dict[str, tuple[str, dict[str, Any]]] = {
    "GetUser": ("get_user", {}),
    "ChangePassword": ("change_password", {"PreviousPassword": PASSWORD, "ProposedPassword": PASSWORD}),
    "UpdateUserAttributes": (
        "update_user_attributes", {"UserAttributes": [{"Name": "nickname", "Value": "ace"}]},
    ),
    "DeleteUserAttributes": ("delete_user_attributes", {"UserAttributeNames": ["nickname"]}),
    "GetUserAttributeVerificationCode": (
        "get_user_attribute_verification_code", {"AttributeName": "email"},
    ),
    "GlobalSignOut": ("global_sign_out", {}),
    "DeleteUser": ("delete_user", {}),
}  # fmt: skip


def use(pool: Pool, case: str, token: str) -> Any:
    operation, parameters = AUTHORISED[case]
    return getattr(pool.idp, operation)(AccessToken=token, **parameters)


def refusal(pool: Pool, case: str, token: str) -> tuple[str, str]:
    answer: Refusal = refused(lambda: use(pool, case, token))
    assert answer.status == 400
    return answer.code, answer.message


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:ChangePassword",
    "cognito-idp:DeleteUser",
    "cognito-idp:DeleteUserAttributes",
    "cognito-idp:GetUser",
    "cognito-idp:GetUserAttributeVerificationCode",
    "cognito-idp:GlobalSignOut",
    "cognito-idp:UpdateUserAttributes",
    refuses="NotAuthorizedException",
)
@pytest.mark.parametrize("case", AUTHORISED)
def test_only_a_good_access_token_of_this_pool_authorises(
    account: LocalAccount, pool: Pool, case: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pools-API-operations.html"""
    name = pool.confirmed()
    tokens = pool.sign_in(name)
    access = tokens["AccessToken"]
    forged = jwt.encode(claims_of(access), "x" * 32, headers={"kid": jwks(pool)["keys"][0]["kid"]})
    unsigned = jwt.encode(claims_of(access), "", algorithm="none")
    elsewhere = user_pool(account)
    foreign = elsewhere.sign_in(elsewhere.confirmed())["AccessToken"]
    bad = {
        "the ID token": tokens["IdToken"],
        "the refresh token": tokens["RefreshToken"],
        "tampered": tampered(access, username="root"),
        "moved to another pool": tampered(access, iss=claims_of(foreign)["iss"]),
        "another algorithm": forged,
        "no algorithm": unsigned,
        "no token": "a.b.c",
        "cut off": access[:-10],
    }
    for token in bad.values():
        code, _ = refusal(pool, case, token)
        assert code == "NotAuthorizedException"
    assert use(pool, case, access)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetUser", refuses="NotAuthorizedException")
def test_an_expired_access_token_is_refused_by_every_operation(fresh: LocalAccount) -> None:
    pool = user_pool(fresh)
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    fresh.advance(minutes=59, seconds=30)
    assert use(pool, "GetUser", token)["Username"]
    fresh.advance(seconds=30)
    for case in AUTHORISED:
        assert refusal(pool, case, token) == ("NotAuthorizedException", "Access Token has expired")


@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth")
def test_get_user_tells_who_the_token_is(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html"""
    name = pool.confirmed()
    answer = pool.idp.get_user(AccessToken=pool.sign_in(name)["AccessToken"])
    assert answer["Username"] == name
    attributes = {a["Name"]: a["Value"] for a in answer["UserAttributes"]}
    assert attributes["email"] == f"{name}@example.com"
    assert attributes["email_verified"] == "true"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:UpdateUserAttributes", refuses="InvalidParameterException")
def test_an_immutable_attribute_cannot_be_changed(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    schema = [
        {"Name": "badge", "AttributeDataType": "String", "Mutable": False},
        {"Name": "team", "AttributeDataType": "String", "Mutable": True},
    ]
    pool = user_pool(account, {"WriteAttributes": ["email", "custom:badge", "custom:team"]}, Schema=schema)
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    change = pool.idp.update_user_attributes
    assert change(AccessToken=token, UserAttributes=[{"Name": "custom:team", "Value": "red"}])
    for name in ("custom:badge", "sub", "custom:shoe"):
        answer = refused(change, AccessToken=token, UserAttributes=[{"Name": name, "Value": "x"}])
        assert answer.code == "InvalidParameterException"


# --- signing out ------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:GlobalSignOut")
@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_global_sign_out_revokes_every_sign_in(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html"""
    name, other = pool.confirmed(), pool.confirmed()
    first, second, spared = pool.sign_in(name), pool.sign_in(name), pool.sign_in(other)
    assert use(pool, "GetUser", second["AccessToken"])
    pool.idp.global_sign_out(AccessToken=first["AccessToken"])
    for tokens in (first, second):
        assert refusal(pool, "GetUser", tokens["AccessToken"]) == (
            "NotAuthorizedException", "Access Token has been revoked",
        )  # fmt: skip
        answer = refused(pool.refresh, refresh_token=tokens["RefreshToken"])
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Refresh Token has been revoked")
    assert use(pool, "GetUser", spared["AccessToken"])
    assert use(pool, "GetUser", pool.sign_in(name)["AccessToken"])


@pytest.mark.operation("cognito-idp:AdminUserGlobalSignOut", "cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:GetUser", refuses="NotAuthorizedException")
def test_an_administrator_can_sign_a_user_out(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUserGlobalSignOut.html"""
    name = pool.confirmed()
    tokens = pool.sign_in(name)
    assert use(pool, "GetUser", tokens["AccessToken"])
    pool.admin.admin_user_global_sign_out(UserPoolId=pool.id, Username=name)
    assert refusal(pool, "GetUser", tokens["AccessToken"])[1] == "Access Token has been revoked"


@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_disabling_a_user_ends_every_sign_in_for_good(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html"""
    for by_sub in (False, True):
        name = pool.confirmed()
        tokens = pool.sign_in(name)
        assert use(pool, "GetUser", tokens["AccessToken"])
        assert pool.refresh(tokens["RefreshToken"])
        known_as = claims_of(tokens["IdToken"])["sub"] if by_sub else name
        pool.admin.admin_disable_user(UserPoolId=pool.id, Username=known_as)
        assert refusal(pool, "GetUser", tokens["AccessToken"])[1] == "User is disabled."
        pool.admin.admin_enable_user(UserPoolId=pool.id, Username=name)
        assert refusal(pool, "GetUser", tokens["AccessToken"])[1] == "Access Token has been revoked"
        answer = refused(pool.refresh, refresh_token=tokens["RefreshToken"])
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Refresh Token has been revoked")
        assert use(pool, "GetUser", pool.sign_in(name)["AccessToken"])


@pytest.mark.operation("cognito-idp:RevokeToken")
@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_revoke_token_ends_one_sign_in_and_what_came_of_it(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html"""
    name = pool.confirmed()
    lost, kept = pool.sign_in(name), pool.sign_in(name)
    later = pool.refresh(lost["RefreshToken"])["AuthenticationResult"]["AccessToken"]
    pool.idp.revoke_token(Token=lost["RefreshToken"], ClientId=pool.client_id)
    for token in (lost["AccessToken"], later):
        assert refusal(pool, "GetUser", token)[1] == "Access Token has been revoked"
    assert refused(pool.refresh, refresh_token=lost["RefreshToken"]).code == "NotAuthorizedException"
    assert use(pool, "GetUser", kept["AccessToken"])
    assert pool.refresh(kept["RefreshToken"])


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RevokeToken",
    refuses=["UnauthorizedException", "UnsupportedOperationException", "UnsupportedTokenTypeException"],
)
def test_revoke_token_takes_refresh_tokens_of_its_own_client_only(pool: Pool) -> None:
    """The same page: UnsupportedTokenTypeException, UnsupportedOperationException, UnauthorizedException."""
    name = pool.confirmed()
    tokens, other = pool.sign_in(name), pool.another_client()
    revoke = pool.idp.revoke_token
    answer = refused(revoke, Token=tokens["AccessToken"], ClientId=pool.client_id)
    assert answer.code == "UnsupportedTokenTypeException"
    revoke(Token=tokens["RefreshToken"], ClientId=other.client_id)  # RFC 7009, section 2.2: no error
    assert pool.refresh(tokens["RefreshToken"])
    unable = pool.another_client(EnableTokenRevocation=False)
    kept = unable.sign_in(name)["RefreshToken"]
    answer = refused(revoke, Token=kept, ClientId=unable.client_id)
    assert answer.code == "UnsupportedOperationException"
    secret = pool.another_client(GenerateSecret=True)
    given = {"Token": tokens["RefreshToken"], "ClientId": secret.client_id}
    assert refused(revoke, ClientSecret="w" * 32, **given).code == "UnauthorizedException"
    assert refused(revoke, **given).code == "UnauthorizedException"
    assert revoke(ClientSecret=secret.client_secret, **given)


# --- refreshing -------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:GetUser", "cognito-idp:InitiateAuth")
def test_a_refresh_gives_new_tokens_and_keeps_when_the_user_signed_in(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    (auth_time is when authentication occurred)"""
    pool = user_pool(fresh)
    tokens = pool.sign_in(pool.confirmed())
    fresh.advance(hours=2)
    again = pool.refresh(tokens["RefreshToken"])["AuthenticationResult"]
    assert "RefreshToken" not in again
    for kind in ("IdToken", "AccessToken"):
        old, new = claims_of(tokens[kind]), claims_of(again[kind])
        assert new["auth_time"] == old["auth_time"]
        assert new["origin_jti"] == old["origin_jti"]
        assert 7200 <= new["iat"] - old["iat"] < 7260
        assert new["jti"] != old["jti"]
    assert pool.idp.get_user(AccessToken=again["AccessToken"])


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_a_refresh_token_expires_as_the_client_says(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    (RefreshTokenValidity: 30 days where nothing is set)"""
    pool = user_pool(fresh)
    name = pool.confirmed()
    short = pool.another_client(RefreshTokenValidity=2, TokenValidityUnits={"RefreshToken": "hours"})
    two_hours, month = short.sign_in(name)["RefreshToken"], pool.sign_in(name)["RefreshToken"]
    fresh.advance(hours=1, minutes=59)
    assert short.refresh(two_hours)
    fresh.advance(minutes=1)
    answer = refused(short.refresh, refresh_token=two_hours)
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Refresh Token has expired")
    fresh.advance(days=29)
    assert pool.refresh(month)
    fresh.advance(days=1)
    assert refused(pool.refresh, refresh_token=month).message == "Refresh Token has expired"


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_refresh_token_belongs_to_its_client_and_its_user(account: LocalAccount, pool: Pool) -> None:
    name = pool.confirmed()
    token = pool.sign_in(name)["RefreshToken"]
    assert pool.refresh(token)
    for client in (pool.another_client().client_id, user_pool(account).client_id):
        answer = refused(pool.refresh, refresh_token=token, client_id=client)
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Invalid Refresh Token")
    assert refused(pool.refresh, refresh_token=token[:-3]).message == "Invalid Refresh Token"
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username=name)
    assert refused(pool.refresh, refresh_token=token).message == "User is disabled."
    pool.admin.admin_enable_user(UserPoolId=pool.id, Username=name)
    token = pool.sign_in(name)["RefreshToken"]
    assert pool.refresh(token)


@pytest.mark.operation(
    "cognito-idp:GetTokensFromRefreshToken",
    "cognito-idp:InitiateAuth",
    refuses=["NotAuthorizedException", "UserNotFoundException"],
)
@pytest.mark.unconfirmed
def test_a_deleted_users_refresh_token_says_who_is_gone_unless_the_client_hides_it(pool: Pool) -> None:
    """As AWS said it of InitiateAuth: https://github.com/aws-amplify/aws-sdk-android/issues/366"""
    discreet = pool.another_client(PreventUserExistenceErrors="ENABLED")
    for client, code in ((pool, "UserNotFoundException"), (discreet, "NotAuthorizedException")):
        name = pool.confirmed()
        token, renew = client.sign_in(name)["RefreshToken"], client.idp.get_tokens_from_refresh_token
        assert client.refresh(token)
        assert renew(ClientId=client.client_id, RefreshToken=token)
        pool.admin.admin_delete_user(UserPoolId=pool.id, Username=name)
        answer = refused(client.refresh, refresh_token=token)
        assert (answer.status, answer.code) == (400, code)
        answer = refused(renew, ClientId=client.client_id, RefreshToken=token)
        assert (answer.status, answer.code) == (400, code)


@pytest.mark.operation("cognito-idp:DeleteUser", "cognito-idp:InitiateAuth")
@pytest.mark.unconfirmed
def test_a_deleted_users_access_token_is_of_no_use_even_when_the_name_returns(pool: Pool) -> None:
    name = pool.confirmed()
    token = pool.sign_in(name)["AccessToken"]
    assert pool.idp.delete_user(AccessToken=token)
    assert refusal(pool, "GetUser", token)[0] == "UserNotFoundException"
    pool.confirmed(name)
    assert refusal(pool, "GetUser", token)[0] == "UserNotFoundException"


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
@pytest.mark.unconfirmed
def test_a_deleted_users_refresh_token_does_not_serve_a_new_user_of_that_name(pool: Pool) -> None:
    name = pool.confirmed()
    token = pool.sign_in(name)["RefreshToken"]
    assert pool.refresh(token)
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username=name)
    pool.confirmed(name)
    assert refused(pool.refresh, refresh_token=token).code == "UserNotFoundException"


# --- key sets ---------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_each_pool_publishes_its_own_key(account: LocalAccount, pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html"""
    other = user_pool(account)
    (one,), (two,) = jwks(pool)["keys"], jwks(other)["keys"]
    assert set(one) == {"alg", "e", "kid", "kty", "n", "use"}
    assert (one["alg"], one["kty"], one["use"]) == ("RS256", "RSA", "sig")
    assert one["kid"] != two["kid"]
    assert one["n"] != two["n"]
    token = other.sign_in(other.confirmed())["IdToken"]
    assert verified(other, token)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, jwt.PyJWKSet.from_dict(jwks(pool)).keys[0], options={"verify_aud": False})


@pytest.mark.parametrize("document", ["jwks.json", "openid-configuration"])
def test_an_unknown_pool_has_no_documents(pool: Pool, document: str) -> None:
    known = pool.account.send("GET", f"/{pool.id}/.well-known/{document}")
    assert (known.status, known.headers["Content-Type"]) == (200, "application/json")
    answer = pool.account.send("GET", f"/us-east-1_NoSuchPool/.well-known/{document}")
    assert answer.status == 404
    assert "us-east-1_NoSuchPool" in answer.json["message"]


def test_the_discovery_document_leads_to_the_keys(pool: Pool) -> None:
    """OpenID Connect Discovery 1.0, section 4"""
    found = pool.account.send("GET", f"/{pool.id}/.well-known/openid-configuration").json
    assert found["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert pool.account.send("GET", found["jwks_uri"]).json == jwks(pool)


@pytest.mark.operation("cognito-idp:DeleteUserPool")
@pytest.mark.operation(
    "cognito-idp:CreateUserPoolClient", "cognito-idp:InitiateAuth", refuses="ResourceNotFoundException"
)
def test_a_client_of_a_deleted_pool_is_gone(account: LocalAccount) -> None:
    pool = user_pool(account)
    calls: list[Callable[[], Any]] = [lambda: pool.sign_in("anna"), lambda: app_client(account, pool.id)]
    pool.sign_in(pool.confirmed("anna"))
    assert app_client(account, pool.id).client_id
    pool.admin.delete_user_pool(UserPoolId=pool.id)
    for call in calls:
        assert refused(call).code == "ResourceNotFoundException"
    assert account.send("GET", f"/{pool.id}/.well-known/jwks.json").status == 404
    assert pool.id not in account.app.state.user_pools._pools


# --- the pool and its clients -----------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:DescribeUserPoolClient")
@pytest.mark.operation("cognito-idp:UpdateUserPoolClient", refuses="ResourceNotFoundException")
def test_an_update_of_a_client_resets_what_it_leaves_out(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
    ("If you don't provide a value for an attribute, Amazon Cognito sets it to its default value.")"""
    client = pool.another_client(
        WriteAttributes=["email"], AccessTokenValidity=2, EnableTokenRevocation=False, GenerateSecret=True
    )
    ids = {"UserPoolId": pool.id, "ClientId": client.client_id}
    made = pool.admin.describe_user_pool_client(**ids)["UserPoolClient"]
    assert (made["WriteAttributes"], made["AccessTokenValidity"]) == (["email"], 2)
    answer = pool.admin.update_user_pool_client(RefreshTokenValidity=5, **ids)["UserPoolClient"]
    after = pool.admin.describe_user_pool_client(**ids)["UserPoolClient"]
    assert after == answer
    assert (after["RefreshTokenValidity"], after["EnableTokenRevocation"]) == (5, True)
    assert not {"WriteAttributes", "AccessTokenValidity", "ExplicitAuthFlows"} & set(after)
    kept = ("ClientName", "ClientSecret", "ClientId")
    assert [after[name] for name in kept] == [made[name] for name in kept]
    other = refused(pool.admin.update_user_pool_client, UserPoolId=pool.id, ClientId="nosuchclient")
    assert other.code == "ResourceNotFoundException"


@pytest.mark.operation("cognito-idp:DeleteUserPool", refuses="InvalidParameterException")
def test_a_protected_pool_is_not_deleted(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
    (DeletionProtection)"""
    pool = user_pool(account, DeletionProtection="ACTIVE")
    answer = refused(pool.admin.delete_user_pool, UserPoolId=pool.id)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert "deletion protection is activated" in answer.message
    assert pool.sign_up()
    pool.admin.update_user_pool(UserPoolId=pool.id, DeletionProtection="INACTIVE")
    assert pool.admin.delete_user_pool(UserPoolId=pool.id)


@pytest.mark.operation(
    "cognito-idp:AdminConfirmSignUp",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDeleteUserAttributes",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminInitiateAuth",
    "cognito-idp:AdminResetUserPassword",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:GetCSVHeader",
    "cognito-idp:ListUsers",
    "cognito-idp:UpdateUserPoolClient",
    refuses="ResourceNotFoundException",
)
def test_a_pool_is_known_in_its_own_region_only(account: LocalAccount, pool: Pool) -> None:
    """https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html: each Region has its endpoint"""
    own, name, reset = pool.admin, pool.sign_up(), pool.confirmed()
    other = account.client("cognito-idp", region="eu-west-1")
    ids = {"UserPoolId": pool.id}
    auth: dict[str, Any] = ids | {"ClientId": pool.client_id, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    auth |= {"AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD}}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("admin_confirm_sign_up", ids | {"Username": name}),
        ("admin_initiate_auth", auth),
        ("create_user_pool_client", ids | {"ClientName": "x"}),
        ("update_user_pool_client", ids | {"ClientId": app_client(account, pool.id).client_id}),
        ("admin_update_user_attributes", ids | {"Username": name, "UserAttributes": []}),
        ("admin_user_global_sign_out", ids | {"Username": name}),
        ("admin_set_user_password", ids | {"Username": name, "Password": PASSWORD, "Permanent": True}),
        ("admin_create_user", ids | {"Username": account.name("made")}),
        ("admin_get_user", ids | {"Username": name}),
        ("admin_disable_user", ids | {"Username": name}),
        ("describe_user_pool", ids),
        ("list_users", ids),
        ("get_csv_header", ids),
        ("admin_reset_user_password", ids | {"Username": reset}),
        ("admin_delete_user_attributes", ids | {"Username": name, "UserAttributeNames": ["nickname"]}),
    ]
    for operation, given in calls:
        answer = refused(getattr(other, operation), **given)
        assert (answer.status, answer.code) == (400, "ResourceNotFoundException"), operation
        assert getattr(own, operation)(**given), operation
