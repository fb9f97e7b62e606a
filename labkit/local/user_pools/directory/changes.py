"""Changing and deleting attributes, by the user or by the administrator.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html#user-pool-settings-verifications-verify-attribute-updates
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import attributes, usernames, users, verification
from labkit.local.user_pools.pools import Pool, User, client_named, pool_asked, user_named
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State


def update_user_attributes(call: Call, state: State) -> dict[str, Any]:
    pool, user, claims = user_of_access_token(call.parameters["AccessToken"], state)
    given = attributes.flat(call.parameters["UserAttributes"])
    attributes.require_valid(pool, given)
    attributes.require_writable(client_named(claims["client_id"], state)[1], given)
    return {"CodeDeliveryDetailsList": _update(pool, user, given, call, state)}


def admin_update_user_attributes(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    given = attributes.flat(call.parameters["UserAttributes"])
    attributes.require_valid(pool, given)
    attributes.require_address(given, user.attribute_lookup | given)
    _update(pool, user, given, call, state)
    return {}


def _update(pool: Pool, user: User, given: dict[str, str], call: Call, state: State) -> list[dict[str, str]]:
    """Write what may be written now; addresses that have to be verified first wait for their code."""
    attributes.require_mutable(pool, given)
    _require_kept(pool, given)
    usernames.require_free(pool, given, user)
    changed = {n: v for n, v in given.items() if v != user.attribute_lookup.get(n, "")}
    addresses = [a for a in verification.ADDRESSES if changed.get(a) and given.get(f"{a}_verified") != "true"]
    waiting = {a: changed.pop(a) for a in addresses if a in _verified_first(pool)}
    changed |= _flags(changed, given)
    _claim_aliases(pool, user, changed)
    for attribute in verification.ADDRESSES:
        if attribute in changed:
            verification.withdraw(pool, user, attribute, state)
    users.change(user, changed)
    verification.pending(pool, user, state).update(waiting)
    return [
        verification.send(pool, user, attribute, given[attribute], call, state)
        for attribute in addresses
        if attribute in (pool.extended_config.get("AutoVerifiedAttributes") or [])
    ]


def _flags(changed: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """A changed address is unverified, unless the administrator says otherwise; one that goes is neither."""
    addresses = [a for a in verification.ADDRESSES if a in changed]
    return {f"{a}_verified": given.get(f"{a}_verified", "false" if changed[a] else "") for a in addresses}


def _verified_first(pool: Pool) -> list[str]:
    settings = pool.extended_config.get("UserAttributeUpdateSettings") or {}
    return list(settings.get("AttributesRequireVerificationBeforeUpdate") or [])


def _require_kept(pool: Pool, given: dict[str, str]) -> None:
    """What the pool requires cannot be made blank, which would delete it."""
    attributes.require_complete(pool, {n: given.get(n, "as it is") for n in pool.schema_attributes})


def _claim_aliases(pool: Pool, user: User, changed: dict[str, str]) -> None:
    """Take the aliases that this change makes active."""
    after = user.attribute_lookup | changed
    for attribute in usernames.alias_attributes(pool):
        touched = attribute in changed or f"{attribute}_verified" in changed
        if touched and after.get(attribute) and usernames.counts(after, attribute):
            usernames.claim(pool, user, attribute, after[attribute])


def delete_user_attributes(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserAttributes.html"""
    pool, user, claims = user_of_access_token(call.parameters["AccessToken"], state)
    names = call.parameters["UserAttributeNames"]
    _require_deletable(pool, names)
    attributes.require_writable(client_named(claims["client_id"], state)[1], dict.fromkeys(names, ""))
    _delete(pool, user, names, state)
    return {}


def admin_delete_user_attributes(call: Call, state: State) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUserAttributes.html"""
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    _require_deletable(pool, call.parameters["UserAttributeNames"])
    _delete(pool, user, call.parameters["UserAttributeNames"], state)
    return {}


def _require_deletable(pool: Pool, names: list[str]) -> None:
    unknown = [name for name in names if not attributes.is_known(pool, name)]
    if unknown:
        faults = "".join(f"user.{name}: Attribute does not exist in the schema.\n" for name in unknown)
        raise AwsError("InvalidParameterException", f"Invalid user attributes: {faults}")
    blank = dict.fromkeys(names, "")
    attributes.require_known(pool, blank)
    attributes.require_mutable(pool, blank)
    _require_kept(pool, blank)


def _delete(pool: Pool, user: User, names: list[str], state: State) -> None:
    """An address goes with the word that it was verified."""
    flags = [f"{name}_verified" for name in names if name in verification.ADDRESSES]
    users.change(user, dict.fromkeys([*names, *flags], ""))
    for name in names:
        if name in verification.ADDRESSES:
            verification.withdraw(pool, user, name, state)
