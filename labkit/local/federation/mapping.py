"""Attribute mapping: a provider's claims as attributes of the user pool.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from labkit.local.errors import AwsError
from labkit.local.federation.refusal import invalid
from labkit.local.user_pools.directory.attributes import require_valid, require_writable
from labkit.local.user_pools.pools import Client, Pool

_MOST = 2048
_ADDRESSES = ("email", "phone_number")


def attributes(pool: Pool, client: Client, provider: Any, claims: Mapping[str, Any]) -> dict[str, str]:
    """What the provider says, under the pool's names; what it does not say is left out.

    An address is not verified unless the provider says so, in a claim that is mapped too.
    """
    mapping = provider.extended_config.get("AttributeMapping") or {}
    given = {
        ours: _text(claims[theirs]) for ours, theirs in mapping.items() if claims.get(theirs) is not None
    }
    if "username" in given and provider.extended_config["ProviderType"] == "SAML":
        # As AWS gave it: https://github.com/aws-samples/cloudfront-authorization-at-edge/issues/153
        raise invalid("Invalid user attributes: username: Attribute does not exist in the schema.\n ")
    given.pop("username", None)
    given = _writable(client, given)
    for address in _ADDRESSES:
        if given.get(address):
            given.setdefault(f"{address}_verified", "false")
    _require_good(pool, given)
    return given


def _writable(client: Client, given: dict[str, str]) -> dict[str, str]:
    """ "If your IdP sends a value for a mapped non-writable attribute, Amazon Cognito doesn't set the
    attribute value and proceeds with authentication." (CreateUserPoolClient's page says that it "throws an
    error".)

    With an address goes what is said of it: whether somebody else's is verified is not known.
    """
    kept = {}
    for name, value in given.items():
        try:
            require_writable(client, {name.removesuffix("_verified"): value})
        except AwsError:
            continue
        kept[name] = value
    return kept


def _text(value: Any) -> str:
    """Several values become one text: parted by commas, in square brackets, each form-URL-encoded."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(quote_plus(_text(each), safe='.-*_') for each in value)}]"
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else str(value)


def _require_good(pool: Pool, given: dict[str, str]) -> None:
    """ "For each mapped user pool attribute, the maximum value length of 2,048 characters must be large
    enough … Otherwise, Amazon Cognito reports an error when users sign in". The text is this account's."""
    for name, value in given.items():
        if len(value) > _MOST:
            raise invalid(f"Invalid user attributes: {name}: Length must be at most {_MOST}")
    try:
        require_valid(pool, given)
    except AwsError as error:
        raise invalid(f"Invalid user attributes: {error.message}") from None


def require_complete(pool: Pool, given: Mapping[str, str]) -> None:
    """ "Your IdP didn't send claims that map to required attributes"; the text is as AWS redirects with it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
    """
    needed = [a.name for a in pool.schema_attributes.values() if a.required and a.name != "sub"]
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise invalid(f"attributes required: [{', '.join(missing)}]")


def require_mutable(pool: Pool, given: Mapping[str, str]) -> None:
    """ "If an attribute is immutable, Amazon Cognito throws an error when it attempts to update" it.

    The text as AWS gave it: https://github.com/amazon-archives/amazon-cognito-auth-js/issues/159
    """
    for name in given:
        schema = pool.schema_attributes.get(name)
        if schema is not None and not schema.mutable:
            raise invalid(f"Invalid user attributes: {name}: Attribute cannot be updated.\n ")
