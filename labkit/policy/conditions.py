"""The Condition element: operators, set operators, IfExists and Null.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from labkit.policy import match, values
from labkit.policy.trace import ConditionTrace, PatternTrace, State
from labkit.policy.variables import Context


class ValueTest(Protocol):
    """One value of a condition, prepared for matching."""

    @property
    def matches(self) -> Callable[[str, Context], bool]: ...

    def test(self, value: str, context: Context, /) -> PatternTrace: ...

    def untested(self, context: Context, /) -> PatternTrace: ...


#: From a policy's value, as text, and the document's version to its test.
Prepare = Callable[[str, str], ValueTest]


def _with_variables(compile: Callable[..., ValueTest], **options: bool) -> Prepare:
    return lambda raw, version: compile(raw, version=version, **options)


def _typed(read: Callable[[str], object], compare: Callable[..., bool]) -> Prepare:
    """Numbers, dates, addresses … take no variables."""
    return lambda raw, _version: values.Typed(raw, read, compare)


_EQUALS, _LIKE, _ARN = (_with_variables(kind) for kind in (match.exact, match.like, match.arn))
_IGNORE_CASE = _with_variables(match.exact, ignore_case=True)
_NUMBER, _DATE = partial(_typed, values.number), partial(_typed, values.date)
_ADDRESS = _typed(values.network, values.within)

#: Operator → (test of one value, whether it is negated).
OPERATORS: dict[str, tuple[Prepare, bool]] = {
    "StringEquals": (_EQUALS, False),
    "StringNotEquals": (_EQUALS, True),
    "StringEqualsIgnoreCase": (_IGNORE_CASE, False),
    "StringNotEqualsIgnoreCase": (_IGNORE_CASE, True),
    "StringLike": (_LIKE, False),
    "StringNotLike": (_LIKE, True),
    "NumericEquals": (_NUMBER(values.equal), False),
    "NumericNotEquals": (_NUMBER(values.equal), True),
    "NumericLessThan": (_NUMBER(values.less), False),
    "NumericLessThanEquals": (_NUMBER(values.less_equal), False),
    "NumericGreaterThan": (_NUMBER(values.greater), False),
    "NumericGreaterThanEquals": (_NUMBER(values.greater_equal), False),
    "DateEquals": (_DATE(values.equal), False),
    "DateNotEquals": (_DATE(values.equal), True),
    "DateLessThan": (_DATE(values.less), False),
    "DateLessThanEquals": (_DATE(values.less_equal), False),
    "DateGreaterThan": (_DATE(values.greater), False),
    "DateGreaterThanEquals": (_DATE(values.greater_equal), False),
    "Bool": (_typed(values.boolean, values.equal), False),
    "BinaryEquals": (_typed(values.binary, values.same_bytes), False),
    "IpAddress": (_ADDRESS, False),
    "NotIpAddress": (_ADDRESS, True),
    # ArnEquals and ArnLike behave identically (#Conditions_ARN).
    "ArnEquals": (_ARN, False),
    "ArnLike": (_ARN, False),
    "ArnNotEquals": (_ARN, True),
    "ArnNotLike": (_ARN, True),
}

NULL = "Null"
FOR_ALL, FOR_ANY = "ForAllValues", "ForAnyValue"


def take_apart(operator: str) -> tuple[str, str, bool]:
    """`ForAnyValue:StringLikeIfExists` → (`ForAnyValue`, `StringLike`, True).

    Raises ValueError for what is no operator. Null takes no IfExists; a set operator on it is stored.
    """
    quantifier, colon, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    known = base in OPERATORS or name == NULL
    if not known or (colon and quantifier not in (FOR_ALL, FOR_ANY)):
        raise ValueError(operator)
    return quantifier, base, base != name


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator, with the values that the policy gives it."""

    #: As written, as in `ForAllValues:StringLikeIfExists`.
    operator: str
    #: As written; key names are not case-sensitive.
    key: str
    values: tuple[str, ...]
    #: Whether the condition is true in a request's context.
    holds: Callable[[Context], bool] = field(repr=False, compare=False)
    _key: str = field(repr=False, compare=False)
    _quantified: bool = field(repr=False, compare=False)
    _is_null: bool = field(repr=False, compare=False)
    _tests: tuple[ValueTest, ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, operator: str, key: str, values: Sequence[str], *, version: str) -> Condition:
        """Raises ValueError where `operator` is none of IAM's."""
        quantifier, base, if_exists = take_apart(operator)
        prepare, negated = OPERATORS.get(base, (_EQUALS, False))
        tests = tuple(prepare(value, version) for value in values)
        if base == NULL:
            holds = _null(key.lower(), values, quantifier)
        else:
            truth = _truth([test.matches for test in tests], negated)
            holds = _holds(key.lower(), truth, quantifier, negated, if_exists)
        quantified, is_null = bool(quantifier), base == NULL
        return cls(operator, key, tuple(values), holds, key.lower(), quantified, is_null, tests)

    def judge(self, context: Context) -> ConditionTrace:
        """The verdict of `holds`, and what it rests on: every value tested, none skipped."""
        matched, found = self.holds(context), context.get(self._key)
        present = (found,) if isinstance(found, str) else found
        if self._is_null:
            patterns = _null_patterns(self.values, present)
        else:
            patterns = self._patterns(present, context)
        state = self._state(matched, present, patterns)
        return ConditionTrace(self.operator, self.key, matched, state, present, patterns)

    def _patterns(self, present: tuple[str, ...] | None, context: Context) -> tuple[PatternTrace, ...]:
        """Of each pattern, the trace with a value that it matched, if there is one."""
        if not present:
            return tuple([test.untested(context) for test in self._tests])
        if len(present) == 1:
            return tuple([test.test(present[0], context) for test in self._tests])
        tested = [[test.test(value, context) for value in present] for test in self._tests]
        return tuple(next((t for t in traces if t.matched), traces[0]) for traces in tested)

    def _state(
        self, matched: bool, present: tuple[str, ...] | None, patterns: Sequence[PatternTrace]
    ) -> State:
        if self._is_null:
            failed = State.ABSENT if present is None else State.MISMATCHED
            return State.MATCHED if matched else failed
        if present is None or (self._quantified and not any(present)):
            return State.ABSENT
        unresolved = False
        for trace in patterns:
            if trace.matched:
                return State.MATCHED if matched else State.MISMATCHED
            unresolved |= trace.resolved is None
        if unresolved:
            return State.UNRESOLVED
        return State.MATCHED if matched else State.MISMATCHED


