"""Secure Remote Password, as Amazon Cognito speaks it: both ends, without a socket.

The password never travels. The client sends SRP_A, the server answers SRP_B and a salt, and
both reach one session key only where the password is the one behind the server's verifier.
The client proves that it has the key by signing the server's secret block with it.

SRP-6a (RFC 2945, RFC 5054) with Cognito's own choices: the 3072-bit group, SHA-256, the pool's
name before the user's id in `x`, every integer hashed as a positive two's-complement number, and
a 16-byte key from HKDF (RFC 5869). Cognito publishes them only in its clients' sources
(github.com/aws-amplify/amplify-js, `packages/auth/src/providers/cognito/utils/srp`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from labkit.errors import LabError

#: The 3072-bit group of RFC 5054, appendix A (the prime of RFC 3526, group 15).
N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)

#: RFC 5054 pairs this prime with 5; Cognito uses 2.
G = 2

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _random_exponent() -> int:
    """A fresh ephemeral secret of 256 bits (RFC 5054 section 2.6)."""
    return secrets.randbits(256)


@dataclass(frozen=True)
class Client:
    """The app's end. `pool_name` is the part of the User Pool's id after `_`."""

    pool_name: str
    password: str = field(repr=False)
    #: The ephemeral secret; RFC 5054 section 2.6 asks for at least 256 bits.
    a: int = field(default_factory=_random_exponent, repr=False)

    @property
    def srp_a(self) -> str:
        """SRP_A for InitiateAuth, as hexadecimal digits."""
        return f"{pow(G, self.a, N):x}"

    def session_key(self, user_id: str, *, salt: str, srp_b: str) -> bytes:
        """The key that both ends share; `user_id` is the challenge's USER_ID_FOR_SRP."""
        big_b = _public_value("SRP_B", srp_b)
        u = _scrambler(pow(G, self.a, N), big_b)
        x = _private_key(self.pool_name, user_id, self.password, int(salt, 16))
        return _derive(pow(big_b - _K * pow(G, x, N), self.a + u * x, N), u)

    def signature(self, user_id: str, *, salt: str, srp_b: str, secret_block: str, timestamp: str) -> str:
        """PASSWORD_CLAIM_SIGNATURE for RespondToAuthChallenge."""
        key = self.session_key(user_id, salt=salt, srp_b=srp_b)
        return claim_signature(key, self.pool_name, user_id, secret_block, timestamp)


@dataclass(frozen=True)
class Server:
    """The User Pool's end of one sign-in."""

    verifier: int = field(repr=False)
    #: The ephemeral secret of this one sign-in.
    b: int = field(default_factory=_random_exponent, repr=False)

    @property
    def srp_b(self) -> str:
        """SRP_B for the PASSWORD_VERIFIER challenge, as hexadecimal digits."""
        return f"{self._big_b:x}"

    @cached_property
    def _big_b(self) -> int:
        return (_K * self.verifier + pow(G, self.b, N)) % N

    def session_key(self, srp_a: str) -> bytes:
        """The key that both ends share.

        Raises LabError where SRP_A is no number or a multiple of N: with the latter anyone
        could sign in without a password (RFC 5054 section 2.5.4).
        """
        big_a = _public_value("SRP_A", srp_a)
        u = _scrambler(big_a, self._big_b)
        return _derive(pow(big_a * pow(self.verifier, u, N), self.b, N), u)

    def accepts(
        self,
        signature: str,
        *,
        srp_a: str,
        pool_name: str,
        user_id: str,
        secret_block: str,
        timestamp: str,
    ) -> bool:
        """Whether `signature` was made with the right password; compared in constant time."""
        expected = claim_signature(self.session_key(srp_a), pool_name, user_id, secret_block, timestamp)
        return hmac.compare_digest(expected.encode(), signature.encode())


def verifier(pool_name: str, user_id: str, password: str, salt: int) -> int:
    """What the server stores instead of the password: g^x mod N."""
    return pow(G, _private_key(pool_name, user_id, password, salt), N)


def claim_signature(key: bytes, pool_name: str, user_id: str, secret_block: str, timestamp: str) -> str:
    """The HMAC-SHA-256 over pool, user, secret block (base64) and timestamp, in base64."""
    try:
        block = base64.b64decode(secret_block, validate=True)
    except binascii.Error:
        raise LabError("PASSWORD_CLAIM_SECRET_BLOCK is not base64; send back the challenge's own") from None
    message = pool_name.encode() + user_id.encode() + block + timestamp.encode()
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def timestamp(now: datetime) -> str:
    """`now` as TIMESTAMP wants it, in English whatever the locale: `Tue Jun 2 09:05:01 UTC 2026`."""
    utc = now.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc.day} {utc:%H:%M:%S} UTC {utc.year}"


def random_salt() -> int:
    """A fresh salt of 128 bits. SALT is `f"{salt:x}"`: clients disagree about leading zeros."""
    return secrets.randbits(128)


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest())


def _bytes(number: int) -> bytes:
    """`number` with a zero byte before a set high bit, as Java's BigInteger writes itself."""
    return number.to_bytes(number.bit_length() // 8 + 1)


def _private_key(pool_name: str, user_id: str, password: str, salt: int) -> int:
    inner = hashlib.sha256(f"{pool_name}{user_id}:{password}".encode()).digest()
    return _hash(_bytes(salt) + inner)


def _public_value(name: str, digits: str) -> int:
    if not re.fullmatch("[0-9a-fA-F]+", digits):
        raise LabError(f"{name} must be hexadecimal digits, got `{digits[:16]}`")
    value = int(digits, 16)
    if value % N == 0:
        raise LabError(f"{name} is zero modulo N, which would give away the session key; take another one")
    return value


def _scrambler(big_a: int, big_b: int) -> int:
    u = _hash(_bytes(big_a) + _bytes(big_b))
    if u == 0:
        raise LabError("the hash of SRP_A and SRP_B is zero; start the sign-in again")
    return u


def _derive(shared_secret: int, u: int) -> bytes:
    """HKDF with one block of output (RFC 5869 section 2)."""
    pseudorandom_key = hmac.digest(_bytes(u), _bytes(shared_secret), "sha256")
    return hmac.digest(pseudorandom_key, b"Caldera Derived Key\x01", "sha256")[:16]


_K = _hash(_bytes(N) + _bytes(G))
