"""AdminLinkProviderForUser and AdminDisableProviderForUser: whose an identity of another provider is.

What is kept here is what a federated sign-in looks up.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminLinkProviderForUser.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableProviderForUser.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import passwords, users
from labkit.local.user_pools.directory.directory import Link
from labkit.local.user_pools.directory.usernames import cased, primary_identities
from labkit.local.user_pools.pools import Pool, User, find_user, pool_asked

if TYPE_CHECKING:
    from labkit.local.state import State

#: "The maximum number of federated identities linked to a user is five."
_MOST = 5
_NATIVE = "Cognito"
#: "If the SourceUser is using a federated social IdP", this must be the ProviderAttributeName.
_SUBJECT = "Cognito_Subject"
_SOCIAL = ("Facebook", "Google", "LoginWithAmazon", "SignInWithApple")


def admin_link_provider_for_user(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    source, destination = call.parameters["SourceUser"], call.parameters["DestinationUser"]
    user = _destination(pool, destination)
    link = _link(pool, source)
    links = state.user_pools[pool.id].directory.links
    for gone in [known for known, (sub, _) in links.items() if _of_sub(pool, sub) is None]:
        del links[gone]
    _require_unknown(pool, link, user, links)
    if sum(sub == user.id for sub, _ in links.values()) >= _MOST:
        raise AwsError("LimitExceededException", f"A user has {_MOST} linked identities at most.")
    links[link] = user.id, state.clock.now()
    _show(pool, user, links, state)
    return {}


def linked(pool: Pool, provider: str, subject: str, claims: Mapping[str, Any], state: State) -> User | None:
    """The user to whom an identity is linked, by its subject or by an attribute that the provider says.

    "You must map the claim to a user pool attribute in your IdP configuration, and set the user pool
    attribute name as the value of ProviderAttributeName"; the claim's own name is taken, too.
    """
    mapping = pool.identity_providers[provider].extended_config.get("AttributeMapping") or {}
    for link, (sub, _) in state.user_pools[pool.id].directory.links.items():
        claim = mapping.get(link.attribute, link.attribute)
        said = subject if link.attribute == _SUBJECT else claims.get(claim)
        if link.provider == provider and said == link.value:
            return _of_sub(pool, sub)
    return None


def _of_sub(pool: Pool, sub: str) -> User | None:
    """Not by name: who signs up with the `sub` of a deleted user as the username is somebody else."""
    return next((user for user in pool.users.values() if user.id == sub), None)


def _require_unknown(pool: Pool, link: Link, user: User, links: Mapping[Link, tuple[str, datetime]]) -> None:
    """A SourceUser is "a user who doesn't exist yet in the user pool".

    The texts are as AWS gave them, but for the one of another user's identity, which is not known.
    """
    if link in links and links[link][0] != user.id:
        raise AwsError("AliasExistsException", "SourceUser is already linked to another user")
    if link in links:
        raise AwsError("InvalidParameterException", "SourceUser is already linked to DestinationUser")
    if cased(pool, f"{link.provider}_{link.value}") in pool.users:
        raise AwsError(
            "InvalidParameterException",
            "Merging is not currently supported, provide a SourceUser that has not been signed up in order "
            "to link",
        )


def _destination(pool: Pool, given: dict[str, str]) -> User:
    """ "For a native username + password user, the ProviderAttributeValue … should be the username in the
    user pool. For a federated user, it should be the provider-specific user_id." """
    name = given.get("ProviderAttributeValue") or ""
    provider = given.get("ProviderName") or _NATIVE
    user = find_user(pool, name if provider == _NATIVE else f"{provider}_{name}")
    if user is None:
        raise AwsError("UserNotFoundException", "User does not exist.")
    return user


def _link(pool: Pool, source: dict[str, str]) -> Link:
    """The identity that a SourceUser names. It "must be a federated user …, not another native user"."""
    provider = source.get("ProviderName") or ""
    name, value = source.get("ProviderAttributeName") or "", source.get("ProviderAttributeValue") or ""
    if provider == _NATIVE or not value or not name:
        raise AwsError(
            "InvalidParameterException",
            "SourceUser must name an identity provider, an attribute and its value.",
        )
    _require_provider(pool, provider, name)
    return Link(provider, name, value)


def _require_provider(pool: Pool, provider: str, attribute: str) -> None:
    """Raise AwsError for a provider that the pool does not have, or one that has no such attribute."""
    if provider not in pool.identity_providers:
        text = f"The provider {provider} does not exist for the user pool."
        raise AwsError("InvalidParameterException", text)
    kind = pool.identity_providers[provider].extended_config.get("ProviderType")
    if kind in _SOCIAL and attribute != _SUBJECT:
        raise AwsError(
            "InvalidParameterException", f"The ProviderAttributeName of {provider} must be {_SUBJECT}."
        )


def _show(pool: Pool, user: User, links: Mapping[Link, tuple[str, datetime]], state: State) -> None:
    """The `identities` attribute, as the first of the pages shows it: "all of their associated providers"."""
    shown = primary_identities(user) + [
        {
            "userId": link.value,
            "providerName": link.provider,
            "providerType": pool.identity_providers[link.provider].extended_config.get("ProviderType"),
            "issuer": state.federation.issuer(pool.id, link.provider),
            "primary": False,
            "dateCreated": int(since.timestamp() * 1000),
        }
        for link, (sub, since) in links.items()
        if sub == user.id and link.provider in pool.identity_providers
    ]
    users.change(user, {"identities": json.dumps(shown, separators=(",", ":")) if shown else ""})


def admin_disable_provider_for_user(call: Call, state: State) -> dict[str, Any]:
    """Take a linked identity from its user. Who signs in by it next is a user of their own."""
    pool, given = pool_asked(call, state), call.parameters["User"]
    if given.get("ProviderName") == _NATIVE:
        return _disable_native(pool, given, state)
    links = state.user_pools[pool.id].directory.links
    link = Link(
        given.get("ProviderName") or "",
        given.get("ProviderAttributeName") or "",
        given.get("ProviderAttributeValue") or "",
    )
    _require_provider(pool, link.provider, link.attribute)
    if link not in links:
        raise AwsError("UserNotFoundException", "User does not exist.")
    user = _of_sub(pool, links.pop(link)[0])
    if user is not None:
        _show(pool, user, links, state)
    return {}


def _disable_native(pool: Pool, given: dict[str, str], state: State) -> dict[str, Any]:
    """ "… set ProviderName to Cognito and the ProviderAttributeName to Cognito_Subject. The
    ProviderAttributeValue must be user's local username." """
    if given.get("ProviderAttributeName") != _SUBJECT:
        raise AwsError(
            "InvalidParameterException", f"The ProviderAttributeName of {_NATIVE} must be {_SUBJECT}."
        )
    user = pool.users.get(cased(pool, given.get("ProviderAttributeValue") or ""))
    if user is None:
        raise AwsError("UserNotFoundException", "User does not exist.")
    passwords.bar(pool, user, state)
    return {}
