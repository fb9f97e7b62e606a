"""InitiateAuth and RespondToAuthChallenge: passwords, SRP, secret hashes, new passwords.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from labkit import srp
from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, app_client, claims_of, user_pool


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.fixture(scope="session")
def learner(pool: Pool) -> str:
    return pool.confirmed()


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_the_right_password_gets_three_tokens(pool: Pool, learner: str) -> None:
    tokens = pool.sign_in(learner)
    assert {"IdToken", "AccessToken", "RefreshToken", "ExpiresIn", "TokenType"} == set(tokens)
    assert (tokens["ExpiresIn"], tokens["TokenType"]) == (3600, "Bearer")
    answer = refused(pool.sign_in, username=learner, password="Wrong-horse-1")
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert answer.message == "Incorrect username or password."


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_a_disabled_user_cannot_sign_in(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html"""
    name = pool.confirmed()
    assert pool.sign_in(name)
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username=name)
    answer = refused(pool.sign_in, username=name)
    assert (answer.code, answer.message) == ("NotAuthorizedException", "User is disabled.")
    pool.admin.admin_enable_user(UserPoolId=pool.id, Username=name)
    assert pool.sign_in(name)


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
def test_a_user_of_another_pool_is_unknown(account: LocalAccount, pool: Pool, learner: str) -> None:
    assert pool.sign_in(learner)
    answer = refused(user_pool(account).sign_in, username=learner)
    assert (answer.code, answer.message) == ("UserNotFoundException", "User does not exist.")


def start_srp(pool: Pool, username: str, password: str = PASSWORD) -> tuple[srp.Client, dict[str, str]]:
    client = srp.Client(pool.id.partition("_")[2], password)
    given = {"USERNAME": username, "SRP_A": client.srp_a}
    if pool.client_secret:
        given["SECRET_HASH"] = pool.secret_hash(username)
    challenge = pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=given
    )
    assert challenge["ChallengeName"] == "PASSWORD_VERIFIER"
    return client, challenge["ChallengeParameters"]


def claim(client: srp.Client, challenge: dict[str, str]) -> dict[str, str]:
    """The answer that proves the password."""
    when = srp.timestamp(datetime.now(UTC))
    signature = client.signature(
        challenge["USER_ID_FOR_SRP"],
        salt=challenge["SALT"], srp_b=challenge["SRP_B"], secret_block=challenge["SECRET_BLOCK"],
        timestamp=when,
    )  # fmt: skip
    return {
        "USERNAME": challenge["USER_ID_FOR_SRP"],
        "PASSWORD_CLAIM_SECRET_BLOCK": challenge["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "TIMESTAMP": when,
    }


def respond(pool: Pool, responses: dict[str, str], **more: str) -> Any:
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses, **more
    )


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_srp_proves_the_password_without_sending_it(pool: Pool, learner: str) -> None:
    answer = respond(pool, claim(*start_srp(pool, learner)))
    assert claims_of(answer["AuthenticationResult"]["IdToken"])["cognito:username"] == learner
    wrong = refused(respond, pool=pool, responses=claim(*start_srp(pool, learner, "Wrong-horse-1")))
    assert (wrong.code, wrong.message) == ("NotAuthorizedException", "Incorrect username or password.")


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_secret_block_is_good_for_one_try(pool: Pool, learner: str) -> None:
    proof = claim(*start_srp(pool, learner))
    assert respond(pool, proof)["AuthenticationResult"]
    assert refused(respond, pool=pool, responses=proof).code == "NotAuthorizedException"
    client, challenge = start_srp(pool, learner)
    bad = claim(client, challenge) | {"PASSWORD_CLAIM_SIGNATURE": "AAAA"}
    assert refused(respond, pool=pool, responses=bad).code == "NotAuthorizedException"
    assert refused(respond, pool=pool, responses=claim(client, challenge)).code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_challenge_is_for_its_own_user_alone(pool: Pool, learner: str) -> None:
    other = pool.confirmed()
    assert respond(pool, claim(*start_srp(pool, learner)))
    stolen = claim(*start_srp(pool, learner)) | {"USERNAME": other}
    assert refused(respond, pool=pool, responses=stolen).code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_challenge_is_for_its_own_client_alone(pool: Pool, learner: str) -> None:
    other = pool.another_client()
    assert respond(other, claim(*start_srp(other, learner)))
    proof = claim(*start_srp(pool, learner))
    assert refused(respond, pool=other, responses=proof).code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("part", ["PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"])
