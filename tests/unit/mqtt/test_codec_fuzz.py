"""Whatever arrives, only MqttError comes out, and nothing grows beyond its bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.packets import V5, V311, MqttError, Packet
from tests.unit.mqtt import generated
from tests.unit.mqtt.malformed import byte_strings

LARGEST = 10_000


@pytest.mark.parametrize("version", [None, V311, V5])
def test_of_100_000_malformed_byte_strings_none_raises_anything_but_mqtt_error(version: int | None) -> None:
    random, outcomes = Random(f"labkit {version}"), Counter[str]()
    for data in byte_strings(random, 100_000, version=version):
        decoder = Decoder(max_size=LARGEST, version=version)
        try:
            packets = fed(decoder, data, random)
        except MqttError as error:
            outcomes[error.reason.name] += 1
            # No packet is given out that could not have been sent.
            packets = list(error.packets)
        else:
            outcomes["ACCEPTED" if packets else "UNFINISHED"] += 1
        assert len(decoder._begun) <= LARGEST
        for packet in packets:
            assert encode(packet, decoder.version or 0)
    assert outcomes["MALFORMED_PACKET"] > 10_000
    assert outcomes["PROTOCOL_ERROR"] > 1_000
    assert min(outcomes[name] for name in ("ACCEPTED", "UNFINISHED", "PACKET_TOO_LARGE")) > 100
    assert outcomes.total() == 100_000


def fed(decoder: Decoder, data: bytes, random: Random) -> list[Packet]:
    """In one piece, or in two."""
    middle = random.randrange(len(data)) if data and random.random() < 0.3 else len(data)
    return decoder.feed(data[:middle]) + decoder.feed(data[middle:])


@pytest.mark.parametrize("version", [V311, V5])
def test_a_bad_packet_takes_nothing_from_the_good_ones_before_it(version: int) -> None:
    random = Random(f"before {version}")
    good = [generated.connect(random, version), *generated.packets(random, version, 20)]
    before = b"".join([encode(packet, version) for packet in good])
    refused = 0
    for data in byte_strings(random, 2_000, version=version):
        packets: Sequence[Packet]
        try:
            packets = Decoder(version=None).feed(before + data)
        except MqttError as error:
            refused += 1
            packets = error.packets
        assert list(packets[: len(good)]) == good
    assert refused > 1_000
