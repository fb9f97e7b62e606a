"""Matching a pattern of a policy with a value of the request.

A pattern is prepared once, when its document is read. A substituted value is only ever a literal,
whatever characters it holds: in a text without wildcards, or with one at its end, it is compared as
it is; elsewhere the variable becomes a back-reference of one regular expression, and the values
stand in front of the subject, separated by NUL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import eq

from labkit.policy.trace import PatternTrace, VariableTrace
from labkit.policy.variables import Context, Literal, Template, Token, Variable, tokenize

#: Whether a value matches, in a request's context.
Matches = Callable[[str, Context], bool]

_NOT_COLON = "[^:]"
#: `${…}` leaves these in a text whose every other character is a literal.
_WILDCARDS = frozenset("*?")


class Pattern:
    """A string with wildcards or variables; `matches(value, context)` says whether a value matches it."""

    __slots__ = ("_answers", "head", "incomplete", "matches", "raw", "template")

    def __init__(
        self, raw: str, template: Template, matches: Matches, *, head: str = "", incomplete: bool = False
    ) -> None:
        self.raw = raw
        self.template = template
        self.matches = matches
        #: Every value that matches begins with this.
        self.head = head
        #: Fewer than the six fields of an ARN.
        self.incomplete = incomplete
        #: The traces of a miss and of a hit, which are always the same without variables.
        self._answers: tuple[PatternTrace, PatternTrace] | None = None
        if not template.variables:
            text = template.pieces[0]
            self._answers = PatternTrace(raw, text, False), PatternTrace(raw, text, True)

    def test(self, value: str, context: Context) -> PatternTrace:
        """The pattern as written and as the context resolves it, and whether `value` matches."""
        return self._trace(context, self.matches(value, context))

    def untested(self, context: Context) -> PatternTrace:
        """The pattern as the context resolves it, where there is no value to match."""
        return self._trace(context, False)

    def _trace(self, context: Context, matched: bool) -> PatternTrace:
        if self._answers is not None:
            return self._answers[matched]
        variables = tuple(_variable(each, context) for each in self.template.variables)
        return PatternTrace(self.raw, self.template.fill(context), matched, variables)

    def __repr__(self) -> str:
        return f"Pattern({self.raw!r})"


def _variable(variable: Variable, context: Context) -> VariableTrace:
    defaulted = variable.default is not None and variable.key not in context
    return VariableTrace(variable.raw, variable.key, variable.value(context), defaulted)


def exact(raw: str, *, version: str, ignore_case: bool = False) -> Pattern:
    """The string itself; `*` and `?` are ordinary characters (StringEquals)."""
    template = Template(tokenize(raw, version=version))
    return Pattern(raw, template, _filled(template, _same_but_case if ignore_case else eq))


def like(raw: str, *, version: str) -> Pattern:
    """`*` stands for any characters, `/` and `:` among them, and `?` for one (StringLike)."""
    tokens = tokenize(raw, version=version)
    plain = _plain_text(raw, tokens)
    return plain or _globbed(raw, tokens, _glob(tokens, any_char=".", numbered=_Numbered()))


def arn(raw: str, *, version: str) -> Pattern:
    """Six fields, each checked on its own: no wildcard leaves its field (ArnLike, ArnEquals).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    tokens = tokenize(raw, version=version)
    fields, numbered = _fields(tokens), _Numbered()
    if raw == "*":
        return Pattern(raw, Template(tokens), _everything)
    if len(fields) < 6:
        return Pattern(raw, Template(tokens), _nothing, incomplete=True)
    head = [_glob(field, any_char=_NOT_COLON, numbered=numbered) for field in fields[:5]]
    return _globbed(raw, tokens, ":".join((*head, _glob(fields[5], any_char=".", numbered=numbered))))


