"""One login that was verified, and how one that was not is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.local.errors import AwsError


@dataclass(frozen=True)
class Login:
    """A provider of the Logins map, and what its token says of the user."""

    #: The key in the Logins map.
    provider: str
    #: The user's id with that provider.
    subject: str
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    #: The provider in SetIdentityPoolRoles, where it has another name than in the Logins map.
    mapping_key: str = ""
    #: What `amr` says of it.
    methods: tuple[str, ...] = ()
    #: The roles that a SAML assertion names.
    roles: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a role mapping or a principal tag map may have it under."""
        return (self.mapping_key or self.provider, self.provider)


def unsupported() -> AwsError:
    return AwsError("NotAuthorizedException", "Token is not from a supported provider of this identity pool.")


def invalid(reason: str) -> AwsError:
    return AwsError("NotAuthorizedException", f"Invalid login token. {reason}")


def not_a_token() -> AwsError:
    return invalid("Not a valid OpenId Connect identity token.")
