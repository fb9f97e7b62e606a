"""Web identities of OpenID Connect providers that the account registered in IAM, and of Google.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local import oidc
from labkit.local.errors import AwsError
from labkit.local.session_tags import SessionTags
from labkit.local.trust import WebIdentity

if TYPE_CHECKING:
    from labkit.local.state import State

#: "If you are using … Google, Facebook or Amazon Cognito, do not create a separate IAM identity provider."
_GOOGLE = "accounts.google.com"
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_NAME = re.compile(r"[\w+=,.@-]{2,64}")


def identity_of(token: str, issuer: str, state: State) -> WebIdentity:
    """Who an ID token is for. Raises AwsError, or one of `oidc`'s, for a token that does not hold."""
    host = issuer.removeprefix("https://")
    registered = oidc.provider_named(host, state)
    if registered is None and host != _GOOGLE:
        raise AwsError(
            "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer[:120]}"
        )
    claims = oidc.verified(token, issuer, state)
    require_unexpired(claims, state)
    audience = oidc.audience(claims)
    if registered is not None and audience not in registered.client_id_list:
        raise AwsError("InvalidIdentityToken", "Incorrect token audience")
    return WebIdentity(
        provider=registered.arn if registered is not None else _GOOGLE,
        audience=audience,
        subject=str(claims["sub"]),
        keys=_keys(host, claims, audience),
        issuer=issuer,
        tags=SessionTags.in_token(claims),
        source_identity=_source_identity(claims),
    )


def _source_identity(claims: Mapping[str, Any]) -> str | None:
    """ "The value of source identity must be between 2 and 64 characters long" and of the name's letters."""
    given = claims.get(_SOURCE_IDENTITY)
    if given is not None and not (isinstance(given, str) and _NAME.fullmatch(given)):
        raise AwsError("InvalidIdentityToken", "The source identity of the token is not valid.")
    return given


def _keys(host: str, claims: Mapping[str, Any], audience: str) -> dict[str, str | tuple[str, ...]]:
    """`aud` is the token's `azp` where it has one, and its `aud` is `oaud` then."""
    keys: dict[str, str | tuple[str, ...]] = {f"{host}:aud": audience, f"{host}:sub": str(claims["sub"])}
    if "azp" in claims and isinstance(claims["aud"], str):
        keys[f"{host}:oaud"] = claims["aud"]
    amr = claims.get("amr")
    if isinstance(amr, list):
        keys[f"{host}:amr"] = tuple(map(str, amr))
    return keys


def require_unexpired(claims: Mapping[str, Any], state: State) -> None:
    now, expires = int(state.clock.now().timestamp()), int(claims["exp"])
    if now >= expires:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now} must be before the expiration date/time {expires}",
        )
