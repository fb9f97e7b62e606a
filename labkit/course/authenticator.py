"""A software authenticator: it makes a passkey and signs with it, as a phone or a security key does.

Its key is as good as any, but nothing guards it and no user is asked: for lessons and tests only.

https://www.w3.org/TR/webauthn-3/
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey, made by `register` and used by `sign`."""

    #: The page that asks, as the browser tells the authenticator.
    origin: str = "https://app.example.com"
    #: By a finger or a PIN.
    verifies_user: bool = True
    #: Sign for this relying party instead of the one that asks.
    relying_party_id: str | None = None
    credential_id: bytes = b"a passkey of sixteen bytes or so"
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False)

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON."""
        cose: Any = ES256
        key = cose.from_cryptography_key(self.key.public_key())
        public = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, key)
        data = self._data(options["rp"]["id"], FLAG.AT, public)
        attestation = AttestationObject.create("none", data, {})
        response = {
            "clientDataJSON": _b64(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": _b64(bytes(attestation)),
            "transports": ["internal"],
        }
        return self._credential(response)

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """AuthenticationResponseJSON for PublicKeyCredentialRequestOptionsJSON."""
        data = bytes(self._data(options["rpId"], FLAG(0), None))
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": _b64(client_data),
            "authenticatorData": _b64(data),
            "signature": _b64(signature),
        }
        return self._credential(response)

    def _data(self, rp_id: str, flags: Any, credential: Any) -> Any:
        present = FLAG.UP | (FLAG.UV if self.verifies_user else FLAG(0)) | flags
        hashed = sha256((self.relying_party_id or rp_id).encode()).digest()
        return AuthenticatorData.create(hashed, present, 0, credential or b"")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = _b64(self.credential_id)
        return {
            "id": name, "rawId": name, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {}, "response": response,
        }  # fmt: skip
