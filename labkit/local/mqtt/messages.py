"""A message on its way to however many subscribers, each of whom may need it in another form."""

from __future__ import annotations

from collections.abc import Callable

from labkit.local.mqtt.codec import publish_around
from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.limits import Limits
from labkit.local.mqtt.packets import NONE, Properties, Property, Publish

#: What a publisher says to the broker alone.
_NOT_FORWARDED = (Property.TOPIC_ALIAS, Property.SUBSCRIPTION_IDENTIFIER)


class Outgoing:
    """`Message` with the instant at which it expires and the forms in which it was written before."""

    __slots__ = ("_forms", "expires", "payload", "properties", "publisher", "qos", "retain", "size", "topic")

    def __init__(self, message: Message, now: Callable[[], float], limits: Limits) -> None:
        self.topic = message.topic
        self.payload = message.payload
        self.qos = message.qos
        self.retain = message.retain
        self.publisher = message.publisher
        self.properties: Properties = NONE
        self.expires: float | None = None
        #: What it takes up while it is stored.
        self.size = len(message.payload) + len(message.topic)
        self._forms: dict[tuple[int, bool, int], tuple[bytes, bytes]] = {}
        if message.properties:
            self._read(message.properties, now, limits)

    def _read(self, properties: Properties, now: Callable[[], float], limits: Limits) -> None:
        kept = {name: value for name, value in properties.items() if name not in _NOT_FORWARDED}
        asked = kept.pop(Property.MESSAGE_EXPIRY_INTERVAL, None)
        if asked is not None:
            self.expires = now() + limits.granted_message_expiry(asked)
        self.properties = kept
        self.size += len(str(kept))

    def expired(self, now: float) -> bool:
        return self.expires is not None and now >= self.expires

    def remaining(self, now: Callable[[], float]) -> Properties:
        """The properties as they are forwarded at this moment.

        "As soon as the time remaining is 999 ms or less, it will be updated to 0": AWS cuts off fractions
        (https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-message-expiry).
        """
        if self.expires is None:
            return self.properties
        return {**self.properties, Property.MESSAGE_EXPIRY_INTERVAL: max(0, int(self.expires - now()))}

    def unnumbered(self, version: int, retain: bool, now: Callable[[], float]) -> bytes:
        """The PUBLISH with QoS 0: the same bytes for each subscriber of one version."""
        return b"".join(self._form(version, retain, 0, now))

    def numbered(self, version: int, retain: bool, packet_id: int, now: Callable[[], float]) -> bytes:
        """The PUBLISH with QoS 1."""
        before, behind = self._form(version, retain, 1, now)
        return before + packet_id.to_bytes(2, "big") + behind

    def _form(self, version: int, retain: bool, qos: int, now: Callable[[], float]) -> tuple[bytes, bytes]:
        """The bytes around the packet identifier, which alone differs between subscribers of one version."""
        key = (version, retain, qos)
        form = self._forms.get(key)
        if form is None:
            form = publish_around(self.packet(retain, qos or None, now), version)
            # A message that expires is written with the time that it has left.
            if self.expires is None:
                self._forms[key] = form
        return form

    def packet(self, retain: bool, packet_id: int | None, now: Callable[[], float]) -> Publish:
        """DUP stays 0: "The MQTT DUP flag is not supported" (differences in AWS's mqtt.html)."""
        qos = 0 if packet_id is None else 1
        return Publish(self.topic, self.payload, qos, retain, False, packet_id, self.remaining(now))
