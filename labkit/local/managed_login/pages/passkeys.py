"""Passkeys at the pages of managed login: /passkeys/add makes one, and the sign-in page uses one.

The browser's WebAuthn is a script's to call; without scripts a person takes another way in.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response, not_simulated
from labkit.local.managed_login import cookies, forms, sign_in_result
from labkit.local.managed_login.authorization_request import (
    COGNITO,
    AuthorizationRequest,
    read_return,
    redirect,
    takes,
)
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Entered, Forged
from labkit.local.managed_login.pages import challenges, rendering, second_factor
from labkit.local.managed_login.pages.rendering import Page, Passkey, said
from labkit.local.managed_login.state import SignedIn
from labkit.local.user_pools.factors import passkeys
from labkit.local.user_pools.factors.relying_party import relying_party
from labkit.local.user_pools.pools import Client, Pool, User

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_TITLE = "Set up sign-in with a passkey"
_LEAD = "A passkey signs you in by your finger, your face, or the PIN of this device or of a security key."


def show(site: Site, request: Request, state: State) -> Response:
    """ "Amazon Cognito only permits authenticated users to access this page", of managed login alone.

    What the app is told of others and in the end is AWS's, as an app found it (unconfirmed):
    https://github.com/vppillai/chintan/blob/main/frontend/src/features/auth/passkeys.ts
    """
    if site.is_classic:
        return rendering.not_found(site)
    asked = read_return(site, request)
    pool, client = asked.pool_and_client(state)
    user = _by_session(site, client, request, state)
    if user is None:
        return _told(asked, "invalid_session")
    secret, _, cookie = forms.begin(site, asked, request, state)
    shown = _setting_up(site, pool, client, user, state, links=(("Not now", asked.redirect_uri),))
    return rendering.page(site, shown, secret=secret, status=400 if shown.error else 200, cookie=cookie)


def _by_session(site: Site, client: Client, request: Request, state: State) -> User | None:
    """Whoever the session cookie stands for, at an app client that takes the pool's own users."""
    signed_in = state.managed_login.session(cookies.given(request, cookies.SESSION), site.pool.id)
    if signed_in is not None and signed_in.identity_provider:
        raise not_simulated("a passkey for a user of another identity provider")
    if signed_in is None or not takes(site.pool, client, COGNITO):
        return None
    return sign_in_result.user_of(signed_in, site.pool)


def _told(asked: AuthorizationRequest, result: str) -> Response:
    return redirect(asked.redirect_uri, {"result": result})


def _setting_up(
    site: Site, pool: Pool, client: Client, user: User, state: State, *, error: str = "", **more: Any
) -> Page:
    """StartWebAuthnRegistration by hand."""
    try:
        options = passkeys.begin(pool, client.id, user, state)
    except AwsError as refused:
        return Page(_TITLE, error=said(refused), **more)
    elsewhere = _elsewhere(site, pool, state)
    if elsewhere:
        return Page(_TITLE, error=elsewhere, **more)
    passkey = Passkey("create", json.dumps(options))
    return Page(
        _TITLE, "/passkeys/add", "Add a passkey", lead=_LEAD, passkey=passkey, error=error, **more
    )  # fmt: skip


def _elsewhere(site: Site, pool: Pool, state: State) -> str:
    """Why no browser would use the pool's relying party at this page (WebAuthn, section 5.1.3)."""
    party = relying_party(pool, state)
    if party is None or party.allows(site.origin):
        return ""
    here = site.origin.replace("127.0.0.1", "localhost")
    todo = "" if party.id == "localhost" else "set the pool's RelyingPartyId to `localhost`, and "
    return (
        f"The user pool's passkeys are for `{party.id}`, not for this page at `{site.origin}`. "
        f"On this machine, {todo}open the page at `{here}`."
    )


def add(site: Site, request: Request, state: State) -> Response:
    """CompleteWebAuthnRegistration by hand."""
    form = forms.entered(site, request, state)
    user = _newcomer(form) if form.visit.newcomer else _by_session(site, form.client, request, state)
    if user is None:
        return _told(form.visit.request, "invalid_session")
    pool, client = form.visit.request.pool_and_client(state)
    try:
        passkeys.complete(pool, client.id, user, _credential(form), state)
    except AwsError as error:
        return rendering.following(form, _again(form, pool, client, user, said(error)))
    return _done(form, pool, client)


def _credential(form: Entered) -> Any:
    try:
        return json.loads(form.typed("credential"))
    except (ValueError, RecursionError):
        return None


def _again(form: Entered, pool: Pool, client: Client, user: User, error: str) -> Page:
    if form.visit.newcomer:
        return _setting_up(form.site, pool, client, user, form.state, error=error, again=_LATER)
    links = (("Not now", form.visit.request.redirect_uri),)
    return _setting_up(form.site, pool, client, user, form.state, error=error, links=links)


def _done(form: Entered, pool: Pool, client: Client) -> Response:
    asked = form.visit.request
    form.state.managed_login.close_visit(form.secret)
    if form.visit.newcomer is None:
        return _told(asked, "success")
    return sign_in_result.complete(asked, pool, client, _newcomer(form), form.state, identity_provider=None)


# --- whoever has just signed up ---------------------------------------------------------------------------

_LATER = ("/passkeys/later", "Not now")


def reminds(form: Entered, user: User) -> Response | None:
    """The page, for somebody who signed up in this visit and could have a passkey.

    "… your user pool with a managed login domain reminds end users to register a passkey after they sign up".
    Nobody is kept from the app by a passkey that could not be used here.
    """
    site, pool, state = form.site, form.site.pool, form.state
    if form.visit.signed_up != user.id or not challenges.chooses(site, form.client):
        return None
    if not _possible(site, state):
        return None
    form.visit.newcomer = SignedIn(pool.id, user.username, user.id, state.clock.now())
    return rendering.following(form, _setting_up(site, pool, form.client, user, state, again=_LATER))


def _possible(site: Site, state: State) -> bool:
    party = relying_party(site.pool, state)
    return passkeys.enabled(site.pool) and party is not None and party.allows(site.origin)


def _newcomer(form: Entered) -> User:
    """Unless they were deleted or disabled while the page was shown."""
    signed_in = form.visit.newcomer
    user = sign_in_result.user_of(signed_in, form.site.pool) if signed_in else None
    if user is None:
        raise Forged
    return user


def later(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    _newcomer(form)
    return _done(form, *form.visit.request.pool_and_client(state))


# --- signing in -------------------------------------------------------------------------------------------


def challenge(form: Entered, error: str) -> Page:
    """WEB_AUTHN: the browser asks the authenticator for a signature."""
    back = (("Sign in another way", form.visit.request.path("/login")),)
    elsewhere = _elsewhere(form.site, form.site.pool, form.state)
    if elsewhere:
        return Page("Use your passkey", error=elsewhere, links=back)
    passkey = Passkey("get", challenges.parameters(form)["CREDENTIAL_REQUEST_OPTIONS"])
    return Page(
        "Use your passkey",
        "/passkeys/use",
        "Use the passkey",
        lead=f"Sign in as {form.visit.username} with the passkey that you have added.",
        passkey=passkey,
        links=back,
        error=error,
    )


def use(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    second_factor.require_challenge(form, ("WEB_AUTHN",))
    return second_factor.answered(form, {"CREDENTIAL": form.typed("credential")})
