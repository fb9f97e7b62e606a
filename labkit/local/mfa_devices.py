"""MFA devices of IAM users: virtual ones, whose codes are really looked at. moto keeps whose they are.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

#: Time steps of 30 seconds that the first of EnableMFADevice's codes may be old; AWS sets no limit.
_OLD = 20


def create_virtual_mfa_device(call: Call, state: State) -> dict[str, Any]:
    from moto.iam.models import VirtualMfaDevice

    if call.parameters.get("Tags"):
        raise not_simulated("iam:CreateVirtualMFADevice with Tags")
    name, path = call.parameters["VirtualMFADeviceName"], call.parameters.get("Path") or "/"
    device, devices = VirtualMfaDevice(state.account_id, call.region, path + name), _devices(state)
    if device.serial_number in devices:
        raise AwsError(
            "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.", 409
        )
    seed = base64.b32encode(state.source.bytes(40)).decode()
    device.base32_string_seed, device.qr_code_png = seed, _qr_code(name, seed, state)
    devices[device.serial_number] = device
    shown = {"SerialNumber": device.serial_number, "Base32StringSeed": seed.encode()}
    return {"VirtualMFADevice": shown | {"QRCodePNG": device.qr_code_png}}


def _qr_code(name: str, seed: str, state: State) -> bytes:
    """ "… a QR code PNG image that encodes otpauth://totp/$virtualMFADeviceName@$AccountName?secret=…" """
    import segno

    image = BytesIO()
    segno.make(f"otpauth://totp/{name}@{state.account_id}?secret={seed}").save(image, kind="png", scale=4)
    return image.getvalue()


def _devices(state: State) -> dict[str, Any]:
    """moto's virtual devices by serial number."""
    from moto.iam.models import iam_backends

    devices: dict[str, Any] = iam_backends[state.account_id]["aws"].virtual_mfa_devices
    return devices


def check_enable(call: Call, state: State) -> None:
    """EnableMFADevice: two codes of the device, one after the other."""
    given = call.parameters
    device = _device(given["SerialNumber"], state)
    if device.user is not None:
        raise AwsError("EntityAlreadyExists", "MFA Device is already in use.", 409)
    code, now = _codes(device), _step(state.clock.now())
    pairs = {step: (code(step), code(step + 1)) for step in range(now - _OLD, now + 2)}
    asked = (given["AuthenticationCode1"], given["AuthenticationCode2"])
    found = next((step for step, pair in pairs.items() if pair == asked), None)
    if found is None:
        # The page has the code and the status (403), not the text.
        raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)
    state.mfa_steps[device.serial_number] = found + 1


def check_delete(call: Call, state: State) -> None:
    """ "You must deactivate a user's virtual MFA device before you can delete it." """
    if _device(call.parameters["SerialNumber"], state).user is not None:
        raise AwsError("DeleteConflict", "The MFA device must be deactivated before it is deleted.", 409)


def _device(serial: str, state: State) -> Any:
    device = _devices(state).get(serial)
    if device is None:
        raise AwsError("NoSuchEntity", f"VirtualMFADevice with serial number {serial} does not exist.", 404)
    return device


def proven(call: Call, caller: Caller, state: State) -> bool:
    """Whether the call brings a code of the caller's MFA device, which is used up then.

    Raises AwsError for a code that is not good. The texts are those that callers report:
    https://github.com/aws/aws-cli/issues/6325, https://github.com/aws/aws-cli/issues/2279
    """
    serial, given = call.parameters.get("SerialNumber"), call.parameters.get("TokenCode")
    if not serial and not given:
        return False
    if not serial or not given:
        raise _failed(", must provide both MFA serial number and one time pass code.")
    if not _is_callers(serial, caller, state):
        raise _failed(
            ", unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user."
        )
    code, now = _codes(_device(serial, state)), _step(state.clock.now())
    used, near = state.mfa_steps.get(serial, 0), (now, now - 1, now + 1)
    step = next((s for s in near if hmac.compare_digest(code(s).encode(), given.encode())), 0)
    if step <= used:
        raise _failed(" with invalid MFA one time pass code.")
    state.mfa_steps[serial] = step
    return True


def _is_callers(serial: str, caller: Caller, state: State) -> bool:
    from moto.iam.models import iam_backends

    user = iam_backends[state.account_id]["aws"].users.get(caller.user_name or "")
    return user is not None and serial in user.mfa_devices and serial in _devices(state)


def _codes(device: Any) -> Callable[[int], str]:
    """The device's code of a time step (RFC 6238)."""
    import pyotp

    return pyotp.TOTP(device.base32_string_seed).generate_otp


def _step(now: datetime) -> int:
    return int(now.timestamp()) // 30


def _failed(reason: str) -> AwsError:
    return AwsError("AccessDenied", f"MultiFactorAuthentication failed{reason}", 403)