def test_every_part_of_the_proof_counts(pool: Pool, learner: str, part: str) -> None:
    assert respond(pool, claim(*start_srp(pool, learner)))
    for value in ("", "ünïcode", "AAAA"):
        proof = claim(*start_srp(pool, learner)) | {part: value}
        answer = refused(respond, pool=pool, responses=proof)
        assert answer.status == 400
        assert answer.code in ("NotAuthorizedException", "InvalidParameterException")


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_challenge_expires_with_the_session_validity_of_the_client(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    (AuthSessionValidity: 3 minutes where nothing is set)"""
    pool = user_pool(fresh)
    name, longer = pool.confirmed(), pool.another_client(AuthSessionValidity=15)
    in_time, late, patient = (claim(*start_srp(p, name)) for p in (pool, pool, longer))
    fresh.advance(minutes=2, seconds=30)
    assert respond(pool, in_time)["AuthenticationResult"]
    fresh.advance(seconds=30)
    assert refused(respond, pool=pool, responses=late).code == "NotAuthorizedException"
    assert respond(longer, patient)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("value", ["0", "", "not hex", f"{srp.N:x}", f"{2 * srp.N:x}"])
def test_an_srp_a_that_gives_the_key_away_is_refused(pool: Pool, learner: str, value: str) -> None:
    """RFC 5054, section 2.5.4: the server must abort where A % N is zero."""
    assert start_srp(pool, learner)
    answer = refused(
        pool.idp.initiate_auth,
        ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": learner, "SRP_A": value},
    )  # fmt: skip
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserNotFoundException")
@pytest.mark.unconfirmed
def test_srp_does_not_tell_a_quiet_client_who_exists(account: LocalAccount, pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html"""
    quiet = app_client(account, pool.id, PreventUserExistenceErrors="ENABLED")
    first, second = (start_srp(quiet, "nobody")[1] for _ in range(2))
    assert first["SALT"] == second["SALT"]
    answer = refused(respond, pool=quiet, responses=claim(*start_srp(quiet, "nobody")))
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Incorrect username or password.")
    loud = app_client(account, pool.id, PreventUserExistenceErrors="LEGACY")
    assert refused(start_srp, pool=loud, username="nobody").code == "UserNotFoundException"


def flow(pool: Pool, name: str, tokens: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Every flow by its name, ready to be tried."""
    refresh = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    password = {"USERNAME": name, "PASSWORD": PASSWORD}
    ids = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    return {
        "USER_PASSWORD_AUTH": lambda: pool.sign_in(name),
        "USER_SRP_AUTH": lambda: start_srp(pool, name),
        "REFRESH_TOKEN_AUTH": lambda: pool.idp.initiate_auth(
            ClientId=pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=refresh
        ),
        "ADMIN_USER_PASSWORD_AUTH": lambda: pool.admin.admin_initiate_auth(
            AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=password, **ids
        ),
    }


@pytest.mark.operation("cognito-idp:UpdateUserPoolClient")
@pytest.mark.operation(
    "cognito-idp:AdminInitiateAuth", "cognito-idp:InitiateAuth", refuses="InvalidParameterException"
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "name, text",
    [
        ("USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH flow not enabled for this client"),
        ("USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."),
        ("ADMIN_USER_PASSWORD_AUTH", "Auth flow not enabled for this client"),
        ("REFRESH_TOKEN_AUTH", "Auth flow not enabled for this client"),
    ],
)
def test_a_client_allows_only_its_own_flows(pool: Pool, learner: str, name: str, text: str) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    (ExplicitAuthFlows)"""
    able = pool.another_client()
    tokens = able.sign_in(learner)
    assert flow(able, learner, tokens)[name]()
    others = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    pool.admin.update_user_pool_client(
        UserPoolId=able.id,
        ClientId=able.client_id,
        ExplicitAuthFlows=[f for f in [*others, "ALLOW_REFRESH_TOKEN_AUTH"] if f != f"ALLOW_{name}"],
    )
    answer = refused(flow(able, learner, tokens)[name])
    assert (answer.code, answer.message) == ("InvalidParameterException", text)


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", "cognito-idp:RespondToAuthChallenge")
@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidParameterException")
def test_a_client_without_flows_has_srp_and_refresh(account: LocalAccount, pool: Pool, learner: str) -> None:
    """The same page: what a client supports "if you don't specify a value for ExplicitAuthFlows"."""
    client = pool.admin.create_user_pool_client(UserPoolId=pool.id, ClientName="plain")["UserPoolClient"]
    plain = Pool(account, pool.id, client["ClientId"])
    tokens = respond(plain, claim(*start_srp(plain, learner)))["AuthenticationResult"]
    assert plain.refresh(tokens["RefreshToken"])["AuthenticationResult"]["IdToken"]
    assert refused(plain.sign_in, username=learner).code == "InvalidParameterException"


@pytest.mark.operation(
    "cognito-idp:AdminInitiateAuth",
    refuses=["MissingAuthenticationTokenException", "ResourceNotFoundException"],
)
def test_an_admin_flow_is_for_administrators(pool: Pool, learner: str) -> None:
    given = {
        "ClientId": pool.client_id, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": learner, "PASSWORD": PASSWORD},
    }  # fmt: skip
    admin = pool.admin.admin_initiate_auth
    assert admin(UserPoolId=pool.id, **given)["AuthenticationResult"]
    answer = refused(pool.idp.initiate_auth, **given)
    assert answer.code == "InvalidParameterException"
    missing = refused(pool.account.anonymous("cognito-idp").admin_initiate_auth, UserPoolId=pool.id, **given)
    assert missing.code == "MissingAuthenticationTokenException"
    foreign = refused(admin, UserPoolId=user_pool(pool.account).id, **given)
    assert foreign.code == "ResourceNotFoundException"


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("parameter", ["USERNAME", "PASSWORD"])
def test_a_missing_parameter_is_named(pool: Pool, learner: str, parameter: str) -> None:
    given = {"USERNAME": learner, "PASSWORD": PASSWORD}
    initiate = {"ClientId": pool.client_id, "AuthFlow": "USER_PASSWORD_AUTH"}
    assert pool.idp.initiate_auth(AuthParameters=given, **initiate)
    del given[parameter]
    answer = refused(pool.idp.initiate_auth, AuthParameters=given, **initiate)
    assert (answer.code, answer.message) == (
        "InvalidParameterException", f"Missing required parameter {parameter}",
    )  # fmt: skip


# --- SECRET_HASH ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def secretive(account: LocalAccount) -> Pool:
    """A pool whose app client has a secret."""
    return user_pool(account, client={"GenerateSecret": True})


def by_email(name: str) -> list[dict[str, str]]:
    return [{"Name": "email", "Value": f"{name}@example.com"}]


def sign_up_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    return pool.idp.sign_up(
        ClientId=pool.client_id, Username=name, Password=PASSWORD, UserAttributes=by_email(name), **hashed
    )


def in_parameters(hashed: dict[str, str]) -> dict[str, str]:
    return {"SECRET_HASH": hashed["SecretHash"]} if hashed else {}


def confirmed_with(pool: Pool, name: str) -> None:
    hashed = {"SecretHash": pool.secret_hash(name)}
    sign_up_with(pool, name, hashed)
    pool.idp.confirm_sign_up(
        ClientId=pool.client_id, Username=name, ConfirmationCode=pool.account.last_code(name), **hashed
    )


def refresh_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    tokens = pool.start(name, SECRET_HASH=pool.secret_hash(name))["AuthenticationResult"]
    given = {"REFRESH_TOKEN": tokens["RefreshToken"]} | in_parameters(hashed)
    return pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=given
    )


def srp_start_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    given = {"USERNAME": name, "SRP_A": srp.Client("x", "x").srp_a} | in_parameters(hashed)
    return pool.idp.initiate_auth(ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=given)


def srp_answer_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    return respond(pool, claim(*start_srp(pool, name)) | in_parameters(hashed))


def confirm_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    other = pool.account.name("learner")
    own = {"SecretHash": pool.secret_hash(other)}
    sign_up_with(pool, other, own)
    code = pool.account.last_code(other)
    given = own if hashed == {"SecretHash": pool.secret_hash(name)} else hashed
    return pool.idp.confirm_sign_up(ClientId=pool.client_id, Username=other, ConfirmationCode=code, **given)


def resend_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    other = pool.account.name("learner")
    own = {"SecretHash": pool.secret_hash(other)}
    sign_up_with(pool, other, own)
    given = own if hashed == {"SecretHash": pool.secret_hash(name)} else hashed
    return pool.idp.resend_confirmation_code(ClientId=pool.client_id, Username=other, **given)


def reset_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    own = {"SecretHash": pool.secret_hash(name)}
    pool.idp.forgot_password(ClientId=pool.client_id, Username=name, **own)
    code = pool.account.last_code(name)
    return pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=PASSWORD, **hashed
    )


