"""What one API call asks IAM for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ContextValue = str | tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """One action on one resource, with the service's own condition keys."""

    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    #: Index of the element that stands or falls with this ask, for operations that go on without it.
    element: int | None = None
