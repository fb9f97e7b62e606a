"""/login: the username and the password, and what comes after them.

The checks, the lock-out, the triggers and the texts are those of InitiateAuth.
https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import authorize, calls, forms, sign_in_result
from labkit.local.managed_login.authorization_request import (
    COGNITO,
    PROVIDER_NAMES,
    AuthorizationRequest,
    providers,
    read,
)
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Entered
from labkit.local.managed_login.pages import challenges, passkeys, password, rendering, second_factor, sign_up
from labkit.local.managed_login.pages.rendering import Field, Page, said
from labkit.local.managed_login.state import Visit
from labkit.local.user_pools.directory.usernames import alias_attributes, username_attributes
from labkit.local.user_pools.pools import Client, Pool
from labkit.local.user_pools.sign_in import sign_in
from labkit.local.user_pools.sign_in.attempt import Attempt

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

#: Providers whose names are no words: each must be called so.
_BRANDS = {"LoginWithAmazon": "Amazon", "SignInWithApple": "Apple"}
#: What a page says where COGNITO is none of the client's SupportedIdentityProviders.
_NO_OPTION = "Login option is not available. Please try another one."


def show(site: Site, request: Request, state: State) -> Response:
    """The page, unless the person needs none (unconfirmed where they come here without /oauth2/authorize)."""
    asked = read(site, request)
    known = authorize.decided(site, asked, request, state)
    if known is not None:
        return known
    secret, visit, cookie = forms.begin(site, asked, request, state)
    visit.username = asked.login_hint
    _, client = asked.pool_and_client(state)
    shown = page(site, client, visit, notice=_in_english(site, asked))
    return rendering.page(site, shown, secret=secret, cookie=cookie)


def _in_english(site: Site, asked: AuthorizationRequest) -> str:
    """ "Managed login pages can be localized, but hosted UI (classic) pages can't." These are not, and say
    so.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html#managed-login-localization
    """
    if site.is_classic or asked.lang.partition("-")[0] in ("", "en"):
        return ""
    return f"The local account has this page in English only: lang={asked.lang} is not simulated."


def timed_out(site: Site, asked: AuthorizationRequest, request: Request, state: State) -> Response:
    """ "… redirects the user to managed login. The page displays a `Something went wrong` error message."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    _, client = asked.pool_and_client(state)
    secret, visit, cookie = forms.begin(site, asked, request, state)
    shown = page(site, client, visit, error="Something went wrong")
    return rendering.page(site, shown, secret=secret, status=400, cookie=cookie)


def page(site: Site, client: Client, visit: Visit, *, error: str = "", notice: str = "") -> Page:
    asked, pool = visit.request, site.pool
    others = tuple(
        (f"Continue with {_BRANDS.get(name, name)}", _through(asked, name)) for name in _others(pool, client)
    )
    shown = Page(f"Sign in to {client.extended_config.get('ClientName') or 'the app'}", providers=others)
    if COGNITO not in providers(client):
        return replace(shown, lead="" if others else _NO_OPTION, error=error)
    links = [("Forgot your password?", asked.path("/forgotPassword"))]
    if sign_up.is_open(pool):
        links.append(("Sign up", asked.path("/signup")))
    return replace(
        shown,
        action=f"/login?{asked.query}",
        button="Next" if challenges.chooses(site, client) else "Sign in",
        fields=_typed(site, client, visit),
        links=tuple(links),
        error=error,
        notice=notice,
    )


def _typed(site: Site, client: Client, visit: Visit) -> tuple[Field, ...]:
    """ "Users must provide a username before Amazon Cognito can initiate passkey authentication": where they
    choose the way in, it is asked for first.
    """
    named = Field("username", label_of_username(site.pool), autocomplete="username", value=visit.username)
    if challenges.chooses(site, client):
        return (replace(named, autocomplete="username webauthn"),)
    return (named, Field("password", "Password", "password", "current-password"))


