"""Which first factors a pool allows: AllowedFirstAuthFactors of its SignInPolicy.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignInPolicyType.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Pool
from labkit.local.user_pools.settings.tiers import require_essentials

if TYPE_CHECKING:
    from labkit.local.state import State


def allowed_first(pool: Pool) -> list[str]:
    return _listed(pool.extended_config) or ["PASSWORD"]


def passwordless(pool: Pool) -> bool:
    """Whether a user may do without a password: a code is enough to sign in."""
    return bool({"EMAIL_OTP", "SMS_OTP"} & set(allowed_first(pool)))


def _listed(settings: dict[str, Any]) -> list[str]:
    policy = (settings.get("Policies") or {}).get("SignInPolicy") or {}
    return list(policy.get("AllowedFirstAuthFactors") or [])


def check_user_pool(call: Call, state: State) -> None:
    """What CreateUserPool and UpdateUserPool refuse of a SignInPolicy. AWS documents no texts."""
    factors = _listed(call.parameters)
    if set(factors) - {"PASSWORD"}:
        require_essentials(call.parameters.get("UserPoolTier"), "Choice-based sign-in")
    if "SOFTWARE_TOKEN" in factors:
        raise _invalid("SOFTWARE_TOKEN is not supported as a first auth factor.")
    if factors == ["WEB_AUTHN"]:
        # "The WEB_AUTHN option for passkey authentication must be accompanied by at least one other option."
        # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
        raise _invalid("WEB_AUTHN must be accompanied by another first auth factor.")
    if call.parameters.get("MfaConfiguration") == "ON":
        require_no_code_first(factors)


def require_no_code_first(factors: list[str]) -> None:
    """ "You can't set MFA to required in user pools that support one-time passwords."

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites
    """
    if {"EMAIL_OTP", "SMS_OTP"} & set(factors):
        raise _invalid(
            "MFA cannot be required in a user pool that allows one-time passwords as a first auth factor."
        )


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
