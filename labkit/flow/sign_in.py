"""Signing in to a User Pool: a password or a proof of it goes in, three tokens come out.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from labkit import srp
from labkit.account import ANONYMOUS, Account
from labkit.flow.recorded import recorded
from labkit.flow.user_pool import secret_hash
from labkit.record import Secret, reveal
from labkit.resources import Acknowledgement, AppClient, Calls, Challenge, NewDevice, Tokens, User


def initiate_auth(
    account: Account,
    app_client: AppClient,
    username: str,
    password: str | Secret,
    *,
    auth_flow: Literal["USER_PASSWORD_AUTH", "USER_SRP_AUTH"] = "USER_PASSWORD_AUTH",
) -> Tokens | Challenge:
    """Sign in with a password, or meet the next challenge.

    USER_PASSWORD_AUTH sends the password inside TLS. USER_SRP_AUTH never sends it: the first call
    fetches a challenge (`initiate_srp_auth`), the second answers it with a proof (`password_claim`).
    """
    if auth_flow == "USER_SRP_AUTH":
        return _sign_in_with_srp(account, app_client, username, password)
    return _initiate_auth(
        account, app_client, auth_flow, {"USERNAME": username, "PASSWORD": password}, username
    )


def initiate_srp_auth(
    account: Account, app_client: AppClient, username: str, srp_a: str
) -> Tokens | Challenge:
    """The first half of USER_SRP_AUTH: SRP_A goes out, and PASSWORD_VERIFIER comes back.

    Its parameters are what the proof needs: SRP_B, the user's SALT and a SECRET_BLOCK to sign.
    """
    parameters = {"USERNAME": username, "SRP_A": srp_a}
    return _initiate_auth(account, app_client, "USER_SRP_AUTH", parameters, username)


def password_claim(client: srp.Client, challenge: Challenge) -> dict[str, str | Secret]:
    """What answers PASSWORD_VERIFIER: a proof over the secret block that this client knows the password."""
    asked, timestamp = challenge.parameters, srp.timestamp(datetime.now(UTC))
    signature = client.signature(
        asked["USER_ID_FOR_SRP"],
        salt=asked["SALT"],
        srp_b=asked["SRP_B"],
        secret_block=asked["SECRET_BLOCK"],
        timestamp=timestamp,
    )
    return {
        "USERNAME": asked["USER_ID_FOR_SRP"],
        "TIMESTAMP": timestamp,
        "PASSWORD_CLAIM_SECRET_BLOCK": Secret(asked["SECRET_BLOCK"]),
        "PASSWORD_CLAIM_SIGNATURE": Secret(signature),
    }


def initiate_user_auth(
    account: Account,
    app_client: AppClient,
    username: str,
    preferred_challenge: str | None = None,
    **parameters: str | Secret,
) -> Tokens | Challenge:
    """Let the user choose (InitiateAuth with USER_AUTH): what is preferred, or a list of what there is.

    `parameters` go along under AWS's own names, as in `PASSWORD`.

    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#authentication-flows-selection-choice
    """
    preferred = {"PREFERRED_CHALLENGE": preferred_challenge} if preferred_challenge else {}
    given = {"USERNAME": username, **preferred, **parameters}
    return _initiate_auth(account, app_client, "USER_AUTH", given, username)


def initiate_custom_auth(account: Account, app_client: AppClient, username: str) -> Tokens | Challenge:
    """Let the User Pool's own functions ask (InitiateAuth with CUSTOM_AUTH).

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
    """
    return _initiate_auth(account, app_client, "CUSTOM_AUTH", {"USERNAME": username}, username)


def respond_to_auth_challenge(
    account: Account, app_client: AppClient, challenge: Challenge, responses: Mapping[str, str | Secret]
) -> Tokens | Challenge:
    """Answer a challenge; `responses` under AWS's own names, as in `NEW_PASSWORD`.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
    """
    asked = challenge.parameters.get("USER_ID_FOR_SRP") or challenge.username
    username = reveal(responses.get("USERNAME", asked))
    answers = {"USERNAME": username, **responses, **_secret_hash(app_client, username)}
    session = {"Session": challenge.session.reveal()} if challenge.session else {}
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).respond_to_auth_challenge(
            ClientId=app_client.id,
            ChallengeName=challenge.name,
            ChallengeResponses={name: reveal(value) for name, value in answers.items()},
            **session,
        )
    return _outcome(answer, username, tuple(calls))


def refresh(
    account: Account, app_client: AppClient, refresh_token: str | Secret, *, username: str = ""
) -> Tokens:
    """New ID and access tokens for a refresh token (InitiateAuth with REFRESH_TOKEN_AUTH).

    An app client with a secret needs the `username` too, for its secret hash.
    """
    parameters = {"REFRESH_TOKEN": refresh_token}
    tokens = _initiate_auth(account, app_client, "REFRESH_TOKEN_AUTH", parameters, username)
    assert isinstance(tokens, Tokens), "a refresh asks nothing"
    return tokens


def get_tokens_from_refresh_token(
    account: Account, app_client: AppClient, refresh_token: str | Secret
) -> Tokens:
    """New tokens; where the app client rotates refresh tokens, a new one of these in the place of this.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
    """
    secret = {"ClientSecret": app_client.secret.reveal()} if app_client.secret else {}
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).get_tokens_from_refresh_token(
            RefreshToken=reveal(refresh_token), ClientId=app_client.id, **secret
        )
    tokens = _outcome(answer, "", tuple(calls))
    assert isinstance(tokens, Tokens), "a refresh asks nothing"
    return tokens


def get_user(account: Account, access_token: str | Secret) -> User:
    """The user whose access token this is."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).get_user(AccessToken=reveal(access_token))
    attributes = {attribute["Name"]: attribute["Value"] for attribute in answer["UserAttributes"]}
    return User(answer["Username"], attributes["sub"], "UNKNOWN", attributes, calls=tuple(calls))


