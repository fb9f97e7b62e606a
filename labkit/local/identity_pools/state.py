"""Identity pools, their identities, and the key that signs their OpenID tokens."""

from __future__ import annotations

from collections.abc import Mapping
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
    """One Identity ID and what is linked to it."""

    id: str
    pool_id: str
    created: datetime
    modified: datetime
    #: Provider → subject: one login of each public provider.
    logins: dict[str, str] = field(default_factory=dict)
    #: User identifiers of the pool's developer provider, of which there may be several.
    developer_users: list[str] = field(default_factory=list)
    #: False once it was merged into another identity, or has lost its last login.
    enabled: bool = True

    @property
    def is_guest(self) -> bool:
        return not self.logins and not self.developer_users

    @property
    def linked(self) -> int:
        return len(self.logins) + len(self.developer_users)


@dataclass(frozen=True)
class TagMap:
    """Which claims of a provider's tokens become principal tags: tag → claim."""

    use_defaults: bool
    claims: Mapping[str, str]


@dataclass
class Pool:
    """One identity pool. `settings` holds the members of AWS's IdentityPool as they were given."""

    id: str
    settings: dict[str, Any]
    #: `authenticated` and `unauthenticated` → role ARN.
    roles: dict[str, str] = field(default_factory=dict)
    #: Identity provider → AWS's RoleMapping.
    role_mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: By the identity provider's name.
    tag_maps: dict[str, TagMap] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    #: (provider, subject) → Identity ID.
    by_login: dict[tuple[str, str], str] = field(default_factory=dict)
    #: Developer user identifier → Identity ID.
    by_developer_user: dict[str, str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return self.id.partition(":")[0]

    @property
    def allows_guests(self) -> bool:
        return bool(self.settings.get("AllowUnauthenticatedIdentities"))

    @property
    def developer_provider(self) -> str | None:
        return self.settings.get("DeveloperProviderName")

    def named(self, identity_id: str) -> Identity:
        """The identity of that id in this pool. Raises AwsError where there is none."""
        identity = self.identities.get(identity_id)
        if identity is None:
            raise AwsError("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
        return identity


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
