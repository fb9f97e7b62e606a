"""Which stand-ins there are, where their endpoints stand, and whose addresses they answer for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

ROOT = "/_idp"


@dataclass(frozen=True)
class Site:
    """One stand-in. Its paths are those of the real one, the version of an API left out."""

    name: str
    title: str
    authorize: str
    token: str
    profile: str
    #: What its ID tokens name as issuer; empty for its own address, None where it issues no ID token.
    issuer: str | None = None
    keys: str = ""
    discovery: bool = False
    #: The hosts of the real one.
    hosts: tuple[str, ...] = field(default=())


SITES: Mapping[str, Site] = {
    site.name: site
    for site in (
        # https://accounts.google.com/.well-known/openid-configuration; the token endpoint is Cognito's.
        Site(
            "google", "Google", "/o/oauth2/v2/auth", "/oauth2/v4/token", "/v1/people/me",
            issuer="https://accounts.google.com", keys="/oauth2/v3/certs", discovery=True,
            hosts=("accounts.google.com", "www.googleapis.com", "people.googleapis.com"),
        ),
        # https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
        Site(
            "facebook", "Facebook", "/dialog/oauth", "/oauth/access_token", "/me",
            hosts=("www.facebook.com", "graph.facebook.com"),
        ),
        # https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html
        Site(
            "amazon", "Amazon", "/ap/oa", "/auth/o2/token", "/user/profile",
            hosts=("www.amazon.com", "api.amazon.com"),
        ),
        # https://developer.apple.com/documentation/signinwithapplerestapi
        Site(
            "apple", "Apple", "/auth/authorize", "/auth/token", "",
            issuer="https://appleid.apple.com", keys="/auth/keys", hosts=("appleid.apple.com",),
        ),
        Site(
            "example-corp", "Example Corp", "/authorize", "/token", "/userinfo",
            issuer="", keys="/jwks.json", discovery=True,
        ),
    )
}  # fmt: skip


def here(url: str, origin: str) -> str:
    """The address on this machine at which a real provider's is stood in for; others stay as they are."""
    parts = urlsplit(url)
    site = next((site for site in SITES.values() if parts.netloc in site.hosts), None)
    if parts.scheme != "https" or site is None:
        return url
    return f"{origin}{ROOT}/{site.name}{urlunsplit(('', '', parts.path, parts.query, ''))}"
