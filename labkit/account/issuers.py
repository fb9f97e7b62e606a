"""OpenID Connect issuers outside the account: where it has their keys from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from labkit.account.control import Control
from labkit.errors import LabError


class Issuers(Protocol):
    """Takes the keys of issuers."""

    def tell(self, issuer: str, jwks: Mapping[str, Any], /) -> None: ...


class ToldIssuers:
    """The local account fetches nothing from the network: it is told."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def tell(self, issuer: str, jwks: Mapping[str, Any]) -> None:
        self._control.call("TellIssuerKeys", Issuer=issuer, Jwks=dict(jwks))


class PublicIssuers:
    """A real account asks the issuer itself."""

    def tell(self, issuer: str, *_: object) -> None:
        raise LabError(f"a real account fetches the keys of `{issuer}` itself; it cannot be told")
