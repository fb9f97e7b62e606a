"""What a provider says of a user beside its ID token: userInfo, and the social providers' profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.federation.fetch import fetch
from labkit.local.federation.refusal import Refused, invalid

if TYPE_CHECKING:
    from labkit.local.state import State


def fetched(
    provider: Any, claims: Mapping[str, Any], access_token: str, origin: str, state: State
) -> dict[str, Any]:
    """The attributes at `attributes_url`, or none where there is nothing to ask."""
    kind, details = provider.extended_config["ProviderType"], provider.extended_config["ProviderDetails"]
    url = details.get("attributes_url")
    wanted = _wanted(provider, claims)
    if not url or (kind == "Google" and not wanted):
        return {}
    if details["attributes_url_add_attributes"] == "true":
        url += ",".join(wanted)
    method = details.get("attributes_request_method", "GET")
    reply = fetch(url, origin, state, method=method, headers={"Authorization": f"Bearer {access_token}"})
    if reply.status != 200:
        raise Refused("invalid_request", f"{provider.name} Error - {reply.status} at the attributes URL")
    found = reply.document
    if kind == "Google":
        return _first_values(found, wanted)
    if kind == "OIDC" and found.get("sub") != claims["sub"]:
        # "The sub Claim in the UserInfo Response MUST be verified to exactly match" (Core, section 5.3.2)
        raise invalid("Bad userInfo sub")
    return found


def _wanted(provider: Any, claims: Mapping[str, Any]) -> list[str]:
    """The provider's attributes that are mapped, and not known yet; tokens are none."""
    mapped = dict.fromkeys(provider.extended_config["AttributeMapping"].values())
    return [name for name in mapped if name not in claims and name not in ("access_token", "id_token")]


def _first_values(person: Mapping[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Of People API's lists the first entry's value (unconfirmed)."""
    found: dict[str, Any] = {}
    for name in wanted:
        entries = person.get(name)
        first = entries[0] if isinstance(entries, list) and entries else None
        if isinstance(first, dict):
            found[name] = first.get("value") or first.get("displayName") or first.get("url")
    return {name: value for name, value in found.items() if value}
