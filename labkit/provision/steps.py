"""A plan: the calls that would be made, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from labkit.provision.lab import Lab


@dataclass(frozen=True)
class Step:
    """One call that creates or deletes."""

    #: AWS's operation name, as in `CreateUserPool`.
    operation: str
    #: What the resource is, as in `User Pool`.
    kind: str
    name: str
    #: Its id where it exists already; empty before it is created.
    id: str = ""


@dataclass(frozen=True)
class Plan:
    """The steps to a checkpoint; none where it is reached."""

    checkpoint: str
    steps: tuple[Step, ...]
    #: What is there already.
    found: Lab = field(repr=False)

    def __str__(self) -> str:
        if not self.steps:
            return "nothing to do"
        rows = [
            ("operation", "resource", "name", "id"),
            *((s.operation, s.kind, s.name, s.id) for s in self.steps),
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    __repr__ = __str__
