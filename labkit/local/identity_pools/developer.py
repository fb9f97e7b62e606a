"""Developer-authenticated identities: users whom the developer's own backend has authenticated.

https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools import logins, open_id_tokens
from labkit.local.identity_pools.linking import (
    close_if_bare,
    link,
    merge,
    new_identity,
    owners,
    require_enabled,
)
from labkit.local.identity_pools.pools import named, paged
from labkit.local.identity_pools.state import Identity, Pool
from labkit.local.operations import Call
from labkit.local.session_tags import SessionTags

if TYPE_CHECKING:
    from labkit.local.state import State

#: "If you don't provide an expiration time, the token is valid for 15 minutes."
_DEFAULT_DURATION = 900
_MOST_RESULTS = 60


def get_open_id_token_for_developer_identity(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdTokenForDeveloperIdentity.html"""
    pool, given = named(call, state), dict(call.parameters["Logins"])
    user = given.pop(_provider(pool), None)
    if not user:
        raise AwsError(
            "InvalidParameterException", f"Logins must have the developer provider {pool.developer_provider}."
        )
    proofs = logins.verified(pool, given, state)
    identity = _identity(pool, user, call.parameters.get("IdentityId"), state)
    for other in owners(pool, proofs):
        merge(pool, identity, other, state)
    link(pool, identity, proofs, state)
    _link_user(pool, identity, user, state)
    duration = timedelta(seconds=call.parameters.get("TokenDuration") or _DEFAULT_DURATION)
    methods = [method for login in proofs for method in login.methods]
    amr = ("authenticated", *logins.developer_amr(pool, user), *methods)
    tags = SessionTags.passed((call.parameters.get("PrincipalTags") or {}).items())
    token = open_id_tokens.issue(pool.id, identity.id, amr, duration, state, tags=tags)
    return {"IdentityId": identity.id, "Token": token}


def _provider(pool: Pool) -> str:
    if pool.developer_provider is None:
        raise AwsError("InvalidParameterException", f"{pool.id} has no developer provider.")
    return pool.developer_provider


def _identity(pool: Pool, user: str, asked: str | None, state: State) -> Identity:
    """The user's identity, the one that was asked for, or a new one.

    Raises AwsError where the user "is already registered with Cognito under a different identity ID".
    """
    owner = pool.by_developer_user.get(user)
    if asked is None:
        return pool.identities[owner] if owner else new_identity(pool, state)
    identity = pool.named(asked)
    require_enabled(identity)
    if owner not in (None, asked):
        raise AwsError(
            "DeveloperUserAlreadyRegisteredException",
            "The provided developer user identifier is already registered with Cognito "
            "under a different identity ID.",
        )
    return identity


def _link_user(pool: Pool, identity: Identity, user: str, state: State) -> None:
    if user not in identity.developer_users:
        identity.developer_users.append(user)
        identity.modified = state.clock.now()
    pool.by_developer_user[user] = identity.id


def lookup_developer_identity(call: Call, state: State) -> dict[str, Any]:
    """From an Identity ID to its users, or from a user to the Identity ID.

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_LookupDeveloperIdentity.html
    """
    pool, given = named(call, state), call.parameters
    _provider(pool)
    user, asked = given.get("DeveloperUserIdentifier"), given.get("IdentityId")
    if user is None and asked is None:
        raise AwsError("InvalidParameterException", "Either IdentityId or DeveloperUserIdentifier is needed.")
    identity = _owner(pool, user) if user is not None else pool.named(str(asked))
    if user is not None and asked is not None:
        if identity.id != asked:
            raise _not_of(user, asked)
        return {"IdentityId": identity.id, "DeveloperUserIdentifierList": [user]}
    users, token = paged(
        sorted(identity.developer_users), given.get("MaxResults") or _MOST_RESULTS, given.get("NextToken")
    )
    return {"IdentityId": identity.id, "DeveloperUserIdentifierList": users} | token


def _owner(pool: Pool, user: str) -> Identity:
    identity_id = pool.by_developer_user.get(user)
    if identity_id is None:
        raise AwsError("ResourceNotFoundException", f"Developer user '{user}' not found.")
    return pool.identities[identity_id]


def _not_of(user: str, identity_id: str) -> AwsError:
    return AwsError(
        "ResourceConflictException", f"Developer user '{user}' is not linked to Identity '{identity_id}'."
    )


def merge_developer_identities(call: Call, state: State) -> dict[str, Any]:
    """ "Cognito associates the given source user … with the IdentityId of the DestinationUserIdentifier."

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_MergeDeveloperIdentities.html
    """
    pool = named(call, state)
    _require_provider(pool, call)
    source = _owner(pool, call.parameters["SourceUserIdentifier"])
    destination = _owner(pool, call.parameters["DestinationUserIdentifier"])
    merge(pool, destination, source, state)
    return {"IdentityId": destination.id}


def _require_provider(pool: Pool, call: Call) -> None:
    name = call.parameters["DeveloperProviderName"]
    if name != _provider(pool):
        raise AwsError("ResourceNotFoundException", f"Developer provider '{name}' not found.")


def unlink_developer_identity(call: Call, state: State) -> dict[str, Any]:
    """ "Unlinked developer users will be considered new identities next time they are seen."

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkDeveloperIdentity.html
    """
    pool, user = named(call, state), call.parameters["DeveloperUserIdentifier"]
    _require_provider(pool, call)
    identity, owner = pool.named(call.parameters["IdentityId"]), _owner(pool, user)
    if owner is not identity:
        raise _not_of(user, identity.id)
    identity.developer_users.remove(user)
    del pool.by_developer_user[user]
    close_if_bare(identity, state)
    return {}