def new_user_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    other = pool.account.name("learner")
    given = (
        {"SecretHash": pool.secret_hash(other)}
        if hashed == {"SecretHash": pool.secret_hash(name)}
        else hashed
    )
    return sign_up_with(pool, other, given)


def password_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    return pool.start(name, **in_parameters(hashed))


def forgot_with(pool: Pool, name: str, hashed: dict[str, str]) -> Any:
    return pool.idp.forgot_password(ClientId=pool.client_id, Username=name, **hashed)


HASHED: dict[str, Callable[[Pool, str, dict[str, str]], Any]] = {
    "SignUp": new_user_with,
    "ConfirmSignUp": confirm_with,
    "ResendConfirmationCode": resend_with,
    "ForgotPassword": forgot_with,
    "ConfirmForgotPassword": reset_with,
    "InitiateAuth USER_PASSWORD_AUTH": password_with,
    "InitiateAuth USER_SRP_AUTH": srp_start_with,
    "InitiateAuth REFRESH_TOKEN_AUTH": refresh_with,
    "RespondToAuthChallenge": srp_answer_with,
}


@pytest.mark.operation(
    "cognito-idp:ConfirmForgotPassword",
    "cognito-idp:ConfirmSignUp",
    "cognito-idp:ForgotPassword",
    "cognito-idp:InitiateAuth",
    "cognito-idp:ResendConfirmationCode",
    "cognito-idp:RespondToAuthChallenge",
    "cognito-idp:SignUp",
    refuses="NotAuthorizedException",
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("case", HASHED)
def test_a_client_with_a_secret_wants_the_secret_hash(secretive: Pool, case: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash"""
    call, name = HASHED[case], secretive.account.name("learner")
    confirmed_with(secretive, name)
    assert call(secretive, name, {"SecretHash": secretive.secret_hash(name)})
    missing = refused(lambda: call(secretive, name, {}))
    assert (missing.status, missing.code) == (400, "NotAuthorizedException")
    assert missing.message == (
        f"Client {secretive.client_id} is configured with secret but SECRET_HASH was not received"
    )
    for wrong in (secretive.secret_hash("somebody-else"), "AAAA", "ünïcode"):
        answer = refused(lambda wrong=wrong: call(secretive, name, {"SecretHash": wrong}))
        assert answer.code in ("NotAuthorizedException", "InvalidParameterException")
        if wrong != "ünïcode":
            assert answer.message == f"Unable to verify secret hash for client {secretive.client_id}"


# --- NEW_PASSWORD_REQUIRED --------------------------------------------------------------------------------


def invited(pool: Pool) -> str:
    """A user whom an administrator created with a temporary password."""
    name = pool.account.name("invited")
    pool.admin.admin_create_user(UserPoolId=pool.id, Username=name, TemporaryPassword="Temporary-1")
    return name


def renew(pool: Pool, name: str, session: str, password: str = PASSWORD) -> Any:
    return pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=session,
        ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": password},
    )


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["InvalidPasswordException", "NotAuthorizedException"]
)
def test_an_invited_user_chooses_a_new_password_first(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-create-user-accounts.html"""
    name = invited(pool)
    challenge = pool.start(name, "Temporary-1")
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert "AuthenticationResult" not in challenge
    weak = refused(renew, pool=pool, name=name, session=challenge["Session"], password="weak")
    assert weak.code == "InvalidPasswordException"
    assert renew(pool, name, challenge["Session"])["AuthenticationResult"]["IdToken"]
    assert pool.sign_in(name)["IdToken"]
    again = refused(renew, pool=pool, name=name, session=challenge["Session"])
    assert again.code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_session_is_bound_to_its_user_and_its_client(pool: Pool, learner: str) -> None:
    name, other = invited(pool), invited(pool)
    session = pool.start(name, "Temporary-1")["Session"]
    for thief in (other, learner, "nobody"):
        answer = refused(renew, pool=pool, name=thief, session=session, password="Stolen-horse-1")
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Invalid session for the user.")
    foreign = refused(renew, pool=pool.another_client(), name=name, session=session)
    assert foreign.code == "NotAuthorizedException"
    assert refused(renew, pool=pool, name=name, session="x" * 20).code == "NotAuthorizedException"
    assert renew(pool, name, session)["AuthenticationResult"]
    assert pool.start(other, "Temporary-1")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert pool.sign_in(learner)


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_an_expired_session_is_refused(fresh: LocalAccount) -> None:
    pool = user_pool(fresh)
    name = invited(pool)
    session = pool.start(name, "Temporary-1")["Session"]
    fresh.advance(minutes=3)
    answer = refused(renew, pool=pool, name=name, session=session)
    assert (answer.code, answer.message) == (
        "NotAuthorizedException", "Invalid session for the user, session is expired.",
    )  # fmt: skip
    assert renew(pool, name, pool.start(name, "Temporary-1")["Session"])["AuthenticationResult"]


def made_anew(pool: Pool, name: str, password: str = PASSWORD) -> None:
    """Another user of the same name, with a permanent password."""
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username=name)
    pool.admin.admin_create_user(UserPoolId=pool.id, Username=name)
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=password, Permanent=True)


