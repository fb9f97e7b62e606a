"""Security Token Service: sessions of roles, for those whom the roles trust.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labkit.errors import PolicySyntaxError
from labkit.local.authorization.principal import role_named
from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.sessions import Session
from labkit.local.trust import PROVIDER, Claims, trusts
from labkit.policy import Policy

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
#: An assumed role's session that assumes the next role lasts an hour at most.
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_CHAINED = 3600


def get_caller_identity(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    return {"UserId": caller.user_id, "Account": state.account_id, "Arn": caller.arn}


def assume_role(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    """A session of a role. Trust and identity policies have been asked before this is called."""
    role = _role(call, state)
    duration = _duration(call, role)
    if caller.session is not None and duration > timedelta(seconds=_CHAINED):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit "
            "for roles assumed by role chaining",
        )
    session = _issue(call, role, duration, {}, state)
    return _answer(session) | {"PackedPolicySize": 0}


def assume_role_with_web_identity(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    """The basic flow's last step: an identity pool's OpenID token for a session of a role."""
    del caller  # nobody signs this call: the token is the proof
    role = _role(call, state, denied="Not authorized to perform sts:AssumeRoleWithWebIdentity")
    claims = _verified(call.parameters.get("WebIdentityToken") or "", state)
    name = call.parameters["RoleSessionName"]
    if role is None or not trusts(role, claims, state, session_name=name):
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    session = _issue(call, role, _duration(call, role), dict(claims.context), state)
    return _answer(session) | {
        "SubjectFromWebIdentityToken": claims.subject,
        "Provider": PROVIDER,
        "Audience": claims.audience,
        "PackedPolicySize": 0,
    }


def _role(call: Call, state: State, denied: str = "") -> Any:
    arn = call.parameters.get("RoleArn") or ""
    if not _ROLE_ARN.fullmatch(arn):
        raise AwsError("ValidationError", f"{arn[:80] or 'An empty string'} is invalid")
    name = call.parameters.get("RoleSessionName") or ""
    if not _SESSION_NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name[:80]}' at 'roleSessionName' failed to satisfy "
            "constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )
    role = role_named(arn, state)
    if role is None:
        raise AwsError("AccessDenied", denied or "Not authorized to perform sts:AssumeRole", 403)
    return role


def _duration(call: Call, role: Any) -> timedelta:
    seconds = int(call.parameters.get("DurationSeconds") or 3600)
    if not 900 <= seconds <= 43200:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy "
            "constraint: "
            "Member must have value between 900 and 43200",
        )
    if seconds > int(role.max_session_duration or 3600):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return timedelta(seconds=seconds)


def _issue(call: Call, role: Any, duration: timedelta, context: dict[str, Any], state: State) -> Session:
    return state.sessions.issue(
        role_arn=role.arn,
        role_id=role.id,
        session_name=call.parameters["RoleSessionName"],
        now=state.clock.now(),
        duration=duration,
        policies=_session_policies(call),
        context=context,
    )


def _session_policies(call: Call) -> tuple[Policy, ...] | None:
    if call.parameters.get("PolicyArns") or call.parameters.get("Tags"):
        raise not_simulated(f"sts:{call.operation} with PolicyArns or Tags")
    document = call.parameters.get("Policy")
    if not document:
        return None
    try:
        return (Policy.parse(document, name="session policy", kind="session"),)
    except PolicySyntaxError as error:
        raise AwsError("MalformedPolicyDocument", f"{error}.") from None


def _answer(session: Session) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key.reveal(),
            "SessionToken": session.session_token.reveal(),
            "Expiration": session.expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }


def _verified(token: str, state: State) -> Claims:
    """The claims of an OpenID token that this account's identity pools issued and that is good now."""
    import jwt

    key, _ = state.identity_pools.key.pair()
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    try:
        unverified = jwt.decode(token, options={"verify_signature": False})
        if unverified.get("iss") != f"https://{PROVIDER}":
            issuer = str(unverified.get("iss", ""))[:120]
            raise AwsError(
                "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}"
            )
        claims = jwt.decode(token, key.public_key(), algorithms=["RS512"], options=options)
    except jwt.InvalidSignatureError:
        raise AwsError("InvalidIdentityToken", "Couldn't verify signed token.") from None  # unconfirmed text
    except jwt.PyJWTError:
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None
    _require_unexpired(claims["exp"], state.clock.now())
    _require_classic_flow(claims["aud"], state)
    return Claims(audience=claims["aud"], subject=claims["sub"], amr=tuple(claims["amr"]))


def _require_classic_flow(pool_id: str, state: State) -> None:
    """The identity pool must still be there and still allow the basic flow (unconfirmed)."""
    pool = state.identity_pools.pools.get(pool_id)
    if pool is None or not pool.settings.get("AllowClassicFlow"):
        raise AwsError(
            "InvalidIdentityToken", f"The identity pool {pool_id} does not allow the basic (classic) flow."
        )


def _require_unexpired(expires: int, now: datetime) -> None:
    if int(now.timestamp()) >= expires:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now.timestamp())} "
            f"must be before the expiration date/time {expires}",
        )


OPERATIONS = {
    "AssumeRole": assume_role,
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
    "GetCallerIdentity": get_caller_identity,
}

#: moto answers these with made-up keys that belong to nobody.
NOT_SIMULATED = frozenset(
    {
        "AssumeRoleWithSAML",
        "AssumeRoot",
        "DecodeAuthorizationMessage",
        "GetFederationToken",
        "GetSessionToken",
    }
)
