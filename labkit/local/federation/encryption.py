"""Encrypted assertions: XML Encryption with RSA-OAEP, by the key pair of each SAML provider.

What was not encrypted for the pool is refused where encryption is on. RSA's older padding, with which answers
tell what a message holds, is not taken at all (https://www.w3.org/TR/xmlenc-core1/#sec-chosen-ciphertext-attacks).
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from typing import TYPE_CHECKING, Any

from labkit.local.federation.details import is_on
from labkit.local.saml import NAMES, NotAResponse, parsed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from labkit.local.state import State
    from labkit.local.user_pools.pools import Pool

_XENC = "http://www.w3.org/2001/04/xmlenc#"
_XENC11 = "http://www.w3.org/2009/xmlenc11#"
_OAEP = f"{_XENC}rsa-oaep-mgf1p"
#: Each cipher's key in bytes.
_GCM = {f"{_XENC11}aes128-gcm": 16, f"{_XENC11}aes256-gcm": 32}
#: What XML Encryption has required from the first, Triple DES too: https://www.w3.org/TR/xmlenc-core1/#sec-Alg-Block
_DES3 = f"{_XENC}tripledes-cbc"
_CBC = {f"{_XENC}aes128-cbc": 16, f"{_XENC}aes256-cbc": 32, _DES3: 24}
_NONCE = 12
_NAMES = NAMES | {"xenc": _XENC}


def opened(encoded: str, key: RSAPrivateKey) -> str:
    """The response with its one assertion decrypted. Raises NotAResponse for any that is not encrypted so."""
    from lxml import etree

    try:
        root = parsed(base64.b64decode(encoded, validate=True))
        (sealed,) = root.findall("saml:EncryptedAssertion", _NAMES)
        assertion = etree.tostring(parsed(_content(sealed, key)))
    except (binascii.Error, ValueError, TypeError):
        raise NotAResponse from None
    # As text: among others' declarations lxml would give namespaces other prefixes than were signed.
    place = f"_{secrets.token_hex(16)}"
    root.replace(sealed, etree.Element(place))
    return base64.b64encode(etree.tostring(root).replace(f"<{place}/>".encode(), assertion)).decode()


def _content(sealed: Any, key: RSAPrivateKey) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data = sealed.find("xenc:EncryptedData", _NAMES)
    secret = _secret(sealed, key)
    algorithm, content = _method(data), _value(data)
    if len(secret) != (_GCM | _CBC).get(algorithm):
        raise NotAResponse
    if algorithm in _CBC:
        return _from_cbc(algorithm, secret, content)
    try:
        return AESGCM(secret).decrypt(content[:_NONCE], content[_NONCE:], None)
    except InvalidTag:
        raise NotAResponse from None


def _secret(sealed: Any, key: RSAPrivateKey) -> bytes:
    """The content's key, which stands within the data or beside it."""
    found = sealed.findall(".//xenc:EncryptedKey", _NAMES)
    if len(found) != 1 or _method(found[0]) != _OAEP:
        raise NotAResponse
    return key.decrypt(_value(found[0]), _padding())


def _padding() -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # as `rsa-oaep-mgf1p` has it


def _method(element: Any) -> str:
    found = element.find("xenc:EncryptionMethod", _NAMES) if element is not None else None
    return (found.get("Algorithm") or "") if found is not None else ""


def _value(element: Any) -> bytes:
    text = element.findtext("xenc:CipherData/xenc:CipherValue", None, _NAMES)
    return base64.b64decode("".join((text or "").split()), validate=True)


def _from_cbc(algorithm: str, secret: bytes, content: bytes) -> bytes:
    """https://www.w3.org/TR/xmlenc-core1/#sec-Padding: the last byte says how many there are."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher: Any = TripleDES(secret) if algorithm == _DES3 else algorithms.AES(secret)
    block = cipher.block_size // 8
    decryptor = Cipher(cipher, modes.CBC(content[:block])).decryptor()
    plain = decryptor.update(content[block:]) + decryptor.finalize()
    if not plain or not 1 <= plain[-1] <= block:
        raise NotAResponse
    return plain[: -plain[-1]]


def sealed(assertion: Any, key: RSAPublicKey) -> Any:
    """An EncryptedAssertion, as a provider makes it that has the pool's certificate."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from lxml import etree

    secret, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
    content = nonce + AESGCM(secret).encrypt(nonce, etree.tostring(assertion, with_tail=False), None)
    return etree.fromstring(
        f'<saml:EncryptedAssertion xmlns:saml="{NAMES["saml"]}" xmlns:xenc="{_XENC}" '
        f'xmlns:ds="{NAMES["ds"]}">'
        f'<xenc:EncryptedData Type="{_XENC}Element"><xenc:EncryptionMethod Algorithm="{_XENC11}aes256-gcm"/>'
        f'<ds:KeyInfo><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{_OAEP}"/>'
        f"{_cipher_data(key.encrypt(secret, _padding()))}</xenc:EncryptedKey></ds:KeyInfo>"
        f"{_cipher_data(content)}</xenc:EncryptedData></saml:EncryptedAssertion>"
    )


def _cipher_data(content: bytes) -> str:
    value = base64.b64encode(content).decode()
    return f"<xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData>"


def wanted_by(pool: Pool, entity_id: str, state: State) -> RSAPublicKey | None:
    """The key that a pool has given to a provider of these metadata, if it wants assertions encrypted."""
    for provider in pool.identity_providers.values():
        known = state.federation.metadata.get((pool.id, provider.name))
        wants = is_on(provider.extended_config["ProviderDetails"], "EncryptedResponses")
        if known is not None and known.entity_id == entity_id and wants:
            return state.federation.encryption_key(pool.id, provider.name).public_key()
    return None
