"""A user's devices: confirmed with a secret of their own, remembered, listed, forgotten.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import pages
from labkit.local.user_pools.factors.factors import Device, Factors
from labkit.local.user_pools.pools import Pool, User, pool_asked, user_named
from labkit.local.user_pools.tokens.tokens import user_of_access_token

if TYPE_CHECKING:
    from labkit.local.state import State

Operation = Callable[[Call, "State"], dict[str, Any]]


def tracked(pool: Pool) -> bool:
    """ "When you provide a value for any property … you activate the device remembering".

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeviceConfigurationType.html
    """
    return bool(pool.extended_config.get("DeviceConfiguration"))


def setting(pool: Pool, name: str) -> bool:
    return bool((pool.extended_config.get("DeviceConfiguration") or {}).get(name))


def issue(pool: Pool, user: User, state: State) -> Device:
    """A key for a device that is not known yet; it counts once ConfirmDevice has come."""
    key = f"{pool.region}_{state.source.uuid()}"
    device = Device(key, f"-{state.source.text(8)}", created=state.clock.now())
    state.user_pools[pool.id].factors_of(user.id).devices[key] = device
    return device


def known(pool: Pool, user: User, key: str, state: State) -> Device:
    """A confirmed device of the user. Raises AwsError where the key is nobody's, or another user's."""
    device = state.user_pools[pool.id].factors_of(user.id).devices.get(key)
    if device is None or not device.confirmed:
        raise AwsError("ResourceNotFoundException", "Device does not exist.")
    return device


def confirm_device(call: Call, state: State) -> dict[str, Any]:
    """The app gives the verifier of the device's own secret. A pool may ask the user before it remembers."""
    pool, user = _by_token(call, state)
    device = _factors(pool, user, state).devices.get(call.parameters["DeviceKey"])
    if device is None:
        raise AwsError("ResourceNotFoundException", "Device does not exist.")
    if device.confirmed:
        raise AwsError("DeviceKeyExistsException", "Device already exists.")
    secret = call.parameters.get("DeviceSecretVerifierConfig") or {}
    device.salt = _number(secret, "Salt")
    device.verifier = _number(secret, "PasswordVerifier")
    device.name = call.parameters.get("DeviceName") or ""
    device.confirmed, device.ip = True, call.request.environ.get("REMOTE_ADDR", "")
    device.modified = device.authenticated = state.clock.now()
    asks = setting(pool, "DeviceOnlyRememberedOnUserPrompt")
    device.remembered = not asks
    return {"UserConfirmationNecessary": asks}


def _number(secret: dict[str, str], name: str) -> int:
    try:
        number = int.from_bytes(base64.b64decode(secret.get(name) or "", validate=True))
    except binascii.Error:
        number = 0
    if number == 0:
        raise AwsError("InvalidParameterException", f"Invalid {name} in DeviceSecretVerifierConfig.")
    return number


def _update_status(pool: Pool, user: User, call: Call, state: State) -> dict[str, Any]:
    device = known(pool, user, call.parameters["DeviceKey"], state)
    device.remembered = call.parameters.get("DeviceRememberedStatus") == "remembered"
    device.modified = state.clock.now()
    return {}


def _get(pool: Pool, user: User, call: Call, state: State) -> dict[str, Any]:
    return {"Device": _shown(known(pool, user, call.parameters["DeviceKey"], state))}


def _list(pool: Pool, user: User, call: Call, state: State) -> dict[str, Any]:
    devices = [d for d in _factors(pool, user, state).devices.values() if d.confirmed]
    page, token = pages.page(devices, call, "PaginationToken", "Limit", state)
    return {"Devices": [_shown(device) for device in page]} | token


def _forget(pool: Pool, user: User, call: Call, state: State) -> dict[str, Any]:
    device = known(pool, user, call.parameters["DeviceKey"], state)
    del _factors(pool, user, state).devices[device.key]
    return {}


def _shown(device: Device) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeviceType.html"""
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "dev:device_remembered_status": "remembered" if device.remembered else "not_remembered",
        "last_ip_used": device.ip,
    }
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items() if value],
        "DeviceCreateDate": device.created,
        "DeviceLastModifiedDate": device.modified,
        "DeviceLastAuthenticatedDate": device.authenticated,
    }


def _factors(pool: Pool, user: User, state: State) -> Factors:
    return state.user_pools[pool.id].factors_of(user.id)


def _by_token(call: Call, state: State) -> tuple[Pool, User]:
    pool, user, _ = user_of_access_token(call.parameters.get("AccessToken") or "", state)
    require_tracked(pool)
    return pool, user


def _by_name(call: Call, state: State) -> tuple[Pool, User]:
    pool = pool_asked(call, state)
    require_tracked(pool)
    return pool, user_named(pool, call.parameters["Username"])


def require_tracked(pool: Pool) -> None:
    if not tracked(pool):
        raise AwsError(
            "InvalidUserPoolConfigurationException", "Device tracking is not enabled for the user pool."
        )


def _both(act: Callable[[Pool, User, Call, State], dict[str, Any]]) -> tuple[Operation, Operation]:
    """An operation for users by their access token, and the same for administrators by username."""
    return (
        lambda call, state: act(*_by_token(call, state), call, state),
        lambda call, state: act(*_by_name(call, state), call, state),
    )


update_device_status, admin_update_device_status = _both(_update_status)
get_device, admin_get_device = _both(_get)
list_devices, admin_list_devices = _both(_list)
forget_device, admin_forget_device = _both(_forget)
