"""AWS IoT Core: Things, certificates and policies, and who may do what over MQTT.

moto keeps Things, policies and certificates; every check that AWS makes and moto does not is made here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.iot import endpoint
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

OPERATIONS: dict[str, Callable[[Call, State], dict[str, Any]]] = {
    **endpoint.OPERATIONS,
}
