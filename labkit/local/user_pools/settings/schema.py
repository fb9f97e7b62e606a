"""A pool's schema: the standard attributes as the pool wants them, and its `custom:` attributes.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-custom-attributes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import pool_asked, require_no_import

if TYPE_CHECKING:
    from labkit.local.state import State

#: "You can add up to 50 custom attributes to your user pool."
_MOST_CUSTOM = 50


def standard() -> dict[str, dict[str, Any]]:
    """The OpenID Connect standard claims that every pool has, and their properties."""
    from moto.cognitoidp.models import CognitoIdpUserPoolAttribute

    return CognitoIdpUserPoolAttribute.STANDARD_SCHEMA


def check_new(given: list[dict[str, Any]], aliases: list[str]) -> None:
    """The schema of a new pool; how many attributes it may have, AWS documents, but not the texts."""
    names = _names(given)
    if len(set(names)) < len(names):
        raise _invalid(f"Schema attribute names must be unique, got {sorted(names)}.")
    _require_few([name for name in names if name not in standard()])
    required = [attribute.get("Name") for attribute in given if attribute.get("Required")]
    if "preferred_username" in required and "preferred_username" in aliases:
        # "You can select preferred_username as required or as an alias, but not both."
        raise _invalid("preferred_username can be a required attribute or an alias, not both.")


def complete(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The whole schema of a new pool: what was given, and every other standard attribute."""
    named = {attribute.get("Name", ""): attribute for attribute in given}
    known = {
        name: {"Name": name} | properties | named.get(name, {}) for name, properties in standard().items()
    }
    return [*known.values(), *(attribute for name, attribute in named.items() if name not in known)]


def check_custom(call: Call, state: State) -> None:
    """AddCustomAttributes: moto's checks are AWS's but for the number, and for imports."""
    pool = pool_asked(call, state)
    require_no_import(pool, state)
    custom = [name for name in pool.schema_attributes if name not in standard()]
    _require_few([*custom, *_names(call.parameters["CustomAttributes"])])


def _names(given: list[dict[str, Any]]) -> list[str]:
    names = [attribute.get("Name") or "" for attribute in given]
    if "" in names:
        raise _invalid("A schema attribute must have a name.")
    return names


def _require_few(custom: list[str]) -> None:
    if len(custom) > _MOST_CUSTOM:
        raise _invalid(f"A user pool has {_MOST_CUSTOM} custom attributes at most.")


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
