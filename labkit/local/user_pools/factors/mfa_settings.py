"""Which second factors a pool has: SetUserPoolMfaConfig and GetUserPoolMfaConfig.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.operations import Call
from labkit.local.user_pools.factors import first_factors
from labkit.local.user_pools.factors.factors import ADDRESS
from labkit.local.user_pools.factors.relying_party import require_own_domain
from labkit.local.user_pools.pools import Pool, pool_asked
from labkit.local.user_pools.settings.tiers import require_essentials
from labkit.local.user_pools.state import PoolState

if TYPE_CHECKING:
    from labkit.local.state import State

_FACTORS = ("SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration")


def available(pool: Pool, pool_state: PoolState) -> tuple[str, ...]:
    """The second factors that users of the pool may set up.

    "An active SMS configuration automatically makes SMS messages an available MFA method in your user pool."
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-preferences
    """
    settings = pool_state.mfa_settings
    found = {
        "SMS_MFA": _sms_configuration(pool, settings) is not None,
        "SOFTWARE_TOKEN_MFA": _software_token(settings),
        "EMAIL_OTP": settings.get("EmailMfaConfiguration") is not None,
    }
    return tuple(name for name, there in found.items() if there)


def set_user_pool_mfa_config(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    given = {k: v for k, v in call.parameters.items() if k != "UserPoolId" and v is not None}
    mode = given.pop("MfaConfiguration", None) or pool.mfa_config
    _require_consistent(pool, mode, given)
    settings = state.user_pools[pool.id].mfa_settings
    passkeys = {k: v for k, v in settings.items() if k == "WebAuthnConfiguration"}
    state.user_pools[pool.id].mfa_settings = settings = passkeys | given
    _set_mode(pool, mode)
    return _described(pool, settings)


def _set_mode(pool: Pool, mode: str) -> None:
    pool.mfa_config = mode
    pool.extended_config["MfaConfiguration"] = mode  # where DescribeUserPool looks


def get_user_pool_mfa_config(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    return _described(pool, state.user_pools[pool.id].mfa_settings)


def _described(pool: Pool, settings: dict[str, Any]) -> dict[str, Any]:
    sms = _sms_configuration(pool, settings)
    shown = settings | ({"SmsMfaConfiguration": {"SmsConfiguration": sms}} if sms else {})
    if settings.get("SmsMfaConfiguration"):
        shown["SmsMfaConfiguration"] |= settings["SmsMfaConfiguration"]
    return shown | {"MfaConfiguration": pool.mfa_config or "OFF"}


def _sms_configuration(pool: Pool, settings: dict[str, Any]) -> dict[str, Any] | None:
    own = (settings.get("SmsMfaConfiguration") or {}).get("SmsConfiguration")
    found: dict[str, Any] | None = own or pool.extended_config.get("SmsConfiguration")
    return found


def _software_token(settings: dict[str, Any]) -> bool:
    return bool((settings.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"))


def _require_consistent(pool: Pool, mode: str, given: dict[str, Any]) -> None:
    """What AWS refuses of a pool's MFA. A passkey is no MFA factor of its own."""
    factors = [name for name in _FACTORS if name in given]
    if mode == "OFF" and factors:
        raise _invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
    if mode != "OFF" and not (
        {"SmsMfaConfiguration", "EmailMfaConfiguration"} & {*factors} or _software_token(given)
    ):
        raise _invalid(
            "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled."
        )
    if "SmsMfaConfiguration" in given and _sms_configuration(pool, given) is None:
        raise _invalid("SMS configuration is required to enable SMS MFA.")
    if "EmailMfaConfiguration" in given:
        _require_own_email(pool)
    for setting, factor in (("SmsMfaConfiguration", "SMS_MFA"), ("EmailMfaConfiguration", "EMAIL_OTP")):
        if setting in given:
            _require_another_recovery(pool, ADDRESS[factor], factor.partition("_")[0])
    if mode == "ON":
        first_factors.require_no_code_first(first_factors.allowed_first(pool))
    _require_plan(pool, given)
    if (given.get("WebAuthnConfiguration") or {}).get("RelyingPartyId"):
        require_own_domain(given["WebAuthnConfiguration"]["RelyingPartyId"])


def _require_own_email(pool: Pool) -> None:
    """Email MFA is for pools that send with an Amazon SES identity of their own.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
    """
    email = pool.extended_config.get("EmailConfiguration") or {}
    if email.get("EmailSendingAccount") != "DEVELOPER":
        raise _invalid("Email MFA requires an EmailConfiguration with EmailSendingAccount DEVELOPER.")


def _require_another_recovery(pool: Pool, attribute: str, medium: str) -> None:
    """ "You can't enable email MFA and set the recovery option to Email only in the same user pool."

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-preferences
    """
    setting = pool.extended_config.get("AccountRecoverySetting") or {}
    names = [mechanism["Name"] for mechanism in setting.get("RecoveryMechanisms") or []]
    if names == [f"verified_{attribute}"]:
        shown = "Email" if medium == "EMAIL" else medium
        raise _invalid(
            "Invalid account recovery setting parameter. Account Recovery Setting cannot use "
            f"verified_{attribute} as a recovery mechanism when {shown} MFA is configured."
        )


def _require_plan(pool: Pool, given: dict[str, Any]) -> None:
    """Email MFA and passkeys as MFA need the Essentials plan (the API page's own words)."""
    tier = pool.extended_config.get("UserPoolTier")
    if "EmailMfaConfiguration" in given:
        require_essentials(tier, "Email MFA")
    if (given.get("WebAuthnConfiguration") or {}).get("FactorConfiguration"):
        require_essentials(tier, "Passkey MFA")


def check_user_pool(call: Call, state: State) -> None:
    """CreateUserPool and UpdateUserPool switch on no factor but SMS.

    "If you omit SmsConfiguration, the operation returns an InvalidParameterException."
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
    """
    if call.parameters.get("MfaConfiguration") in (None, "OFF") or call.parameters.get("SmsConfiguration"):
        return
    pool = pool_asked(call, state) if call.operation == "UpdateUserPool" else None
    if pool is None or not available(pool, state.user_pools[pool.id]):
        raise _invalid(
            "SMS configuration and Auto verification for phone_number are required when MFA is "
            "required/optional"
        )


def note_mode(call: Call, state: State, response: Response) -> Response:
    """UpdateUserPool sets what it is not given to its default."""
    if response[0] == 200:
        _set_mode(pool_asked(call, state), call.parameters.get("MfaConfiguration") or "OFF")
    return response


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
