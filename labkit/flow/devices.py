"""Remembered devices: a secret of the device itself, in the place of a second factor.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from datetime import UTC, datetime

from labkit import srp
from labkit.account import ANONYMOUS, Account
from labkit.flow.recorded import recorded
from labkit.flow.sign_in import respond_to_auth_challenge
from labkit.record import Secret, reveal
from labkit.resources import AppClient, Challenge, ConfirmedDevice, NewDevice, Tokens


def confirm_device(
    account: Account, access_token: str | Secret, device: NewDevice, name: str
) -> ConfirmedDevice:
    """Give the device a password of its own; Cognito gets only the SRP verifier."""
    password, salt = secrets.token_urlsafe(32), srp.random_salt()
    verifier = srp.verifier(device.device_group_key, device.device_key, password, salt)
    config = {"PasswordVerifier": _base64(verifier), "Salt": _base64(salt)}
    with recorded(account) as calls:
        answer = account.client("cognito-idp", ANONYMOUS).confirm_device(
            AccessToken=reveal(access_token),
            DeviceKey=device.device_key,
            DeviceName=name,
            DeviceSecretVerifierConfig=config,
        )
    asks = bool(answer["UserConfirmationNecessary"])
    return ConfirmedDevice(device, Secret(password), asks, calls=tuple(calls))


def answer_device_challenge(
    account: Account, app_client: AppClient, challenge: Challenge, device: ConfirmedDevice
) -> Tokens | Challenge:
    """Answer DEVICE_SRP_AUTH and the DEVICE_PASSWORD_VERIFIER that follows it."""
    key, group_key = device.device.device_key, device.device.device_group_key
    client = srp.Client(group_key, device.password.reveal())
    named = {"USERNAME": challenge.username, "DEVICE_KEY": key}
    with recorded(account) as calls:
        start = {**named, "SRP_A": client.srp_a}
        asked = respond_to_auth_challenge(account, app_client, challenge, start)
        assert isinstance(asked, Challenge), "a device proves its secret before tokens are issued"
        block, timestamp = asked.parameters["SECRET_BLOCK"], srp.timestamp(datetime.now(UTC))
        signature = client.signature(
            key,
            salt=asked.parameters["SALT"],
            srp_b=asked.parameters["SRP_B"],
            secret_block=block,
            timestamp=timestamp,
        )
        proof = {
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "TIMESTAMP": timestamp,
        }
        outcome = respond_to_auth_challenge(account, app_client, asked, named | proof)
    return replace(outcome, calls=tuple(calls))


def _base64(number: int) -> str:
    return base64.b64encode(number.to_bytes(number.bit_length() // 8 + 1)).decode()
