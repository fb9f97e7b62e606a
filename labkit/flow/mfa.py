"""A second factor: an authenticator app, or a code by SMS or e-mail.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Literal

from labkit.account import ANONYMOUS, Account
from labkit.flow.recorded import recorded
from labkit.record import Secret, reveal
from labkit.resources import Acknowledgement, Challenge, SoftwareToken, UserPool

Factor = Literal["SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]
_SETTINGS: Mapping[Factor, str] = {
    "SMS_MFA": "SMSMfaSettings",
    "SOFTWARE_TOKEN_MFA": "SoftwareTokenMfaSettings",
    "EMAIL_OTP": "EmailMfaSettings",
}


def set_user_pool_mfa_config(
    account: Account,
    user_pool: UserPool,
    mfa_configuration: Literal["ON", "OPTIONAL", "OFF"],
    **parameters: Any,
) -> Acknowledgement:
    """Whether the User Pool asks for second factors, and which: `parameters` under AWS's own names.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html
    """
    if mfa_configuration != "OFF" and not parameters:
        parameters = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    with recorded(account) as calls:
        account.client("cognito-idp").set_user_pool_mfa_config(
            UserPoolId=user_pool.id, MfaConfiguration=mfa_configuration, **parameters
        )
    return Acknowledgement("SetUserPoolMfaConfig", calls=tuple(calls))


def associate_software_token(account: Account, proof: str | Secret | Challenge) -> SoftwareToken:
    """A secret for an authenticator app, for whoever shows an access token or an MFA_SETUP challenge."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).associate_software_token(**_shown(proof))
    return SoftwareToken(Secret(answer["SecretCode"]), _renewed(proof, answer), calls=tuple(calls))


def verify_software_token(
    account: Account, proof: str | Secret | Challenge, user_code: str, *, friendly_device_name: str = ""
) -> Acknowledgement | Challenge:
    """The app shows the right code, so it has the secret: the token counts from now on.

    In a sign-in the MFA_SETUP challenge comes back with the session that answers it
    (`respond_to_auth_challenge` with no further responses).
    """
    name = {"FriendlyDeviceName": friendly_device_name} if friendly_device_name else {}
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).verify_software_token(
            **_shown(proof), UserCode=user_code, **name
        )
    renewed = _renewed(proof, answer)
    if renewed is not None:
        return replace(renewed, calls=tuple(calls))
    return Acknowledgement("VerifySoftwareToken", calls=tuple(calls))


def set_user_mfa_preference(
    account: Account,
    access_token: str | Secret,
    enabled: Collection[Factor],
    *,
    preferred: Factor | None = None,
) -> Acknowledgement:
    """Which second factors the user is asked for; the others are switched off where they were on."""
    settings = {
        _SETTINGS[factor]: {"Enabled": factor in enabled, "PreferredMfa": factor == preferred}
        for factor in _SETTINGS
    }
    with recorded(account) as calls:
        account.client("cognito-idp", ANONYMOUS).set_user_mfa_preference(
            AccessToken=reveal(access_token), **settings
        )
    return Acknowledgement("SetUserMFAPreference", calls=tuple(calls))


def otpauth_uri(token: SoftwareToken, username: str, issuer: str) -> Secret:
    """The secret as authenticator apps read it from a QR picture.

    https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    import pyotp

    uri = pyotp.TOTP(token.secret_code.reveal()).provisioning_uri(name=username, issuer_name=issuer)
    return Secret(uri)


def _shown(proof: str | Secret | Challenge) -> dict[str, str]:
    if isinstance(proof, Challenge):
        return {"Session": proof.session.reveal() if proof.session else ""}
    return {"AccessToken": reveal(proof)}


def _renewed(proof: str | Secret | Challenge, answer: Mapping[str, Any]) -> Challenge | None:
    """The challenge with its next session: each call uses one up."""
    return replace(proof, session=Secret(answer["Session"])) if isinstance(proof, Challenge) else None