def label_of_username(pool: Pool) -> str:
    nouns = {"email": "Email", "phone_number": "Phone number", "preferred_username": "preferred username"}
    kinds = [nouns[kind] for kind in username_attributes(pool)]
    if kinds:
        return " or ".join(kinds)
    aliases = [nouns[kind].lower() for kind in alias_attributes(pool)]
    return " or ".join(["Username", *aliases])


def _others(pool: Pool, client: Client) -> list[str]:
    return [name for name in providers(client) if name in pool.identity_providers]


def _through(asked: AuthorizationRequest, provider: str) -> str:
    """The same request through a provider, whichever it may have named itself."""
    kept = [pair for pair in parse_qsl(asked.query, keep_blank_values=True) if pair[0] not in PROVIDER_NAMES]
    query = urlencode([*kept, ("identity_provider", provider)])
    return f"{asked.base}/oauth2/authorize?{query}"


def submit(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    if COGNITO not in providers(form.client):
        return rendering.following(form, page(site, form.client, form.visit, error=_NO_OPTION))
    form.visit.username = form["username"]
    given = {"USERNAME": form["username"]}
    flow = "USER_AUTH"
    if not challenges.chooses(site, form.client):
        flow, given["PASSWORD"] = "USER_PASSWORD_AUTH", form.typed("password")
    try:
        began = attempt(form, "InitiateAuth", AuthFlow=flow, AuthParameters=given)
        return after(form, sign_in.start(began))
    except AwsError as error:
        return _refused(form, error)


def choose(site: Site, request: Request, state: State) -> Response:
    """The way in that the person chose, out of those that were offered."""
    form = forms.entered(site, request, state)
    second_factor.require_challenge(form, ("SELECT_CHALLENGE",))
    chosen = form["first"] or "PASSWORD"
    given = {"PASSWORD": form.typed("password")} if chosen == "PASSWORD" else {}
    return second_factor.answered(form, {"ANSWER": chosen} | given)


def attempt(form: Entered, operation: str, **parameters: Any) -> Attempt:
    """The call that stands for a form, with the client's secret proven."""
    for name in ("AuthParameters", "ChallengeResponses"):
        if name in parameters:
            parameters[name] |= calls.proof(form.client, parameters[name]["USERNAME"])
    given = {"ClientId": form.client.id} | parameters
    call = calls.operation(operation, form.site.pool, given, form.request)
    return Attempt(form.site.pool, form.client, call, form.state, hosted=True)


def after(form: Entered, answer: dict[str, Any]) -> Response:
    """What follows an answer: back to the app, or the page of the next challenge."""
    visit = form.visit
    if "SignedIn" in answer:
        reminded = passkeys.reminds(form, answer["SignedIn"])
        if reminded is not None:
            return reminded
        form.state.managed_login.close_visit(form.secret)
        pool, user = form.site.pool, answer["SignedIn"]
        return sign_in_result.complete(
            visit.request, pool, form.client, user, form.state, identity_provider=None
        )
    if answer["ChallengeName"] == "SELECT_CHALLENGE" and not answer["AvailableChallenges"]:
        return refused(form, _NO_OPTION)
    visit.challenge, visit.secret = answer, ""
    return rendering.following(form, challenges.page(form))


def _refused(form: Entered, error: AwsError) -> Response:
    return instead(form, error) or refused(form, said(error))


def instead(form: Entered, error: AwsError) -> Response | None:
    """The page that helps: who is not confirmed confirms, who must choose a new password does."""
    if error.code == "UserNotConfirmedException":
        return rendering.following(form, sign_up.confirmation(form.visit, lead=said(error)))
    if error.code == "PasswordResetRequiredException":
        return rendering.following(form, password.reset(form.visit, lead=said(error)))
    return None


def again(form: Entered, notice: str) -> Response:
    """The sign-in page, after something that went well."""
    return rendering.following(form, page(form.site, form.client, form.visit, notice=notice))


def refused(form: Entered, error: str) -> Response:
    return rendering.following(form, page(form.site, form.client, form.visit, error=error))
