"""Which reason codes each packet may carry, and what MQTT 3.1.1 says in their place."""

from __future__ import annotations

from labkit.local.mqtt.datatypes import protocol_error
from labkit.local.mqtt.packets import (
    Auth,
    Connack,
    Disconnect,
    Puback,
    Pubcomp,
    Pubrec,
    Pubrel,
    Reason,
    Suback,
    Unsuback,
)

_PUBLISHED = (0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99)
_RELEASED = (0x00, 0x92)

#: MQTT 5, tables 3-1, 3-4 to 3-9 and 3-10 and section 3.15.2.1; 0x8C in DISCONNECT is from 2.4.
CODES: dict[type, tuple[int, ...]] = {
    Connack: (
        0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
        0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
    ),
    Puback: _PUBLISHED,
    Pubrec: _PUBLISHED,
    Pubrel: _RELEASED,
    Pubcomp: _RELEASED,
    Suback: (0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2),
    Unsuback: (0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91),
    Disconnect: (
        0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95,
        0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
    ),
    Auth: (0x00, 0x18, 0x19),
}  # fmt: skip

_REASONS = {packet: {code: Reason(code) for code in codes} for packet, codes in CODES.items()}

#: MQTT 3.1.1, 3.2.2.3.
_RETURN_CODES = {
    Reason.UNSUPPORTED_PROTOCOL_VERSION: 1,
    Reason.CLIENT_IDENTIFIER_NOT_VALID: 2,
    Reason.SERVER_UNAVAILABLE: 3,
    Reason.SERVER_BUSY: 3,
    Reason.BAD_USER_NAME_OR_PASSWORD: 4,
    Reason.NOT_AUTHORIZED: 5,
}
LARGEST_RETURN_CODE = 5

#: MQTT 3.1.1, 3.9.3: the granted QoS, or the one failure.
SUBACK_CODES = (0x00, 0x01, 0x02, 0x80)


def reason(code: int, packet: type) -> Reason:
    """The reason that a peer's `packet` gives by its code."""
    known = _REASONS[packet].get(code)
    if known is None:
        raise protocol_error(f"{packet.__name__} has no reason code 0x{code:02X} (2.4)")
    return known


def code(reason: int, packet: type) -> int:
    """The code by which a `packet` of MQTT 5 gives this reason."""
    if reason not in _REASONS[packet]:
        raise ValueError(f"{packet.__name__} has no reason code {reason!r}")
    return reason


def return_code(reason: int) -> int:
    """What CONNACK says in MQTT 3.1.1: a return code as it is, or the one for a reason of MQTT 5."""
    if 0 <= reason <= LARGEST_RETURN_CODE:
        return reason
    try:
        return _RETURN_CODES[Reason(reason)]
    except (KeyError, ValueError):
        # A server closes without CONNACK where no return code fits: MQTT 3.1.1, [MQTT-3.2.2-6].
        raise ValueError(f"MQTT 3.1.1 has no return code for {reason!r}") from None


def suback_code(reason: int) -> int:
    """What SUBACK says in MQTT 3.1.1: it has one code for every failure."""
    return code(reason, Suback) if reason < Reason.UNSPECIFIED_ERROR else 0x80
