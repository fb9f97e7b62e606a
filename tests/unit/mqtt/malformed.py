"""Byte strings that a peer should not send: valid packets gone wrong, and bytes that never were one."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.packets import V5, V311
from tests.unit.mqtt import generated


def byte_strings(random: Random, count: int, *, version: int | None = None) -> Iterator[bytes]:
    """`count` of them; a few are valid nonetheless, by chance.

    Valid packets are mutated again and again: making them costs more than reading them.
    """
    versions = (V311, V5) if version is None else (version,)
    stock = [encode(generated.packet(random, each), each) for each in versions for _ in range(400)]
    # Rare kinds and those that refuse the most.
    stock += [encode(generated.connect(random, each), each) for each in versions for _ in range(100)]
    for number in range(count):
        yield random.choice(_WAYS)(random, random.choice(stock))
        if number % 1000 == 999:
            stock[random.randrange(len(stock))] = encode(generated.packet(random, versions[-1]), versions[-1])


def _flipped(random: Random, valid: bytes) -> bytes:
    """Some bits of some bytes are others."""
    spoilt = bytearray(valid)
    for _ in range(random.randint(1, 4)):
        spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
    return bytes(spoilt)


def _replaced(random: Random, valid: bytes) -> bytes:
    """Some bytes are ones with a meaning: ends of ranges, U+0000, surrogates, wildcards."""
    spoilt = bytearray(valid)
    for _ in range(random.randint(1, 4)):
        spoilt[random.randrange(len(spoilt))] = random.choice(b"\x00\x01\x02\x03\x7f\x80\xed\xa0\xc0\xff+#")
    return bytes(spoilt)


def _truncated(random: Random, valid: bytes) -> bytes:
    """The end is missing, and the Remaining Length says so, or does not."""
    cut = valid[: random.randrange(len(valid))]
    return cut if random.random() < 0.5 else _relengthened(cut)


def _lengthened(random: Random, valid: bytes) -> bytes:
    """There is more than the packet needs, and the Remaining Length counts it."""
    return _relengthened(valid + random.randbytes(random.randint(1, 10)))


def _relengthened(spoilt: bytes) -> bytes:
    """The same first byte and body with a Remaining Length that fits; the old one's bytes stay as body."""
    body = spoilt[2:]
    length = bytes((len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14 & 0x7F))
    return spoilt[:1] + length + body


def _lying(random: Random, valid: bytes) -> bytes:
    """A length somewhere inside is another one."""
    spoilt = bytearray(valid)
    at = random.randrange(len(spoilt))
    spoilt[at : at + 2] = random.choice(
        (b"\xff\xff", b"\x00\x00", b"\x00\x01", b"\x7f\xff", random.randbytes(2))
    )
    return bytes(spoilt)


def _misframed(random: Random, valid: bytes) -> bytes:
    """The Remaining Length is another one, or none at all."""
    lie = random.choice(
        (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\x80\x80\x00", b"\x00", random.randbytes(3))
    )
    return valid[:1] + lie + valid[2:]


def _headed(random: Random, valid: bytes) -> bytes:
    """Another packet type, or flags that are not its own."""
    return bytes((random.randrange(256),)) + valid[1:]


def _spliced(random: Random, valid: bytes) -> bytes:
    """A piece is missing or there twice."""
    begin, end = sorted(random.randrange(len(valid) + 1) for _ in range(2))
    return valid[:begin] + valid[end:] if random.random() < 0.5 else valid[:end] + valid[begin:]


def _noise(random: Random, valid: bytes) -> bytes:
    return random.randbytes(random.randint(1, 60))


_WAYS = (
    _flipped,
    _replaced,
    _truncated,
    _lengthened,
    _lying,
    _misframed,
    _headed,
    _spliced,
    _noise,
)