def global_sign_out(account: Account, access_token: str | Secret) -> Acknowledgement:
    """End the user's sessions on every device: Cognito takes none of their tokens any more."""
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).global_sign_out(AccessToken=reveal(access_token))
    return Acknowledgement("GlobalSignOut", calls=tuple(calls))


def revoke_token(account: Account, app_client: AppClient, refresh_token: str | Secret) -> Acknowledgement:
    """End one session: its refresh token, and the access tokens that came from it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
    """
    secret = {"ClientSecret": app_client.secret.reveal()} if app_client.secret else {}
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).revoke_token(
            Token=reveal(refresh_token), ClientId=app_client.id, **secret
        )
    return Acknowledgement("RevokeToken", calls=tuple(calls))


def _initiate_auth(
    account: Account,
    app_client: AppClient,
    auth_flow: str,
    parameters: Mapping[str, str | Secret],
    username: str,
) -> Tokens | Challenge:
    values = {**parameters, **_secret_hash(app_client, username)}
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).initiate_auth(
            ClientId=app_client.id,
            AuthFlow=auth_flow,
            AuthParameters={name: reveal(value) for name, value in values.items()},
        )
    return _outcome(answer, username, tuple(calls))


def _sign_in_with_srp(
    account: Account, app_client: AppClient, username: str, password: str | Secret
) -> Tokens | Challenge:
    client = srp.Client(app_client.user_pool.id.split("_")[1], reveal(password))
    with recorded(account) as calls:
        challenge = initiate_srp_auth(account, app_client, username, client.srp_a)
        if isinstance(challenge, Tokens) or challenge.name != "PASSWORD_VERIFIER":
            return challenge
        claim = password_claim(client, challenge)
        outcome = respond_to_auth_challenge(account, app_client, challenge, claim)
    return replace(outcome, calls=tuple(calls))


def _secret_hash(app_client: AppClient, username: str) -> dict[str, Secret]:
    return {"SECRET_HASH": secret_hash(app_client, username)} if app_client.secret else {}


def _outcome(answer: Mapping[str, Any], username: str, calls: Calls) -> Tokens | Challenge:
    if "AuthenticationResult" not in answer:
        session = Secret(answer["Session"]) if answer.get("Session") else None
        available = tuple(answer.get("AvailableChallenges") or ())
        name, parameters = answer["ChallengeName"], answer["ChallengeParameters"]
        return Challenge(name, parameters, session, calls, available, username)
    result = answer["AuthenticationResult"]
    device = result.get("NewDeviceMetadata")
    return Tokens(
        id_token=Secret(result["IdToken"]),
        access_token=Secret(result["AccessToken"]),
        refresh_token=Secret(result["RefreshToken"]) if "RefreshToken" in result else None,
        expires_in=timedelta(seconds=result["ExpiresIn"]),
        new_device=NewDevice(device["DeviceKey"], device["DeviceGroupKey"]) if device else None,
        calls=calls,
    )
