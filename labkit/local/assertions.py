"""What AWS asks of a SAML assertion, beside its signature.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html (the texts)
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from labkit.local import saml
from labkit.local.errors import AwsError
from labkit.local.saml import Assertion, Metadata
from labkit.local.session_tags import SessionTags

if TYPE_CHECKING:
    from labkit.local.state import State

_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_AUDIENCES = ("https://signin.aws.amazon.com/saml", "urn:amazon:webservices")
#: AWS's endpoint, which each Region has too.
_RECIPIENT = re.compile(r"https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml")
_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
#: "The request must be made within 5 minutes of the issuance of the assertion."
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html
_REDEEMED_WITHIN = timedelta(minutes=5)


def verified(response: str, metadata: Metadata, state: State) -> Assertion:
    """The assertion of a response that is signed, for AWS, and good now. Raises AwsError otherwise."""
    try:
        assertion = saml.verified(response, metadata)
    except saml.NotAResponse:
        raise _invalid("Your request included an invalid SAML response") from None
    except saml.Unsuccessful:
        raise AwsError(
            "IDPRejectedClaim", "The identity provider reported that authentication failed", 403
        ) from None
    except saml.BadSignature:
        raise _invalid("Response signature invalid") from None
    except saml.WrongIssuer:
        raise _invalid("Issuer not present in specified provider") from None
    _require_for_aws(assertion)
    _require_current(assertion, state)
    return assertion


def _require_for_aws(assertion: Assertion) -> None:
    if not _RECIPIENT.fullmatch(assertion.recipient) or not set(assertion.audiences) & set(_AUDIENCES):
        raise _invalid("The SAML response is not for AWS")


def _require_current(assertion: Assertion, state: State) -> None:
    now = state.clock.now()
    if now + _REDEEMED_WITHIN < max(assertion.not_before, assertion.issued):
        raise _invalid("The SAML response is not yet valid")
    if now >= assertion.expires:
        raise AwsError("ExpiredTokenException", "The SAML response has expired")
    if now - assertion.issued > _REDEEMED_WITHIN:
        raise AwsError("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")


def roles_of(assertion: Assertion, provider: str) -> tuple[str, ...]:
    """The roles that the provider names for the user: pairs of two ARNs, a role's and the provider's."""
    pairs = [set(value.split(",")) for value in assertion.attributes.get(f"{_ATTRIBUTES}Role", ())]
    named = [pair - {provider} for pair in pairs if provider in pair and len(pair) == 2]
    return tuple(dict.fromkeys(role.strip() for pair in named for role in pair))


def session_name(assertion: Assertion) -> str:
    name = assertion.single(f"{_ATTRIBUTES}RoleSessionName")
    if name is None:
        raise _invalid("RoleSessionName is required in AuthnResponse")
    if not _NAME.fullmatch(name):
        raise _invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def source_identity(assertion: Assertion) -> str | None:
    source = assertion.single(f"{_ATTRIBUTES}SourceIdentity")
    if source is not None and not _NAME.fullmatch(source):
        raise _invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return source


def session_tags(assertion: Assertion) -> SessionTags:
    """One attribute for each tag, with a single value: "multivalued session tags are not supported"."""
    prefix, pairs = f"{_ATTRIBUTES}PrincipalTag:", []
    for name, values in assertion.attributes.items():
        if name.startswith(prefix):
            if len(values) != 1:
                raise _invalid("A session tag must have a single value")
            pairs.append((name.removeprefix(prefix), values[0]))
    return SessionTags.passed(pairs, assertion.attributes.get(f"{_ATTRIBUTES}TransitiveTagKeys", ()))


def longest(assertion: Assertion, state: State) -> timedelta | None:
    """How long the assertion lets a session last: SessionDuration and SessionNotOnOrAfter only shorten it."""
    asked = assertion.single(f"{_ATTRIBUTES}SessionDuration")
    limits = [timedelta(seconds=int(asked))] if asked and asked.isdecimal() and len(asked) < 7 else []
    if assertion.session_ends is not None:
        limits.append(assertion.session_ends - state.clock.now())
    return min(limits, default=None)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message)
