"""Where ids, codes and keys come from: chance, or a seed that makes every run the same."""

from __future__ import annotations

import hashlib
import random
import secrets
import string
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from labkit.errors import LabError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALPHANUMERIC = string.ascii_letters + string.digits


def parse_seed(text: str) -> str:
    """The seed as given, if it is one: 1 to 128 visible ASCII characters."""
    if not (0 < len(text) <= 128 and text.isascii() and text.isprintable() and text.strip() == text):
        raise LabError(f"bad seed `{text[:40]}`: expected 1 to 128 printable ASCII characters")
    return text


def parse_clock(text: str) -> datetime:
    """An ISO 8601 instant with its offset, as in `2026-01-01T00:00:00Z`, in UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise LabError(
            f"bad clock `{text}`: expected an ISO 8601 time such as `2026-01-01T00:00:00Z`"
        ) from None
    if instant.tzinfo is None:
        raise LabError(f"bad clock `{text}`: expected an offset or `Z` at its end")
    return instant.astimezone(UTC)


class Source:
    """Chance for one account. With a seed, the same calls draw the same values."""

    def __init__(self, seed: str | None = None) -> None:
        self.seed = seed
        self._random: random.Random = random.Random(seed) if seed is not None else secrets.SystemRandom()

    def branch(self, name: str) -> Source:
        """Chance that leaves this one's alone; with a seed, the same for the same name."""
        return Source(None if self.seed is None else f"{self.seed}/{name}")

    def text(self, length: int, alphabet: str = ALPHANUMERIC) -> str:
        return "".join(self._random.choices(alphabet, k=length))

    def bytes(self, length: int) -> bytes:
        return self._random.getrandbits(8 * length).to_bytes(length, "big")

    def integer(self, bits: int) -> int:
        return self._random.getrandbits(bits)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def rsa_key(self, name: str) -> RSAPrivateKey:
        """A 2048-bit key. With a seed it depends on `name` alone, not on what was drawn before."""
        if self.seed is None:
            from cryptography.hazmat.primitives.asymmetric import rsa

            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return _seeded_rsa_key(_stream(f"{self.seed}/{name}"))


def _stream(label: str) -> Callable[[int], bytes]:
    """An endless reproducible byte stream (SHAKE-256 of the label and a counter)."""
    counter = 0

    def read(length: int) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(f"{label}/{counter}".encode()).digest(length)

    return read


def _seeded_rsa_key(read: Callable[[int], bytes]) -> RSAPrivateKey:
    from Crypto.PublicKey import RSA
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    der = RSA.generate(2048, randfunc=read).export_key("DER")
    return cast("RSAPrivateKey", load_der_private_key(der, password=None))
