"""Branding styles: without one, an app client's pages at a domain with managed login are not shown.

The account keeps a style and returns it; its pages look as they look.

https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-brandingeditor.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateManagedLoginBranding.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Client, Pool, client_asked, pool_asked

if TYPE_CHECKING:
    from labkit.local.state import State


@dataclass
class Branding:
    """The style of one app client: Settings and Assets as they were given, or AWS's own."""

    id: str
    client_id: str
    created: datetime
    modified: datetime
    by_cognito: bool
    settings: dict[str, Any]
    #: By category and colour mode.
    assets: dict[tuple[str, str], dict[str, Any]]


def has_style(client: Client, state: State) -> bool:
    return client.id in state.managed_login.brandings


def create_managed_login_branding(call: Call, state: State) -> dict[str, Any]:
    pool, client = client_asked(call, state)
    if has_style(client, state):
        # "… an app client that already has an assigned style" (no text is documented)
        raise AwsError(
            "ManagedLoginBrandingExistsException", f"App client {client.id} already has a branding style."
        )
    now = state.clock.now()
    made = Branding(state.source.uuid(), client.id, now, now, False, {}, {})
    _style(made, call)
    state.managed_login.brandings[client.id] = made
    return _shown(made, pool)


def update_managed_login_branding(call: Call, state: State) -> dict[str, Any]:
    """ "Amazon Cognito … preserves existing style settings that you don't specify."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateManagedLoginBranding.html
    """
    pool = pool_asked(call, state)
    found = _named(call, pool, state)
    _style(found, call)
    found.modified = state.clock.now()
    return _shown(found, pool)


def delete_managed_login_branding(call: Call, state: State) -> dict[str, Any]:
    found = _named(call, pool_asked(call, state), state)
    del state.managed_login.brandings[found.client_id]
    return {}


def describe_managed_login_branding(call: Call, state: State) -> dict[str, Any]:
    _require_own(call)
    pool = pool_asked(call, state)
    return _shown(_named(call, pool, state), pool)


def describe_managed_login_branding_by_client(call: Call, state: State) -> dict[str, Any]:
    _require_own(call)
    pool, client = client_asked(call, state)
    if not has_style(client, state):
        raise _missing()
    return _shown(state.managed_login.brandings[client.id], pool)


def _require_own(call: Call) -> None:
    if call.parameters.get("ReturnMergedResources"):
        raise not_simulated("ReturnMergedResources, which mixes in AWS's own style")


def _named(call: Call, pool: Pool, state: State) -> Branding:
    wanted = call.parameters["ManagedLoginBrandingId"].lower()
    ours = (state.managed_login.brandings.get(client_id) for client_id in pool.clients)
    found = next((each for each in ours if each is not None and each.id == wanted), None)
    if found is None:
        raise _missing()
    return found


def _style(branding: Branding, call: Call) -> None:
    """ "When you specify true for this option, you must also omit values for Settings and Assets".

    Who specifies nothing has AWS's values (unconfirmed).
    """
    settings, assets = call.parameters.get("Settings"), call.parameters.get("Assets") or []
    own = bool(settings or assets)
    by_cognito = call.parameters.get("UseCognitoProvidedValues", not own)
    if by_cognito and own:
        raise _invalid("UseCognitoProvidedValues cannot be true where Settings or Assets are given.")
    if by_cognito:
        branding.settings, branding.assets = {}, {}
    branding.by_cognito = by_cognito
    branding.settings = _merged(branding.settings, settings or {})
    branding.assets |= {(asset["Category"], asset["ColorMode"]): asset for asset in assets}


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(old[name], value)
        for name, value in new.items()
        if isinstance(value, dict) and isinstance(old.get(name), dict)
    }
    return old | new | both


def _shown(branding: Branding, pool: Pool) -> dict[str, Any]:
    """Settings only where there are any, Assets always: https://github.com/floci-io/floci/pull/2869"""
    shown = {
        "ManagedLoginBrandingId": branding.id,
        "UserPoolId": pool.id,
        "UseCognitoProvidedValues": branding.by_cognito,
        "Assets": list(branding.assets.values()),
        "CreationDate": branding.created,
        "LastModifiedDate": branding.modified,
    }
    return {"ManagedLoginBranding": shown | ({"Settings": branding.settings} if branding.settings else {})}


def _missing() -> AwsError:
    return AwsError("ResourceNotFoundException", "The branding style does not exist.")


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
