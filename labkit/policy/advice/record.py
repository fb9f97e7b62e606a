"""One piece of advice, and the part of a policy that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labkit.policy import reference
from labkit.policy.conditions import Condition
from labkit.policy.document import Policy, Statement
from labkit.policy.places import Kind

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_CHECKS = f"{GUIDE}/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks"


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that AWS stores without complaint and that hardly does what is meant."""

    #: As in `Statement[0].Action[1]`; the index stands where there are several values.
    pointer: str
    found: str
    #: One sentence.
    message: str
    #: What was probably meant instead.
    suggestion: str | None
    #: AWS's page about it.
    source: str
    #: IAM Access Analyzer's issue code, as `INVALID_ACTION`; None where it has no such check.
    check: str | None = None

    def __str__(self) -> str:
        meant = f" (did you mean `{self.suggestion}`?)" if self.suggestion else ""
        return f"`{self.pointer}`: {self.message}{meant}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A statement with its policy, and where that is stored."""

    policy: Policy
    statement: Statement
    kind: Kind | None

    @property
    def pointer(self) -> str:
        return f"Statement[{self.statement.index}]"

    @property
    def allows(self) -> bool:
        return self.statement.effect == "Allow"

    def each(self, element: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The values of an element with their pointers."""
        for index, value in enumerate(values):
            yield f"{self.pointer}.{element}" + (f"[{index}]" if len(values) > 1 else ""), value

    def condition(self, condition: Condition) -> str:
        """The pointer to a key under an operator."""
        return f"{self.pointer}.Condition.{condition.operator}.{condition.key}"

    @property
    def known_actions(self) -> tuple[tuple[str, str], ...] | None:
        """The actions that the statement names, wildcards resolved; None where it means all of a kind."""
        found: list[tuple[str, str]] = []
        for value in self.statement.actions:
            prefix, _, name = value.lower().partition(":")
            names = reference.matching(prefix, name) if prefix in reference.services() else ()
            if not names:
                return None
            found += [(prefix, each) for each in names]
        return tuple(found) or None


def analyzer(severity: str, check: str) -> dict[str, str]:
    """The check of IAM Access Analyzer that says the same, and its place on AWS's page."""
    slug = f"{severity} {check}".lower().replace(" ", "-").replace("_", "-")
    return {"check": check, "source": f"{_CHECKS}-{slug}"}
