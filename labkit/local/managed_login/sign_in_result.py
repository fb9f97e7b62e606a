"""The end of a sign-in at a domain, local or federated: a session cookie; a code, or tokens, for the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import calls, cookies
from labkit.local.managed_login.authorization_request import AuthorizationRequest, redirect
from labkit.local.managed_login.state import CODE_VALIDITY, AuthorizationCode, ProviderSession, SignedIn
from labkit.local.user_pools.pools import Client, Pool, User, find_user
from labkit.local.user_pools.tokens import tokens

if TYPE_CHECKING:
    from labkit.local.state import State


def complete(
    session: AuthorizationRequest,
    pool: Pool,
    client: Client,
    user: User,
    state: State,
    *,
    identity_provider: str | None,
    provider_session: ProviderSession | None = None,
) -> Response:
    """Answer the authorization request that a person has just signed in for.

    `session` is the request with which the person came, `identity_provider` who signed them in, if it was
    not the pool itself, and `provider_session` how that one calls it.
    """
    now = state.clock.now()
    signed_in = SignedIn(pool.id, user.username, user.id, now, identity_provider, provider_session)
    status, headers, body = grant(session, pool, client, user, signed_in, state)
    cookie = state.managed_login.open_session(signed_in)
    headers["Set-Cookie"] = cookies.session(cookie, session.base, secure=session.secure)
    return status, headers, body


def grant(
    request: AuthorizationRequest, pool: Pool, client: Client, user: User, signed_in: SignedIn, state: State
) -> Response:
    """A code, or tokens, for somebody who is signed in."""
    app_state = {} if request.state is None else {"state": request.state}
    if request.response_type == "code":
        return redirect(request.redirect_uri, {"code": _code(request, signed_in, state)} | app_state)
    return _implicit(request, pool, client, user, signed_in, app_state, state)


def _code(request: AuthorizationRequest, signed_in: SignedIn, state: State) -> str:
    return state.managed_login.keep_code(
        AuthorizationCode(
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            authorized=request.authorized,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            signed_in=signed_in,
            expires=state.clock.now() + CODE_VALIDITY,
        )
    )


def _implicit(
    request: AuthorizationRequest,
    pool: Pool,
    client: Client,
    user: User,
    signed_in: SignedIn,
    app_state: dict[str, str],
    state: State,
) -> Response:
    """ "A refresh token is never returned in this flow. Token and state are returned in the fragment".

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    begun = tokens.begin(
        pool, client, user, state, auth_time=signed_in.auth_time, authorized=request.authorized
    )
    call = calls.endpoint("/oauth2/authorize", pool, {})
    try:
        made = tokens.issue(pool, client, user, begun, state, call, nonce=request.nonce)
    except AwsError as error:  # of the pool's function
        raise request.refusal("invalid_request", error.message) from None
    shown = {"id_token": made["IdToken"]} if "IdToken" in made else {}
    shown |= {"access_token": made["AccessToken"], "token_type": made["TokenType"]}
    shown |= {"expires_in": str(made["ExpiresIn"])}
    return redirect(request.redirect_uri, shown | app_state, fragment=True)


def user_of(signed_in: SignedIn, pool: Pool) -> User | None:
    """The user who signed in, unless they were deleted or disabled since."""
    user = find_user(pool, signed_in.username)
    return user if user is not None and user.id == signed_in.sub and user.enabled else None
