"""The Principal and NotPrincipal elements: who is named, and how directly.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.policy.request import Caller, Federated, Service
from labkit.policy.trace import ElementTrace, Named, PatternTrace

_ROLE = re.compile(r"arn:[^:]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class PrincipalName:
    """One value of a Principal element: `{"AWS": "111122223333"}` names an account."""

    #: `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*` where the whole element is `"*"`.
    type: str
    value: str

    def names(self, caller: Caller) -> Named:
        """How directly this value names the caller. A `*` within a name is no wildcard."""
        if self.value == "*" and self.type in ("*", "AWS"):
            return Named.CALLER
        if self.type == "AWS":
            return self._names_in_account(caller)
        provider = caller.principal
        named = self.type == "Service" and isinstance(provider, Service) and provider.name == self.value
        named |= (
            self.type == "Federated" and isinstance(provider, Federated) and provider.provider == self.value
        )
        return Named.CALLER if named else Named.NOBODY

    def _names_in_account(self, caller: Caller) -> Named:
        if caller.account is None:
            return Named.NOBODY
        if self.value == caller.principal:
            return Named.ROLE if caller.kind == "role" else Named.CALLER
        if _is_account(self.value, caller):
            return Named.CALLER if caller.is_root_user else Named.ACCOUNT
        return Named.ROLE if _is_role(self.value, caller) else Named.NOBODY

    def __str__(self) -> str:
        return self.value if self.type == "*" else f"{self.type}: {self.value}"


def _is_account(value: str, caller: Caller) -> bool:
    """An account is named by its twelve digits or by the ARN of its root."""
    return value == caller.account or (
        value.startswith("arn:") and value.endswith(f":iam::{caller.account}:root")
    )


def _is_role(value: str, caller: Caller) -> bool:
    """A role's ARN covers its sessions, whose own ARN leaves the role's path out."""
    if caller.kind == "role":
        return value == caller.principal
    found = _ROLE.fullmatch(value) if caller.role is not None else None
    return found is not None and found.groups() == (caller.account, caller.role)


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """Principal (or, negated, NotPrincipal) of a statement."""

    names: tuple[PrincipalName, ...]
    negated: bool = False

    def named(self, caller: Caller, *, effect: str, bounded: bool) -> Named:
        """How directly the statement names the caller, if it speaks of it at all.

        `bounded` says whether a permissions boundary is attached to the caller.
        """
        if not self.negated:
            return max([name.names(caller) for name in self.names], default=Named.NOBODY)
        if effect == "Allow":
            hit = not any(name.names(caller) for name in self.names)
        else:
            hit = bounded or not self._spares(caller)
        return Named.CALLER if hit else Named.NOBODY

    def trace(self, caller: Caller, named: Named) -> ElementTrace:
        """What stands behind the answer `named`."""
        element = "NotPrincipal" if self.negated else "Principal"
        patterns = [PatternTrace(str(name), str(name), bool(name.names(caller))) for name in self.names]
        return ElementTrace(element, bool(named), str(caller.principal), tuple(patterns), named)

    def _spares(self, caller: Caller) -> bool:
        """Whether a Deny's NotPrincipal lists the caller, and its account and role beside it.

        AWS "might validate the account first, then the role, and then the assumed-role user";
        one that is not listed is denied, and takes the caller with it. A permissions boundary
        makes the list void (`judge`).
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        values = {name.value for name in self.names}
        if "*" in values:
            return True
        if caller.account is None:
            return any(name.names(caller) for name in self.names)
        account = any(_is_account(value, caller) for value in values)
        role = caller.role is None or any(_is_role(value, caller) for value in values)
        itself = caller.is_root_user or caller.principal in values
        return account and role and itself
