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

        A multivalued key is never a variable, not even with a default.
        """
        value = context.get(self.key, self.default)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Literal:
    """A character that `${*}`, `${?}` or `${$}` keeps from being special."""

    text: str


#: Pattern text (where `*` and `?` may be wildcards), an escaped character, or a variable.
Token = str | Literal | Variable


class Template:
    """Text with variables in it, to be filled with the values of a request.

    `pieces` is what stands before, between and after the variables, escapes already plain.
    """

    __slots__ = ("_filling", "pieces", "variables")

    def __init__(self, tokens: Sequence[Token]) -> None:
        pieces = [""]
        for token in tokens:
            if isinstance(token, Variable):
                pieces.append("")
            else:
                pieces[-1] += token.text if isinstance(token, Literal) else token
        self.pieces = tuple(pieces)
        self.variables = tuple(token for token in tokens if isinstance(token, Variable))
        keys = [(variable.key, variable.default) for variable in self.variables]
        self._filling = tuple(zip(keys, pieces[1:], strict=True))

    def fill(self, context: Context) -> str | None:
        """The text with every variable's value in place, or None where one has none."""
        text = self.pieces[0]
        for (key, default), piece in self._filling:
            value = context.get(key, default)
            if value.__class__ is not str:  # absent, or multivalued
                return None
            text += value + piece
        return text


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
