"""Identity IDs: GetId, what is known of an identity, and its end.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools import logins
from labkit.local.identity_pools.linking import (
    forbidden,
    link,
    merge,
    new_identity,
    owners,
    require_enabled,
    require_own,
)
from labkit.local.identity_pools.login import Login, unsupported
from labkit.local.identity_pools.pools import named, paged
from labkit.local.identity_pools.state import Identity, Pool
from labkit.local.operations import Call
from labkit.local.trust import PROVIDER

if TYPE_CHECKING:
    from labkit.local.state import State


def get_id(call: Call, state: State) -> dict[str, Any]:
    """The same login gets the same Identity ID; every guest gets a new one."""
    pool = named(call, state)
    if call.parameters.get("AccountId") not in (None, state.account_id):
        raise AwsError("ResourceNotFoundException", f"IdentityPool '{pool.id}' not found.")
    given = call.parameters.get("Logins") or {}
    if PROVIDER in given:
        raise unsupported()  # GetOpenIdTokenForDeveloperIdentity "replaces the use of GetId"
    proofs = logins.verified(pool, given, state)
    if not proofs:
        require_guests(pool)
    known = owners(pool, proofs)
    identity = known[0] if known else new_identity(pool, state)
    _gather(pool, identity, known, proofs, state)
    return {"IdentityId": identity.id}


def require_guests(pool: Pool) -> None:
    if not pool.allows_guests:
        raise AwsError(
            "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."
        )


def _gather(
    pool: Pool, parent: Identity, others: list[Identity], proofs: tuple[Login, ...], state: State
) -> None:
    """ "Supplying multiple logins will create an implicit linked account." """
    for other in others:
        merge(pool, parent, other, state)
    link(pool, parent, proofs, state)


def authenticated(call: Call, state: State) -> tuple[Pool, Identity, tuple[Login, ...]]:
    """Pool, identity and verified logins of a call that acts for an Identity ID.

    The identity may be another than the one that was named: "If you pass in a token for a login that is
    not currently linked to the given identity, but is linked to another identity, the two identities are
    merged." A guest's identity gives way to the login's, whose own it is; which of two identities with
    logins stays, AWS does not say: here it is the one that was named.
    Raises AwsError where the logins do not prove that the identity is the caller's.
    """
    pool, identity = state.identity_pools.identity(call.parameters["IdentityId"])
    proofs = logins.verified(pool, call.parameters.get("Logins") or {}, state)
    require_enabled(identity)
    if not proofs:
        if not identity.is_guest:
            raise forbidden(identity)
        require_guests(pool)
        return pool, identity, ()
    known = owners(pool, proofs)
    if not identity.is_guest or any(login.provider == PROVIDER for login in proofs):
        require_own(identity, proofs)
        parent = identity
    else:
        parent = known[0] if known else identity
    _gather(pool, parent, [*known, identity], proofs, state)
    return pool, parent, proofs


def describe_identity(call: Call, state: State) -> dict[str, Any]:
    """What is known of an identity. The call is signed, so only the pool's own Region knows it."""
    pool, identity = state.identity_pools.identity(call.parameters["IdentityId"])
    if pool.region != call.region:
        raise AwsError("ResourceNotFoundException", f"Identity '{identity.id}' not found.")
    return _described(pool, identity)


def _described(pool: Pool, identity: Identity) -> dict[str, Any]:
    developer = [pool.developer_provider] if identity.developer_users else []
    return {
        "IdentityId": identity.id,
        "Logins": [*identity.logins, *developer],
        "CreationDate": identity.created,
        "LastModifiedDate": identity.modified,
    }


def list_identities(call: Call, state: State) -> dict[str, Any]:
    pool, hide = named(call, state), call.parameters.get("HideDisabled")
    shown = sorted(i.id for i in pool.identities.values() if i.enabled or not hide)
    ids, token = paged(shown, call.parameters["MaxResults"], call.parameters.get("NextToken"))
    described = [_described(pool, pool.identities[identity_id]) for identity_id in ids]
    return {"IdentityPoolId": pool.id, "Identities": described} | token


def delete_identities(call: Call, state: State) -> dict[str, Any]:
    """Every identity that is there goes, with its logins; the others are named in the answer.

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DeleteIdentities.html
    """
    unprocessed = []
    for identity_id in dict.fromkeys(call.parameters["IdentityIdsToDelete"]):
        pool = _pool_of(identity_id, call, state)
        if pool is None:
            unprocessed.append({"IdentityId": identity_id, "ErrorCode": "AccessDenied"})
            continue
        del pool.identities[identity_id]
        pool.by_login = {pair: i for pair, i in pool.by_login.items() if i != identity_id}
        pool.by_developer_user = {u: i for u, i in pool.by_developer_user.items() if i != identity_id}
    return {"UnprocessedIdentityIds": unprocessed}


def _pool_of(identity_id: str, call: Call, state: State) -> Pool | None:
    pools = state.identity_pools.pools.values()
    return next((p for p in pools if p.region == call.region and identity_id in p.identities), None)
