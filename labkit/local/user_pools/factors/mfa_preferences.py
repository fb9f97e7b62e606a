"""Which second factors a user is asked for: SetUserMFAPreference, SetUserSettings and their Admin forms.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.operations import Call
from labkit.local.user_pools.factors import passkeys
from labkit.local.user_pools.factors.factors import ADDRESS, Factors
from labkit.local.user_pools.factors.relying_party import is_multi_factor
from labkit.local.user_pools.pools import Pool, User, pool_asked, pool_named, user_named
from labkit.local.user_pools.sign_in.next_challenge import require_settled
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State

_SETTINGS = {
    "SMS_MFA": "SMSMfaSettings",
    "SOFTWARE_TOKEN_MFA": "SoftwareTokenMfaSettings",
    "EMAIL_OTP": "EmailMfaSettings",
    "WEB_AUTHN": "WebAuthnMfaSettings",
}


def set_user_mfa_preference(call: Call, state: State) -> dict[str, Any]:
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    return _set(pool, user, call, state)


def admin_set_user_mfa_preference(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    user = user_named(pool, call.parameters["Username"])
    require_settled(user)
    return _set(pool, user, call, state)


def _set(pool: Pool, user: User, call: Call, state: State) -> dict[str, Any]:
    given = {name: call.parameters.get(setting) for name, setting in _SETTINGS.items()}
    wanted = {name: settings for name, settings in given.items() if settings is not None}
    _require_one_preferred(wanted)
    factors = state.user_pools[pool.id].factors_of(user.id)
    for name, settings in wanted.items():
        _require_possible(pool, user, name, settings, state)
    _require_another(wanted, factors)
    for name, settings in wanted.items():
        _switch(factors, name, settings)
    return {}


def _require_one_preferred(wanted: dict[str, dict[str, bool]]) -> None:
    """ "Only one factor can be set as preferred." """
    if sum(bool(settings.get("PreferredMfa")) for settings in wanted.values()) > 1:
        raise AwsError("InvalidParameterException", "Only one factor can be set as preferred.")


def _require_another(wanted: dict[str, dict[str, bool]], factors: Factors) -> None:
    """With a passkey "the user must also have at least one other MFA method … activated".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnMfaSettingsType.html
    """
    after = factors.switched | {name: bool(settings.get("Enabled")) for name, settings in wanted.items()}
    if after.pop("WEB_AUTHN", False) and not any(after.values()):
        raise AwsError("InvalidParameterException", "Passkey MFA needs another MFA method that is enabled.")


def _require_possible(pool: Pool, user: User, name: str, settings: dict[str, bool], state: State) -> None:
    """A factor needs its authenticator or its address; a pool that demands MFA lets none go."""
    factors = state.user_pools[pool.id].factors_of(user.id)
    if settings.get("Enabled"):
        if not _has(pool, user, name, state):
            text = f"User does not have delivery config set to turn on {name}"
            raise AwsError("InvalidParameterException", text)
    elif settings.get("PreferredMfa"):
        raise AwsError("InvalidParameterException", f"{name} must be enabled to be the preferred MFA.")
    elif pool.mfa_config == "ON" and name in factors.enabled:
        # "You can't turn off … MFA for any of your users when MFA is required in your user pool".
        raise AwsError(
            "InvalidParameterException", f"{name} cannot be turned off: the user pool requires MFA."
        )


def _has(pool: Pool, user: User, name: str, state: State) -> bool:
    """ "To activate this setting, the FactorConfiguration of your user pool … must be MULTI_FACTOR_…"."""
    if name == "WEB_AUTHN":
        return is_multi_factor(pool, state) and passkeys.usable(pool, user, state)
    if name == "SOFTWARE_TOKEN_MFA":
        return state.user_pools[pool.id].factors_of(user.id).software_token is not None
    return bool(user.attribute_lookup.get(ADDRESS[name]))


def _switch(factors: Factors, name: str, settings: dict[str, bool]) -> None:
    factors.switched[name] = bool(settings.get("Enabled"))
    if settings.get("PreferredMfa"):
        factors.preferred = name
    elif factors.preferred == name:
        factors.preferred = None


def set_user_settings(call: Call, state: State) -> dict[str, Any]:
    """The older form, "only to set an SMS configuration that uses SMS for delivery"."""
    pool, user, _ = user_of_access_token(call.parameters["AccessToken"], state)
    return _set_sms(pool, user, call, state)


def admin_set_user_settings(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    return _set_sms(pool, user_named(pool, call.parameters["Username"]), call, state)


def _set_sms(pool: Pool, user: User, call: Call, state: State) -> dict[str, Any]:
    options = call.parameters["MFAOptions"]
    for option in options:
        if (option.get("DeliveryMedium"), option.get("AttributeName")) != ("SMS", "phone_number"):
            raise AwsError("InvalidParameterException", "MFAOptions can only deliver to phone_number by SMS.")
    factors, settings = state.user_pools[pool.id].factors_of(user.id), {"Enabled": bool(options)}
    _require_possible(pool, user, "SMS_MFA", settings, state)
    _switch(factors, "SMS_MFA", settings)
    return {}


def shown(pool: Pool, user: User, state: State) -> dict[str, Any]:
    """The members of GetUser and AdminGetUser that tell of MFA; there only where something is set."""
    factors = state.user_pools[pool.id].factors_of(user.id)
    answer: dict[str, Any] = {}
    if factors.enabled:
        answer["UserMFASettingList"] = list(factors.enabled)
    if factors.preferred:
        answer["PreferredMfaSetting"] = factors.preferred
    if factors.switched.get("SMS_MFA"):
        answer["MFAOptions"] = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    return answer


def amend_admin_get_user(call: Call, state: State, response: Response) -> Response:
    """moto's answer with what is known here of the user's second factors."""
    status, headers, body = response
    if status != 200:
        return response
    pool = pool_named(call.parameters["UserPoolId"], state)
    answer = json.loads(body)
    for name in ("MFAOptions", "UserMFASettingList", "PreferredMfaSetting"):
        answer.pop(name, None)
    answer |= shown(pool, user_named(pool, call.parameters["Username"]), state)
    body = json.dumps(answer).encode()
    return status, headers | {"Content-Length": str(len(body))}, body
