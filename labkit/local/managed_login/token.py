"""POST /oauth2/token: Authlib's grants over the pool's own clients, codes and tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from labkit.local.errors import AwsError, Response, not_simulated
from labkit.local.managed_login import answers, calls, forms, machine_tokens, scopes, sign_in_result
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.state import AuthorizationCode
from labkit.local.user_pools.pools import Client, Pool
from labkit.local.user_pools.settings.clients import require_flow, rotation
from labkit.local.user_pools.tokens import refresh, tokens

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

AUTHENTICATION = ["client_secret_basic", "client_secret_post", "none"]
#: The flow that a client must be allowed, by grant type.
_FLOWS = {"authorization_code": "code", "client_credentials": "client_credentials"}
#: RFC 6749's names by the API's.
_NAMES = {
    "AccessToken": "access_token",
    "ExpiresIn": "expires_in",
    "IdToken": "id_token",
    "RefreshToken": "refresh_token",
    "TokenType": "token_type",
}


def token(site: Site, request: Request, state: State) -> Response:
    try:
        asked = read(site, request)
        if not asked.payload.grant_type:
            raise InvalidRequestError()
        grant = Server(site.pool, state).get_token_grant(asked)
        grant.validate_token_request()
        status, made, _ = grant.create_token_response()
    except OAuth2Error as error:
        return answers.error(str(error.error))
    except AwsError as error:  # of the pool's function
        if error.status == 501:
            raise
        return answers.error("invalid_grant", error.message)  # unconfirmed
    return answers.of_json(status, made)


def read(site: Site, request: Request) -> TokenRequest:
    """The request as Authlib reads one. Raises OAuth2Error for a form that is none, or says a thing twice."""
    form = forms.read(request)
    if form is None:
        raise InvalidRequestError()
    by_header = basic(request)
    if by_header and form.get("client_secret"):  # RFC 6749, section 2.3: not more than one method
        raise InvalidRequestError()
    return TokenRequest(site, request.method, {"Authorization": by_header} if by_header else {}, form)


def basic(request: Request) -> str:
    """The Authorization header. Raises InvalidClientError for a pair that is no text."""
    given = request.headers.get("authorization", "")
    scheme, _, pair = given.partition(" ")
    try:
        if scheme.lower() == "basic":
            base64.b64decode(pair).decode()
    except ValueError:
        raise InvalidClientError() from None
    return given


class TokenRequest(OAuth2Request):
    """A request to the domain's real address: Authlib refuses plain HTTP, though it stays on this machine."""

    def __init__(self, site: Site, method: str, headers: dict[str, str], form: dict[str, str]) -> None:
        uri = f"https://{site.domain.name}.auth.{site.pool.region}.amazoncognito.com/oauth2/token"
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(form)
        self._given = form

    @property
    def form(self) -> dict[str, str]:
        return self._given


class _Tokens(dict[str, Any]):
    """A token response that Authlib may log."""

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: ***' for name in self)}}}"


