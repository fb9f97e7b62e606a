"""Which shadow, and where it speaks.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetThingShadow.html (thingName, shadowName)
_THING = r"[a-zA-Z0-9:_-]{1,128}"
_SHADOW = r"[$a-zA-Z0-9:_-]{1,64}"
_REQUEST = re.compile(
    rf"\$aws/things/(?P<thing>{_THING})/shadow(?:/name/(?P<shadow>{_SHADOW}))?/(?P<operation>get|update|delete)"
)


class ShadowName(NamedTuple):
    """A Thing's classic shadow, which has no name, or one of its named ones.

    The Thing need not be in the registry: UpdateThingShadow documents no ResourceNotFoundException, and
    "deleting a thing object does not delete the corresponding device's shadow".
    https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html
    """

    thing: str
    shadow: str | None = None

    def topic(self, suffix: str) -> str:
        """The whole topic for a suffix such as `update/accepted`."""
        prefix = f"$aws/things/{self.thing}/shadow"
        return f"{prefix}/name/{self.shadow}/{suffix}" if self.shadow is not None else f"{prefix}/{suffix}"

    def __str__(self) -> str:
        """As AWS's refusals call it: a classic shadow by its Thing."""
        return self.shadow if self.shadow is not None else self.thing


class ShadowRequest(NamedTuple):
    """What a message to a shadow's topic asks for."""

    name: ShadowName
    #: `get`, `update` or `delete`.
    operation: str

    @classmethod
    def of(cls, topic: str) -> ShadowRequest | None:
        """None for a topic to which no shadow listens."""
        found = _REQUEST.fullmatch(topic)
        return cls(ShadowName(found["thing"], found["shadow"]), found["operation"]) if found else None
