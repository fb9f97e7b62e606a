"""A provider's ID token: every check that OpenID Connect Core 1.0, section 3.1.3.7, asks for.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local import oidc
from labkit.local.federation.fetch import fetch, is_text
from labkit.local.federation.refusal import Refused, invalid
from labkit.local.federation.state import UnderWay

if TYPE_CHECKING:
    from labkit.local.state import State

#: The algorithms whose key the provider shares with its client.
_SHARED = ("HS256", "HS384", "HS512")
#: For clocks that differ.
_LEEWAY = 300
_KEYS = {
    "Google": "https://www.googleapis.com/oauth2/v3/certs",
    "SignInWithApple": "https://appleid.apple.com/auth/keys",
}


def verified(
    tokens: Mapping[str, Any], kind: str, details: Mapping[str, str], under_way: UnderWay, state: State
) -> dict[str, Any]:
    """The claims. AWS documents none of the texts."""
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise invalid("The provider sent no id_token.")
    secret = details.get("client_secret") if kind == "OIDC" else None
    if secret and _algorithm(token) in _SHARED:
        claims = _signed_with(secret, token)
    else:
        claims = _signed(token, _KEYS.get(kind) or details["jwks_uri"], under_way.request.origin, state)
    if not is_text(claims):
        raise invalid("Bad id_token claims")
    if claims.get("iss") != details["oidc_issuer"]:
        raise invalid(f"Bad id_token issuer {claims.get('iss')}")
    _require_audience(claims, details["client_id"])
    _require_now(claims, int(state.clock.now().timestamp()))
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), under_way.nonce.encode()):
        raise invalid("Bad id_token nonce")
    _require_access_token(claims, token, str(tokens["access_token"]))
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise invalid("Bad id_token sub")
    return claims


def _algorithm(token: str) -> str:
    import jwt

    try:
        return str(jwt.get_unverified_header(token).get("alg"))
    except jwt.PyJWTError:
        raise invalid("Bad id_token signature") from None


def _signed_with(secret: str, token: str) -> dict[str, Any]:
    """ "Check that the provider signed the token with an algorithm from the following set: RSA, HMAC,
    Elliptic Curve." HMAC's key is the client secret (OpenID Connect Core 1.0, section 10.1), and no public
    one.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    try:
        return dict(jwt.decode(token, OctKey.import_key(secret), algorithms=[*_SHARED]).claims)
    except (JoseError, ValueError, RecursionError):
        raise invalid("Bad id_token signature") from None


def _signed(token: str, jwks_uri: str, origin: str, state: State) -> dict[str, Any]:
    reply = fetch(jwks_uri, origin, state)
    keys = oidc.public_keys(reply.document) if reply.status == 200 else {}
    try:
        return oidc.signed(token, keys, oidc.ALGORITHMS)
    except (oidc.NotAToken, oidc.NoKey, oidc.BadSignature):
        raise invalid("Bad id_token signature") from None


def _require_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """ "… or that it contains the configured client ID if there are multiple values in the aud claim"; `azp`,
    where it is given, must be the client."""
    given = claims.get("aud")
    audience = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    if client_id not in audience:
        raise invalid("Bad id_token audience")
    if claims.get("azp", client_id) != client_id:
        raise invalid("Bad id_token azp")


def _require_now(claims: Mapping[str, Any], now: int) -> None:
    times = [claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)]
    if not all(isinstance(time, int | float) and not isinstance(time, bool) for time in times):
        raise invalid("Bad id_token times")
    expires, issued, begins = times
    if not now < expires:  # nor is NaN, which Python's JSON knows
        raise Refused("invalid_request", "The id_token is expired")
    if not (issued <= now + _LEEWAY and begins <= now + _LEEWAY):
        raise invalid("The id_token is of a time to come")


def _require_access_token(claims: Mapping[str, Any], token: str, access_token: str) -> None:
    """`at_hash`, where there is one (section 3.1.3.8)."""
    from authlib.oidc.core.util import create_half_hash

    if "at_hash" not in claims:
        return
    wanted = create_half_hash(access_token, _algorithm(token))
    if wanted is None or not hmac.compare_digest(wanted, str(claims["at_hash"]).encode()):
        raise invalid("Bad id_token at_hash")
