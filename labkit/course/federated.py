"""What the exercises of federation ask of an ID token's claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Claims = Mapping[str, Any]

_CHI = "117364528190473625140"


def chi_by_google(claims: Claims) -> str | None:
    """Google's Chi signed in as the pool's user of that name."""
    name = claims["cognito:username"]
    if name == f"Google_{_CHI}":
        return f"She came as `{name}`, a user of her own: delete her. What must be there before she signs in?"
    if name != "chi":
        return f"This signs in `{name}`, not `chi`."
    if _CHI not in [each["userId"] for each in claims.get("identities", ())]:
        return "`chi` signed in, but not with Chi's account at Google."
    return None


def named_by_saml(claims: Claims) -> str | None:
    """Ana's names came by SAML."""
    kinds = [each["providerType"] for each in claims.get("identities", ())]
    if "SAML" not in kinds:
        return f"This sign-in went by {', '.join(kinds) or 'no provider'}, not by SAML."
    for claim, value in {"given_name": "Ana", "family_name": "Reyes"}.items():
        if claim not in claims:
            return (
                f"There is no `{claim}`. Which attribute of the response has it, and was she signed in anew?"
            )
        if claims[claim] != value:
            return f"`{claim}` is `{claims[claim]}`. Which attribute of the response has it?"
    return None
