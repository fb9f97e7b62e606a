"""Identity pools, their identities, and the key that signs their OpenID tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.trust import PROVIDER
from labkit.local.user_pools.state import SigningKey

if TYPE_CHECKING:
    from labkit.local.state import State


@dataclass
class Identity:
    """One Identity ID and the logins that are linked to it: provider → subject."""

    id: str
    pool_id: str
    created: datetime
    modified: datetime
    logins: dict[str, str] = field(default_factory=dict)


@dataclass
class Pool:
    """One identity pool. `settings` holds the members of AWS's IdentityPool as they were given."""

    id: str
    settings: dict[str, Any]
    #: `authenticated` and `unauthenticated` → role ARN.
    roles: dict[str, str] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    #: (provider, subject) → Identity ID.
    by_login: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return self.id.partition(":")[0]

    @property
    def allows_guests(self) -> bool:
        return bool(self.settings.get("AllowUnauthenticatedIdentities"))


class IdentityPools:
    """Every identity pool of one account."""

    def __init__(self, state: State) -> None:
        self.pools: dict[str, Pool] = {}
        self.key = SigningKey(state, PROVIDER, "RS512")

    def named(self, pool_id: str) -> Pool:
        """The pool of that id. Raises AwsError where there is none."""
        pool = self.pools.get(pool_id)
        if pool is None:
            raise AwsError("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
        return pool

    def identity(self, identity_id: str) -> tuple[Pool, Identity]:
        """The identity of that id with its pool. Raises AwsError where there is none."""
        for pool in self.pools.values():
            if identity_id in pool.identities:
                return pool, pool.identities[identity_id]
        raise AwsError("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
