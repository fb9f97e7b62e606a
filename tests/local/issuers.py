"""An OpenID Connect issuer outside the account, whose keys the account is told of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.local.accounts import LocalAccount, Reply, reply_to, signed


@lru_cache(maxsize=8)
def _rsa_key(name: str) -> rsa.RSAPrivateKey:
    del name  # one key for each
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def control(account: LocalAccount, operation: str, **parameters: Any) -> Reply:
    """A call of the account's own `labkit` service."""
    headers = {"X-Amz-Target": f"Labkit.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    body = json.dumps(parameters)
    return reply_to(account, signed(account, "POST", "/", service="labkit", headers=headers, body=body))


@dataclass(frozen=True)
class Issuer:
    """Signs ID tokens."""

    account: LocalAccount
    host: str
    kid: str = "one"
    curve: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    @property
    def key(self) -> rsa.RSAPrivateKey:
        return _rsa_key(self.host)

    @property
    def jwks(self) -> dict[str, Any]:
        own = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True) | {"kid": self.kid}
        return {"keys": [own, ECAlgorithm.to_jwk(self.curve.public_key(), as_dict=True) | {"kid": "curve"}]}

    def told(self) -> Issuer:
        """The same issuer, once the account knows its keys."""
        assert control(self.account, "TellIssuerKeys", Issuer=self.url, Jwks=self.jwks).status == 200
        return self

    def registered(self, *client_ids: str) -> str:
        """The ARN of its provider in IAM."""
        made = self.account.client("iam").create_open_id_connect_provider(
            Url=self.url, ClientIDList=list(client_ids), ThumbprintList=["0" * 40]
        )
        return str(made["OpenIDConnectProviderArn"])

    def token(self, subject: str = "anna", audience: Any = "app", **claims: Any) -> str:
        return jwt.encode(
            self.claims(subject, audience) | claims, self.key, algorithm="RS256", headers={"kid": self.kid}
        )

    def claims(self, subject: str = "anna", audience: Any = "app") -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp()) + int(self.account.app.state.clock.advanced.total_seconds())
        return {"iss": self.url, "sub": subject, "aud": audience, "iat": now, "exp": now + 600}