class OAuthClient:
    """An app client, as Authlib asks about one."""

    def __init__(self, pool: Pool, client: Client) -> None:
        self.pool, self.client = pool, client

    def __repr__(self) -> str:
        return f"OAuthClient({self.client.id})"

    def check_client_secret(self, given: str) -> bool:
        known = str(self.client.secret or "")
        return bool(self.client.generate_secret) and hmac.compare_digest(known.encode(), given.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") is not bool(self.client.generate_secret)

    def check_grant_type(self, grant_type: str) -> bool:
        """ "Client is not allowed for code grant flow or for refreshing tokens" where not."""
        if grant_type in _FLOWS:
            return scopes.allows(self.client, _FLOWS[grant_type])
        return rotation(self.client) is not None or _may_refresh(self.client)


def _may_refresh(client: Client) -> bool:
    try:
        require_flow(client, "REFRESH_TOKEN_AUTH")
    except AwsError:
        return False
    return True


class Server(AuthorizationServer):
    """The authorization server of one pool."""

    def __init__(self, pool: Pool, state: State) -> None:
        super().__init__()
        self.pool, self.state = pool, state
        self.register_grant(_Code, [_S256(required=False)])
        self.register_grant(_Refresh)
        self.register_grant(_ClientCredentials)

    def query_client(self, client_id: str) -> OAuthClient | None:
        client = self.pool.clients.get(client_id)
        return OAuthClient(self.pool, client) if client else None

    def authenticate_client(self, request: Any, methods: Any, endpoint: str = "token") -> Any:
        client = super().authenticate_client(request, methods, endpoint)
        if request.payload.client_id not in (None, client.client.id):
            raise InvalidClientError()
        return client

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def save_token(self, token: Any, request: Any) -> None:
        """It is kept as it is made."""


class _S256(CodeChallenge):
    """A code that was asked for with a challenge needs its verifier, and any other must have none."""


class _Code(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTHENTICATION

    def query_authorization_code(self, code: str, client: OAuthClient) -> AuthorizationCode | None:
        found = self.server.state.managed_login.code(code)
        return found if found and found.client_id == client.client.id else None

    def create_token_response(self) -> tuple[int, Mapping[str, Any], Any]:
        """A code is used up before the pool's function runs, while which the same code may come again."""
        pool, state, client = self.server.pool, self.server.state, self.request.client.client
        code = state.managed_login.redeem(self.request.form["code"])
        user = sign_in_result.user_of(code.signed_in, pool) if code else None
        if code is None or user is None or not scopes.readable(client, code.authorized.scopes):
            raise InvalidGrantError()
        begun = tokens.begin(
            pool, client, user, state, auth_time=code.signed_in.auth_time, authorized=code.authorized
        )
        call = calls.endpoint("/oauth2/token", pool, {"grant_type": "authorization_code"})
        made = tokens.issue(pool, client, user, begun, state, call, nonce=code.nonce)
        return 200, _named(made | {"RefreshToken": begun.refresh_token}), self.TOKEN_RESPONSE_HEADER


class _Refresh(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTHENTICATION

    def validate_token_request(self) -> None:
        """Scopes are those of the sign-in: `scope` is "only used if the grant_type is client_credentials"."""
        self.request.client = self._validate_request_client()
        if not self.request.form.get("refresh_token"):
            raise InvalidRequestError()

    def create_token_response(self) -> tuple[int, Mapping[str, Any], Any]:
        pool, state, client = self.server.pool, self.server.state, self.request.client.client
        given = self.request.form["refresh_token"]
        grant = state.user_pools[pool.id].by_refresh_token.get(given)
        # "When remembered devices is not active", users of the API may refresh here too.
        if grant is None or grant.client_id != client.id or grant.device_key:
            raise InvalidGrantError()
        call = calls.endpoint("/oauth2/token", pool, {"grant_type": "refresh_token"})
        try:
            made = refresh.renewed(pool, client, given, state, call)
        except AwsError as error:
            if error.code in (
                "NotAuthorizedException",
                "RefreshTokenReuseException",
                "UserNotFoundException",
            ):
                raise InvalidGrantError() from None
            raise
        return 200, _named(made), self.TOKEN_RESPONSE_HEADER


class _ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTHENTICATION

    def validate_requested_scope(self) -> None:
        client = self.request.client.client
        wanted = scopes.granted(client, self.request.payload.scope)
        if wanted is None:
            raise InvalidScopeError()
        self.request.scope = wanted

    def create_token_response(self) -> tuple[int, Mapping[str, Any], Any]:
        pool, state = self.server.pool, self.server.state
        if machine_tokens.are_customised(pool):
            raise not_simulated("PreTokenGeneration for client credentials (LambdaVersion V3_0)")
        # "You can't request a resource binding with client-credentials M2M grants":
        # https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
        if "resource" in self.request.form:
            raise InvalidRequestError()
        made = machine_tokens.issue(pool, self.request.client.client, self.request.scope, state)
        return 200, _named(made), self.TOKEN_RESPONSE_HEADER


def _named(made: dict[str, Any]) -> _Tokens:
    return _Tokens({_NAMES[name]: value for name, value in made.items() if name in _NAMES})
