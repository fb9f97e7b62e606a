"""Sample records for every view, made by hand: no account, no clock."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit import sigv4
from labkit.record import ApiCall, Secret
from labkit.resources import Credentials, Identity, IdentityPool, Tokens, UserPool
from labkit.things import IotAttempt, IotEndpoint, IotMessage, LogEntry, PresignedUrl, Shadow

signed_in = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(claims: Mapping[str, Any], *, kid: str = "key-1", signature: bytes = bytes(range(256))) -> str:
    """A JWT whose signature fits nothing: enough to be shown."""
    header = {"kid": kid, "alg": "RS256"}
    parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, base64url(signature)])


def claims(use: str, **changes: Any) -> dict[str, Any]:
    issued = int(signed_in.timestamp())
    common = {
        "sub": "c4784418-7031-70f4-a5a3-2f1a6f0d8b11",
        "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab12Cd34E",
        "token_use": use,
        "auth_time": issued,
        "iat": issued,
        "exp": issued + 3600,
    }
    own = {
        "id": {
            "aud": "3n4b5urk1ft4fl3mg5e62d9ado",
            "cognito:username": "alice",
            "email": "alice@example.com",
        },
        "access": {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "alice"},
    }
    return {**common, **own[use], **changes}


def api_call(service: str, operation: str, **changes: Any) -> ApiCall:
    values: dict[str, Any] = {
        "signed": False,
        "request": {},
        "response": {},
        "status": 200,
        "error_code": None,
        "request_id": "request-1",
        "started": signed_in,
        "duration": timedelta(milliseconds=12),
    }
    return ApiCall(service=service, operation=operation, **{**values, **changes})


# One walk from a password to S3.
id_token = Secret(compact(claims("id"), kid="key-id"))
access_token = Secret(compact(claims("access"), kid="key-access"))
#: Five parts, as RFC 7516 has them.
refresh_token = Secret(".".join([base64url(b'{"alg":"RSA-OAEP"}'), "key" * 20, "iv", "sealed" * 20, "tag"]))
user_pool = UserPool(
    "us-east-1_Ab12Cd34E", "lab-users", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/x"
)
identity_pool = IdentityPool("us-east-1:11111111-2222-3333-4444-555555555555", "lab", allow_guests=False)
calls = (
    api_call("cognito-idp", "InitiateAuth", status=400, error_code="NotAuthorizedException"),
    api_call("cognito-idp", "InitiateAuth"),
    api_call("cognito-identity", "GetCredentialsForIdentity"),
    api_call("s3", "PutObject", signed=True),
)
tokens = Tokens(id_token, access_token, refresh_token, timedelta(hours=1), calls)
credentials = Credentials(
    "ASIAZZZZZZZZZZZZZZZZ",
    Secret("secret-access-key-0123456789"),
    Secret("session-token-0123456789"),
    signed_in + timedelta(hours=1, minutes=5),
    calls,
)

identity = Identity(
    "us-east-1:99999999-2222-3333-4444-555555555555", identity_pool, (user_pool.provider_name,), calls
)


def asked(
    operation: str,
    answers: str,
    challenge: str | None,
    *,
    parameters: Mapping[str, Any] | None = None,
    **changes: Any,
) -> ApiCall:
    """A call of a sign-in: what it answers, and the challenge that it meets; None for tokens."""
    begins = operation.endswith("InitiateAuth")
    sent = {"USERNAME": "alice", **(parameters or {})}
    request = (
        {"AuthFlow": answers, "AuthParameters": sent}
        if begins
        else {"ChallengeName": answers, "ChallengeResponses": sent, "Session": "sess…"}
    )
    response = (
        {"ChallengeName": challenge, "ChallengeParameters": {"USER_ID_FOR_SRP": "alice"}, "Session": "sess…"}
        if challenge
        else {"AuthenticationResult": {"IdToken": "eyJh…"}}
    )
    return api_call("cognito-idp", operation, **{"request": request, "response": response, **changes})


#: A password, a wrong code and a right one.
sign_in = (
    asked("InitiateAuth", "USER_PASSWORD_AUTH", "SOFTWARE_TOKEN_MFA", parameters={"PASSWORD": "…"}),
    asked(
        "RespondToAuthChallenge",
        "SOFTWARE_TOKEN_MFA",
        None,
        parameters={"SOFTWARE_TOKEN_MFA_CODE": "…"},
        status=400,
        error_code="CodeMismatchException",
    ),
    asked(
        "RespondToAuthChallenge",
        "SOFTWARE_TOKEN_MFA",
        None,
        parameters={"SOFTWARE_TOKEN_MFA_CODE": "…"},
    ),
)
otpauth_uri = Secret("otpauth://totp/labkit:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=labkit")


def presigned_url(
    *, sign_token: bool = False, token: str = "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJ"
) -> PresignedUrl:
    """Signed with AWS's example keys."""
    key_id, secret = "ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    scope, amz_date = sigv4.Scope("20260131", "us-east-1", "iotdevicegateway"), "20260131T120000Z"
    query, extra = (
        sigv4.query_to_sign(key_id, amz_date=amz_date, scope=scope),
        [("X-Amz-Security-Token", token)],
    )
    steps = sigv4.presign(
        "example-ats.iot.us-east-1.amazonaws.com",
        "/mqtt",
        [*query, *extra] if sign_token else query,
        secret_access_key=secret,
        amz_date=amz_date,
        scope=scope,
        unsigned=() if sign_token else extra,
    )
    endpoint = IotEndpoint("example-ats.iot.us-east-1.amazonaws.com")
    return PresignedUrl(endpoint, steps, signed_in, token_signed=sign_token)


def packet(saw: str, *, allowed: bool = False, action: str = "iot:Publish") -> IotAttempt:
    return IotAttempt(action, f"arn:aws:iot:us-east-1:123456789012:topic/{saw}", allowed, saw, saw)


def log_entry(topic: str, verdict: str = "IMPLICIT_DENY") -> LogEntry:
    return LogEntry(signed_in, topic, "arn:aws:sts::123456789012:x", "Publish", topic, verdict, topic)


def shadow(vent: str) -> Shadow:
    desired, reported = {"vent": vent, "heating": 22}, {"vent": "closed", "heating": 22, vent: vent}
    return Shadow("tomato", desired, reported, {"vent": vent}, version=3)


def reading(thing: str, number: int, temperature: float) -> IotMessage:
    payload = {"thing": thing, "n": number, "temperature": temperature}
    return IotMessage(f"greenhouse/{thing}/telemetry", json.dumps(payload).encode())


#: As they arrived, in no order.
telemetry = (
    reading("tomato", 2, 20.5), reading("fern", 1, 17), reading("tomato", 1, 19.5), reading("fern", 2, 18)
)  # fmt: skip
