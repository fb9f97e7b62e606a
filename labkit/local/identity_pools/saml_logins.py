"""Logins of SAML providers that are registered in IAM: a base64 response under the provider's ARN.

https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local import assertions, saml
from labkit.local.errors import AwsError
from labkit.local.identity_pools.login import Login, invalid, unsupported

if TYPE_CHECKING:
    from labkit.local.state import State

#: The claim that an assertion's NameID is, beside its attributes.
_NAME_IDENTIFIER = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"


def verified(provider: str, response: str, state: State) -> Login:
    """What STS would refuse, is no login either; the texts are STS's."""
    metadata = saml.metadata_of(provider, state)
    if metadata is None:
        raise unsupported()
    try:
        assertion = assertions.verified(response, metadata, state)
    except AwsError as refusal:
        raise invalid(f"{refusal.message}.") from None
    claims: dict[str, Any] = {_NAME_IDENTIFIER: assertion.subject}
    claims |= {name: v[0] if len(v) == 1 else list(v) for name, v in assertion.attributes.items()}
    roles = assertions.roles_of(assertion, provider)
    return Login(provider, assertion.subject, claims, methods=(provider,), roles=roles)
