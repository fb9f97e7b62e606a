"""The data types of MQTT 5, 1.5, both ways; MQTT 3.1.1 has some of them."""

from __future__ import annotations

from labkit.local.mqtt.packets import MqttError, Reason

#: The largest Variable Byte Integer, and with it the largest Remaining Length.
LARGEST = 268_435_455

#: Topic names come again and again: so many are remembered, none that is longer than this.
_REMEMBERED, _LONGEST = 4096, 256


def malformed(sentence: str) -> MqttError:
    return MqttError(Reason.MALFORMED_PACKET, sentence)


def protocol_error(sentence: str) -> MqttError:
    return MqttError(Reason.PROTOCOL_ERROR, sentence)


class Body:
    """A part of a packet, read from front to back and never beyond its end."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def _pass(self, length: int) -> int:
        """Go on by so many bytes; return where they begin."""
        begin, self.at = self.at, self.at + length
        if self.at > self.end:
            raise malformed(f"{length} bytes were announced, {self.end - begin} are left")
        return begin

    def raw(self, length: int) -> bytes:
        begin = self._pass(length)
        return self.data[begin : self.at]

    def rest(self) -> bytes:
        return self.raw(self.end - self.at)

    def part(self, length: int) -> Body:
        begin = self._pass(length)
        return Body(self.data, begin, self.at)

    def finish(self) -> None:
        if self.at < self.end:
            raise malformed(f"{self.end - self.at} bytes stand behind the packet's last field")

    def byte(self) -> int:
        return self.raw(1)[0]

    def two_bytes(self) -> int:
        return int.from_bytes(self.raw(2), "big")

    def four_bytes(self) -> int:
        return int.from_bytes(self.raw(4), "big")

    def variable(self) -> int:
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if shift and not byte:
                    raise malformed("a Variable Byte Integer takes more bytes than it needs [MQTT-1.5.5-1]")
                return value
        raise malformed("a Variable Byte Integer is longer than four bytes")

    def binary(self) -> bytes:
        return self.raw(self.two_bytes())

    def text(self) -> str:
        return to_text(self.binary())

    def pair(self) -> tuple[str, str]:
        return self.text(), self.text()

    def identifier(self) -> int:
        """A packet identifier."""
        value = self.two_bytes()
        if not value:
            raise protocol_error("the packet identifier is 0 [MQTT-2.2.1-3]")
        return value


def to_text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise malformed("a string is not well-formed UTF-8 [MQTT-1.5.4-1]") from None
    if "\0" in text:
        raise malformed("a string holds the character U+0000 [MQTT-1.5.4-2]")
    return text


def has_wildcard(topic: str) -> bool:
    return "+" in topic or "#" in topic


class _TopicNames(dict[bytes, str]):
    """Topic names by the bytes that spell them: looking one up takes a third of what checking it does."""

    def __missing__(self, raw: bytes) -> str:
        topic = to_text(raw)
        if has_wildcard(topic):
            raise malformed(f"the topic name `{topic:.80}` has a wildcard [MQTT-3.3.2-2]")
        if len(raw) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[raw] = topic
        return topic


#: `TOPIC_NAMES[raw]` is the topic name, MqttError where it is none; an empty one is for the packet to judge.
TOPIC_NAMES = _TopicNames()


def variable(value: int) -> bytes:
    if value < 0x80:
        return value.to_bytes(1, "big")
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    if value > LARGEST:
        raise ValueError(f"{value} is more than the {LARGEST} that a Variable Byte Integer can say (1.5.5)")
    spelt = bytearray()
    while value > 0x7F:
        spelt.append(value & 0x7F | 0x80)
        value >>= 7
    spelt.append(value)
    return bytes(spelt)


def _integer(size: int, value: int) -> bytes:
    try:
        return value.to_bytes(size, "big")
    except OverflowError:
        raise ValueError(f"{value} does not fit into {size} bytes") from None


def byte(value: int) -> bytes:
    return _integer(1, value)


def two_bytes(value: int) -> bytes:
    return _integer(2, value)


def four_bytes(value: int) -> bytes:
    return _integer(4, value)


def binary(value: bytes) -> bytes:
    if len(value) > 0xFFFF:
        raise ValueError(f"{len(value)} bytes are more than the 65,535 that a field can hold")
    return len(value).to_bytes(2, "big") + value


def text(value: str) -> bytes:
    if "\0" in value:
        raise ValueError("a string holds the character U+0000 [MQTT-1.5.4-2]")
    return binary(value.encode())


def pair(value: tuple[str, str]) -> bytes:
    name, content = value
    return text(name) + text(content)


def identifier(value: int | None) -> bytes:
    """A packet identifier."""
    if not value:
        raise ValueError(f"`{value}` is no packet identifier [MQTT-2.2.1-3]")
    return two_bytes(value)


class _TopicFields(dict[str, bytes]):
    def __missing__(self, topic: str) -> bytes:
        if has_wildcard(topic):
            raise ValueError(f"the topic name `{topic:.80}` has a wildcard [MQTT-3.3.2-2]")
        field = text(topic)
        if len(topic) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[topic] = field
        return field


#: `TOPIC_FIELDS[topic]` is the topic name's length and bytes, ValueError where it is none.
TOPIC_FIELDS = _TopicFields()
