"""What is written is read again as it was, however the bytes arrive."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.local.mqtt.codec import Decoder, encode, publish_around
from labkit.local.mqtt.packets import V5, V311, Packet, Publish
from tests.unit.mqtt import generated

VERSIONS = pytest.mark.parametrize("version", [V311, V5])
CHANCE = st.randoms(use_true_random=False)


def thorough(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )


@VERSIONS
@given(random=CHANCE)
@thorough(1_000)
def test_a_packet_survives_the_wire(random: Random, version: int) -> None:
    packet = generated.packet(random, version)
    again = Decoder(version=version).feed(encode(packet, version))
    assert again == [packet]
    assert type(again[0]) is type(packet)


@VERSIONS
@given(random=CHANCE, sizes=st.lists(st.integers(1, 40), min_size=1))
@thorough(200)
def test_packets_arrive_whole_in_whatever_pieces(random: Random, sizes: list[int], version: int) -> None:
    packets = [generated.connect(random, version), *generated.packets(random, version, 6)]
    data = b"".join([encode(packet, version) for packet in packets])
    decoder, arrived, at = Decoder(), list[Packet](), 0
    while at < len(data):
        size = sizes[at % len(sizes)]
        arrived += decoder.feed(data[at : at + size])
        at += size
    assert arrived == packets
    assert decoder.version == version


@VERSIONS
@given(random=CHANCE)
@thorough(300)
def test_a_message_written_once_is_each_subscribers_packet(random: Random, version: int) -> None:
    packet = generated.publish(random, version)
    before, behind = publish_around(packet, version)
    between = packet.packet_id.to_bytes(2, "big") if packet.packet_id else b""
    assert before + between + behind == encode(packet, version)


@pytest.mark.parametrize("length", [0, 120, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
def test_the_remaining_length_takes_as_many_bytes_as_it_needs(length: int) -> None:
    """MQTT 5, table 1-1."""
    packet = Publish("t", b"x" * max(0, length - 3))
    data = encode(packet, V311)
    expected = 1 + (length > 127) + (length > 16_383) + (length > 2_097_151)
    assert len(data) == 1 + expected + 3 + len(packet.payload)
    assert Decoder(version=V311).feed(data) == [packet]
