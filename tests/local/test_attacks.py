"""The attack list: what everybody tries first. Each attack comes after the honest call, over HTTP.

Texts that AWS's pages do not have are marked as unconfirmed.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from labkit.local.app import LocalApp, create_app
from labkit.local.server import Server
from tests.local.accounts import FRESH, LocalAccount, Refusal, reached, refused, statement
from tests.local.directory import (
    PASSWORD,
    IdentityPool,
    Pool,
    attributes_of,
    claims_of,
    identity_pool,
    named,
    tampered,
    user_pool,
)
from tests.local.identities import caller, get_credentials, get_id
from tests.local.test_user_pool_mfa import code as shown_by
from tests.local.test_user_pool_mfa import enrolled, mfa_pool, prefer, respond

SECOND, THIRD = "Another-horse-2", "Yet-another-horse-3"


@pytest.fixture(scope="module")
def account(served: tuple[LocalApp, Server]) -> LocalAccount:
    app, server = served
    return reached(app, "http", server)


@pytest.fixture(scope="module")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.fixture(scope="module")
def identities(pool: Pool) -> IdentityPool:
    return with_roles(identity_pool(pool))


@pytest.fixture
def still() -> Iterator[LocalAccount]:
    """An account of the test's own, whose time stands still until it is advanced."""
    app = create_app(account_id=FRESH, clock=datetime(2026, 1, 1, 12, tzinfo=UTC))
    with Server(app) as server:
        yield reached(app, "http", server)


def with_roles(pool: IdentityPool) -> IdentityPool:
    pool.give_roles(member=[statement("s3:ListAllMyBuckets")], guest=[])
    return pool


def not_authorized(message: str) -> Refusal:
    return Refusal(400, "NotAuthorizedException", message)


# --- sessions and codes -----------------------------------------------------------------------------------


def invited(pool: Pool) -> tuple[str, dict[str, Any]]:
    """A user with a temporary password, and the challenge to choose another."""
    name = pool.account.name("invited")
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    return name, dict(pool.start(name))


