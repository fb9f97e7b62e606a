"""MQTT's packets on the wire: bytes in, packets out, and back."""

from __future__ import annotations

from labkit.local.mqtt.datatypes import LARGEST, Body, malformed, protocol_error
from labkit.local.mqtt.packets import MqttError, Packet, Reason
from labkit.local.mqtt.reading import READERS, protocol_level, reader
from labkit.local.mqtt.writing import WRITERS, publish_around

__all__ = ["Decoder", "encode", "publish_around"]

#: The one first byte that a CONNECT can have.
CONNECT = 0x10


class Decoder:
    """One direction of one connection.

    Without a version the first packet must be CONNECT [MQTT-3.1.0-1], which sets it.
    So does one that is refused for what it says besides: the answer can be in its version.
    """

    def __init__(self, *, max_size: int = LARGEST + 5, version: int | None = None) -> None:
        self.max_size = max_size
        self.version = version
        #: The beginning of a packet, and how many bytes it must have before it is worth another look.
        self._begun = bytearray()
        self._wanted = 0
        self._refusal: tuple[Reason, str] | None = None

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that these bytes complete. After an error only that error comes, whatever is fed."""
        if self._refusal:
            raise MqttError(*self._refusal)
        if self._begun:
            self._begun += data
            if len(self._begun) < self._wanted:
                return []
            data = bytes(self._begun)
            self._begun.clear()
        packets: list[Packet] = []
        try:
            rest = self._read(data, packets)
        except MqttError as error:
            error.packets = tuple(packets)
            self._refusal = error.reason, str(error)
            raise
        if rest < len(data):
            self._begun += data[rest:] if rest else data
        return packets

    def _read(self, data: bytes, packets: list[Packet]) -> int:
        """Put the complete packets into `packets`; return where the one begins that is not complete."""
        at, available, version, max_size = 0, len(data), self.version, self.max_size
        while at < available:
            first = data[at]
            read = READERS.get(first) or reader(first)
            if version is None and first != CONNECT:
                raise protocol_error("the first packet is not CONNECT [MQTT-3.1.0-1]")
            body = end = at + 2
            if body <= available:
                length = data[at + 1]
                if length > 0x7F:
                    length, body = _remaining_length(data, at + 1, available)
                end = body + length
            if end - at > max_size:
                raise _too_large(end - at, max_size)
            if end > available:
                self._wanted = end - at
                break
            if version is None:
                version = self.version = protocol_level(Body(data, body, end))
            packets.append(read(first, data, body, end, version))
            at = end
        return at


def _remaining_length(data: bytes, at: int, available: int) -> tuple[int, int]:
    """A Remaining Length of several bytes, and where the body begins: beyond `data` if a byte is missing."""
    if at + 1 < available and (second := data[at + 1]) < 0x80:  # most packets have 128 bytes to 16 KB
        return second << 7 | data[at] & 0x7F, at + 2
    value = 0
    for shift in (0, 7, 14, 21):
        if at == available:
            return 0, at + 1
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise malformed("the Remaining Length is longer than four bytes (1.5.5)")


def _too_large(size: int, allowed: int) -> MqttError:
    return MqttError(Reason.PACKET_TOO_LARGE, f"a packet has {size} bytes, more than {allowed} (3.1.2.11.4)")


def encode(packet: Packet, version: int) -> bytes:
    """The packet's bytes; ValueError for what this version cannot say."""
    return WRITERS[packet.__class__](packet, version)
