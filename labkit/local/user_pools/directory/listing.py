"""ListUsers with its filter, and ListUsersInGroup.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import pages, users
from labkit.local.user_pools.directory.attributes import is_known
from labkit.local.user_pools.pools import Pool, User, name_user, pool_asked, status_of

if TYPE_CHECKING:
    from labkit.local.state import State

#: "You can only search for the following standard attributes"; these two in their own case alone.
_CASE_SENSITIVE = ("username", "status")
_SEARCHABLE = (
    *_CASE_SENSITIVE, "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
    "cognito:user_status", "sub",
)  # fmt: skip
#: AttributeName, Filter-Type and the value in quotation marks, which a backslash escapes inside it.
_FILTER = re.compile(r'\s*(?P<name>[^\s=^"]+)\s*(?P<type>\^?=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*')


@dataclass(frozen=True)
class _Filter:
    name: str
    #: For `^=`: whether it is enough that the value begins so.
    prefix: bool
    wanted: str

    def passes(self, user: User) -> bool:
        value, wanted = _value(user, self.name), self.wanted
        if self.name not in _CASE_SENSITIVE:
            value, wanted = value.lower(), wanted.lower()
        return bool(value) and (value.startswith(wanted) if self.prefix else value == wanted)


def list_users(call: Call, state: State) -> dict[str, Any]:
    """ "Search results are sorted by the attribute named by the AttributeName string", ascending."""
    pool, names = pool_asked(call, state), call.parameters.get("AttributesToGet") or []
    _require_known(pool, names)
    found, wanted = list(pool.users.values()), _parsed(call.parameters.get("Filter") or "")
    if wanted:
        found = [user for user in found if wanted.passes(user)]
        found.sort(key=lambda user: _value(user, wanted.name))
    page, token = pages.page(found, call, "PaginationToken", "Limit", state)
    for user in page:
        _require_set(user, names)
    return {"Users": [users.shown(user, names) for user in page]} | token


def require_group(call: Call, state: State) -> None:
    if call.parameters["GroupName"] not in pool_asked(call, state).groups:
        raise AwsError("ResourceNotFoundException", "Group not found.")


def require_member_and_group(call: Call, state: State) -> None:
    name_user(call, state)
    require_group(call, state)


def list_users_in_group(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsersInGroup.html"""
    require_group(call, state)
    pool = pool_asked(call, state)
    group = pool.groups[call.parameters["GroupName"]]
    found = [user for user in pool.users.values() if user in group.users]
    page, token = pages.page(found, call, "NextToken", "Limit", state)
    return {"Users": [users.shown(user) for user in page]} | token


def _require_known(pool: Pool, names: list[str]) -> None:
    unknown = [name for name in names if not is_known(pool, name)]
    if unknown:
        raise AwsError(
            "InvalidParameterException", f"The attribute {unknown[0]} is not in the pool's schema."
        )


def _require_set(user: User, names: list[str]) -> None:
    """ "Amazon Cognito returns an error if not all users in the results have set a value for the attribute
    you request." (It does not say which.)"""
    missing = [name for name in names if name not in user.attribute_lookup]
    if missing:
        raise AwsError("InvalidParameterException", f"Not every user has the attribute {missing[0]}.")


def _parsed(text: str) -> _Filter | None:
    """ "If the filter string is empty, ListUsers returns all users in the user pool." """
    if not text:
        return None
    match = _FILTER.fullmatch(text)
    if match is None:
        raise AwsError("InvalidParameterException", "Error while parsing filter.")
    if match["name"] not in _SEARCHABLE:
        raise AwsError("InvalidParameterException", f"Invalid search attribute: {match['name']}")
    return _Filter(match["name"], match["type"] == "^=", re.sub(r"\\(.)", r"\1", match["value"]))


def _value(user: User, name: str) -> str:
    """`status` is what the console calls Enabled, `cognito:user_status` what it calls Status."""
    special = {
        "username": user.username,
        "status": "Enabled" if user.enabled else "Disabled",
        "cognito:user_status": status_of(user),
    }
    return str(special.get(name) or user.attribute_lookup.get(name, ""))
