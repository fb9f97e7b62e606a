"""Temporary credentials for an identity: the enhanced flow, and the OpenID token of the basic one.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import role_named
from labkit.local.errors import AwsError, not_simulated
from labkit.local.identity_pools.guests import session_policies
from labkit.local.identity_pools.identities import authenticated
from labkit.local.identity_pools.logins import amr
from labkit.local.identity_pools.state import Pool
from labkit.local.operations import Call
from labkit.local.trust import PROVIDER, SESSION_NAME, Claims, trusts

if TYPE_CHECKING:
    from labkit.local.state import State

ENHANCED_DURATION = timedelta(hours=1)
#: "The OpenID token is valid for 10 minutes."
#: https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html
OPEN_ID_DURATION = timedelta(minutes=10)


def get_credentials_for_identity(call: Call, state: State) -> dict[str, Any]:
    if call.parameters.get("CustomRoleArn"):
        raise not_simulated("cognito-identity:GetCredentialsForIdentity with CustomRoleArn")
    pool, identity, subjects = authenticated(call, state)
    claims = Claims(audience=pool.id, subject=identity.id, amr=amr(subjects))
    role = _role(pool, guest=not subjects, state=state)
    if role is None or not trusts(role, claims, state):
        raise AwsError(
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        )
    session = state.sessions.issue(
        role_arn=role.arn,
        role_id=role.id,
        session_name=SESSION_NAME,
        now=state.clock.now(),
        duration=ENHANCED_DURATION,
        policies=None if subjects else session_policies(),
        context=claims.context,
    )
    keys = {
        "AccessKeyId": session.access_key_id,
        "SecretKey": session.secret_access_key.reveal(),
        "SessionToken": session.session_token.reveal(),
        "Expiration": session.expiration,
    }
    return {"IdentityId": identity.id, "Credentials": keys}


def _role(pool: Pool, *, guest: bool, state: State) -> Any:
    arn = pool.roles.get("unauthenticated" if guest else "authenticated", "")
    return role_named(arn, state)


def get_open_id_token(call: Call, state: State) -> dict[str, Any]:
    """The basic flow's proof of identity, for AssumeRoleWithWebIdentity."""
    pool, identity, subjects = authenticated(call, state)
    if not pool.settings.get("AllowClassicFlow"):
        raise AwsError(
            "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow."
        )
    return {"IdentityId": identity.id, "Token": _open_id_token(pool, identity.id, amr(subjects), state)}


def _open_id_token(pool: Pool, identity_id: str, methods: tuple[str, ...], state: State) -> str:
    import jwt

    now = state.clock.now()
    claims = {
        "sub": identity_id,
        "aud": pool.id,
        "amr": list(methods),
        "iss": f"https://{PROVIDER}",
        "exp": int((now + OPEN_ID_DURATION).timestamp()),
        "iat": int(now.timestamp()),
    }
    key, kid = state.identity_pools.key.pair()
    return jwt.encode(claims, key, algorithm="RS512", headers={"kid": kid})
