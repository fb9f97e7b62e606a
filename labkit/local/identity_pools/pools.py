"""Making, changing and removing identity pools.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools.state import Pool
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

_SETTINGS = (
    "IdentityPoolName", "AllowUnauthenticatedIdentities", "AllowClassicFlow", "SupportedLoginProviders",
    "DeveloperProviderName", "OpenIdConnectProviderARNs", "CognitoIdentityProviders", "SamlProviderARNs",
    "IdentityPoolTags",
)  # fmt: skip


def create_identity_pool(call: Call, state: State) -> dict[str, Any]:
    pool = Pool(f"{call.region}:{state.source.uuid()}", _settings(call))
    state.identity_pools.pools[pool.id] = pool
    return _described(pool)


def _settings(call: Call) -> dict[str, Any]:
    return {name: call.parameters[name] for name in _SETTINGS if call.parameters.get(name) is not None}


def _described(pool: Pool) -> dict[str, Any]:
    return {"IdentityPoolId": pool.id} | pool.settings


def describe_identity_pool(call: Call, state: State) -> dict[str, Any]:
    return _described(named(call, state))


def update_identity_pool(call: Call, state: State) -> dict[str, Any]:
    """Replace the settings: what is not given is gone, as in AWS.

    "Once you have set a developer provider name, you cannot change it."
    """
    pool, settings = named(call, state), _settings(call)
    provider = pool.developer_provider
    if provider is not None and settings.setdefault("DeveloperProviderName", provider) != provider:
        raise AwsError(
            "InvalidParameterException", f"The developer provider name {provider} cannot be changed."
        )
    pool.settings = settings
    return _described(pool)


def delete_identity_pool(call: Call, state: State) -> dict[str, Any]:
    del state.identity_pools.pools[named(call, state).id]
    return {}


def list_identity_pools(call: Call, state: State) -> dict[str, Any]:
    """Pools of this Region, a page at a time; the token is the last page's last id."""
    ids = sorted(
        pool_id for pool_id, pool in state.identity_pools.pools.items() if pool.region == call.region
    )
    page, token = paged(ids, call.parameters["MaxResults"], call.parameters.get("NextToken"))
    pools = state.identity_pools.pools
    shown = [{"IdentityPoolId": i, "IdentityPoolName": pools[i].settings["IdentityPoolName"]} for i in page]
    return {"IdentityPools": shown} | token


def paged(ids: list[str], limit: int, after: str | None) -> tuple[list[str], dict[str, str]]:
    """One page of ids, and the NextToken for the page behind it."""
    rest = [i for i in ids if after is None or i > after]
    return rest[:limit], {"NextToken": rest[limit - 1]} if len(rest) > limit else {}


def named(call: Call, state: State) -> Pool:
    """The request's pool, which only its own Region knows.

    Unsigned calls (GetId …) are for no Region: one endpoint serves all of them here.
    """
    pool = state.identity_pools.named(call.parameters["IdentityPoolId"])
    if not call.unsigned and pool.region != call.region:
        raise AwsError("ResourceNotFoundException", f"IdentityPool '{pool.id}' not found.")
    return pool
