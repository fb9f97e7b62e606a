"""What the stand-ins remember: the app that each knows, its keys, and what it has given out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from labkit.local.lab_idp.people import Person
from labkit.local.lab_idp.sessions import Sessions
from labkit.local.lab_idp.sites import SITES, Site

if TYPE_CHECKING:
    from labkit.local.state import State

#: RFC 6749, section 4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED."
CODE_VALIDITY = timedelta(minutes=10)
TOKEN_VALIDITY = timedelta(hours=1)
_CLIENT_IDS = {
    "google": "104817263554-labkit.apps.googleusercontent.com",
    "facebook": "1048172635549200",
    "amazon": "amzn1.application-oa2-client.labkit",
    "apple": "com.example.labkit",
    "example-corp": "labkit",
}


@dataclass(frozen=True)
class App:
    """The app that a developer has registered with a stand-in."""

    site: str
    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Code:
    """An authorization code."""

    site: str
    person: Person
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str = field(repr=False)
    expires: datetime

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass(frozen=True)
class Access:
    """What an access token stands for."""

    site: str
    person: Person
    scope: str
    expires: datetime


class LabIdp:
    def __init__(self, state: State) -> None:
        self._state = state
        self._source = state.source.branch("the lab's identity provider")
        self._keys: dict[str, Any] = {}
        #: Of Example Corp's SAML identity provider.
        self.sessions = Sessions(state)
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Access] = {}

    @cached_property
    def apps(self) -> dict[str, App]:
        secrets = {name: self._source.text(32) for name in SITES}
        return {name: App(name, _CLIENT_IDS[name], secret) for name, secret in secrets.items()}

    @cached_property
    def apple(self) -> dict[str, str]:
        """What Apple gives a developer in the place of a secret, to sign one with: PKCS #8, ES256."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.derive_private_key(self._source.integer(255) + 1, ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        body = "".join(pem.splitlines()[1:-1])
        return {"team_id": "LABKITTEAM", "key_id": "LABKITKEY1", "private_key": body}

    def key(self, site: Site) -> Any:
        """The RSA key that a stand-in signs with, as joserfc takes it."""
        from joserfc.jwk import RSAKey

        if site.name not in self._keys:
            pair = self._state.source.rsa_key(f"the lab's identity provider {site.name}")
            self._keys[site.name] = RSAKey.import_key(_pem(pair), {"kid": f"{site.name}-1", "use": "sig"})
        return self._keys[site.name]

    def keep_code(self, code: Code) -> str:
        value = self._source.text(40)
        self._codes[value] = code
        return value

    def code(self, value: str) -> Code | None:
        found = self._codes.get(value)
        return found if found and self._state.clock.now() < found.expires else None

    def redeem(self, value: str) -> None:
        self._codes.pop(value, None)

    def give_access(self, code: Code) -> str:
        value = self._source.text(64)
        expires = self._state.clock.now() + TOKEN_VALIDITY
        self._access[value] = Access(code.site, code.person, code.scope, expires)
        return value

    def access(self, value: str, site: Site) -> Access | None:
        found = self._access.get(value)
        good = found is not None and found.site == site.name and self._state.clock.now() < found.expires
        return found if good else None


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    made: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made
