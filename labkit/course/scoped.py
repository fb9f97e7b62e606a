"""What the exercise of OAuth asks of tokens: that they open one thing, and no more."""

from __future__ import annotations

from labkit.resources import OAuthTokens
from labkit.tokens import decode_unverified

_WANTED = "photos/write"


def for_photos_alone(answer: OAuthTokens) -> str | None:
    """Alice may change the photos; her profile stays closed."""
    claims = decode_unverified(answer.access_token).claims
    scopes = str(claims.get("scope", "")).split()
    if _WANTED not in scopes:
        return f"The access token's scopes are `{' '.join(scopes)}`; `{_WANTED}` is not among them."
    if claims.get("username") != "alice":
        return "This token is of a machine. Which flow has a person in it?"
    if answer.id_token is not None:
        return "There is an ID token, which tells who Alice is. Which scope brings it?"
    if more := [scope for scope in scopes if scope != _WANTED]:
        return f"It opens `{more[0]}`, too."
    return None
