"""An authorization request: what an app asks of a user pool's domain for a person's browser.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from labkit.local.errors import Response, not_simulated
from labkit.local.managed_login import scopes
from labkit.local.user_pools.pools import Client, Pool, find_pool
from labkit.local.user_pools.settings import tiers
from labkit.local.user_pools.state import Authorized

if TYPE_CHECKING:
    from labkit.local.managed_login.domains import Site
    from labkit.local.state import State
    from labkit.local.wire import Request

#: The OAuth flow that a client must be allowed, by response type.
_FLOWS = {"code": "code", "token": "implicit"}
#: RFC 7636, section 4.2.
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
#: "Authentication levels with ACR and AMR claims":
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
_STEP_UP = ("acr_values", "max_age")
_PROMPTS = {"none", "login", "select_account", "consent"}
#: "Values for this parameter must begin with https://, http://localhost, or a custom URL scheme like myapp://."
_RESOURCE = re.compile(r"(https://|http://localhost|(?!https?:)[a-zA-Z][a-zA-Z0-9+.-]*://)[^\s#]+")


class Shown(Exception):
    """An error that is no app's to hear: client or redirect URI cannot be trusted. It is shown on a page."""

    def __init__(self, error: str, client_id: str = "") -> None:
        super().__init__(error)
        self.error, self.client_id = error, client_id


class Redirected(Exception):
    """An error that is told to the app, at its redirect URI."""

    def __init__(self, to: str, error: str, description: str = "", app_state: str | None = None) -> None:
        super().__init__(error)
        self.to, self.error, self.description, self.app_state = to, error, description, app_state

    @property
    def response(self) -> Response:
        told = {"error": self.error} | ({"error_description": self.description} if self.description else {})
        return redirect(self.to, told | ({} if self.app_state is None else {"state": self.app_state}))


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request whose every parameter is known to be good."""

    #: The domain, what its paths stand below, and the scheme and host at which it was reached.
    domain: str
    base: str
    origin: str
    pool_id: str
    client_id: str
    redirect_uri: str
    response_type: str
    scopes: tuple[str, ...]
    #: The app's own, to be returned as it came; None where there was none.
    state: str | None = field(default=None, repr=False)
    nonce: str = field(default="", repr=False)
    code_challenge: str = field(default="", repr=False)
    identity_provider: str = ""
    login_hint: str = ""
    lang: str = ""
    prompt: frozenset[str] = frozenset()
    resource: str = ""
    #: The parameters as they came, for the links from page to page.
    query: str = field(default="", repr=False)

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https:")

    @property
    def authorized(self) -> Authorized:
        return Authorized(self.scopes, self.resource)

    def path(self, path: str) -> str:
        """The address of another page for the same request."""
        return f"{self.base}{path}?{self.query}"

    def refusal(self, error: str, description: str = "") -> Redirected:
        return Redirected(self.redirect_uri, error, description, self.state)

    def pool_and_client(self, state: State) -> tuple[Pool, Client]:
        """The app client as it is now. Raises Shown where it, or its redirect URI, was deleted since."""
        pool = find_pool(self.pool_id, state)
        client = pool.clients.get(self.client_id) if pool is not None else None
        if client is None:
            raise Shown("invalid_request", self.client_id)
        if self.redirect_uri not in (client.extended_config.get("CallbackURLs") or []):
            raise Shown("redirect_mismatch", self.client_id)
        return pool, client


def read(site: Site, request: Request) -> AuthorizationRequest:
    """The request, checked. Raises Shown; Redirected once the redirect URI is known to be the client's."""
    given = request.parameters
    counted = Counter(name for name, _ in request.query)
    twice = {name for name, count in counted.items() if count > 1}  # RFC 6749, section 3.1
    if twice & {"client_id", "redirect_uri"}:
        raise Shown("invalid_request")
    client = _client(site.pool, given)
    redirect_uri = _redirect_uri(client, given)
    try:
        if twice:
            raise _Fault("invalid_request")
        return _checked(site, client, redirect_uri, given, request.query)
    except _Fault as fault:
        raise Redirected(redirect_uri, fault.args[0], app_state=given.get("state")) from None


def read_return(site: Site, request: Request) -> AuthorizationRequest:
    """The request of a page that gives no code: it "takes client_id and redirect_uri parameters".

    "You can also add other Authorize endpoint parameters", which say nothing there.
    """
    given = request.parameters
    if len(given) < len(request.query) or "redirect_uri" not in given:
        raise Shown("invalid_request")
    client = _client(site.pool, given)
    return AuthorizationRequest(
        domain=site.domain.name,
        base=site.base,
        origin=site.origin,
        pool_id=site.pool.id,
        client_id=client.id,
        redirect_uri=_redirect_uri(client, given),
        response_type="code",
        scopes=(),
        query=urlencode(request.query),
    )


class _Fault(Exception):
    """An error code, before it is known where to."""


def _client(pool: Pool, given: dict[str, str]) -> Client:
    client = pool.clients.get(given.get("client_id", ""))
    if client is None:
        raise Shown("invalid_request")  # AWS documents that it is not redirected, and no text
    return client


