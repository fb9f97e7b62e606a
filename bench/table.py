"""Figures of several subjects, the first of which is labkit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One subject's figures by their names, as in `messages/s`."""

    name: str
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Table:
    """What one kind of work cost each subject."""

    title: str
    rows: Sequence[Measured]

    def __str__(self) -> str:
        names = list(self.rows[0].figures)
        head = f"{self.title:<26}" + "".join(f"{name:>24}" for name in names)
        return "\n".join([head, *(self._line(row) for row in self.rows)])

    def _line(self, row: Measured) -> str:
        ours = self.rows[0].figures
        cells = [f"  {row.name:<24}"]
        for name, value in row.figures.items():
            ratio = "" if row is self.rows[0] else f"{ours[name] / value:.2f}×" if value else "-"
            cells.append(f"{value:>14,.{_places(value)}f}{ratio:>10}")
        return "".join(cells)


def _places(value: float) -> int:
    return 0 if value >= 1000 else 1
