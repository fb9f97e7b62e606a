"""A stand-in's token endpoint: Authlib's authorization code grant, tokens signed with joserfc."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from labkit.local.errors import Response
from labkit.local.lab_idp import claims
from labkit.local.lab_idp.sites import ROOT, Site
from labkit.local.lab_idp.state import TOKEN_VALIDITY, App, Code
from labkit.local.managed_login import answers, forms
from labkit.local.managed_login.domains import origin
from labkit.local.managed_login.token import basic

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

#: "The expiration time … must not be more than 15777000 (6 months in seconds)".
#: https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
_APPLE_LONGEST = 15777000


def token(site: Site, request: Request, state: State) -> Response:
    """Facebook's takes GET, the others POST."""
    form = request.parameters if site.name == "facebook" else forms.read(request) or {}
    if site.name == "facebook":
        form = {"grant_type": "authorization_code"} | form
    try:
        grant = _Server(site, origin(request), state).get_token_grant(_Asked(form, request))
        grant.validate_token_request()
        status, made, _ = grant.create_token_response()
    except OAuth2Error as error:
        return answers.error(str(error.error), str(error.description or ""))
    return answers.of_json(status, made)


class _Asked(OAuth2Request):
    def __init__(self, form: dict[str, str], request: Request) -> None:
        given = basic(request)
        # Authlib refuses plain HTTP, though this stays on this machine.
        super().__init__(
            "POST", "https://idp.example.com/token", headers={"Authorization": given} if given else {}
        )
        self.payload = BasicOAuth2Payload(form)
        self._given = form

    @property
    def form(self) -> dict[str, str]:
        return self._given


class _Client:
    def __init__(self, app: App, state: State) -> None:
        self.app, self.state = app, state

    def check_client_secret(self, given: str) -> bool:
        if self.app.site == "apple":
            return _is_signed_by_developer(given, self.app, self.state)
        return hmac.compare_digest(self.app.secret.encode(), given.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_post", "client_secret_basic")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


def _is_signed_by_developer(secret: str, app: App, state: State) -> bool:
    """Apple's client secret is a JWT (ES256) that the developer's key signs."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    known, now = state.lab_idp.apple, int(state.clock.now().timestamp())
    pem = f"-----BEGIN PRIVATE KEY-----\n{known['private_key']}\n-----END PRIVATE KEY-----\n"
    try:
        decoded = jwt.decode(secret, ECKey.import_key(pem), algorithms=["ES256"])
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=60,
            iss={"essential": True, "value": known["team_id"]},
            sub={"essential": True, "value": app.client_id},
            aud={"essential": True, "value": "https://appleid.apple.com"},
            exp={"essential": True},
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError):
        return False
    return decoded.header.get("kid") == known["key_id"] and decoded.claims["exp"] <= now + _APPLE_LONGEST


class _Server(AuthorizationServer):
    def __init__(self, site: Site, own: str, state: State) -> None:
        super().__init__()
        self.site, self.own, self.state = site, own, state
        self.register_grant(_Code)

    def query_client(self, client_id: str) -> _Client | None:
        app = self.state.lab_idp.apps[self.site.name]
        return _Client(app, self.state) if client_id == app.client_id else None

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def save_token(self, token: Any, request: Any) -> None:
        """It is kept as it is made."""


class _Code(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["client_secret_post", "client_secret_basic"]

    def query_authorization_code(self, code: str, client: _Client) -> Code | None:
        found = self.server.state.lab_idp.code(code)
        return found if found and found.site == client.app.site else None

    def create_token_response(self) -> tuple[int, Mapping[str, Any], Any]:
        site, lab = self.server.site, self.server.state.lab_idp
        code = self.request.authorization_code
        lab.redeem(self.request.form["code"])
        access = lab.give_access(code)
        made: dict[str, Any] = {
            "access_token": access,
            "token_type": "bearer" if site.name in ("facebook", "amazon") else "Bearer",
            "expires_in": int(TOKEN_VALIDITY.total_seconds()),
        }
        if site.issuer is not None:
            made["id_token"] = _id_token(site, self.server.own, code, access, self.server.state)
        return 200, made, self.TOKEN_RESPONSE_HEADER


def _id_token(site: Site, own: str, code: Code, access: str, state: State) -> str:
    from authlib.oidc.core.util import create_half_hash
    from joserfc import jwt

    now, key = int(state.clock.now().timestamp()), state.lab_idp.key(site)
    content: dict[str, Any] = {
        "iss": site.issuer or f"{own}{ROOT}/{site.name}",
        "aud": code.client_id,
        "iat": now,
        "exp": now + int(TOKEN_VALIDITY.total_seconds()),
        "at_hash": create_half_hash(access, "RS256").decode(),
    }
    content |= claims.identity(site, code.person, code.scope)
    if site.name == "google":
        content["azp"] = code.client_id
    if code.nonce:
        content["nonce"] = code.nonce
    return jwt.encode({"alg": "RS256", "kid": key.kid}, content, key)
