"""Matching a pattern of a policy with a value of the request.

A pattern is prepared once, when its document is read, as one regular expression. A variable
becomes a back-reference: the values stand in front of the subject, separated by NUL, so that a
substituted value can only ever be a literal, whatever characters it holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from labkit.policy.trace import PatternTrace
from labkit.policy.variables import Context, Literal, Token, Variable, tokenize

_NOT_COLON = "[^:]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A string with wildcards or variables; `test` says whether a value matches it."""

    raw: str
    #: Fewer than the six fields of an ARN.
    incomplete: bool = False
    #: None matches nothing.
    _regex: re.Pattern[str] | None = field(default=None, repr=False, compare=False)
    _variables: tuple[Variable, ...] = field(default=(), repr=False, compare=False)
    #: What stands before, between and after the variables.
    _pieces: tuple[str, ...] = field(default=("",), repr=False, compare=False)
    #: Both answers of a pattern without variables.
    _traces: tuple[PatternTrace, PatternTrace] | None = field(default=None, repr=False, compare=False)

    def test(self, value: str, context: Context) -> PatternTrace:
        """Whether `value` matches, with the pattern as the request's context resolves it."""
        if self._traces is not None:
            return self._traces[self._regex is not None and self._regex.fullmatch(value) is not None]
        filled = self._filled(context)
        if filled is None:
            return PatternTrace(self.raw, None, False)
        matched = self._regex is not None and self._regex.fullmatch("\0".join((*filled, value))) is not None
        return PatternTrace(self.raw, self._resolved(filled), matched)

    def untested(self, context: Context) -> PatternTrace:
        """The pattern as the context resolves it, where there is no value to match."""
        if self._traces is not None:
            return self._traces[False]
        filled = self._filled(context)
        return PatternTrace(self.raw, None if filled is None else self._resolved(filled), False)

    def _filled(self, context: Context) -> list[str] | None:
        filled = []
        for variable in self._variables:
            value = variable.value(context)
            if value is None:
                return None
            filled.append(value)
        return filled

    def _resolved(self, filled: list[str]) -> str:
        resolved = self._pieces[0]
        for value, piece in zip(filled, self._pieces[1:], strict=True):
            resolved += value + piece
        return resolved


def _pattern(
    raw: str, tokens: Sequence[Token], regex: str | None, *, incomplete: bool = False, flags: int = 0
) -> Pattern:
    variables = tuple(token for token in tokens if isinstance(token, Variable))
    pieces = tuple(_pieces(tokens))
    traces = None
    if not variables:
        traces = PatternTrace(raw, pieces[0], False), PatternTrace(raw, pieces[0], True)
    if regex is None:
        return Pattern(raw, incomplete, None, variables, pieces, traces)
    values = "".join(rf"(?P<v{index}>[^\0]*)\0" for index in range(len(variables)))
    return Pattern(raw, incomplete, re.compile(values + regex, re.DOTALL | flags), variables, pieces, traces)


def _pieces(tokens: Sequence[Token]) -> list[str]:
    pieces = [""]
    for token in tokens:
        if isinstance(token, Variable):
            pieces.append("")
        else:
            pieces[-1] += token.text if isinstance(token, Literal) else token
    return pieces


def exact(raw: str, *, version: str, ignore_case: bool = False) -> Pattern:
    """The string itself; `*` and `?` are ordinary characters (StringEquals)."""
    tokens = tokenize(raw, version=version)
    numbered = _Numbered()
    regex = "".join(re.escape(t) if isinstance(t, str) else numbered(t) for t in tokens)
    return _pattern(raw, tokens, regex, flags=re.IGNORECASE if ignore_case else 0)


def like(raw: str, *, version: str) -> Pattern:
    """`*` stands for any characters, `/` and `:` among them, and `?` for one (StringLike)."""
    tokens = tokenize(raw, version=version)
    return _pattern(raw, tokens, _glob(tokens, any_char=".", numbered=_Numbered()))