def resource(raw: str, *, version: str) -> Pattern:
    """A value of Resource or NotResource.

    A `*` that ends a field may run past the colon; the service has no wildcards; variables stand
    after the fifth colon only; fields that are missing are `*`. What breaks a rule matches nothing.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    tokens = tokenize(raw, version=version)
    if set(raw) == {"*"}:
        return Pattern(raw, Template(tokens), _everything)
    fields = _fields(tokens)
    incomplete = len(fields) < 6
    if _unusable(fields):
        return Pattern(raw, Template(tokens), _nothing, incomplete=incomplete)
    missing: list[list[Token]] = [["*"]] * (6 - len(fields))
    plain = None if incomplete else _plain_text(raw, tokens)
    return plain or _globbed(raw, tokens, _resource_regex([*fields, *missing]), incomplete=incomplete)


def action(raw: str) -> Pattern:
    """A value of Action or NotAction, to test with a lower-case action.

    Neither service nor name is case-sensitive; wildcards stand in the name only.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    if raw in ("*", "*:*"):
        return Pattern(raw, Template((raw,)), _everything)
    service, _, name = raw.lower().partition(":")
    regex = f"{re.escape(service)}:{_glob((name,), any_char='.', numbered=_Numbered())}"
    return _globbed(raw, (raw,), regex)


def _everything(_value: str, _context: Context) -> bool:
    return True


def _nothing(_value: str, _context: Context) -> bool:
    return False


def _same_but_case(value: str, text: str) -> bool:
    return value.lower() == text.lower()


def _filled(template: Template, compare: Callable[[str, str], bool]) -> Matches:
    """Compares a value with the template's text, variables filled."""
    if not template.variables:
        text = template.pieces[0]
        return lambda value, _context: compare(value, text)
    fill = template.fill

    def matches(value: str, context: Context) -> bool:
        text = fill(context)
        return text is not None and compare(value, text)

    return matches


def _plain_text(raw: str, tokens: Sequence[Token]) -> Pattern | None:
    """The pattern without a regular expression: it has no wildcard but perhaps a `*` at its end."""
    *before, last = tokens
    stem = last.removesuffix("*") if isinstance(last, str) else last
    stems = (*before, stem)
    if any(isinstance(token, str) and not _WILDCARDS.isdisjoint(token) for token in stems):
        return None
    template = Template(stems)
    matches = _filled(template, eq if stem == last else str.startswith)
    return Pattern(raw, Template(tokens), matches, head=template.pieces[0])


def _globbed(raw: str, tokens: Sequence[Token], regex: str, *, incomplete: bool = False) -> Pattern:
    template, head = Template(tokens), _head(tokens)
    variables = template.variables
    values = "".join(rf"(?P<v{index}>[^\0]*)\0" for index in range(len(variables)))
    fullmatch = re.compile(values + regex, re.DOTALL).fullmatch
    if not variables:
        return Pattern(
            raw,
            template,
            lambda value, _context: fullmatch(value) is not None,
            head=head,
            incomplete=incomplete,
        )

    def matches(value: str, context: Context) -> bool:
        filled = [variable.value(context) for variable in variables]
        if None in filled or any("\0" in text for text in filled if text):
            return False
        return fullmatch("\0".join((*filled, value))) is not None  # type: ignore[arg-type]

    return Pattern(raw, template, matches, head=head, incomplete=incomplete)


def _head(tokens: Sequence[Token]) -> str:
    """The text before the first wildcard or variable."""
    head = ""
    for token in tokens:
        text = token if isinstance(token, str) else token.text if isinstance(token, Literal) else None
        if text is None:
            break
        end = next((i for i, char in enumerate(text) if char in _WILDCARDS), len(text))
        if isinstance(token, str) and end < len(text):
            return head + text[:end]
        head += text
    return head


def _unusable(fields: list[list[Token]]) -> bool:
    head = [token for field in fields[:5] for token in field]
    service = "".join(token for field in fields[2:3] for token in field if isinstance(token, str))
    no_arn = fields[0] != ["arn"] or len(fields) < 3
    return no_arn or not _WILDCARDS.isdisjoint(service) or any(isinstance(t, Variable) for t in head)


def _resource_regex(fields: list[list[Token]]) -> str:
    numbered = _Numbered()
    head = [_glob(field, any_char=_NOT_COLON, numbered=numbered, runs_on=True) for field in fields[:5]]
    return ":".join((*head, _glob(fields[5], any_char=".", numbered=numbered)))


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
