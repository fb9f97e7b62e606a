"""A client's WebSocket frames: RFC 6455, 5.2 and 5.4."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from labkit.local.gateway.frames import Frames

LARGEST = 100_000
SIZES = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])


class Reader:
    """Frames, with what it hands on."""

    def __init__(self, *, going: bool = True) -> None:
        self.payloads: list[bytes] = []
        self.others: list[bytes] = []
        self._frames, self._going = Frames(LARGEST), going

    def feed(self, data: bytes) -> bool:
        return self._frames.feed(data, self.payloads, self._other)

    def _other(self, frame: bytes) -> bool:
        self.others.append(frame)
        return self._going


def masked(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


@given(st.lists(SIZES, max_size=6), st.lists(st.integers(0, 80_000), max_size=6))
def test_whole_messages_come_out_wherever_the_bytes_are_cut(sizes: list[int], cuts: list[int]) -> None:
    messages = [bytes([number]) * size for number, size in enumerate(sizes)]
    data = b"".join(masked(Opcode.BINARY, message) for message in messages)
    places = [0, *sorted(cuts), max(len(data), *cuts, 0)]
    reader = Reader()
    for begin, end in pairwise(places):
        assert reader.feed(data[begin:end])
    assert reader.payloads == messages
    assert not reader.others


def test_a_message_comes_out_even_if_its_bytes_come_one_by_one() -> None:
    reader = Reader()
    for byte in masked(Opcode.BINARY, b"x" * 200) + masked(Opcode.BINARY, b"y"):
        reader.feed(bytes([byte]))
    assert reader.payloads == [b"x" * 200, b"y"]


def test_every_other_frame_is_handed_on_complete_and_in_its_turn() -> None:
    frames = [
        masked(Opcode.PING, b"?"),
        masked(Opcode.TEXT, b"text"),
        masked(Opcode.BINARY, b"be", fin=False),
        masked(Opcode.PONG),
        masked(Opcode.BINARY, b"in the middle of a message"),
        masked(Opcode.CONT, b"gun", fin=False),
        masked(Opcode.CONT, b"!"),
        b"\xc2\x80\0\0\0\0",  # a reserved bit
    ]
    reader = Reader()
    whole = masked(Opcode.BINARY, b"whole")
    data = b"".join([whole, *frames, whole])
    for at in range(0, len(data), 7):
        assert reader.feed(data[at : at + 7])
    assert reader.others == frames
    assert reader.payloads == [b"whole", b"whole"]


@pytest.mark.parametrize(
    "header", [b"\x82\x05", b"\x82\x7e\x10\0", b"\x82\xff" + (LARGEST + 1).to_bytes(8, "big")]
)
def test_what_no_client_may_send_is_handed_on_before_its_end(header: bytes) -> None:
    """Unmasked, or too long: nobody waits for the rest."""
    reader = Reader(going=False)
    assert reader.feed(masked(Opcode.BINARY, b"before"))
    assert not reader.feed(header)
    assert (reader.payloads, reader.others) == ([b"before"], [header])


def test_nothing_is_read_behind_a_frame_that_ends_the_connection() -> None:
    reader = Reader(going=False)
    assert not reader.feed(masked(Opcode.CLOSE, b"\x03\xe8") + masked(Opcode.BINARY, b"too late"))
    assert not reader.payloads
