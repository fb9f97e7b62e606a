"""Feature plans: what a pool's UserPoolTier has no room for.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Pool, pool_asked

if TYPE_CHECKING:
    from labkit.local.state import State

#: "The default plan selection for new user pools is Essentials."
DEFAULT = "ESSENTIALS"
_ORDER = ("LITE", "ESSENTIALS", "PLUS")
#: A feature as AWS's error names it (all but the first are unconfirmed), and the least plan that has it.
_THREAT_PROTECTION = ("Threat Protection", "PLUS")
_PASSWORD_HISTORY = ("Password History", "ESSENTIALS")
_CHOICE = ("Choice-based sign-in", "ESSENTIALS")
_ACCESS_TOKENS = ("Access Token Customization", "ESSENTIALS")
_EMAIL_MFA = ("Email MFA", "ESSENTIALS")

_Feature = tuple[str, str]


def check_pool(call: Call, state: State) -> None:
    """CreateUserPool and UpdateUserPool; a pool that moves to a lower plan gives up what it had."""
    given = call.parameters
    used = list(_of_pool(given))
    if call.operation == "UpdateUserPool":
        pool = pool_asked(call, state)
        used += [
            feature for client in pool.clients.values() for feature in _of_client(client.extended_config)
        ]
        used += _of_factors(state.user_pools[pool.id].mfa_settings)
    tier = given.get("UserPoolTier") or DEFAULT
    _require(tier, used)
    call.replace(UserPoolTier=tier)


def check_client(pool: Pool, settings: dict[str, Any]) -> None:
    _require(tier_of(pool), _of_client(settings))


def require_choice(pool: Pool) -> None:
    """ "You make a request that uses a feature that requires a higher feature plan" (whichever the client).

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors
    """
    _require(tier_of(pool), [_CHOICE])


def require_essentials(tier: str | None, feature: str) -> None:
    """Raise AwsError where a Lite pool has no such feature."""
    _require(tier or DEFAULT, [(feature, "ESSENTIALS")])


def tier_of(pool: Pool) -> str:
    return str(pool.extended_config.get("UserPoolTier") or DEFAULT)


def _require(tier: str, used: Iterable[_Feature]) -> None:
    """The text as AWS gave it: https://github.com/hashicorp/terraform-provider-aws/pull/40734"""
    missing = [name for name, least in dict.fromkeys(used) if _ORDER.index(tier) < _ORDER.index(least)]
    if missing:
        raise AwsError(
            "FeatureUnavailableInTierException",
            f"The following features need to be disabled for the {tier} pricing tier configured: "
            + ", ".join(missing),
        )


def _of_pool(given: dict[str, Any]) -> Iterator[_Feature]:
    if (given.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode", "OFF") != "OFF":
        yield _THREAT_PROTECTION
    policies = given.get("Policies") or {}
    if (policies.get("PasswordPolicy") or {}).get("PasswordHistorySize"):
        yield _PASSWORD_HISTORY
    if set((policies.get("SignInPolicy") or {}).get("AllowedFirstAuthFactors") or []) - {"PASSWORD"}:
        yield _CHOICE
    config = (given.get("LambdaConfig") or {}).get("PreTokenGenerationConfig") or {}
    if config.get("LambdaVersion", "V1_0") != "V1_0":
        yield _ACCESS_TOKENS


def _of_client(settings: dict[str, Any]) -> Iterator[_Feature]:
    """ "To activate this setting [USER_AUTH], your user pool must be in the Essentials tier or higher." """
    if "ALLOW_USER_AUTH" in (settings.get("ExplicitAuthFlows") or []):
        yield _CHOICE


def _of_factors(settings: dict[str, Any]) -> Iterator[_Feature]:
    if settings.get("EmailMfaConfiguration") is not None:
        yield _EMAIL_MFA
