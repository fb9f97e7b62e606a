"""AssumeRoleWithWebIdentity: a session of a role for whom an identity provider vouches.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.local import oidc
from labkit.local.authentication import ANONYMOUS
from labkit.local.authorization.principal import context_of
from labkit.local.errors import AwsError, not_simulated
from labkit.local.identity_pools import open_id_tokens
from labkit.local.operations import Call
from labkit.local.sessions import Limits
from labkit.local.sts import federation, session_policies
from labkit.local.sts.roles import answer_for, duration_asked, open_session, role_asked, session_name_asked
from labkit.local.trust import PROVIDER, Assumption, WebIdentity

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

_DENIED = "Not authorized to perform "
_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def assume_role_with_web_identity(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    del caller  # nobody signs this call: the token is the proof
    if call.parameters.get("ProviderId"):
        raise not_simulated(f"{_WEB_IDENTITY} with the access tokens of `ProviderId`")
    role = role_asked(call, state, denied=_DENIED + _WEB_IDENTITY)
    identity = _verified(call.parameters["WebIdentityToken"], state)
    name, context = session_name_asked(call), context_of(call, ANONYMOUS, state)
    refused = Assumption(role, identity, session_name=name, context=context).refused(state)
    if refused:
        raise AwsError("AccessDenied", _DENIED + refused, 403)
    limits = Limits(
        session_policies.passed(call, state), identity.tags, identity.source_identity, identity.context
    )
    session = open_session(role, name, duration_asked(call, role), limits, state)
    return answer_for(session) | _described(call, identity)


def _described(call: Call, identity: WebIdentity) -> dict[str, Any]:
    source = {"SourceIdentity": identity.source_identity} if identity.source_identity else {}
    return source | {
        "SubjectFromWebIdentityToken": identity.subject,
        "Provider": identity.issuer,
        "Audience": identity.audience,
        "PackedPolicySize": session_policies.packed_size(call, identity.tags),
    }


def _verified(token: str, state: State) -> WebIdentity:
    """Who the token is for. Raises AwsError where its issuer, signature, audience or time does not hold."""
    try:
        issuer = str(oidc.unverified(token).get("iss", ""))
        if issuer == f"https://{PROVIDER}":
            return _of_identity_pool(token, state)
        return federation.identity_of(token, issuer, state)
    except oidc.NotAToken:
        raise AwsError(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ) from None
    except oidc.NoKey:
        raise AwsError(
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider,  please reference "
            "AssumeRoleWithWebIdentity documentation for requirements",
        ) from None
    except oidc.BadSignature:
        raise AwsError("InvalidIdentityToken", "Couldn't verify signed token.") from None  # unconfirmed text


def _of_identity_pool(token: str, state: State) -> WebIdentity:
    identity = open_id_tokens.verified(token, state)
    federation.require_unexpired(oidc.unverified(token), state)
    pool = state.identity_pools.pools.get(identity.audience)
    if pool is None or not pool.settings.get("AllowClassicFlow"):
        raise AwsError(
            "InvalidIdentityToken",
            f"The identity pool {identity.audience} does not allow the basic (classic) flow.",
        )
    return replace(identity, issuer=PROVIDER)
