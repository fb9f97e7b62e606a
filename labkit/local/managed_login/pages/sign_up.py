"""/signup, /confirmUser and /resendcode: SignUp, ConfirmSignUp and ResendConfirmationCode by hand.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import calls, forms
from labkit.local.managed_login.authorization_request import COGNITO, Shown, providers, read
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Entered
from labkit.local.managed_login.pages import attributes, rendering
from labkit.local.managed_login.pages.challenges import code_field
from labkit.local.managed_login.pages.rendering import Field, Page, said
from labkit.local.managed_login.state import Visit
from labkit.local.user_pools.directory import users
from labkit.local.user_pools.directory.usernames import username_attributes
from labkit.local.user_pools.pools import Pool
from labkit.local.user_pools.sign_up import sign_up

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

#: Whether AWS lets somebody in at once, without the password again, its pages do not say (unconfirmed).
_DONE = "You are signed up. Sign in now."


def is_open(pool: Pool) -> bool:
    config = pool.extended_config.get("AdminCreateUserConfig") or {}
    return not config.get("AllowAdminCreateUserOnly")


def show(site: Site, request: Request, state: State) -> Response:
    asked = read(site, request)
    _, client = asked.pool_and_client(state)
    if COGNITO not in providers(client) or not is_open(site.pool):
        raise Shown("invalid_request", client.id)
    secret, visit, cookie = forms.begin(site, asked, request, state)
    return rendering.page(site, _page(site.pool, visit, {}), secret=secret, cookie=cookie)


def _page(pool: Pool, visit: Visit, typed: dict[str, str], error: str = "") -> Page:
    kinds = username_attributes(pool)
    label = " or ".join({"email": "Email", "phone_number": "Phone number"}[kind] for kind in kinds)
    named = Field("username", label or "Username", autocomplete="username", value=typed.get("username", ""))
    fields = [attributes.field(pool, name, typed, required=needed) for name, needed in _asked_for(pool)]
    return Page(
        "Sign up",
        action=f"/signup?{visit.request.query}",
        button="Sign up",
        fields=(named, *fields, Field("password", "Password", "password", "new-password")),
        links=(("I have an account: sign in", visit.request.path("/login")),),
        error=error,
    )


def _asked_for(pool: Pool) -> list[tuple[str, bool]]:
    """The required attributes, and what a code is sent to, but for what is typed as the username."""
    typed = username_attributes(pool)
    required = [a.name for a in pool.schema_attributes.values() if a.required and a.name != "sub"]
    verified = [n for n in pool.extended_config.get("AutoVerifiedAttributes") or [] if n not in required]
    names = [(name, True) for name in required] + [(name, False) for name in verified]
    return [(name, needed) for name, needed in names if name not in typed]


def submit(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    pool, username = site.pool, form["username"]
    names = tuple(name for name, _ in _asked_for(pool))
    given = {
        "Password": form.typed("password"),
        "UserAttributes": users.listed(attributes.entered(form.form, names)),
    }
    try:
        if COGNITO not in providers(form.client):
            raise Shown("invalid_request", form.client.id)
        answer = sign_up.sign_up(_call("SignUp", form, username, given), state)
    except AwsError as error:
        return rendering.following(form, _page(pool, form.visit, form.form, said(error)))
    form.visit.username, form.visit.signed_up = username, answer["UserSub"]
    return _signed_up(form, answer)


def _signed_up(form: Entered, answer: dict[str, Any]) -> Response:
    if answer["UserConfirmed"]:
        return _to_sign_in(form)
    form.visit.delivery = answer.get("CodeDeliveryDetails") or {}
    if not form.visit.delivery:
        lead = "You are signed up. Before you can sign in, an administrator has to confirm it."
        return rendering.following(form, Page("Almost done", lead=lead))
    return rendering.following(form, confirmation(form.visit))


def confirmation(visit: Visit, *, lead: str = "", error: str = "", notice: str = "") -> Page:
    where = visit.delivery.get("Destination")
    sent = f"A code was sent to {where}." if where else "Enter the code that was sent to you."
    named = Field("username", "Username", autocomplete="username", value=visit.username)
    return Page(
        "Confirm your account",
        action="/confirmUser",
        button="Confirm",
        lead=f"{lead} {sent}".strip(),
        fields=(code_field(),) if visit.username else (named, code_field()),
        again=("/resendcode", "Send a new code") if visit.username else None,
        links=(("Sign in", visit.request.path("/login")),),
        error=error,
        notice=notice,
    )


def show_confirmation(site: Site, request: Request, state: State) -> Response:
    secret, visit, cookie = forms.begin(site, read(site, request), request, state)
    return rendering.page(site, confirmation(visit), secret=secret, cookie=cookie)


def confirm(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    username = form.visit.username or form["username"]
    try:
        given = {"ConfirmationCode": form["code"]}
        sign_up.confirm_sign_up(_call("ConfirmSignUp", form, username, given), state)
    except AwsError as error:
        return rendering.following(form, confirmation(form.visit, error=said(error)))
    form.visit.username = username
    return _to_sign_in(form)


def resend(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    try:
        call = _call("ResendConfirmationCode", form, form.visit.username, {})
        form.visit.delivery = sign_up.resend_confirmation_code(call, state)["CodeDeliveryDetails"]
    except AwsError as error:
        return rendering.following(form, confirmation(form.visit, error=said(error)))
    return rendering.following(form, confirmation(form.visit, notice="A new code is on its way."))


def _to_sign_in(form: Entered) -> Response:
    from labkit.local.managed_login.pages import sign_in

    return sign_in.again(form, _DONE)


def _call(name: str, form: Entered, username: str, given: dict[str, Any]) -> Any:
    return calls.for_user(name, form.site.pool, form.client, username, given, form.request)
