"""The policies of a user, a group or a role, each with what it is attached to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.local.state import State


@dataclass(frozen=True)
class Attached:
    """One policy as IAM keeps it."""

    name: str
    document: str
    #: None for an inline policy.
    arn: str | None
    #: What it is attached to: `user`, `group` or `role`, and the name.
    kind: str
    holder: str


def identity_policies(holder: Any, state: State) -> tuple[Attached, ...]:
    """Inline and managed policies of a user and its groups, of a group, or of a role."""
    holders = (holder, *_groups(holder, state))
    return tuple(each for one in holders for each in (*_inline(one), *_managed(one)))


def boundary(holder: Any, state: State) -> tuple[Attached, ...] | None:
    """The permissions boundary; None where there is none, empty where its policy is gone."""
    given = getattr(holder, "permissions_boundary", None)
    arn = given.get("PermissionsBoundaryArn") if isinstance(given, dict) else given
    if not arn:
        return None
    stored = managed(arn, state)
    return (_current(stored, holder),) if stored is not None else ()


def managed(arn: str, state: State) -> Any:
    """moto's managed policy of that ARN, or None."""
    from moto.iam.models import iam_backends

    return iam_backends[state.account_id]["aws"].managed_policies.get(arn)


def default_version(policy: Any) -> str:
    """A managed policy's document, in the version that counts."""
    current = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return str(current.document)


def _groups(holder: Any, state: State) -> list[Any]:
    from moto.iam.models import iam_backends

    groups = iam_backends[state.account_id]["aws"].groups.values()
    return [group for group in groups if holder in group.users]


def _inline(holder: Any) -> Iterator[Attached]:
    for name, document in holder.policies.items():
        yield Attached(name, document, None, _kind(holder), holder.name)


def _managed(holder: Any) -> Iterator[Attached]:
    for policy in holder.managed_policies.values():
        yield _current(policy, holder)


def _current(policy: Any, holder: Any) -> Attached:
    return Attached(policy.name, default_version(policy), policy.arn, _kind(holder), holder.name)


def _kind(holder: Any) -> str:
    """moto's class of the holder, in lower case: `user`, `group` or `role`."""
    return type(holder).__name__.lower()
