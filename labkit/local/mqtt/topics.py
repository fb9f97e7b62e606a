"""Topic names and topic filters: MQTT 5, 4.7 and 4.8, and what AWS limits.

https://docs.aws.amazon.com/iot/latest/developerguide/topics.html
"""

from __future__ import annotations

from typing import NamedTuple

from labkit.local.mqtt.limits import Limits
from labkit.local.mqtt.packets import MqttError, Reason

_SHARE = "$share/"
_BASIC_INGEST = "$aws/rules/"


class TopicFilter(NamedTuple):
    """What a client subscribes to: a filter, and the group with which it shares the messages."""

    filter: str
    share: str | None = None

    @property
    def wildcard(self) -> bool:
        return "+" in self.filter or "#" in self.filter


def check_name(topic: str) -> None:
    """[MQTT-3.3.2-2], [MQTT-4.7.3-1], [MQTT-4.7.3-2]: what no topic name of a PUBLISH may be."""
    if not topic or "+" in topic or "#" in topic or "\0" in topic:
        raise MqttError(Reason.TOPIC_NAME_INVALID, f"`{topic:.80}` is no topic name (MQTT 5, 4.7)")


def fits(topic: str, limits: Limits) -> bool:
    """Whether a topic name or filter is short and flat enough for AWS.

    Basic Ingest's `$aws/rules/rule-name/` counts neither in length nor in slashes (quotas "Topic size" and
    "Maximum number of slashes in topic and topic filter").
    """
    if topic.startswith(_BASIC_INGEST):
        topic = topic[len(_BASIC_INGEST) :].partition("/")[2]
    return len(topic.encode()) <= limits.topic and topic.count("/") <= limits.slashes


class Names:
    """Topic names that clients may publish to; those found good are not looked at again."""

    #: A client can publish to ever new ones.
    _REMEMBERED = 10_000

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._good: set[str] = set()

    def fit(self, topic: str) -> bool:
        """Whether it is short and flat enough; raises for what is no topic name at all."""
        if topic in self._good:
            return True
        check_name(topic)
        if not fits(topic, self._limits):
            return False
        if len(self._good) >= self._REMEMBERED:
            self._good.clear()
        self._good.add(topic)
        return True


def read_filter(text: str) -> TopicFilter:
    """A filter as SUBSCRIBE and UNSUBSCRIBE have it; raises for what is none."""
    if not text.startswith(_SHARE):
        _check_filter(text, text)
        return TopicFilter(text)
    share, slash, shared = text[len(_SHARE) :].partition("/")
    # [MQTT-4.8.2-1], [MQTT-4.8.2-2]
    if not share or not slash or "+" in share or "#" in share:
        raise MqttError(
            Reason.TOPIC_FILTER_INVALID, f"`{text:.80}` is not `$share/ShareName/filter` (MQTT 5, 4.8.2)"
        )
    _check_filter(shared, text)
    return TopicFilter(shared, share)


def _check_filter(filter_: str, text: str) -> None:
    levels = filter_.split("/")
    if (
        not filter_
        or "\0" in filter_
        or any("+" in level and level != "+" for level in levels)  # [MQTT-4.7.1-2]
        or any("#" in level for level in levels[:-1])  # [MQTT-4.7.1-1]
        or ("#" in levels[-1] and levels[-1] != "#")
    ):
        raise MqttError(Reason.TOPIC_FILTER_INVALID, f"`{text:.80}` is no topic filter (MQTT 5, 4.7)")
