"""Example Corp's SAML 2.0 identity provider: metadata, single sign-on, and a portal that begins at its side.

https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.1)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.local.errors import Response
from labkit.local.federation.authn_request import is_signed_by_pool
from labkit.local.federation.encryption import wanted_by
from labkit.local.lab_idp import assertion, pages, people
from labkit.local.lab_idp.authorize import is_domain
from labkit.local.lab_idp.people import Person
from labkit.local.lab_idp.sites import ROOT
from labkit.local.managed_login import forms
from labkit.local.managed_login.domains import origin
from labkit.local.saml import NAMES, NotAResponse, inflated, parsed
from labkit.local.user_pools.pools import find_pool

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


#: How the names of user pools begin that take assertions.
_ENTITY = "urn:amazon:cognito:sp:"
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


def entity_id(own: str) -> str:
    return f"{own}{ROOT}/example-corp/saml"


def answer(path: str, request: Request, state: State) -> Response:
    own = origin(request)
    if path == "/saml/metadata":
        document = assertion.metadata(entity_id(own), f"{own}{ROOT}/example-corp/saml/sso", state)
        return 200, {"Content-Type": "application/samlmetadata+xml", "Cache-Control": "no-store"}, document
    if path not in ("/saml/sso", "/saml/start"):
        return pages.refusal("Example Corp has no such page.")
    asked = _solicited(request, state) if path == "/saml/sso" else _started(request)
    if asked is None or not _is_registered(asked):
        return pages.refusal("This is no request of a user pool's.")
    return _sign_in(asked, own, request, state)


def _is_registered(asked: Asked) -> bool:
    return is_domain(asked.acs, "/saml2/idpresponse") or (asked.audience, asked.acs) == _AWS


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
    pool_id = issuer.removeprefix(_ENTITY)
    if "Signature" in given and not is_signed_by_pool(given, pool_id, state):
        return None
    return Asked(issuer, acs, root.get("ID"), given.get("RelayState", ""))


def _sign_in(asked: Asked, own: str, request: Request, state: State) -> Response:
    if request.method != "POST":
        return pages.login("Example Corp", asked.audience)
    form = forms.read(request) or {}
    if form.get("decision") == "deny":
        return _post(asked, assertion.failure(entity_id(own), asked.acs, asked.request_id, state))
    person = people.signed_in(form.get("email", ""), form.get("password", ""))
    if person is None:
        error = "This e-mail address and password do not match."
        return pages.login("Example Corp", asked.audience, hint=form.get("email", ""), error=error)
    return _post(asked, _response(asked, own, person, state))


def _response(asked: Asked, own: str, person: Person, state: State) -> str:
    pool = find_pool(asked.audience.removeprefix(_ENTITY), state)
    return assertion.response(
        entity_id(own),
        person,
        state,
        acs=asked.acs,
        audience=asked.audience,
        request_id=asked.request_id,
        key=wanted_by(pool, entity_id(own), state) if pool is not None else None,
    )


def _post(asked: Asked, response: str) -> Response:
    relay = {"RelayState": asked.relay_state} if asked.relay_state else {}
    return pages.form_post(asked.acs, {"SAMLResponse": response} | relay)
