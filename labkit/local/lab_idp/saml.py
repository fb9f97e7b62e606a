"""Example Corp's SAML 2.0 identity provider: metadata, single sign-on, and a portal that begins at its side.

Whoever has signed in is not asked again for some hours, by whichever service provider, unless they sign out
there or at `/_idp/example-corp/saml/signout`.

https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.1)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.local.errors import Response
from labkit.local.federation import redirect_binding
from labkit.local.federation.encryption import wanted_by
from labkit.local.lab_idp import assertion, logout, pages, people
from labkit.local.lab_idp.authorize import is_domain
from labkit.local.lab_idp.sessions import COOKIE, VALIDITY, Session
from labkit.local.lab_idp.sites import ROOT
from labkit.local.managed_login import cookies, forms
from labkit.local.managed_login.domains import origin
from labkit.local.saml import NAMES, POOL_ENTITY, NotAResponse, inflated, parsed
from labkit.local.user_pools.pools import find_pool

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


_ACS = "/saml2/idpresponse"
_FOLDER = f"{ROOT}/example-corp/saml"
#: AWS itself, as identity pools and STS take assertions for it.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_relying-party.html
_AWS = ("urn:amazon:webservices", "https://signin.aws.amazon.com/saml")


@dataclass(frozen=True)
class Asked:
    """Where an assertion goes, and the AuthnRequest that asked for it, if one did."""

    audience: str
    acs: str
    request_id: str
    relay_state: str
    #: Whether the person must sign in again (SAML Core, 3.4.1).
    force: bool = False


def entity_id(own: str) -> str:
    return f"{own}{_FOLDER}"


def answer(path: str, request: Request, state: State) -> Response:
    own = origin(request)
    if path == "/saml/metadata":
        document = assertion.metadata(entity_id(own), f"{own}{_FOLDER}/sso", f"{own}{_FOLDER}/slo", state)
        return 200, {"Content-Type": "application/samlmetadata+xml", "Cache-Control": "no-store"}, document
    if path == "/saml/slo":
        return logout.answer(request, entity_id(own), f"{own}{_FOLDER}/slo", state)
    if path == "/saml/signout":
        return logout.by_person(_known(request, state))
    if path not in ("/saml/sso", "/saml/start"):
        return pages.refusal("Example Corp has no such page.")
    asked = _solicited(request, state) if path == "/saml/sso" else _started(request)
    if asked is None or not _is_registered(asked):
        return pages.refusal("This is no request of a user pool's.")
    return _sign_in(asked, own, request, state)


def _is_registered(asked: Asked) -> bool:
    return is_domain(asked.acs, _ACS) or (asked.audience, asked.acs) == _AWS


def _started(request: Request) -> Asked:
    """A tile of the company's portal: the app is chosen here, and nothing has asked for it."""
    given = request.parameters
    return Asked(given.get("sp", ""), given.get("acs", ""), "", given.get("RelayState", ""))


def _solicited(request: Request, state: State) -> Asked | None:
    """An AuthnRequest by the redirect binding; where it is signed, by the pool that it names."""
    given = request.parameters
    try:
        root = parsed(inflated(given.get("SAMLRequest", "")))
    except NotAResponse:
        return None
    issuer, acs = root.findtext("saml:Issuer", None, NAMES), root.get("AssertionConsumerServiceURL")
    if root.tag != f"{{{NAMES['samlp']}}}AuthnRequest" or not (issuer and acs and root.get("ID")):
        return None
    pool_id = issuer.removeprefix(POOL_ENTITY)
    key = state.federation.signing_key(pool_id).public_key() if "Signature" in given else None
    if key is not None and not redirect_binding.is_signed(given, key):
        return None
    force = root.get("ForceAuthn") in ("true", "1")
    return Asked(issuer, acs, root.get("ID"), given.get("RelayState", ""), force)


def _sign_in(asked: Asked, own: str, request: Request, state: State) -> Response:
    known = _known(request, state)
    if request.method != "POST":
        if known is not None and not asked.force:
            return _post(asked, _response(asked, own, known, state))
        return pages.login("Example Corp", asked.audience)
    form = forms.read(request) or {}
    if form.get("decision") == "deny":
        return _post(asked, assertion.failure(entity_id(own), asked.acs, asked.request_id, state))
    person = people.signed_in(form.get("email", ""), form.get("password", ""))
    if person is None:
        error = "This e-mail address and password do not match."
        return pages.login("Example Corp", asked.audience, hint=form.get("email", ""), error=error)
    value, session = state.lab_idp.sessions.open(person)
    status, headers, body = _post(asked, _response(asked, own, session, state))
    age = int(VALIDITY.total_seconds())
    headers["Set-Cookie"] = f"{COOKIE}={value}; Path={_FOLDER}; HttpOnly; SameSite=Lax; Max-Age={age}"
    return status, headers, body


def _known(request: Request, state: State) -> Session | None:
    return state.lab_idp.sessions.of_cookie(cookies.given(request, COOKIE))


def _response(asked: Asked, own: str, session: Session, state: State) -> str:
    """What the service provider is told of the session, in which it takes part from now on."""
    if asked.acs.endswith(_ACS):
        session.participants[asked.audience] = f"{asked.acs.removesuffix(_ACS)}/saml2/logout"
    pool = find_pool(asked.audience.removeprefix(POOL_ENTITY), state)
    return assertion.response(
        entity_id(own),
        session,
        state,
        acs=asked.acs,
        audience=asked.audience,
        request_id=asked.request_id,
        key=wanted_by(pool, entity_id(own), state) if pool is not None else None,
    )


def _post(asked: Asked, response: str) -> Response:
    relay = {"RelayState": asked.relay_state} if asked.relay_state else {}
    return pages.form_post(asked.acs, {"SAMLResponse": response} | relay)
