"""The data plane of AWS IoT over HTTP: named shadows, and messages that are kept.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.local.authorization import other
from labkit.local.authorization.asks import Ask
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State


def asks(call: Call, caller: Caller, state: State) -> list[Ask]:
    """A named shadow is `thing/NAME/SHADOW`; a message with RETAIN needs iot:RetainPublish too."""
    found, query = other.asks(call, caller, state), call.request.parameters
    if call.operation.endswith("ThingShadow") and query.get("name"):
        return [replace(ask, resource=f"{ask.resource}/{query['name']}") for ask in found]
    if call.operation == "Publish" and query.get("retain", "false").lower() != "false":
        return [*found, *(replace(ask, action="iot:RetainPublish") for ask in found)]
    return found
