"""The page of each challenge that a sign-in may open."""

from __future__ import annotations

import json
from collections.abc import Callable

from labkit.local.errors import AwsError, not_simulated
from labkit.local.managed_login import calls
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Entered
from labkit.local.managed_login.pages import attributes
from labkit.local.managed_login.pages.rendering import Field, Page
from labkit.local.user_pools.factors import software_tokens
from labkit.local.user_pools.pools import Client

#: A second factor, as a person calls it.
NOUNS = {
    "SMS_MFA": "a code by text message",
    "SOFTWARE_TOKEN_MFA": "a code of an authenticator app",
    "EMAIL_OTP": "a code by e-mail",
}
#: What signs in without a password, and what its button says.
WITHOUT_PASSWORD = {
    "EMAIL_OTP": "Sign in with a code by e-mail",
    "SMS_OTP": "Sign in with a code by text message",
    "WEB_AUTHN": "Sign in with a passkey",
}


def chooses(site: Site, client: Client) -> bool:
    """ "Implement the ALLOW_USER_AUTH flow …, and Amazon Cognito prompts users to select a sign-in method".

    The classic hosted UI has no passkeys; that it has no choice at all is unconfirmed.
    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-managedlogin.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    flows = client.extended_config.get("ExplicitAuthFlows") or []
    return not site.is_classic and "ALLOW_USER_AUTH" in flows


def page(form: Entered, *, error: str = "") -> Page:
    """The page of the visit's open challenge."""
    name = form.visit.challenge["ChallengeName"]
    if name not in _PAGES:
        raise not_simulated(f"the challenge {name} at a user pool's domain")
    return _PAGES[name](form, error)


def parameters(form: Entered) -> dict[str, str]:
    found: dict[str, str] = form.visit.challenge["ChallengeParameters"]
    return found


def code_field(label: str = "Code") -> Field:
    return Field("code", label, autocomplete="one-time-code", inputmode="numeric")


def _by_message(form: Entered, error: str) -> Page:
    where = parameters(form).get("CODE_DELIVERY_DESTINATION", "you")
    return Page(
        "Enter the code",
        action="/mfa",
        lead=f"A code was sent to {where}.",
        fields=(code_field(),),
        error=error,
    )


def _by_app(form: Entered, error: str) -> Page:
    device = parameters(form).get("FRIENDLY_DEVICE_NAME")
    lead = f"Open your authenticator app{f' ({device})' if device else ''} and enter the code that it shows."
    return Page("Enter the code", action="/mfa", lead=lead, fields=(code_field(),), error=error)


def _first(form: Entered, error: str) -> Page:
    """SELECT_CHALLENGE: the ways in that are open to the user."""
    asked, offered = form.visit.request, form.visit.challenge["AvailableChallenges"]
    by_password = "PASSWORD" in offered
    others = tuple((name, text) for name, text in WITHOUT_PASSWORD.items() if name in offered)
    links = [("Sign in as somebody else", asked.path("/login"))]
    if by_password:
        links.insert(0, ("Forgot your password?", asked.path("/forgotPassword")))
    return Page(
        "Choose how to sign in" if others else "Enter your password",
        action="/login/choice",
        button="Sign in" if by_password else "",
        lead=f"You are signing in as {form.visit.username}.",
        fields=(Field("password", "Password", "password", "current-password"),) if by_password else (),
        others=others,
        links=tuple(links),
        error=error,
    )


def _passkey(form: Entered, error: str) -> Page:
    from labkit.local.managed_login.pages import passkeys

    return passkeys.challenge(form, error)


def _choice(form: Entered, error: str) -> Page:
    names = json.loads(parameters(form)["MFAS_CAN_CHOOSE"])
    options = tuple((name, NOUNS[name].capitalize()) for name in names)
    field = Field("answer", "Confirm that it is you with", options=options)
    return Page("Choose a second factor", action="/mfa", fields=(field,), error=error)


def _set_up(form: Entered, error: str) -> Page:
    """MFA_SETUP: of two ways the person chooses; an authenticator app's secret is shown at once."""
    offered = json.loads(parameters(form)["MFAS_CAN_SETUP"])
    if "email" in form.form:
        return by_email(error)
    if len(offered) > 1 and not form.visit.secret:
        options = tuple((name, NOUNS[name].capitalize()) for name in offered)
        field = Field("answer", "From now on, confirm that it is you with", options=options)
        return Page("Set up a second factor", action="/mfa/setup", fields=(field,), error=error)
    return by_app(form, error) if "SOFTWARE_TOKEN_MFA" in offered else by_email(error)


def by_email(error: str = "") -> Page:
    field = Field("email", "Email", "email", "email")
    return Page("Set up codes by e-mail", action="/mfa/setup", fields=(field,), error=error)


def by_app(form: Entered, error: str = "") -> Page:
    """The secret of a new authenticator app, as a QR code and as text."""
    import pyotp
    import segno

    visit = form.visit
    if not visit.secret:
        visit.secret = _associated(form)
    name = parameters(form).get("USER_ID_FOR_SRP") or visit.username
    address = pyotp.TOTP(visit.secret).provisioning_uri(name=name, issuer_name=form.site.domain.name)
    return Page(
        "Set up an authenticator app",
        action="/mfa/setup",
        lead="Scan this with an authenticator app, or type the secret in, and enter the code that it shows.",
        fields=(code_field(), Field("device", "Name of the device", required=False)),
        qr_code=segno.make(address, micro=False).svg_data_uri(scale=4, border=2),
        secret_code=visit.secret,
        error=error,
    )


def _associated(form: Entered) -> str:
    """AssociateSoftwareToken by the challenge's Session, which gives the next one."""
    given = {"Session": form.visit.challenge["Session"]}
    call = calls.operation("AssociateSoftwareToken", form.site.pool, given, form.request)
    answer = software_tokens.associate_software_token(call, form.state)
    form.visit.challenge["Session"] = answer["Session"]
    return str(answer["SecretCode"])


def _new_password(form: Entered, error: str) -> Page:
    """NEW_PASSWORD_REQUIRED: and the required attributes that are still missing."""
    missing = [
        name.removeprefix("userAttributes.") for name in json.loads(parameters(form)["requiredAttributes"])
    ]
    fields = (Field("password", "New password", "password", "new-password"),)
    return Page(
        "Choose a new password",
        action="/newPassword",
        fields=fields + tuple(attributes.field(form.site.pool, name, form.form) for name in missing),
        error=error,
    )


_PAGES: dict[str, Callable[[Entered, str], Page]] = {
    "EMAIL_OTP": _by_message,
    "MFA_SETUP": _set_up,
    "NEW_PASSWORD_REQUIRED": _new_password,
    "SELECT_CHALLENGE": _first,
    "SELECT_MFA_TYPE": _choice,
    "SMS_MFA": _by_message,
    "SMS_OTP": _by_message,
    "SOFTWARE_TOKEN_MFA": _by_app,
    "WEB_AUTHN": _passkey,
}


def is_over(form: Entered, error: AwsError) -> bool:
    """Whether the open challenge can no longer be answered: its Session is used up or too old.

    A passkey's is good for one signature, right or wrong.
    """
    over = error.code == "NotAuthorizedException" and "session" in error.message
    return over or form.visit.challenge["ChallengeName"] == "WEB_AUTHN"
