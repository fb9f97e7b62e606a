"""What a local account can do that AWS cannot: show its outbox, move its clock.

An AWS-JSON service named `labkit`, signed like any other, so that policies decide who may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import find_pool

if TYPE_CHECKING:
    from labkit.local.state import State


def read_outbox(call: Call, state: State) -> dict[str, Any]:
    """The messages to everybody, or to one username, oldest first."""
    username = call.parameters.get("Username")
    return {
        "Messages": [
            {
                "Username": m.username,
                "UserPoolId": m.user_pool_id,
                "Kind": m.kind,
                "Destination": m.destination,
                "Medium": m.medium,
                "Code": m.code,
                "Sent": m.sent,
            }
            for m in state.outbox.messages(username)
        ]
    }


def get_clock(call: Call, state: State) -> dict[str, Any]:
    clock = state.clock
    return {"Now": clock.now(), "Offset": clock.advanced.total_seconds(), "Frozen": clock.frozen}


def advance_clock(call: Call, state: State) -> dict[str, Any]:
    seconds = call.parameters.get("Seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise AwsError("ValidationException", f"Seconds must be a number, got `{seconds}`.")
    try:
        state.clock.advance(timedelta(seconds=seconds))
    except (LabError, OverflowError, ValueError) as error:
        raise AwsError("ValidationException", f"{error}.") from None
    return get_clock(call, state)


def rotate_signing_key(call: Call, state: State) -> dict[str, Any]:
    """Let a new key sign a user pool's tokens, as AWS does at times of its own choosing."""
    pool_id = call.parameters.get("UserPoolId")
    if find_pool(str(pool_id), state) is None:
        raise AwsError("ValidationException", f"UserPoolId must name a user pool, got `{pool_id}`.")
    return {"Kid": state.user_pools.key(str(pool_id)).rotate()}


OPERATIONS: dict[str, Callable[[Call, State], dict[str, Any]]] = {
    "AdvanceClock": advance_clock,
    "GetClock": get_clock,
    "ReadOutbox": read_outbox,
    "RotateSigningKey": rotate_signing_key,
}
