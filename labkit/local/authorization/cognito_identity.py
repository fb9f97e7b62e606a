"""The identity pools that operations name by an Identity ID alone.

Their actions have no resource types; `cognito-identity:IdentityPoolArn` tells policies which pool it is.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.authorization import other
from labkit.local.authorization.asks import Ask
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State


def asks(call: Call, caller: Caller, state: State) -> list[Ask]:
    """One decision for each pool whose identities are named; where there is none, one without the key."""
    if call.operation not in ("DescribeIdentity", "DeleteIdentities"):
        return other.asks(call, caller, state)
    action, pools = f"cognito-identity:{call.operation}", _pools(call, state)
    if not pools:
        return [Ask(action, "*")]
    return [Ask(action, "*", {"cognito-identity:IdentityPoolArn": arn}) for arn in pools]


def _pools(call: Call, state: State) -> list[str]:
    named = call.parameters.get("IdentityIdsToDelete") or [call.parameters.get("IdentityId")]
    return [
        state.arn("cognito-identity", f"identitypool/{pool.id}", region=pool.region)
        for pool in state.identity_pools.pools.values()
        if any(identity_id in pool.identities for identity_id in named)
    ]
