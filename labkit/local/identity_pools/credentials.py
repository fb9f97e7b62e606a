"""Temporary credentials for an identity: the enhanced flow, and the OpenID token of the basic one.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import role_named
from labkit.local.errors import AwsError
from labkit.local.identity_pools import open_id_tokens
from labkit.local.identity_pools.guests import session_policies
from labkit.local.identity_pools.identities import authenticated
from labkit.local.identity_pools.login import Login, unsupported
from labkit.local.identity_pools.logins import amr
from labkit.local.identity_pools.principal_tags import tags_of
from labkit.local.identity_pools.role_choice import role_arn
from labkit.local.identity_pools.state import Identity, Pool
from labkit.local.operations import Call
from labkit.local.sessions import Limits, Session, Subject
from labkit.local.trust import PROVIDER, SESSION_NAME, Assumption, WebIdentity, identity_of_pool

if TYPE_CHECKING:
    from labkit.local.state import State

ENHANCED_DURATION = timedelta(hours=1)
#: "The OpenID token is valid for 10 minutes."
#: https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html
OPEN_ID_DURATION = timedelta(minutes=10)


def get_credentials_for_identity(call: Call, state: State) -> dict[str, Any]:
    pool, identity, logins = authenticated(call, state)
    role = role_named(role_arn(pool, logins, call.parameters.get("CustomRoleArn")) or "", state)
    if role is None:
        raise _misconfigured()
    web_identity = _web_identity(pool, identity, logins)
    if Assumption(role, web_identity).refused(state):
        raise _misconfigured()
    session = _session(role, web_identity, guest=not logins, state=state)
    keys = {
        "AccessKeyId": session.access_key_id,
        "SecretKey": session.secret_access_key.reveal(),
        "SessionToken": session.session_token.reveal(),
        "Expiration": session.expiration,
    }
    return {"IdentityId": identity.id, "Credentials": keys}


def _web_identity(pool: Pool, identity: Identity, logins: Sequence[Login]) -> WebIdentity:
    try:
        tags = tags_of(pool, logins)
    except AwsError:  # "… or STS returned an error response"
        raise _misconfigured() from None
    return identity_of_pool(pool.id, identity.id, amr(logins), tags)


def _session(role: Any, identity: WebIdentity, *, guest: bool, state: State) -> Session:
    limits = Limits(session_policies() if guest else None, identity.tags, context=identity.context)
    subject = Subject.role(role, SESSION_NAME)
    return state.sessions.issue(subject, now=state.clock.now(), duration=ENHANCED_DURATION, limits=limits)


def _misconfigured() -> AwsError:
    return AwsError(
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    )


def get_open_id_token(call: Call, state: State) -> dict[str, Any]:
    """The basic flow's proof of identity, for AssumeRoleWithWebIdentity."""
    if PROVIDER in (call.parameters.get("Logins") or {}):
        raise unsupported()  # GetOpenIdTokenForDeveloperIdentity "replaces the use of … GetOpenIdToken"
    _require_classic_flow(state.identity_pools.identity(call.parameters["IdentityId"])[0])
    pool, identity, logins = authenticated(call, state)
    if any(login.provider in (pool.settings.get("SamlProviderARNs") or []) for login in logins):
        raise _enhanced_only("SAML providers")
    web_identity = _web_identity(pool, identity, logins)
    token = open_id_tokens.issue(
        pool.id, identity.id, amr(logins), OPEN_ID_DURATION, state, tags=web_identity.tags
    )
    return {"IdentityId": identity.id, "Token": token}


def _require_classic_flow(pool: Pool) -> None:
    if not pool.settings.get("AllowClassicFlow"):
        raise AwsError(
            "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow."
        )
    if pool.role_mappings:  # https://github.com/aws-observability/aws-rum-web/issues/172
        raise _enhanced_only("RoleMappings")


def _enhanced_only(reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterException",
        f"Basic (classic) flow is not supported with {reason}, please use enhanced flow.",
    )