def arn(raw: str, *, version: str) -> Pattern:
    """Six fields, each checked on its own: no wildcard leaves its field (ArnLike, ArnEquals).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    tokens = tokenize(raw, version=version)
    fields, numbered = _fields(tokens), _Numbered()
    if raw == "*":
        return _pattern(raw, tokens, ".*")
    if len(fields) < 6:
        return _pattern(raw, tokens, None, incomplete=True)
    head = [_glob(field, any_char=_NOT_COLON, numbered=numbered) for field in fields[:5]]
    return _pattern(raw, tokens, ":".join((*head, _glob(fields[5], any_char=".", numbered=numbered))))


def resource(raw: str, *, version: str) -> Pattern:
    """A value of Resource or NotResource.

    A `*` that ends a field may run past the colon; the service has no wildcards; variables stand
    after the fifth colon only; fields that are missing are `*`. What breaks a rule matches nothing.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    tokens = tokenize(raw, version=version)
    if set(raw) == {"*"}:
        return _pattern(raw, tokens, ".*")
    fields = _fields(tokens)
    incomplete = len(fields) < 6
    missing: list[list[Token]] = [["*"]] * (6 - len(fields))
    regex = None if _unusable(fields) else _resource_regex([*fields, *missing])
    return _pattern(raw, tokens, regex, incomplete=incomplete)


def _unusable(fields: list[list[Token]]) -> bool:
    head = [token for field in fields[:5] for token in field]
    service = "".join(token for field in fields[2:3] for token in field if isinstance(token, str))
    no_arn = fields[0] != ["arn"] or len(fields) < 3
    return no_arn or "*" in service or "?" in service or any(isinstance(t, Variable) for t in head)


def _resource_regex(fields: list[list[Token]]) -> str:
    numbered = _Numbered()
    head = [_glob(field, any_char=_NOT_COLON, numbered=numbered, runs_on=True) for field in fields[:5]]
    return ":".join((*head, _glob(fields[5], any_char=".", numbered=numbered)))


def action(raw: str) -> Pattern:
    """A value of Action or NotAction, to test with a lower-case action.

    Neither service nor name is case-sensitive; wildcards stand in the name only.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    if raw in ("*", "*:*"):
        return _pattern(raw, (raw,), ".*")
    service, _, name = raw.lower().partition(":")
    return _pattern(raw, (raw,), f"{re.escape(service)}:{_glob((name,), any_char='.', numbered=_Numbered())}")


class _Numbered:
    """Turns escapes and variables into regular expressions, numbering the variables in order."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, token: Literal | Variable) -> str:
        if isinstance(token, Literal):
            return re.escape(token.text)
        self.count += 1
        return f"(?P=v{self.count - 1})"


def _fields(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens cut at the first five colons; a colon within a variable does not count."""
    fields: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            fields[-1].append(token)
            continue
        first, *others = token.split(":", 6 - len(fields))
        fields[-1] += [first] if first else []
        fields += [[part] if part else [] for part in others]
    return fields


def _glob(tokens: Sequence[Token], *, any_char: str, numbered: _Numbered, runs_on: bool = False) -> str:
    """The regular expression of a pattern whose wildcards stand for `any_char`.

    Between two `*` the first match is as good as any other, so it is kept (atomic group): a
    pattern with many stars takes linear time.
    """
    chunks = [""]
    for token in tokens:
        for char in token if isinstance(token, str) else [token]:
            if char == "*":
                chunks.append("")
            else:
                chunks[-1] += any_char if char == "?" else _plain(char, numbered)
    if len(chunks) == 1:
        return chunks[0]
    first, *middle, last = chunks
    between = "".join(f"(?>{any_char}*?{chunk})" for chunk in middle if chunk)
    return f"{first}{between}{'.' if runs_on and not last else any_char}*{last}"


def _plain(char: str | Literal | Variable, numbered: _Numbered) -> str:
    return re.escape(char) if isinstance(char, str) else numbered(char)
