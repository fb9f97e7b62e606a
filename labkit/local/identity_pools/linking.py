"""Which logins belong to which identity: linking, merging, unlinking.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html (Linking logins, Merging
identities)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools import logins
from labkit.local.identity_pools.login import Login
from labkit.local.identity_pools.state import Identity, Pool
from labkit.local.operations import Call
from labkit.local.trust import PROVIDER

if TYPE_CHECKING:
    from labkit.local.state import State

#: "The number of linked logins is limited to 20."
#: https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_MergeDeveloperIdentities.html
_MOST = 20


def new_identity(pool: Pool, state: State) -> Identity:
    now = state.clock.now()
    identity = Identity(f"{pool.region}:{state.source.uuid()}", pool.id, now, now)
    pool.identities[identity.id] = identity
    return identity


def owners(pool: Pool, proofs: Iterable[Login]) -> list[Identity]:
    """The identities that these logins belong to, the oldest first."""
    ids = {pool.by_login.get((login.provider, login.subject)) for login in proofs} - {None}
    found = [pool.identities[identity_id] for identity_id in ids if identity_id is not None]
    return sorted(found, key=lambda identity: (identity.created, identity.id))


def link(pool: Pool, identity: Identity, proofs: Iterable[Login], state: State) -> None:
    """Remember logins with an identity, and with no other.

    "Attempts to link more than one login with a public provider will result in a ResourceConflictException."
    """
    fresh = {login.provider: login.subject for login in proofs if login.provider != PROVIDER}
    _require_one_login_each(identity.logins, fresh)
    if len(identity.logins | fresh) + len(identity.developer_users) > _MOST:
        raise _conflict(f"An identity can have {_MOST} logins at most.")
    pool.by_login |= dict.fromkeys(fresh.items(), identity.id)
    if fresh.keys() - identity.logins.keys():
        identity.modified = state.clock.now()
    identity.logins |= fresh


def merge(pool: Pool, parent: Identity, other: Identity, state: State) -> None:
    """ "Once merged, one identity becomes the parent/owner of all associated logins and the other is
    disabled." """
    if parent is other:
        return
    _require_one_login_each(parent.logins, other.logins)
    if parent.linked + other.linked > _MOST:
        raise _conflict(f"An identity can have {_MOST} logins at most.")
    pool.by_login |= dict.fromkeys(other.logins.items(), parent.id)
    pool.by_developer_user |= dict.fromkeys(other.developer_users, parent.id)
    parent.logins |= other.logins
    parent.developer_users += other.developer_users
    other.logins, other.developer_users = {}, []
    other.enabled = False
    parent.modified = other.modified = state.clock.now()


def _require_one_login_each(mine: dict[str, str], others: dict[str, str]) -> None:
    for provider, subject in others.items():
        if mine.get(provider, subject) != subject:
            raise _conflict("Logins don't match. Identity has another login already.")


def _conflict(message: str) -> AwsError:
    return AwsError("ResourceConflictException", message)


def require_enabled(identity: Identity) -> None:
    """ "It is not possible to get an unauthenticated token for authenticated or disabled identities." """
    if not identity.enabled:
        raise forbidden(identity)


def forbidden(identity: Identity) -> AwsError:
    return AwsError("NotAuthorizedException", f"Access to Identity '{identity.id}' is forbidden.")


def require_own(identity: Identity, proofs: Sequence[Login]) -> None:
    """ "You must pass at least one valid token for a login already associated with that identity." """
    own = any(
        login.subject == (identity.id if login.provider == PROVIDER else identity.logins.get(login.provider))
        for login in proofs
    )
    if not own:
        raise AwsError(
            "NotAuthorizedException",
            "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        )


def unlink_identity(call: Call, state: State) -> dict[str, Any]:
    """ "Unlinked logins will be considered new identities next time they are seen."

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkIdentity.html
    """
    pool, identity = state.identity_pools.identity(call.parameters["IdentityId"])
    require_enabled(identity)
    proofs = logins.verified(pool, call.parameters["Logins"], state)
    require_own(identity, proofs)
    if any(owner is not identity for owner in owners(pool, proofs)):
        raise _conflict("Logins don't match. A login is already linked to another identity.")
    removed = call.parameters["LoginsToRemove"]
    for provider in removed:
        if provider not in identity.logins:
            raise AwsError("InvalidParameterException", f"{provider} is not linked to {identity.id}.")
    for provider in dict.fromkeys(removed):
        del pool.by_login[(provider, identity.logins.pop(provider))]
    close_if_bare(identity, state)
    return {}


def close_if_bare(identity: Identity, state: State) -> None:
    """ "Removing the last linked login will make this identity inaccessible." """
    identity.modified = state.clock.now()
    identity.enabled = not identity.is_guest
