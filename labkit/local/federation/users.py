"""Whom a provider's user is in the pool: a linked user, or `PROVIDER_subject`, made at the first sign-in.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.federation import groups, mapping
from labkit.local.federation.refusal import invalid
from labkit.local.user_pools import triggers
from labkit.local.user_pools.directory import users
from labkit.local.user_pools.directory.links import linked
from labkit.local.user_pools.directory.usernames import cased, primary_identities
from labkit.local.user_pools.pools import Client, Pool, User, find_user, hides_existence
from labkit.local.user_pools.sign_up import registration

if TYPE_CHECKING:
    from labkit.local.state import State

_STATUS = "EXTERNAL_PROVIDER"


def signed_in(
    pool: Pool, client: Client, provider: Any, subject: str, claims: Mapping[str, Any], state: State
) -> User:
    """The user, with what the provider says now. Raises Refused where the pool does not take them.

    The pool's functions hear of a first sign-in as a sign-up, of the following ones as sign-ins:
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html#lambda-triggers-for-federated-users
    """
    given = mapping.attributes(pool, client, provider, claims)
    user = _known(pool, provider, subject, claims, state)
    if user is None:
        return _made(pool, client, provider, subject, claims, given, state)
    _pre_authentication(pool, client, user, state)
    _require_still(pool, user)
    mapping.require_mutable(pool, given)
    users.change(user, given)
    user.last_modified_date = state.clock.now()
    _post_authentication(pool, client, user, state)
    return user


def _known(pool: Pool, provider: Any, subject: str, claims: Mapping[str, Any], state: State) -> User | None:
    """The user of an identity. Whoever signed up by such a name without the provider is nobody's identity.

    "Regardless of the case sensitivity settings of your user pool, Amazon Cognito requires that a federated
    user from a SAML or OIDC identity provider (IdP) pass a unique and case-sensitive NameId or sub claim."
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html
    """
    user: User | None = pool.users.get(cased(pool, f"{provider.name}_{subject}"))
    known = primary_identities(user) if user is not None else []
    made = any((i["providerName"], i["userId"]) == (provider.name, subject) for i in known)
    return linked(pool, provider.name, subject, claims, state) or (user if made else None)


def _made(
    pool: Pool,
    client: Client,
    provider: Any,
    subject: str,
    claims: Mapping[str, Any],
    given: dict[str, str],
    state: State,
) -> User:
    name = cased(pool, f"{provider.name}_{subject}")
    mapping.require_complete(pool, given)
    wishes = _pre_sign_up(pool, client, name, given, state)
    # Somebody else has the name; or the function has linked the identity, and AWS takes the next sign-in,
    # not this one. The text as AWS gave it: https://github.com/aws-amplify/amplify-flutter/issues/1716
    if find_user(pool, name) or linked(pool, provider.name, subject, claims, state):
        raise invalid(f"Already found an entry for username {name}")
    user = users.create(
        pool, name, None, "CONFIRMED", given | _identities(pool, provider, subject, state), state
    )
    user.status = _STATUS  # which moto's enumeration lacks
    registration.apply({k: v for k, v in wishes.items() if k != "autoConfirmUser"}, pool, user)
    groups.join(pool, user, provider.name)
    _tell(pool, "PostConfirmation", "ConfirmSignUp", client, user, {}, state)
    return user


def _identities(pool: Pool, provider: Any, subject: str, state: State) -> dict[str, str]:
    known = {
        "userId": subject,
        "providerName": provider.name,
        "providerType": provider.extended_config["ProviderType"],
        "issuer": state.federation.issuer(pool.id, provider.name),
        "primary": True,
        "dateCreated": int(state.clock.now().timestamp() * 1000),
    }
    return {"identities": json.dumps([known], separators=(",", ":"))}


def _pre_sign_up(
    pool: Pool, client: Client, name: str, given: dict[str, str], state: State
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html"""
    aliases = {"cognito:email_alias": "", "cognito:phone_number_alias": ""}
    return (
        triggers.invoke(
            pool,
            "PreSignUp",
            "ExternalProvider",
            username=name,
            client_id=client.id,
            request={"userAttributes": aliases | given, "validationData": None},
            state=state,
        )
        or {}
    )


def _require_still(pool: Pool, user: User) -> None:
    """The function may have deleted or disabled its user."""
    if pool.users.get(user.username) is not user:
        raise invalid("User does not exist.")
    if not user.enabled:
        raise invalid("User is disabled.")


def _pre_authentication(pool: Pool, client: Client, user: User, state: State) -> None:
    """Before the provider's attributes are written: "you can use the Pre-Authentication Lambda trigger to
    delete the custom attribute during authentication and allow these attributes to repopulate".

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    more: dict[str, Any] = {"validationData": None}
    if hides_existence(client):
        more["userNotFound"] = False
    _tell(pool, "PreAuthentication", "Authentication", client, user, more, state)


def _post_authentication(pool: Pool, client: Client, user: User, state: State) -> None:
    _tell(pool, "PostAuthentication", "Authentication", client, user, {"newDeviceUsed": False}, state)


def _tell(
    pool: Pool, trigger: str, occasion: str, client: Client, user: User, more: dict[str, Any], state: State
) -> None:
    triggers.invoke(
        pool,
        trigger,
        occasion,
        username=user.username,
        client_id=client.id,
        request={"userAttributes": triggers.user_attributes(user)} | more,
        state=state,
    )
