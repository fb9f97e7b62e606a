"""A stand-in's authorization endpoint: RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labkit.local.errors import Response
from labkit.local.lab_idp import pages, people
from labkit.local.lab_idp.people import Person
from labkit.local.lab_idp.sites import Site
from labkit.local.lab_idp.state import CODE_VALIDITY, Code
from labkit.local.managed_login import forms
from labkit.local.managed_login.authorization_request import redirect

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

_LOOPBACK = ("127.0.0.1", "localhost")
#: What each says when a person cancels.
_DENIED = {
    "facebook": {
        "error": "access_denied", "error_code": "200", "error_reason": "user_denied",
        "error_description": "Permissions error",
    },
    "apple": {"error": "user_cancelled_authorize"},
}  # fmt: skip


def authorize(site: Site, request: Request, state: State) -> Response:
    given = request.parameters
    wrong = _untrusted(site, given, state)
    if wrong:
        return pages.refusal(wrong)
    fault = _fault(site, given)
    if fault:
        return _back(given, {"error": fault})
    if request.method != "POST":
        return pages.login(site.title, given["client_id"], hint=given.get("login_hint", ""))
    form = forms.read(request) or {}
    if form.get("decision") == "deny":
        return _back(given, _DENIED.get(site.name, {"error": "access_denied"}))
    person = people.signed_in(form.get("email", ""), form.get("password", ""))
    if person is None:
        error = "This e-mail address and password do not match."
        return pages.login(site.title, given["client_id"], hint=form.get("email", ""), error=error)
    return _back(given, _granted(site, person, given, state))


def _untrusted(site: Site, given: dict[str, str], state: State) -> str:
    """What is wrong with client or redirect URI. Registered are every user pool domain's, and that of an app
    on this machine that needs no user pool.
    """
    if given.get("client_id") != state.lab_idp.apps[site.name].client_id:
        return "invalid_client: no such app is registered."
    uri = given.get("redirect_uri", "")
    if not (is_domain(uri, "/oauth2/idpresponse") or _is_app(uri)):
        return (
            "redirect_uri_mismatch: the redirect URI is no user pool domain's /oauth2/idpresponse, "
            "and no http://127.0.0.1:PORT/callback."
        )
    return ""


def _is_app(url: str) -> bool:
    """RFC 8252, section 7.3: a native app listens on the loopback address, at any port."""
    return is_domain(url, "/callback") and url.startswith("http://127.0.0.1:") and url.count("/") == 3


def is_domain(url: str, path: str) -> bool:
    """Whether this is an endpoint of a user pool's domain, here or in AWS."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    local = parts.scheme in ("http", "https") and host in _LOOPBACK
    known = local or (parts.scheme == "https" and host.endswith(".amazoncognito.com"))
    return known and parts.path.endswith(path) and not (parts.query or parts.fragment or parts.username)


def _fault(site: Site, given: dict[str, str]) -> str:
    if given.get("response_type") != "code":
        return "unsupported_response_type"
    scope = given.get("scope", "").split()
    if site.discovery and "openid" not in scope:
        return "invalid_scope"
    # "If you requested any scopes, the value must be form_post."
    if site.name == "apple" and scope and given.get("response_mode") != "form_post":
        return "invalid_request"
    return ""


def _granted(site: Site, person: Person, given: dict[str, str], state: State) -> dict[str, str]:
    code = Code(
        site=site.name,
        person=person,
        client_id=given["client_id"],
        redirect_uri=given["redirect_uri"],
        scope=given.get("scope", ""),
        nonce=given.get("nonce", ""),
        expires=state.clock.now() + CODE_VALIDITY,
    )
    name = {"firstName": person.given_name, "lastName": person.family_name}
    once = {"user": json.dumps({"name": name, "email": person.email})} if site.name == "apple" else {}
    return {"code": state.lab_idp.keep_code(code)} | once


def _back(given: dict[str, str], told: dict[str, str]) -> Response:
    told = told | ({"state": given["state"]} if "state" in given else {})
    if given.get("response_mode") == "form_post":
        return pages.form_post(given["redirect_uri"], told)
    return redirect(given["redirect_uri"], told)