def _holds(
    key: str, truth: Callable[[str, Context], bool], quantifier: str, negated: bool, if_exists: bool
) -> Callable[[Context], bool]:
    """Each value is tested, negation included, before the set operator counts.

    Without a set operator a multivalued key counts as ForAnyValue; negated, as ForAllValues. A set
    operator takes an absent key, and one with empty values only, as a set without members
    ("a null data set").
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    count = all if quantifier == FOR_ALL or (negated and not quantifier) else any
    of_nothing = count is all
    if_absent = of_nothing or if_exists

    def holds(context: Context) -> bool:
        found = context.get(key)
        if found is None:
            return if_absent
        if quantifier and not any(found):
            return of_nothing
        if isinstance(found, str):
            return truth(found, context)
        return count([truth(value, context) for value in found])

    return holds


def _truth(tests: Sequence[Callable[[str, Context], bool]], negated: bool) -> Callable[[str, Context], bool]:
    """Whether one value satisfies the condition: it matches one of the policy's, or, negated, none."""
    if len(tests) == 1 and not negated:
        return tests[0]

    def truth(value: str, context: Context) -> bool:
        for matches in tests:
            if matches(value, context):
                return not negated
        return negated

    return truth


def _null(key: str, values: Sequence[str], quantifier: str) -> Callable[[Context], bool]:
    """Whether the key is there is all that Null asks.

    With set operators Null does not: "they always return a value of true or false", of all values
    and of any.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    if quantifier:
        return lambda _context: quantifier == FOR_ALL
    answers = {value.lower() for value in values}
    if_absent, if_present = "true" in answers, "false" in answers
    return lambda context: if_present if context.get(key) is not None else if_absent


def _null_patterns(values: Sequence[str], present: tuple[str, ...] | None) -> tuple[PatternTrace, ...]:
    answer = "false" if present else "true"
    return tuple(PatternTrace(raw, raw, raw.lower() == answer) for raw in values)
