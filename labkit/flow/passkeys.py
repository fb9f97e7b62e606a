"""Passkeys: a key pair in the user's authenticator, in the place of a password.

What an authenticator makes and takes is WebAuthn's JSON: https://www.w3.org/TR/webauthn-3/
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labkit.account import ANONYMOUS, Account
from labkit.flow.recorded import recorded
from labkit.flow.sign_in import respond_to_auth_challenge
from labkit.record import Secret, reveal
from labkit.resources import Acknowledgement, AppClient, Challenge, PasskeyOptions, Tokens


def start_web_authn_registration(account: Account, access_token: str | Secret) -> PasskeyOptions:
    """What the authenticator has to know to make a key pair."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).start_web_authn_registration(
            AccessToken=reveal(access_token)
        )
    return PasskeyOptions(answer["CredentialCreationOptions"], calls=tuple(calls))


def complete_web_authn_registration(
    account: Account, access_token: str | Secret, credential: Mapping[str, Any]
) -> Acknowledgement:
    """The authenticator's answer (RegistrationResponseJSON): from now on the passkey signs in."""
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).complete_web_authn_registration(
            AccessToken=reveal(access_token), Credential=dict(credential)
        )
    return Acknowledgement("CompleteWebAuthnRegistration", calls=tuple(calls))


def credential_request_options(challenge: Challenge) -> dict[str, Any]:
    """What the authenticator has to sign for a WEB_AUTHN challenge.

    https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialrequestoptionsjson
    """
    options: dict[str, Any] = json.loads(challenge.parameters["CREDENTIAL_REQUEST_OPTIONS"])
    return options


def answer_web_authn(
    account: Account, app_client: AppClient, challenge: Challenge, credential: Mapping[str, Any]
) -> Tokens | Challenge:
    """Answer WEB_AUTHN with what the authenticator signed (AuthenticationResponseJSON)."""
    given = {"CREDENTIAL": json.dumps(dict(credential))}
    return respond_to_auth_challenge(account, app_client, challenge, given)
