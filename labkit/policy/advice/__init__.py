"""Advice on a policy: what AWS stores without complaint, and what hardly does what is meant.

Access Analyzer's names are used for what it finds too; it finds more, and this finds more than it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.policy.advice.actions import advise_actions
from labkit.policy.advice.conditions import advise_conditions
from labkit.policy.advice.principals import advise_principals
from labkit.policy.advice.record import Advice, Subject, analyzer
from labkit.policy.advice.resources import advise_resources
from labkit.policy.advice.variables import advise_variables
from labkit.policy.document import Policy
from labkit.policy.places import Kind
from labkit.policy.variables import WITH_VARIABLES

__all__ = ["Advice", "advise"]


def advise(policy: Policy, kind: Kind | None = None) -> tuple[Advice, ...]:
    """What is doubtful in a policy, in the order of the document; `kind` says where it is stored."""
    return tuple(_advise_document(policy)) + tuple(
        advice
        for statement in policy.statements
        for advise_part in (
            advise_principals,
            advise_actions,
            advise_resources,
            advise_conditions,
            advise_variables,
        )
        for advice in advise_part(Subject(policy, statement, kind))
    )


def _advise_document(policy: Policy) -> Iterator[Advice]:
    if policy.version != WITH_VARIABLES:
        message = (
            f"the document is of version {policy.version}, as without Version: `${{…}}` is plain text in it"
        )
        yield Advice(
            "Version",
            policy.version,
            message,
            WITH_VARIABLES,
            **analyzer("general warning", "MISSING_VERSION"),
        )
    seen: set[str] = set()
    for statement in policy.statements:
        if statement.sid in seen:
            message = f"another statement has the Sid `{statement.sid}`"
            check = analyzer("general warning", "UNIQUE_SIDS_RECOMMENDED")
            yield Advice(f"Statement[{statement.index}].Sid", statement.sid or "", message, None, **check)
        seen |= {statement.sid} if statement.sid else set()
