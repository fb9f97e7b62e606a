"""Exercises: a question about what a learner made, hints of growing help, and a worked solution.

A check returns the one thing that is wrong, in a sentence, and never the answer; None means solved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import LabError

#: What stands in a notebook where the learner's work goes.
STUB = Ellipsis

#: Asks about the learner's answer, and where it must, about the place in which the answer is tried.
Check = Callable[..., str | None]


@dataclass(frozen=True)
class Feedback:
    """What a check found."""

    text: str
    solved: bool

    def __repr__(self) -> str:
        return f"{'✓' if self.solved else '✗'} {self.text}"


@dataclass(frozen=True)
class Exercise:
    """One task of a notebook."""

    name: str
    task: str
    hints: tuple[str, ...] = field(repr=False)
    #: Source of a cell that solves it.
    solution: str = field(repr=False)
    _check: Check = field(repr=False)

    def check(self, answer: Any, *place: Any) -> Feedback:
        """Is it solved? Otherwise the first thing that is wrong.

        `place`: for an answer that is tried out, the account and the lab.
        """
        if answer is STUB:
            return Feedback("Replace `...` by your own code, then run both cells again.", solved=False)
        try:
            fault = self._check(answer, *place)
        except LabError as error:
            fault = f"{error}."
        except (AttributeError, KeyError, TypeError, ValueError):
            fault = f"`{type(answer).__name__}` is not the kind of value that the task asks for: {self.task}"
        return Feedback(fault or "Solved. Well done!", solved=fault is None)

    def hint(self, number: int = 1) -> str:
        """Hint 1 points the way, the last one nearly says it."""
        if not 1 <= number <= len(self.hints):
            raise LabError(f"there is no hint `{number}`: this exercise has {len(self.hints)}")
        return self.hints[number - 1]


def exercise(name: str) -> Exercise:
    """The exercise of a notebook, as in `01` or, of several, `05a`. Raises LabError where there is none."""
    from labkit.course.catalogue import EXERCISES

    if name not in EXERCISES:
        raise LabError(f"there is no exercise `{name}`: expected one of {', '.join(EXERCISES)}")
    return EXERCISES[name]
