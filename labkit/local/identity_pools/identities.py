"""Identity IDs: GetId, and what is known of an identity.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.identity_pools import logins
from labkit.local.identity_pools.pools import named, paged
from labkit.local.identity_pools.state import Identity, Pool
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State


def get_id(call: Call, state: State) -> dict[str, Any]:
    """The same login gets the same Identity ID; every guest gets a new one."""
    pool = named(call, state)
    subjects = logins.verified(pool, call.parameters.get("Logins") or {}, state)
    if not subjects:
        require_guests(pool)
        return {"IdentityId": _new(pool, {}, state).id}
    known = {pool.by_login[pair] for pair in subjects.items() if pair in pool.by_login}
    if len(known) > 1:
        raise not_simulated("merging identities: these logins belong to different ones")
    identity = pool.identities[known.pop()] if known else _new(pool, {}, state)
    link(pool, identity, subjects, state)
    return {"IdentityId": identity.id}


def require_guests(pool: Pool) -> None:
    if not pool.allows_guests:
        raise AwsError(
            "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."
        )


def _new(pool: Pool, subjects: dict[str, str], state: State) -> Identity:
    now = state.clock.now()
    identity = Identity(f"{pool.region}:{state.source.uuid()}", pool.id, now, now, dict(subjects))
    pool.identities[identity.id] = identity
    return identity


def link(pool: Pool, identity: Identity, subjects: dict[str, str], state: State) -> None:
    """Remember verified logins with an identity. One identity has one login of each provider."""
    for provider, subject in subjects.items():
        if identity.logins.get(provider, subject) != subject:
            raise AwsError(
                "ResourceConflictException", "Logins don't match. Identity has another login already."
            )
    for pair in subjects.items():
        pool.by_login[pair] = identity.id
    if set(subjects) - set(identity.logins):
        identity.modified = state.clock.now()
    identity.logins |= subjects


def authenticated(call: Call, state: State) -> tuple[Pool, Identity, dict[str, str]]:
    """Pool, identity and verified logins of a call that acts for an Identity ID.

    Raises AwsError where the logins do not prove that the identity is the caller's.
    """
    pool, identity = state.identity_pools.identity(call.parameters["IdentityId"])
    subjects = logins.verified(pool, call.parameters.get("Logins") or {}, state)
    if not subjects:
        if identity.logins:
            raise AwsError("NotAuthorizedException", f"Access to Identity '{identity.id}' is forbidden.")
        require_guests(pool)
        return pool, identity, {}
    owners = {pool.by_login.get(pair, identity.id) for pair in subjects.items()}
    linked = any(identity.logins.get(provider) == subject for provider, subject in subjects.items())
    if owners != {identity.id} or (identity.logins and not linked):
        raise AwsError(
            "NotAuthorizedException",
            "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        )
    link(pool, identity, subjects, state)
    return pool, identity, subjects


def describe_identity(call: Call, state: State) -> dict[str, Any]:
    """What is known of an identity. The call is signed, so only the pool's own Region knows it."""
    pool, identity = state.identity_pools.identity(call.parameters["IdentityId"])
    if pool.region != call.region:
        raise AwsError("ResourceNotFoundException", f"Identity '{identity.id}' not found.")
    return _described(identity)


def _described(identity: Identity) -> dict[str, Any]:
    return {
        "IdentityId": identity.id,
        "Logins": list(identity.logins),
        "CreationDate": identity.created,
        "LastModifiedDate": identity.modified,
    }


def list_identities(call: Call, state: State) -> dict[str, Any]:
    pool = named(call, state)
    ids, token = paged(
        sorted(pool.identities), call.parameters["MaxResults"], call.parameters.get("NextToken")
    )
    return {"IdentityPoolId": pool.id, "Identities": [_described(pool.identities[i]) for i in ids]} | token
