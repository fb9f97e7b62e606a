"""Topic aliases: MQTT 5, 3.3.2.3.4, for one direction of one connection each."""

from __future__ import annotations

from labkit.local.mqtt.packets import MqttError, Properties, Property, Publish, Reason


class InboundAliases:
    """What the client calls topics."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._topics: dict[int, str] = {}

    def topic(self, packet: Publish) -> str:
        alias = packet.properties.get(Property.TOPIC_ALIAS)
        if alias is None:
            return packet.topic
        # [MQTT-3.3.2-8], [MQTT-3.3.2-9]
        if not 0 < alias <= self._maximum:
            raise MqttError(Reason.TOPIC_ALIAS_INVALID, f"topic alias {alias} is not 1 to {self._maximum}")
        if packet.topic:
            self._topics[alias] = packet.topic
        elif alias not in self._topics:
            raise MqttError(Reason.PROTOCOL_ERROR, f"topic alias {alias} was given no topic before")
        return self._topics[alias]


class OutboundAliases:
    """What the broker calls the first topics that it sends to a client that takes aliases."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._aliases: dict[str, int] = {}

    def shorten(self, packet: Publish) -> Publish:
        topic = packet.topic
        alias = self._aliases.get(topic)
        if alias is None and len(self._aliases) >= self._maximum:
            return packet
        properties: Properties = {
            **packet.properties,
            Property.TOPIC_ALIAS: alias or len(self._aliases) + 1,
        }
        return packet._replace(topic=topic if alias is None else "", properties=properties)

    def sent(self, packet: Publish) -> None:
        """Only what went out has told the client of an alias."""
        if packet.topic and Property.TOPIC_ALIAS in packet.properties:
            self._aliases[packet.topic] = packet.properties[Property.TOPIC_ALIAS]