def start_new_password(pool: Pool) -> tuple[str, str]:
    """An invited user and the session of the NEW_PASSWORD_REQUIRED challenge."""
    name = invited(pool)
    return name, pool.start(name, "Temporary-1")["Session"]


@pytest.mark.operation(
    "cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException"
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize("then", ["recreated", "permanent password", "another temporary password"])
def test_a_session_ends_with_the_user_and_the_password_that_began_it(pool: Pool, then: str) -> None:
    good, session = start_new_password(pool)
    assert renew(pool, good, session)["AuthenticationResult"]
    name, session = start_new_password(pool)
    if then == "recreated":
        made_anew(pool, name)
    else:
        pool.admin.admin_set_user_password(
            UserPoolId=pool.id, Username=name, Password=PASSWORD, Permanent=then == "permanent password"
        )
    answer = refused(renew, pool=pool, name=name, session=session, password="Stolen-horse-1")
    assert (answer.code, answer.message) == ("NotAuthorizedException", "Invalid session for the user.")
    assert refused(pool.start, username=name, password="Stolen-horse-1").code == "NotAuthorizedException"
    assert pool.start(name)


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_disabled_user_keeps_the_temporary_password(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html"""
    name, session = start_new_password(pool)
    ids = {"UserPoolId": pool.id, "Username": name}
    pool.admin.admin_disable_user(**ids)
    answer = refused(renew, pool=pool, name=name, session=session)
    assert (answer.code, answer.message) == ("NotAuthorizedException", "User is disabled.")
    assert pool.admin.admin_get_user(**ids)["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    pool.admin.admin_enable_user(**ids)
    assert renew(pool, name, session)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_srp_with_the_old_password_does_not_sign_in_a_later_user_or_password(pool: Pool) -> None:
    name = pool.confirmed()
    assert respond(pool, claim(*start_srp(pool, name)))["AuthenticationResult"]
    proof = claim(*start_srp(pool, name))
    pool.admin.admin_set_user_password(
        UserPoolId=pool.id, Username=name, Password="Another-horse-2", Permanent=True
    )
    assert refused(respond, pool=pool, responses=proof).code == "NotAuthorizedException"
    proof = claim(*start_srp(pool, name, "Another-horse-2"))
    made_anew(pool, name, "Third-horse-3")
    assert refused(respond, pool=pool, responses=proof).code == "NotAuthorizedException"
    assert respond(pool, claim(*start_srp(pool, name, "Third-horse-3")))["AuthenticationResult"]


@pytest.mark.operation(
    "cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException"
)
def test_five_wrong_passwords_bring_a_pause_that_doubles(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior"""
    pool = user_pool(fresh)
    name, other = pool.confirmed(), pool.confirmed()

    def wrong() -> str:
        return refused(pool.sign_in, username=name, password="Wrong-horse-1").message

    def wrong_srp() -> str:
        return refused(respond, pool=pool, responses=claim(*start_srp(pool, name, "Wrong-horse-1"))).message

    right: list[Callable[[], Any]] = [
        lambda: pool.sign_in(name),
        lambda: respond(pool, claim(*start_srp(pool, name))),
    ]
    for _ in range(2):  # a good sign-in makes up for what was before
        assert {wrong() for _ in range(4)} == {"Incorrect username or password."}
        assert pool.sign_in(name)
    assert [wrong(), wrong_srp(), wrong(), wrong(), wrong()] == ["Incorrect username or password."] * 5
    for pause in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900):
        if pause > 8:  # on a busy machine a shorter one may be over before it is seen
            assert {refused(attempt).message for attempt in right} == {"Password attempts exceeded"}
        assert pool.sign_in(other)
        fresh.advance(seconds=pause)
        if pause < 900:
            assert wrong() == "Incorrect username or password."
    for attempt in right:
        assert attempt()


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_a_temporary_password_is_good_for_the_days_that_the_policy_sets(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
    (TemporaryPasswordValidityDays: 7 where nothing is set)"""
    text = "Temporary password has expired and must be reset by an administrator."
    usual = user_pool(fresh)
    short = user_pool(fresh, Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 1}})
    for pool, days in ((usual, 7), (short, 1)):
        name, late = invited(pool), invited(pool)
        fresh.advance(days=days, minutes=-1)
        assert pool.start(name, "Temporary-1")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        fresh.advance(minutes=1)
        answer = refused(pool.start, username=late, password="Temporary-1")
        assert (answer.status, answer.code, answer.message) == (400, "NotAuthorizedException", text)
        pool.admin.admin_set_user_password(
            UserPoolId=pool.id, Username=late, Password="Temporary-2", Permanent=False
        )
        assert pool.start(late, "Temporary-2")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_challenges_that_nobody_answered_are_forgotten(fresh: LocalAccount) -> None:
    pool = user_pool(fresh)
    name = pool.confirmed()
    for _ in range(5):
        start_srp(pool, name)
    challenges = fresh.app.state.user_pools[pool.id]
    assert len(challenges.challenges) == 5
    fresh.advance(days=1)
    start_srp(pool, name)
    assert len(challenges.challenges) == 1


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge")
def test_no_password_lies_about_in_the_clear(pool: Pool) -> None:
    name = pool.confirmed()
    assert respond(pool, claim(*start_srp(pool, name)))["AuthenticationResult"]
    kept = pool.account.app.state.user_pools[pool.id]
    assert kept.verifiers
    assert PASSWORD not in repr(kept)


@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_an_srp_session_is_no_new_password_session(pool: Pool) -> None:
    name = invited(pool)
    _, challenge = start_srp(pool, name, "Temporary-1")
    answer = refused(renew, pool=pool, name=name, session=challenge["SECRET_BLOCK"])
    assert answer.code == "NotAuthorizedException"
    proven = respond(pool, claim(*start_srp(pool, name, "Temporary-1")))
    assert proven["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert renew(pool, name, proven["Session"])["AuthenticationResult"]


@pytest.mark.operation(
    "cognito-idp:ChangePassword",
    "cognito-idp:InitiateAuth",
    "cognito-idp:RespondToAuthChallenge",
    refuses="NotAuthorizedException",
)
def test_changing_the_password_needs_the_one_before(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html"""
    name = pool.confirmed()
    change = {
        "AccessToken": pool.sign_in(name)["AccessToken"], "ProposedPassword": "Another-horse-2",
    }  # fmt: skip
    answer = refused(pool.idp.change_password, PreviousPassword="Wrong-horse-1", **change)
    assert answer.code == "NotAuthorizedException"
    pool.idp.change_password(PreviousPassword=PASSWORD, **change)
    assert pool.sign_in(name, "Another-horse-2")
    assert refused(pool.sign_in, username=name).code == "NotAuthorizedException"
    assert respond(pool, claim(*start_srp(pool, name, "Another-horse-2")))["AuthenticationResult"]
    assert (
        refused(respond, pool=pool, responses=claim(*start_srp(pool, name))).code == "NotAuthorizedException"
    )
