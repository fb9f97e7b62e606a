"""/forgotPassword, /confirmForgotPassword and /newPassword: a password in the place of another.

https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import calls, forms
from labkit.local.managed_login.authorization_request import read
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Entered
from labkit.local.managed_login.pages import attributes, challenges, rendering
from labkit.local.managed_login.pages.rendering import Field, Page, said
from labkit.local.managed_login.state import Visit
from labkit.local.user_pools.directory import passwords

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def show(site: Site, request: Request, state: State) -> Response:
    asked = read(site, request)
    secret, visit, cookie = forms.begin(site, asked, request, state)
    return rendering.page(site, _asking(visit), secret=secret, cookie=cookie)


def _asking(visit: Visit, error: str = "") -> Page:
    return Page(
        "Forgot your password?",
        action=f"/forgotPassword?{visit.request.query}",
        button="Send a code",
        lead="Say who you are, and a code is sent to you with which you choose a new password.",
        fields=(Field("username", "Username", autocomplete="username", value=visit.username),),
        links=(("Sign in", visit.request.path("/login")),),
        error=error,
    )


def submit(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    form.visit.username = form["username"]
    try:
        call = _call("ForgotPassword", form, {})
        form.visit.delivery = passwords.forgot_password(call, state)["CodeDeliveryDetails"]
    except AwsError as error:
        return rendering.following(form, _asking(form.visit, said(error)))
    return rendering.following(form, reset(form.visit))


def reset(visit: Visit, *, lead: str = "", error: str = "") -> Page:
    where = visit.delivery.get("Destination")
    sent = f"A code was sent to {where}." if where else "Enter the code that was sent to you."
    return Page(
        "Choose a new password",
        action="/confirmForgotPassword",
        button="Change the password",
        lead=f"{lead} {sent}".strip(),
        fields=(challenges.code_field(), Field("password", "New password", "password", "new-password")),
        links=(("Send a new code", visit.request.path("/forgotPassword")),),
        error=error,
    )


def confirm(site: Site, request: Request, state: State) -> Response:
    from labkit.local.managed_login.pages import sign_in

    form = forms.entered(site, request, state)
    given = {"ConfirmationCode": form["code"], "Password": form.typed("password")}
    try:
        passwords.confirm_forgot_password(_call("ConfirmForgotPassword", form, given), state)
    except AwsError as error:
        return rendering.following(form, reset(form.visit, error=said(error)))
    return sign_in.again(form, "The password was changed. Sign in with the new one.")


def replace_temporary(site: Site, request: Request, state: State) -> Response:
    """NEW_PASSWORD_REQUIRED, which the temporary password opened."""
    from labkit.local.managed_login.pages import second_factor

    form = forms.entered(site, request, state)
    second_factor.require_challenge(form, ("NEW_PASSWORD_REQUIRED",))
    missing = json.loads(challenges.parameters(form)["requiredAttributes"])
    names = tuple(name.removeprefix("userAttributes.") for name in missing)
    given = {f"userAttributes.{n}": v for n, v in attributes.entered(form.form, names).items()}
    return second_factor.answered(form, given | {"NEW_PASSWORD": form.typed("password")})


def _call(name: str, form: Entered, given: dict[str, Any]) -> Any:
    pool, username = form.site.pool, form.visit.username
    return calls.for_user(name, pool, form.client, username, given, form.request)
