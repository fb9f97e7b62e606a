"""What a pool remembers of its users beside moto's users, by the user's `sub`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Link:
    """An identity of another provider: the attribute that tells it, and its value."""

    provider: str
    attribute: str
    value: str


@dataclass
class ImportJob:
    """One user import job; its file is kept until it has run."""

    id: str
    name: str
    role_arn: str
    created: datetime
    #: What the pre-signed URL proves.
    signature: str = field(repr=False)
    url: str = field(repr=False)
    file: bytes | None = field(default=None, repr=False)
    status: str = "Created"
    started: datetime | None = None
    completed: datetime | None = None
    message: str = ""
    imported: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass
class Directory:
    """One pool's users, as far as moto has no place for them."""

    #: passwords.digest of the passwords before the present one, oldest first.
    former_passwords: dict[str, list[str]] = field(default_factory=dict)
    #: Addresses that wait to be verified before they are the user's, by attribute.
    pending: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Whose the identities of other providers are, and since when, by AdminLinkProviderForUser.
    links: dict[Link, tuple[str, datetime]] = field(default_factory=dict)
    #: Native users who can't use their password, by AdminDisableProviderForUser.
    barred: set[str] = field(default_factory=set)
    import_jobs: dict[str, ImportJob] = field(default_factory=dict)
