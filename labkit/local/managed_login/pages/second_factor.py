"""/mfa and /mfa/setup: the second factor of a sign-in, chosen, given or set up.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import calls, forms
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Entered, Forged
from labkit.local.managed_login.pages import challenges, rendering
from labkit.local.managed_login.pages.rendering import said
from labkit.local.user_pools.factors import software_tokens
from labkit.local.user_pools.sign_in import sign_in

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

#: The name of the code in ChallengeResponses, by challenge.
_CODES = {
    "EMAIL_OTP": "EMAIL_OTP_CODE",
    "SMS_MFA": "SMS_MFA_CODE",
    "SMS_OTP": "SMS_OTP_CODE",
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
}


def require_challenge(form: Entered, names: tuple[str, ...]) -> str:
    """The visit's open challenge. Raises Forged where the form answers another."""
    name = form.visit.challenge.get("ChallengeName", "")
    if name not in names:
        raise Forged
    return str(name)


def submit(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    name = require_challenge(form, (*_CODES, "SELECT_MFA_TYPE"))
    if name == "SELECT_MFA_TYPE":
        return answered(form, {"ANSWER": form["answer"]})
    return answered(form, {_CODES[name]: form["code"]})


def answered(form: Entered, given: dict[str, str]) -> Response:
    """RespondToAuthChallenge; a challenge that is over leads back to the sign-in page."""
    from labkit.local.managed_login.pages import sign_in as sign_in_page

    open_now, username = form.visit.challenge, form.visit.username
    responses = {"USERNAME": challenges.parameters(form).get("USER_ID_FOR_SRP") or username} | given
    asked = {"ChallengeName": open_now["ChallengeName"], "Session": open_now["Session"]}
    try:
        attempt = sign_in_page.attempt(form, "RespondToAuthChallenge", ChallengeResponses=responses, **asked)
        return sign_in_page.after(form, sign_in.answer(attempt))
    except AwsError as error:
        return _refused(form, error)


def _refused(form: Entered, error: AwsError) -> Response:
    from labkit.local.managed_login.pages import sign_in as sign_in_page

    if challenges.is_over(form, error):
        return sign_in_page.refused(form, said(error))
    elsewhere = sign_in_page.instead(form, error)
    if elsewhere is not None:
        return elsewhere
    return rendering.following(form, challenges.page(form, error=said(error)))


def set_up(site: Site, request: Request, state: State) -> Response:
    form = forms.entered(site, request, state)
    require_challenge(form, ("MFA_SETUP",))
    if form["answer"] == "EMAIL_OTP":
        return rendering.following(form, challenges.by_email())
    if form["email"]:
        return answered(form, {"EMAIL": form["email"]})
    try:
        if form.visit.secret and "code" in form.form:
            _verify(form)
            return answered(form, {})
        return rendering.following(form, challenges.by_app(form))
    except AwsError as error:
        return _refused(form, error)


def _verify(form: Entered) -> None:
    """VerifySoftwareToken, whose Session answers the challenge."""
    given = {"Session": form.visit.challenge["Session"], "UserCode": form["code"]}
    if form["device"]:
        given["FriendlyDeviceName"] = form["device"]
    call = calls.operation("VerifySoftwareToken", form.site.pool, given, form.request)
    form.visit.challenge["Session"] = software_tokens.verify_software_token(call, form.state)["Session"]
