"""The context keys that policies refer to, in conditions and in variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labkit.policy import Policy, Statement
from labkit.policy.variables import Variable, tokenize


def context_keys(policies: Iterable[Policy]) -> list[str]:
    """Each key once, as it is first written; case does not tell two keys apart."""
    found: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            for key in _keys(statement, policy.version):
                found.setdefault(key.lower(), key)
    return list(found.values())


def _keys(statement: Statement, version: str) -> Iterator[str]:
    for resource in (*statement.resources, *statement.not_resources):
        yield from _variables(resource, version)
    for condition in statement.conditions:
        yield condition.key
        for value in condition.values:
            yield from _variables(value, version)


def _variables(text: str, version: str) -> Iterator[str]:
    for token in tokenize(text, version=version):
        if isinstance(token, Variable):
            yield token.raw[2:-1].partition(",")[0].strip()
