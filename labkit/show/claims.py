"""What each part of a User Pool's token means, in one sentence each.

ID token: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
Access token: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from __future__ import annotations

from types import MappingProxyType

_GUIDE = "https://docs.aws.amazon.com/cognito/latest/developerguide/"

#: Where a token of this use (`token_use`) is explained; other tokens have the general page.
PAGES = MappingProxyType(
    {
        "id": f"{_GUIDE}amazon-cognito-user-pools-using-the-id-token.html",
        "access": f"{_GUIDE}amazon-cognito-user-pools-using-the-access-token.html",
    }
)
GENERAL_PAGE = f"{_GUIDE}amazon-cognito-user-pools-using-tokens-with-identity-providers.html"

#: Claims whose value is a number of seconds since 1970-01-01 UTC (NumericDate, RFC 7519 section 2).
TIMES = frozenset({"auth_time", "exp", "iat", "nbf"})

HEADER = MappingProxyType(
    {
        "alg": "How the token is signed. User Pools sign with RS256: RSA and SHA-256.",
        "kid": "Which of the pool's public keys (JWKS) checks the signature.",
        "typ": "The kind of object: a JSON Web Token.",
    }
)

_COMMON = {
    "sub": "The user's own id in this User Pool. It never changes. It is not an Identity ID.",
    "iss": "Who issued the token: the URL of the User Pool.",
    "exp": "When the token expires.",
    "iat": "When the token was issued.",
    "nbf": "Before this time the token must not be accepted (RFC 7519).",
    "auth_time": "When the user proved who they are. A refresh does not change it.",
    "jti": "The id of this one token.",
    "origin_jti": "Ties the token to its refresh token: revoke that, and this token is revoked too.",
    "event_id": "The id of the event that this token comes from. AWS says no more about it.",
    "cognito:groups": "The groups of the User Pool that the user is in.",
}

_ID = {
    "token_use": "What the token is for. `id`: it tells your app who the user is.",
    "aud": "The app client that the user signed in to.",
    "cognito:username": "The user's name in the User Pool.",
    "cognito:roles": "The IAM roles of all the user's groups.",
    "cognito:preferred_role": "The IAM role of the user's group with the highest priority.",
    "identities": "The outside identity providers that this user is linked to.",
    "nonce": "The value that the app sent to sign in; it guards against replay.",
    "at_hash": "A hash of the access token that was issued with this token (OpenID Connect).",
    "acr": "The level of authentication that the user reached.",
    "amr": "How the user proved who they are, as in `pwd` or `otp`.",
    "email": "The user's email address.",
    "email_verified": "Whether the user has shown that the email address is theirs.",
    "phone_number": "The user's phone number.",
    "phone_number_verified": "Whether the user has shown that the phone number is theirs.",
    "name": "The user's full name.",
    "given_name": "The user's first name.",
    "family_name": "The user's family name.",
    "preferred_username": "The name that the user likes to be called by.",
}

_ACCESS = {
    "token_use": "What the token is for. `access`: it opens APIs for the user.",
    "client_id": "The app client that the user signed in to. The ID token calls it `aud`.",
    "username": "The user's name in the User Pool. The ID token calls it `cognito:username`.",
    "scope": "What the token opens: a list of OAuth 2.0 scopes.",
    "device_key": "The device that the user signed in with, where the pool remembers devices.",
    "version": "The version of the access token's format.",
    "aud": "The URL of the API that the token is for.",
}

_CLAIMS = MappingProxyType({"id": {**_COMMON, **_ID}, "access": {**_COMMON, **_ACCESS}})


def meaning(claim: str, token_use: object) -> str:
    """One sentence on `claim` in a token of this use; a claim nobody documents says so."""
    known = _CLAIMS["access" if token_use == "access" else "id"]
    if claim in known:
        return known[claim]
    if claim.startswith("custom:"):
        return "A custom attribute that this User Pool defines."
    return "A further attribute or claim: a standard OpenID Connect one, or one that the pool adds."
