"""What a pool's settings may be, and which of them stay as they were made.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools.pools import pool_asked
from labkit.local.user_pools.settings import schema, tiers

if TYPE_CHECKING:
    from labkit.local.state import State

_MOST_TAGS = 50
#: "After you create a user pool, you can't change this setting": UpdateUserPool has no such parameters,
#: and moto would forget them.
_MADE_ONCE = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")


def check(call: Call, state: State) -> None:
    """The settings of CreateUserPool and UpdateUserPool."""
    given = call.parameters
    _require_one_way_to_be_called(given)
    _require_verifiable_updates(given)
    _require_own_tags(given.get("UserPoolTags") or {})
    _require_original_issuer(given.get("IssuerConfiguration") or {})
    tiers.check_pool(call, state)
    if call.operation == "CreateUserPool":
        schema.check_new(given.get("Schema") or [], given.get("AliasAttributes") or [])
        call.replace(Schema=schema.complete(given.get("Schema") or []))
        return
    made = pool_asked(call, state).extended_config
    call.replace(**{name: made[name] for name in _MADE_ONCE if name in made})


def _require_one_way_to_be_called(given: dict[str, Any]) -> None:
    if given.get("AliasAttributes") and given.get("UsernameAttributes"):
        raise AwsError(
            "InvalidParameterException",
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
        )


def _require_verifiable_updates(given: dict[str, Any]) -> None:
    """The text as AWS gave it: https://github.com/aws/aws-cli/issues/7151"""
    settings = given.get("UserAttributeUpdateSettings") or {}
    kept = set(settings.get("AttributesRequireVerificationBeforeUpdate") or [])
    if not kept <= set(given.get("AutoVerifiedAttributes") or []):
        raise AwsError(
            "InvalidParameterException",
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in "
            "AutoVerifiedAttributes",
        )


def _require_original_issuer(configuration: dict[str, str]) -> None:
    """Tokens of an updated issuer are `https://issuer-cognito-idp.…`'s; nothing here issues them.

    https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html#user-pool-oidc-issuer
    """
    if configuration.get("Type", "ORIGINAL") != "ORIGINAL":
        raise not_simulated("IssuerConfiguration of type UPDATED")


def _require_own_tags(tags: dict[str, str]) -> None:
    """Keys with `aws:` are AWS's own, and "a user pool can have as many as 50 tags" (no text is documented).

    https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TagResource.html
    """
    if len(tags) > _MOST_TAGS or any(key.lower().startswith("aws:") for key in tags):
        raise AwsError("UserPoolTaggingException", "The tags cannot be set.")
