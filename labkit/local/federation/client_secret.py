"""How a user pool proves itself at a provider's token endpoint: `client_secret_post`.

Apple's secret is a JWT that the pool signs with the developer's key.
https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.federation.refusal import invalid

if TYPE_CHECKING:
    from labkit.local.state import State

_SECONDS = 300


def of(provider: Any, state: State) -> dict[str, str]:
    details = provider.extended_config["ProviderDetails"]
    if provider.extended_config["ProviderType"] == "SignInWithApple":
        return {"client_secret": _signed(details, state)}
    return {"client_secret": details["client_secret"]} if details.get("client_secret") else {}


def _signed(details: dict[str, str], state: State) -> str:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    body = "".join(line for line in details["private_key"].splitlines() if not line.startswith("-----"))
    pem = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    now = int(state.clock.now().timestamp())
    claims = {"iss": details["team_id"], "sub": details["client_id"], "aud": "https://appleid.apple.com"}
    try:
        key = ECKey.import_key(pem)
        return jwt.encode(
            {"alg": "ES256", "kid": details["key_id"]}, claims | {"iat": now, "exp": now + _SECONDS}, key
        )
    except (JoseError, ValueError):
        raise invalid("SignInWithApple Error - private_key is no key that Apple has issued") from None
