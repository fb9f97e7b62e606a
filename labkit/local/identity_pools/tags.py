"""Tags of identity pools.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools.state import Pool
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: "An identity pool can have as many as 50 tags."
_MOST = 50


def tag_resource(call: Call, state: State) -> dict[str, Any]:
    pool = _asked(call, state)
    tags = _tags(pool) | call.parameters["Tags"]
    if len(tags) > _MOST:
        raise AwsError("InvalidParameterException", f"An identity pool can have {_MOST} tags at most.")
    pool.settings["IdentityPoolTags"] = tags
    return {}


def untag_resource(call: Call, state: State) -> dict[str, Any]:
    pool, removed = _asked(call, state), call.parameters["TagKeys"]
    pool.settings["IdentityPoolTags"] = {k: v for k, v in _tags(pool).items() if k not in removed}
    return {}


def list_tags_for_resource(call: Call, state: State) -> dict[str, Any]:
    return {"Tags": _tags(_asked(call, state))}


def _tags(pool: Pool) -> dict[str, str]:
    return dict(pool.settings.get("IdentityPoolTags") or {})


def _asked(call: Call, state: State) -> Pool:
    """The pool of that ARN, which only its own account and Region know."""
    arn = call.parameters["ResourceArn"]
    kind, _, pool_id = arn.rpartition("/")
    pool = state.identity_pools.pools.get(pool_id)
    if pool is None or kind != state.arn("cognito-identity", "identitypool", region=call.region):
        raise AwsError("ResourceNotFoundException", f"Resource '{arn}' not found.")
    if pool.region != call.region:
        raise AwsError("ResourceNotFoundException", f"Resource '{arn}' not found.")
    return pool
