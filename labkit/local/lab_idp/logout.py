"""The end of a session at Example Corp: by a user pool's LogoutRequest, or by the person.

Other user pools that share the session are not told: none takes a LogoutRequest.
https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.4.4)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import Response
from labkit.local.federation import redirect_binding
from labkit.local.lab_idp import assertion, pages
from labkit.local.lab_idp.sessions import Session
from labkit.local.saml import NAMES, POOL_ENTITY, NotAResponse, inflated, instant, parsed
from labkit.local.user_pools.pools import find_pool

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request

#: How old a request may be.
_FRESH = timedelta(minutes=5)


class Refused(Exception):
    """What is wrong with a request, for the person who brought it."""


@dataclass(frozen=True)
class Asked:
    """A LogoutRequest whose signature is the user pool's."""

    id: str
    issuer: str
    destination: str
    issued: datetime
    expires: datetime
    subject: str
    index: str


def by_person(session: Session | None) -> Response:
    """Where no user pool asks for it."""
    if session is not None:
        session.ended = True
    return pages.signed_out("Example Corp")


def answer(request: Request, entity_id: str, place: str, state: State) -> Response:
    """SingleLogoutService, at the address `place`."""
    try:
        asked = _asked(request, state)
        _require_now_and_here(asked, place, state)
        session = _session(asked, state)
    except Refused as refused:
        return pages.refusal(str(refused))
    session.ended = True
    to, relay = session.participants[asked.issuer], request.parameters.get("RelayState", "")
    fields = {"SAMLResponse": assertion.logout_response(entity_id, to, asked.id, state)}
    return pages.form_post(to, fields | ({"RelayState": relay} if relay else {}))


def _asked(request: Request, state: State) -> Asked:
    """Nothing is read of a request but its Issuer before its signature holds."""
    given = request.parameters
    try:
        root = parsed(inflated(given.get("SAMLRequest", "")))
    except NotAResponse:
        raise Refused("This is no LogoutRequest.") from None
    if root.tag != f"{{{NAMES['samlp']}}}LogoutRequest" or len(given) < len(request.query):
        raise Refused("This is no LogoutRequest.")
    issuer = root.findtext("saml:Issuer", "", NAMES).strip()
    pool = find_pool(issuer.removeprefix(POOL_ENTITY), state) if issuer.startswith(POOL_ENTITY) else None
    if pool is None or not redirect_binding.is_signed(
        given, state.federation.signing_key(pool.id).public_key()
    ):
        raise Refused("This LogoutRequest is not signed by the user pool that it names.")
    return _read(root, issuer)


def _read(root: Any, issuer: str) -> Asked:
    try:
        issued = instant(root.get("IssueInstant"))
        until = root.get("NotOnOrAfter")
        expires = min(issued + _FRESH, instant(until)) if until else issued + _FRESH
    except NotAResponse:
        raise Refused("This LogoutRequest does not say when it was issued.") from None
    return Asked(
        id=root.get("ID") or "",
        issuer=issuer,
        destination=root.get("Destination") or "",
        issued=issued,
        expires=expires,
        subject=root.findtext("saml:NameID", "", NAMES).strip(),
        index=root.findtext("samlp:SessionIndex", "", NAMES).strip(),
    )


def _require_now_and_here(asked: Asked, place: str, state: State) -> None:
    if asked.destination != place:
        raise Refused("This LogoutRequest is for another identity provider.")
    if not asked.issued <= state.clock.now() < asked.expires:
        raise Refused("This LogoutRequest is too old, or not yet valid.")
    if not asked.id or not state.lab_idp.sessions.is_new(asked.issuer, asked.id, asked.expires):
        raise Refused("This LogoutRequest was answered before.")


def _session(asked: Asked, state: State) -> Session:
    """The one that the user pool was told of, and whose person it names."""
    found = state.lab_idp.sessions.of_index(asked.index)
    if found is None or asked.issuer not in found.participants or asked.subject != found.person.email:
        raise Refused("Example Corp knows no such session.")
    return found
