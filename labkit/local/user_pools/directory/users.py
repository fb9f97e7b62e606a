"""A user as moto keeps it, and as AWS's UserType shows it.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labkit.local.user_pools.pools import Pool, User, status_of

if TYPE_CHECKING:
    from labkit.local.state import State


def create(
    pool: Pool, username: str | None, password: str | None, status: str, given: dict[str, str], state: State
) -> User:
    """A new user of moto's, past its own password check, whose text is not AWS's."""
    from moto.cognitoidp.models import CognitoIdpUser, UserStatus

    user: User = CognitoIdpUser(pool.id, username, password, UserStatus[status], listed(given))
    user.create_date = user.last_modified_date = state.clock.now()
    pool.users[user.username] = user
    return user


def change(user: User, changed: dict[str, str]) -> None:
    """Write attributes. "To delete an attribute from your user, submit the attribute … with a blank value."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html
    """
    user.update_attributes(listed({name: value for name, value in changed.items() if value}))
    user.delete_attributes([n for n, value in changed.items() if not value and n in user.attribute_lookup])


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    """A mapping as AWS's list of name and value pairs."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def shown(user: User, names: Sequence[str] | None = None) -> dict[str, Any]:
    """AWS's UserType, with these attributes only or with all of them."""
    attributes = {n: v for n, v in user.attribute_lookup.items() if not names or n in names}
    return {
        "Username": user.username,
        "Attributes": listed(attributes),
        "UserCreateDate": _instant(user.create_date),
        "UserLastModifiedDate": _instant(user.last_modified_date),
        "Enabled": user.enabled,
        "UserStatus": status_of(user),
    }


def _instant(time: datetime) -> datetime:
    """moto's own times are in UTC and do not say so."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
