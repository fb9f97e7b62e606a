"""What a user may be called: the username, the `sub`, an address in its place, an alias.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UsernameConfigurationType.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from labkit.local.errors import AwsError

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
PHONE = re.compile(r"\+[0-9]{1,15}")
_ADDRESSES = {"email": EMAIL, "phone_number": PHONE}
_NOUNS = {"email": "an email", "phone_number": "a phone number"}


def username_attributes(pool: Any) -> list[str]:
    """The addresses with which users sign up in the place of a username."""
    return list(pool.extended_config.get("UsernameAttributes") or [])


def alias_attributes(pool: Any) -> list[str]:
    """The attributes with which users sign in beside their username."""
    return list(pool.extended_config.get("AliasAttributes") or [])


def cased(pool: Any, name: str) -> str:
    """The name as the pool compares names; one that takes any case keeps small letters (unconfirmed)."""
    configuration = pool.extended_config.get("UsernameConfiguration") or {}
    return name if configuration.get("CaseSensitive", True) else name.lower()


def find(pool: Any, name: str) -> Any | None:
    """A user by username, by `sub`, by an address in the username's place, or by an active alias."""
    wanted = cased(pool, name)
    user = pool.users.get(wanted)
    if user is None and len(name) == 36:  # as long as a UUID
        user = next((u for u in pool.users.values() if u.id == name), None)
    if user is None and (username_attributes(pool) or alias_attributes(pool)):
        user = next((u for u in pool.users.values() if wanted in _addresses(pool, u)), None)
    return user


def _addresses(pool: Any, user: Any) -> Iterator[str]:
    """What signs a user in beside the username; nothing does whom another provider signs in."""
    if is_federated(user):
        return
    for attribute in username_attributes(pool):
        if attribute in user.attribute_lookup:
            yield cased(pool, user.attribute_lookup[attribute])
    for attribute in alias_attributes(pool):
        if attribute in user.attribute_lookup and counts(user.attribute_lookup, attribute):
            yield cased(pool, user.attribute_lookup[attribute])


def is_federated(user: Any) -> bool:
    """Whether this is `PROVIDER_subject`, whose e-mail address may be another user's too (unconfirmed)."""
    return '"primary":true' in user.attribute_lookup.get("identities", "")


def primary_identities(user: Any) -> list[dict[str, Any]]:
    """The identity by which a provider made the user, if one did; a linked one is not primary."""
    known = json.loads(user.attribute_lookup.get("identities") or "[]")
    return [identity for identity in known if identity["primary"] is True]


def counts(attributes: dict[str, str], alias: str) -> bool:
    """ "Phone numbers and email addresses only become active aliases … after your user verifies" them."""
    return alias == "preferred_username" or attributes.get(f"{alias}_verified") == "true"


def holder(pool: Any, attribute: str, value: str, besides: Any = None) -> Any | None:
    """Another user whom this value of the attribute signs in."""
    for user in pool.users.values():
        known = cased(pool, user.attribute_lookup.get(attribute, "")) == cased(pool, value)
        active = attribute in username_attributes(pool) or counts(user.attribute_lookup, attribute)
        if known and active and user is not besides and not is_federated(user):
            return user
    return None


def stored(pool: Any, username: str, given: dict[str, str]) -> tuple[str | None, dict[str, str]]:
    """The username that a new user gets, and the attributes.

    None is a username that moto makes up, the user's `sub`, for pools whose users sign up by an address.
    """
    kinds = username_attributes(pool)
    if not kinds:
        _require_no_alias(pool, username)
        return cased(pool, username), given
    for kind in kinds:
        if _ADDRESSES[kind].fullmatch(username):
            return None, given | {kind: username}
    raise AwsError(
        "InvalidParameterException", f"Username should be {' or '.join(_NOUNS[kind] for kind in kinds)}."
    )


def _require_no_alias(pool: Any, username: str) -> None:
    """ "If you select email address as an alias, Amazon Cognito doesn't accept a user name that matches"."""
    for kind in alias_attributes(pool):
        if kind in _ADDRESSES and _ADDRESSES[kind].fullmatch(username):
            noun = kind.removesuffix("_number")
            raise AwsError(
                "InvalidParameterException",
                f"Username cannot be of {noun} format, since user pool is configured for {noun} alias.",
            )


def require_free(pool: Any, given: dict[str, str], user: Any = None) -> None:
    """An address that serves as a username is one user's alone, verified or not."""
    for attribute in username_attributes(pool):
        if given.get(attribute) and holder(pool, attribute, given[attribute], besides=user):
            code = "AliasExistsException" if user else "UsernameExistsException"
            raise AwsError(code, f"An account with the given {attribute} already exists.")


def claim(pool: Any, user: Any, attribute: str, value: str, *, force: bool = False) -> None:
    """Take an alias that becomes active now; with `force` from whoever has it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    """
    if attribute not in alias_attributes(pool):
        return
    if attribute == "preferred_username":
        _require_no_alias(
            pool, value
        )  # else it would stand before the address of somebody else (unconfirmed)
    if attribute == "preferred_username" and pool.users.get(cased(pool, value)) not in (None, user):
        raise AwsError("AliasExistsException", "Already found an entry for the provided username.")
    other = holder(pool, attribute, value, besides=user)
    if other is not None and not force:
        raise AwsError("AliasExistsException", f"An account with the {attribute} already exists.")
    if other is not None:
        other.update_attributes([{"Name": f"{attribute}_verified", "Value": "false"}])
