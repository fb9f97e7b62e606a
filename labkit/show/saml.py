"""A SAML message, part by part: what it says, and who is to check that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from labkit.errors import LabError
from labkit.saml import UnverifiedAuthnRequest, UnverifiedSamlResponse
from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.redirects import placed
from labkit.show.values import plain
from labkit.show.view import View

_SOURCE = "https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf"
_REQUEST = MappingProxyType(
    {
        "id": "The response must name it.",
        "issuer": "Who asks. The provider must know it.",
        "destination": "Whom it asks.",
        "assertion_consumer_service_url": "Where the answer goes; the provider must have it registered.",
        "issued": "When it asked.",
        "force_authn": "Must the person sign in, though they have a session?",
    }
)
#: SAML Profiles, 4.1.4.3: what a service provider checks.
_RESPONSE = MappingProxyType(
    {
        "status": "Did the provider authenticate somebody?",
        "issuer": "The pool must know it; its certificate is in the metadata.",
        "subject": "Who it is, in the provider's words.",
        "audience": "For whom it was written: this pool, or it is not taken.",
        "recipient": "Where it may be brought.",
        "in_response_to": "Which request it answers: the one that this browser set out with.",
        "not_before": "Not good earlier.",
        "not_on_or_after": "Not good from here on.",
    }
)


def saml(
    message: UnverifiedAuthnRequest | UnverifiedSamlResponse, names: Mapping[str, str] | None = None
) -> View:
    """The message's parts, and what each is for. Nothing of it was verified, and the view says so.

    `names` says who is meant by an address, by its beginning: `{domain.url: "Cognito"}`.
    Raises LabError for anything else.
    """
    names = names or {}
    if isinstance(message, UnverifiedAuthnRequest):
        meanings, title = _REQUEST, "A SAML AuthnRequest, unverified"
    elif isinstance(message, UnverifiedSamlResponse):
        meanings, title = _RESPONSE, "A SAML response, unverified"
    else:
        raise LabError(
            f"a SAML message was expected: got `{type(message).__name__}`; `labkit.saml` reads one"
        )
    rows = tuple(_rows(message, meanings, names))
    parts = Table("What it says", ("part", "value", "what for"), rows)
    return View(title, (_signature(message), parts, *_attributes(message)))


def _signature(message: UnverifiedAuthnRequest | UnverifiedSamlResponse) -> Note:
    anyone = "Anyone may have written it: it was read, not verified."
    if not message.signed:
        return Note(f"It carries no signature. {anyone}", Mark.NEITHER, source=_SOURCE)
    what = f"its {' and '.join(message.signed)}" if isinstance(message.signed, tuple) else "it"
    return Note(f"A signature covers {what}; whether it holds was not asked. {anyone}", source=_SOURCE)


def _rows(
    message: UnverifiedAuthnRequest | UnverifiedSamlResponse,
    meanings: Mapping[str, str],
    names: Mapping[str, str],
) -> Iterator[tuple[Cell, ...]]:
    for name, meaning in meanings.items():
        value = getattr(message, name)
        shown = placed(value, names) if isinstance(value, str) else plain(value)
        yield row(name, Cell(shown or "none", code=True), meaning)


def _attributes(message: UnverifiedAuthnRequest | UnverifiedSamlResponse) -> Iterator[Table | Note]:
    if isinstance(message, UnverifiedAuthnRequest):
        return
    if message.encrypted:
        yield Note("The assertion is encrypted: only the pool has the key.")
    elif message.attributes:
        found = message.attributes.items()
        lines = tuple(row(name, Cell("\n".join(values), code=True)) for name, values in found)
        yield Table("Attributes", ("name", "values"), lines)
