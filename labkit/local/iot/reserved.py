"""The account's own topics, those that begin with `$`: who may use them, and what happens there.

https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html

"Unsupported publish or subscribe operations to reserved topics can result in a terminated connection": here
they do, and the log says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from labkit.local.iot.shadow_service import ShadowService
from labkit.local.iot.shadows import ShadowRequest
from labkit.local.mqtt.contract import Link
from labkit.local.mqtt.packets import Publish

#: What a shadow's topics end with; a client may subscribe to each.
_SUFFIXES = (
    "get", "get/accepted", "get/rejected", "update", "update/accepted", "update/rejected", "update/delta",
    "update/documents", "delete", "delete/accepted", "delete/rejected",
)  # fmt: skip
#: What clients may subscribe to and something is published to here. `+` is one level, `#` whatever follows:
#: the client IDs that presence events end with may have slashes.
_TOLD = tuple(
    topic.split("/")
    for topic in (
        *(f"$aws/things/+/shadow/{suffix}" for suffix in _SUFFIXES),
        *(f"$aws/things/+/shadow/name/+/{suffix}" for suffix in _SUFFIXES),
        "$aws/events/presence/connected/#",
        "$aws/events/presence/disconnected/#",
        "$aws/events/subscriptions/subscribed/#",
        "$aws/events/subscriptions/unsubscribed/#",
    )
)

#: Basic Ingest. https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html
_RULE = re.compile(r"\$aws/rules/([^/]+)(?:/.*)?", re.DOTALL)

#: What AWS does with other reserved topics, and this account does not.
_NOT_SIMULATED = {
    r"\$aws/things/[^/]+/jobs/": "AWS IoT Jobs",
    r"\$aws/things/[^/]+/defender/": "AWS IoT Device Defender",
    r"\$aws/things/[^/]+/streams/": "MQTT-based file delivery",
    r"\$aws/things/[^/]+/tunnels/": "AWS IoT secure tunneling",
    r"\$aws/commands/": "AWS IoT commands",
    r"\$aws/(certificates|provisioning-templates)/": "fleet provisioning",
    r"\$aws/device_location/": "AWS IoT Core Device Location",
    r"\$aws/iotwireless/": "AWS IoT Core for LoRaWAN",
    r"\$aws/sitewise/": "AWS IoT SiteWise",
    r"\$aws/events/(job|jobExecution)/": "events of AWS IoT Jobs",
    r"\$aws/events/(certificates|thing\w*)/": "events of the registry",
}


class Log(Protocol):
    """Where it is said what became of a message or a subscription."""

    def refused(self, link: Link | None, event: str, topic: str, reason: str) -> None: ...

    def remarked(self, link: Link | None, event: str, topic: str, sentence: str) -> None: ...


class ReservedTopics:
    """Device Shadows and Basic Ingest; implements `mqtt.contract.Reserved`."""

    def __init__(self, shadows: ShadowService, log: Log, has_rule: Callable[[str], bool]) -> None:
        self._shadows, self._log, self._has_rule = shadows, log, has_rule
        #: How many messages Basic Ingest took, and left at that.
        self.ingested = 0

    def accepts(self, link: Link | None, topic: str) -> bool:
        """`link` is None for a message that came by the API."""
        if ShadowRequest.of(topic) is not None or _RULE.fullmatch(topic):
            return True
        self._log.refused(link, "Publish", topic, _refusal(topic, "publish"))
        return False

    def handle(self, link: Link | None, message: Publish) -> None:
        """`link` is None for a message that came by the API, which is treated as one over MQTT.

        A will is not for here: "MQTT LWT messages sent to AWS IoT reserved topics […] are ignored by the
        AWS IoT Device Shadow service".
        https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-comms-app.html
        """
        request = ShadowRequest.of(message.topic)
        if request is not None:
            self._shadows.handle(request, message.payload)
        elif rule := _RULE.fullmatch(message.topic):
            self._ingest(link, message.topic, rule[1])

    def _ingest(self, link: Link | None, topic: str, rule: str) -> None:
        self.ingested += 1
        missing = "" if self._has_rule(rule) else f", and the account has none named `{rule}` (RuleNotFound)"
        self._log.remarked(link, "BasicIngest", topic, f"no rule runs here{missing}")

    def subscribable(self, link: Link, topic_filter: str) -> bool:
        """Whether the filter takes in a topic that clients may subscribe to.

        "Your devices and rules can't subscribe to Basic Ingest reserved topics."
        """
        levels = topic_filter.split("/")
        if any(_meet(levels, told) for told in _TOLD):
            return True
        self._log.refused(link, "Subscribe", topic_filter, _refusal(topic_filter, "subscribe"))
        return False


def _meet(levels: list[str], told: list[str]) -> bool:
    """Whether two topic filters have a topic in common; in AWS `a/#` does not take in `a`."""
    for level, other in zip(levels, told, strict=False):
        if "#" in (level, other):
            return True
        if level != other and "+" not in (level, other):
            return False
    return len(levels) == len(told)


def _refusal(topic: str, verb: str) -> str:
    for pattern, feature in _NOT_SIMULATED.items():
        if re.match(pattern, topic):
            return f"the local account does not simulate {feature}"
    return f"AWS reserves topics that begin with `$`: no client may {verb} to this one"
