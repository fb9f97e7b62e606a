"""What a pool remembers of its users beside moto's users, by the user's `sub`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Directory:
    """One pool's users, as far as moto has no place for them."""

    #: passwords.digest of the passwords before the present one, oldest first.
    former_passwords: dict[str, list[str]] = field(default_factory=dict)
    #: Addresses that wait to be verified before they are the user's, by attribute.
    pending: dict[str, dict[str, str]] = field(default_factory=dict)
