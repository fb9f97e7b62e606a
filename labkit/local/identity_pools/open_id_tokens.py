"""The identity pools' own OpenID tokens: what GetOpenIdToken and its developer form answer.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local import oidc
from labkit.local.session_tags import NO_TAGS, SessionTags
from labkit.local.trust import PROVIDER, WebIdentity, identity_of_pool

if TYPE_CHECKING:
    from labkit.local.state import State

_ALGORITHM = "RS512"
_ISSUER = f"https://{PROVIDER}"


def issue(
    pool_id: str,
    identity_id: str,
    amr: tuple[str, ...],
    duration: timedelta,
    state: State,
    *,
    tags: SessionTags = NO_TAGS,
) -> str:
    import jwt

    now = state.clock.now()
    claims = {
        "sub": identity_id,
        "aud": pool_id,
        "amr": list(amr),
        "iss": _ISSUER,
        "exp": int((now + duration).timestamp()),
        "iat": int(now.timestamp()),
    }
    key, kid = state.identity_pools.key.pair()
    return jwt.encode(claims | tags.claim, key, algorithm=_ALGORITHM, headers={"kid": kid})


def verified(token: str, state: State) -> WebIdentity:
    """Whom a token of this account's identity pools is for; whether it is still good, the caller asks.

    Raises one of `oidc`'s exceptions for a token that is none of them.
    """
    import jwt

    key, _ = state.identity_pools.key.pair()
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    try:
        claims = jwt.decode(token, key.public_key(), algorithms=[_ALGORITHM], issuer=_ISSUER, options=options)
    except jwt.InvalidSignatureError:
        raise oidc.BadSignature from None
    except jwt.PyJWTError:
        raise oidc.NotAToken from None
    tags = SessionTags.in_token(claims)
    return identity_of_pool(claims["aud"], claims["sub"], tuple(claims["amr"]), tags)
