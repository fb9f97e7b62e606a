"""ProviderDetails, by type: which keys there are, which must be there, and what AWS adds.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labkit.local import saml
from labkit.local.errors import AwsError, not_simulated
from labkit.local.federation.fetch import Elsewhere, Unreachable, fetch

if TYPE_CHECKING:
    from labkit.local.state import State

SOCIAL = ("Facebook", "Google", "LoginWithAmazon", "SignInWithApple")
#: What must be given.
_REQUIRED = {
    "Facebook": ("client_id", "client_secret", "authorize_scopes"),
    "Google": ("client_id", "client_secret", "authorize_scopes"),
    "LoginWithAmazon": ("client_id", "client_secret", "authorize_scopes"),
    "OIDC": ("client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"),
    "SAML": (),
    "SignInWithApple": ("client_id", "team_id", "key_id", "private_key", "authorize_scopes"),
}
#: What AWS's own description adds: the addresses of social providers are not for the giver to choose.
_ADDED = {
    "Facebook": {
        "attributes_url": "https://graph.facebook.com/{api_version}/me?fields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://www.facebook.com/{api_version}/dialog/oauth",
        "token_request_method": "GET",
        "token_url": "https://graph.facebook.com/{api_version}/oauth/access_token",
    },
    "Google": {
        "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
        "oidc_issuer": "https://accounts.google.com",
        "token_request_method": "POST",
        "token_url": "https://www.googleapis.com/oauth2/v4/token",
    },
    "LoginWithAmazon": {
        "attributes_url": "https://api.amazon.com/user/profile",
        "attributes_url_add_attributes": "false",
        "authorize_url": "https://www.amazon.com/ap/oa",
        "token_request_method": "POST",
        "token_url": "https://api.amazon.com/auth/o2/token",
    },
    "OIDC": {"attributes_url_add_attributes": "false"},
    "SAML": {},
    "SignInWithApple": {
        "attributes_url_add_attributes": "false",
        "authorize_url": "https://appleid.apple.com/auth/authorize",
        "oidc_issuer": "https://appleid.apple.com",
        "token_request_method": "POST",
        "token_url": "https://appleid.apple.com/auth/token",
    },
}
#: By discovery's names (OpenID Connect Discovery 1.0, section 3).
_ENDPOINTS = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "attributes_url": "userinfo_endpoint",
    "jwks_uri": "jwks_uri",
}
_FLAGS = ("IDPInit", "IDPSignout", "EncryptedResponses")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def completed(kind: str, given: dict[str, str], origin: str, state: State) -> dict[str, str]:
    """The details as AWS keeps them. Raises AwsError for those that it would not take."""
    if kind == "SAML":
        return _saml(given)
    _require(kind, given)
    if kind == "OIDC":
        return _oidc(given, origin, state)
    version = {"api_version": given.get("api_version") or "v17.0"}
    added = {name: text.format(**version) for name, text in _ADDED[kind].items()}
    return given | added | (version if kind == "Facebook" else {})


def _require(kind: str, given: dict[str, str]) -> None:
    """AWS documents no text."""
    missing = [name for name in _REQUIRED[kind] if not given.get(name)]
    if missing:
        raise _invalid(f"{missing[0]} is required in ProviderDetails of a provider of type {kind}.")


def _oidc(given: dict[str, str], origin: str, state: State) -> dict[str, str]:
    if given["attributes_request_method"] not in ("GET", "POST"):
        raise _invalid("attributes_request_method must be GET or POST.")
    if "openid" not in given["authorize_scopes"].split():
        raise _invalid("authorize_scopes must contain openid.")
    for name in ("oidc_issuer", *_ENDPOINTS):
        if name in given:
            _require_url(name, given[name])
    found = (
        given if all(given.get(name) for name in _ENDPOINTS) else _discovered(given, origin, state) | given
    )
    return _ADDED["OIDC"] | found


def _require_url(name: str, url: str) -> None:
    """HTTPS, but for what is on this machine."""
    try:
        parts = urlsplit(url)
        local = parts.hostname in _LOOPBACK
    except ValueError:
        raise _invalid(f"{name} is not a valid URL.") from None
    if not (parts.scheme == "https" or (parts.scheme == "http" and local)) or not parts.netloc:
        raise _invalid(f"{name} must be an HTTPS URL.")


def _discovered(given: dict[str, str], origin: str, state: State) -> dict[str, str]:
    """The endpoints that an issuer names as its own (OpenID Connect Discovery 1.0, section 4.3)."""
    issuer = given["oidc_issuer"]
    try:
        reply = fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration", origin, state)
        known = reply.document if reply.status == 200 else {}
    except Unreachable:
        known = {}
    except Elsewhere:
        raise not_simulated(f"discovery at {issuer}, which is not on this machine") from None
    if known.get("issuer") != issuer:
        raise _invalid("Unable to contact well-known endpoint")
    found = {ours: str(known[theirs]) for ours, theirs in _ENDPOINTS.items() if known.get(theirs)}
    for name, url in found.items():
        _require_url(name, url)
    return found


def _saml(given: dict[str, str]) -> dict[str, str]:
    """The text as AWS gave it: https://github.com/hashicorp/terraform-provider-aws/issues/4815"""
    if not (given.get("MetadataURL") or given.get("MetadataFile")):
        raise _invalid("At least one of the MetadataURL or MetadataFile should be provided.")
    for name in _FLAGS:
        if given.get(name, "false").lower() not in ("true", "false"):
            raise _invalid(f"{name} must be true or false.")
    if given.get("RequestSigningAlgorithm", "rsa-sha256") != "rsa-sha256":
        raise _invalid("RequestSigningAlgorithm must be rsa-sha256.")
    return dict(given)


def is_on(details: dict[str, str], flag: str) -> bool:
    return details.get(flag, "false").lower() == "true"


def metadata(details: dict[str, str], origin: str, state: State) -> saml.Metadata:
    """ "The signing certificate in your SAML provider metadata must not be expired".

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
    """
    document = details.get("MetadataFile") or _remote(details["MetadataURL"], origin, state)
    try:
        found = saml.Metadata.parse(document)
    except saml.NotMetadata:
        raise _invalid("Error parsing the SAML metadata.") from None
    if not all(_is_valid_now(pem, state) for pem in found.certificates):
        raise _invalid("A signing certificate in the SAML metadata is expired.")
    return found


def _remote(url: str, origin: str, state: State) -> str:
    """The text as AWS gave it: https://github.com/aws-solutions/aws-data-lake-solution/issues/31"""
    try:
        reply = fetch(url, origin, state)
        if reply.status != 200:
            raise _invalid(f"Non-ok status code {reply.status} returned from remote metadata source {url}")
        return reply.body.decode()
    except (Unreachable, UnicodeDecodeError):
        raise _invalid(f"Error retrieving the SAML metadata from {url}") from None
    except Elsewhere:
        raise not_simulated(
            f"fetching {url}, which is not on this machine; MetadataFile takes its text"
        ) from None


def _is_valid_now(pem: str, state: State) -> bool:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return False
    return state.clock.now() < found.not_valid_after_utc


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
