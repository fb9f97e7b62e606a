"""AWS IoT as IAM sees it: attachments of Things, named shadows, and messages that are kept.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html
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


def control(call: Call, caller: Caller, state: State) -> list[Ask]:
    """A Thing is attached to a certificate, or to an identity, which is no resource. A key says which."""
    found = other.asks(call, caller, state)
    if call.operation not in ("AttachThingPrincipal", "DetachThingPrincipal"):
        return found
    thing = state.arn("iot", f"thing/{call.parameters['thingName']}", region=call.region)
    return [replace(ask, context={**ask.context, "iot:thingArn": thing}) for ask in found]


def data(call: Call, caller: Caller, state: State) -> list[Ask]:
    """A named shadow is `thing/NAME/SHADOW`; a message with RETAIN needs iot:RetainPublish too.

    https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html
    """
    found, query = other.asks(call, caller, state), call.request.parameters
    if call.operation.endswith("ThingShadow") and query.get("name"):
        return [replace(ask, resource=f"{ask.resource}/{query['name']}") for ask in found]
    if call.operation == "Publish" and query.get("retain", "false").lower() != "false":
        return [*found, *(replace(ask, action="iot:RetainPublish") for ask in found)]
    return found
