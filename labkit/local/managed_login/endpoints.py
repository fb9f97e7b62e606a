"""The paths of a domain, and what answers each.

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.local import federation
from labkit.local.errors import AwsError, Response
from labkit.local.managed_login import answers, authorize, logout, revoke, token, user_info
from labkit.local.managed_login.authorization_request import Redirected, Shown, redirect
from labkit.local.managed_login.domains import Site
from labkit.local.managed_login.forms import Forged, TooLate, Unavailable
from labkit.local.managed_login.pages import (
    passkeys,
    password,
    rendering,
    second_factor,
    sign_in,
    sign_up,
)

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

Endpoint = Callable[[Site, "Request", "State"], Response]


def _of_federation(act: Callable[[Any, Any, Any], Response]) -> Endpoint:
    return lambda site, request, state: act(request, site.pool, state)


#: By path and method. HEAD is GET without a body.
_ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "/confirmForgotPassword": {"POST": password.confirm},
    "/confirmUser": {"GET": sign_up.show_confirmation, "POST": sign_up.confirm},
    "/error": {"GET": rendering.error},
    "/forgotPassword": {"GET": password.show, "POST": password.submit},
    "/login": {"GET": sign_in.show, "POST": sign_in.submit},
    "/login/choice": {"POST": sign_in.choose},
    "/logout": {"GET": logout.logout},
    "/mfa": {"POST": second_factor.submit},
    "/mfa/setup": {"POST": second_factor.set_up},
    "/newPassword": {"POST": password.replace_temporary},
    "/oauth2/authorize": {"GET": authorize.authorize},
    "/oauth2/idpresponse": {
        "GET": _of_federation(federation.oidc_response), "POST": _of_federation(federation.oidc_response),
    },
    "/oauth2/revoke": {"POST": revoke.revoke},
    "/oauth2/token": {"POST": token.token},
    "/oauth2/userInfo": {"GET": user_info.user_info, "POST": user_info.user_info},
    "/passkeys.js": {"GET": rendering.script},
    "/passkeys/add": {"GET": passkeys.show, "POST": passkeys.add},
    "/passkeys/later": {"POST": passkeys.later},
    "/passkeys/use": {"POST": passkeys.use},
    "/resendcode": {"POST": sign_up.resend},
    "/saml2/idpresponse": {"POST": _of_federation(federation.saml_response)},
    # "Your IdP must send the LogoutResponse in an HTTP POST request."
    "/saml2/logout": {"POST": federation.saml_logout},
    "/signup": {"GET": sign_up.show, "POST": sign_up.submit},
    "/style.css": {"GET": rendering.style},
}  # fmt: skip
#: What apps call, also from web pages of other origins.
_FOR_APPS = ("/oauth2/revoke", "/oauth2/token", "/oauth2/userInfo")


def answer(site: Site, path: str, request: Request, state: State) -> Response:
    """What stands at a path. Raises AwsError for what has no place to be told at."""
    methods = _ENDPOINTS.get(path)
    if methods is None:
        return rendering.not_found(site)
    if request.method == "OPTIONS" and path in _FOR_APPS:
        return answers.preflight(", ".join(methods))
    endpoint = methods.get("GET" if request.method == "HEAD" else request.method)
    if endpoint is None:
        return rendering.wrong_method(site, ", ".join(methods))
    return _answered(endpoint, site, request, state)


def _answered(endpoint: Endpoint, site: Site, request: Request, state: State) -> Response:
    """What an endpoint answers, or the page of the reason why it does not."""
    try:
        return endpoint(site, request, state)
    except Shown as shown:
        told = {"error": shown.error} | ({"client_id": shown.client_id} if shown.client_id else {})
        return redirect(f"{site.base}/error", told)
    except Redirected as redirected:
        return redirected.response
    except TooLate as late:
        return sign_in.timed_out(site, late.asked, request, state)
    except Forged:
        return rendering.forged(site)
    except Unavailable:
        return rendering.unavailable(site)


def failure(site: Site, path: str, error: AwsError) -> Response:
    """What is not simulated, or failed, in the form that an endpoint has."""
    if path in _FOR_APPS:
        return answers.error(error.code, error.message, error.status)
    return rendering.failure(site, error)
