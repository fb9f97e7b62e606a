"""The Identity Pools API (`cognito-identity`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.identity_pools import credentials, identities, pools
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: Operations that are answered here, by AWS's name; moto is asked for none of this service's.
OPERATIONS: dict[str, Callable[[Call, State], dict[str, Any]]] = {
    "CreateIdentityPool": pools.create_identity_pool,
    "DeleteIdentityPool": pools.delete_identity_pool,
    "DescribeIdentity": identities.describe_identity,
    "DescribeIdentityPool": pools.describe_identity_pool,
    "GetCredentialsForIdentity": credentials.get_credentials_for_identity,
    "GetId": identities.get_id,
    "GetIdentityPoolRoles": pools.get_identity_pool_roles,
    "GetOpenIdToken": credentials.get_open_id_token,
    "ListIdentities": identities.list_identities,
    "ListIdentityPools": pools.list_identity_pools,
    "SetIdentityPoolRoles": pools.set_identity_pool_roles,
    "UpdateIdentityPool": pools.update_identity_pool,
}