def _redirect_uri(client: Client, given: dict[str, str]) -> str:
    """One of the client's, letter by letter (RFC 6749, section 3.1.2.3).

    DefaultRedirectURI: "In app clients with one assigned IdP, replaces redirect_uri in authentication
    requests." With one callback URL "it's not necessary to define a default".
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html
    The error as AWS gave it: https://github.com/aws/aws-aspnet-cognito-identity-provider/issues/167
    """
    settings = client.extended_config
    uri = given.get("redirect_uri")
    urls = settings.get("CallbackURLs") or []
    if uri is None and len(providers(client)) == 1:
        uri = settings.get("DefaultRedirectURI") or (urls[0] if len(urls) == 1 else None)
    if not uri:
        raise Shown("invalid_request", client.id)
    if uri not in urls:
        raise Shown("redirect_mismatch", client.id)
    return str(uri)


def _checked(
    site: Site, client: Client, redirect_uri: str, given: dict[str, str], query: list[tuple[str, str]]
) -> AuthorizationRequest:
    if _is_json(given.get("state", "")):
        raise Shown("invalid_request", client.id)
    _require_no_step_up(site.pool, given)
    response_type = given.get("response_type", "")
    if response_type not in _FLOWS:
        raise _Fault("invalid_request")
    if not scopes.allows(client, _FLOWS[response_type]):
        raise _Fault("unauthorized_client")
    granted = scopes.granted(client, given.get("scope"))
    if granted is None:
        raise _Fault("invalid_scope")
    return AuthorizationRequest(
        domain=site.domain.name,
        base=site.base,
        origin=site.origin,
        pool_id=site.pool.id,
        client_id=client.id,
        redirect_uri=redirect_uri,
        response_type=response_type,
        scopes=granted,
        state=given.get("state"),
        nonce=given.get("nonce", ""),
        code_challenge=_code_challenge(given),
        identity_provider=_provider(site.pool, client, given),
        login_hint=given.get("login_hint", ""),
        lang=given.get("lang", ""),
        prompt=_prompt("" if site.is_classic else given.get("prompt", "")),
        resource=_resource(given.get("resource", "")),
        query=urlencode(query),
    )


def _require_no_step_up(pool: Pool, given: dict[str, str]) -> None:
    """On a Lite plan AWS "silently ignores acr_values and proceeds with normal authentication"."""
    for name in _STEP_UP:
        if name in given and not (name == "acr_values" and tiers.tier_of(pool) == "LITE"):
            raise not_simulated(f"{name} of an authorization request")


def _is_json(text: str) -> bool:
    """ "You can't set the value of a state parameter to a URL-encoded JSON string. To pass a string that
    matches this format in a state parameter, encode the string to base64". What follows, AWS does not say."""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _code_challenge(given: dict[str, str]) -> str:
    """ "… if code_challenge is supplied but code_challenge_method is not supplied; or if
    code_challenge_method is not 'S256'" the request is invalid."""
    challenge, method = given.get("code_challenge"), given.get("code_challenge_method")
    if challenge is None and method is None:
        return ""
    if challenge is None or method != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise _Fault("invalid_request")
    return challenge


def _prompt(text: str) -> frozenset[str]:
    """ "Available in the managed login branding version only, not in the classic hosted UI." `none` stands
    alone: OpenID Connect Core 1.0, section 3.1.2.1."""
    wanted = frozenset(text.split())
    if not wanted <= _PROMPTS or ("none" in wanted and len(wanted) > 1):
        raise _Fault("invalid_request")
    return wanted


def _resource(text: str) -> str:
    if text and not _RESOURCE.fullmatch(text):
        raise _Fault("invalid_request")
    return text


def _provider(pool: Pool, client: Client, given: dict[str, str]) -> str:
    """The provider that identity_provider or idp_identifier names, if the client takes it (unconfirmed)."""
    name, identifier = given.get("identity_provider", ""), given.get("idp_identifier", "")
    if identifier and not name:
        name = next((p.name for p in pool.identity_providers.values() if identifier in _identifiers(p)), "")
        if not name:
            raise _Fault("invalid_request")
    if name and not takes(pool, client, name):
        raise _Fault("invalid_request")
    return name


COGNITO = "COGNITO"
#: The parameters that name a provider.
PROVIDER_NAMES = ("identity_provider", "idp_identifier")


def providers(client: Client) -> list[str]:
    return list(client.extended_config.get("SupportedIdentityProviders") or [])


def takes(pool: Pool, client: Client, name: str) -> bool:
    """ "… users can only sign in with an IdP that you assigned to their app client."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
    """
    return name in providers(client) and (name == COGNITO or name in pool.identity_providers)


def _identifiers(provider: Any) -> list[str]:
    return list(provider.extended_config.get("IdpIdentifiers") or [])


def redirect(to: str, parameters: dict[str, str] | None = None, *, fragment: bool = False) -> Response:
    """302 to an address, with these parameters after whatever it has."""
    if parameters:
        mark = "#" if fragment else "&" if "?" in to else "?"
        to = f"{to}{mark}{urlencode(parameters)}"
    location = quote(to, safe="!#$%&'()*+,/:;=?@[]~")  # nothing but visible ASCII in a header
    return 302, {"Location": location, "Cache-Control": "no-store"}, b""
