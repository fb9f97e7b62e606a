"""Policy variables: `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

#: A request's context by lower-case key. A string is a single-valued key, a tuple a multivalued one.
Context = Mapping[str, str | tuple[str, ...]]

#: The version of the policy language that introduced variables; in the older one `${…}` is plain text.
WITH_VARIABLES = "2012-10-17"

_VARIABLE = re.compile(r"\$\{(?:([*?$])|\s*([^{},']+?)\s*(?:,\s*'([^']*)'\s*)?)\}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A placeholder that the request's context fills."""

    raw: str
    #: Lower-case: key names are not case-sensitive.
    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """Its value in this request, or None.

        A multivalued key is never a variable, not even with a default. A NUL separates values
        in `match`, so that a value which holds one counts as none.
        """
        value = context.get(self.key, self.default)
        return value if isinstance(value, str) and "\0" not in value else None


@dataclass(frozen=True, slots=True)
class Literal:
    """A character that `${*}`, `${?}` or `${$}` keeps from being special."""

    text: str


#: Pattern text (where `*` and `?` may be wildcards), an escaped character, or a variable.
Token = str | Literal | Variable


def tokenize(text: str, *, version: str) -> tuple[Token, ...]:
    """`text` cut at its variables; whole where the document's `version` knows none."""
    return tuple(_tokens(text)) if version == WITH_VARIABLES and "${" in text else (text,)


def _tokens(text: str) -> Iterator[Token]:
    end = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        escaped, key, default = found.groups()
        yield Literal(escaped) if escaped else Variable(found[0], key.lower(), default)
        end = found.end()
    if end < len(text):
        yield text[end:]


def prepare(context: Mapping[str, str | Sequence[str]]) -> Context:
    """A request's context with lower-case keys; a key with an empty list of values is absent."""
    return {
        key.lower(): value if isinstance(value, str) else tuple(value)
        for key, value in context.items()
        if isinstance(value, str) or value
    }