@pytest.mark.unconfirmed
def test_another_users_challenge_session_is_refused(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
    (the text is not there)"""
    (mine, asked), (theirs, waiting) = invited(pool), invited(pool)
    answer = refused(lambda: respond(pool, asked, theirs, NEW_PASSWORD=SECOND))
    assert answer == not_authorized("Invalid session for the user.")
    assert respond(pool, asked, mine, NEW_PASSWORD=SECOND)["AuthenticationResult"]
    assert respond(pool, waiting, theirs, NEW_PASSWORD=THIRD)["AuthenticationResult"]
    assert refused(pool.sign_in, username=theirs, password=SECOND).code == "NotAuthorizedException"


@pytest.mark.unconfirmed
def test_a_session_of_another_app_client_is_refused(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html"""
    name, asked = invited(pool)
    answer = refused(lambda: respond(pool.another_client(), asked, name, NEW_PASSWORD=SECOND))
    assert answer == not_authorized("Invalid session for the user.")
    assert respond(pool, asked, name, NEW_PASSWORD=SECOND)["AuthenticationResult"]


@pytest.mark.unconfirmed
def test_a_replayed_session_is_refused(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-session-duration"""
    name, asked = invited(pool)
    assert respond(pool, asked, name, NEW_PASSWORD=SECOND)["AuthenticationResult"]
    answer = refused(lambda: respond(pool, asked, name, NEW_PASSWORD=THIRD))
    assert answer == not_authorized("Invalid session for the user.")
    assert pool.sign_in(name, SECOND)


def test_a_replayed_sign_up_code_is_refused(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html"""
    name = pool.sign_up()
    given = {
        "ClientId": pool.client_id, "Username": name, "ConfirmationCode": pool.account.last_code(name),
    }  # fmt: skip
    pool.idp.confirm_sign_up(**given)
    answer = refused(pool.idp.confirm_sign_up, **given)
    assert answer == not_authorized("User cannot be confirmed. Current status is CONFIRMED")


@pytest.mark.unconfirmed
def test_a_replayed_reset_code_is_refused(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html"""
    name = pool.confirmed()
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name)
    given = {
        "ClientId": pool.client_id, "Username": name, "ConfirmationCode": pool.account.last_code(name),
    }  # fmt: skip
    pool.idp.confirm_forgot_password(**given, Password=SECOND)
    answer = refused(pool.idp.confirm_forgot_password, **given, Password=THIRD)
    text = "Invalid code provided, please request a code again."
    assert answer == Refusal(400, "ExpiredCodeException", text)
    assert pool.sign_in(name, SECOND)


@pytest.mark.unconfirmed
def test_a_replayed_one_time_password_is_refused(still: LocalAccount) -> None:
    """ "The verifier MUST NOT accept the second attempt of the OTP" (RFC 6238, section 5.2)."""
    pool = mfa_pool(still, "OPTIONAL")
    name = pool.confirmed()
    secret = enrolled(pool, name)
    prefer(pool, name, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    still.advance(seconds=60)
    once = {"SOFTWARE_TOKEN_MFA_CODE": shown_by(still, secret)}
    assert respond(pool, pool.start(name), name, **once)["AuthenticationResult"]
    answer = refused(lambda: respond(pool, pool.start(name), name, **once))
    text = "Your software token has already been used once."
    assert answer == Refusal(400, "ExpiredCodeException", text)


# --- forged tokens ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forger:
    """Somebody with a user's own tokens, the pool's public key, and a pool of his own."""

    pool: Pool
    own: Pool

    def key(self, pool: Pool) -> Any:
        return pool.account.app.state.user_pools.key(pool.id)

    def signed_by_own_key(self, token: str, kid: str | None) -> str:
        key, own_kid = self.key(self.own).pair()
        return jwt.encode(claims_of(token), key, algorithm="RS256", headers={"kid": kid or own_kid})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def without_signature(forger: Forger, token: str) -> str:
    """RFC 8725, section 2.1."""
    kid = jwt.get_unverified_header(token)["kid"]
    return f"{part({'alg': 'none', 'kid': kid})}.{token.split('.')[1]}."


def signed_with_the_public_key(forger: Forger, token: str) -> str:
    """RS256 taken for HS256, the public key for the shared secret (RFC 8725, section 2.1)."""
    key, kid = forger.key(forger.pool).pair()
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{part({'alg': 'HS256', 'kid': kid})}.{token.split('.')[1]}"
    mac = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def with_an_unknown_kid(forger: Forger, token: str) -> str:
    return forger.signed_by_own_key(token, "bm9ib2R5J3Mga2V5")


def with_a_foreign_pools_key(forger: Forger, token: str) -> str:
    return forger.signed_by_own_key(token, None)


def with_a_foreign_key_under_its_own_kid(forger: Forger, token: str) -> str:
    return forger.signed_by_own_key(token, jwt.get_unverified_header(token)["kid"])


def with_another_sub(forger: Forger, token: str) -> str:
    return tampered(token, sub="00000000-0000-4000-8000-000000000000")


def in_another_group(forger: Forger, token: str) -> str:
    return tampered(token, **{"cognito:groups": ["administrators"]})


def that_never_expires(forger: Forger, token: str) -> str:
    return tampered(token, exp=2**40)


INVALID, UNVERIFIED = "Invalid Access Token", "Could not verify signature for Access Token"
NO_SIGNATURE = "Invalid login token. Couldn't verify signed token."
FORGERIES: list[tuple[Callable[[Forger, str], str], str]] = [
    (without_signature, INVALID),
    (signed_with_the_public_key, INVALID),
    (with_an_unknown_kid, INVALID),
    (with_a_foreign_pools_key, INVALID),
    (with_a_foreign_key_under_its_own_kid, UNVERIFIED),
    (with_another_sub, UNVERIFIED),
    (in_another_group, UNVERIFIED),
    (that_never_expires, UNVERIFIED),
]
forgeries = pytest.mark.parametrize("forge, message", FORGERIES, ids=[f.__name__ for f, _ in FORGERIES])


@pytest.fixture(scope="module")
def tokens(pool: Pool) -> dict[str, Any]:
    return pool.sign_in(pool.confirmed())


@pytest.fixture(scope="module")
def forger(account: LocalAccount, pool: Pool) -> Forger:
    return Forger(pool, user_pool(account))


@pytest.mark.unconfirmed
@forgeries
def test_a_forged_access_token_is_refused(
    forger: Forger, tokens: dict[str, Any], forge: Callable[[Forger, str], str], message: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html"""
    get_user, honest = forger.pool.idp.get_user, tokens["AccessToken"]
    assert get_user(AccessToken=honest)["Username"]
    assert refused(get_user, AccessToken=forge(forger, honest)) == not_authorized(message)


@pytest.mark.unconfirmed
@forgeries
def test_a_forged_id_token_is_no_login(
    identities: IdentityPool,
    forger: Forger,
    tokens: dict[str, Any],
    forge: Callable[[Forger, str], str],
    message: str,
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html"""
    provider, honest = forger.pool.provider, tokens["IdToken"]
    assert get_id(identities, {provider: honest})
    forged = {provider: forge(forger, honest)}
    answer = refused(identities.api.get_id, IdentityPoolId=identities.id, Logins=forged)
    assert answer == not_authorized(NO_SIGNATURE)


@pytest.mark.unconfirmed
def test_a_foreign_pools_token_is_no_login(identities: IdentityPool, forger: Forger) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-integrating-user-pools-with-identity-pools.html"""
    assert get_id(identities, identities.logins(forger.pool.confirmed()))
    foreign = forger.own.sign_in(forger.own.confirmed())["IdToken"]
    ask = identities.api.get_id
    answer = refused(ask, IdentityPoolId=identities.id, Logins={forger.pool.provider: foreign})
    assert answer == not_authorized("Invalid login token. Issuer doesn't match providerName")
    answer = refused(ask, IdentityPoolId=identities.id, Logins={forger.own.provider: foreign})
    text = "Token is not from a supported provider of this identity pool."
    assert answer == not_authorized(text)


@pytest.mark.unconfirmed
def test_an_id_token_is_no_access_token(pool: Pool, tokens: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html"""
    for call, more in (
        (pool.idp.get_user, {}),
        (pool.idp.update_user_attributes, {"UserAttributes": named(name="x")}),
        (pool.idp.get_user_auth_factors, {}),
    ):
        assert call(AccessToken=tokens["AccessToken"], **more)
        assert refused(call, AccessToken=tokens["IdToken"], **more) == not_authorized(INVALID)


@pytest.mark.unconfirmed
def test_an_access_token_is_no_login(pool: Pool, identities: IdentityPool, tokens: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-integrating-user-pools-with-identity-pools.html"""
    assert get_id(identities, {pool.provider: tokens["IdToken"]})
    login = {pool.provider: tokens["AccessToken"]}
    answer = refused(identities.api.get_id, IdentityPoolId=identities.id, Logins=login)
    assert answer == not_authorized("Invalid login token. Missing a required claim: aud")


@pytest.mark.unconfirmed
def test_a_refresh_token_of_another_client_is_refused(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html"""
    token, other = pool.sign_in(pool.confirmed())["RefreshToken"], pool.another_client()
    renew = pool.idp.get_tokens_from_refresh_token
    assert pool.refresh(token)["AuthenticationResult"]
    assert renew(ClientId=pool.client_id, RefreshToken=token)["AuthenticationResult"]
    assert refused(other.refresh, refresh_token=token) == not_authorized("Invalid Refresh Token")
    answer = refused(renew, ClientId=other.client_id, RefreshToken=token)
    assert answer == not_authorized("Invalid Refresh Token.")
    other.idp.revoke_token(ClientId=other.client_id, Token=token)  # RFC 7009, section 2.2: no error
    assert pool.refresh(token)["AuthenticationResult"]


# --- one second too late ----------------------------------------------------------------------------------

#: Twice the same: in time, and too late.
Attempts = tuple[Callable[[], Any], Callable[[], Any]]
LATE: dict[str, tuple[int, Callable[[LocalAccount], Attempts], Refusal]] = {}


def late(seconds: int, answer: Refusal) -> Callable[[Any], Any]:
    """Something that is good for so many seconds, and then refused so."""

    def keep(make: Callable[[LocalAccount], Attempts]) -> Any:
        LATE[make.__name__] = seconds, make, answer
        return make

    return keep


@late(3600, not_authorized("Access Token has expired"))
def access_token(account: LocalAccount) -> Attempts:
    pool = user_pool(account)
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    return (lambda: pool.idp.get_user(AccessToken=token),) * 2


@late(3600, not_authorized("Refresh Token has expired"))
def refresh_token(account: LocalAccount) -> Attempts:
    minutes = {f"{kind}Token": "minutes" for kind in ("Refresh", "Access", "Id")}
    pool = user_pool(account, {f"{kind}Validity": 60 for kind in minutes} | {"TokenValidityUnits": minutes})
    token = pool.sign_in(pool.confirmed())["RefreshToken"]
    return (lambda: pool.refresh(token),) * 2


@late(180, not_authorized("Invalid session for the user, session is expired."))
def challenge_session(account: LocalAccount) -> Attempts:
    pool = user_pool(account)
    (one, asked), (other, waiting) = invited(pool), invited(pool)
    return (
        lambda: respond(pool, asked, one, NEW_PASSWORD=SECOND),
        lambda: respond(pool, waiting, other, NEW_PASSWORD=SECOND),
    )


@late(86400, Refusal(400, "ExpiredCodeException", "Invalid code provided, please request a code again."))
def sign_up_code(account: LocalAccount) -> Attempts:
    pool = user_pool(account)

    def attempt() -> Callable[[], Any]:
        name = pool.sign_up()
        given = {"Username": name, "ConfirmationCode": account.last_code(name)}
        return lambda: pool.idp.confirm_sign_up(ClientId=pool.client_id, **given)

    return attempt(), attempt()


@late(3600, not_authorized("Invalid login token. Token expired: 1767272401 >= 1767272400"))
def login(account: LocalAccount) -> Attempts:
    identities = identity_pool(user_pool(account))
    logins = identities.logins(identities.users.confirmed())
    return (lambda: get_id(identities, logins),) * 2


@late(3600, Refusal(403, "ExpiredToken", "The security token included in the request is expired"))
def credentials(account: LocalAccount) -> Attempts:
    identities = with_roles(identity_pool(user_pool(account)))
    logins = identities.logins(identities.users.confirmed())
    keys = get_credentials(identities, get_id(identities, logins), logins)
    return (lambda: caller(account, keys),) * 2


@pytest.mark.unconfirmed
@pytest.mark.parametrize("what", LATE)
def test_what_expired_a_second_ago_is_refused(still: LocalAccount, what: str) -> None:
    """The lifetimes are documented, each on its page, most of the texts are not:
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html"""
    seconds, make, answer = LATE[what]
    in_time, too_late = make(still)
    still.advance(seconds=seconds - 1)
    assert in_time() is not None
    still.advance(seconds=2)
    assert refused(too_late) == answer


# --- what is nobody's to write ----------------------------------------------------------------------------

SUB = named(sub="00000000-0000-4000-8000-000000000000")
Write = Callable[[Pool, str, list[dict[str, str]]], Any]


def update(pool: Pool, name: str, attributes: list[dict[str, str]]) -> Any:
    token = pool.sign_in(name)["AccessToken"]
    return pool.idp.update_user_attributes(AccessToken=token, UserAttributes=attributes)


def delete(pool: Pool, name: str, attributes: list[dict[str, str]]) -> Any:
    token = pool.sign_in(name)["AccessToken"]
    names = [attribute["Name"] for attribute in attributes]
    return pool.idp.delete_user_attributes(AccessToken=token, UserAttributeNames=names)


def admin_update(pool: Pool, name: str, attributes: list[dict[str, str]]) -> Any:
    return pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username=name, UserAttributes=attributes
    )


def sign_up(pool: Pool, name: str, attributes: list[dict[str, str]]) -> Any:
    return pool.sign_up(UserAttributes=[*attributes, *named(email="new@example.com")])


def admin_create(pool: Pool, name: str, attributes: list[dict[str, str]]) -> Any:
    return pool.admin.admin_create_user(
        UserPoolId=pool.id, Username=pool.account.name("made"), UserAttributes=attributes
    )


def first_sign_in(pool: Pool, name: str, attributes: list[dict[str, str]]) -> Any:
    invitee, asked = invited(pool)
    wanted = {f"userAttributes.{a['Name']}": a["Value"] for a in attributes}
    return respond(pool, asked, invitee, NEW_PASSWORD=SECOND, **wanted)


@pytest.mark.unconfirmed
@pytest.mark.parametrize("write", [update, delete, admin_update, sign_up, admin_create, first_sign_in])
def test_nobody_writes_sub(pool: Pool, write: Write) -> None:
    """`sub` is given by Amazon Cognito, and never changes:
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html"""
    name = pool.confirmed()
    before = attributes_of(pool, name)["sub"]
    assert write(pool, name, named(name="Ada"))
    answer = refused(lambda: write(pool, name, SUB))
    assert answer == Refusal(400, "InvalidParameterException", "user.sub: Attribute cannot be updated.\n")
    assert attributes_of(pool, name)["sub"] == before


@pytest.mark.unconfirmed
@pytest.mark.parametrize("write", [update, sign_up, first_sign_in])
@pytest.mark.parametrize(
    "attribute", ["email_verified", "phone_number_verified", "custom:role", "dev:custom:rank"]
)
def test_users_write_nothing_that_is_the_administrators(
    account: LocalAccount, write: Write, attribute: str
) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html"""
    text = {"AttributeDataType": "String", "Mutable": True}
    schema = [{"Name": "role", **text}, {"Name": "rank", "DeveloperOnlyAttribute": True, **text}]
    pool = user_pool(account, Schema=schema)
    name = pool.confirmed()
    assert write(pool, name, named(name="Ada"))
    answer = refused(lambda: write(pool, name, [{"Name": attribute, "Value": "true"}]))
    assert answer == not_authorized("A client attempted to write unauthorized attribute")


# --- identities -------------------------------------------------------------------------------------------


def forbidden(identity: str) -> Refusal:
    return not_authorized(f"Access to Identity '{identity}' is forbidden.")


def test_a_guest_gets_no_credentials_of_a_login(identities: IdentityPool) -> None:
    """ "It is not possible to get an unauthenticated token for authenticated … identities":
    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html"""
    logins, guest = identities.logins(identities.users.confirmed()), get_id(identities)
    member = get_id(identities, logins)
    assert get_credentials(identities, guest).access_key_id
    assert get_credentials(identities, member, logins).access_key_id
    answer = refused(identities.api.get_credentials_for_identity, IdentityId=member)
    assert answer == forbidden(member)
    merged = identities.api.get_credentials_for_identity(IdentityId=guest, Logins=logins)
    assert merged["IdentityId"] == member
    assert refused(identities.api.get_credentials_for_identity, IdentityId=guest) == forbidden(guest)


def test_a_login_gets_no_credentials_of_another_login(identities: IdentityPool) -> None:
    """ "You must pass at least one valid token for a login already associated with that identity":
    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html"""
    mine, theirs = (identities.logins(identities.users.confirmed()) for _ in range(2))
    identity = get_id(identities, theirs)
    assert get_credentials(identities, identity, theirs).access_key_id
    answer = refused(identities.api.get_credentials_for_identity, IdentityId=identity, Logins=mine)
    assert answer == not_authorized(
        "Logins don't match. Please include at least one valid login for this identity or identity pool."
    )


def test_an_identity_of_another_pool_is_refused(identities: IdentityPool, forger: Forger) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html"""
    logins = identities.logins(identities.users.confirmed())
    assert get_credentials(identities, get_id(identities, logins), logins).access_key_id
    twin, stranger = with_roles(identity_pool(identities.users)), with_roles(identity_pool(forger.own))
    ask = identities.api.get_credentials_for_identity
    others = get_id(twin, twin.logins(twin.users.confirmed()))
    assert refused(ask, IdentityId=others, Logins=logins) == not_authorized(
        "Logins don't match. Please include at least one valid login for this identity or identity pool."
    )
    strangers = get_id(stranger, stranger.logins(stranger.users.confirmed()))
    assert refused(ask, IdentityId=strangers, Logins=logins) == not_authorized(
        "Token is not from a supported provider of this identity pool."
    )
